//! What a room hands to the network thread: one batch a tick, and never a queue of old ones.
//!
//! Never holds more than one batch: one that is not taken yet absorbs the next, where a newer
//! snapshot replaces an older one. Batches travel in a circle, so that a warm tick allocates
//! nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One tick's output of a room.
pub trait Batch: Default + Send + 'static {
    /// Takes over everything of `newer`, which leaves it empty; its snapshots replace older ones
    /// of the same session, everything reliable is appended.
    fn absorb(&mut self, newer: &mut Self);

    /// Whether there is nothing to send.
    fn is_empty(&self) -> bool;
}

impl Batch for crate::engine::port::Outbox {
    fn absorb(&mut self, newer: &mut Self) {
        Self::absorb(self, newer);
    }

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }
}

/// The way of one room's batches from its worker to the network thread; clones share it.
#[derive(Debug)]
pub struct Outlet<B> {
    slots: Arc<Mutex<Slots<B>>>,
}

#[derive(Debug)]
struct Slots<B> {
    ready: Option<B>,
    spare: Option<B>,
}

impl<B> Clone for Outlet<B> {
    fn clone(&self) -> Outlet<B> {
        Outlet {
            slots: Arc::clone(&self.slots),
        }
    }
}

impl<B> Default for Outlet<B> {
    fn default() -> Outlet<B> {
        Outlet {
            slots: Arc::new(Mutex::new(Slots {
                ready: None,
                spare: None,
            })),
        }
    }
}

impl<B: Batch> Outlet<B> {
    /// Hands over a tick's batch and leaves an empty one in its place. True when the network
    /// thread had taken everything before, so that it must be woken.
    pub fn put(&self, batch: &mut B) -> bool {
        if batch.is_empty() {
            return false;
        }
        let mut slots = self.slots();
        if let Some(waiting) = &mut slots.ready {
            waiting.absorb(batch);
            return false;
        }
        let spare = slots.spare.take().unwrap_or_default();
        slots.ready = Some(std::mem::replace(batch, spare));
        true
    }

    /// What waits to be sent, if anything.
    #[must_use]
    pub fn take(&self) -> Option<B> {
        self.slots().ready.take()
    }

    /// Gives an emptied batch back for its memory.
    pub fn give_back(&self, batch: B) {
        debug_assert!(batch.is_empty(), "a batch comes back empty");
        self.slots().spare = Some(batch);
    }

    fn slots(&self) -> MutexGuard<'_, Slots<B>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Batch for Vec<u8> {
        fn absorb(&mut self, newer: &mut Vec<u8>) {
            self.append(newer);
        }

        fn is_empty(&self) -> bool {
            Vec::is_empty(self)
        }
    }

    #[test]
    fn one_wake_for_what_is_not_taken_yet() {
        let outlet = Outlet::default();
        assert!(!outlet.put(&mut vec![]));
        assert!(outlet.put(&mut vec![1]));
        assert!(!outlet.put(&mut vec![2]));
        assert_eq!(outlet.take(), Some(vec![1, 2]));
        assert_eq!(outlet.take(), None);
        assert!(outlet.put(&mut vec![3]));
    }

    #[test]
    fn memory_travels_in_a_circle() {
        let outlet = Outlet::default();
        let mut batch = vec![1];
        outlet.put(&mut batch);
        let mut taken = outlet.take().unwrap();
        let home = taken.as_ptr();
        taken.clear();
        outlet.give_back(taken);
        batch.push(2);
        outlet.put(&mut batch);
        assert_eq!(batch.as_ptr(), home);
    }
}
