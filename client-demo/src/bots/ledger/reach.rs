//! Who may hear a message, and who must, as far as it can be told from the bots' side.
//!
//! Never takes a doubtful one for certain: where the bots cannot know what the server saw, a bot
//! may hear and need not.

use std::time::Duration;

use tickwire_shared::time::Instant;

use super::Ledger;
use super::bits::Bits;
use super::message::{Message, MessageKey};
use super::place::{Earshot, Place, hears};

/// A message whose ack took longer may have been heard from anywhere near its sender since.
const SLOW_ACK_MICROS: u64 = 500_000;

/// How much later than the server a bot may learn that it is in a room or a team.
const JOIN_SLACK: Duration = Duration::from_secs(1);

impl Ledger {
    /// Who may hear what a bot says there.
    pub(super) fn may_hear(
        &self,
        bot: usize,
        room: usize,
        place: Place,
        to: Option<usize>,
        now: Instant,
    ) -> Bits {
        match place {
            Place::Room => self.of_room(room),
            Place::Team => {
                let team = self.teams.of(bot);
                let there = team.map(|team| self.teams.dealt(team));
                self.of_room(room).and(&there.unwrap_or_default())
            }
            Place::Near => self.around(bot, now, |earshot| earshot != Earshot::Beyond),
            Place::Whisper => [bot].into_iter().chain(to).collect(),
            Place::Party | Place::Group => place.circle(bot, self.bots.len()).collect(),
        }
    }

    /// Who may read a message after all: a room's log is for whoever is ever there, and a team's
    /// for whoever was in it when it was said, as far as can be told from here.
    pub(super) fn entitled(&self, message: &Message) -> Bits {
        match message.place {
            Place::Room => (message.home)
                .map(|home| self.teams.ever_in(home.room))
                .unwrap_or_default(),
            Place::Team => (message.home)
                .map(|home| {
                    // Of one without an ack nobody knows when the server took it.
                    let acked = message.is_acked().then_some(message.known_at + JOIN_SLACK);
                    let stored = acked.unwrap_or(Instant(u64::MAX));
                    self.teams.during(home, message.sent_at, stored)
                })
                .unwrap_or_default(),
            _ => message.may.clone(),
        }
    }

    pub(super) fn of_room(&self, room: usize) -> Bits {
        let all = self.bots.iter().enumerate();
        let here = all.filter(|(_, reader)| reader.room == Some(room));
        here.map(|(bot, _)| bot).collect()
    }

    /// The bots of the same room that hear this one so well.
    pub(super) fn around(
        &self,
        bot: usize,
        now: Instant,
        wanted: impl Fn(Earshot) -> bool,
    ) -> Bits {
        let Some(from) = self.bots.get(bot) else {
            return Bits::default();
        };
        let all = self.bots.iter().enumerate();
        let near = all.filter(|(other, reader)| {
            *other == bot
                || (reader.room == from.room && wanted(hears(now, from.stand, reader.stand)))
        });
        near.map(|(other, _)| other).collect()
    }

    /// A bot learns only now that it is in a room. Where it stood there before nobody here saw, so
    /// that it may have heard whatever was said nearby since shortly before.
    pub(super) fn heard_unseen(&mut self, bot: usize, room: usize, now: Instant) {
        let near = self.messages.iter_mut().filter(|message| {
            let recent = message.known_at + JOIN_SLACK >= now;
            let there = message.home.is_some_and(|team| team.room == room);
            message.place == Place::Near && there && recent
        });
        near.for_each(|message| message.may.set(bot));
    }

    /// Somewhere between sending and ack the server looked who is near. Whoever was near at both
    /// times heard it; whoever was near at neither did not.
    pub(super) fn heard_near(
        &mut self,
        key: MessageKey,
        bot: usize,
        sent: Instant,
        now: Instant,
    ) -> Bits {
        let slow = now.since(sent).as_micros() as u64 > SLOW_ACK_MICROS;
        let loosely = match self.bots.get(bot).and_then(|reader| reader.room) {
            Some(room) if slow => self.of_room(room),
            _ => self.around(bot, now, |earshot| earshot != Earshot::Beyond),
        };
        let surely = self.around(bot, now, |earshot| earshot == Earshot::Within);
        let Some(message) = self.messages.get_mut(key.0 as usize) else {
            return Bits::default();
        };
        message.may = message.may.or(&loosely);
        match slow {
            true => Bits::default(),
            false => message.near.and(&surely),
        }
    }
}
