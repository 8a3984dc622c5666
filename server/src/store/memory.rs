//! A store in memory: for tests, and for servers that keep nothing.
//!
//! Never reads a clock and never fails. Whatever it answers, the store on the disk answers too: one
//! suite of tests holds both to it.

mod accounts;
mod logs;
mod prune;

use std::sync::{Arc, Mutex, PoisonError};

use self::accounts::Accounts;
use self::logs::Logs;
use super::{Reader, Store, texts};
use crate::engine::storage::{Found, Millis, Query, StoreFault, Write, Written};
use crate::limits::{STORE_AUDIT_MAX, STORE_FOUND_MAX, STORE_REPORTS_MAX};

/// Everything in memory, gone with it.
#[derive(Debug, Default)]
pub struct MemoryStore {
    logs: Logs,
    accounts: Accounts,
    /// Oldest first.
    reports: Vec<String>,
    /// Oldest first.
    audit: Vec<String>,
}

impl Store for MemoryStore {
    fn commit(&mut self, now: Millis, writes: &[Write]) -> Result<Vec<Written>, StoreFault> {
        Ok(writes.iter().map(|write| self.write(now, write)).collect())
    }

    fn find(&mut self, query: &Query) -> Result<Found, StoreFault> {
        Ok(self.found(query))
    }
}

impl MemoryStore {
    fn write(&mut self, now: Millis, write: &Write) -> Written {
        match write {
            Write::Open {
                key,
                log,
                epoch,
                name,
            } => self.logs.open(now, key, *log, *epoch, name),
            Write::Line(line) => self.logs.line(now, line),
            Write::Slow { log, seconds } => self.logs.slow(*log, *seconds),
            Write::Member { log, member } => self.logs.member(now, *log, member),
            Write::Mark {
                log,
                account,
                delivered,
                read,
            } => self.logs.mark(now, *log, *account, *delivered, *read),
            Write::React {
                log,
                offset,
                account,
                sign,
                on,
            } => self.logs.react((*log, *offset), *account, sign, *on),
            Write::Report {
                by,
                log,
                offset,
                why,
            } => match self.logs.around(*log, *offset) {
                Some(lines) => {
                    let text = texts::report(now, *by, (*log, *offset), why, &lines);
                    keep(&mut self.reports, text, STORE_REPORTS_MAX)
                }
                None => Written::Missing,
            },
            Write::Audit { by, what } => {
                let text = texts::audit(now, *by, what);
                keep(&mut self.audit, text, STORE_AUDIT_MAX)
            }
            Write::Prune { lines_max, before } => {
                self.accounts.prune(now);
                let pruned = self.logs.prune(now, *lines_max, *before);
                if pruned == (Written::Pruned { more: false }) {
                    let logs = &self.logs;
                    (self.accounts).forget_guests(*before, |who| logs.is_used(who, *before));
                }
                pruned
            }
            other => self.accounts.write(now, other),
        }
    }

    fn found(&self, query: &Query) -> Found {
        match query {
            Query::Desk(account) => {
                let logs = self.logs.of(*account);
                let hosts = self.logs.hosts(*account);
                let (blocked, followed) = self.accounts.neighbours(*account);
                Found::Desk {
                    logs,
                    hosts,
                    blocked,
                    followed,
                }
            }
            Query::Lines {
                log,
                from,
                below,
                count,
                newest,
            } => Found::Lines(self.logs.lines(*log, *from..*below, *count, *newest)),
            Query::Reactions { log, from, below } => {
                Found::Reactions(self.logs.reactions(*log, *from..*below))
            }
            Query::Members(log) => Found::Members(self.logs.members(*log)),
            Query::Whisper(one, other) => Found::Members(self.logs.whisper(*one, *other)),
            Query::Reports(count) => newest(&self.reports, *count),
            Query::Audit(count) => newest(&self.audit, *count),
            other => self.accounts.found(other),
        }
    }
}

/// Appends a text; past `max` the oldest goes.
fn keep(texts: &mut Vec<String>, text: String, max: usize) -> Written {
    texts.push(text);
    if texts.len() > max {
        texts.remove(0);
    }
    Written::Done
}

fn newest(texts: &[String], count: usize) -> Found {
    let newest = texts.iter().rev().take(count.min(STORE_FOUND_MAX));
    Found::Texts(newest.cloned().collect())
}

/// A [`MemoryStore`] that several own.
#[derive(Clone, Debug, Default)]
pub struct SharedMemory(Arc<Mutex<MemoryStore>>);

impl Store for SharedMemory {
    fn commit(&mut self, now: Millis, writes: &[Write]) -> Result<Vec<Written>, StoreFault> {
        let mut store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        store.commit(now, writes)
    }

    fn find(&mut self, query: &Query) -> Result<Found, StoreFault> {
        Reader::find(self, query)
    }
}

impl Reader for SharedMemory {
    fn find(&mut self, query: &Query) -> Result<Found, StoreFault> {
        let store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(store.found(query))
    }
}
