//! The store on the disk: SQLite, compiled in.
//!
//! Never builds a statement from parts: each is a constant, and whatever comes from outside is
//! bound to it. A commit is synced before it is answered.

mod accounts;
mod backfill;
mod chat;
mod fault;
mod find;
mod open;
mod problem;
mod prune;
mod schema;
mod statement;
mod values;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior, params};
use tickwire_shared::id::{AccountId, LogId};

pub use self::backfill::SqliteBackfill;
use self::fault::fault_of;
use super::{Reader, Store, texts};
use crate::engine::storage::{Found, Millis, Query, StoreFault, Write, Written};
use crate::limits::{
    STORE_AUDIT_MAX, STORE_LOCK_STEP, STORE_OPEN_TIME_MAX, STORE_PROBE_BYTES, STORE_REPORTS_MAX,
};

/// A store in a file and the files beside it.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    /// `None` after a failure that leaves it unknown what the connection still holds.
    connection: Option<Connection>,
    reader: SqliteReader,
}

/// The reading half.
#[derive(Debug)]
pub struct SqliteReader {
    path: PathBuf,
    connection: Option<Connection>,
}

impl SqliteStore {
    /// Opens the store in this file, which is made when it is not there and brought up to date
    /// when it is older.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn open(path: &Path) -> Result<SqliteStore, String> {
        let opened = open::for_writing(path, STORE_OPEN_TIME_MAX);
        let connection = opened.map_err(|problem| problem.in_words(path))?;
        Ok(SqliteStore {
            path: path.to_owned(),
            connection: Some(connection),
            reader: SqliteReader {
                path: path.to_owned(),
                connection: None,
            },
        })
    }

    /// Another reader of the same store.
    #[must_use]
    pub fn reader(&self) -> SqliteReader {
        SqliteReader {
            path: self.path.clone(),
            connection: None,
        }
    }

    /// What carries its log into its file.
    #[must_use]
    pub fn backfill(&self) -> SqliteBackfill {
        SqliteBackfill::new(self.path.clone())
    }

    /// Lets the file grow to so many pages at the most, but not below what it has.
    #[cfg(test)]
    pub(super) fn limit_pages(&mut self, pages: u32) {
        let connection = self.connection().expect("it is open");
        let set = connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()));
        set.expect("it can be set");
    }

    /// Rows that this connection has written or deleted so far, those that went with others too.
    #[cfg(test)]
    pub(super) fn rows_changed(&mut self) -> usize {
        let connection = self.connection().expect("it is open");
        let changed = statement::one(connection, "SELECT total_changes()", [], |row| {
            row.get::<_, u32>(0)
        });
        changed.expect("it is well").map_or(0, |rows| rows as usize)
    }

    fn connection(&mut self) -> Result<&mut Connection, StoreFault> {
        if self.connection.is_none() {
            let opened = open::for_writing(&self.path, STORE_LOCK_STEP);
            self.connection = Some(opened.map_err(|problem| {
                tracing::error!("{}", problem.in_words(&self.path));
                problem.fault()
            })?);
        }
        self.connection.as_mut().ok_or(StoreFault::Failed)
    }

    /// What a failure means; the connection goes when it may not be as it was.
    fn failed(&mut self, error: &rusqlite::Error) -> StoreFault {
        let fault = fault_of(error);
        let settled = (self.connection.as_ref()).is_some_and(Connection::is_autocommit);
        if fault == StoreFault::Failed || !settled {
            tracing::error!(%error, "the store failed");
            self.connection = None;
        }
        fault
    }
}

impl Store for SqliteStore {
    fn commit(&mut self, now: Millis, writes: &[Write]) -> Result<Vec<Written>, StoreFault> {
        let connection = self.connection()?;
        let result = if writes.is_empty() {
            try_out(connection).map(|()| Vec::new())
        } else {
            commit(connection, now, writes)
        };
        result.map_err(|error| self.failed(&error))
    }

    fn find(&mut self, query: &Query) -> Result<Found, StoreFault> {
        self.reader.find(query)
    }
}

