//! What is kept of guests, and for how long; and how much is found of one account.

use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::wire::Standing;

use super::bounds::register;
use super::conformance::on_each;
use super::{LOG, commit_one, line, open_room};
use crate::engine::storage::{Found, LogKey, Membership, Millis, NewLine, Query, Write, Written};
use crate::limits::STORE_FOUND_MAX;
use crate::store::Store;

const GUEST: AccountId = AccountId(AccountId::GUEST | 7);
const ANN: AccountId = AccountId(1);
const GROUP: LogId = LogId(70);
const WHISPER: LogId = LogId(71);

/// A day and a month, in milliseconds.
const DAY: u64 = 24 * 3_600 * 1_000;
const MONTH: u64 = 30 * DAY;

fn open(log: LogId, key: LogKey) -> Write {
    let name = String::new();
    Write::Open {
        key,
        log,
        epoch: 1,
        name,
    }
}

fn member(log: LogId, account: AccountId, standing: Standing) -> Write {
    let member = Membership {
        account,
        name: String::new(),
        standing,
        since: 0,
        until: u64::MAX,
        delivered: 0,
        read: 0,
    };
    Write::Member { log, member }
}

fn mark(account: AccountId) -> Write {
    let (delivered, read) = (1, 1);
    Write::Mark {
        log: LOG,
        account,
        delivered,
        read,
    }
}

/// What of an account is found: its logs, whom it blocks, and whom it follows.
fn kept(store: &mut dyn Store, account: AccountId) -> (Vec<LogId>, usize, usize) {
    match store.find(&Query::Desk(account)) {
        Ok(Found::Desk {
            logs,
            blocked,
            followed,
            ..
        }) => {
            // They come in the order of their use.
            let mut logs: Vec<LogId> = logs.into_iter().map(|(head, _)| head.log).collect();
            logs.sort();
            (logs, blocked.len(), followed.len())
        }
        other => panic!("{other:?}"),
    }
}

fn prune(store: &mut dyn Store, now: u64) {
    let before = Millis(now - MONTH);
    let prune = Write::Prune {
        lines_max: 9,
        before,
    };
    let pruned = commit_one(store, Millis(now), prune);
    assert_eq!(pruned, Written::Pruned { more: false });
}

#[test]
fn what_guests_leave_behind_goes_and_what_is_of_use_stays() {
    on_each(|store| {
        let pair = |account| {
            let (other, on) = (AccountId(2), true);
            let name = || "Bob".to_owned();
            [
                Write::Block {
                    account,
                    other,
                    name: name(),
                    on,
                },
                Write::Follow {
                    account,
                    other,
                    name: name(),
                    on,
                },
            ]
        };
        let mut writes = vec![
            open_room(),
            line(1, "a"),
            open(GROUP, LogKey::Group(GROUP)),
            open(WHISPER, LogKey::Whisper(ANN, GUEST)),
        ];
        for account in [ANN, GUEST] {
            writes.push(mark(account));
            writes.push(member(GROUP, account, Standing::Member));
            writes.push(member(WHISPER, account, Standing::Member));
            writes.extend(pair(account));
        }
        store.commit(Millis(DAY), &writes).expect("stored");
        let all = vec![LOG, GROUP, WHISPER];
        let said = |id| {
            let logs = vec![WHISPER];
            Write::Line(NewLine {
                logs,
                from: ANN,
                client_id: id,
                ..NewLine::default()
            })
        };

        // The guest was there a day ago, nobody opened the group, and a whisper waits.
        let now = MONTH + 20 * DAY;
        store
            .commit(Millis(now - DAY), &[mark(GUEST), said(7), line(9, "c")])
            .expect("stored");
        prune(store, now);
        assert_eq!(kept(store, GUEST), (vec![LOG, WHISPER], 1, 1));
        assert_eq!(kept(store, ANN), (all.clone(), 1, 1), "accounts are kept");

        // It never comes again.
        let now = now + MONTH;
        store
            .commit(Millis(now), &[said(8), open_room(), line(2, "b")])
            .expect("stored");
        prune(store, now);
        assert_eq!(kept(store, GUEST), (vec![WHISPER], 0, 0));
        assert_eq!(kept(store, ANN), (all, 1, 1));
    });
}

/// A guest's name is another's once they are gone; an account's may have been changed.
#[test]
fn a_neighbour_is_called_as_its_account_is_or_as_it_was_then() {
    on_each(|store| {
        let on = true;
        let (account, name) = (ANN, "as it was".to_owned());
        let writes = [GUEST, AccountId(2)].map(|other| {
            let name = name.clone();
            Write::Block {
                account,
                other,
                name,
                on,
            }
        });
        store.commit(Millis(DAY), &writes).expect("stored");
        let follow = Write::Follow {
            account,
            other: AccountId(2),
            name: name.clone(),
            on,
        };
        commit_one(store, Millis(DAY), follow);
        commit_one(store, Millis(DAY), register(AccountId(2), "Bob"));
        let Ok(Found::Desk {
            blocked, followed, ..
        }) = store.find(&Query::Desk(ANN))
        else {
            panic!("of an account");
        };
        assert_eq!(blocked, [(AccountId(2), "Bob".to_owned()), (GUEST, name)]);
        assert_eq!(followed, [(AccountId(2), "Bob".to_owned())]);
    });
}

#[test]
fn of_very_many_logs_those_that_matter_are_found() {
    on_each(|store| {
        let first = 1_000;
        let many = STORE_FOUND_MAX as u64 + 50;
        for number in first..first + many {
            let log = LogId(number);
            let writes = [
                open(log, LogKey::Room(number.to_string())),
                Write::Mark {
                    log,
                    account: ANN,
                    delivered: 0,
                    read: 0,
                },
            ];
            store.commit(Millis(number), &writes).expect("stored");
        }
        let writes = [
            open(GROUP, LogKey::Group(GROUP)),
            member(GROUP, ANN, Standing::Member),
        ];
        store.commit(Millis(1), &writes).expect("stored");
        let (logs, ..) = kept(store, ANN);
        assert_eq!(logs.len(), STORE_FOUND_MAX);
        assert!(logs.contains(&GROUP), "what it is in");
        let oldest = logs.iter().filter(|&&log| log != GROUP).min();
        assert_eq!(oldest, Some(&LogId(first + 51)), "then what was used last");
    });
}
