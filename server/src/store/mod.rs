//! The store: lines of chat, accounts and whatever else must outlive the process.
//!
//! Never answers a write before it is on the disk. Nothing here knows a room, a link or a session;
//! what is stored and asked stands in [`crate::engine::storage`].

pub mod at_once;
mod handle;
mod lookup;
mod memory;
mod queue;
mod signs;
mod sqlite;
mod texts;
mod threads;
mod writer;

pub use handle::{Done, StoreHandle};
pub use memory::{MemoryStore, SharedMemory};
pub use sqlite::{SqliteBackfill, SqliteReader, SqliteStore};
pub use threads::{StoreHalves, StoreRules, StoreThreads};

use crate::engine::storage::{Found, Millis, Query, StoreFault, Write, Written};

/// A store: something that commits and looks up.
pub trait Store: Send {
    /// Carries out writes in their order, all in one commit; `now` is the time they happen at.
    /// One that cannot be carried out by itself ([`Written::Taken`], [`Written::Missing`]) does
    /// not hold up the others. No writes at all try out whether something could be written.
    ///
    /// # Errors
    /// [`StoreFault`]: then none of them was carried out.
    fn commit(&mut self, now: Millis, writes: &[Write]) -> Result<Vec<Written>, StoreFault>;

    /// Looks something up in what was committed.
    ///
    /// # Errors
    /// [`StoreFault`] when the store cannot be read.
    fn find(&mut self, query: &Query) -> Result<Found, StoreFault>;
}

/// The reading half of a store, for a thread of its own.
pub trait Reader: Send {
    /// Looks something up in what was committed.
    ///
    /// # Errors
    /// [`StoreFault`] when the store cannot be read.
    fn find(&mut self, query: &Query) -> Result<Found, StoreFault>;
}

/// What keeps a store in shape beside its commits, on a thread of its own.
pub trait Backfill: Send {
    /// Carries on with whatever there is to do; called after some commits.
    fn carry_on(&mut self);
}

/// A number as every store keeps it: what is past the largest signed one is "for ever".
fn kept_number(number: u64) -> u64 {
    if number >= FOR_EVER { u64::MAX } else { number }
}

/// The first number that counts as "for ever".
const FOR_EVER: u64 = i64::MAX as u64;

#[cfg(test)]
mod tests;
