//! Neighbours: whom an account blocks and follows, and what a block keeps from both.
//!
//! Never tells an account who blocks it, and never opens a log before its reader was told whom it
//! blocks.

use tickwire_shared::id::{AccountId, SessionId};
use tickwire_shared::limits::PEOPLE_BATCH_MAX;
use tickwire_shared::wire::{
    BoundedStr, BoundedVec, ChatNews, Neighbour, Presence, Receipt, Role, Status, Whom,
};

use super::member::receipt;
use super::person::{Known, Person};
use super::presence::shares;
use super::reader::Attention;
use super::shelf::Place;
use super::tickets::{Errand, Someone};
use super::whom::whisper_key;
use super::{Desk, Sabotage};
use crate::engine::etiquette::presence::Reason;
use crate::engine::storage::LogKey;

impl Desk {
    /// Tells a session whom its account blocks and follows, once that is known. Visitors hide
    /// nothing and are not told.
    pub(super) fn tell_neighbours(&mut self, id: SessionId) {
        let Some(reader) = self.readers.get(&id) else {
            return;
        };
        let person = self.people.get(&reader.account);
        let person = person.filter(|person| person.known == Known::All);
        let Some(person) = person.filter(|_| reader.attention == Attention::Everything) else {
            return;
        };
        let all = person.neighbours();
        let mut batches = all.chunks(PEOPLE_BATCH_MAX);
        let mut anew = true;
        // Nobody is news, too: a client may know somebody from before.
        while let Some(batch) = batches.next().or(anew.then_some(&[])) {
            let people = BoundedVec::of_first(batch.iter().cloned());
            self.tell(id, ChatNews::Neighbours { anew, people });
            anew = false;
        }
    }

    /// Tells the clients of an account how it stands to another. Of an account that came again
    /// meanwhile the store is asked once more: its answer may be from before, and all are told.
    fn tell_neighbour(&mut self, account: AccountId, other: AccountId) {
        let Some(person) = self.people.get(&account) else {
            return;
        };
        match person.known {
            Known::All => {}
            Known::Asked => return self.ask_person(account),
            Known::Failed => return,
        }
        let news = ChatNews::Neighbours {
            anew: false,
            people: BoundedVec::of_first([person.neighbour(other)]),
        };
        let sessions = person.sessions.iter().copied();
        let told = |id: &SessionId| {
            let reader = self.readers.get(id);
            reader.is_some_and(|reader| reader.attention == Attention::Everything)
        };
        let sessions: Vec<SessionId> = sessions.filter(told).collect();
        (sessions.into_iter()).for_each(|id| self.tell(id, news.clone()));
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
        self.tell_neighbour(account, other.account);
        self.show_picture(account);
    }

    /// An account hears nothing from another from now on, or again. Neither follows the other any
    /// more, and of a whisper of theirs neither is told how the other is present or how far it got.
    pub(super) fn blocked(&mut self, account: AccountId, other: Someone, on: bool) {
        let Someone {
            account: other,
            name,
            ..
        } = other;
        if let Some(person) = self.people.get_mut(&account) {
            match on {
                true => person.blocked.insert(other, name),
                false => person.blocked.remove(&other),
            };
        }
        if on {
            self.follow_no_more(other, account);
            self.follow_no_more(account, other);
            self.keep_apart(account, other);
        } else {
            self.bring_together(account, other);
        }
        self.tell_neighbour(account, other);
    }

    fn follow_no_more(&mut self, account: AccountId, other: AccountId) {
        let Some(person) = self.people.get_mut(&account) else {
            return;
        };
        let followed = person.followed.remove(&other).is_some();
        if followed || person.known == Known::Asked {
            self.end_watch(account, other, Reason::Follows);
            self.tell_neighbour(account, other);
        }
    }

    /// A reason to watch is over: whoever has no other is told that the other is offline, which is
    /// all they will hear.
    fn end_watch(&mut self, account: AccountId, other: AccountId, reason: Reason) {
        let watched = self.book.is_watching(account, other);
        let name = self.book.name_of(other).to_owned();
        self.book.unwatch(account, other, reason);
        if !watched || self.book.is_watching(account, other) {
            return;
        }
        let gone = Presence {
            account: other,
            name: BoundedStr::cut(&name),
            status: Status::Offline,
            room: BoundedStr::cut(""),
        };
        let sessions = self.people.get(&account).map(|person| &person.sessions);
        let sessions: Vec<SessionId> = sessions.into_iter().flatten().copied().collect();
        for id in sessions {
            let changes = BoundedVec::of_first([gone.clone()]);
            self.tell(id, ChatNews::Presence { changes });
        }
    }

