//! A file that the system does not let grow.

use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::crash::{FOLDER, Victim, WRITES_MAX, ack, acked, lost, things};
use super::rig::Rig;
use super::{Scratch, open_room, sqlite};
use crate::engine::storage::{StoreFault, Ticket};
use crate::store::{SqliteStore, StoreHalves, StoreRules};

/// A file that may not grow beyond 1 MiB, as with a quota: refused by name, well again when it may
/// grow, and nothing that was acked is lost.
#[test]
fn a_file_that_may_not_grow_is_a_full_disk() {
    let scratch = Scratch::new("quota");
    let mut command = Command::new("prlimit");
    command.arg(format!("--fsize={}:", 1 << 20));
    command.args(["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
    command.arg(std::env::current_exe().unwrap());
    let name = "store::tests::quota::quota_child";
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]);
    command.env(FOLDER, scratch.path()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let progress = BufReader::new(child.stdout.take().unwrap());
    let mut victim = Victim { child, progress };
    let mut said = |what: &str| {
        let mut line = String::new();
        while !line.contains(what) {
            line.clear();
            let read = victim.progress.read_line(&mut line).unwrap();
            assert!(read > 0, "it ended before it said {what}");
        }
    };
    said("full");
    let child = victim.child.id().to_string();
    let lifted = Command::new("prlimit")
        .args(["--pid", &child, "--fsize=unlimited:"])
        .status();
    assert!(lifted.unwrap().success());
    said("well");
    victim.kill();
    let acked = acked(scratch.path());
    let lost = lost(&mut sqlite(&scratch), &acked);
    assert!(
        lost.is_empty() && acked.len() > 50,
        "{lost:?} of {}",
        acked.len()
    );
}

/// Writes until nothing more fits, and until it does again.
#[test]
fn quota_child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let folder = Path::new(&folder);
    let store = SqliteStore::open(&folder.join("tickwire.db")).unwrap();
    let reader = store.reader();
    let rig = Rig::start(StoreHalves::new(store, reader), StoreRules::default());
    rig.write_one(0, open_room()).unwrap();
    let mut acks = fs::File::create(folder.join("acks")).unwrap();
    let mut write_until = |fails: bool| {
        for (ticket, write) in (0..WRITES_MAX).flat_map(things) {
            match rig.handle.write(Ticket(ticket), write) {
                Ok(()) => {}
                Err(fault) => panic!("{fault}"),
            }
            let (_, written) = rig.answers(1).remove(0);
            match written {
                Ok(_) if !fails => return,
                Ok(_) => acks.write_all(ack(ticket).as_bytes()).unwrap(),
                Err(fault) => {
                    assert_eq!((fault, fails), (StoreFault::Full, true));
                    return;
                }
            }
        }
    };
    write_until(true);
    assert_eq!(rig.metrics.degraded(), Some(StoreFault::Full));
    println!("full");
    let recovery = rig.until_degraded(None);
    assert!(recovery < Duration::from_secs(2), "{recovery:?}");
    write_until(false);
    println!("well");
    // Until it is killed.
    let _ = std::io::stdin().read_line(&mut String::new());
}
