//! Logs in memory: their lines, who is in them, and what was put under lines.
//!
//! Never gives an offset twice in a log, and never lets a mark fall.

use core::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::limits::REACTIONS_MAX;
use tickwire_shared::wire::{BoundedStr, Line, Standing};

use crate::engine::storage::{
    LineReactions, LogHead, LogKey, Membership, Millis, NewLine, Written,
};
use crate::limits::{
    REPORT_LINES_AFTER, REPORT_LINES_BEFORE, STORE_FOUND_MAX, STORE_REACTIONS_PER_LINE_MAX,
};
use crate::store::kept_number;
use crate::store::signs::by_sign;

/// Every log, and what was said in it.
#[derive(Debug, Default)]
pub(super) struct Logs {
    pub(super) logs: BTreeMap<LogId, Log>,
    pub(super) keys: BTreeMap<LogKey, LogId>,
    /// What was stored, by author and number.
    pub(super) known: BTreeMap<(AccountId, u64), Known>,
    pub(super) members: BTreeMap<(LogId, AccountId), Membership>,
    /// When each of them was written last.
    pub(super) touched: BTreeMap<(LogId, AccountId), Millis>,
    /// The last log that was looked at for what is too old; none when all were.
    pub(super) got_to: Option<LogId>,
}

/// A log.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) head: LogHead,
    /// Those from `head.first` to `head.next`.
    pub(super) lines: VecDeque<Kept>,
    /// When it was opened or written last.
    pub(super) touched: Millis,
}

/// A line of a log.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) line: Line,
    pub(super) client_id: u64,
    /// In the order they came up.
    reactions: Vec<(String, AccountId)>,
}

impl Kept {
    fn signs(&self) -> Vec<(String, Vec<AccountId>)> {
        let reactions = self.reactions.iter();
        by_sign(reactions.map(|(sign, account)| (sign.as_str(), *account)))
    }
}

/// What a line led to that may come again.
#[derive(Debug)]
pub(super) struct Known {
    /// The first of its logs.
    log: LogId,
    offsets: Vec<u64>,
    pub(super) at: Millis,
    /// In how many logs it is still there.
    pub(super) kept: usize,
}

impl Logs {
    pub(super) fn open(
        &mut self,
        now: Millis,
        key: &LogKey,
        log: LogId,
        epoch: u32,
        name: &str,
    ) -> Written {
        if let Some(found) = self.keys.get(key).and_then(|log| self.logs.get_mut(log)) {
            found.touched = now;
            return Written::Log(found.head.clone());
        }
        if self.logs.contains_key(&log) {
            return Written::Taken;
        }
        let head = LogHead {
            log,
            key: key.clone(),
            epoch,
            first: 0,
            next: 0,
            name: name.to_owned(),
            slow_seconds: 0,
        };
        self.keys.insert(key.clone(), log);
        self.logs.insert(
            log,
            Log {
                head: head.clone(),
                lines: VecDeque::new(),
                touched: now,
            },
        );
        Written::Log(head)
    }

    pub(super) fn line(&mut self, now: Millis, new: &NewLine) -> Written {
        if let Some(known) = self.known.get(&(new.from, new.client_id)) {
            return Written::Line {
                log: known.log,
                offsets: known.offsets.clone(),
                at: known.at,
                known: true,
            };
        }
        let all_there = new.logs.iter().all(|log| self.logs.contains_key(log));
        let Some(&log) = new.logs.first().filter(|_| all_there) else {
            return Written::Missing;
        };
        let logs = new.logs.iter();
        let offsets: Vec<u64> = logs.filter_map(|log| self.append(now, *log, new)).collect();
        self.known.insert(
            (new.from, new.client_id),
            Known {
                log,
                offsets: offsets.clone(),
                at: now,
                kept: offsets.len(),
            },
        );
        Written::Line {
            log,
            offsets,
            at: now,
            known: false,
        }
    }

    /// Where a line of this author and number is.
    pub(super) fn place(&self, author: AccountId, client_id: u64) -> Option<(LogId, u64)> {
        let known = self.known.get(&(author, client_id))?;
        Some((known.log, *known.offsets.first()?))
    }

    fn append(&mut self, now: Millis, log: LogId, new: &NewLine) -> Option<u64> {
        let log = self.logs.get_mut(&log)?;
        let offset = log.head.next;
        log.head.next += 1;
        log.touched = now;
        log.lines.push_back(Kept {
            line: Line {
                offset,
                from: new.from,
                name: BoundedStr::cut(&new.name),
                role: new.role,
                at: now.0,
                tick: new.tick,
                manner: new.manner,
                text: BoundedStr::cut(&new.text),
            },
            client_id: new.client_id,
            reactions: Vec::new(),
        });
        Some(offset)
    }

    pub(super) fn slow(&mut self, log: LogId, seconds: u16) -> Written {
        let Some(log) = self.logs.get_mut(&log) else {
            return Written::Missing;
        };
        log.head.slow_seconds = seconds;
        Written::Done
    }

    pub(super) fn member(&mut self, now: Millis, log: LogId, member: &Membership) -> Written {
        let Some(head) = self.logs.get(&log).map(|log| &log.head) else {
            return Written::Missing;
        };
        let next = head.next;
        let before = self.members.get(&(log, member.account));
        let is_in = |of: &Membership| matches!(of.standing, Standing::Member | Standing::Owner);
        let since = match before.filter(|before| is_in(before)) {
            Some(before) if is_in(member) => member.since.max(before.since),
            None if is_in(member) && !matches!(head.key, LogKey::Whisper(..)) => {
                member.since.max(next)
            }
            _ => member.since,
        };
        let since = kept_number(since);
        let (delivered, read) = before.map_or((0, 0), |before| (before.delivered, before.read));
        let kept = Membership {
            since,
            until: kept_number(member.until),
            delivered: member.delivered.min(next).max(delivered),
            read: member.read.min(next).max(read),
            ..member.clone()
        };
        self.touched.insert((log, member.account), now);
        self.members.insert((log, member.account), kept);
        Written::Member { since }
    }

