//! What is written of logs: their lines, who is in them, and what is put under lines.
//!
//! Never gives an offset twice in a log, and never lets a mark fall. Whatever cannot be carried out
//! is found before anything is changed.

use rusqlite::{Connection, Result, params};
use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::limits::REACTIONS_MAX;
use tickwire_shared::wire::Standing;

use super::statement::{all, one, run};
use super::values;
use crate::engine::storage::{LogKey, Membership, Millis, NewLine, Written};
use crate::limits::STORE_REACTIONS_PER_LINE_MAX;
use crate::store::signs::by_sign;

pub(super) fn open(
    db: &Connection,
    now: Millis,
    key: &LogKey,
    (log, epoch, name): (LogId, u32, &str),
) -> Result<Written> {
    let (kind, room, first, second) = values::key(key);
    let found = one(
        db,
        "UPDATE logs SET touched = ?5
         WHERE kind = ?1 AND room = ?2 AND one = ?3 AND other = ?4
         RETURNING kind, room, one, other, log, epoch, first, next, name, slow",
        params![kind, room, first, second, values::ordered(now.0)],
        values::read_head,
    )?;
    if let Some(head) = found {
        return Ok(Written::Log(head));
    }
    let made = one(
        db,
        "INSERT INTO logs (kind, room, one, other, log, epoch, name, touched)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO NOTHING
         RETURNING kind, room, one, other, log, epoch, first, next, name, slow",
        params![
            kind,
            room,
            first,
            second,
            values::name(log.0),
            epoch,
            name,
            values::ordered(now.0)
        ],
        values::read_head,
    )?;
    Ok(made.map_or(Written::Taken, Written::Log))
}

pub(super) fn line(db: &Connection, now: Millis, new: &NewLine) -> Result<Written> {
    let first = new.logs.first().copied().unwrap_or_default();
    if let Some(known) = known(db, new, first)? {
        return Ok(known);
    }
    if new.logs.is_empty() || !all_there(db, &new.logs)? {
        return Ok(Written::Missing);
    }
    let logs = new.logs.iter().map(|log| next_offset(db, now, *log));
    let offsets = logs.collect::<Result<Vec<u64>>>()?;
    let message = message(db, now, (new, first), &offsets)?;
    for (log, offset) in new.logs.iter().zip(&offsets) {
        run(
            db,
            "INSERT INTO lines (log, offset, message) VALUES (?1, ?2, ?3)",
            [values::name(log.0), values::ordered(*offset), message],
        )?;
    }
    Ok(Written::Line {
        log: first,
        offsets,
        at: now,
        known: false,
    })
}

/// A line that was stored before. Of one from before version 5 it is taken that it is for the same
/// log again.
fn known(db: &Connection, new: &NewLine, first: LogId) -> Result<Option<Written>> {
    let known = one(
        db,
        "SELECT offsets, at, home FROM messages WHERE author = ?1 AND client_id = ?2",
        [values::name(new.from.0), values::name(new.client_id)],
        |row| {
            let (offsets, at) = (values::read_offsets(row, 0)?, values::read_ordered(row, 1)?);
            Ok((offsets, at, values::read_log(row, 2)?))
        },
    )?;
    Ok(known.map(|(offsets, at, log)| Written::Line {
        log: if log == LogId(0) { first } else { log },
        offsets,
        at: Millis(at),
        known: true,
    }))
}

