//! The store: lines of chat, accounts and whatever else must outlive the process.
//!
//! Never answers a write before it is on the disk. Nothing here knows a room, a link or a session;
//! what is stored and asked stands in [`crate::engine::storage`].

use crate::engine::storage::{Found, Millis, Query, StoreFault, Write, Written};

/// A store: something that commits and looks up.
pub trait Store: Send {
    /// Carries out writes in their order, all in one commit; `now` is the time they happen at.
    /// One that cannot be carried out by itself ([`Written::Taken`], [`Written::Missing`]) does
    /// not hold up the others.
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
