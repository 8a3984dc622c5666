//! How values stand in the columns.
//!
//! Never guesses: a number that means nothing is an error of the file.
//!
//! ```text
//! numbers that only name (accounts, logs, client ids)   their 64 bits, as a signed integer
//! numbers with an order (offsets, milliseconds)         as they are; the largest means "for ever"
//! roles, manners, standings, sanctions, kinds of logs   the numbers below, which never change
//! ```

use rusqlite::types::Type;
use rusqlite::{Error, Result, Row};
use tickwire_shared::id::{AccountId, LogId, Tick};
use tickwire_shared::wire::{BoundedStr, Line, Manner, Role, Sanction, Standing};

use crate::engine::storage::{LogHead, LogKey, Membership};
use crate::store::kept_number;

const ROLES: [Role; 4] = [Role::Player, Role::Bot, Role::Moderator, Role::Admin];
const MANNERS: [Manner; 3] = [Manner::Said, Manner::Emote, Manner::Notice];
const STANDINGS: [Standing; 4] = [
    Standing::Invited,
    Standing::Member,
    Standing::Owner,
    Standing::Left,
];
const SANCTIONS: [Sanction; 4] = [
    Sanction::Shadow,
    Sanction::Mute,
    Sanction::Kick,
    Sanction::Ban,
];

/// A number that only names.
pub(super) const fn name(number: u64) -> i64 {
    number.cast_signed()
}

/// A number with an order.
pub(super) fn ordered(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// How many.
pub(super) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn role(role: Role) -> i64 {
    place(&ROLES, role)
}

pub(super) fn manner(manner: Manner) -> i64 {
    place(&MANNERS, manner)
}

pub(super) fn standing(standing: Standing) -> i64 {
    place(&STANDINGS, standing)
}

pub(super) fn sanction(sanction: Sanction) -> i64 {
    place(&SANCTIONS, sanction)
}

fn place<T: Copy + PartialEq>(all: &[T], value: T) -> i64 {
    let place = all.iter().position(|other| *other == value);
    place.map_or(-1, count)
}

/// The columns of a key: kind, room, and two numbers.
pub(super) fn key(key: &LogKey) -> (i64, &str, i64, i64) {
    match key {
        LogKey::Room(room) => (0, room, 0, 0),
        LogKey::Team(room, team) => (1, room, i64::from(*team), 0),
        LogKey::Near(room, account) => (2, room, name(account.0), 0),
        LogKey::Whisper(one, other) => (3, "", name(one.0), name(other.0)),
        LogKey::Party(log) => (4, "", name(log.0), 0),
        LogKey::Group(log) => (5, "", name(log.0), 0),
        LogKey::Server => (6, "", 0, 0),
    }
}

pub(super) fn read_account(row: &Row<'_>, column: usize) -> Result<AccountId> {
    row.get(column).map(i64::cast_unsigned).map(AccountId)
}

pub(super) fn read_log(row: &Row<'_>, column: usize) -> Result<LogId> {
    row.get(column).map(i64::cast_unsigned).map(LogId)
}

/// A number with an order.
pub(super) fn read_ordered(row: &Row<'_>, column: usize) -> Result<u64> {
    let number = row.get::<_, i64>(column)?;
    let number = u64::try_from(number).map_err(|_| wrong(column))?;
    Ok(kept_number(number))
}

pub(super) fn read_role(row: &Row<'_>, column: usize) -> Result<Role> {
    at_place(&ROLES, row, column)
}

pub(super) fn read_sanction(row: &Row<'_>, column: usize) -> Result<Sanction> {
    at_place(&SANCTIONS, row, column)
}

fn at_place<T: Copy>(all: &[T], row: &Row<'_>, column: usize) -> Result<T> {
    let value = all.get(usize::from(row.get::<_, u8>(column)?));
    value.copied().ok_or_else(|| wrong(column))
}

/// The columns kind, room, one, other, log, epoch, first, next, name, slow, from 0 on.
pub(super) fn read_head(row: &Row<'_>) -> Result<LogHead> {
    let room = || row.get::<_, String>(1);
    let (one, other) = (row.get::<_, i64>(2)?, row.get::<_, i64>(3)?);
    let (one_number, other) = (one.cast_unsigned(), other.cast_unsigned());
    let key = match row.get::<_, i64>(0)? {
        0 => LogKey::Room(room()?),
        1 => LogKey::Team(room()?, u8::try_from(one).map_err(|_| wrong(2))?),
        2 => LogKey::Near(room()?, AccountId(one_number)),
        3 => LogKey::Whisper(AccountId(one_number), AccountId(other)),
        4 => LogKey::Party(LogId(one_number)),
        5 => LogKey::Group(LogId(one_number)),
        6 => LogKey::Server,
        _ => return Err(wrong(0)),
    };
    Ok(LogHead {
        key,
        log: read_log(row, 4)?,
        epoch: row.get(5)?,
        first: read_ordered(row, 6)?,
        next: read_ordered(row, 7)?,
        name: row.get(8)?,
        slow_seconds: row.get(9)?,
    })
}

/// The columns account, name, standing, since, until, delivered, read, from `start` on.
pub(super) fn read_membership(row: &Row<'_>, start: usize) -> Result<Membership> {
    Ok(Membership {
        account: read_account(row, start)?,
        name: row.get(start + 1)?,
        standing: at_place(&STANDINGS, row, start + 2)?,
        since: read_ordered(row, start + 3)?,
        until: read_ordered(row, start + 4)?,
        delivered: read_ordered(row, start + 5)?,
        read: read_ordered(row, start + 6)?,
    })
}

/// The columns offset, author, name, role, at, tick, manner, text.
pub(super) fn read_line(row: &Row<'_>) -> Result<Line> {
    Ok(Line {
        offset: read_ordered(row, 0)?,
        from: read_account(row, 1)?,
        name: BoundedStr::cut(row.get_ref(2)?.as_str()?),
        role: read_role(row, 3)?,
        at: read_ordered(row, 4)?,
        tick: Tick(row.get(5)?),
        manner: at_place(&MANNERS, row, 6)?,
        text: BoundedStr::cut(row.get_ref(7)?.as_str()?),
    })
}

/// Offsets as they stand in one column: eight bytes each.
pub(super) fn offsets(offsets: &[u64]) -> Vec<u8> {
    let bytes = offsets.iter().flat_map(|offset| offset.to_le_bytes());
    bytes.collect()
}

pub(super) fn read_offsets(row: &Row<'_>, column: usize) -> Result<Vec<u64>> {
    let (offsets, rest) = row.get_ref(column)?.as_blob()?.as_chunks();
    if !rest.is_empty() {
        return Err(wrong(column));
    }
    Ok(offsets.iter().copied().map(u64::from_le_bytes).collect())
}

/// A column whose value means nothing.
pub(super) fn wrong(column: usize) -> Error {
    Error::FromSqlConversionFailure(column, Type::Integer, "no such value".into())
}
