//! The only door to SQLite for whatever is stored: constant statements with bound parameters.
//!
//! Never takes a statement that was put together at run time: the type says so.

use rusqlite::{Connection, Params, Result, Row};

/// Carries out a statement; how many rows it changed.
pub(super) fn run(db: &Connection, sql: &'static str, params: impl Params) -> Result<usize> {
    db.prepare_cached(sql)?.execute(params)
}

/// The first row of what a statement finds or changes, if there is any.
pub(super) fn one<T>(
    db: &Connection,
    sql: &'static str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let found = rows.next()?.map(read).transpose()?;
    // A statement that changes something is done with only when it was run to its end.
    while rows.next()?.is_some() {}
    Ok(found)
}

/// Every row that a statement finds.
pub(super) fn all<T>(
    db: &Connection,
    sql: &'static str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map(params, read)?.collect()
}

/// The first rows of what a statement finds, for as long as they are wanted; the rest is not read.
pub(super) fn while_wanted<T>(
    db: &Connection,
    sql: &'static str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Result<Option<T>>,
) -> Result<Vec<T>> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut wanted = Vec::new();
    while let Some(row) = rows.next()? {
        match read(row)? {
            Some(value) => wanted.push(value),
            None => break,
        }
    }
    Ok(wanted)
}
