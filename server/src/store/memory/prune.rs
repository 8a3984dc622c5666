//! What a store in memory forgets.
//!
//! Never forgets a line before all older ones of its log, nor more at once than the bound.

use std::ops::Bound;

use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::wire::Standing;

use super::logs::{Log, Logs};
use crate::engine::storage::{LogKey, Millis, Written};
use crate::limits::{STORE_KNOWN_TIME, STORE_PRUNE_LOGS_MAX};

impl Logs {
    pub(super) fn prune(
        &mut self,
        now: Millis,
        lines_max: u64,
        before: Millis,
        mut budget: usize,
    ) -> Written {
        let seen = self.go_on(lines_max, before, &mut budget);
        self.forget_known(now, &mut budget);
        if seen && budget > 0 {
            self.forget_guests(before);
        }
        (self.touched).retain(|whose, _| self.members.contains_key(whose));
        Written::Pruned {
            more: !seen || budget == 0,
        }
    }

    /// Looks at the next logs; whether they were the last.
    fn go_on(&mut self, lines_max: u64, before: Millis, budget: &mut usize) -> bool {
        let from = self.got_to.map_or(Bound::Unbounded, Bound::Excluded);
        let next = self.logs.range((from, Bound::Unbounded));
        let next: Vec<LogId> = (next.map(|(log, _)| *log))
            .take(STORE_PRUNE_LOGS_MAX)
            .collect();
        let mut seen = next.len() < STORE_PRUNE_LOGS_MAX;
        for log in next {
            self.take_lines(log, (lines_max, before), budget);
            self.drop_ended(log, before, budget);
            if *budget == 0 {
                // It may have more: the next turn begins with it.
                seen = false;
                break;
            }
            self.got_to = Some(log);
        }
        if seen {
            self.got_to = None;
        }
        seen
    }

    /// Takes the oldest lines off a log.
    fn take_lines(&mut self, log: LogId, (max, before): (u64, Millis), budget: &mut usize) {
        let Some(log) = self.logs.get_mut(&log) else {
            return;
        };
        while *budget > 0 && log.has_old_line(max, before) {
            let gone = log.lines.pop_front();
            log.head.first += 1;
            *budget -= 1;
            let id = gone.map(|kept| (kept.line.from, kept.client_id));
            if let Some(known) = id.and_then(|id| self.known.get_mut(&id)) {
                known.kept = known.kept.saturating_sub(1);
            }
        }
    }

    /// Drops a log without a line that nobody is in: first whoever has a mark there.
    fn drop_ended(&mut self, log: LogId, before: Millis, budget: &mut usize) {
        let in_log = (log, AccountId(0))..=(log, AccountId(u64::MAX));
        let Some(of) = self.logs.get(&log) else {
            return;
        };
        let ends = match of.head.key {
            LogKey::Room(_) | LogKey::Team(..) | LogKey::Near(..) | LogKey::Whisper(..) => true,
            LogKey::Party(_) | LogKey::Group(_) => {
                let mut members = self.members.range(in_log.clone());
                members.all(|(_, member)| member.standing == Standing::Left)
            }
            LogKey::Server => false,
        };
        if !ends || !of.lines.is_empty() || of.touched >= before {
            return;
        }
        let members = self.members.range(in_log).map(|(whose, _)| *whose);
        let gone: Vec<_> = members.take(*budget).collect();
        *budget -= gone.len();
        (gone.iter()).for_each(|whose| drop(self.members.remove(whose)));
        if *budget > 0 {
            *budget -= 1;
            self.keys.remove(&of.head.key);
            self.logs.remove(&log);
        }
    }

    /// Forgets what no log has a line for and nobody will send again.
    fn forget_known(&mut self, now: Millis, budget: &mut usize) {
        let known_time = u64::try_from(STORE_KNOWN_TIME.as_millis()).unwrap_or(u64::MAX);
        self.known.retain(|_, known| {
            let goes = known.kept == 0 && known.at.0.saturating_add(known_time) < now.0;
            let goes = goes && *budget > 0;
            *budget -= usize::from(goes);
            !goes
        });
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
