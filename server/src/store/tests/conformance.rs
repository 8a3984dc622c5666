//! The store in memory and the one on the disk answer alike, whatever is asked of them.

use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::limits::REACTIONS_MAX;
use tickwire_shared::wire::{Role, Standing};

use super::random::Random;
use super::{LOG, Scratch, commit_one, line, open_room, sqlite, texts};
use crate::engine::storage::{
    Account, Found, LogKey, Membership, Millis, NewLine, Query, StoreFault, Write, Written,
};
use crate::limits::{STORE_KNOWN_TIME, STORE_PRUNE_LINES_MAX};
use crate::store::{MemoryStore, Store};

const NOW: Millis = Millis(1_000_000);

/// Runs a test on each store.
pub(super) fn on_each(test: impl Fn(&mut dyn Store)) {
    test(&mut MemoryStore::default());
    let scratch = Scratch::new("each");
    test(&mut sqlite(&scratch));
}

#[test]
fn both_stores_answer_alike() {
    let (mut known, mut taken, mut missing, mut more) = (0, 0, 0, 0);
    for seed in 0..12 {
        let scratch = Scratch::new("alike");
        let (mut memory, mut disk) = (MemoryStore::default(), sqlite(&scratch));
        let mut random = Random(seed);
        let mut now = NOW;
        for round in 0..150 {
            now.0 += random.below(1_000) * random.below(2);
            if random.below(50) == 0 {
                now.0 += 2 * STORE_KNOWN_TIME.as_millis() as u64;
            }
            let count = 1 + random.below(12);
            let writes: Vec<Write> = (0..count).map(|_| random.write(now)).collect();
            let (expected, found) = (memory.commit(now, &writes), disk.commit(now, &writes));
            assert_eq!(expected, found, "seed {seed} round {round}: {writes:#?}");
            for written in expected.into_iter().flatten() {
                known += u32::from(matches!(written, Written::Line { known: true, .. }));
                taken += u32::from(written == Written::Taken);
                missing += u32::from(written == Written::Missing);
                more += u32::from(matches!(written, Written::Line { known: false, .. }));
            }
            for query in random.queries(now) {
                let (expected, found) = (memory.find(&query), disk.find(&query));
                assert_eq!(expected, found, "seed {seed} round {round}: {query:?}");
            }
            if random.below(40) == 0 {
                disk = sqlite(&scratch);
            }
        }
    }
    for seen in [known, taken, missing, more] {
        assert!(
            seen > 100,
            "too little happened: {known} {taken} {missing} {more}"
        );
    }
}

#[test]
fn offsets_have_no_gap_and_a_line_is_stored_once() {
    on_each(|store| {
        let written = store.commit(
            NOW,
            &[open_room(), line(1, "a"), line(2, "b"), line(1, "a")],
        );
        let line_at = |offset, known| Written::Line {
            log: LOG,
            offsets: vec![offset],
            at: NOW,
            known,
        };
        let lines = &written.unwrap()[1..];
        assert_eq!(
            lines,
            [line_at(0, false), line_at(1, false), line_at(0, true)]
        );
        let later = Millis(NOW.0 + 5);
        assert_eq!(commit_one(store, later, line(2, "other")), line_at(1, true));
        assert_eq!(texts(store, LOG, 0), ["a", "b"]);
    });
}

#[test]
fn a_line_into_a_log_that_is_not_there_leaves_nothing_in_the_others() {
    on_each(|store| {
        commit_one(store, NOW, open_room());
        let halfway = |logs| {
            Write::Line(NewLine {
                logs,
                client_id: 5,
                ..NewLine::default()
            })
        };
        for logs in [vec![LOG, LogId(99)], vec![LogId(99), LOG], vec![]] {
            assert_eq!(commit_one(store, NOW, halfway(logs)), Written::Missing);
        }
        assert_eq!(texts(store, LOG, 0), [""; 0]);
        let stored = commit_one(store, NOW, halfway(vec![LOG]));
        assert!(matches!(stored, Written::Line { known: false, .. }));
    });
}

#[test]
fn marks_only_rise_and_never_pass_the_end() {
    on_each(|store| {
        let mark = |delivered, read| Write::Mark {
            log: LOG,
            account: AccountId(1),
            delivered,
            read,
        };
        let writes = [
            open_room(),
            line(1, "a"),
            line(2, "b"),
            mark(9, 1),
            mark(0, 0),
        ];
        store.commit(NOW, &writes).unwrap();
        let Ok(Found::Members(members)) = store.find(&Query::Members(LOG)) else {
            panic!("members");
        };
        let [member] = members.as_slice() else {
            panic!("one member: {members:?}");
        };
        assert_eq!((member.delivered, member.read), (2, 1));
        assert_eq!((member.since, member.until), (0, u64::MAX));

        let left = Membership {
            standing: Standing::Left,
            since: 1,
            until: 2,
            read: 0,
            ..member.clone()
        };
        let write = Write::Member {
            log: LOG,
            member: left.clone(),
        };
        commit_one(store, NOW, write);
        let expected = Membership { read: 1, ..left };
        assert_eq!(
            store.find(&Query::Members(LOG)),
            Ok(Found::Members(vec![expected.clone()]))
        );
        let Ok(Found::Desk { logs, .. }) = store.find(&Query::Desk(AccountId(1))) else {
            panic!("a desk");
        };
        assert_eq!(logs[0].1, expected, "who has left still finds the log");
    });
}

