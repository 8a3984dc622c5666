//! Signs under lines: stored, then told to whoever has the line.
//!
//! Never counts: the store does, and what it says is shown.

use tickwire_shared::id::{AccountId, LogId, SessionId};
use tickwire_shared::wire::{BoundedStr, BoundedVec, ChatNews, Line, Reaction};

use super::Desk;
use super::shelf::Place;
use super::tickets::Task;
use crate::engine::etiquette::reaction::sign;
use crate::engine::storage::{Found, Query, StoreFault, Write, Written};

impl Desk {
    /// A session puts a sign under a line, or takes it away. What it may not do comes to nothing.
    pub(super) fn react(
        &mut self,
        id: SessionId,
        (log, offset): (LogId, u64),
        text: &str,
        on: bool,
    ) {
        let readable = self.readable(id, log);
        let readable = readable.is_some_and(|(from, end)| (from..end).contains(&offset));
        let now = self.now;
        let Some(reader) = self.readers.get_mut(&id).filter(|_| readable) else {
            return;
        };
        let account = reader.account;
        let (Ok(sign), true) = (sign(text), reader.asks.take(now, 1)) else {
            return;
        };
        let Some(place) = self.shelf.of(log) else {
            return;
        };
        if !self.is_noticed(place, account) {
            return;
        }
        let write = Write::React {
            log,
            offset,
            account,
            sign,
            on,
        };
        // Whoever is too fast for the store tries again.
        let _ = self.write(Task::React(place, offset), write);
    }

    /// The store answered a sign.
    pub(super) fn reacted(
        &mut self,
        place: Place,
        offset: u64,
        result: Result<Written, StoreFault>,
    ) {
        let Ok(Written::Reactions(signs)) = result else {
            return;
        };
        let Some(log) = self.shelf.get(place) else {
            return;
        };
        let number = log.head.log;
        let readers = log.readers.iter();
        let has = readers.filter(|(_, reading)| reading.link.is_some() && reading.next > offset);
        let ids: Vec<SessionId> = has.map(|(&id, _)| id).collect();
        for id in ids {
            self.tell_signs(id, (number, offset), &signs);
        }
    }

    /// Looks up the signs under lines that a session was just sent.
    pub(super) fn look_for_signs(&mut self, place: Place, id: SessionId, lines: &[Line]) {
        let (Some(first), Some(last), Some(log)) =
            (lines.first(), lines.last(), self.shelf.get(place))
        else {
            return;
        };
        let query = Query::Reactions {
            log: log.head.log,
            from: first.offset,
            below: last.offset + 1,
        };
        let _ = self.find(Task::Reactions(place, id), query);
    }

    /// The store found the signs under lines that a session was sent.
    pub(super) fn signs_found(
        &mut self,
        place: Place,
        id: SessionId,
        result: Result<Found, StoreFault>,
    ) {
        let log = self.shelf.get(place);
        let log = log.filter(|log| log.readers.get(&id).is_some_and(|r| r.link.is_some()));
        let (Some(log), Ok(Found::Reactions(lines))) = (log, result) else {
            return;
        };
        let number = log.head.log;
        for line in lines {
            self.tell_signs(id, (number, line.offset), &line.signs);
        }
    }

    fn tell_signs(
        &mut self,
        id: SessionId,
        (log, offset): (LogId, u64),
        signs: &[(String, Vec<AccountId>)],
    ) {
        let Some(me) = self.readers.get(&id).map(|reader| reader.account) else {
            return;
        };
        let hidden = self.people.get(&me).map(|person| &person.blocked);
        let is_seen = |who: &&AccountId| !hidden.is_some_and(|all| all.contains_key(*who));
        let shown = signs.iter().map(|(sign, who)| Reaction {
            sign: BoundedStr::cut(sign),
            count: u32::try_from(who.iter().filter(is_seen).count()).unwrap_or(u32::MAX),
            mine: who.contains(&me),
        });
        let reactions = BoundedVec::of_first(shown.filter(|sign| sign.count > 0));
        self.tell(
            id,
            ChatNews::Reactions {
                log,
                offset,
                reactions,
            },
        );
    }
}
