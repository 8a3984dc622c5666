//! What the store on the disk forgets.
//!
//! Never forgets a line before all older ones of its log, and never takes more rows away, or looks
//! at more logs, in one commit than the bounds say.
//!
//! ```text
//! ended tokens, keys, sanctions, known lines -> logs, one after another -> what guests left
//!                                               from where the last turn got, which is kept
//! ```

use rusqlite::{Connection, Result, params};

use super::statement::{all, one, run, while_wanted};
use super::values;
use crate::engine::storage::{Millis, Written};
use crate::limits::{STORE_KNOWN_TIME, STORE_PRUNE_LINES_MAX, STORE_PRUNE_LOGS_MAX};

/// A log that is looked at.
struct Candidate {
    /// Its number as it stands in its column.
    log: i64,
    first: u64,
    next: u64,
    /// When its oldest line was stored.
    oldest: u64,
    /// Whether it goes once it has no line, if nobody is in it.
    may_go: bool,
}

/// What is too old or one too many, and how many rows may still go.
struct Pruning {
    lines_max: u64,
    before: Millis,
    budget: usize,
}

pub(super) fn prune(
    db: &Connection,
    now: Millis,
    lines_max: u64,
    before: Millis,
) -> Result<Written> {
    let mut pruning = Pruning {
        lines_max,
        before,
        budget: STORE_PRUNE_LINES_MAX,
    };
    pruning.forget_ended(db, now)?;
    let all_seen = pruning.go_on(db)?;
    // Rows of which no log has a line any more since just now.
    pruning.forget_messages(db, now)?;
    let gone = if all_seen && pruning.budget > 0 {
        forget_guests(db, before)?
    } else {
        0
    };
    Ok(Written::Pruned {
        more: !all_seen || pruning.budget == 0 || gone >= STORE_PRUNE_LINES_MAX,
    })
}

impl Pruning {
    /// Forgets by one statement, as many rows as may still go.
    fn forget(&mut self, db: &Connection, sql: &'static str, value: i64) -> Result<()> {
        if self.budget > 0 {
            self.budget -= run(db, sql, [value, values::count(self.budget)])?.min(self.budget);
        }
        Ok(())
    }

    fn forget_ended(&mut self, db: &Connection, now: Millis) -> Result<()> {
        for sql in [
            "DELETE FROM tokens WHERE id IN
                 (SELECT id FROM tokens WHERE until <= ?1 LIMIT ?2)",
            "DELETE FROM keys WHERE digest IN
                 (SELECT digest FROM keys WHERE until <= ?1 LIMIT ?2)",
            "DELETE FROM held WHERE (account, sanction) IN
                 (SELECT account, sanction FROM held WHERE until <= ?1 LIMIT ?2)",
        ] {
            self.forget(db, sql, values::ordered(now.0))?;
        }
        Ok(())
    }

    /// Forgets what no log has a line for and nobody will send again.
    fn forget_messages(&mut self, db: &Connection, now: Millis) -> Result<()> {
        let known_time = u64::try_from(STORE_KNOWN_TIME.as_millis()).unwrap_or(u64::MAX);
        self.forget(
            db,
            "DELETE FROM messages WHERE message IN
                 (SELECT message FROM messages WHERE kept = 0 AND at < ?1 LIMIT ?2)",
            values::ordered(now.0.saturating_sub(known_time)),
        )
    }

    /// Looks at the next logs; whether they were the last.
    fn go_on(&mut self, db: &Connection) -> Result<bool> {
        let candidates = self.next_logs(db)?;
        let mut seen = candidates.len() < STORE_PRUNE_LOGS_MAX;
        let mut until = None;
        for candidate in &candidates {
            if self.budget > 0 {
                self.shorten(db, candidate)?;
            }
            if self.budget == 0 {
                // It may have more: the next turn begins with it.
                seen = false;
                break;
            }
            until = Some(candidate.log);
        }
        if seen {
            run(db, "DELETE FROM state WHERE key = 'pruned'", [])?;
        } else if let Some(log) = until {
            run(
                db,
                "INSERT INTO state (key, value) VALUES ('pruned', ?1)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [values::offsets(&[log.cast_unsigned()])],
            )?;
        }
        Ok(seen)
    }

