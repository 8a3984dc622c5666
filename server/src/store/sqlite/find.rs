//! What is looked up on the disk.
//!
//! Never changes anything, and never sees half of a commit: what takes several statements is one
//! read transaction.

use rusqlite::{Connection, Params, Result, Row, params};
use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::wire::Line;

use super::statement::{all, one};
use super::values;
use crate::engine::storage::{
    Account, Found, Held, KeyOwner, LineReactions, LogHead, LogKey, Membership, Millis, Query,
};
use crate::limits::{REPORT_LINES_AFTER, REPORT_LINES_BEFORE, STORE_FOUND_MAX};
use crate::store::signs::by_sign;

/// The columns that [`read_account`] reads.
macro_rules! account_where {
    ($condition:literal) => {
        concat!(
            "SELECT account, name, skeleton, role, password, subject FROM accounts WHERE ",
            $condition
        )
    };
}

pub(super) fn found(db: &Connection, query: &Query) -> Result<Found> {
    match query {
        Query::Desk(account) => whole(db, |db| desk(db, *account)),
        Query::Lines {
            log,
            from,
            below,
            count,
            newest,
        } => lines(db, *log, (*from, *below), *count, *newest).map(Found::Lines),
        Query::Reactions { log, from, below } => {
            reactions(db, *log, (*from, *below)).map(Found::Reactions)
        }
        Query::Stored(author, id) => place(db, *author, *id).map(Found::Stored),
        Query::Members(log) => members(db, *log).map(Found::Members),
        Query::Whisper(one, other) => whole(db, |db| whisper(db, *one, *other).map(Found::Members)),
        Query::Account(number) => {
            account(db, account_where!("account = ?1"), [values::name(number.0)])
        }
        Query::Skeleton(skeleton) => account(db, account_where!("skeleton = ?1"), [skeleton]),
        Query::Subject(subject) => account(
            db,
            account_where!("subject = ?1 AND subject <> ''"),
            [subject],
        ),
        Query::Key(digest, now) => key_owner(db, digest, *now),
        Query::Names => names(db),
        Query::Held(now) => held(db, *now),
        Query::Reports { below, count } => texts(
            db,
            "SELECT report, text FROM reports WHERE report < ?1 ORDER BY report DESC LIMIT ?2",
            (*below, *count),
        ),
        Query::Audit { below, count } => texts(
            db,
            "SELECT entry, text FROM audit WHERE entry < ?1 ORDER BY entry DESC LIMIT ?2",
            (*below, *count),
        ),
    }
}

/// Where a line is; of one from before version 5 that is not known.
fn place(db: &Connection, author: AccountId, client_id: u64) -> Result<Option<(LogId, u64)>> {
    let found = one(
        db,
        "SELECT home, offsets FROM messages WHERE author = ?1 AND client_id = ?2 AND home <> 0",
        [values::name(author.0), values::name(client_id)],
        |row| Ok((values::read_log(row, 0)?, values::read_offsets(row, 1)?)),
    )?;
    Ok(found.and_then(|(log, offsets)| Some((log, *offsets.first()?))))
}

/// Reads in one transaction.
fn whole(db: &Connection, read: impl FnOnce(&Connection) -> Result<Found>) -> Result<Found> {
    let transaction = db.unchecked_transaction()?;
    let found = read(&transaction)?;
    transaction.commit()?;
    Ok(found)
}

/// Standing 0 is invited, 2 is owner, 3 has left; kinds 4 and 5 are parties and groups.
fn desk(db: &Connection, account: AccountId) -> Result<Found> {
    let some = [values::name(account.0), values::count(STORE_FOUND_MAX)];
    let logs: Vec<(LogHead, Membership)> = all(
        db,
        "SELECT kind, room, one, other, logs.log, epoch, first, next, logs.name, slow,
             account, members.name, standing, since, until, delivered, read
         FROM members JOIN logs ON logs.log = members.log WHERE account = ?1
         ORDER BY standing = 3, kind NOT IN (4, 5), logs.touched DESC, logs.log LIMIT ?2",
        some,
        |row| Ok((values::read_head(row)?, values::read_membership(row, 10)?)),
    )?;
    let mut hosts = all(
        db,
        "SELECT owners.log, owners.account, owners.name
         FROM members JOIN members AS owners ON owners.log = members.log AND owners.standing = 2
         WHERE members.account = ?1 AND members.standing = 0
         ORDER BY owners.log, owners.account LIMIT ?2",
        some,
        |row| {
            let name = row.get(2)?;
            Ok((
                values::read_log(row, 0)?,
                values::read_account(row, 1)?,
                name,
            ))
        },
    )?;
    hosts.sort();
    let mut blocked = all(
        db,
        "SELECT other, coalesce(accounts.name, blocked.name)
         FROM blocked LEFT JOIN accounts ON accounts.account = other
         WHERE blocked.account = ?1 ORDER BY other LIMIT ?2",
        some,
        |row| Ok((values::read_account(row, 0)?, row.get(1)?)),
    )?;
    blocked.sort();
    let mut followed = all(
        db,
        "SELECT other, coalesce(accounts.name, followed.name)
         FROM followed LEFT JOIN accounts ON accounts.account = other
         WHERE followed.account = ?1 ORDER BY other LIMIT ?2",
        some,
        |row| Ok((values::read_account(row, 0)?, row.get(1)?)),
    )?;
    followed.sort();
    Ok(Found::Desk {
        logs,
        hosts,
        blocked,
        followed,
    })
}

