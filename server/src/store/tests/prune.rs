//! How much is forgotten at a time, and which logs end.

use tickwire_shared::id::{AccountId, LogId};

use super::conformance::on_each;
use super::{LOG, Scratch, commit_one, open_room, sqlite};
use crate::engine::storage::{LogKey, Millis, NewLine, Write, Written};
use crate::limits::{STORE_PRUNE_LINES_MAX, STORE_PRUNE_LOGS_MAX};
use crate::store::Store;

const NOW: Millis = Millis(1_000_000_000);

/// Everything that was there before is too old.
const LATER: Millis = Millis(NOW.0 + 1);

/// More than goes at a time.
const MANY: u64 = STORE_PRUNE_LINES_MAX as u64 + STORE_PRUNE_LINES_MAX as u64 / 4;

fn open(key: LogKey, log: u64) -> Write {
    let name = String::new();
    Write::Open {
        key,
        log: LogId(log),
        epoch: 1,
        name,
    }
}

fn said(log: u64) -> Write {
    Write::Line(NewLine {
        logs: vec![LogId(log)],
        from: AccountId(1),
        client_id: log,
        ..NewLine::default()
    })
}

fn mark(log: LogId, account: u64) -> Write {
    Write::Mark {
        log,
        account: AccountId(account),
        delivered: 0,
        read: 0,
    }
}

/// One turn; whether there is more.
fn prune(store: &mut dyn Store, before: Millis) -> bool {
    let lines_max = u64::MAX;
    match commit_one(store, LATER, Write::Prune { lines_max, before }) {
        Written::Pruned { more } => more,
        other => panic!("{other:?}"),
    }
}

/// Turns until nothing is left to forget.
fn turns(store: &mut dyn Store) -> usize {
    1 + (0..100).take_while(|_| prune(store, LATER)).count()
}

/// Whether the log of a key is the one that was made first.
fn stands(store: &mut dyn Store, key: LogKey, log: u64) -> bool {
    match commit_one(store, NOW, open(key, log + 1_000)) {
        Written::Log(head) => head.log == LogId(log),
        other => panic!("{other:?}"),
    }
}

fn room(number: u64) -> LogKey {
    LogKey::Room(format!("room{number}"))
}

/// Old lines in many rooms, a room with many marks, and many used tokens.
fn much() -> [Vec<Write>; 3] {
    let rooms = (1..=MANY).flat_map(|number| [open(room(number), number), said(number)]);
    let marks = (1..=MANY).map(|account| mark(LOG, account));
    let until = NOW;
    let tokens = (1..=MANY).map(|number| Write::UseToken {
        id: number.to_string(),
        until,
    });
    let crowd = std::iter::once(open_room()).chain(marks);
    [rooms.collect(), crowd.collect(), tokens.collect()]
}

#[test]
fn no_turn_forgets_more_than_the_bound_and_all_goes_in_the_end() {
    for (what, expected) in much().iter().zip([3, 2, 2]) {
        on_each(|store| {
            store.commit(NOW, what).expect("stored");
            assert_eq!(turns(store), expected);
        });
    }
}

#[test]
fn no_turn_changes_more_rows_than_so_many_for_each_that_goes() {
    // A line goes from its log and its message.
    for (what, each) in much().into_iter().zip([3, 1, 1]) {
        let scratch = Scratch::new("turns");
        let mut store = sqlite(&scratch);
        store.commit(NOW, &what).expect("stored");
        let mut more = true;
        while more {
            let before = store.rows_changed();
            more = prune(&mut store, LATER);
            let changed = store.rows_changed() - before;
            // One more says where the turn got to.
            assert!(
                changed <= each * STORE_PRUNE_LINES_MAX + 1,
                "{changed} rows"
            );
        }
    }
}

#[test]
fn a_turn_looks_at_so_many_logs_and_the_next_goes_on_there() {
    on_each(|store| {
        let last = STORE_PRUNE_LOGS_MAX as u64 + 1;
        let rooms = (1..=last).map(|number| open(room(number), number));
        store
            .commit(LATER, &rooms.collect::<Vec<_>>())
            .expect("stored");
        // The last of them alone has something old.
        store.commit(NOW, &[said(last)]).expect("stored");
        assert!(prune(store, LATER), "the last was looked at as well");
        assert!(!prune(store, LATER));
        let Written::Log(head) = commit_one(store, NOW, open(room(last), last + 1)) else {
            panic!("a log");
        };
        assert_ne!(
            (head.log, head.first),
            (LogId(last), 0),
            "its line is still there"
        );
    });
}

#[test]
fn rooms_and_teams_without_a_line_that_nobody_came_to_are_dropped() {
    on_each(|store| {
        let team = |number| LogKey::Team(format!("team{number}"), 1);
        let writes = [
            open(room(1), 1),
            open(team(2), 2),
            mark(LogId(2), 7),
            open(room(3), 3),
            open(LogKey::Server, 4),
        ];
        store.commit(NOW, &writes).expect("stored");
        let fresh = [open(room(5), 5), open(team(6), 6)];
        store.commit(LATER, &fresh).expect("stored");
        store.commit(LATER, &[said(3)]).expect("stored");
        assert!(!prune(store, LATER));
        assert!(!stands(store, room(1), 1), "a room that nobody came to");
        assert!(!stands(store, team(2), 2), "whose marks go with it");
        assert!(stands(store, room(3), 3), "it has a line");
        assert!(
            stands(store, LogKey::Server, 4),
            "announcements are for ever"
        );
        assert!(stands(store, room(5), 5), "of use since");
        assert!(stands(store, team(6), 6));
    });
}
