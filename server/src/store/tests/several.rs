//! Several writes in one: all of them are stored, or none after the first that is refused.

use tickwire_shared::id::{AccountId, LogId};

use super::conformance::on_each;
use super::{LOG, commit_one, line, open_room, texts};
use crate::engine::storage::{Found, Millis, Query, Write, Written};
use crate::store::Store;

const NOW: Millis = Millis(1_000_000);

fn audit(what: &str) -> Write {
    Write::Audit {
        by: AccountId(1),
        what: what.to_owned(),
    }
}

/// How many entries the audit log has.
fn entries(store: &mut dyn Store) -> usize {
    let newest = Query::Audit {
        below: u64::MAX,
        count: 10,
    };
    match store.find(&newest) {
        Ok(Found::Texts(texts)) => texts.len(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_line_is_stored_with_its_entry_in_the_audit_log_once_or_neither_is() {
    on_each(|store| {
        let said = || Write::All(vec![line(1, "hello"), audit("said hello")]);
        assert_eq!(commit_one(store, NOW, said()), Written::Missing, "no log");
        assert_eq!(entries(store), 0);
        commit_one(store, NOW, open_room());
        for known in [false, true] {
            let answer = Written::Line {
                log: LOG,
                offsets: vec![0],
                at: NOW,
                known,
            };
            assert_eq!(commit_one(store, NOW, said()), answer);
            assert_eq!(entries(store), 1);
        }
        assert_eq!(texts(store, LOG, 0), ["hello"]);
    });
}

#[test]
fn several_in_one_are_stored_up_to_the_first_that_is_refused() {
    on_each(|store| {
        let slow = Write::Slow {
            log: LogId(99),
            seconds: 5,
        };
        let both = Write::All(vec![audit("a"), audit("b")]);
        assert_eq!(commit_one(store, NOW, both), Written::Done);
        let refused = Write::All(vec![slow, audit("c")]);
        assert_eq!(commit_one(store, NOW, refused), Written::Missing);
        assert_eq!(entries(store), 2);
    });
}