#[test]
fn whoever_comes_in_reads_what_is_stored_after_that() {
    on_each(|store| {
        let member = |log, standing, since| Write::Member {
            log,
            member: Membership {
                account: AccountId(1),
                name: String::new(),
                standing,
                since,
                until: u64::MAX,
                delivered: 0,
                read: 0,
            },
        };
        let open = |log, key| Write::Open {
            key,
            log,
            epoch: 1,
            name: String::new(),
        };
        let (group, whisper) = (LogId(70), LogId(71));
        store
            .commit(
                NOW,
                &[
                    open(group, LogKey::Group(group)),
                    open(whisper, LogKey::Whisper(AccountId(1), AccountId(2))),
                ],
            )
            .unwrap();
        for id in 1..=2 {
            let said = NewLine {
                from: AccountId(2),
                client_id: id,
                logs: vec![group, whisper],
                ..NewLine::default()
            };
            commit_one(store, NOW, Write::Line(said));
        }
        let mut since = |log, standing, since| {
            let written = commit_one(store, NOW, member(log, standing, since));
            let Ok(Found::Members(members)) = store.find(&Query::Members(log)) else {
                panic!("members");
            };
            let since = members[0].since;
            assert_eq!(written, Written::Member { since }, "it tells what it has");
            since
        };
        assert_eq!(since(group, Standing::Invited, 1), 1);
        assert_eq!(since(group, Standing::Member, 1), 2, "one was on its way");
        assert_eq!(since(group, Standing::Owner, 1), 2, "asked before it came");
        assert_eq!(since(group, Standing::Left, 1), 1);
        assert_eq!(since(group, Standing::Member, 9), 9);
        assert_eq!(since(whisper, Standing::Member, 0), 0);
    });
}

#[test]
fn what_must_be_unique_is_taken_once() {
    on_each(|store| {
        let account = |number, skeleton: &str, subject: &str| {
            Write::Register(Account {
                account: AccountId(number),
                name: "Ann".to_owned(),
                skeleton: skeleton.to_owned(),
                role: Role::Player,
                password: String::new(),
                subject: subject.to_owned(),
            })
        };
        let token = Write::UseToken {
            id: "issuer 1".to_owned(),
            until: NOW,
        };
        let key = |number| Write::Key {
            digest: [1; 32],
            account: AccountId(number),
            room: Some("duel".to_owned()),
            until: Millis(NOW.0 + 1),
        };
        for (write, expected) in [
            (account(1, "ann", ""), Written::Done),
            (account(1, "bob", ""), Written::Taken),
            (account(2, "ann", ""), Written::Taken),
            (account(2, "bob", "i b"), Written::Done),
            (account(3, "cid", "i b"), Written::Taken),
            (account(3, "cid", ""), Written::Done),
            (token.clone(), Written::Done),
            (token, Written::Taken),
            (key(1), Written::Done),
            (key(2), Written::Taken),
            (key(4), Written::Missing),
            (Write::Role(AccountId(4), Role::Admin), Written::Missing),
        ] {
            assert_eq!(commit_one(store, NOW, write.clone()), expected, "{write:?}");
        }
        let found = |found| match found {
            Ok(Found::Key(Some(owner))) => owner.room.as_deref() == Some("duel"),
            _ => false,
        };
        assert!(found(store.find(&Query::Key([1; 32], NOW))));
        assert!(!found(store.find(&Query::Key([1; 32], Millis(NOW.0 + 1)))));
        let prolong = |number| Write::ProlongKey {
            digest: [1; 32],
            account: AccountId(number),
            until: Millis(NOW.0 + 2),
        };
        assert_eq!(commit_one(store, NOW, prolong(2)), Written::Missing);
        assert_eq!(commit_one(store, NOW, prolong(1)), Written::Done);
        assert!(found(store.find(&Query::Key([1; 32], Millis(NOW.0 + 1)))));
        commit_one(store, NOW, Write::DropKeys(AccountId(1)));
        assert_eq!(commit_one(store, NOW, prolong(1)), Written::Missing);
        assert!(!found(store.find(&Query::Key([1; 32], NOW))));
    });
}

