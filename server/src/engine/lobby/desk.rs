//! What the lobby and the desk tell each other.
//!
//! Never looks into a line: who is there is the lobby's to say, what they say is the desk's.

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::SessionId;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{ChatCommand, LogCursor};

use super::Lobby;
use crate::engine::desk::{Announced, Attention, Desk, Entrant, Missed};
use crate::engine::etiquette::filter::Filter;
use crate::engine::storage::{Found, Millis, StoreFault, Ticket, Written};

impl Lobby {
    /// The store answered an [`crate::engine::Effect::Write`]; writes are answered in their order.
    pub fn written(&mut self, now: Instant, ticket: Ticket, result: Result<Written, StoreFault>) {
        self.at_desk(|desk| desk.written(now, ticket, result));
    }

    /// The store answered an [`crate::engine::Effect::Find`].
    pub fn found(&mut self, now: Instant, ticket: Ticket, result: Result<Found, StoreFault>) {
        self.at_desk(|desk| desk.found(now, ticket, result));
    }

    /// What the clock on the wall shows; call it now and then.
    pub fn set_wall(&mut self, wall: Millis) {
        self.desk.set_wall(wall);
    }

    /// Another word filter, from now on.
    pub fn set_filter(&mut self, filter: Filter) {
        self.desk.set_filter(filter);
    }

    /// A line from the server itself, to everybody. What becomes of it is told under this number.
    pub fn announce(&mut self, now: Instant, text: &str) -> u64 {
        let mut number = 0;
        self.at_desk(|desk| number = desk.announce(now, text));
        number
    }

    /// What became of announcements, since the last call.
    pub fn take_announced(&mut self) -> Vec<Announced> {
        self.desk.take_announced()
    }

    /// Whispers to those who were offline, since the last call.
    pub fn take_missed(&mut self) -> Vec<Missed> {
        self.desk.take_missed()
    }

    /// Closes the sessions that a moderator wants to be gone.
    pub(super) fn send_away(&mut self, now: Instant) {
        for (id, reason) in self.desk.take_sent_away() {
            if self.visitors.contains_key(&id) {
                self.show_out(id, reason);
                continue;
            }
            self.dismiss(now, id, reason);
        }
    }

    /// Ends a session and tells its link why.
    pub(super) fn dismiss(&mut self, now: Instant, id: SessionId, reason: CloseReason) {
        let link = self.sessions.get(&id).and_then(|session| session.link);
        if let Some(link) = link {
            self.links.remove(&link);
            self.farewell(link, reason);
        }
        self.end(now, id);
    }

    /// Lets the desk take something in, and puts what it wants behind what is wanted already.
    pub(super) fn at_desk(&mut self, take_in: impl FnOnce(&mut Desk)) {
        let before = self.desk.counts();
        take_in(&mut self.desk);
        self.effects.extend(self.desk.take_effects());
        let counts = self.desk.counts();
        self.counts.visitor_lines += counts.visitor_lines - before.visitor_lines;
        self.counts.chat_lines += counts.lines - before.lines;
        self.counts.chat_refused += counts.refused - before.refused;
    }

    /// A session begins.
    pub(super) fn enter_desk(
        &mut self,
        now: Instant,
        id: SessionId,
        cursors: Vec<LogCursor>,
        seed: u64,
    ) {
        let session = self.sessions.get(&id);
        let Some((session, room)) = session.and_then(|s| Some((s, self.directory.get(s.room)?)))
        else {
            return;
        };
        let Some(link) = session.link else { return };
        let entrant = Entrant {
            link,
            account: session.account,
            name: session.name.clone(),
            role: session.role,
            room: session.room,
            room_name: room.name.clone(),
            cursors,
            attention: Attention::Everything,
        };
        self.at_desk(|desk| desk.enter(now, id, entrant, seed));
    }

    /// A session wants something of chat.
    pub(super) fn talk(&mut self, now: Instant, id: SessionId, command: ChatCommand) {
        let session = self.sessions.get(&id);
        let room = session.and_then(|session| self.directory.get(session.room));
        let tick = room.map(|room| room.tick).unwrap_or_default();
        self.at_desk(|desk| desk.command(now, id, tick, command));
    }
}
