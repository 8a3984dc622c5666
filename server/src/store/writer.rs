//! The thread that commits: everything that waits goes into one commit.
//!
//! Never answers a write before its commit is on the disk, and never holds one up for longer than
//! the store is held by somebody else, which has a bound.
//!
//! ```text
//! wait -> take what waits, up to a bound -> commit -> answer in order -> wait
//!                                             |
//!                 held by somebody else: again, up to a bound; then all that waits is refused
//!                 no space, failed: refused at once, tried out twice a second until it goes
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use tickwire_shared::time::Instant;

use super::Store;
use super::handle::{Shared, WriteJob};
use super::queue::Taken;
use super::threads::StoreRules;
use crate::engine::storage::{Millis, StoreFault, Write, Written};
use crate::limits::{
    STORE_BACKFILL_COMMITS, STORE_CLOSE_TIME_MAX, STORE_COMMIT_WRITES_MAX, STORE_DEGRADED_AFTER,
    STORE_FAILED_TRIES_MAX, STORE_LOCK_STEP, STORE_PRUNE_EVERY, STORE_TRY_EVERY,
};

/// The writing half of the store, and what waits for it.
pub(super) struct Writer {
    store: Box<dyn Store>,
    rules: StoreRules,
    wall: fn() -> Millis,
    shared: Arc<Shared>,
    /// When what is too old is forgotten next.
    prune_at: Instant,
    /// When a degraded store is tried out next.
    try_at: Instant,
    /// Somebody else held the store for too long: nothing waits for it until it is free.
    given_up: bool,
    /// Who carries on after some commits.
    backfill: Option<SyncSender<()>>,
    /// Commits since that was told.
    commits: u32,
}

impl Writer {
    pub(super) fn new(
        store: Box<dyn Store>,
        rules: StoreRules,
        wall: fn() -> Millis,
        shared: Arc<Shared>,
    ) -> Writer {
        let now = shared.clock.now();
        Writer {
            store,
            rules,
            wall,
            shared,
            prune_at: now + STORE_PRUNE_EVERY,
            try_at: now,
            given_up: false,
            backfill: None,
            commits: 0,
        }
    }

    /// Tells somebody now and then that there were commits.
    pub(super) fn tell_of_commits(&mut self, backfill: SyncSender<()>) {
        self.backfill = Some(backfill);
    }

    /// Commits until the queue is closed and empty.
    pub(super) fn run(mut self) {
        loop {
            self.turn();
            let within = self.next_turn().since(self.shared.clock.now());
            let max = STORE_COMMIT_WRITES_MAX;
            match (self.shared.writes).take(within, max, |job| job.count) {
                Taken::Some(jobs) => {
                    self.carry_out(jobs);
                    self.tell_backfill();
                }
                Taken::Late => {}
                Taken::Closed => return,
            }
        }
    }

    fn next_turn(&self) -> Instant {
        match self.shared.metrics.degraded() {
            Some(_) => self.try_at,
            None => self.prune_at,
        }
    }

    /// What happens by time alone.
    fn turn(&mut self) {
        let now = self.shared.clock.now();
        if now < self.next_turn() {
            return;
        }
        if self.shared.metrics.degraded().is_some() {
            let _ = self.commit(&[]);
            self.try_at = self.shared.clock.now() + STORE_TRY_EVERY;
        } else {
            self.prune(now);
        }
    }

    fn prune(&mut self, now: Instant) {
        let age = self.rules.keep_time.map(|time| time.as_millis());
        let age = age.map_or(u64::MAX, |age| u64::try_from(age).unwrap_or(u64::MAX));
        let prune = Write::Prune {
            lines_max: self.rules.keep_lines,
            before: Millis((self.wall)().0.saturating_sub(age)),
        };
        let more = Ok(vec![Written::Pruned { more: true }]);
        if self.commit(&[prune]) != more {
            self.prune_at = now + STORE_PRUNE_EVERY;
        }
    }

    fn carry_out(&mut self, mut jobs: Vec<WriteJob>) {
        let writes = jobs
            .iter_mut()
            .flat_map(|job| std::mem::take(&mut job.writes));
        let writes: Vec<Write> = writes.collect();
        match self.commit_patiently(&writes) {
            Ok(written) => self.answer_each(jobs, written),
            Err(StoreFault::Failed) if jobs.len() > 1 => self.carry_out_apart(jobs, &writes),
            Err(fault) => self.refuse(jobs, fault),
        }
    }

