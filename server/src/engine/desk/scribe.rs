//! Which lines of an account are stored or on their way.
//!
//! Never judges a line: one that is known here is not judged at all.

use std::collections::VecDeque;

use tickwire_shared::id::{LogId, SessionId};
use tickwire_shared::time::Instant;

use crate::limits::{CHAT_IDS_REMEMBERED, CHAT_IDS_TIME};

/// A line of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    client_id: u64,
    /// Who wants to know what became of it.
    session: Option<SessionId>,
    /// Where it is, once it is stored.
    place: Option<(LogId, u64)>,
}

/// What is known of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing: it is new.
    New,
    /// It is on its way into the store; whoever asked last is told.
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
}

impl Scribe {
    /// An account that wrote nothing lately.
    pub fn new(now: Instant) -> Scribe {
        Scribe {
            used: now,
            lines: VecDeque::new(),
        }
    }

    /// What became of a line that comes from this session, perhaps again.
    pub fn fate(&mut self, client_id: u64, session: SessionId) -> Fate {
        let line = self
            .lines
            .iter_mut()
            .find(|line| line.client_id == client_id);
        match line {
            None => Fate::New,
            Some(line) => {
                line.session = Some(session);
                (line.place).map_or(Fate::Flying, |(log, offset)| Fate::Stored(log, offset))
            }
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
            session,
            place: None,
        });
    }

    /// A line is stored; who wants to know.
    pub fn stored(&mut self, client_id: u64, place: (LogId, u64)) -> Option<SessionId> {
        let mut lines = self.lines.iter_mut();
        let line = lines.find(|line| line.client_id == client_id)?;
        line.place = Some(place);
        line.session
    }

    /// A line was not stored; who wants to know.
    pub fn failed(&mut self, client_id: u64) -> Option<SessionId> {
        let at = self
            .lines
            .iter()
            .position(|line| line.client_id == client_id)?;
        self.lines.remove(at)?.session
    }

    /// Whether nothing of it matters any more.
    pub fn is_old(&self, now: Instant) -> bool {
        now.since(self.used) >= CHAT_IDS_TIME && self.lines.iter().all(|line| line.place.is_some())
    }
}
