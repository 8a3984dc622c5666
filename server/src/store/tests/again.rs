//! A line that comes again: the store knows where it is.

use tickwire_shared::id::{AccountId, LogId};

use super::conformance::on_each;
use super::{LOG, commit_one, line, open_room};
use crate::engine::storage::{Found, LogKey, Millis, NewLine, Query, Write, Written};
use crate::store::Store;

const NOW: Millis = Millis(1_000_000);

#[test]
fn a_line_is_found_where_it_was_stored_first() {
    on_each(|store| {
        let (author, other) = (AccountId(1), LogId(99));
        let open = Write::Open {
            key: LogKey::Server,
            log: other,
            epoch: 1,
            name: String::new(),
        };
        store
            .commit(NOW, &[open_room(), open, line(5, "x")])
            .unwrap();
        let said = |logs| {
            Write::Line(NewLine {
                logs,
                from: author,
                client_id: 7,
                ..NewLine::default()
            })
        };
        let place = |store: &mut dyn Store, id| store.find(&Query::Stored(author, id));
        assert_eq!(place(store, 7), Ok(Found::Stored(None)));
        commit_one(store, NOW, said(vec![LOG, other]));
        let at = commit_one(store, NOW, said(vec![other]));
        let expected = Written::Line {
            log: LOG,
            offsets: vec![1, 0],
            at: NOW,
            known: true,
        };
        assert_eq!(at, expected);
        assert_eq!(place(store, 7), Ok(Found::Stored(Some((LOG, 1)))));
        assert_eq!(place(store, 8), Ok(Found::Stored(None)));
        let prune = Write::Prune {
            lines_max: 0,
            before: Millis(0),
        };
        commit_one(store, NOW, prune);
        let gone = place(store, 7);
        assert_eq!(gone, Ok(Found::Stored(Some((LOG, 1)))), "still known");
    });
}
