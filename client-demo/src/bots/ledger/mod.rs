//! The books of the bots' chat: who must see which message, who may, and who did.
//!
//! All bots live in one process and share one clock, so that the time from one's sending to
//! another's receiving can be measured. Never sends anything itself, and never knows what the
//! server thinks: who may hear what follows from seats, positions and what the bots agreed on.
//!
//! A message is *expected* by every bot that reads its log when it is sent (in a room: that is in
//! the sender's). Each of them must get it exactly once. In each log a bot must see offsets grow by
//! one, and the messages of one sender in the order in which they were sent. A message that reaches
//! a bot that may not read it has *leaked*.
//!
//! ```text
//! bits      sets of bots
//! place     where something is said, and who hears it there
//! message   one message, and who got it
//! reach     who may hear a message, and who must
//! report    what the report says of it all
//! ```

mod bits;
mod message;
mod place;
mod reach;
mod report;

use std::collections::BTreeMap;

use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{AccountId, LogId, PlayerId};
use tickwire_shared::time::Instant;

pub use bits::Bits;
use message::Message;
pub use message::MessageKey;
use place::team_of;
pub use place::{Earshot, Place, Stand};
pub use report::{ChatReport, ScopeReport};

use crate::histogram::Histogram;

/// Messages one run may send at the most; past it [`Ledger::send`] refuses.
pub const MESSAGES_MAX: usize = 1 << 18;

/// The books.
#[derive(Debug, Default)]
pub struct Ledger {
    run: u32,
    bots: Vec<Reader>,
    messages: Vec<Message>,
    rooms: BTreeMap<String, usize>,
    accounts: BTreeMap<AccountId, usize>,
    /// Who reads a log, as far as the bots were told.
    logs: BTreeMap<LogId, Shelf>,
    /// Since when each bot that ever was in a team of a room has been.
    teams: BTreeMap<(usize, u8), BTreeMap<usize, Instant>>,
    acked: u64,
    expected: u64,
    delivered: u64,
    duplicated: u64,
    reordered: u64,
    gaps: u64,
    delivery: Histogram,
}

/// A log.
#[derive(Clone, Debug)]
struct Shelf {
    place: Place,
    readers: Bits,
}

/// One bot as a reader of chat.
#[derive(Clone, Debug, Default)]
struct Reader {
    room: Option<usize>,
    team: u8,
    account: Option<AccountId>,
    stand: Option<Stand>,
    /// The last offset of each log, and the last message of each sender there.
    last: BTreeMap<(LogId, u32), u64>,
    heard: BTreeMap<(LogId, usize), MessageKey>,
}

impl Ledger {
    /// Books for this many bots, none of them in a room. `run` tells this run's messages from
    /// those of another process in the same room.
    #[must_use]
    pub fn new(bots: usize, run: u32) -> Ledger {
        Ledger {
            run,
            bots: vec![Reader::default(); bots],
            ..Ledger::default()
        }
    }

    /// A bot is in a room, with whatever session. One that comes to another room or team than
    /// before cannot read on in those of before.
    pub fn join(
        &mut self,
        bot: usize,
        room: &str,
        seat: PlayerId,
        account: AccountId,
        now: Instant,
    ) {
        let next = self.rooms.len();
        let room = *self.rooms.entry(room.to_owned()).or_insert(next);
        let team = team_of(seat);
        let Some(reader) = self.bots.get_mut(bot) else {
            return;
        };
        let arrived = reader.room.is_none();
        let moved = reader.room.is_some_and(|before| before != room);
        let changed = moved || (reader.room.is_some() && reader.team != team);
        (reader.room, reader.team, reader.account) = (Some(room), team, Some(account));
        self.accounts.insert(account, bot);
        let team = self.teams.entry((room, team)).or_default();
        team.entry(bot).or_insert(now);
        if arrived {
            self.heard_unseen(bot, room, now);
        }
        if changed {
            self.excuse(bot, |place| {
                place == Place::Team || (moved && matches!(place, Place::Room | Place::Near))
            });
        }
    }

    /// A bot's session is over: it is expected to see no message sent from now on.
    pub fn leave(&mut self, bot: usize) {
        if let Some(reader) = self.bots.get_mut(bot) {
            reader.room = None;
        }
        self.logs
            .values_mut()
            .for_each(|log| log.readers.clear(bot));
    }

    /// Whose account it is.
    #[must_use]
    pub fn bot_of(&self, account: AccountId) -> Option<usize> {
        self.accounts.get(&account).copied()
    }

    /// A bot's account, once it is in.
    #[must_use]
    pub fn account_of(&self, bot: usize) -> Option<AccountId> {
        self.bots.get(bot)?.account
    }

    /// How many bots there are.
    #[must_use]
    pub fn bots(&self) -> usize {
        self.bots.len()
    }

    /// A bot was told that it reads a log.
    pub fn opened(&mut self, bot: usize, log: LogId, place: Place) {
        let readers = Bits::default();
        let shelf = self.logs.entry(log).or_insert(Shelf { place, readers });
        shelf.readers.set(bot);
    }

    /// A bot was told that it does not read a log any more.
    pub fn closed(&mut self, bot: usize, log: LogId) {
        if let Some(shelf) = self.logs.get_mut(&log) {
            shelf.readers.clear(bot);
        }
    }

