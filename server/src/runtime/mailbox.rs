//! What waits for a room's next tick: a bounded queue from the network thread to a worker.
//!
//! Never blocks on a full queue, never wakes the worker (a room reacts at its tick, not at the
//! packet), and never grows past its bound: what does not fit comes back to the caller.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits::{MAILBOX_ITEMS_MAX, MAILBOX_PACKETS_MAX};

/// The item did not fit; here it is again.
#[derive(Debug, PartialEq, Eq)]
pub struct Full<T>(pub T);

/// One room's mailbox; clones share it.
#[derive(Debug)]
pub struct Mailbox<T> {
    shared: Arc<Shared<T>>,
}

#[derive(Debug)]
struct Shared<T> {
    items: Mutex<Vec<T>>,
    dropped: AtomicU64,
}

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Mailbox<T> {
        Mailbox {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> Default for Mailbox<T> {
    fn default() -> Mailbox<T> {
        Mailbox {
            shared: Arc::new(Shared {
                items: Mutex::new(Vec::new()),
                dropped: AtomicU64::new(0),
            }),
        }
    }
}

impl<T> Mailbox<T> {
    /// Puts in a packet, which may be dropped: past [`MAILBOX_PACKETS_MAX`] items it is, counted.
    ///
    /// # Errors
    /// [`Full`] with the item.
    pub fn try_push(&self, item: T) -> Result<(), Full<T>> {
        self.push_below(MAILBOX_PACKETS_MAX, item)
    }

    /// Puts in what must not be lost (a join, a leave): it may use the room above the packets.
    ///
    /// # Errors
    /// [`Full`] with the item, at [`MAILBOX_ITEMS_MAX`] items.
    pub fn push_control(&self, item: T) -> Result<(), Full<T>> {
        self.push_below(MAILBOX_ITEMS_MAX, item)
    }

    /// Exchanges everything that waits for the empty `spare`, so that both sides reuse memory.
    pub fn take(&self, spare: &mut Vec<T>) {
        debug_assert!(spare.is_empty(), "the spare must be empty");
        std::mem::swap(&mut *self.items(), spare);
    }

    /// Items that did not fit since the start.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    fn push_below(&self, bound: usize, item: T) -> Result<(), Full<T>> {
        let mut items = self.items();
        if items.len() >= bound {
            drop(items);
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            return Err(Full(item));
        }
        items.push(item);
        Ok(())
    }

    /// A panic of the other side while it held the lock cannot leave a `Vec` half changed.
    fn items(&self) -> MutexGuard<'_, Vec<T>> {
        self.shared
            .items
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_means_back_to_the_caller_and_counted() {
        let mailbox = Mailbox::default();
        for item in 0..MAILBOX_PACKETS_MAX {
            assert_eq!(mailbox.try_push(item), Ok(()));
        }
        assert_eq!(mailbox.try_push(7), Err(Full(7)));
        assert_eq!(mailbox.dropped(), 1);
        for item in MAILBOX_PACKETS_MAX..MAILBOX_ITEMS_MAX {
            assert_eq!(mailbox.push_control(item), Ok(()));
        }
        assert_eq!(mailbox.push_control(8), Err(Full(8)));

        let mut taken = Vec::new();
        mailbox.take(&mut taken);
        assert!(taken.iter().copied().eq(0..MAILBOX_ITEMS_MAX));
        assert_eq!(mailbox.try_push(9), Ok(()));
    }
}
