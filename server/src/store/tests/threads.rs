//! The threads in front of a store: order, bounds, and stores that are held, full or broken.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use tickwire_shared::id::AccountId;

use super::rig::{Answer, Rig};
use super::{LOG, Scratch, line, open_room, sqlite, texts};
use crate::engine::storage::{Found, Millis, Query, StoreFault, Ticket, Write, Written};
use crate::limits::{
    STORE_BACKFILL_COMMITS, STORE_COMMIT_WRITES_MAX, STORE_QUERIES_WAITING_MAX,
    STORE_WRITES_WAITING_MAX,
};
use crate::store::{
    Reader, SharedMemory, SqliteReader, SqliteStore, Store, StoreHalves, StoreRules,
};

fn on_disk(scratch: &Scratch, rules: StoreRules) -> Rig {
    let store = sqlite(scratch);
    let reader = store.reader();
    Rig::start(StoreHalves::new(store, reader), rules)
}

/// Somebody else's hold on a store; it ends with the value.
fn hold(scratch: &Scratch) -> Connection {
    let other = Connection::open(scratch.file()).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    other
}

/// The texts in the store once its threads have ended.
fn stored(rig: Rig, scratch: &Scratch) -> Vec<String> {
    drop(rig);
    texts(&mut sqlite(scratch), LOG, 0)
}

fn offset_of(answer: &Answer) -> Option<u64> {
    match &answer.1 {
        Ok(Written::Line { offsets, .. }) => offsets.first().copied(),
        _ => None,
    }
}

#[test]
fn answers_come_in_the_order_of_the_writes_and_many_share_a_commit() {
    let scratch = Scratch::new("order");
    let rig = on_disk(&scratch, StoreRules::default());
    rig.write_one(0, open_room()).unwrap();
    let count = 2 * STORE_COMMIT_WRITES_MAX as u64;
    for number in 0..count {
        rig.write(number, line(number, "a")).unwrap();
    }
    for (number, answer) in (0..).zip(rig.answers(count as usize)) {
        assert_eq!(answer.0, Ticket(number));
        assert_eq!(offset_of(&answer), Some(number));
    }
    let commits = rig.metrics.commit.count();
    assert!(commits < count / 8, "{commits} commits for {count} writes");
    assert_eq!(rig.metrics.writes_waiting.get(), 0);
}

#[test]
fn tasks_ask_by_waiting_and_several_writes_are_one_commit() {
    let memory = SharedMemory::default();
    let halves = StoreHalves::new(memory.clone(), memory);
    let rig = Rig::start(halves, StoreRules::default());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let written = rig.handle.ask_write(vec![open_room(), line(1, "a")]).await;
        assert!(matches!(written.unwrap()[1], Written::Line { .. }));
        let found = rig.handle.ask(Query::Desk(AccountId(1))).await.unwrap();
        assert!(matches!(found, Found::Desk { .. }));
    });
    assert!(
        rig.any_within(Duration::ZERO).is_empty(),
        "nobody waits by ticket"
    );
}

/// 10 s of somebody else's lock: what fits the queue waits, what does not is refused at once, and
/// nothing is lost.
#[test]
fn a_lock_of_ten_seconds_costs_time_only() {
    let scratch = Scratch::new("locked");
    let rig = on_disk(&scratch, StoreRules::default());
    rig.write_one(0, open_room()).unwrap();
    let other = hold(&scratch);
    let (mut taken, mut refused) = (0, 0);
    let began = rig.clock.now();
    for number in 0..STORE_WRITES_WAITING_MAX as u64 + 100 {
        match rig.write(number, line(number, "a")) {
            Ok(()) => taken += 1,
            Err(fault) => {
                assert_eq!(fault, StoreFault::Busy);
                refused += 1;
            }
        }
    }
    assert_eq!((taken, refused), (STORE_WRITES_WAITING_MAX, 100));
    let handed_over = rig.since(began);
    assert!(
        handed_over < Duration::from_secs(1),
        "whoever writes waited: {handed_over:?}"
    );
    let early = rig.any_within(Duration::from_secs(10));
    assert_eq!(early, [], "acked while the store was held");
    assert_eq!(rig.metrics.degraded(), Some(StoreFault::Busy));

    other.execute_batch("COMMIT").unwrap();
    for (number, answer) in (0..).zip(rig.answers(taken)) {
        assert_eq!(offset_of(&answer), Some(number), "{answer:?}");
    }
    assert_eq!(rig.metrics.degraded(), None);
    assert_eq!(stored(rig, &scratch).len(), taken);
}

