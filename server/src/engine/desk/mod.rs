//! The desk: takes in what players say, has it stored, and shows it to whoever reads it.
//!
//! Never shows or acks a line before the store has it, never gives an offset itself, and never
//! waits: what the store has not answered yet is a ticket, and the game goes on meanwhile.
//!
//! ```text
//! Say -> judged -> Effect::Write ... written -> Acked to its author, Lines to every live reader
//!                                 -> fault   -> Refused; nobody saw it
//! session enters -> account and logs from the store ... -> Opened, Lines; more for each Pull
//! ```

mod draft;
mod log;
mod open;
mod person;
mod reader;
mod reading;
mod say;
mod shelf;
mod show;
#[cfg(test)]
mod tests;
mod tickets;

use std::collections::BTreeMap;
use std::sync::Arc;

use tickwire_shared::id::{AccountId, Lane, LinkId, SessionId, Tick};
use tickwire_shared::rng::Rng;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{ChatCommand, ChatNews, LogCursor, ServerControl, encode};

pub use self::reader::Entrant;

use self::person::Person;
use self::reader::Reader;
use self::reading::Reading;
use self::shelf::Shelf;
use self::tickets::{Task, Tickets};
use super::port::{Effect, Outbound};
use super::storage::{Found, LogKey, Query, StoreFault, Ticket, Write, Written};
use crate::limits::STORE_RETRY_TIME;

/// A bug to plant, so that tests show that they would find it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sabotage {
    /// None.
    #[default]
    None,
    /// A line is acked when it is handed to the store.
    AckBeforeCommit,
    /// Anybody may read the history of any log.
    OpenHistory,
    /// A line that was stored before is shown again.
    ShowKnown,
    /// Live lines are sent to readers who have not caught up.
    SkipCatchUp,
}

/// What the desk counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeskCounts {
    /// Lines that were stored.
    pub lines: u64,
    /// Lines that were not taken.
    pub refused: u64,
}

/// The chat of the whole server.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Names logs; no secrets.
    rng: Rng,
    tickets: Tickets,
    readers: BTreeMap<SessionId, Reader>,
    people: BTreeMap<AccountId, Person>,
    shelf: Shelf,
    /// When the store was last asked again for what failed.
    retried: Instant,
    effects: Vec<Effect>,
    counts: DeskCounts,
    sabotage: Sabotage,
}

impl Desk {
    /// A desk nobody talks at.
    #[must_use]
    pub fn new(sabotage: Sabotage) -> Desk {
        Desk {
            rng: Rng::new(0),
            tickets: Tickets::default(),
            readers: BTreeMap::new(),
            people: BTreeMap::new(),
            shelf: Shelf::default(),
            retried: Instant(0),
            effects: Vec::new(),
            counts: DeskCounts::default(),
            sabotage,
        }
    }

    /// A session begins. `seed` is unpredictable: new logs are named by it.
    pub fn enter(&mut self, now: Instant, id: SessionId, entrant: Entrant, seed: u64) {
        self.rng = Rng::new(self.rng.next_u64() ^ seed);
        let (account, room) = (entrant.account, entrant.room_name.to_string());
        let name = entrant.name.to_string();
        self.readers.insert(id, Reader::new(now, entrant));
        self.meet(account, &name).sessions.insert(id);
        self.seat(id, &LogKey::Room(room));
        self.seat(id, &LogKey::Server);
        self.begin_all(id);
    }

    /// A session goes on over another link, where its client stands as `cursors` say.
    pub fn attach(&mut self, id: SessionId, link: LinkId, cursors: Vec<LogCursor>) {
        self.detach(id);
        if let Some(reader) = self.readers.get_mut(&id) {
            reader.link = Some(link);
            reader.cursors = cursors;
        }
        self.begin_all(id);
    }

    /// A session's link is gone.
    pub fn detach(&mut self, id: SessionId) {
        let Some(reader) = self.readers.get_mut(&id) else {
            return;
        };
        reader.link = None;
        reader.cursors.clear();
        reader.older.clear();
        for &place in &reader.places {
            let log = self.shelf.get_mut(place);
            if let Some(reading) = log.and_then(|log| log.readers.get_mut(&id)) {
                *reading = Reading::default();
            }
        }
    }

