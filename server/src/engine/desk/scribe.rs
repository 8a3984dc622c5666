//! Which lines of an account are stored or on their way.
//!
//! Never judges a line: one that is known here is not judged at all.

use std::collections::VecDeque;

use tickwire_shared::id::{LogId, SessionId};
use tickwire_shared::time::Instant;

use crate::engine::limiter::Bucket;
use crate::limits::{
    CHAT_IDS_REMEMBERED, CHAT_IDS_TIME, LINE_ASKERS_MAX, RECALLS_BURST, RECALLS_PER_ACCOUNT_MAX,
    RECALLS_PER_SECOND,
};

/// A line of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    client_id: u64,
    /// Who wants to know what became of it, while it is on its way: everybody who asked, as
    /// several requests of a bot may at once.
    askers: VecDeque<SessionId>,
    /// Where it is, once it is stored.
    place: Option<(LogId, u64)>,
}

impl Entry {
    /// One more wants to know. At [`LINE_ASKERS_MAX`] whoever asked first is told no more.
    fn asked_by(&mut self, session: SessionId) {
        if !self.askers.contains(&session) {
            if self.askers.len() >= LINE_ASKERS_MAX {
                self.askers.pop_front();
            }
            self.askers.push_back(session);
        }
    }
}

/// What is known of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing: it is new.
    New,
    /// It is on its way into the store; whoever asked is told.
    Flying,
    /// It is stored there.
    Stored(LogId, u64),
}

/// An account that writes.
#[derive(Clone, Debug)]
pub struct Scribe {
    /// When it wrote last.
    used: Instant,
    lines: VecDeque<Entry>,
    /// How often the store may still be asked for a line that would be refused.
    recalls: Bucket,
    /// How many such questions wait.
    recalling: usize,
}

impl Scribe {
    /// An account that wrote nothing lately.
    pub fn new(now: Instant) -> Scribe {
        Scribe {
            used: now,
            lines: VecDeque::new(),
            recalls: Bucket::new(RECALLS_PER_SECOND, RECALLS_BURST, now),
            recalling: 0,
        }
    }

    /// Whether the store may be asked for a line that would be refused; then that is taken to be
    /// under way.
    pub fn recall(&mut self, now: Instant) -> bool {
        let free = self.recalling < RECALLS_PER_ACCOUNT_MAX;
        let may = free && self.recalls.take(now, 1);
        self.recalling += usize::from(may);
        may
    }

    /// Such a question is over.
    pub fn recalled(&mut self) {
        self.recalling = self.recalling.saturating_sub(1);
    }

    /// What became of a line that comes from this session, perhaps again.
    pub fn fate(&mut self, client_id: u64, session: SessionId) -> Fate {
        let line = self
            .lines
            .iter_mut()
            .find(|line| line.client_id == client_id);
        match line {
            None => Fate::New,
            Some(line) => match line.place {
                Some((log, offset)) => Fate::Stored(log, offset),
                None => {
                    line.asked_by(session);
                    Fate::Flying
                }
            },
        }
    }

    /// A line is on its way. At [`CHAT_IDS_REMEMBERED`] the oldest one that is stored is forgotten:
    /// of those on their way somebody will want to know.
    pub fn begin(&mut self, now: Instant, client_id: u64, session: Option<SessionId>) {
        self.used = now;
        if self.lines.len() >= CHAT_IDS_REMEMBERED {
            let stored = self.lines.iter().position(|line| line.place.is_some());
            stored.and_then(|oldest| self.lines.remove(oldest));
        }
        self.lines.push_back(Entry {
            client_id,
            askers: session.into_iter().collect(),
            place: None,
        });
    }

    /// A line is stored; who wants to know.
    pub fn stored(&mut self, client_id: u64, place: (LogId, u64)) -> VecDeque<SessionId> {
        let mut lines = self.lines.iter_mut();
        let line = lines.find(|line| line.client_id == client_id);
        line.map_or_else(VecDeque::new, |line| {
            line.place = Some(place);
            std::mem::take(&mut line.askers)
        })
    }

    /// A line was not stored; who wants to know.
    pub fn failed(&mut self, client_id: u64) -> VecDeque<SessionId> {
        let at = (self.lines.iter()).position(|line| line.client_id == client_id);
        let line = at.and_then(|at| self.lines.remove(at));
        line.map_or_else(VecDeque::new, |line| line.askers)
    }

    /// Whether nothing of it matters any more.
    pub fn is_old(&self, now: Instant) -> bool {
        now.since(self.used) >= CHAT_IDS_TIME && self.lines.iter().all(|line| line.place.is_some())
    }
}
