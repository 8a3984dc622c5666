//! Several writes in one: all of them are stored, or none after the first that is refused.

use tickwire_shared::id::{AccountId, LogId};

use super::commit_one;
use super::conformance::on_each;
use crate::engine::storage::{Found, Millis, Query, Write, Written};

const NOW: Millis = Millis(1_000_000);

#[test]
fn several_in_one_are_stored_up_to_the_first_that_is_refused() {
    on_each(|store| {
        let audit = |what: &str| Write::Audit {
            by: AccountId(1),
            what: what.to_owned(),
        };
        let slow = Write::Slow {
            log: LogId(99),
            seconds: 5,
        };
        let both = Write::All(vec![audit("a"), audit("b")]);
        assert_eq!(commit_one(store, NOW, both), Written::Done);
        let refused = Write::All(vec![slow, audit("c")]);
        assert_eq!(commit_one(store, NOW, refused), Written::Missing);
        let found = store.find(&Query::Audit {
            below: u64::MAX,
            count: 10,
        });
        assert!(matches!(found, Ok(Found::Texts(texts)) if texts.len() == 2));
    });
}