impl Reader for SqliteReader {
    fn find(&mut self, query: &Query) -> Result<Found, StoreFault> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => open::for_reading(&self.path).map_err(|error| fault_of(&error))?,
        };
        match find::found(&connection, query) {
            Ok(found) => {
                self.connection = Some(connection);
                Ok(found)
            }
            // It is opened anew for the next query.
            Err(error) => {
                tracing::error!(%error, "the store cannot be read");
                Err(fault_of(&error))
            }
        }
    }
}

fn commit(
    connection: &mut Connection,
    now: Millis,
    writes: &[Write],
) -> rusqlite::Result<Vec<Written>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let written = writes
        .iter()
        .map(|write| carry_out(&transaction, now, write));
    let written = written.collect::<Result<_, _>>()?;
    transaction.commit()?;
    Ok(written)
}

/// Writes as much as some lines would take, and frees it again.
fn try_out(connection: &mut Connection) -> rusqlite::Result<()> {
    for bytes in [STORE_PROBE_BYTES, 0] {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        statement::run(
            &transaction,
            "INSERT INTO state (key, value) VALUES ('probe', zeroblob(?1))
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [bytes],
        )?;
        transaction.commit()?;
    }
    Ok(())
}

fn carry_out(db: &Connection, now: Millis, write: &Write) -> rusqlite::Result<Written> {
    match write {
        Write::Open {
            key,
            log,
            epoch,
            name,
        } => chat::open(db, now, key, (*log, *epoch, name)),
        Write::Line(line) => chat::line(db, now, line),
        Write::Slow { log, seconds } => chat::slow(db, *log, *seconds),
        Write::Member { log, member } => chat::member(db, now, *log, member),
        Write::Mark {
            log,
            account,
            delivered,
            read,
        } => chat::mark(db, now, *log, *account, (*delivered, *read)),
        Write::React {
            log,
            offset,
            account,
            sign,
            on,
        } => chat::react(db, (*log, *offset), *account, (sign, *on)),
        Write::Report {
            by,
            log,
            offset,
            why,
        } => match find::around(db, *log, *offset)? {
            Some(lines) => {
                let text = texts::report(now, *by, (*log, *offset), why, &lines);
                report(db, *by, (*log, *offset), &text)
            }
            None => Ok(Written::Missing),
        },
        Write::Audit { by, what } => audit(db, &texts::audit(now, *by, what)),
        Write::All(parts) => carry_out_all(db, now, parts),
        Write::Prune { lines_max, before } => prune::prune(db, now, *lines_max, *before),
        other => accounts::write(db, now, other),
    }
}

/// Nothing follows a part that was not stored, or was before.
fn carry_out_all(db: &Connection, now: Millis, parts: &[Write]) -> rusqlite::Result<Written> {
    let mut answer = Written::Done;
    for part in parts {
        match carry_out(db, now, part)? {
            line @ Written::Line { known: false, .. } => answer = line,
            done if done.is_done() => {}
            other => return Ok(other),
        }
    }
    Ok(answer)
}

/// Whoever reports the same line again has it reported already.
fn report(
    db: &Connection,
    by: AccountId,
    (log, offset): (LogId, u64),
    text: &str,
) -> rusqlite::Result<Written> {
    statement::run(
        db,
        "INSERT INTO reports (text, by, log, offset) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (by, log, offset) DO NOTHING",
        params![
            text,
            values::name(by.0),
            values::name(log.0),
            values::ordered(offset)
        ],
    )?;
    statement::run(
        db,
        "DELETE FROM reports WHERE report <= (SELECT max(report) FROM reports) - ?1",
        [values::count(STORE_REPORTS_MAX)],
    )?;
    Ok(Written::Done)
}

fn audit(db: &Connection, text: &str) -> rusqlite::Result<Written> {
    statement::run(db, "INSERT INTO audit (text) VALUES (?1)", [text])?;
    statement::run(
        db,
        "DELETE FROM audit WHERE entry <= (SELECT max(entry) FROM audit) - ?1",
        [values::count(STORE_AUDIT_MAX)],
    )?;
    Ok(Written::Done)
}
