//! The bytes of every packet kind and the texts of schemas, pinned.
//!
//! A difference means that an old client and a new server would misread each other: raise
//! `wire::PROTOCOL`, then write the files anew with `TICKWIRE_BLESS=1`. The files name the version
//! they were written for, so that blessing alone does not pass. As long as no version has been
//! released, `TICKWIRE_REPIN=1` beside it writes them for the same version.

use std::fs;
use std::path::PathBuf;

use tickwire_arena::Arena;
use tickwire_shared::delta::Tables;
use tickwire_shared::game::Game;
use tickwire_shared::schema::Schema;
use tickwire_shared::wire::PROTOCOL;
use tickwire_tests::fuzz::runner::{hex, unhex};
use tickwire_tests::games::sandbox::Sandbox;
use tickwire_tests::games::squares::PlainSquares;
use tickwire_tests::samples::{
    client_control, handshake, inputs, late_events, probes, server_control, snapshots, typing,
};
use tickwire_tests::stage::schema;

/// Snapshot packets that are pinned: full entering, deltas, splits, leaves and events are among
/// the first of a busy room.
const SNAPSHOT_TICKS: u32 = 40;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(name)
}

/// Compares with the file, or writes it when blessing a new version.
fn check(name: &str, text: &str) {
    let file = path(name);
    let pinned = fs::read_to_string(&file).unwrap_or_default();
    if pinned == text {
        return;
    }
    if std::env::var_os("TICKWIRE_BLESS").is_none() {
        let line = pinned
            .lines()
            .zip(text.lines())
            .find(|(old, new)| old != new);
        panic!("{name} changed without a new protocol version, first at {line:?}");
    }
    let same_version = pinned.lines().next() == text.lines().next();
    let fresh = pinned.is_empty() || !same_version || std::env::var_os("TICKWIRE_REPIN").is_some();
    assert!(
        fresh,
        "{name} changed, but wire::PROTOCOL is still {PROTOCOL}: raise it first"
    );
    fs::write(&file, text).expect("the golden folder is writable");
}

fn packets(packets: impl IntoIterator<Item = (String, Vec<u8>)>) -> String {
    let mut text = format!("protocol {PROTOCOL}\n");
    for (name, bytes) in packets {
        let back = unhex(&hex(&bytes));
        assert_eq!(back.as_ref(), Some(&bytes), "hex comes back");
        text += &format!("{name} {}\n", hex(&bytes));
    }
    text
}

fn schema_text(schema: &Schema) -> String {
    format!(
        "protocol {PROTOCOL}\nhash {:016x}\n{}",
        schema.hash, schema.text
    )
}

#[test]
fn control_packets_stay() {
    let all = [handshake(), client_control(), server_control()];
    let named = all.into_iter().flatten().map(|one| (one.name, one.bytes));
    check("control.txt", &packets(named));
}

#[test]
fn input_packets_probes_and_typing_stay() {
    let all = inputs().into_iter().chain(probes()).chain(typing());
    check("input.txt", &packets(all.map(|one| (one.name, one.bytes))));
}

#[test]
fn snapshot_packets_and_events_stay() {
    let recording = snapshots(SNAPSHOT_TICKS);
    let named = recording.packets.into_iter().enumerate();
    let named = named.map(|(at, bytes)| (format!("snapshot_{at}"), bytes));
    let late = [("events".to_owned(), late_events())];
    check("snapshot.txt", &packets(named.chain(late)));
}

#[test]
fn code_tables_stay() {
    let schema = schema::<Sandbox>();
    let bytes = Tables::default_for(&schema).to_bytes();
    check("tables.txt", &packets([("sandbox".to_owned(), bytes)]));
}

#[test]
fn schema_texts_stay() {
    fn pin<G: Game>(name: &str) {
        check(name, &schema_text(&schema::<G>()));
    }
    pin::<Sandbox>("schema_sandbox.txt");
    pin::<PlainSquares>("schema_squares.txt");
    pin::<Arena>("schema_arena.txt");
}

#[test]
fn a_changed_byte_is_noticed() {
    let changed = path("control.txt");
    let pinned = fs::read_to_string(changed).expect("pinned");
    let other = pinned.replacen("0", "1", 1);
    assert_ne!(other, pinned);
    let found = std::panic::catch_unwind(|| check("control.txt", &other));
    assert!(found.is_err() || std::env::var_os("TICKWIRE_BLESS").is_some());
}
