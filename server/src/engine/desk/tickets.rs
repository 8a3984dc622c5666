//! What the store was asked and has not answered.
//!
//! Never longer than [`STORE_TASKS_MAX`]: whoever asks beyond is told that the store is busy.

use std::collections::BTreeMap;

use tickwire_shared::id::{AccountId, LogId, SessionId};

use super::draft::Draft;
use super::shelf::Place;
use crate::engine::storage::Ticket;
use crate::limits::STORE_TASKS_MAX;

/// What an answer of the store is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// The head of a log.
    Head(Place),
    /// Who is in a log.
    Members(Place),
    /// The logs of an account.
    Person(AccountId),
    /// A line, for the logs at these places.
    Line(Vec<(Place, LogId)>, Draft),
    /// The next lines for a reader of a log.
    Next(Place, SessionId),
    /// Lines from before, from this offset on, for a session.
    Older(LogId, SessionId, u64),
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
    pub fn take(&mut self, task: Task) -> Result<Ticket, Task> {
        if self.open.len() >= STORE_TASKS_MAX {
            return Err(task);
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

    /// How many are under way.
    pub fn len(&self) -> usize {
        self.open.len()
    }
}