    fn keep_apart(&mut self, one: AccountId, other: AccountId) {
        let key = whisper_key(one, other);
        if let Some(place) = self.shelf.find(&key).filter(|_| self.is_apart(&key)) {
            self.end_watch(one, other, shares(place));
            self.end_watch(other, one, shares(place));
        }
    }

    /// A block is over: unless there is another one, both are told of each other again.
    fn bring_together(&mut self, one: AccountId, other: AccountId) {
        let key = whisper_key(one, other);
        let Some(place) = self.shelf.find(&key).filter(|_| !self.is_apart(&key)) else {
            return;
        };
        for account in [one, other] {
            let person = self.people.get(&account);
            if person.is_some_and(|person| person.acquainted.contains(&place)) {
                self.watch_fellows(place, account);
                self.tell_receipts_to(place, account);
            }
        }
    }

    /// Whether a log is a whisper of two of whom one blocks the other.
    pub(super) fn is_apart(&self, key: &LogKey) -> bool {
        let LogKey::Whisper(one, other) = *key else {
            return false;
        };
        let apart = self.is_shut_out(key, one) || self.is_shut_out(key, other);
        apart && self.config.sabotage != Sabotage::TellPastBlock
    }

    /// How far everybody got in a log, as one of its readers is told.
    pub(super) fn receipts_for(&self, place: Place, account: AccountId) -> Vec<Receipt> {
        let log = self.shelf.get(place).filter(|log| log.is_personal());
        let Some(log) = log else { return Vec::new() };
        let apart = self.is_apart(&log.head.key);
        let there = log.present().filter(|member| member.delivered > 0);
        let shown = there.filter(|member| !apart || member.account == account);
        shown.map(receipt).collect()
    }

    fn tell_receipts_to(&mut self, place: Place, account: AccountId) {
        let sessions = self.people.get(&account).map(|person| &person.sessions);
        let reads = |id: &&SessionId| {
            let log = self.shelf.get(place);
            log.is_some_and(|log| log.readers.get(*id).is_some_and(|r| r.link.is_some()))
        };
        let sessions: Vec<SessionId> = (sessions.into_iter().flatten())
            .filter(reads)
            .copied()
            .collect();
        for id in sessions {
            self.tell_receipts(place, id);
        }
    }

    /// Whom a session means of those its account blocks or follows, where it wants that to end:
    /// they need not be here, and a guest's name may be another's by now.
    pub(super) fn neighbour_meant(
        &self,
        id: SessionId,
        whom: &Whom,
        errand: &Errand,
    ) -> Option<Someone> {
        let reader = self.readers.get(&id)?;
        let person = self.people.get(&reader.account)?;
        let known = match errand {
            Errand::Block(_, false) => &person.blocked,
            Errand::Follow(_, false) => &person.followed,
            _ => return None,
        };
        let is_meant = |(account, name): &(&AccountId, &String)| match whom {
            Whom::Account(meant) => meant == *account,
            Whom::Name(meant) => meant.to_lowercase() == name.to_lowercase(),
        };
        let (account, name) = known.iter().find(is_meant)?;
        Some(Someone {
            account: *account,
            name: name.clone(),
            role: Role::Player,
        })
    }
}

impl Person {
    /// Whom it blocks, then whom it follows besides.
    fn neighbours(&self) -> Vec<Neighbour> {
        let followed = self.followed.keys();
        let others = followed.filter(|other| !self.blocked.contains_key(other));
        let all = self.blocked.keys().chain(others);
        all.map(|other| self.neighbour(*other)).collect()
    }

    fn neighbour(&self, account: AccountId) -> Neighbour {
        let (blocked, followed) = (self.blocked.get(&account), self.followed.get(&account));
        Neighbour {
            account,
            name: BoundedStr::cut(blocked.or(followed).map_or("", |name| name)),
            blocked: blocked.is_some(),
            followed: followed.is_some(),
        }
    }
}