    /// A session ends.
    pub fn leave(&mut self, id: SessionId) {
        let Some(reader) = self.readers.remove(&id) else {
            return;
        };
        for place in reader.places {
            self.unseat(id, place);
        }
        if let Some(person) = self.people.get_mut(&reader.account) {
            person.sessions.remove(&id);
        }
        self.part(reader.account);
    }

    /// A session wants something of chat. `tick` is the newest of its room.
    pub fn command(&mut self, now: Instant, id: SessionId, tick: Tick, command: ChatCommand) {
        match command {
            ChatCommand::Say {
                client_id,
                to,
                manner,
                text,
            } => {
                let Some(reader) = self.readers.get(&id) else {
                    return;
                };
                let draft = draft::Draft {
                    session: Some(id),
                    from: reader.account,
                    client_id,
                    name: reader.name.clone(),
                    role: reader.role,
                    tick,
                    manner,
                    text,
                };
                self.say(now, id, &to, draft);
            }
            ChatCommand::Pull { log } => self.pull(id, log),
            ChatCommand::Page { log, before } => self.page(id, log, before),
            ChatCommand::Mark { .. } | ChatCommand::React { .. } | ChatCommand::Ask { .. } => {}
        }
    }

    /// The store answered a write.
    pub fn written(&mut self, ticket: Ticket, result: Result<Written, StoreFault>) {
        match self.tickets.end(ticket) {
            Some(Task::Head(place)) => self.headed(place, result),
            Some(Task::Line(places, draft)) => self.stored(&places, draft, result),
            _ => {}
        }
    }

    /// The store answered a query.
    pub fn found(&mut self, ticket: Ticket, result: Result<Found, StoreFault>) {
        match self.tickets.end(ticket) {
            Some(Task::Members(place)) => self.gathered(place, result),
            Some(Task::Person(account)) => self.remembered(account, result),
            Some(Task::Next(place, id)) => self.continued(ticket, place, id, result),
            Some(Task::Older(log, id, from)) => self.leafed(log, id, from, result),
            _ => {}
        }
    }

    /// Looks at deadlines; call it a few times a second.
    pub fn turn(&mut self, now: Instant) {
        if now.since(self.retried) >= STORE_RETRY_TIME {
            self.retried = now;
            self.retry();
        }
    }

    /// Everything is over.
    pub fn clear(&mut self) {
        let ids: Vec<_> = self.readers.keys().copied().collect();
        ids.into_iter().for_each(|id| self.leave(id));
    }

    /// What is to be done, in order.
    pub fn take_effects(&mut self) -> impl Iterator<Item = Effect> + '_ {
        self.effects.drain(..)
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> DeskCounts {
        self.counts
    }

    /// Logs in memory, and questions the store has not answered.
    #[must_use]
    pub fn load(&self) -> (usize, usize) {
        (self.shelf.len(), self.tickets.len())
    }

    /// Has something written; false when too much is under way.
    fn write(&mut self, task: Task, write: Write) -> Result<(), Task> {
        let ticket = self.tickets.take(task)?;
        self.effects.push(Effect::Write(ticket, write));
        Ok(())
    }

    /// Has something looked up; `None` when too much is under way.
    fn find(&mut self, task: Task, query: Query) -> Option<Ticket> {
        let ticket = self.tickets.take(task).ok()?;
        self.effects.push(Effect::Find(ticket, query));
        Some(ticket)
    }

    /// Tells a session something, if it has a link.
    fn tell(&mut self, id: SessionId, news: ChatNews) {
        if let Some(link) = self.readers.get(&id).and_then(|reader| reader.link) {
            let bytes = encode(&ServerControl::Talk(news)).into();
            self.effects.push(packet(link, &bytes));
        }
    }
}

fn packet(link: LinkId, bytes: &Arc<[u8]>) -> Effect {
    Effect::ToLink(Outbound::Packet {
        link,
        lane: Lane::Ordered,
        bytes: Arc::clone(bytes),
    })
}