#[test]
fn a_line_has_so_many_signs_and_no_more() {
    on_each(|store| {
        store.commit(NOW, &[open_room(), line(1, "a")]).unwrap();
        let react = |sign: usize, account, on| Write::React {
            log: LOG,
            offset: 0,
            account: AccountId(account),
            sign: format!("s{sign}"),
            on,
        };
        let signs = |written| match written {
            Written::Reactions(signs) => signs.len(),
            other => panic!("{other:?}"),
        };
        for sign in 0..REACTIONS_MAX {
            assert_eq!(
                signs(commit_one(store, NOW, react(sign, 1, true))),
                sign + 1
            );
        }
        let full = REACTIONS_MAX;
        assert_eq!(signs(commit_one(store, NOW, react(full, 1, true))), full);
        let Written::Reactions(all) = commit_one(store, NOW, react(0, 2, true)) else {
            panic!("reactions");
        };
        assert_eq!(all[0].1, [AccountId(1), AccountId(2)]);
        assert_eq!(signs(commit_one(store, NOW, react(1, 1, false))), full - 1);
    });
}

#[test]
fn forgetting_goes_on_until_all_that_is_old_is_gone() {
    on_each(|store| {
        commit_one(store, NOW, open_room());
        let count = STORE_PRUNE_LINES_MAX as u64 + 10;
        let lines: Vec<Write> = (0..count).map(|number| line(number, "old")).collect();
        store.commit(NOW, &lines).unwrap();
        let prune = Write::Prune {
            lines_max: 4,
            before: Millis(0),
        };
        let pruned = |store: &mut dyn Store| commit_one(store, NOW, prune.clone());
        assert_eq!(pruned(store), Written::Pruned { more: true });
        assert_eq!(pruned(store), Written::Pruned { more: false });
        assert_eq!(texts(store, LOG, count - 4).len(), 4);
        let Written::Log(head) = commit_one(store, NOW, open_room()) else {
            panic!("a log");
        };
        assert_eq!((head.first, head.next), (count - 4, count));
        // It is forgotten as a line, and still known when it comes again.
        let again = commit_one(store, NOW, line(0, "old"));
        assert!(
            matches!(again, Written::Line { known: true, .. }),
            "{again:?}"
        );
        let later = Millis(NOW.0 + STORE_KNOWN_TIME.as_millis() as u64 + 1);
        commit_one(store, later, prune.clone());
        let again = commit_one(store, later, line(0, "old"));
        assert!(
            matches!(again, Written::Line { known: false, .. }),
            "{again:?}"
        );
    });
}

#[test]
fn logs_that_ended_are_dropped_and_others_are_not() {
    on_each(|store| {
        let open = |key, number| Write::Open {
            key,
            log: LogId(number),
            epoch: number as u32,
            name: String::new(),
        };
        let whisper = LogKey::Whisper(AccountId(1), AccountId(2));
        let near = LogKey::Near("arena".to_owned(), AccountId(1));
        let group = LogKey::Group(LogId(3));
        let writes = [
            open(whisper.clone(), 1),
            open(near.clone(), 2),
            open(group.clone(), 3),
            open_room(),
            Write::Mark {
                log: LogId(3),
                account: AccountId(1),
                delivered: 0,
                read: 0,
            },
            Write::Line(NewLine {
                logs: vec![LogId(1)],
                ..NewLine::default()
            }),
            Write::Prune {
                lines_max: 10,
                before: NOW,
            },
        ];
        store.commit(Millis(NOW.0 - 1), &writes[..6]).unwrap();
        commit_one(store, NOW, writes[6].clone());
        // The line of the whisper was old, so that all but the group are gone.
        for (key, epoch) in [(whisper, 91), (near, 92), (group, 3)] {
            let Written::Log(head) = commit_one(store, NOW, open(key, 90 + u64::from(epoch)))
            else {
                panic!("a log");
            };
            let expected = if epoch == 3 { 3 } else { 90 + epoch };
            assert_eq!(head.epoch, expected, "{head:?}");
        }
    });
}

#[test]
fn a_commit_that_fails_leaves_nothing() {
    let scratch = Scratch::new("whole");
    let mut store = sqlite(&scratch);
    store.commit(NOW, &[open_room(), line(1, "a")]).unwrap();
    store.limit_pages(1);
    let big = "x".repeat(500);
    let lines: Vec<Write> = (2..900).map(|number| line(number, &big)).collect();
    assert_eq!(store.commit(NOW, &lines), Err(StoreFault::Full));
    assert_eq!(store.commit(NOW, &[]), Err(StoreFault::Full));
    assert_eq!(texts(&mut store, LOG, 0), ["a"]);
    store.limit_pages(u32::MAX);
    assert_eq!(store.commit(NOW, &[]), Ok(Vec::new()));
    store.commit(NOW, &lines).unwrap();
    assert_eq!(texts(&mut store, LOG, 0).len(), 899);
}
