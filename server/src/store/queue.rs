//! What waits for a thread of the store: a queue with a bound.
//!
//! Never holds more than its bound, answers that nobody fetched included, and never makes whoever
//! hands something over wait.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::engine::storage::StoreFault;

/// A queue into a thread.
#[derive(Debug)]
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    max: usize,
}

#[derive(Debug)]
struct State<T> {
    waiting: VecDeque<T>,
    /// What waits, is worked on, or has an answer that nobody fetched.
    pending: usize,
    closed: bool,
}

/// What came of waiting at a queue.
#[derive(Debug)]
pub(super) enum Taken<T> {
    /// The oldest, in order.
    Some(Vec<T>),
    /// Nothing came in time.
    Late,
    /// Nothing waits, and nothing will.
    Closed,
}

impl<T> Queue<T> {
    pub(super) fn new(max: usize) -> Queue<T> {
        Queue {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                pending: 0,
                closed: false,
            }),
            changed: Condvar::new(),
            max,
        }
    }

    /// Hands something over that counts as `weight`.
    pub(super) fn put(&self, item: T, weight: usize) -> Result<(), StoreFault> {
        let mut state = self.state();
        if state.closed || state.pending + weight > self.max {
            return Err(StoreFault::Busy);
        }
        state.pending += weight;
        state.waiting.push_back(item);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Something of this weight is done with.
    pub(super) fn done(&self, weight: usize) {
        let mut state = self.state();
        state.pending = state.pending.saturating_sub(weight);
    }

    /// How much is not done with.
    pub(super) fn pending(&self) -> usize {
        self.state().pending
    }

    /// What waits, up to `weight_max` by `weight` but at least one, as soon as there is any.
    pub(super) fn take(
        &self,
        within: Duration,
        weight_max: usize,
        weight: impl Fn(&T) -> usize,
    ) -> Taken<T> {
        let empty = |state: &mut State<T>| state.waiting.is_empty() && !state.closed;
        let waited = (self.changed).wait_timeout_while(self.state(), within, empty);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let (mut taken, mut total) = (Vec::new(), 0);
        while let Some(item) = state.waiting.front() {
            total += weight(item);
            if total > weight_max && !taken.is_empty() {
                break;
            }
            taken.extend(state.waiting.pop_front());
        }
        match (taken.is_empty(), state.closed) {
            (false, _) => Taken::Some(taken),
            (true, false) => Taken::Late,
            (true, true) => Taken::Closed,
        }
    }

    /// Nothing more is taken in; what waits is still to be done.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    #[test]
    fn refuses_past_its_bound_until_answers_are_fetched() {
        let queue = Queue::new(3);
        assert_eq!(queue.put('a', 2), Ok(()));
        assert_eq!(queue.put('b', 2), Err(StoreFault::Busy));
        assert_eq!(queue.put('c', 1), Ok(()));
        assert!(matches!(queue.take(NOW, 9, |_| 1), Taken::Some(taken) if taken == ['a', 'c']));
        assert_eq!(
            queue.put('d', 1),
            Err(StoreFault::Busy),
            "nothing was fetched"
        );
        queue.done(2);
        assert_eq!(queue.put('d', 1), Ok(()));
        assert_eq!(queue.pending(), 2);
    }

    #[test]
    fn takes_by_weight_but_at_least_one() {
        let queue = Queue::new(99);
        for weight in [9, 3, 2, 1] {
            queue.put(weight, weight).unwrap();
        }
        let take = || match queue.take(NOW, 5, |weight| *weight) {
            Taken::Some(taken) => taken,
            other => panic!("{other:?}"),
        };
        assert_eq!([take(), take(), take()], [vec![9], vec![3, 2], vec![1]]);
        assert!(matches!(queue.take(NOW, 5, |_| 1), Taken::Late));
    }

    #[test]
    fn what_waits_when_it_closes_is_still_taken() {
        let queue = Queue::new(9);
        queue.put(1, 1).unwrap();
        queue.close();
        assert_eq!(queue.put(2, 1), Err(StoreFault::Busy));
        assert!(matches!(queue.take(NOW, 9, |_| 1), Taken::Some(taken) if taken == [1]));
        assert!(matches!(queue.take(NOW, 9, |_| 1), Taken::Closed));
    }
}
