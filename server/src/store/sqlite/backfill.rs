//! Carries what was committed from the log beside the file into the file, on a connection of its
//! own.
//!
//! Never holds up a commit, and loses nothing when it fails: what is in the log stays there until
//! it is in the file.

use std::path::PathBuf;

use rusqlite::Connection;

use super::open;
use crate::limits::STORE_LOCK_STEP;
use crate::store::Backfill;

/// See [`Backfill`].
#[derive(Debug)]
pub struct SqliteBackfill {
    path: PathBuf,
    connection: Option<Connection>,
}

impl SqliteBackfill {
    pub(super) fn new(path: PathBuf) -> SqliteBackfill {
        SqliteBackfill {
            path,
            connection: None,
        }
    }

    fn carry(&mut self) -> rusqlite::Result<()> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => open::for_backfill(&self.path, STORE_LOCK_STEP)?,
        };
        // As far as readers let it, without waiting for any.
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        self.connection = Some(connection);
        Ok(())
    }
}

impl Backfill for SqliteBackfill {
    fn carry_on(&mut self) {
        if let Err(error) = self.carry() {
            // The next time it is opened anew; meanwhile commits do it themselves.
            tracing::debug!(%error, "the log was not carried into the file");
        }
    }
}
