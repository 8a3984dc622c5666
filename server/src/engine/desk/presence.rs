//! Who is told of whom: friends, and members of whispers, parties and groups.
//!
//! Never tells anybody of an account they neither follow nor share a log with.

use tickwire_shared::id::{AccountId, SessionId};
use tickwire_shared::limits::PEOPLE_BATCH_MAX;
use tickwire_shared::wire::{BoundedVec, ChatNews};

use super::Desk;
use super::log::is_in;
use super::shelf::Place;
use crate::engine::etiquette::presence::Reason;

impl Desk {
    /// A session's player looks elsewhere or is back.
    pub fn set_away(&mut self, id: SessionId, away: bool) {
        if let Some(reader) = self.readers.get(&id)
            && let Some(link) = reader.link
        {
            self.book.set_away(reader.account, link, away);
        }
    }

    /// An account is known: it watches whom it follows.
    pub(super) fn watch_followed(&mut self, account: AccountId) {
        let person = self.people.get(&account);
        let followed = person.filter(|person| !person.sessions.is_empty());
        let followed = followed
            .map(|person| person.followed.clone())
            .unwrap_or_default();
        for (other, name) in followed {
            self.watch(account, other, &name, Reason::Follows);
        }
    }

    /// An account reads a log: it watches who else is in it.
    pub(super) fn acquaint(&mut self, place: Place, account: AccountId) {
        let Some(person) = self.people.get_mut(&account) else {
            return;
        };
        if person.acquainted.insert(place) {
            self.watch_fellows(place, account);
        }
    }

    /// An account watches who else is in a log.
    pub(super) fn watch_fellows(&mut self, place: Place, account: AccountId) {
        for (other, name) in self.fellows(place, account) {
            self.watch(account, other, &name, shares(place));
        }
    }

    /// An account has come into a log, or left it: whoever watches there learns it.
    pub(super) fn regroup(&mut self, place: Place, account: AccountId, name: &str, is_in: bool) {
        let fellows = self.fellows(place, account);
        let watches = |account: &AccountId| {
            let person = self.people.get(account);
            person.is_some_and(|person| person.acquainted.contains(&place))
        };
        let watching: Vec<AccountId> = fellows
            .iter()
            .map(|(other, _)| *other)
            .filter(watches)
            .collect();
        for other in watching {
            if is_in {
                self.watch(other, account, name, shares(place));
            } else {
                self.book.unwatch(other, account, shares(place));
            }
        }
        let person = self.people.get_mut(&account);
        if !is_in && person.is_some_and(|person| person.acquainted.remove(&place)) {
            for (other, _) in fellows {
                self.book.unwatch(account, other, shares(place));
            }
        }
    }

    /// Past the bounds of the book somebody is not watched.
    pub(super) fn watch(
        &mut self,
        watcher: AccountId,
        whom: AccountId,
        name: &str,
        reason: Reason,
    ) {
        let _ = self.book.watch(watcher, whom, name, reason);
    }

    /// The others in a log whose readers are told of each other; nobody in a whisper of two who
    /// are kept apart.
    fn fellows(&self, place: Place, account: AccountId) -> Vec<(AccountId, String)> {
        let log = self.shelf.get(place).filter(|log| log.is_personal());
        let log = log.filter(|log| !self.is_apart(&log.head.key));
        let members = log.into_iter().flat_map(|log| log.members.values());
        let members = members.filter(|member| is_in(member.standing));
        let others = members.filter(|member| member.account != account);
        others
            .map(|member| (member.account, member.name.clone()))
            .collect()
    }

    /// Tells all sessions of an account how everybody stands whom it watches.
    pub(super) fn show_picture(&mut self, account: AccountId) {
        let sessions = self
            .people
            .get(&account)
            .map(|person| person.sessions.clone());
        for id in sessions.unwrap_or_default() {
            self.show_picture_to(id, account);
        }
    }

    pub(super) fn show_picture_to(&mut self, id: SessionId, account: AccountId) {
        for changes in self.book.picture(account) {
            let changes = BoundedVec::of_first(changes);
            self.tell(id, ChatNews::Presence { changes });
        }
    }

    /// Tells who came and went.
    pub(super) fn turn_book(&mut self) {
        for (watcher, changes) in self.book.turn(self.now) {
            let sessions = self
                .people
                .get(&watcher)
                .map(|person| person.sessions.clone());
            for id in sessions.unwrap_or_default() {
                for batch in changes.chunks(PEOPLE_BATCH_MAX) {
                    let changes = BoundedVec::of_first(batch.iter().cloned());
                    self.tell(id, ChatNews::Presence { changes });
                }
            }
        }
    }
}

/// That two share the log at this place.
pub(super) fn shares(place: Place) -> Reason {
    Reason::Shares(place.number())
}
