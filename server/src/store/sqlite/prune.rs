//! What the store on the disk forgets.
//!
//! Never forgets a line before all older ones of its log, and never more at once than the bound.

use rusqlite::{Connection, Result, params};

use super::statement::{all, run};
use super::values;
use crate::engine::storage::{Millis, Written};
use crate::limits::{STORE_KNOWN_TIME, STORE_PRUNE_LINES_MAX};

/// A log whose oldest line is too old, or one too many.
struct Candidate {
    log: u64,
    first: u64,
    next: u64,
}

/// A line that may go.
struct Old {
    message: i64,
    at: u64,
}

pub(super) fn prune(
    db: &Connection,
    now: Millis,
    lines_max: u64,
    before: Millis,
) -> Result<Written> {
    for sql in [
        "DELETE FROM tokens WHERE until <= ?1",
        "DELETE FROM keys WHERE until <= ?1",
        "DELETE FROM held WHERE until <= ?1",
    ] {
        run(db, sql, [values::ordered(now.0)])?;
    }
    let mut budget = STORE_PRUNE_LINES_MAX;
    for candidate in candidates(db, lines_max, before)? {
        budget -= shorten(db, &candidate, (lines_max, before), budget)?;
    }
    forget_messages(db, now)?;
    if budget > 0 {
        drop_left(db, before)?;
        let gone = forget_guests(db, before)?;
        return Ok(Written::Pruned {
            more: gone >= STORE_PRUNE_LINES_MAX,
        });
    }
    Ok(Written::Pruned { more: true })
}

fn candidates(db: &Connection, lines_max: u64, before: Millis) -> Result<Vec<Candidate>> {
    let mut candidates = all(
        db,
        "SELECT log, first, next FROM logs
         WHERE first < next AND (next - first > ?1 OR oldest < ?2)",
        [values::ordered(lines_max), values::ordered(before.0)],
        |row| {
            Ok(Candidate {
                log: values::read_log(row, 0)?.0,
                first: values::read_ordered(row, 1)?,
                next: values::read_ordered(row, 2)?,
            })
        },
    )?;
    candidates.sort_by_key(|candidate| candidate.log);
    Ok(candidates)
}

/// Takes the oldest lines off a log, up to `budget`; how many.
fn shorten(
    db: &Connection,
    log: &Candidate,
    (lines_max, before): (u64, Millis),
    budget: usize,
) -> Result<usize> {
    let number = values::name(log.log);
    let old = all(
        db,
        "SELECT message, at FROM lines JOIN messages USING (message)
         WHERE log = ?1 AND offset >= ?2 ORDER BY offset LIMIT ?3",
        params![
            number,
            values::ordered(log.first),
            values::count(budget + 1)
        ],
        |row| {
            Ok(Old {
                message: row.get(0)?,
                at: values::read_ordered(row, 1)?,
            })
        },
    )?;
    let mut left = log.next - log.first;
    let goes = |old: &&Old| {
        let goes = left > lines_max || old.at < before.0;
        left -= u64::from(goes);
        goes
    };
    let gone = old.iter().take(budget).take_while(goes).count();
    let first = log.first + gone as u64;
    for old in &old[..gone] {
        run(
            db,
            "UPDATE messages SET kept = kept - 1 WHERE message = ?1",
            [old.message],
        )?;
    }
    run(
        db,
        "DELETE FROM lines WHERE log = ?1 AND offset < ?2",
        [number, values::ordered(first)],
    )?;
    let oldest = old.get(gone).map_or(0, |old| old.at);
    run(
        db,
        "UPDATE logs SET first = ?2, oldest = ?3 WHERE log = ?1",
        [number, values::ordered(first), values::ordered(oldest)],
    )?;
    Ok(gone)
}

/// Forgets what no log has a line for and nobody will send again.
fn forget_messages(db: &Connection, now: Millis) -> Result<()> {
    let known_time = u64::try_from(STORE_KNOWN_TIME.as_millis()).unwrap_or(u64::MAX);
    run(
        db,
        "DELETE FROM messages WHERE kept = 0 AND at < ?1",
        [values::ordered(now.0.saturating_sub(known_time))],
    )?;
    Ok(())
}

/// Drops logs without a line that nobody is in: of what was heard nearby and of whispers, and of
/// parties and groups that all have left.
fn drop_left(db: &Connection, before: Millis) -> Result<()> {
    run(
        db,
        "DELETE FROM logs
         WHERE first = next AND touched < ?1
             AND (kind IN (2, 3)
                 OR (kind IN (4, 5)
                     AND NOT EXISTS
                         (SELECT 1 FROM members WHERE members.log = logs.log AND standing <> 3)))",
        [values::ordered(before.0)],
    )?;
    Ok(())
}

/// Forgets what was not of use for long of guests, whose accounts are below 0: how far they got and
/// that they left; that they are in parties and groups nobody opened; whom they block and follow,
/// if nothing of theirs was of use. Whispers wait for them as long as there are lines. How many.
fn forget_guests(db: &Connection, before: Millis) -> Result<usize> {
    let mut gone = 0;
    for sql in [
        "DELETE FROM members WHERE (log, account) IN
             (SELECT members.log, account FROM members JOIN logs ON logs.log = members.log
              WHERE account < 0 AND members.touched < ?1
                  AND (kind NOT IN (3, 4, 5)
                      OR (kind <> 3 AND (standing = 3 OR logs.touched < ?1)))
              LIMIT ?2)",
        "DELETE FROM blocked WHERE (account, other) IN
             (SELECT account, other FROM blocked WHERE account < 0 AND touched < ?1
                  AND NOT EXISTS (SELECT 1 FROM members
                      WHERE members.account = blocked.account AND members.touched >= ?1)
              LIMIT ?2)",
        "DELETE FROM followed WHERE (account, other) IN
             (SELECT account, other FROM followed WHERE account < 0 AND touched < ?1
                  AND NOT EXISTS (SELECT 1 FROM members
                      WHERE members.account = followed.account AND members.touched >= ?1)
              LIMIT ?2)",
    ] {
        let most = values::count(STORE_PRUNE_LINES_MAX);
        gone += run(db, sql, [values::ordered(before.0), most])?;
    }
    Ok(gone)
}
