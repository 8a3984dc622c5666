//! The thread that looks up.
//!
//! Never writes, and never waits for a commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::Reader;
use super::handle::Shared;
use super::queue::Taken;
use super::threads::StoreRules;
use crate::engine::storage::{Found, Query, StoreFault};
use crate::limits::STORE_LOCK_STEP;

/// How long the thread sleeps at a time; a query wakes it anyway.
const IDLE: Duration = Duration::from_secs(60);

/// The reading half of the store, and what waits for it.
pub(super) struct Lookup {
    reader: Box<dyn Reader>,
    rules: StoreRules,
    shared: Arc<Shared>,
}

impl Lookup {
    pub(super) fn new(reader: Box<dyn Reader>, rules: StoreRules, shared: Arc<Shared>) -> Lookup {
        Lookup {
            reader,
            rules,
            shared,
        }
    }

    /// Answers queries until the queue is closed and empty.
    pub(super) fn run(mut self) {
        loop {
            match self.shared.queries.take(IDLE, 1, |_| 1) {
                Taken::Some(jobs) => {
                    for job in jobs {
                        let answer = self.find(&job.query);
                        self.shared.answer_query(job, answer);
                    }
                }
                Taken::Late => {}
                Taken::Closed => return,
            }
        }
    }

    /// Tries again while somebody else holds the store, as long as the rules allow.
    fn find(&mut self, query: &Query) -> Result<Found, StoreFault> {
        let clock = self.shared.clock;
        let began = clock.now();
        loop {
            let reader = &mut self.reader;
            let found = catch_unwind(AssertUnwindSafe(|| reader.find(query)));
            let found = found.unwrap_or_else(|_| {
                tracing::error!("looking something up in the store panicked");
                Err(StoreFault::Failed)
            });
            let patient = clock.now().since(began) < self.rules.locked_time_max
                && !self.shared.queries.is_closed();
            if found != Err(StoreFault::Busy) || !patient {
                return found;
            }
            std::thread::sleep(STORE_LOCK_STEP);
        }
    }
}
