//! Who writes at the moment, and how often this client says that it does.
//!
//! Never knows what is written.

use core::time::Duration;
use std::collections::BTreeMap;

use crate::id::{AccountId, LogId};
use crate::limits::{TYPING_MILLIS, TYPIST_MILLIS, TYPISTS_MAX};
use crate::time::Instant;

/// Who writes where, until when.
#[derive(Clone, Debug, Default)]
pub(super) struct Typists {
    shown: BTreeMap<(LogId, AccountId), Instant>,
    /// When this client last said so, by log.
    told: BTreeMap<LogId, Instant>,
}

impl Typists {
    /// Somebody writes. False when that is shown already, or too many do.
    pub(super) fn note(&mut self, now: Instant, log: LogId, account: AccountId) -> bool {
        self.expire(now);
        let known = self.shown.contains_key(&(log, account));
        if !known && self.shown.len() >= TYPISTS_MAX {
            return false;
        }
        let until = now + Duration::from_millis(TYPIST_MILLIS);
        self.shown.insert((log, account), until);
        !known
    }

    /// Somebody's line is there: it is not written any more.
    pub(super) fn done(&mut self, log: LogId, account: AccountId) {
        self.shown.remove(&(log, account));
    }

    pub(super) fn of(&self, log: LogId) -> impl Iterator<Item = AccountId> {
        let from = (log, AccountId(0));
        let here = self.shown.range(from..=(log, AccountId(u64::MAX)));
        here.map(|((_, account), _)| *account)
    }

    /// Whether to say now that this player writes.
    pub(super) fn is_due(&mut self, now: Instant, log: LogId) -> bool {
        let between = Duration::from_millis(TYPING_MILLIS);
        self.told.retain(|_, &mut told| now.since(told) < between);
        let due = self.told.len() < TYPISTS_MAX && !self.told.contains_key(&log);
        if due {
            self.told.insert(log, now);
        }
        due
    }

    pub(super) fn expire(&mut self, now: Instant) {
        self.shown.retain(|_, &mut until| until > now);
    }

    /// The link is another one.
    pub(super) fn clear(&mut self) {
        *self = Typists::default();
    }
}
