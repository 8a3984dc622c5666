//! Why a store is not opened, and what its operator may do about it.
//!
//! Never suggests to delete anything.

use std::io;
use std::path::Path;

use super::fault::fault_of;
use crate::engine::storage::StoreFault;

/// Why a file is not opened.
#[derive(Debug)]
pub(super) enum Problem {
    /// The file cannot be made.
    Unmade(io::Error),
    /// SQLite says so.
    Failed(rusqlite::Error),
    /// The place of the file allows no write-ahead log.
    NoLog,
    /// It is of another program.
    Foreign,
    /// It is of a newer version than is known.
    Newer {
        /// Its version.
        version: i32,
        /// What this server knows.
        known: i32,
    },
}

impl Problem {
    /// For whoever wanted something stored.
    pub(super) fn fault(&self) -> StoreFault {
        match self {
            Problem::Failed(error) => fault_of(error),
            _ => StoreFault::Failed,
        }
    }

    /// For the operator.
    pub(super) fn in_words(&self, path: &Path) -> String {
        let shown = path.display();
        match self {
            Problem::Unmade(error) => format!(
                "cannot make the store {shown}: {error}; choose another place with --store-path"
            ),
            Problem::Failed(error) if fault_of(error) == StoreFault::Busy => {
                format!("another program holds the store {shown}: end it and start again")
            }
            Problem::Failed(error) if fault_of(error) == StoreFault::Full => {
                format!("cannot write the store {shown}: {error}; free some space on its disk")
            }
            Problem::Failed(error) => format!(
                "cannot open the store {shown}: {error}; put a backup in its place, or move it \
                 away and a new one is made"
            ),
            Problem::NoLog => format!(
                "cannot keep a write-ahead log beside the store {shown}: put it on a local disk \
                 with --store-path"
            ),
            Problem::Foreign => format!(
                "{shown} is a database of another program: choose another file with --store-path"
            ),
            Problem::Newer { version, known } => format!(
                "the store {shown} is of version {version} and this server knows up to {known}: \
                 start the newer server again, or put a backup from before in its place"
            ),
        }
    }
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Problem {
        Problem::Failed(error)
    }
}
