//! What a store in memory forgets.
//!
//! Never forgets a line before all older ones of its log.

use std::collections::BTreeSet;

use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::wire::Standing;

use super::logs::{Log, Logs};
use crate::engine::storage::{LogKey, Millis, Written};
use crate::limits::{STORE_KNOWN_TIME, STORE_PRUNE_LINES_MAX};

impl Logs {
    pub(super) fn prune(&mut self, now: Millis, lines_max: u64, before: Millis) -> Written {
        let mut budget = STORE_PRUNE_LINES_MAX;
        let mut gone = Vec::new();
        for log in self.logs.values_mut() {
            while budget > 0 && log.has_old_line(lines_max, before) {
                gone.extend(log.lines.pop_front());
                log.head.first += 1;
                budget -= 1;
            }
        }
        for kept in gone {
            if let Some(known) = self.known.get_mut(&(kept.line.from, kept.client_id)) {
                known.kept = known.kept.saturating_sub(1);
            }
        }
        let known_time = u64::try_from(STORE_KNOWN_TIME.as_millis()).unwrap_or(u64::MAX);
        self.known
            .retain(|_, known| known.kept > 0 || known.at.0.saturating_add(known_time) >= now.0);
        if budget == 0 {
            return Written::Pruned { more: true };
        }
        self.drop_left(before);
        Written::Pruned { more: false }
    }

    /// Drops logs without a line that nobody is in.
    fn drop_left(&mut self, before: Millis) {
        let standing: BTreeSet<LogId> = (self.members.iter())
            .filter(|(_, member)| member.standing != Standing::Left)
            .map(|((log, _), _)| *log)
            .collect();
        self.logs.retain(|log, of| {
            let ends = match of.head.key {
                LogKey::Near(..) | LogKey::Whisper(..) => true,
                LogKey::Party(_) | LogKey::Group(_) => !standing.contains(log),
                LogKey::Room(_) | LogKey::Team(..) | LogKey::Server => false,
            };
            !ends || !of.lines.is_empty() || of.touched >= before
        });
        self.keys.retain(|_, log| self.logs.contains_key(log));
        (self.members).retain(|(log, _), _| self.logs.contains_key(log));
        self.forget_guests(before);
        (self.touched).retain(|whose, _| self.members.contains_key(whose));
    }

    /// Forgets what was not of use for long of guests.
    fn forget_guests(&mut self, before: Millis) {
        let (logs, touched) = (&self.logs, &self.touched);
        self.members.retain(|whose @ (log, account), member| {
            let Some(log) = logs.get(log).filter(|_| account.is_guest()) else {
                return true;
            };
            let goes = match log.head.key {
                LogKey::Whisper(..) => false,
                LogKey::Party(_) | LogKey::Group(_) => {
                    member.standing == Standing::Left || log.touched < before
                }
                _ => true,
            };
            !goes || touched.get(whose).is_none_or(|&at| at >= before)
        });
    }

    /// Whether something of an account was of use since then.
    pub(super) fn is_used(&self, account: AccountId, since: Millis) -> bool {
        let mut touched = self.touched.iter();
        touched.any(|((_, whose), &at)| *whose == account && at >= since)
    }
}

impl Log {
    fn has_old_line(&self, lines_max: u64, before: Millis) -> bool {
        let too_many = self.lines.len() as u64 > lines_max;
        (self.lines.front()).is_some_and(|kept| too_many || kept.line.at < before.0)
    }
}