/// Past the bound everything that waits is refused, nothing of it is there, and the store is back
/// by itself. With a bound this short, the ten seconds above would have been lost too.
#[test]
fn a_lock_past_the_bound_is_refused_and_nothing_is_acked() {
    let scratch = Scratch::new("held");
    let locked_time_max = Duration::from_secs(1);
    let rules = StoreRules {
        locked_time_max,
        ..StoreRules::default()
    };
    let rig = on_disk(&scratch, rules);
    rig.write_one(0, open_room()).unwrap();
    let other = hold(&scratch);
    let began = rig.clock.now();
    let count = STORE_WRITES_WAITING_MAX;
    for number in 0..count as u64 {
        rig.write(number, line(number, "a")).unwrap();
    }
    for answer in rig.answers(count) {
        assert_eq!(answer.1, Err(StoreFault::Busy));
    }
    let took = rig.since(began);
    assert!(
        took >= locked_time_max && took < 3 * locked_time_max,
        "{took:?}"
    );
    // Whoever comes now does not wait as long again.
    let began = rig.clock.now();
    assert_eq!(rig.write_one(1, line(1, "a")), Err(StoreFault::Busy));
    assert!(rig.since(began) < locked_time_max);
    assert_eq!(rig.metrics.degraded(), Some(StoreFault::Busy));

    other.execute_batch("COMMIT").unwrap();
    let recovery = rig.until_degraded(None);
    assert!(recovery < Duration::from_secs(2), "{recovery:?}");
    assert!(rig.write_one(2, line(1, "b")).is_ok());
    assert_eq!(stored(rig, &scratch), ["b"]);
}

/// Whoever reads is not held up by whoever holds the right to write.
#[test]
fn a_lock_does_not_hold_up_queries() {
    let scratch = Scratch::new("reads");
    let rig = on_disk(&scratch, StoreRules::default());
    rig.write_one(0, open_room()).unwrap();
    let other = hold(&scratch);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let found = runtime.block_on(rig.handle.ask(Query::Members(LOG)));
    assert_eq!(found, Ok(Found::Members(Vec::new())));
    other.execute_batch("COMMIT").unwrap();
}

/// A store whose file may grow to so many pages, as on a full disk.
struct Limited {
    store: SqliteStore,
    pages: Arc<AtomicU32>,
}

impl Store for Limited {
    fn commit(&mut self, now: Millis, writes: &[Write]) -> Result<Vec<Written>, StoreFault> {
        self.store.limit_pages(self.pages.load(Ordering::SeqCst));
        self.store.commit(now, writes)
    }

    fn find(&mut self, query: &Query) -> Result<Found, StoreFault> {
        Store::find(&mut self.store, query)
    }
}

/// Acks what did not fit.
struct Boastful(Limited);

impl Store for Boastful {
    fn commit(&mut self, now: Millis, writes: &[Write]) -> Result<Vec<Written>, StoreFault> {
        let written = self.0.commit(now, writes);
        let boast = |_: &Write| Written::Line {
            log: LOG,
            offsets: vec![0],
            at: now,
            known: false,
        };
        match written {
            Err(StoreFault::Full) => Ok(writes.iter().map(boast).collect()),
            written => written,
        }
    }

    fn find(&mut self, query: &Query) -> Result<Found, StoreFault> {
        self.0.find(query)
    }
}

/// A store with room for so many pages.
fn limited(scratch: &Scratch) -> (Limited, SqliteReader, Arc<AtomicU32>) {
    let (store, pages) = (sqlite(scratch), Arc::new(AtomicU32::new(u32::MAX)));
    let reader = store.reader();
    let limited = Limited {
        store,
        pages: Arc::clone(&pages),
    };
    (limited, reader, pages)
}

#[test]
fn a_full_disk_refuses_by_name_and_recovers_by_itself() {
    let scratch = Scratch::new("full");
    let (limited, reader, pages) = limited(&scratch);
    let rig = Rig::start(StoreHalves::new(limited, reader), StoreRules::default());
    rig.write_one(0, open_room()).unwrap();
    pages.store(120, Ordering::SeqCst);
    let text = "x".repeat(400);
    let mut acked = Vec::new();
    let mut number = 0;
    let fault = loop {
        number += 1;
        match rig.write_one(number, line(number, &text)) {
            Ok(_) => acked.push(text.clone()),
            Err(fault) => break fault,
        }
    };
    assert_eq!(fault, StoreFault::Full);
    assert!(acked.len() > 100, "it was full at once");
    // It is known by the time anybody is told.
    assert_eq!(rig.metrics.degraded(), Some(StoreFault::Full));
    assert_eq!(rig.write_one(0, line(number, &text)), Err(StoreFault::Full));

    pages.store(u32::MAX, Ordering::SeqCst);
    let recovery = rig.until_degraded(None);
    assert!(recovery < Duration::from_secs(2), "{recovery:?}");
    rig.write_one(0, line(number, &text)).unwrap();
    acked.push(text);
    assert_eq!(stored(rig, &scratch), acked);
}