    /// Where a bot stands now; `None` when it is dead or not there.
    pub fn stands(&mut self, bot: usize, now: Instant, position: Option<Vec2>) {
        if let Some(reader) = self.bots.get_mut(bot) {
            let before = reader.stand;
            reader.stand = position.map(|position| Stand::after(before, now, position));
        }
    }

    /// The name of the next message; `None` at [`MESSAGES_MAX`].
    #[must_use]
    pub fn next_key(&self) -> Option<MessageKey> {
        let key = u32::try_from(self.messages.len()).ok()?;
        (self.messages.len() < MESSAGES_MAX).then_some(MessageKey(key))
    }

    /// A bot sends the message [`Ledger::next_key`] named to a log it reads, or as a whisper `to`
    /// another bot; `None` when it is in no room, or at [`MESSAGES_MAX`].
    pub fn send(
        &mut self,
        bot: usize,
        place: Place,
        log: Option<LogId>,
        to: Option<usize>,
        now: Instant,
    ) -> Option<MessageKey> {
        let reader = self.bots.get(bot)?;
        let (room, team) = (reader.room?, reader.team);
        let key = self.next_key()?;
        let may = self.may_hear(bot, room, place, to, now);
        let must = match (place, log.and_then(|log| self.logs.get(&log))) {
            (Place::Whisper, _) => may.clone(),
            (Place::Near, _) => Bits::from_iter([bot]),
            (_, Some(shelf)) => shelf.readers.and(&may),
            (_, None) => Bits::from_iter([bot]),
        };
        let mut message = Message::new(bot, place, now, may, must);
        message.home = (room, team);
        message.near = match place {
            Place::Near => self.around(bot, now, |earshot| earshot == Earshot::Within),
            _ => Bits::default(),
        };
        self.expected += message.must.count();
        self.messages.push(message);
        Some(key)
    }

    /// The server refused a message: nobody is expected to see it.
    pub fn refuse(&mut self, key: MessageKey) {
        if let Some(message) = self.messages.get_mut(key.0 as usize) {
            message.refused = true;
            self.expected -= message.must.count();
            self.delivered -= message.must.and(&message.delivered).count();
            message.must = Bits::default();
        }
    }

    /// The server told the sender that its message has its place.
    pub fn ack(&mut self, key: MessageKey, now: Instant) {
        let Some(message) = self.messages.get(key.0 as usize).filter(|one| !one.acked) else {
            return;
        };
        let (bot, place, sent_at) = (message.bot, message.place, message.sent_at);
        let heard = match place {
            Place::Near => self.heard_near(key, bot, sent_at, now),
            _ => Bits::default(),
        };
        let Some(message) = self.messages.get_mut(key.0 as usize) else {
            return;
        };
        self.acked += 1;
        (message.acked, message.known_at) = (true, now);
        let more = heard.without(&message.must);
        self.expected += more.count();
        self.delivered += more.and(&message.delivered).count();
        message.must = message.must.or(&more);
    }

    /// A bot received a message at its place `offset` of a log; `key` is `None` for a stranger's
    /// message.
    pub fn deliver(
        &mut self,
        bot: usize,
        key: Option<MessageKey>,
        (log, epoch, offset): (LogId, u32, u64),
        now: Instant,
    ) {
        let Some(reader) = self.bots.get_mut(bot) else {
            return;
        };
        let last = reader.last.insert((log, epoch), offset);
        let mut behind = last.is_some_and(|last| offset <= last);
        self.gaps += last.map_or(0, |last| offset.saturating_sub(last.saturating_add(1)));
        let message = key.and_then(|key| Some((key, self.messages.get_mut(key.0 as usize)?)));
        let Some((key, message)) = message else {
            self.reordered += u64::from(behind);
            return;
        };
        if message.delivered.get(bot) {
            self.duplicated += 1;
            return;
        }
        let earlier = reader.heard.insert((log, message.bot), key);
        behind |= earlier.is_some_and(|earlier| earlier > key);
        self.reordered += u64::from(behind);
        message.delivered.set(bot);
        if message.must.get(bot) {
            self.delivered += 1;
            self.delivery.add(now.since(message.sent_at));
        }
    }

    /// Expected deliveries that happened.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Expected deliveries that have not happened.
    #[must_use]
    pub fn outstanding(&self) -> u64 {
        self.expected.saturating_sub(self.delivered)
    }

    /// The text of a message of this name.
    #[must_use]
    pub fn sign(&self, key: MessageKey, words: &str) -> String {
        format!("{words} #{:x}.{:x}", self.run, key.0)
    }

    /// The name a text carries; `None` when no bot of this run wrote it.
    #[must_use]
    pub fn key_of(&self, text: &str) -> Option<MessageKey> {
        let (_, name) = text.rsplit_once('#')?;
        let (run, key) = name.split_once('.')?;
        let number = |digits| u32::from_str_radix(digits, 16).ok();
        (number(run)? == self.run).then_some(MessageKey(number(key)?))
    }

    /// A bot cannot get what it has not got of such places.
    fn excuse(&mut self, bot: usize, of: impl Fn(Place) -> bool) {
        for shelf in self.logs.values_mut().filter(|shelf| of(shelf.place)) {
            shelf.readers.clear(bot);
        }
        for message in self.messages.iter_mut().filter(|one| of(one.place)) {
            if message.must.get(bot) && !message.delivered.get(bot) {
                message.must.clear(bot);
                self.expected -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests;
