//! Sessions that come to the desk, lose their links, find others, and go.
//!
//! Never decides that a session ends: the lobby does.

use tickwire_shared::id::{LinkId, SessionId};
use tickwire_shared::rng::Rng;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::LogCursor;
#[cfg(test)]
use tickwire_shared::wire::Role;

use super::Desk;
use super::person::Known;
use super::reader::{Entrant, Reader};
use super::reading::Reading;
use super::tickets::Someone;
use crate::engine::storage::LogKey;
use crate::limits::OPENINGS_PER_TURN;

impl Desk {
    /// A session begins. `seed` is unpredictable: new logs are named by it.
    pub fn enter(&mut self, now: Instant, id: SessionId, entrant: Entrant, seed: u64) {
        self.now = now;
        self.rng = Rng::new(self.rng.next_u64() ^ seed);
        let (account, link) = (entrant.account, entrant.link);
        let (name, room) = (entrant.name.to_string(), entrant.room_name.to_string());
        let attention = entrant.attention.clone();
        self.readers.insert(id, Reader::new(now, entrant));
        self.left.retain(|someone| someone.account != account);
        self.meet(account, &name).sessions.insert(id);
        self.book.arrive(account, &name, link, &room);
        for key in [LogKey::Room(room), LogKey::Server] {
            if attention.takes(&key) {
                self.seat(id, &key);
            }
        }
        let person = self.people.get(&account);
        if person.is_some_and(|person| person.known == Known::All) {
            if person.is_some_and(|person| person.sessions.len() == 1) {
                self.watch_followed(account);
            }
            self.tell_neighbours(id);
            self.seat_own(account, id);
            self.show_picture_to(id, account);
        }
        self.begin_all(id);
    }

    /// A session goes on over another link, where its client stands as `cursors` say.
    pub fn attach(&mut self, now: Instant, id: SessionId, link: LinkId, cursors: Vec<LogCursor>) {
        self.detach(now, id);
        let Some(reader) = self.readers.get_mut(&id) else {
            return;
        };
        reader.link = Some(link);
        reader.cursors = cursors;
        reader.openings = OPENINGS_PER_TURN;
        let account = reader.account;
        (self.book).arrive(account, &reader.name, link, &reader.room_name);
        self.tell_neighbours(id);
        self.begin_all(id);
        self.tell_invitations(account, id);
        self.show_picture_to(id, account);
    }

    /// A session's link is gone.
    pub fn detach(&mut self, now: Instant, id: SessionId) {
        self.now = now;
        let Some(reader) = self.readers.get_mut(&id) else {
            return;
        };
        if let Some(link) = reader.link.take() {
            self.book.lose(now, reader.account, link);
        }
        reader.cursors.clear();
        reader.older.clear();
        reader.invited.clear();
        for &place in &reader.places {
            let log = self.shelf.get_mut(place);
            if let Some(reading) = log.and_then(|log| log.readers.get_mut(&id)) {
                *reading = Reading::default();
            }
        }
    }

    /// A session ends.
    pub fn leave(&mut self, id: SessionId) {
        let Some(reader) = self.readers.get_mut(&id) else {
            return;
        };
        // It has said goodbye: nothing more is told. Its marks of late are not said again.
        let link = reader.link.take();
        let (whose, marks) = (reader.account, core::mem::take(&mut reader.late_marks));
        for (place, mark) in marks {
            self.note(place, whose, mark);
        }
        self.place_in_team(id, None);
        let Some(reader) = self.readers.remove(&id) else {
            return;
        };
        let account = reader.account;
        for &place in &reader.places {
            self.unseat(id, place);
        }
        if let Some(link) = link {
            self.book.leave(account, link);
        }
        let person = self.people.get_mut(&account);
        let last = person.is_some_and(|person| {
            person.sessions.remove(&id);
            person.sessions.is_empty()
        });
        if last {
            self.book.unwatch_all(account);
            if let Some(person) = self.people.get_mut(&account) {
                person.acquainted.clear();
            }
            self.remember(Someone {
                account,
                name: reader.name.to_string(),
                role: reader.role,
            });
        }
        self.part(account);
    }

    /// Another role, for tests: roles come with the session.
    #[cfg(test)]
    pub fn promote(&mut self, id: SessionId, role: Role) {
        if let Some(reader) = self.readers.get_mut(&id) {
            reader.role = role;
        }
    }

    /// Everything is over.
    pub fn clear(&mut self) {
        let ids: Vec<_> = self.readers.keys().copied().collect();
        ids.into_iter().for_each(|id| self.leave(id));
    }
}
