//! The chat of a room: one list of lines with rising offsets, kept in memory.
//!
//! Never waits for a tick and never sends: the lobby fans a line out the moment it has an offset.

use std::collections::VecDeque;

use tickwire_shared::chat::{TextFault, check_line};
use tickwire_shared::limits::CHAT_HISTORY_MAX;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{ChatLine, ChatRefusal};

use super::limiter::Bucket;
use crate::limits::{CHAT_IDS_REMEMBERED, CHAT_LINES_BURST, CHAT_LINES_PER_SECOND, CHAT_TAIL_MAX};

/// The lines of a room, the newest [`CHAT_HISTORY_MAX`] of them.
#[derive(Clone, Debug)]
pub struct ChatLog {
    epoch: u32,
    next: u64,
    lines: VecDeque<ChatLine>,
}

impl ChatLog {
    /// An empty chat. `epoch` tells its offsets from those of any other chat of that name.
    #[must_use]
    pub fn new(epoch: u32) -> ChatLog {
        ChatLog {
            epoch,
            next: 0,
            lines: VecDeque::new(),
        }
    }

    /// The epoch of its offsets.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The offset the next line gets.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Adds a line; its offset is [`ChatLog::next`] of before, whatever `line` says.
    pub fn push(&mut self, line: ChatLine) -> &ChatLine {
        if self.lines.len() == CHAT_HISTORY_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(ChatLine {
            offset: self.next,
            ..line
        });
        self.next += 1;
        &self.lines[self.lines.len() - 1]
    }

    /// Where a newcomer starts: the last few lines.
    #[must_use]
    pub fn tail(&self) -> u64 {
        self.oldest().max(self.next.saturating_sub(CHAT_TAIL_MAX))
    }

    /// Where a client goes on that has everything before `next` of `epoch`.
    #[must_use]
    pub fn resume(&self, epoch: u32, next: u64) -> u64 {
        if epoch == self.epoch && next <= self.next {
            next.max(self.oldest())
        } else {
            self.tail()
        }
    }

    /// The lines from `first` on.
    pub fn from(&self, first: u64) -> impl Iterator<Item = &ChatLine> {
        let skipped = first.saturating_sub(self.oldest());
        self.lines
            .iter()
            .skip(usize::try_from(skipped).unwrap_or(usize::MAX))
    }

    fn oldest(&self) -> u64 {
        self.next - self.lines.len() as u64
    }
}

/// What becomes of a line that a session sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is new: give it an offset and call [`ChatPen::wrote`].
    New,
    /// It was taken before, with this offset.
    Known(u64),
    /// It is not taken.
    Refused(ChatRefusal),
}

/// What a session has written.
#[derive(Clone, Debug)]
pub struct ChatPen {
    bucket: Bucket,
    /// Client ids and offsets, both rising.
    written: VecDeque<(u32, u64)>,
}

impl ChatPen {
    /// A session that has written nothing.
    #[must_use]
    pub fn new(now: Instant) -> ChatPen {
        ChatPen {
            bucket: Bucket::new(CHAT_LINES_PER_SECOND, CHAT_LINES_BURST, now),
            written: VecDeque::new(),
        }
    }

    /// Judges a line. A line that was taken counts once however often it comes.
    pub fn judge(&mut self, now: Instant, client_id: u32, text: &str) -> Judgement {
        let known = self.written.binary_search_by_key(&client_id, |&(id, _)| id);
        if let Some(&(_, offset)) = known.ok().and_then(|at| self.written.get(at)) {
            return Judgement::Known(offset);
        }
        if self
            .written
            .back()
            .is_some_and(|&(newest, _)| client_id < newest)
        {
            return Judgement::Refused(ChatRefusal::Stale);
        }
        match check_line(text) {
            Err(TextFault::Empty) => Judgement::Refused(ChatRefusal::Empty),
            Err(_) => Judgement::Refused(ChatRefusal::BadText),
            Ok(()) if !self.bucket.take(now, 1) => Judgement::Refused(ChatRefusal::TooFast),
            Ok(()) => Judgement::New,
        }
    }

