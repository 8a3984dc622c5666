//! Showing lines: to readers who have caught up at once, to others as they pull.
//!
//! Never sends a reader an offset but the next, and never asks the store for more than one page a
//! session and log at a time.
//!
//! Every line reaches a reader through its place in the log, live or not: a reader that is not live
//! gets a live line later, from the log.

use std::sync::Arc;

use tickwire_shared::id::{LogId, SessionId};
use tickwire_shared::limits::HISTORY_BATCH_MAX;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{BoundedVec, ChatNews, Line, ServerControl, encode, encode_typist};

use super::reading::Phase;
use super::shelf::Place;
use super::tickets::Task;
use super::{Desk, Sabotage, loose_packet, packet};
use crate::engine::storage::{Found, LogKey, Query, StoreFault, Ticket};

impl Desk {
    /// A line was stored in a log: whoever is live there gets it.
    pub(super) fn show(&mut self, place: Place, line: Line) {
        let Some(log) = self.shelf.get_mut(place) else {
            return;
        };
        let (offset, news) = (
            line.offset,
            lines_news(log.head.log, vec![line.clone()], false),
        );
        if !log.append(line) && self.config.sabotage != Sabotage::ShowKnown {
            return;
        }
        let bytes: Arc<[u8]> = encode(&ServerControl::Talk(news)).into();
        let careless = self.config.sabotage == Sabotage::SkipCatchUp;
        let mut behind = Vec::new();
        for (&id, reading) in &mut log.readers {
            let Some(link) = reading.link else { continue };
            if reading.phase != Phase::Live && !careless {
                continue;
            }
            let again = self.config.sabotage == Sabotage::ShowKnown;
            if reading.next == offset || careless || again {
                reading.next = offset + 1;
                self.effects.push(packet(link, &bytes));
            } else {
                behind.push(id);
            }
        }
        behind.into_iter().for_each(|id| self.pump(place, id));
    }

    /// Sends a reader its next lines, or has them looked up.
    pub(super) fn pump(&mut self, place: Place, id: SessionId) {
        let Some((log, next)) = self.reading(place, id) else {
            return;
        };
        if next >= log.head.next {
            return self.set_phase(place, id, Phase::Live);
        }
        let base = log.base();
        if next >= base {
            let (number, lines) = (log.head.log, log.batch(next));
            return self.send_lines(place, id, number, lines);
        }
        let query = Query::Lines {
            log: log.head.log,
            from: next,
            below: base,
            count: HISTORY_BATCH_MAX,
            newest: false,
        };
        let asked = self.find(Task::Next(place, id), query);
        self.set_phase(place, id, asked.map_or(Phase::Stalled, Phase::Asked));
    }

    /// The store found a reader's next lines.
    pub(super) fn continued(
        &mut self,
        ticket: Ticket,
        place: Place,
        id: SessionId,
        result: Result<Found, StoreFault>,
    ) {
        let log = self.shelf.get_mut(place);
        let Some(reading) = log.and_then(|log| log.readers.get_mut(&id)) else {
            return;
        };
        if reading.phase != Phase::Asked(ticket) {
            return;
        }
        let Ok(Found::Lines(lines)) = result else {
            return self.set_phase(place, id, Phase::Stalled);
        };
        match lines.first().map(|line| line.offset) {
            Some(first) if first == reading.next => {
                let number = self.shelf.get(place).map(|log| log.head.log);
                self.send_lines(place, id, number.unwrap_or_default(), lines);
            }
            first => self.cut(place, id, first),
        }
    }

    /// Lines a reader waits for are not kept any more: it is told where its log goes on.
    fn cut(&mut self, place: Place, id: SessionId, first: Option<u64>) {
        let Some(log) = self.shelf.get_mut(place) else {
            return;
        };
        let first = first.unwrap_or_else(|| log.base());
        log.head.first = log.head.first.max(first);
        if let Some(reading) = log.readers.get_mut(&id) {
            reading.next = first;
        }
        self.tell_opened(place, id);
        self.pump(place, id);
    }

    /// Sends lines that begin where the reader stands.
    fn send_lines(&mut self, place: Place, id: SessionId, number: LogId, lines: Vec<Line>) {
        let Some(log) = self.shelf.get_mut(place) else {
            return;
        };
        let end = log.head.next;
        let Some(reading) = log.readers.get_mut(&id) else {
            return;
        };
        let Some(last) = lines.last() else {
            return self.set_phase(place, id, Phase::Stalled);
        };
        reading.next = last.offset + 1;
        let more = reading.next < end;
        reading.phase = if more { Phase::More } else { Phase::Live };
        self.tell(id, lines_news(number, lines.clone(), more));
        self.look_for_signs(place, id, &lines);
    }

    /// A client wants the next lines of a log.
    pub(super) fn pull(&mut self, id: SessionId, log: LogId) {
        let Some(place) = self.shelf.of(log) else {
            return;
        };
        let phase = |log: &super::log::Log| log.readers.get(&id).map(|reading| reading.phase);
        if self.shelf.get(place).and_then(phase) == Some(Phase::More) {
            self.pump(place, id);
        }
    }