/// Lines of a log, oldest first.
fn lines(
    db: &Connection,
    log: LogId,
    (from, below): (u64, u64),
    count: usize,
    newest: bool,
) -> Result<Vec<Line>> {
    let sql = if newest {
        "SELECT offset, author, name, role, at, tick, manner, text
         FROM lines JOIN messages USING (message)
         WHERE log = ?1 AND offset >= ?2 AND offset < ?3 ORDER BY offset DESC LIMIT ?4"
    } else {
        "SELECT offset, author, name, role, at, tick, manner, text
         FROM lines JOIN messages USING (message)
         WHERE log = ?1 AND offset >= ?2 AND offset < ?3 ORDER BY offset LIMIT ?4"
    };
    let mut lines = all(
        db,
        sql,
        [
            values::name(log.0),
            values::ordered(from),
            values::ordered(below),
            values::count(count.min(STORE_FOUND_MAX)),
        ],
        values::read_line,
    )?;
    if newest {
        lines.reverse();
    }
    Ok(lines)
}

/// The lines around one of them; `None` when it is not there.
pub(super) fn around(db: &Connection, log: LogId, offset: u64) -> Result<Option<Vec<Line>>> {
    let there = one(
        db,
        "SELECT 1 FROM lines WHERE log = ?1 AND offset = ?2",
        [values::name(log.0), values::ordered(offset)],
        |_| Ok(()),
    )?;
    if there.is_none() {
        return Ok(None);
    }
    let from = offset.saturating_sub(REPORT_LINES_BEFORE);
    let below = offset.saturating_add(1 + REPORT_LINES_AFTER);
    lines(db, log, (from, below), STORE_FOUND_MAX, true).map(Some)
}

fn reactions(db: &Connection, log: LogId, (from, below): (u64, u64)) -> Result<Vec<LineReactions>> {
    let rows = all(
        db,
        "SELECT offset, sign, account FROM reactions
         WHERE log = ?1 AND offset IN
             (SELECT DISTINCT offset FROM reactions
              WHERE log = ?1 AND offset >= ?2 AND offset < ?3 ORDER BY offset LIMIT ?4)
         ORDER BY offset, reaction",
        [
            values::name(log.0),
            values::ordered(from),
            values::ordered(below),
            values::count(STORE_FOUND_MAX),
        ],
        |row| {
            let sign = row.get::<_, String>(1)?;
            Ok((
                values::read_ordered(row, 0)?,
                sign,
                values::read_account(row, 2)?,
            ))
        },
    )?;
    let by_line = rows.chunk_by(|(one, ..), (other, ..)| one == other);
    let lines = by_line.map(|rows| LineReactions {
        offset: rows[0].0,
        signs: by_sign(rows.iter().map(|(_, sign, who)| (sign.as_str(), *who))),
    });
    Ok(lines.collect())
}

fn members(db: &Connection, log: LogId) -> Result<Vec<Membership>> {
    let mut members = all(
        db,
        "SELECT account, name, standing, since, until, delivered, read
         FROM members WHERE log = ?1",
        [values::name(log.0)],
        |row| values::read_membership(row, 0),
    )?;
    members.sort_by_key(|member| member.account);
    Ok(members)
}

fn whisper(db: &Connection, one: AccountId, other: AccountId) -> Result<Vec<Membership>> {
    let key = LogKey::Whisper(one.min(other), one.max(other));
    let (kind, room, first, second) = values::key(&key);
    let log = super::statement::one(
        db,
        "SELECT log FROM logs WHERE kind = ?1 AND room = ?2 AND one = ?3 AND other = ?4",
        params![kind, room, first, second],
        |row| values::read_log(row, 0),
    )?;
    log.map_or_else(|| Ok(Vec::new()), |log| members(db, log))
}

fn account(db: &Connection, sql: &'static str, params: impl Params) -> Result<Found> {
    one(db, sql, params, read_account).map(Found::Account)
}

fn read_account(row: &Row<'_>) -> Result<Account> {
    Ok(Account {
        account: values::read_account(row, 0)?,
        name: row.get(1)?,
        skeleton: row.get(2)?,
        role: values::read_role(row, 3)?,
        password: row.get(4)?,
        subject: row.get(5)?,
    })
}

fn key_owner(db: &Connection, digest: &[u8; 32], now: Millis) -> Result<Found> {
    let owner = one(
        db,
        "SELECT account, name, skeleton, role, password, subject, room
         FROM keys JOIN accounts USING (account) WHERE digest = ?1 AND until > ?2",
        params![digest.as_slice(), values::ordered(now.0)],
        |row| {
            let account = read_account(row)?;
            Ok(KeyOwner {
                account,
                room: row.get(6)?,
            })
        },
    );
    owner.map(Found::Key)
}

fn names(db: &Connection) -> Result<Found> {
    let names = all(
        db,
        "SELECT skeleton, account FROM accounts ORDER BY skeleton",
        [],
        |row| Ok((row.get(0)?, values::read_account(row, 1)?)),
    );
    names.map(Found::Names)
}

fn held(db: &Connection, now: Millis) -> Result<Found> {
    let mut held = all(
        db,
        "SELECT account, sanction, until, by, why FROM held WHERE until > ?1",
        [values::ordered(now.0)],
        |row| {
            Ok(Held {
                account: values::read_account(row, 0)?,
                sanction: values::read_sanction(row, 1)?,
                until: Millis(values::read_ordered(row, 2)?),
                by: values::read_account(row, 3)?,
                why: row.get(4)?,
            })
        },
    )?;
    held.sort_by_key(|held| (held.account, held.sanction));
    Ok(Found::Held(held))
}

/// The newest texts, newest first.
fn texts(db: &Connection, sql: &'static str, (below, count): (u64, usize)) -> Result<Found> {
    let count = values::count(count.min(STORE_FOUND_MAX));
    let texts = all(db, sql, [values::ordered(below), count], |row| {
        Ok((values::read_ordered(row, 0)?, row.get(1)?))
    });
    texts.map(Found::Texts)
}
