//! Files of other versions and of other programs.

use std::fs;

use rusqlite::Connection;
use tickwire_shared::id::AccountId;

use super::{LOG, Scratch, line, open_room, sqlite, texts};
use crate::engine::storage::{Found, Millis, NewLine, Query, Write, Written};
use crate::store::{SqliteStore, Store};

#[test]
fn a_store_is_found_again_as_it_was() {
    let scratch = Scratch::new("again");
    let mut store = sqlite(&scratch);
    store
        .commit(Millis(1), &[open_room(), line(1, "a")])
        .unwrap();
    drop(store);
    let mut store = sqlite(&scratch);
    assert_eq!(texts(&mut store, LOG, 0), ["a"]);
}

/// Rows of a file of the first version count as used when it is opened.
#[test]
fn an_older_store_is_brought_up_to_date() {
    let scratch = Scratch::new("older");
    let older = of_version(&scratch, &[include_str!("../sqlite/schema/1.sql")]);
    older
        .execute_batch(
            "INSERT INTO blocked (account, other) VALUES (-5, 1);
             INSERT INTO messages
                 (author, client_id, at, tick, role, manner, kept, name, text, offsets)
             VALUES (1, 4, 1700000000000, 0, 0, 0, 1, 'Ann', 'hi', x'0300000000000000')",
        )
        .unwrap();
    drop(older);
    let mut store = sqlite(&scratch);
    let prune = Write::Prune {
        lines_max: 9,
        before: Millis(1_700_000_000_000),
    };
    store.commit(Millis(1_700_000_000_000), &[prune]).unwrap();
    let guest = AccountId(u64::MAX - 4);
    match store.find(&Query::Desk(guest)) {
        Ok(Found::Desk { blocked, .. }) => assert_eq!(blocked, [(AccountId(1), String::new())]),
        other => panic!("{other:?}"),
    }
    // Where such a line is is not known, and that it is stored is.
    let place = store.find(&Query::Stored(AccountId(1), 4));
    assert_eq!(place, Ok(Found::Stored(None)));
    let again = Write::Line(NewLine {
        logs: vec![LOG],
        from: AccountId(1),
        client_id: 4,
        ..NewLine::default()
    });
    let written = store.commit(Millis(1_700_000_000_000), &[again]).unwrap();
    let known = Written::Line {
        log: LOG,
        offsets: vec![3],
        at: Millis(1_700_000_000_000),
        known: true,
    };
    assert_eq!(written, [known]);
}

/// A file as the migrations up to this version leave it.
fn of_version(scratch: &Scratch, migrations: &[&str]) -> Connection {
    let older = Connection::open(scratch.file()).unwrap();
    migrations
        .iter()
        .for_each(|sql| older.execute_batch(sql).unwrap());
    let version = i32::try_from(migrations.len()).unwrap();
    older.pragma_update(None, "user_version", version).unwrap();
    older
        .pragma_update(None, "application_id", 0x5469_636B)
        .unwrap();
    older
}

/// A key from before would open all rooms: a player's goes, a bot's is meant to.
#[test]
fn keys_of_players_from_before_open_nothing() {
    let scratch = Scratch::new("keys");
    let older = of_version(
        &scratch,
        &[
            include_str!("../sqlite/schema/1.sql"),
            include_str!("../sqlite/schema/2.sql"),
            include_str!("../sqlite/schema/3.sql"),
            include_str!("../sqlite/schema/4.sql"),
        ],
    );
    for (number, password, subject) in [(1, "hash", ""), (2, "", "issuer\nann"), (3, "", "")] {
        older
            .execute(
                "INSERT INTO accounts (account, made, role, name, skeleton, password, subject)
                 VALUES (?1, 0, 0, ?1, ?1, ?2, ?3)",
                (number, password, subject),
            )
            .unwrap();
        older
            .execute(
                "INSERT INTO keys (digest, account, until) VALUES (?1, ?2, 9)",
                ([number; 32], number),
            )
            .unwrap();
    }
    drop(older);
    let mut store = sqlite(&scratch);
    let mut is_good = |number| match store.find(&Query::Key([number; 32], Millis(1))) {
        Ok(Found::Key(owner)) => owner.is_some(),
        other => panic!("{other:?}"),
    };
    assert_eq!([1, 2, 3].map(&mut is_good), [false, false, true]);
}

#[test]
fn a_newer_store_is_left_alone() {
    let scratch = Scratch::new("newer");
    drop(sqlite(&scratch));
    let other = Connection::open(scratch.file()).unwrap();
    other.pragma_update(None, "user_version", 99).unwrap();
    drop(other);
    let before = fs::read(scratch.file()).unwrap();
    let told = SqliteStore::open(&scratch.file()).err().unwrap();
    assert!(
        told.contains("version 99") && told.contains("newer server"),
        "{told}"
    );
    assert!(
        fs::read(scratch.file()).unwrap() == before,
        "it was changed"
    );
}

#[test]
fn what_another_program_made_is_left_alone() {
    let scratch = Scratch::new("foreign");
    let other = Connection::open(scratch.file()).unwrap();
    other.execute_batch("CREATE TABLE theirs (a)").unwrap();
    drop(other);
    let told = SqliteStore::open(&scratch.file()).err().unwrap();
    assert!(
        told.contains("another program") && told.contains("--store-path"),
        "{told}"
    );

    fs::write(
        scratch.file(),
        "no database at all, but long enough to be looked at",
    )
    .unwrap();
    let told = SqliteStore::open(&scratch.file()).err().unwrap();
    assert!(told.contains("backup"), "{told}");

    let told = SqliteStore::open(&scratch.path().join("no/where"))
        .err()
        .unwrap();
    assert!(
        told.contains("cannot make") && told.contains("--store-path"),
        "{told}"
    );
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new("private");
    let mut store = sqlite(&scratch);
    store.commit(Millis(1), &[open_room()]).unwrap();
    let names = fs::read_dir(scratch.path()).unwrap();
    let files: Vec<_> = names.map(|entry| entry.unwrap()).collect();
    assert_eq!(
        files.len(),
        3,
        "the file, its log and the log's index: {files:?}"
    );
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file:?} is {mode:o}");
    }
}

/// What the connections are set to, so that a file that was tampered with does nothing.
#[test]
fn nothing_in_the_file_is_trusted() {
    let scratch = Scratch::new("trust");
    drop(sqlite(&scratch));
    let other = Connection::open(scratch.file()).unwrap();
    let trap = "CREATE TRIGGER trap AFTER INSERT ON logs BEGIN DELETE FROM logs; END";
    other.execute_batch(trap).unwrap();
    drop(other);
    let mut store = sqlite(&scratch);
    store
        .commit(Millis(1), &[open_room(), line(1, "a")])
        .unwrap();
    assert_eq!(
        texts(&mut store, LOG, 0),
        ["a"],
        "a trigger of the file ran"
    );
}
