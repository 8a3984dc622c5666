//! What a loss of power leaves of a store.
//!
//! ```text
//! the file         stands still, but for what was checkpointed
//! the log beside   every commit since; synced up to the newest ack, so that a loss of power takes
//!                  no more than what nobody was told
//! ```

use std::fs;
use std::process::{Child, Command};

use rusqlite::{Connection, OpenFlags};

use super::crash::{Victim, acked, lost, text_of};
use super::random::Random;
use super::{Scratch, sqlite};

/// What a loss of power leaves: the files as they are at one moment, and of the log only a part.
#[test]
fn any_part_of_the_log_gives_a_whole_store_with_a_prefix_of_history() {
    let (scratch, mut random) = (Scratch::new("cut"), Random(3));
    let mut victim = Victim::start(scratch.path(), false);
    let (mut lossy, mut kept_by_log) = (0, 0);
    for image in 0..5 {
        victim.watch(8 + random.below(20));
        stop(&victim.child);
        let copy = Scratch::new("image");
        for name in ["tickwire.db", "tickwire.db-wal", "tickwire.db-shm", "acks"] {
            fs::copy(scratch.path().join(name), copy.path().join(name)).unwrap();
        }
        let seen = examine(&copy, &mut random, image);
        signal(&victim.child, "-CONT");
        lossy += seen.lossy;
        kept_by_log += u32::from(seen.kept_by_log);
    }
    // Cuts took something away, or they would show nothing; and without the log acked lines are
    // lost, so that this test would see one that is not written in time.
    assert!(lossy > 100, "only {lossy} of 500 cuts took a line away");
    assert!(
        kept_by_log > 2,
        "the log was needed in {kept_by_log} of 5 images"
    );
}

/// What an image showed.
struct Seen {
    /// Cuts of 100 that took a line away.
    lossy: u32,
    /// Whether acked lines were in the log alone.
    kept_by_log: bool,
}

/// Cuts an image's log at 100 places, then looks at the whole one.
fn examine(copy: &Scratch, random: &mut Random, image: u32) -> Seen {
    let log = fs::read(copy.path().join("tickwire.db-wal")).unwrap();
    let index = fs::read(copy.path().join("tickwire.db-shm")).unwrap();
    let (synced, valid) = (checkpointed(&index), committed(&index));
    assert!(
        synced <= valid && valid <= log.len(),
        "{synced} {valid} {}",
        log.len()
    );
    let acked = acked(copy.path());
    let lines = acked.iter().filter(|ticket| *ticket % 4 == 0).count() as u64;
    let mut lossy = 0;
    for number in 0..100 {
        // What follows the newest commit is left from before; it is cut too, now and then.
        let end = if number % 5 == 0 { log.len() } else { valid };
        let length = synced + random.below((end - synced + 1) as u64) as usize;
        let cut = Scratch::new("part");
        fs::copy(copy.file(), cut.file()).unwrap();
        fs::write(cut.path().join("tickwire.db-wal"), &log[..length]).unwrap();
        lossy += u32::from(history(&cut, length) < lines);
    }
    let without = Scratch::new("without");
    fs::copy(copy.file(), without.file()).unwrap();
    let kept_by_log = history(&without, 0) < lines;
    fs::remove_file(copy.path().join("tickwire.db-shm")).unwrap();
    let lost = lost(&mut sqlite(copy), &acked);
    assert!(lost.is_empty(), "image {image}: {lost:?}");
    Seen { lossy, kept_by_log }
}

/// Whether a store is whole; how many lines it has, which are the first ones that were written.
fn history(scratch: &Scratch, length: usize) -> u64 {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let db = Connection::open_with_flags(scratch.file(), flags).unwrap();
    let text = |sql: &str| db.query_row(sql, [], |row| row.get::<_, String>(0));
    let verdict = text("PRAGMA integrity_check").unwrap();
    assert_eq!(verdict, "ok", "cut at {length}");
    let keys = "SELECT count(*) || '' FROM pragma_foreign_key_check";
    assert_eq!(text(keys).unwrap(), "0", "cut at {length}");
    let tables = "SELECT count(*) || '' FROM sqlite_schema WHERE name = 'lines'";
    if text(tables).unwrap() == "0" {
        return 0;
    }
    let sql = "SELECT offset, text FROM lines JOIN messages USING (message) ORDER BY offset";
    let mut statement = db.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    });
    let mut count = 0;
    for row in rows.unwrap() {
        let expected = (count as i64, text_of(count));
        assert_eq!(row.unwrap(), expected, "cut at {length}");
        count += 1;
    }
    let next = "SELECT ifnull(max(next), 0) || '' FROM logs";
    assert_eq!(text(next).unwrap(), count.to_string(), "cut at {length}");
    count
}

/// Bytes of the log that may already be in the file itself: they were synced before, and no loss of
/// power takes them. SQLite notes it in the index beside the log ("WalCkptInfo").
fn checkpointed(index: &[u8]) -> usize {
    frames_end(index, 96).max(frames_end(index, 128))
}

/// Bytes of the log up to its newest commit ("WalIndexHdr").
fn committed(index: &[u8]) -> usize {
    frames_end(index, 16)
}

/// Where so many frames of the log end as the index says at this place.
fn frames_end(index: &[u8], at: usize) -> usize {
    const HEADER: usize = 32;
    const FRAME: usize = 24 + 4_096;
    let frames = u32::from_ne_bytes(index[at..at + 4].try_into().unwrap());
    HEADER + frames as usize * FRAME
}

/// Stops a process, all of its threads, wherever they are.
fn stop(child: &Child) {
    signal(child, "-STOP");
    let tasks = format!("/proc/{}/task", child.id());
    let stopped = || {
        let mut tasks = fs::read_dir(&tasks).unwrap();
        tasks.all(|task| {
            let stat = fs::read_to_string(task.unwrap().path().join("stat")).unwrap();
            stat.rsplit_once(") ")
                .is_some_and(|(_, rest)| rest.starts_with('T'))
        })
    };
    while !stopped() {
        std::thread::yield_now();
    }
}

fn signal(child: &Child, signal: &str) {
    let status = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}
