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

mod announce;
mod ask;
mod attendance;
mod draft;
mod leaving;
mod log;
mod mark;
mod member;
mod missed;
mod neighbours;
mod open;
mod people;
mod person;
mod places;
mod presence;
mod react;
mod reader;
mod reading;
mod recall;
mod sabotage;
mod sanction;
mod say;
mod scribe;
mod shelf;
mod show;
mod teams;
#[cfg(test)]
mod tests;
mod tickets;
mod whom;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{AccountId, Lane, LinkId, LogId, SessionId, Tick};
use tickwire_shared::rng::Rng;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{ChatCommand, ChatNews, ServerControl, encode};

pub use self::announce::Announced;
pub use self::missed::Missed;
pub use self::reader::{Attention, Entrant};
pub use self::sabotage::Sabotage;

use self::draft::Draft;
use self::person::{Known, Person};
use self::reader::Reader;
use self::scribe::Scribe;
use self::shelf::Shelf;
use self::tickets::{Someone, Task, Tickets};
use super::etiquette::conduct::Conduct;
use super::etiquette::filter::Filter;
use super::etiquette::presence::Book;
use super::etiquette::reports::Reports;
use super::port::{Effect, Outbound};
use super::storage::{
    Found, LogKey, Membership, Millis, Query, StoreFault, Ticket, Write, Written,
};
use crate::limits::{ACCOUNT_LINES_PER_SECOND, PENS_MAX, STORE_RETRY_TIME};

/// What the desk counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeskCounts {
    /// Lines that were stored.
    pub lines: u64,
    /// Those of them that visitors said.
    pub visitor_lines: u64,
    /// Lines that were not taken.
    pub refused: u64,
}

/// What the desk goes by.
#[derive(Clone, Debug)]
pub struct DeskConfig {
    /// Lines of one account a second; 0 for as many as it likes.
    pub lines_per_second: u32,
    /// How far words carry in proximity chat, as the game says.
    pub earshot: f32,
    /// Whether whispers to those who are offline are noted for [`Desk::take_missed`].
    pub notes_missed: bool,
    /// A bug to plant; none outside tests.
    pub sabotage: Sabotage,
}

impl Default for DeskConfig {
    fn default() -> DeskConfig {
        DeskConfig {
            lines_per_second: ACCOUNT_LINES_PER_SECOND,
            earshot: 0.0,
            notes_missed: false,
            sabotage: Sabotage::None,
        }
    }
}

/// The chat of the whole server.
#[derive(Clone, Debug)]
pub struct Desk {
    config: DeskConfig,
    /// Names logs; no secrets.
    rng: Rng,
    /// When it was last told something.
    now: Instant,
    /// What the clock on the wall showed then, or a little before.
    wall: Millis,
    tickets: Tickets,
    readers: BTreeMap<SessionId, Reader>,
    people: BTreeMap<AccountId, Person>,
    shelf: Shelf,
    /// Who writes or wrote lately.
    scribes: BTreeMap<AccountId, Scribe>,
    /// Who was here; the newest [`crate::limits::LEFT_REMEMBERED`].
    left: VecDeque<Someone>,
    /// Who left a team and is not here any more, where the store has not taken it yet.
    leaving: BTreeMap<(LogId, AccountId), (LogKey, Membership)>,
    book: Book,
    /// Who may say what.
    conduct: Conduct,
    /// What was reported lately.
    reports: Reports,
    /// Whether the store has told who is held to something.
    started: Known,
    /// Sessions that a moderator wants to be gone.
    sent_away: Vec<(SessionId, CloseReason)>,
    /// Whispers to those who are offline that nobody took yet.
    missed: Vec<Missed>,
    /// What became of announcements, and nobody took yet.
    announced: Vec<Announced>,
    /// Lines that would be refused and that the store was asked for.
    recalling: usize,
    /// When the store was last asked again for what failed.
    retried: Option<Instant>,
    effects: Vec<Effect>,
    counts: DeskCounts,
}

impl Desk {
    /// A desk nobody talks at.
    #[must_use]
    pub fn new(config: DeskConfig) -> Desk {
        Desk {
            conduct: Conduct::new(config.lines_per_second),
            config,
            rng: Rng::new(0),
            now: Instant(0),
            wall: Millis(0),
            tickets: Tickets::default(),
            readers: BTreeMap::new(),
            people: BTreeMap::new(),
            shelf: Shelf::default(),
            scribes: BTreeMap::new(),
            left: VecDeque::new(),
            leaving: BTreeMap::new(),
            book: Book::default(),
            reports: Reports::default(),
            started: Known::Failed,
            sent_away: Vec::new(),
            missed: Vec::new(),
            announced: Vec::new(),
            recalling: 0,
            retried: None,
            effects: Vec::new(),
            counts: DeskCounts::default(),
        }
    }

