//! What is true of every store, and of the threads in front of it.

mod again;
mod bounds;
mod conformance;
mod crash;
mod guests;
mod hostile;
#[cfg(target_os = "linux")]
mod image;
mod migration;
mod prune;
#[cfg(target_os = "linux")]
mod quota;
mod random;
mod rig;
mod several;
mod threads;

use std::path::{Path, PathBuf};

use tickwire_shared::id::{AccountId, LogId};

use super::{SqliteStore, Store};
use crate::engine::storage::{Found, LogKey, Millis, NewLine, Query, Write, Written};
use crate::runtime::entropy;

/// A folder that goes with its owner.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new(name: &str) -> Scratch {
        let number = entropy::number();
        let path = std::env::temp_dir().join(format!("tickwire-store-{name}-{number:016x}"));
        std::fs::create_dir_all(&path).expect("the system's folder for such things");
        Scratch(path)
    }

    pub(super) fn file(&self) -> PathBuf {
        self.0.join("tickwire.db")
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn sqlite(scratch: &Scratch) -> SqliteStore {
    SqliteStore::open(&scratch.file()).expect("it can be opened")
}

/// The log that most tests write to.
pub(super) const LOG: LogId = LogId(7);

pub(super) fn open_room() -> Write {
    Write::Open {
        key: LogKey::Room("arena".to_owned()),
        log: LOG,
        epoch: 1,
        name: String::new(),
    }
}

pub(super) fn line(client_id: u64, text: &str) -> Write {
    Write::Line(NewLine {
        logs: vec![LOG],
        from: AccountId(1),
        client_id,
        name: "Ann".to_owned(),
        text: text.to_owned(),
        ..NewLine::default()
    })
}

/// The texts of a log from an offset on.
pub(super) fn texts(store: &mut dyn Store, log: LogId, from: u64) -> Vec<String> {
    let mut texts = Vec::new();
    loop {
        let query = Query::Lines {
            log,
            from: from + texts.len() as u64,
            below: u64::MAX,
            count: usize::MAX,
            newest: false,
        };
        let Ok(Found::Lines(lines)) = store.find(&query) else {
            panic!("lines are found");
        };
        if lines.is_empty() {
            return texts;
        }
        for line in lines {
            assert_eq!(line.offset, from + texts.len() as u64, "a gap");
            texts.push(line.text.as_str().to_owned());
        }
    }
}

pub(super) fn commit_one(store: &mut dyn Store, now: Millis, write: Write) -> Written {
    let mut written = store.commit(now, &[write]).expect("it commits");
    written.pop().expect("an answer a write")
}