fn all_there(db: &Connection, logs: &[LogId]) -> Result<bool> {
    for log in logs {
        if !there(db, *log)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn there(db: &Connection, log: LogId) -> Result<bool> {
    let found = one(
        db,
        "SELECT 1 FROM logs WHERE log = ?1",
        [values::name(log.0)],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Gives an offset out.
fn next_offset(db: &Connection, now: Millis, log: LogId) -> Result<u64> {
    let offset = one(
        db,
        "UPDATE logs SET next = next + 1, touched = ?2,
             oldest = CASE WHEN first = next THEN ?2 ELSE oldest END
         WHERE log = ?1
         RETURNING next - 1",
        [values::name(log.0), values::ordered(now.0)],
        |row| values::read_ordered(row, 0),
    )?;
    offset.ok_or(rusqlite::Error::QueryReturnedNoRows)
}

/// Stores what was said; its number.
fn message(
    db: &Connection,
    now: Millis,
    (new, first): (&NewLine, LogId),
    offsets: &[u64],
) -> Result<i64> {
    run(
        db,
        "INSERT INTO messages
             (author, client_id, at, tick, role, manner, kept, name, text, offsets, home)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            values::name(new.from.0),
            values::name(new.client_id),
            values::ordered(now.0),
            new.tick.0,
            values::role(new.role),
            values::manner(new.manner),
            values::count(offsets.len()),
            new.name,
            new.text,
            values::offsets(offsets),
            values::name(first.0),
        ],
    )?;
    Ok(db.last_insert_rowid())
}

pub(super) fn slow(db: &Connection, log: LogId, seconds: u16) -> Result<Written> {
    let changed = run(
        db,
        "UPDATE logs SET slow = ?2 WHERE log = ?1",
        params![values::name(log.0), seconds],
    )?;
    Ok(done_if(changed))
}

/// Whoever comes in (standings 1, member, and 2, owner) reads what is stored after that, but for
/// whispers (kind 3). Of whoever is in already what it may read from on never falls: that may have
/// been asked for before it came in.
pub(super) fn member(
    db: &Connection,
    now: Millis,
    log: LogId,
    member: &Membership,
) -> Result<Written> {
    let since = one(
        db,
        "INSERT INTO members
             (log, account, name, standing, since, until, delivered, read, touched)
         SELECT log, ?2, ?3, ?4,
             CASE WHEN ?4 IN (1, 2) AND kind <> 3 AND NOT EXISTS
                 (SELECT 1 FROM members WHERE log = ?1 AND account = ?2 AND standing IN (1, 2))
             THEN max(?5, next) ELSE ?5 END,
             ?6, min(?7, next), min(?8, next), ?9 FROM logs WHERE log = ?1
         ON CONFLICT (log, account) DO UPDATE SET
             touched = excluded.touched, name = excluded.name, standing = excluded.standing,
             since = CASE WHEN standing IN (1, 2) AND excluded.standing IN (1, 2)
                 THEN max(since, excluded.since) ELSE excluded.since END,
             until = excluded.until,
             delivered = max(delivered, excluded.delivered), read = max(read, excluded.read)
         RETURNING since",
        params![
            values::name(log.0),
            values::name(member.account.0),
            member.name,
            values::standing(member.standing),
            values::ordered(member.since),
            values::ordered(member.until),
            values::ordered(member.delivered),
            values::ordered(member.read),
            values::ordered(now.0),
        ],
        |row| values::read_ordered(row, 0),
    )?;
    Ok(since.map_or(Written::Missing, |since| Written::Member { since }))
}

pub(super) fn mark(
    db: &Connection,
    now: Millis,
    log: LogId,
    account: AccountId,
    (delivered, read): (u64, u64),
) -> Result<Written> {
    let changed = run(
        db,
        "INSERT INTO members
             (log, account, name, standing, since, until, delivered, read, touched)
         SELECT log, ?2, '', ?3, 0, ?4, min(?5, next), min(?6, next), ?7 FROM logs WHERE log = ?1
         ON CONFLICT (log, account) DO UPDATE SET touched = excluded.touched,
             delivered = max(delivered, excluded.delivered), read = max(read, excluded.read)",
        params![
            values::name(log.0),
            values::name(account.0),
            values::standing(Standing::Member),
            values::ordered(u64::MAX),
            values::ordered(delivered),
            values::ordered(read),
            values::ordered(now.0),
        ],
    )?;
    Ok(done_if(changed))
}

pub(super) fn react(
    db: &Connection,
    line: (LogId, u64),
    account: AccountId,
    (sign, on): (&str, bool),
) -> Result<Written> {
    let place = (values::name(line.0.0), values::ordered(line.1));
    let found = one(
        db,
        "SELECT 1 FROM lines WHERE log = ?1 AND offset = ?2",
        place,
        |_| Ok(()),
    )?;
    if found.is_none() {
        return Ok(Written::Missing);
    }
    let who = values::name(account.0);
    if !on {
        run(
            db,
            "DELETE FROM reactions WHERE log = ?1 AND offset = ?2 AND sign = ?3 AND account = ?4",
            params![place.0, place.1, sign, who],
        )?;
    } else if has_room_for(db, place, sign)? {
        run(
            db,
            "INSERT INTO reactions (log, offset, sign, account) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
            params![place.0, place.1, sign, who],
        )?;
    }
    Ok(Written::Reactions(signs(db, place)?))
}

fn has_room_for(db: &Connection, place: (i64, i64), sign: &str) -> Result<bool> {
    let room = one(
        db,
        "SELECT count(*) < ?4 AND (count(DISTINCT sign) < ?5 OR max(sign = ?3))
         FROM reactions WHERE log = ?1 AND offset = ?2",
        params![
            place.0,
            place.1,
            sign,
            values::count(STORE_REACTIONS_PER_LINE_MAX),
            values::count(REACTIONS_MAX)
        ],
        |row| row.get(0),
    )?;
    Ok(room.unwrap_or(false))
}

fn signs(db: &Connection, place: (i64, i64)) -> Result<Vec<(String, Vec<AccountId>)>> {
    let reactions = all(
        db,
        "SELECT sign, account FROM reactions WHERE log = ?1 AND offset = ?2 ORDER BY reaction",
        place,
        |row| Ok((row.get::<_, String>(0)?, values::read_account(row, 1)?)),
    )?;
    let reactions = reactions.iter();
    Ok(by_sign(reactions.map(|(sign, who)| (sign.as_str(), *who))))
}

/// [`Written::Done`] when a row was changed.
pub(super) fn done_if(changed: usize) -> Written {
    if changed == 0 {
        Written::Missing
    } else {
        Written::Done
    }
}