    fn answer_each(&self, jobs: Vec<WriteJob>, written: Vec<Written>) {
        let mut written = written.into_iter();
        let answers = jobs.into_iter().map(|job| {
            let own: Vec<Written> = written.by_ref().take(job.count).collect();
            let whole = own.len() == job.count;
            (
                job,
                if whole {
                    Ok(own)
                } else {
                    Err(StoreFault::Failed)
                },
            )
        });
        self.shared.answer_writes(answers);
    }

    /// One of them may be at fault: each is tried by itself, until too many failed.
    fn carry_out_apart(&mut self, jobs: Vec<WriteJob>, mut writes: &[Write]) {
        let mut failed = 0;
        for job in jobs {
            let (own, rest) = writes.split_at(job.count.min(writes.len()));
            writes = rest;
            let answer = if failed < STORE_FAILED_TRIES_MAX {
                self.commit_patiently(own)
            } else {
                Err(StoreFault::Failed)
            };
            failed += usize::from(answer.is_err());
            self.shared.answer_writes(std::iter::once((job, answer)));
        }
    }

    fn refuse(&mut self, jobs: Vec<WriteJob>, fault: StoreFault) {
        let refused = |jobs: Vec<WriteJob>| jobs.into_iter().map(move |job| (job, Err(fault)));
        self.shared.answer_writes(refused(jobs));
        if fault == StoreFault::Busy {
            // Whatever came meanwhile would wait for as long again.
            let taken = (self.shared.writes).take(Duration::ZERO, usize::MAX, |_| 1);
            if let Taken::Some(jobs) = taken {
                self.shared.answer_writes(refused(jobs));
            }
        }
    }

    /// Tries again while somebody else holds the store, as long as the rules allow.
    fn commit_patiently(&mut self, writes: &[Write]) -> Result<Vec<Written>, StoreFault> {
        let clock = self.shared.clock;
        let began = clock.now();
        loop {
            let tried = clock.now();
            let answer = self.commit(writes);
            let waited = clock.now().since(began);
            if answer != Err(StoreFault::Busy) {
                return answer;
            }
            if waited >= STORE_DEGRADED_AFTER {
                self.degraded(StoreFault::Busy);
            }
            if waited >= self.patience() {
                self.given_up = true;
                self.degraded(StoreFault::Busy);
                return answer;
            }
            // A store that waited by itself has used its step up.
            std::thread::sleep(STORE_LOCK_STEP.saturating_sub(clock.now().since(tried)));
        }
    }

    fn patience(&self) -> Duration {
        if self.given_up {
            Duration::ZERO
        } else if self.shared.writes.is_closed() {
            STORE_CLOSE_TIME_MAX
        } else {
            self.rules.locked_time_max
        }
    }

    /// One commit, measured; what it says of the store's health.
    fn commit(&mut self, writes: &[Write]) -> Result<Vec<Written>, StoreFault> {
        let (clock, now) = (self.shared.clock, (self.wall)());
        let began = clock.now();
        let store = &mut self.store;
        let answer = catch_unwind(AssertUnwindSafe(|| store.commit(now, writes)));
        let answer = answer.unwrap_or_else(|_| {
            tracing::error!("a commit panicked");
            Err(StoreFault::Failed)
        });
        let metrics = &self.shared.metrics;
        match &answer {
            Ok(_) => {
                metrics.commit.record(clock.now().0.saturating_sub(began.0));
                metrics.batch.record(writes.len() as u64);
                self.given_up = false;
                self.commits += 1;
                if metrics.set_degraded(None) {
                    tracing::info!("the store is well again");
                }
            }
            // Somebody else has it; whoever asked decides for how long that may go on.
            Err(StoreFault::Busy) => {}
            Err(fault) => self.degraded(*fault),
        }
        answer
    }

    /// Has the log carried on, if it is time; not while that is under way.
    fn tell_backfill(&mut self) {
        if self.commits < STORE_BACKFILL_COMMITS {
            return;
        }
        if let Some(backfill) = &self.backfill {
            let _ = backfill.try_send(());
        }
        self.commits = 0;
    }

    fn degraded(&mut self, fault: StoreFault) {
        if self.shared.metrics.set_degraded(Some(fault)) {
            tracing::warn!(%fault, "nothing can be stored at the moment");
            self.try_at = self.shared.clock.now() + STORE_TRY_EVERY;
        }
    }
}
