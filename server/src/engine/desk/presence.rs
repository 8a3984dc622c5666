//! Who is told of whom: friends, and members of whispers, parties and groups.
//!
//! Never tells anybody of an account they neither follow nor share a log with.

use tickwire_shared::id::{AccountId, SessionId};
use tickwire_shared::limits::PEOPLE_BATCH_MAX;
use tickwire_shared::wire::{BoundedStr, BoundedVec, ChatNews, Presence, Status};

use super::Desk;
use super::log::is_in;
use super::shelf::Place;
use super::tickets::Someone;
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

    /// An account follows another from now on, or no more.
    pub(super) fn followed(&mut self, account: AccountId, other: Someone, on: bool) {
        let Some(person) = self.people.get_mut(&account) else {
            return;
        };
        let before = person.followed.contains_key(&other.account);
        if on && !before {
            person.followed.insert(other.account, other.name.clone());
            self.watch(account, other.account, &other.name, Reason::Follows);
        } else if !on && before {
            person.followed.remove(&other.account);
            self.book.unwatch(account, other.account, Reason::Follows);
        }
        self.show_picture(account);
    }

    /// An account hears nothing from another from now on, or again. That one follows it no more,
    /// and is shown it as offline unless they share a log.
    pub(super) fn blocked(&mut self, account: AccountId, other: AccountId, on: bool) {
        if let Some(person) = self.people.get_mut(&account) {
            match on {
                true => person.blocked.insert(other),
                false => person.blocked.remove(&other),
            };
        }
        let follower = self.people.get_mut(&other).filter(|_| on);
        let Some(follower) = follower.filter(|f| f.followed.contains_key(&account)) else {
            return;
        };
        let sessions = follower.sessions.clone();
        let name = follower.followed.remove(&account).unwrap_or_default();
        self.book.unwatch(other, account, Reason::Follows);
        if self.book.is_watching(other, account) {
            return;
        }
        let gone = Presence {
            account,
            name: BoundedStr::cut(&name),
            status: Status::Offline,
            room: BoundedStr::cut(""),
        };
        for id in sessions {
            let changes = BoundedVec::of_first([gone.clone()]);
            self.tell(id, ChatNews::Presence { changes });
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
            for (other, name) in self.fellows(place, account) {
                self.watch(account, other, &name, shares(place));
            }
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
    fn watch(&mut self, watcher: AccountId, whom: AccountId, name: &str, reason: Reason) {
        let _ = self.book.watch(watcher, whom, name, reason);
    }

    /// The others in a log whose readers are told of each other.
    fn fellows(&self, place: Place, account: AccountId) -> Vec<(AccountId, String)> {
        let log = self.shelf.get(place).filter(|log| log.is_personal());
        let members = log.into_iter().flat_map(|log| log.members.values());
        let members = members.filter(|member| is_in(member.standing));
        let others = members.filter(|member| member.account != account);
        others
            .map(|member| (member.account, member.name.clone()))
            .collect()
    }

    /// Tells all sessions of an account how everybody stands whom it watches.
    fn show_picture(&mut self, account: AccountId) {
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
fn shares(place: Place) -> Reason {
    Reason::Shares(place.number())
}