    /// A new line has its offset.
    pub fn wrote(&mut self, client_id: u32, offset: u64) {
        if self.written.len() == CHAT_IDS_REMEMBERED {
            self.written.pop_front();
        }
        self.written.push_back((client_id, offset));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_shared::id::{PlayerId, Tick};
    use tickwire_shared::wire::BoundedStr;

    fn filled(lines: u64) -> ChatLog {
        let mut log = ChatLog::new(7);
        for index in 0..lines {
            let offset = log
                .push(ChatLine {
                    offset: 0,
                    from: PlayerId(1),
                    name: BoundedStr::cut("Ann"),
                    tick: Tick(5),
                    text: BoundedStr::cut("hi"),
                })
                .offset;
            assert_eq!(offset, index);
        }
        log
    }

    fn offsets(log: &ChatLog, first: u64) -> (u64, usize) {
        let mut lines = log.from(first).map(|line| line.offset);
        let start = lines.next().unwrap_or(u64::MAX);
        (start, lines.count() + usize::from(start != u64::MAX))
    }

    #[test]
    fn the_newest_lines_are_kept() {
        let log = filled(300);
        assert_eq!(
            offsets(&log, 0),
            (300 - CHAT_HISTORY_MAX as u64, CHAT_HISTORY_MAX)
        );
        assert_eq!(offsets(&log, 299), (299, 1));
        assert_eq!(offsets(&log, 300), (u64::MAX, 0));
    }

    #[test]
    fn a_client_goes_on_where_it_was_or_at_the_tail() {
        let log = filled(300);
        assert_eq!(log.tail(), 300 - CHAT_TAIL_MAX);
        assert_eq!(filled(3).tail(), 0);
        assert_eq!(log.resume(7, 290), 290);
        assert_eq!(log.resume(7, 300), 300);
        assert_eq!(
            log.resume(7, 3),
            300 - CHAT_HISTORY_MAX as u64,
            "history was cut"
        );
        assert_eq!(log.resume(8, 290), log.tail(), "another chat");
        assert_eq!(log.resume(7, 301), log.tail(), "an offset nobody was given");
    }

    #[test]
    fn a_line_sent_twice_counts_once() {
        let mut pen = ChatPen::new(Instant(0));
        assert_eq!(pen.judge(Instant(0), 4, "a"), Judgement::New);
        pen.wrote(4, 100);
        assert_eq!(pen.judge(Instant(0), 4, "a"), Judgement::Known(100));
        assert_eq!(
            pen.judge(Instant(0), 3, "b"),
            Judgement::Refused(ChatRefusal::Stale)
        );
        assert_eq!(
            pen.judge(Instant(0), 5, "\u{202E}"),
            Judgement::Refused(ChatRefusal::BadText)
        );
        assert_eq!(
            pen.judge(Instant(0), 5, " "),
            Judgement::Refused(ChatRefusal::Empty)
        );
    }

    #[test]
    fn a_flood_of_lines_is_refused_and_repeats_cost_nothing() {
        let mut pen = ChatPen::new(Instant(0));
        for id in 0..10 {
            assert_eq!(pen.judge(Instant(0), id, "a"), Judgement::New);
            pen.wrote(id, u64::from(id));
        }
        let too_fast = Judgement::Refused(ChatRefusal::TooFast);
        assert_eq!(pen.judge(Instant(0), 10, "a"), too_fast);
        assert_eq!(pen.judge(Instant(0), 9, "a"), Judgement::Known(9));
        assert_eq!(
            pen.judge(Instant::from_millis(1_000), 10, "a"),
            Judgement::New
        );
    }

    #[test]
    fn remembered_ids_are_bounded() {
        let mut pen = ChatPen::new(Instant(0));
        for id in 0..1_000 {
            pen.wrote(id, u64::from(id));
        }
        assert_eq!(pen.written.len(), CHAT_IDS_REMEMBERED);
        assert_eq!(
            pen.judge(Instant(0), 0, "a"),
            Judgement::Refused(ChatRefusal::Stale)
        );
    }
}