    pub(super) fn mark(
        &mut self,
        now: Millis,
        log: LogId,
        account: AccountId,
        delivered: u64,
        read: u64,
    ) -> Written {
        let Some(next) = self.logs.get(&log).map(|log| log.head.next) else {
            return Written::Missing;
        };
        self.touched.insert((log, account), now);
        let member = self
            .members
            .entry((log, account))
            .or_insert_with(|| Membership {
                account,
                name: String::new(),
                standing: Standing::Member,
                since: 0,
                until: u64::MAX,
                delivered: 0,
                read: 0,
            });
        member.delivered = member.delivered.max(delivered.min(next));
        member.read = member.read.max(read.min(next));
        Written::Done
    }

    pub(super) fn react(
        &mut self,
        (log, offset): (LogId, u64),
        account: AccountId,
        sign: &str,
        on: bool,
    ) -> Written {
        let Some(kept) = self.kept_mut(log, offset) else {
            return Written::Missing;
        };
        let mut others = kept.reactions.iter();
        let there = others.any(|(other, who)| other == sign && *who == account);
        if !on {
            (kept.reactions).retain(|(other, who)| other != sign || *who != account);
        } else if !there {
            let signs = kept.signs();
            let many = kept.reactions.len() >= STORE_REACTIONS_PER_LINE_MAX;
            let known = signs.iter().any(|(other, _)| other == sign);
            if !many && (known || signs.len() < REACTIONS_MAX) {
                kept.reactions.push((sign.to_owned(), account));
            }
        }
        Written::Reactions(kept.signs())
    }

    fn kept_mut(&mut self, log: LogId, offset: u64) -> Option<&mut Kept> {
        let log = self.logs.get_mut(&log)?;
        let place = offset.checked_sub(log.head.first)?;
        log.lines.get_mut(usize::try_from(place).ok()?)
    }

    /// The lines around one of them; `None` when it is not there.
    pub(super) fn around(&self, log: LogId, offset: u64) -> Option<Vec<Line>> {
        let head = &self.logs.get(&log)?.head;
        if !(head.first..head.next).contains(&offset) {
            return None;
        }
        let from = offset.saturating_sub(REPORT_LINES_BEFORE);
        let below = offset + 1 + REPORT_LINES_AFTER;
        Some(self.lines(log, from..below, STORE_FOUND_MAX, true))
    }

    pub(super) fn lines(
        &self,
        log: LogId,
        range: Range<u64>,
        count: usize,
        newest: bool,
    ) -> Vec<Line> {
        let count = count.min(STORE_FOUND_MAX);
        let Some(log) = self.logs.get(&log) else {
            return Vec::new();
        };
        let inside = (log.lines.iter()).filter(|kept| range.contains(&kept.line.offset));
        let lines: Vec<Line> = inside.map(|kept| kept.line.clone()).collect();
        let skipped = lines.len().saturating_sub(count);
        let start = if newest { skipped } else { 0 };
        lines.into_iter().skip(start).take(count).collect()
    }

    pub(super) fn reactions(&self, log: LogId, range: Range<u64>) -> Vec<LineReactions> {
        let lines = self.logs.get(&log).into_iter().flat_map(|log| &log.lines);
        lines
            .filter(|kept| range.contains(&kept.line.offset) && !kept.reactions.is_empty())
            .take(STORE_FOUND_MAX)
            .map(|kept| LineReactions {
                offset: kept.line.offset,
                signs: kept.signs(),
            })
            .collect()
    }

    pub(super) fn members(&self, log: LogId) -> Vec<Membership> {
        let of_log = (log, AccountId(0))..=(log, AccountId(u64::MAX));
        let members = self.members.range(of_log);
        members.map(|(_, member)| member.clone()).collect()
    }

    /// Who is or was in a whisper.
    pub(super) fn whisper(&self, one: AccountId, other: AccountId) -> Vec<Membership> {
        let key = LogKey::Whisper(one.min(other), one.max(other));
        let log = self.keys.get(&key).copied();
        log.map_or_else(Vec::new, |log| self.members(log))
    }

    /// Who owns the logs that an account may come into.
    pub(super) fn hosts(&self, account: AccountId) -> Vec<(LogId, AccountId, String)> {
        let invited = |log| {
            let member = self.members.get(&(log, account));
            member.is_some_and(|member| member.standing == Standing::Invited)
        };
        let owners = (self.members.iter())
            .filter(|((log, _), member)| member.standing == Standing::Owner && invited(*log));
        let owners = owners.map(|((log, whose), member)| (*log, *whose, member.name.clone()));
        owners.take(STORE_FOUND_MAX).collect()
    }

    pub(super) fn of(&self, account: AccountId) -> Vec<(LogHead, Membership)> {
        let own = (self.members.iter()).filter(|((_, who), _)| *who == account);
        let mut found: Vec<(Millis, LogHead, Membership)> = own
            .filter_map(|((log, _), member)| {
                let log = self.logs.get(log)?;
                Some((log.touched, log.head.clone(), member.clone()))
            })
            .collect();
        found.sort_by_key(|(touched, head, member)| {
            let company = matches!(head.key, LogKey::Party(_) | LogKey::Group(_));
            let left = member.standing == Standing::Left;
            (left, !company, Reverse(*touched), head.log.0.cast_signed())
        });
        found.truncate(STORE_FOUND_MAX);
        let found = found.into_iter();
        found.map(|(_, head, member)| (head, member)).collect()
    }
}
