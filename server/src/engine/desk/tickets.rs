//! What the store was asked and has not answered.
//!
//! Never longer than [`STORE_TASKS_MAX`]: whoever asks beyond is told that the store is busy.

use std::collections::BTreeMap;

use tickwire_shared::id::{AccountId, LogId, SessionId};
use tickwire_shared::wire::{Role, Sanction};

use super::draft::Draft;
use super::recall::Verdict;
use super::shelf::Place;
use crate::engine::storage::{Held, LogKey, Membership, Ticket};
use crate::limits::STORE_TASKS_MAX;

/// What an answer of the store is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// What must be known from the start.
    Start,
    /// The head of a log.
    Head(Place),
    /// Who is in a log.
    Members(Place),
    /// The logs of an account.
    Person(AccountId),
    /// A line, for the logs at these places.
    Line(Vec<(Place, LogId)>, Draft),
    /// A line that may be stored already, and how it was judged.
    Recall(Draft, Verdict),
    /// The next lines for a reader of a log.
    Next(Place, SessionId),
    /// Lines from before, from this offset on, for a session.
    Older(LogId, SessionId, u64),
    /// How an account stands to a log from now on.
    Member(Place, Membership, Option<Asker>),
    /// An owner that leaves a log, and whoever owns it then.
    HandOn(Place, Box<[Membership; 2]>, Asker),
    /// How far an account got: what arrived, and what was seen.
    Mark(Place, AccountId, u64, u64),
    /// A reaction to the line at this offset.
    React(Place, u64),
    /// Reactions to lines that a session was sent.
    Reactions(Place, SessionId),
    /// Who somebody is, for what a session wants of them.
    Whom(SessionId, Errand),
    /// Whom somebody blocks, or what they may do, for what a session wants of them.
    Vet(SessionId, Someone, Errand),
    /// A change that its asker is told of.
    Deed(Deed, Asker),
}

/// A session that asked for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker {
    /// Which.
    pub session: SessionId,
    /// Its number for it.
    pub ask: u32,
    /// The log it is about; 0 for none.
    pub log: LogId,
}

/// An account that is talked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Someone {
    /// Which.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
}

/// What a session wants of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// To whisper this.
    Whisper(Draft),
    /// To let them into a log.
    Invite(Asker),
    /// To hear nothing from them, or again.
    Block(Asker, bool),
    /// To be told how they are present, or no more.
    Follow(Asker, bool),
    /// To hold them to something, for so many seconds, for a reason.
    Sanction(Asker, Sanction, u32, String),
}

/// What happens once something is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// An account has reported the line at this offset.
    Report(AccountId, u64),
    /// An account hears nothing from another, or again.
    Block(AccountId, Someone, bool),
    /// An account is told of another, or no more.
    Follow(AccountId, Someone, bool),
    /// A log is as slow as this.
    Slow(Place, u16),
    /// Somebody is held to something, or sent away.
    Sentence(Sentenced),
    /// An account is not in the team of this log any more.
    LeaveTeam(LogId, LogKey, Membership),
}

/// What a sanction comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentenced {
    /// Whom it is about.
    pub account: AccountId,
    /// What they are held to.
    pub held: Option<Held>,
    /// For what they are sent away.
    pub away: Option<Sanction>,
}

/// The tasks under way.
#[derive(Clone, Debug, Default)]
pub struct Tickets {
    made: u64,
    open: BTreeMap<Ticket, Task>,
}

impl Tickets {
    /// A ticket for a task; gives it back when too many are under way.
    ///
    /// # Errors
    /// The task, at [`STORE_TASKS_MAX`].
    pub fn take(&mut self, task: Task) -> Result<Ticket, Box<Task>> {
        if self.open.len() >= STORE_TASKS_MAX {
            return Err(Box::new(task));
        }
        self.made += 1;
        let ticket = Ticket(self.made);
        self.open.insert(ticket, task);
        Ok(ticket)
    }

    /// The task of a ticket, which is over.
    pub fn end(&mut self, ticket: Ticket) -> Option<Task> {
        self.open.remove(&ticket)
    }

    /// Whether it is being stored that an account hears nothing from another any more.
    pub fn is_blocking(&self, account: AccountId, other: AccountId) -> bool {
        let blocks = |task: &Task| match task {
            Task::Deed(Deed::Block(by, whom, true), _) => (*by, whom.account) == (account, other),
            _ => false,
        };
        self.open.values().any(blocks)
    }

    /// How many are under way.
    pub fn len(&self) -> usize {
        self.open.len()
    }
}
