//! The threads of a store as a test has them: answers are waited for, never slept for.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tickwire_shared::time::Instant;

use crate::engine::storage::{Millis, StoreFault, Ticket, Write, Written};
use crate::metrics::StoreMetrics;
use crate::runtime::clock::wall_millis;
use crate::runtime::{Clock, Wake};
use crate::store::{Done, StoreHalves, StoreHandle, StoreRules, StoreThreads};

/// Longer than anything takes that a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a write led to.
pub(super) type Answer = (Ticket, Result<Written, StoreFault>);

/// Threads, and what they answered.
pub(super) struct Rig {
    pub(super) clock: Clock,
    pub(super) metrics: Arc<StoreMetrics>,
    pub(super) handle: StoreHandle,
    woken: Receiver<()>,
    answers: RefCell<Vec<Answer>>,
    _threads: StoreThreads,
}

impl Rig {
    pub(super) fn start(halves: StoreHalves, rules: StoreRules) -> Rig {
        let (wakes, woken) = channel();
        let (clock, metrics) = (Clock::start(), Arc::<StoreMetrics>::default());
        let wake = Wake::new(move || {
            // The test may be over.
            let _ = wakes.send(());
        });
        let wall = || Millis(wall_millis());
        let threads = StoreThreads::start(halves, rules, (clock, wall), wake, Arc::clone(&metrics))
            .expect("threads start");
        Rig {
            clock,
            metrics,
            handle: threads.handle(),
            woken,
            answers: RefCell::default(),
            _threads: threads,
        }
    }

    pub(super) fn write(&self, ticket: u64, write: Write) -> Result<(), StoreFault> {
        self.handle.write(Ticket(ticket), write)
    }

    /// What came within this time, if anything does.
    pub(super) fn any_within(&self, time: Duration) -> Vec<Answer> {
        let _ = self.woken.recv_timeout(time);
        self.collect();
        self.answers.take()
    }

    /// So many answers, in the order in which they came.
    pub(super) fn answers(&self, count: usize) -> Vec<Answer> {
        while self.answers.borrow().len() < count {
            self.collect();
            if self.answers.borrow().len() < count {
                self.woken.recv_timeout(PATIENCE).expect("an answer");
            }
        }
        self.answers.borrow_mut().drain(..count).collect()
    }

    /// Writes one thing and waits for what it leads to.
    pub(super) fn write_one(&self, ticket: u64, write: Write) -> Result<Written, StoreFault> {
        self.write(ticket, write)?;
        let (answered, written) = self.answers(1).remove(0);
        assert_eq!(answered, Ticket(ticket));
        written
    }

    /// Waits until the store is degraded by this, or well; how long that took.
    pub(super) fn until_degraded(&self, by: Option<StoreFault>) -> Duration {
        let began = self.clock.now();
        while self.metrics.degraded() != by {
            let _ = self.woken.recv_timeout(Duration::from_millis(5));
            assert!(self.since(began) < PATIENCE, "it never becomes {by:?}");
        }
        self.since(began)
    }

    pub(super) fn since(&self, began: Instant) -> Duration {
        self.clock.now().since(began)
    }

    fn collect(&self) {
        let mut done = Vec::new();
        self.handle.take_done(&mut done);
        let writes = done.into_iter().filter_map(|done| match done {
            Done::Written(ticket, written) => Some((ticket, written)),
            Done::Found(..) => None,
        });
        self.answers.borrow_mut().extend(writes);
    }
}
