//! Whispers that somebody is told of apart from their logs: outside, and at the inbox.
//!
//! Never instead of the inbox: the whisper waits there all the same. Never opens a log.

use tickwire_shared::id::{AccountId, LogId, SessionId};
use tickwire_shared::wire::{BoundedVec, ChatNews, Line};

use super::Desk;
use super::reader::Attention;
use super::say::other_of;
use super::shelf::Place;
use crate::limits::MISSED_WAITING_MAX;

/// A whisper that was stored while nobody it is for was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// Whom it is for.
    pub to: AccountId,
    /// The log it is in.
    pub log: LogId,
    /// The line.
    pub line: Line,
}

impl Desk {
    /// Notes a line that was stored if it is a whisper to somebody who is offline. Past the bound
    /// it is not noted.
    pub(super) fn note_missed(&mut self, place: Place, line: &Line) {
        let log = self.shelf.get(place).filter(|_| self.config.notes_missed);
        let Some(log) = log else { return };
        let Some(to) = other_of(&log.head.key, line.from) else {
            return;
        };
        let person = self.people.get(&to);
        let sessions = person.into_iter().flat_map(|person| &person.sessions);
        let mut readers = sessions.filter_map(|id| self.readers.get(id));
        let here = readers.any(|reader| reader.link.is_some());
        if !here && self.missed.len() < MISSED_WAITING_MAX {
            let (log, line) = (log.head.log, line.clone());
            self.missed.push(Missed { to, log, line });
        }
    }

    /// Tells those who watch the inbox of the other one of a line that was whispered. They read no
    /// log, so that it costs the store nothing.
    pub(super) fn tell_inbox(&mut self, place: Place, line: &Line) {
        let Some(log) = self.shelf.get(place) else {
            return;
        };
        let Some(to) = other_of(&log.head.key, line.from) else {
            return;
        };
        let sessions = self.people.get(&to).map(|person| &person.sessions);
        let watches = |id: &&SessionId| {
            let reader = self.readers.get(*id);
            reader.is_some_and(|reader| reader.attention == Attention::Inbox)
        };
        let watching: Vec<SessionId> = (sessions.into_iter().flatten())
            .filter(watches)
            .copied()
            .collect();
        let news = ChatNews::Lines {
            log: log.head.log,
            lines: BoundedVec::of_first([line.clone()]),
            more: false,
        };
        (watching.into_iter()).for_each(|id| self.tell(id, news.clone()));
    }

    /// Whispers to those who were offline since the last call.
    pub fn take_missed(&mut self) -> Vec<Missed> {
        std::mem::take(&mut self.missed)
    }
}
