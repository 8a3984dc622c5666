//! What accounts reported lately: each line once, and only so much.
//!
//! Never keeps what a report says, and never says who reported.

use std::collections::{BTreeMap, VecDeque};

use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::time::Instant;

use crate::limits::{REPORTERS_MAX, REPORTS_MAX, REPORTS_TIME};

/// A line, by its log and offset, and when it was reported.
type Reported = ((LogId, u64), Instant);

/// Who reported what lately.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    /// Of each account the lines.
    lines: BTreeMap<AccountId, VecDeque<Reported>>,
}

/// What becomes of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is new.
    Take,
    /// The account has reported that line already.
    Known,
    /// The account reports too much.
    TooMany,
}

impl Reports {
    /// An account reports a line.
    pub fn judge(&mut self, now: Instant, by: AccountId, line: (LogId, u64)) -> Verdict {
        self.make_room(now, by);
        let lines = self.lines.entry(by).or_default();
        lines.retain(|&(_, at)| at + REPORTS_TIME > now);
        if lines.iter().any(|&(known, _)| known == line) {
            return Verdict::Known;
        }
        if lines.len() >= REPORTS_MAX {
            return Verdict::TooMany;
        }
        lines.push_back((line, now));
        Verdict::Take
    }

    /// A report was not stored: it may come again.
    pub fn give_back(&mut self, by: AccountId, line: (LogId, u64)) {
        if let Some(lines) = self.lines.get_mut(&by) {
            lines.retain(|&(known, _)| known != line);
        }
    }

    /// Past [`REPORTERS_MAX`] those go who reported nothing lately, or else who did so longest ago.
    fn make_room(&mut self, now: Instant, by: AccountId) {
        if self.lines.len() < REPORTERS_MAX || self.lines.contains_key(&by) {
            return;
        }
        let last = |lines: &VecDeque<((LogId, u64), Instant)>| lines.back().map(|&(_, at)| at);
        (self.lines).retain(|_, lines| last(lines).is_some_and(|at| at + REPORTS_TIME > now));
        if self.lines.len() >= REPORTERS_MAX {
            let oldest = self.lines.iter().min_by_key(|(_, lines)| last(lines));
            if let Some(oldest) = oldest.map(|(&account, _)| account) {
                self.lines.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: AccountId = AccountId(1);

    fn at(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1_000)
    }

    #[test]
    fn a_line_is_reported_once_and_so_many_within_the_time() {
        let mut reports = Reports::default();
        let mut judge = |now, offset| reports.judge(at(now), ANN, (LogId(1), offset));
        for offset in 0..REPORTS_MAX as u64 {
            assert_eq!(judge(offset, offset), Verdict::Take);
            assert_eq!(judge(offset, offset), Verdict::Known);
        }
        let time = REPORTS_TIME.as_secs();
        assert_eq!(judge(100, 100), Verdict::TooMany);
        assert_eq!(judge(time - 1, 100), Verdict::TooMany);
        assert_eq!(judge(time, 100), Verdict::Take);
        assert_eq!(judge(time, 101), Verdict::TooMany);
    }

    #[test]
    fn what_was_not_stored_may_come_again() {
        let mut reports = Reports::default();
        let line = (LogId(1), 0);
        for _ in 0..100 {
            assert_eq!(reports.judge(at(0), ANN, line), Verdict::Take);
            reports.give_back(ANN, line);
        }
    }

    #[test]
    fn reporters_are_bounded() {
        let mut reports = Reports::default();
        for account in 0..2 * REPORTERS_MAX as u64 {
            let by = AccountId(account);
            reports.judge(at(account / 100), by, (LogId(1), 0));
            assert!(reports.lines.len() <= REPORTERS_MAX);
        }
    }
}
