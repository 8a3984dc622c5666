//! How a file is opened: safe against what may stand in it, and synced with each commit.
//!
//! Never opens a file that somebody else made, or a newer server.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::problem::Problem;
use super::schema;
use crate::limits::{
    STORE_LOCK_STEP, STORE_STATEMENTS_CACHED, STORE_WAL_BYTES_KEPT, STORE_WAL_PAGES_MAX,
};

/// What every connection is set to: nothing in the file is trusted, and no statement changes the
/// file but by its tables.
const SWITCHES: [(DbConfig, bool); 7] = [
    (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
    (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
    (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true),
    (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
    (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
    (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
];

/// The one connection that writes; waits for somebody else who has the file for `patience`.
pub(super) fn for_writing(path: &Path, patience: Duration) -> Result<Connection, Problem> {
    make(path).map_err(Problem::Unmade)?;
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(patience)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Err(Problem::NoLog);
    }
    settle(&connection)?;
    schema::bring_up_to_date(&mut connection)?;
    connection.busy_timeout(STORE_LOCK_STEP)?;
    Ok(connection)
}

/// One that carries the log into the file and changes nothing else.
pub(super) fn for_backfill(path: &Path, patience: Duration) -> rusqlite::Result<Connection> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(patience)?;
    settle(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// A connection that cannot write.
pub(super) fn for_reading(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    for (switch, on) in SWITCHES {
        connection.set_db_config(switch, on)?;
    }
    connection.busy_timeout(STORE_LOCK_STEP)?;
    connection.set_prepared_statement_cache_capacity(STORE_STATEMENTS_CACHED);
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

/// What decides whether a commit survives a loss of power.
fn settle(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "journal_size_limit", STORE_WAL_BYTES_KEPT)?;
    connection.pragma_update(None, "wal_autocheckpoint", STORE_WAL_PAGES_MAX)?;
    connection.pragma_update(None, "temp_store", "memory")
}

/// Makes the file if it is missing; only its owner may read it, and what SQLite puts beside it.
fn make(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
