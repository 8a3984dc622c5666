//! A store in memory: for tests, and for servers that keep nothing.
//!
//! Never reads a clock and never fails. Whatever it answers, the store on the disk answers too: one
//! suite of tests holds both to it.

mod accounts;
mod logs;
mod prune;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tickwire_shared::id::{AccountId, LogId};

use self::accounts::Accounts;
use self::logs::Logs;
use super::{Reader, Store, texts};
use crate::engine::storage::{Found, Millis, Query, StoreFault, Write, Written};
use crate::limits::{STORE_AUDIT_MAX, STORE_FOUND_MAX, STORE_PRUNE_LINES_MAX, STORE_REPORTS_MAX};

/// Everything in memory, gone with it.
#[derive(Debug, Default)]
pub struct MemoryStore {
    logs: Logs,
    accounts: Accounts,
    /// By number, from 1 on.
    reports: BTreeMap<u64, String>,
    /// Who reported which line, and the number of that report.
    reported: BTreeMap<(AccountId, LogId, u64), u64>,
    /// By number, from 1 on.
    audit: BTreeMap<u64, String>,
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
                    self.report((*by, *log, *offset), text)
                }
                None => Written::Missing,
            },
            Write::Audit { by, what } => {
                let text = texts::audit(now, *by, what);
                keep(&mut self.audit, text, STORE_AUDIT_MAX)
            }
            Write::All(parts) => {
                let mut answer = Written::Done;
                for part in parts {
                    match self.write(now, part) {
                        line @ Written::Line { known: false, .. } => answer = line,
                        done if done.is_done() => {}
                        other => return other,
                    }
                }
                answer
            }
            Write::Prune { lines_max, before } => {
                let budget = self.accounts.prune(now, STORE_PRUNE_LINES_MAX);
                let pruned = self.logs.prune(now, *lines_max, *before, budget);
                if pruned == (Written::Pruned { more: false }) {
                    let logs = &self.logs;
                    (self.accounts).forget_guests(*before, |who| logs.is_used(who, *before));
                }
                pruned
            }
            other => self.accounts.write(now, other),
        }
    }

    /// Whoever reports the same line again has it reported already.
    fn report(&mut self, what: (AccountId, LogId, u64), text: String) -> Written {
        if self.reported.contains_key(&what) {
            return Written::Done;
        }
        keep(&mut self.reports, text, STORE_REPORTS_MAX);
        let number = |end: Option<(&u64, &String)>| end.map_or(0, |(number, _)| *number);
        let (first, last) = (
            number(self.reports.first_key_value()),
            number(self.reports.last_key_value()),
        );
        self.reported.insert(what, last);
        self.reported.retain(|_, number| *number >= first);
        Written::Done
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
            Query::Stored(author, id) => Found::Stored(self.logs.place(*author, *id)),
            Query::Members(log) => Found::Members(self.logs.members(*log)),
            Query::Whisper(one, other) => Found::Members(self.logs.whisper(*one, *other)),
            Query::Reports { below, count } => newest(&self.reports, *below, *count),
            Query::Audit { below, count } => newest(&self.audit, *below, *count),
            other => self.accounts.found(other),
        }
    }
}

/// Appends a text; past `max` the oldest goes.
fn keep(texts: &mut BTreeMap<u64, String>, text: String, max: usize) -> Written {
    let last = texts.last_key_value().map_or(0, |(number, _)| *number);
    texts.insert(last + 1, text);
    if texts.len() > max {
        texts.pop_first();
    }
    Written::Done
}

fn newest(texts: &BTreeMap<u64, String>, below: u64, count: usize) -> Found {
    let newest = texts.range(..below).rev().take(count.min(STORE_FOUND_MAX));
    Found::Texts(
        newest
            .map(|(number, text)| (*number, text.clone()))
            .collect(),
    )
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
