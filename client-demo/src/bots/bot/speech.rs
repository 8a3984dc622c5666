//! What a bot says and hears: its part in the books of chat.
//!
//! Never judges what it hears: the books do.

use std::rc::Rc;

use tickwire_shared::client::TalkEvent;
use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{Address, Manner, Scope, Whom};

use super::Bot;
use crate::bots::ledger::Place;

impl Bot {
    /// Sends a chat message when it is time for one, and looks after the circles.
    pub(super) fn say(&mut self, now: Instant) {
        if self.joined_at.is_none() || now >= self.shared.quiet_at.get() {
            return;
        }
        for circle in &mut self.circles {
            let ledger = self.shared.ledger.borrow();
            circle.tend(&mut self.driver.client, &ledger, self.index, now);
        }
        let Some(words) = self.talk.words(now) else {
            return;
        };
        let scopes = &self.shared.cli.scopes.0;
        let choice = self.talk.choose(scopes.len());
        let place = scopes.get(choice).copied().unwrap_or(Place::Room);
        let Some((to, log, other)) = self.address(place) else {
            return;
        };
        let mut ledger = self.shared.ledger.borrow_mut();
        let Some(key) = ledger.next_key() else {
            return;
        };
        let text = ledger.sign(key, &words);
        let said = self.driver.client.say(to, Manner::Said, &text);
        if let Some(client_id) = said {
            ledger.send(self.index, place, log, other, now);
            self.said.insert(client_id, key);
        }
    }

    /// How to say something there: the address, the log if it is known, and the other one of a
    /// whisper. `None` while there is nobody to talk to.
    fn address(&mut self, place: Place) -> Option<(Address, Option<LogId>, Option<usize>)> {
        let client = &self.driver.client;
        let book = client.talk();
        let log = book.find(|scope| place_of(scope) == Some(place));
        let log = log.map(|(log, _)| log);
        let to = match place {
            Place::Room => Address::Room,
            Place::Team => Address::Team,
            Place::Near => Address::Near,
            Place::Party | Place::Group => Address::Log(log?),
            Place::Whisper => {
                let ledger = self.shared.ledger.borrow();
                let others = client
                    .roster()
                    .keys()
                    .filter(|seat| client.me() != Some(**seat));
                let accounts = others.filter_map(|seat| client.account_of(*seat));
                let known = accounts.filter_map(|one| Some((one, ledger.bot_of(one)?)));
                let known: Vec<(AccountId, usize)> = known.collect();
                let (account, other) = *known.get(self.talk.choose(known.len()))?;
                let to = Address::Whisper(Whom::Account(account));
                let log = book.whisper_with(account).map(|(log, _)| log);
                return Some((to, log, Some(other)));
            }
        };
        log.map(|log| (to, Some(log), None))
    }

    /// Takes note of what its client tells of chat.
    pub(super) fn hear_talk(&mut self, now: Instant, talk: TalkEvent) {
        let shared = Rc::clone(&self.shared);
        let mut ledger = shared.ledger.borrow_mut();
        match talk {
            TalkEvent::Line { log, line, .. } => {
                let key = ledger.key_of(&line.text);
                let known = self.driver.client.talk().log(log);
                let epoch = known.map_or(0, |log| log.epoch());
                ledger.deliver(self.index, key, (log, epoch, line.offset), now);
            }
            TalkEvent::Acked { client_id, .. } => {
                if let Some(key) = self.said.remove(&client_id) {
                    ledger.ack(key, now);
                }
            }
            TalkEvent::Refused {
                client_id, reason, ..
            } => {
                if let Some(key) = self.said.remove(&client_id) {
                    ledger.refuse(key, reason);
                }
                shared.note_error(&format!("a chat message was refused: {reason:?}"));
            }
            TalkEvent::Missed { lines, .. } => {
                shared.note_error(&format!("{lines} lines of chat were cut from history"));
            }
            TalkEvent::Opened { log, scope, .. } => {
                if let Some(place) = place_of(&scope) {
                    ledger.opened(self.index, log, place, now);
                }
            }
            TalkEvent::Closed { log, .. } => ledger.closed(self.index, log),
            TalkEvent::Invited { log, scope, by, .. } => {
                for circle in &self.circles {
                    let client = &mut self.driver.client;
                    circle.invited(client, &ledger, self.index, (log, &scope, by));
                }
            }
            TalkEvent::Answer {
                what,
                refused: Some(reason),
                ..
            } => shared.note_error(&format!("a bot may not: {what:?}: {reason:?}")),
            _ => {}
        }
    }
}

/// What the bots call it; `None` for where they never talk.
fn place_of(scope: &Scope) -> Option<Place> {
    match scope {
        Scope::Room { .. } => Some(Place::Room),
        Scope::Team { .. } => Some(Place::Team),
        Scope::Near => Some(Place::Near),
        Scope::Whisper { .. } => Some(Place::Whisper),
        Scope::Party => Some(Place::Party),
        Scope::Group { .. } => Some(Place::Group),
        Scope::Server => None,
    }
}