    /// Kinds 2 and 3 are what was heard nearby and whispers, which go whoever is in them; 4 and 5
    /// are parties and groups, which go when all have left (standing 3); 0 and 1 are rooms and
    /// teams, whose members are only marks. The server's own (6) stays.
    fn next_logs(&self, db: &Connection) -> Result<Vec<Candidate>> {
        let got_to = one(
            db,
            "SELECT value FROM state WHERE key = 'pruned'",
            [],
            |row| values::read_offsets(row, 0),
        )?;
        let got_to = got_to.and_then(|logs| logs.first().copied());
        all(
            db,
            "SELECT log, first, next, oldest,
                 touched < ?2 AND (kind IN (0, 1, 2, 3)
                     OR (kind IN (4, 5) AND NOT EXISTS
                         (SELECT 1 FROM members WHERE members.log = logs.log AND standing <> 3)))
             FROM logs WHERE (?1 IS NULL OR log > ?1) ORDER BY log LIMIT ?3",
            params![
                got_to.map(u64::cast_signed),
                values::ordered(self.before.0),
                values::count(STORE_PRUNE_LOGS_MAX)
            ],
            |row| {
                Ok(Candidate {
                    log: row.get(0)?,
                    first: values::read_ordered(row, 1)?,
                    next: values::read_ordered(row, 2)?,
                    oldest: values::read_ordered(row, 3)?,
                    may_go: row.get(4)?,
                })
            },
        )
    }

    /// Takes the oldest lines off a log, and drops it when it ends with that.
    fn shorten(&mut self, db: &Connection, log: &Candidate) -> Result<()> {
        let mut first = log.first;
        let too_many = log.next.saturating_sub(log.first) > self.lines_max;
        if first < log.next && (too_many || log.oldest < self.before.0) {
            first = self.take_lines(db, log)?;
        }
        if log.may_go && first == log.next && self.budget > 0 {
            self.drop_log(db, log.log)?;
        }
        Ok(())
    }

    /// The offset of the oldest line that stays.
    fn take_lines(&mut self, db: &Connection, log: &Candidate) -> Result<u64> {
        let (mut left, mut taken) = (log.next - log.first, 0);
        let mut oldest = 0;
        let gone = while_wanted(
            db,
            "SELECT message, at FROM lines JOIN messages USING (message)
             WHERE log = ?1 AND offset >= ?2 ORDER BY offset",
            [log.log, values::ordered(log.first)],
            |row| {
                oldest = values::read_ordered(row, 1)?;
                let goes = left > self.lines_max || oldest < self.before.0;
                if !goes || taken == self.budget {
                    return Ok(None);
                }
                (left, taken) = (left - 1, taken + 1);
                row.get::<_, i64>(0).map(Some)
            },
        )?;
        for message in &gone {
            run(
                db,
                "UPDATE messages SET kept = kept - 1 WHERE message = ?1",
                [message],
            )?;
        }
        let first = log.first + gone.len() as u64;
        run(
            db,
            "DELETE FROM lines WHERE log = ?1 AND offset < ?2",
            [log.log, values::ordered(first)],
        )?;
        run(
            db,
            "UPDATE logs SET first = ?2, oldest = ?3 WHERE log = ?1",
            [log.log, values::ordered(first), values::ordered(oldest)],
        )?;
        self.budget -= gone.len();
        Ok(first)
    }

    /// Drops a log without a line: first whoever is in it, as many as may still go, then itself.
    fn drop_log(&mut self, db: &Connection, log: i64) -> Result<()> {
        self.forget(
            db,
            "DELETE FROM members WHERE log = ?1 AND account IN
                 (SELECT account FROM members WHERE log = ?1 LIMIT ?2)",
            log,
        )?;
        if self.budget > 0 {
            self.budget -= run(db, "DELETE FROM logs WHERE log = ?1", [log])?;
        }
        Ok(())
    }
}

/// Forgets what was not of use for long of guests, whose accounts are below 0: how far they got and
/// that they left; that they are in parties and groups nobody opened; whom they block and follow,
/// if nothing of theirs was of use. Whispers (kind 3) wait for them as long as there are lines, and
/// of parties and groups (4 and 5) those who left (standing 3) go. How many.
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