/// The comparison above sees a store that acks what did not fit, and its health does not.
#[test]
fn acks_of_what_did_not_fit_are_found_to_be_lost() {
    let scratch = Scratch::new("boast");
    let (limited, reader, pages) = limited(&scratch);
    let halves = StoreHalves::new(Boastful(limited), reader);
    let rig = Rig::start(halves, StoreRules::default());
    rig.write_one(0, open_room()).unwrap();
    pages.store(120, Ordering::SeqCst);
    let text = "x".repeat(400);
    let mut acked = Vec::new();
    for number in 1..=1_000 {
        rig.write_one(number, line(number, &text)).unwrap();
        acked.push(text.clone());
    }
    assert_eq!(rig.metrics.degraded(), None);
    pages.store(u32::MAX, Ordering::SeqCst);
    let stored = stored(rig, &scratch);
    assert!(stored.len() < acked.len(), "it was never full");
}

/// Commits without anything beside them leave the log to grow until a commit carries it itself.
#[test]
fn the_log_is_carried_into_the_file_beside_the_commits() {
    for beside in [false, true] {
        let scratch = Scratch::new("backfill");
        let store = sqlite(&scratch);
        let (reader, backfill) = (store.reader(), store.backfill());
        let halves = StoreHalves::new(store, reader);
        let halves = match beside {
            true => halves.with_backfill(backfill),
            false => halves,
        };
        let rig = Rig::start(halves, StoreRules::default());
        rig.write_one(0, open_room()).unwrap();
        let size = || std::fs::metadata(scratch.file()).unwrap().len();
        let (before, began) = (size(), rig.clock.now());
        let mut number = 0;
        let grows = |number| match beside {
            true => size() == before && rig.since(began) < Duration::from_secs(60),
            false => number < 2 * u64::from(STORE_BACKFILL_COMMITS),
        };
        while grows(number) {
            number += 1;
            rig.write_one(number, line(number, &"x".repeat(400)))
                .unwrap();
        }
        assert_eq!(size() > before, beside, "after {number} commits");
    }
}

/// A store that fails, or panics, whenever one certain line is in a commit.
struct Poisoned {
    memory: SharedMemory,
    panics: bool,
}

impl Store for Poisoned {
    fn commit(&mut self, now: Millis, writes: &[Write]) -> Result<Vec<Written>, StoreFault> {
        let poison = |write: &Write| matches!(write, Write::Line(line) if line.text == "poison");
        if writes.iter().any(poison) {
            assert!(!self.panics, "a commit that panics");
            return Err(StoreFault::Failed);
        }
        self.memory.commit(now, writes)
    }

    fn find(&mut self, query: &Query) -> Result<Found, StoreFault> {
        Store::find(&mut self.memory, query)
    }
}

#[test]
fn one_write_that_fails_takes_no_other_with_it() {
    for panics in [false, true] {
        let memory = SharedMemory::default();
        let poisoned = Poisoned {
            memory: memory.clone(),
            panics,
        };
        let rig = Rig::start(StoreHalves::new(poisoned, memory), StoreRules::default());
        rig.write_one(0, open_room()).unwrap();
        for number in 0..50 {
            let text = if number == 20 { "poison" } else { "a" };
            rig.write(number, line(number, text)).unwrap();
        }
        for (number, answer) in (0..).zip(rig.answers(50)) {
            let (ticket, written) = answer;
            assert_eq!(ticket, Ticket(number));
            assert_eq!(written.is_err(), number == 20, "{number}: {written:?}");
        }
        rig.until_degraded(None);
    }
}

/// A store whose reader stands still until it is told otherwise.
struct Stuck(std::sync::mpsc::Receiver<()>);

impl Reader for Stuck {
    fn find(&mut self, _: &Query) -> Result<Found, StoreFault> {
        let _ = self.0.recv();
        Ok(Found::Members(Vec::new()))
    }
}

#[test]
fn queries_past_the_bound_are_refused_at_once() {
    let (go, stuck) = std::sync::mpsc::channel();
    let halves = StoreHalves::new(SharedMemory::default(), Stuck(stuck));
    let rig = Rig::start(halves, StoreRules::default());
    for number in 0..STORE_QUERIES_WAITING_MAX as u64 {
        let query = Query::Members(LOG);
        rig.handle.find(Ticket(number), query).unwrap();
    }
    let refused = rig.handle.find(Ticket(0), Query::Members(LOG));
    assert_eq!(refused, Err(StoreFault::Busy));
    assert_eq!(rig.metrics.busy.get(), 1);
    drop(go);
}
