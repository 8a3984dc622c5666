//! What is written of accounts: who may log in, what they are held to, whom they want to hear.
//!
//! Never keeps a key or a token, only what tells whether one is good.

use rusqlite::{Connection, Result, params};
use tickwire_shared::id::AccountId;

use super::chat::done_if;
use super::statement::{one, run};
use super::values;
use crate::engine::storage::{Account, Held, Millis, Write, Written};
use crate::limits::KEYS_PER_ACCOUNT_MAX;

/// Everything but what is about logs, reports and the audit log.
pub(super) fn write(db: &Connection, now: Millis, write: &Write) -> Result<Written> {
    match write {
        Write::Register(account) => register(db, now, account),
        Write::Role(account, role) => run(
            db,
            "UPDATE accounts SET role = ?2 WHERE account = ?1",
            [values::name(account.0), values::role(*role)],
        )
        .map(done_if),
        Write::UseToken { id, until } => use_token(db, id, *until),
        Write::Key {
            digest,
            account,
            room,
            until,
        } => key(db, digest, *account, (room.as_deref(), *until)),
        Write::ProlongKey {
            digest,
            account,
            until,
        } => run(
            db,
            "UPDATE keys SET until = ?3 WHERE digest = ?1 AND account = ?2",
            params![
                digest.as_slice(),
                values::name(account.0),
                values::ordered(until.0)
            ],
        )
        .map(done_if),
        Write::DropKeys(account) => run(
            db,
            "DELETE FROM keys WHERE account = ?1",
            [values::name(account.0)],
        )
        .map(|_| Written::Done),
        Write::Hold(held) => hold(db, now, held),
        Write::Block {
            account,
            other,
            name,
            on,
        } => block(db, (*account, *other), (now, name), *on),
        Write::Follow {
            account,
            other,
            name,
            on,
        } => follow(db, (*account, *other), (now, name), *on),
        _ => Ok(Written::Missing),
    }
}

fn register(db: &Connection, now: Millis, new: &Account) -> Result<Written> {
    let made = run(
        db,
        "INSERT INTO accounts (account, made, role, name, skeleton, password, subject)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT DO NOTHING",
        params![
            values::name(new.account.0),
            values::ordered(now.0),
            values::role(new.role),
            new.name,
            new.skeleton,
            new.password,
            new.subject,
        ],
    )?;
    Ok(taken_unless(made))
}

fn use_token(db: &Connection, id: &str, until: Millis) -> Result<Written> {
    let noted = run(
        db,
        "INSERT INTO tokens (id, until) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        params![id, values::ordered(until.0)],
    )?;
    Ok(taken_unless(noted))
}

fn key(
    db: &Connection,
    digest: &[u8; 32],
    account: AccountId,
    (room, until): (Option<&str>, Millis),
) -> Result<Written> {
    let there = one(
        db,
        "SELECT 1 FROM accounts WHERE account = ?1",
        [values::name(account.0)],
        |_| Ok(()),
    )?;
    if there.is_none() {
        return Ok(Written::Missing);
    }
    let noted = run(
        db,
        "INSERT INTO keys (digest, account, until, room) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (digest) DO UPDATE SET until = excluded.until, room = excluded.room
         WHERE account = excluded.account",
        params![
            digest.as_slice(),
            values::name(account.0),
            values::ordered(until.0),
            room,
        ],
    )?;
    drop_oldest_keys(db, digest, account)?;
    Ok(taken_unless(noted))
}

/// Past so many of an account those go that end first, but not this one.
fn drop_oldest_keys(db: &Connection, digest: &[u8; 32], account: AccountId) -> Result<usize> {
    run(
        db,
        "DELETE FROM keys WHERE digest IN
             (SELECT digest FROM keys WHERE account = ?1
              ORDER BY digest = ?2 DESC, until DESC, digest LIMIT -1 OFFSET ?3)",
        params![
            values::name(account.0),
            digest.as_slice(),
            values::count(KEYS_PER_ACCOUNT_MAX)
        ],
    )
}

fn hold(db: &Connection, now: Millis, held: &Held) -> Result<Written> {
    let (account, sanction) = (
        values::name(held.account.0),
        values::sanction(held.sanction),
    );
    if held.until <= now {
        run(
            db,
            "DELETE FROM held WHERE account = ?1 AND sanction = ?2",
            [account, sanction],
        )?;
        return Ok(Written::Done);
    }
    run(
        db,
        "INSERT INTO held (account, sanction, until, by, why) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (account, sanction) DO UPDATE SET
             until = excluded.until, by = excluded.by, why = excluded.why",
        params![
            account,
            sanction,
            values::ordered(held.until.0),
            values::name(held.by.0),
            held.why,
        ],
    )?;
    Ok(Written::Done)
}

fn block(
    db: &Connection,
    pair: (AccountId, AccountId),
    note: (Millis, &str),
    on: bool,
) -> Result<Written> {
    if on {
        let sql = "INSERT INTO blocked (account, other, touched, name) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (account, other) DO UPDATE SET
                 touched = excluded.touched, name = excluded.name";
        return keep_pair(db, sql, pair, note);
    }
    drop_pair(
        db,
        "DELETE FROM blocked WHERE account = ?1 AND other = ?2",
        pair,
    )
}

fn follow(
    db: &Connection,
    pair: (AccountId, AccountId),
    note: (Millis, &str),
    on: bool,
) -> Result<Written> {
    if on {
        let sql = "INSERT INTO followed (account, other, touched, name) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (account, other) DO UPDATE SET
                 touched = excluded.touched, name = excluded.name";
        return keep_pair(db, sql, pair, note);
    }
    drop_pair(
        db,
        "DELETE FROM followed WHERE account = ?1 AND other = ?2",
        pair,
    )
}

fn keep_pair(
    db: &Connection,
    sql: &'static str,
    (account, other): (AccountId, AccountId),
    (now, name): (Millis, &str),
) -> Result<Written> {
    let who = [account, other].map(|account| values::name(account.0));
    run(
        db,
        sql,
        params![who[0], who[1], values::ordered(now.0), name],
    )?;
    Ok(Written::Done)
}

fn drop_pair(
    db: &Connection,
    sql: &'static str,
    (account, other): (AccountId, AccountId),
) -> Result<Written> {
    run(db, sql, [values::name(account.0), values::name(other.0)])?;
    Ok(Written::Done)
}

/// [`Written::Taken`] when no row was written.
fn taken_unless(written: usize) -> Written {
    if written == 0 {
        Written::Taken
    } else {
        Written::Done
    }
}
