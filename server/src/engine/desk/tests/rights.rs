//! Who may read which lines, by what was committed: kept beside the desk, so that it sees whether
//! the desk is wrong.

use std::collections::BTreeMap;
use std::ops::Range;

use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::wire::Standing;

use crate::engine::storage::{Found, LogKey, Query, Write, Written};
use crate::store::{SharedMemory, Store};

/// Who may read what.
#[derive(Default)]
pub struct Rights {
    keys: BTreeMap<LogId, LogKey>,
    /// The offset of the next line.
    ends: BTreeMap<LogId, u64>,
    /// From where on an account was in a log, and until where, each time.
    stays: BTreeMap<(LogId, AccountId), Vec<Range<u64>>>,
}

impl Rights {
    /// A write was committed.
    pub fn note(&mut self, store: &mut SharedMemory, write: &Write, written: &Written) {
        match (write, written) {
            (Write::Open { .. }, Written::Log(head)) => {
                self.keys.insert(head.log, head.key.clone());
            }
            (Write::Line(line), Written::Line { offsets, .. }) => {
                for (&log, &offset) in line.logs.iter().zip(offsets) {
                    let end = self.ends.entry(log).or_default();
                    *end = (*end).max(offset + 1);
                }
            }
            (Write::Member { log, member }, done) if done.is_done() => {
                self.stand(store, *log, member.account);
            }
            (Write::All(parts), Written::Done) => {
                for part in parts {
                    self.note(store, part, written);
                }
            }
            (Write::All(parts), written) => {
                if let Some(first) = parts.first() {
                    self.note(store, first, written);
                }
            }
            _ => {}
        }
    }

    /// How an account stands to a log has changed.
    fn stand(&mut self, store: &mut SharedMemory, log: LogId, account: AccountId) {
        let Ok(Found::Members(members)) = store.find(&Query::Members(log)) else {
            panic!("of a log");
        };
        let member = members.iter().find(|member| member.account == account);
        let member = member.expect("it was written");
        let end = self.ends.get(&log).copied().unwrap_or_default();
        let stays = self.stays.entry((log, account)).or_default();
        let is_in = matches!(member.standing, Standing::Member | Standing::Owner);
        match stays.last_mut().filter(|stay| stay.end == u64::MAX) {
            // What was stored before it left was still its own.
            Some(stay) if !is_in => stay.end = end,
            Some(_) => {}
            None if is_in => stays.push(member.since..u64::MAX),
            None => {}
        }
    }

    /// Whether an account is in a log with members.
    pub fn is_in(&self, account: AccountId, log: LogId) -> bool {
        let stays = self.stays.get(&(log, account));
        stays.is_some_and(|stays| stays.iter().any(|stay| stay.end == u64::MAX))
    }

    /// Whether an account may read a line.
    pub fn allow(&self, account: AccountId, log: LogId, offset: u64) -> bool {
        match self.keys.get(&log) {
            None => false,
            Some(LogKey::Room(_) | LogKey::Server) => true,
            Some(LogKey::Near(_, whose)) => *whose == account,
            Some(_) => {
                let stays = self.stays.get(&(log, account));
                stays.is_some_and(|stays| stays.iter().any(|stay| stay.contains(&offset)))
            }
        }
    }
}
