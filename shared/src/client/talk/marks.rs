//! What is said to the server as often as is good: how far the player got, and that there be more.
//!
//! Never lets one log, nor one of the two, wait for all of another.

use core::ops::Bound::{Excluded, Unbounded};

use super::book::Book;
use crate::id::LogId;
use crate::time::Instant;
use crate::wire::ChatCommand;

impl Book {
    /// Marks logs one after the other, and no more than one while there is more to ask for: what
    /// the pace leaves is for both.
    pub(super) fn mark_some(&mut self, now: Instant) {
        let later = self.unmarked.range((Excluded(self.marked), Unbounded));
        let sooner = self.unmarked.range(..=self.marked);
        let due: Vec<LogId> = later.chain(sooner).copied().collect();
        for log in due {
            let turn = self.pulls.is_empty() || !self.mark_was_last;
            if self.marked_at.contains_key(&log) {
                continue;
            }
            if !turn || !self.mark(now, log) {
                break;
            }
        }
    }

    /// Asks for more of the logs that have more, one after the other, as often as is good.
    pub(crate) fn pull(&mut self, now: Instant) {
        while let Some(log) = self.next_pull()
            && self.pace.take(now)
        {
            self.pulls.remove(&log);
            (self.pulled, self.mark_was_last) = (log, false);
            self.commands.push(ChatCommand::Pull { log });
        }
    }

    /// The log after the one of which more was asked last, so that none waits for all of another.
    fn next_pull(&self) -> Option<LogId> {
        let mut later = self.pulls.range((Excluded(self.pulled), Unbounded));
        later.next().or_else(|| self.pulls.first()).copied()
    }

    /// Says how far this client got in a log; false when it has said too much of late.
    fn mark(&mut self, now: Instant, log: LogId) -> bool {
        let Some(known) = self.logs.get_mut(&log).filter(|log| log.is_unmarked()) else {
            self.unmarked.remove(&log);
            return true;
        };
        if !self.pace.take(now) {
            return false;
        }
        self.unmarked.remove(&log);
        let (delivered, read) = known.mark();
        known.marked = (delivered, read);
        self.marked_at.insert(log, now);
        (self.marked, self.mark_was_last) = (log, true);
        self.commands.push(ChatCommand::Mark {
            log,
            delivered,
            read,
        });
        true
    }
}
