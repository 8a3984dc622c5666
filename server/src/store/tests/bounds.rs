//! How much of one account, and of one line, is kept.

use tickwire_shared::id::AccountId;
use tickwire_shared::wire::Role;

use super::conformance::on_each;
use super::{LOG, commit_one, line, open_room};
use crate::engine::storage::{Account, Found, Millis, Query, Write, Written};
use crate::limits::{KEYS_PER_ACCOUNT_MAX, STORE_REACTIONS_PER_LINE_MAX};
use crate::store::Store;

const NOW: Millis = Millis(1_000_000);
const ANN: AccountId = AccountId(1);

pub fn register(account: AccountId, name: &str) -> Write {
    Write::Register(Account {
        account,
        name: name.to_owned(),
        skeleton: name.to_owned(),
        role: Role::Player,
        password: String::new(),
        subject: String::new(),
    })
}

fn key(number: u8, account: AccountId, until: u64) -> Write {
    Write::Key {
        digest: [number; 32],
        account,
        room: None,
        until: Millis(until),
    }
}

fn is_good(store: &mut dyn Store, number: u8) -> bool {
    match store.find(&Query::Key([number; 32], NOW)) {
        Ok(Found::Key(owner)) => owner.is_some(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_account_has_so_many_keys_and_those_that_end_first_go() {
    on_each(|store| {
        let most = KEYS_PER_ACCOUNT_MAX as u8;
        let others = [register(ANN, "ann"), register(AccountId(2), "bob")];
        store.commit(NOW, &others).expect("stored");
        commit_one(store, NOW, key(255, AccountId(2), NOW.0 + 1));
        for number in 0..most {
            // The later one was made the sooner it ends.
            let until = NOW.0 + 1_000 - u64::from(number);
            assert_eq!(
                commit_one(store, NOW, key(number, ANN, until)),
                Written::Done
            );
        }
        assert!((0..most).all(|number| is_good(store, number)));
        // One that is made to last longer is none more.
        commit_one(store, NOW, key(most - 1, ANN, NOW.0 + 2_000));
        assert!((0..most).all(|number| is_good(store, number)));
        commit_one(store, NOW, key(most, ANN, NOW.0 + 1));
        assert!(is_good(store, most), "the new one, though it ends first");
        let gone = (0..most).filter(|number| !is_good(store, *number));
        assert_eq!(gone.collect::<Vec<_>>(), [most - 2]);
        assert!(is_good(store, 255), "somebody else's");
    });
}

#[test]
fn a_line_has_so_many_reactions_and_no_more() {
    on_each(|store| {
        store
            .commit(NOW, &[open_room(), line(1, "a")])
            .expect("stored");
        let react = |account, on| Write::React {
            log: LOG,
            offset: 0,
            account: AccountId(account),
            sign: "+".to_owned(),
            on,
        };
        let count = |written| match written {
            Written::Reactions(signs) => signs.iter().map(|(_, who)| who.len()).sum::<usize>(),
            other => panic!("{other:?}"),
        };
        let most = STORE_REACTIONS_PER_LINE_MAX;
        let many: Vec<Write> = (1..=most as u64).map(|who| react(who, true)).collect();
        store.commit(NOW, &many).expect("stored");
        assert_eq!(count(commit_one(store, NOW, react(0, true))), most);
        assert_eq!(
            count(commit_one(store, NOW, react(7, true))),
            most,
            "it is there"
        );
        assert_eq!(count(commit_one(store, NOW, react(7, false))), most - 1);
        assert_eq!(
            count(commit_one(store, NOW, react(0, true))),
            most,
            "a place is free"
        );
    });
}

#[test]
fn an_account_reports_a_line_once() {
    on_each(|store| {
        let lines = [open_room(), line(1, "a"), line(2, "b")];
        store.commit(NOW, &lines).expect("stored");
        let report = |by, offset| Write::Report {
            by: AccountId(by),
            log: LOG,
            offset,
            why: "rude".to_owned(),
        };
        for (by, offset) in [(1, 0), (1, 0), (2, 0), (1, 1), (2, 0), (1, 0)] {
            assert_eq!(commit_one(store, NOW, report(by, offset)), Written::Done);
        }
        let (below, count) = (u64::MAX, 10);
        match store.find(&Query::Reports { below, count }) {
            Ok(Found::Texts(texts)) => assert_eq!(texts.len(), 3, "{texts:?}"),
            other => panic!("{other:?}"),
        }
    });
}