    /// What the clock on the wall shows; sanctions end by it.
    pub fn set_wall(&mut self, wall: Millis) {
        self.wall = wall;
    }

    /// Another word filter.
    pub fn set_filter(&mut self, filter: Filter) {
        self.conduct.set_filter(filter);
    }

    /// A session wants something of chat. `tick` is the newest of its room.
    pub fn command(&mut self, now: Instant, id: SessionId, tick: Tick, command: ChatCommand) {
        self.now = now;
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
                let draft = Draft {
                    session: Some(id),
                    is_visitors: reader.attention != Attention::Everything,
                    from: reader.account,
                    client_id,
                    name: reader.name.clone(),
                    role: reader.role,
                    tick,
                    manner,
                    text,
                    price: None,
                };
                self.say(id, &to, draft);
            }
            ChatCommand::Pull { log } => self.pull(id, log),
            ChatCommand::Page { log, before } => self.page(id, log, before),
            ChatCommand::Mark {
                log,
                delivered,
                read,
            } => self.mark(id, log, delivered, read),
            ChatCommand::React {
                log,
                offset,
                sign,
                on,
            } => self.react(id, (log, offset), &sign, on),
            ChatCommand::Ask { ask, what } => self.ask(id, ask, what),
        }
    }

    /// The store answered a write.
    pub fn written(&mut self, now: Instant, ticket: Ticket, result: Result<Written, StoreFault>) {
        self.now = now;
        match self.tickets.end(ticket) {
            Some(Task::Head(place)) => self.headed(place, result),
            Some(Task::Line(places, draft)) => self.stored(&places, draft, result),
            Some(Task::Member(place, member, asker)) => self.joined(place, member, asker, result),
            Some(Task::HandOn(place, both, asker)) => {
                self.handed_on(place, *both, asker, &result);
            }
            Some(Task::Mark(place, account, delivered, read)) => {
                self.marked(place, account, (delivered, read), result);
            }
            Some(Task::React(place, offset)) => self.reacted(place, offset, result),
            Some(Task::Deed(deed, asker)) => self.done(deed, asker, result),
            _ => {}
        }
    }

    /// The store answered a query.
    pub fn found(&mut self, now: Instant, ticket: Ticket, result: Result<Found, StoreFault>) {
        self.now = now;
        match self.tickets.end(ticket) {
            Some(Task::Members(place)) => self.gathered(place, result),
            Some(Task::Person(account)) => self.remembered(ticket, account, result),
            Some(Task::Next(place, id)) => self.continued(ticket, place, id, result),
            Some(Task::Older(log, id, from)) => self.leafed(ticket, log, id, from, result),
            Some(Task::Reactions(place, id)) => self.signs_found(place, id, result),
            Some(Task::Whom(id, errand)) => self.found_whom(id, errand, result),
            Some(Task::Vet(id, whom, errand)) => self.found_vet(id, &whom, errand, result),
            Some(Task::Recall(draft, verdict)) => self.recalled(&draft, verdict, result),
            Some(Task::Start) => self.begun(result),
            _ => {}
        }
    }

    /// Looks at deadlines; call it a few times a second.
    pub fn turn(&mut self, now: Instant) {
        self.now = now;
        self.turn_book();
        self.open_more();
        let due = |last: Instant| now.since(last) >= STORE_RETRY_TIME;
        if self.retried.is_none_or(due) {
            self.retried = Some(now);
            self.start();
            self.retry();
            let (people, many) = (&self.people, self.scribes.len() > PENS_MAX);
            self.scribes.retain(|account, scribe| {
                let here = people.get(account).is_some_and(|p| !p.sessions.is_empty());
                here || !(many || scribe.is_old(now))
            });
        }
    }

    /// Asks the store for what must be known from the start, until it is.
    fn start(&mut self) {
        if self.started == Known::Failed {
            let asked = self.find(Task::Start, Query::Held(self.wall));
            self.started = asked.map_or(Known::Failed, |_| Known::Asked);
        }
    }

    fn begun(&mut self, result: Result<Found, StoreFault>) {
        match result {
            Ok(Found::Held(held)) => {
                self.conduct.sanctions.learn(self.wall, held);
                self.started = Known::All;
            }
            _ => self.started = Known::Failed,
        }
    }

    /// Whether it is known who is held to something.
    #[must_use]
    pub fn has_started(&self) -> bool {
        self.started == Known::All
    }

    /// Sessions to close, and why.
    pub fn take_sent_away(&mut self) -> Vec<(SessionId, CloseReason)> {
        std::mem::take(&mut self.sent_away)
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
    fn write(&mut self, task: Task, write: Write) -> Result<(), Box<Task>> {
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

/// A packet that is worth nothing later.
fn loose_packet(link: LinkId, bytes: &Arc<[u8]>) -> Effect {
    Effect::ToLink(Outbound::Packet {
        link,
        lane: Lane::Snapshot,
        bytes: Arc::clone(bytes),
    })
}