    /// A client wants lines from before. Whatever it may not read looks empty.
    pub(super) fn page(&mut self, id: SessionId, log: LogId, before: u64) {
        let range = self.readable(id, log);
        let Some(reader) = self.readers.get_mut(&id) else {
            return;
        };
        // One page of a log at a time: its answer is also this one's.
        if reader.older.contains_key(&log) {
            return;
        }
        let found = range.filter(|&(from, end)| from < before.min(end));
        let Some((from, end)) = found else {
            return self.tell_older(id, log, Vec::new(), false);
        };
        let query = Query::Lines {
            log,
            from,
            below: before.min(end),
            count: HISTORY_BATCH_MAX,
            newest: true,
        };
        let may_ask = self.may_ask(id);
        let asked = may_ask.then(|| self.find(Task::Older(log, id, from), query));
        match (asked.flatten(), self.readers.get_mut(&id)) {
            (Some(ticket), Some(reader)) => {
                reader.older.insert(log, ticket);
            }
            // There are more, for whoever asks later.
            _ => self.tell_older(id, log, Vec::new(), true),
        }
    }

    /// The store found lines from before.
    pub(super) fn leafed(
        &mut self,
        ticket: Ticket,
        log: LogId,
        id: SessionId,
        from: u64,
        result: Result<Found, StoreFault>,
    ) {
        let Some(reader) = self.readers.get_mut(&id) else {
            return;
        };
        // Another link may have come meanwhile and asked for another page.
        if reader.older.get(&log) != Some(&ticket) {
            return;
        }
        reader.older.remove(&log);
        let (lines, more) = match result {
            Ok(Found::Lines(lines)) => {
                let more = lines.first().is_some_and(|line| line.offset > from);
                (lines, more)
            }
            // There may be more, once the store answers again.
            _ => (Vec::new(), true),
        };
        self.tell_older(id, log, lines, more);
    }

    fn tell_older(&mut self, id: SessionId, log: LogId, lines: Vec<Line>, more: bool) {
        let lines = BoundedVec::of_first(lines);
        self.tell(id, ChatNews::Older { log, lines, more });
    }

    /// From which offset to below which a session may read a log: what it reads now.
    pub(super) fn readable(&self, id: SessionId, log: LogId) -> Option<(u64, u64)> {
        if self.config.sabotage == Sabotage::OpenHistory {
            return Some((0, u64::MAX));
        }
        let reader = self.readers.get(&id)?;
        let place = self
            .shelf
            .of(log)
            .filter(|place| reader.places.contains(place))?;
        let log = self.shelf.get(place).filter(|log| log.is_ready())?;
        let since = log.since(reader.account)?;
        let since = self.config.sabotage.reads_from(since);
        Some((since.max(log.head.first), log.head.next))
    }

    /// A session's player writes in a log: the others there see it, now or never.
    pub fn typing(&mut self, now: Instant, id: SessionId, log: LogId) {
        self.now = now;
        let account = self.readers.get(&id).map(|reader| reader.account);
        let place = (self.shelf.of(log).zip(account))
            .filter(|&(place, account)| self.is_noticed(place, account));
        let Some(reader) = self.readers.get_mut(&id) else {
            return;
        };
        let place = place.map(|(place, _)| place);
        let place = place.filter(|place| reader.places.contains(place));
        let Some(log) = place.and_then(|place| self.shelf.get(place)) else {
            return;
        };
        let mute = log.is_closed() && log.member(reader.account).is_none();
        let silent = matches!(log.head.key, LogKey::Near(..) | LogKey::Server);
        if mute || silent || !reader.pace.allows(now, log.head.log) {
            return;
        }
        let bytes: Arc<[u8]> = encode_typist(log.head.log, reader.account).into();
        let others = log.readers.iter().filter(|&(&other, _)| other != id);
        let links = others.filter_map(|(_, reading)| reading.link);
        self.effects
            .extend(links.map(|link| loose_packet(link, &bytes)));
    }

    /// Sends on to readers for whom the store had failed.
    pub(super) fn revive(&mut self) {
        let logs = self.shelf.iter();
        let stalled = logs.flat_map(|(place, log)| {
            let readers = log.readers.iter();
            let stalled = readers.filter(|(_, reading)| reading.phase == Phase::Stalled);
            stalled.map(move |(&id, _)| (place, id))
        });
        let stalled: Vec<_> = stalled.collect();
        stalled
            .into_iter()
            .for_each(|(place, id)| self.pump(place, id));
    }

    fn reading(&self, place: Place, id: SessionId) -> Option<(&super::log::Log, u64)> {
        let log = self.shelf.get(place)?;
        let reading = log
            .readers
            .get(&id)
            .filter(|reading| reading.link.is_some())?;
        Some((log, reading.next))
    }

    fn set_phase(&mut self, place: Place, id: SessionId, phase: Phase) {
        let log = self.shelf.get_mut(place);
        if let Some(reading) = log.and_then(|log| log.readers.get_mut(&id)) {
            reading.phase = phase;
        }
    }
}

fn lines_news(log: LogId, lines: Vec<Line>, more: bool) -> ChatNews {
    ChatNews::Lines {
        log,
        lines: BoundedVec::of_first(lines),
        more,
    }
}
