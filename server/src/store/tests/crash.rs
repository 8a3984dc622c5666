//! Processes that die: whatever was acked is there afterwards, and the rest is whole or gone.
//!
//! The test program runs itself again as the process that dies: see [`child`].

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tickwire_shared::id::AccountId;
use tickwire_shared::wire::Role;

use super::random::Random;
use super::rig::Rig;
use super::{LOG, Scratch, commit_one, line, open_room, sqlite, texts};
use crate::engine::storage::{Account, Found, Millis, Query, Write, Written};
use crate::store::{SqliteStore, Store, StoreHalves, StoreRules};

/// Tells the test program that it is the process that dies: the folder of its store.
pub(super) const FOLDER: &str = "TICKWIRE_STORE_CHILD";

/// Tells it to ack what it has not stored yet, so that a loss can be seen to be found.
const EARLY: &str = "TICKWIRE_STORE_CHILD_ACKS_EARLY";

/// Things it may write before it ends by itself.
pub(super) const WRITES_MAX: u64 = 200_000;

/// Things it hands over before it waits for their answers, so that commits are shared.
const ROUND: u64 = 16;

/// The process that dies: writes, and notes in a file what was acked. Without its folder it is not
/// meant, and does nothing.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let folder = Path::new(&folder);
    let early = std::env::var_os(EARLY).is_some();
    let mut store = SqliteStore::open(&folder.join("tickwire.db")).unwrap();
    store.commit(Millis(1), &[open_room()]).unwrap();
    let first = texts(&mut store, LOG, 0).len() as u64;
    let reader = store.reader();
    let rig = Rig::start(StoreHalves::new(store, reader), StoreRules::default());
    let mut options = OpenOptions::new();
    let acks = options.append(true).create(true).open(folder.join("acks"));
    let mut acks = acks.unwrap();
    let mut number = first;
    while number < first + WRITES_MAX {
        let round: Vec<(u64, Write)> = (number..number + ROUND).flat_map(things).collect();
        for (ticket, write) in &round {
            rig.write(*ticket, write.clone()).unwrap();
            if early {
                acks.write_all(ack(*ticket).as_bytes()).unwrap();
            }
        }
        for (ticket, written) in rig.answers(round.len()) {
            assert_ne!(written, Ok(Written::Missing));
            written.unwrap();
            if !early {
                acks.write_all(ack(ticket.0).as_bytes()).unwrap();
            }
        }
        number += ROUND;
        println!("progress");
    }
}

/// What is written of each number, each under its own ticket.
pub(super) fn things(number: u64) -> [(u64, Write); 4] {
    let account = Account {
        account: AccountId(number),
        name: text_of(number),
        skeleton: text_of(number),
        role: Role::Player,
        password: String::new(),
        subject: String::new(),
    };
    let token = Write::UseToken {
        id: text_of(number),
        until: Millis(u64::MAX),
    };
    let mark = Write::Mark {
        log: LOG,
        account: AccountId(number),
        delivered: number + 1,
        read: number + 1,
    };
    let things = [
        line(number, &text_of(number)),
        Write::Register(account),
        token,
        mark,
    ];
    let mut ticket = 4 * number;
    things.map(|thing| {
        ticket += 1;
        (ticket - 1, thing)
    })
}

pub(super) fn text_of(number: u64) -> String {
    format!("this is number {number}")
}

pub(super) fn ack(ticket: u64) -> String {
    format!("{ticket}\n")
}

/// A child at work.
pub(super) struct Victim {
    pub(super) child: Child,
    pub(super) progress: BufReader<std::process::ChildStdout>,
}

impl Victim {
    pub(super) fn start(folder: &Path, early: bool) -> Victim {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let name = "store::tests::crash::child";
        command.args(["--exact", name, "--nocapture", "--test-threads=1"]);
        command.env(FOLDER, folder).stdout(Stdio::piped());
        command.stderr(Stdio::null());
        if early {
            command.env(EARLY, "1");
        }
        let mut child = command.spawn().unwrap();
        let progress = BufReader::new(child.stdout.take().unwrap());
        Victim { child, progress }
    }

    /// Waits until it went on by so much.
    pub(super) fn watch(&mut self, rounds: u64) {
        let mut seen = 0;
        while seen < rounds {
            let mut line = String::new();
            let read = self.progress.read_line(&mut line).unwrap();
            assert!(read > 0, "it ended by itself");
            seen += u64::from(line.contains("progress"));
        }
    }

    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The tickets that were acked; a last one that was cut off was not.
pub(super) fn acked(folder: &Path) -> BTreeSet<u64> {
    let text = fs::read_to_string(folder.join("acks")).unwrap();
    let whole = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    whole.map(|line| line.trim().parse().unwrap()).collect()
}

/// What was acked and is not in the store.
pub(super) fn lost(store: &mut SqliteStore, acked: &BTreeSet<u64>) -> Vec<u64> {
    let lines = texts(store, LOG, 0);
    for (number, text) in (0..).zip(&lines) {
        assert_eq!(
            *text,
            text_of(number),
            "history is no prefix of what was written"
        );
    }
    let Ok(Found::Members(members)) = store.find(&Query::Members(LOG)) else {
        panic!("members");
    };
    let marks: BTreeSet<u64> = members.iter().map(|member| member.account.0).collect();
    let mut is_there = |ticket: &u64| {
        let number = ticket / 4;
        match ticket % 4 {
            0 => number < lines.len() as u64,
            1 => {
                let found = store.find(&Query::Skeleton(text_of(number)));
                matches!(found, Ok(Found::Account(Some(account))) if account.account.0 == number)
            }
            2 => {
                let again = Write::UseToken {
                    id: text_of(number),
                    until: Millis(0),
                };
                commit_one(store, Millis(1), again) == Written::Taken
            }
            _ => marks.contains(&number),
        }
    };
    let tickets = acked.iter().copied();
    tickets.filter(|ticket| !is_there(ticket)).collect()
}

#[test]
fn what_was_acked_outlives_a_killed_process() {
    let (scratch, mut random) = (Scratch::new("killed"), Random(1));
    for round in 0..6 {
        let mut victim = Victim::start(scratch.path(), false);
        victim.watch(1 + random.below(30));
        victim.kill();
        let acked = acked(scratch.path());
        assert!(!acked.is_empty());
        let lost = lost(&mut sqlite(&scratch), &acked);
        assert!(
            lost.is_empty(),
            "round {round}: {} of {}",
            lost.len(),
            acked.len()
        );
    }
}

/// The same with acks that do not wait for the commit: the test above would see it.
#[test]
fn acks_before_the_commit_would_be_seen_to_be_lost() {
    let (mut random, mut lost_in_all) = (Random(2), 0);
    for _ in 0..10 {
        let scratch = Scratch::new("early");
        let mut victim = Victim::start(scratch.path(), true);
        victim.watch(1 + random.below(10));
        victim.kill();
        let acked = acked(scratch.path());
        lost_in_all += lost(&mut sqlite(&scratch), &acked).len();
        if lost_in_all > 0 {
            return;
        }
    }
    panic!("nothing was lost in 10 rounds, though nothing was waited for");
}
