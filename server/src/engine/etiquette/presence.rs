//! Presence: who is there, in which room, and who is told of it.
//!
//! Never decides who may follow whom, never reads a clock and never sends: it hands out what each
//! watcher is to be told, when there is something.
//!
//! Everything is by account. An account is **online** while a link of it is live and its player
//! there, **away** while it has live links and its player is at none of them, and **offline** some
//! seconds after its last link was lost: most come back before.
//!
//! An account that watches is told how each account it watches stands, in **changes**: the state
//! that is new, not what happened on the way there. So a change may be told late or twice and the
//! watcher is right in the end; what came and went between two tellings is not told at all. A
//! client that is new to a watcher asks for everything by [`Book::picture`].

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use tickwire_shared::id::{AccountId, LinkId};
use tickwire_shared::limits::PEOPLE_BATCH_MAX;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{BoundedStr, ChatRefusal, Presence, Status};

use crate::limits::{OFFLINE_AFTER, PRESENCE_TURN, WATCHED_MAX, WATCHES_MAX};

/// What is shown of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    name: String,
    status: Status,
    room: String,
}

/// A live link.
#[derive(Clone, Debug)]
struct Live {
    room: String,
    away: bool,
}

/// An account that is there, was a moment ago, or is watched.
#[derive(Clone, Debug, Default)]
struct Person {
    name: String,
    live: BTreeMap<LinkId, Live>,
    /// When its last link was lost, and how it was shown until then.
    lost: Option<(Instant, Status, String)>,
    /// Whoever watches it.
    watchers: BTreeSet<AccountId>,
}

/// Why an account watches another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It follows it.
    Follows,
    /// They share the log of this number, which is the caller's own.
    Shares(u64),
}

/// Whom an account watches: for which reasons, and what it was told of them last.
#[derive(Clone, Debug)]
struct Watched {
    reasons: BTreeSet<Reason>,
    told: Option<Shown>,
}

/// Everybody who is there or watched.
#[derive(Clone, Debug, Default)]
pub struct Book {
    people: BTreeMap<AccountId, Person>,
    watching: BTreeMap<AccountId, BTreeMap<AccountId, Watched>>,
    watches: usize,
    /// Who changed since the last turn.
    changed: BTreeSet<AccountId>,
    /// Who will be offline, in the order in which their last links were lost.
    leaving: BTreeSet<(Instant, AccountId)>,
    turned: Option<Instant>,
}

impl Book {
    /// A link of an account is live, in a room or in none (empty), or came to another room.
    pub fn arrive(&mut self, account: AccountId, name: &str, link: LinkId, room: &str) {
        let person = self.people.entry(account).or_default();
        if let Some((at, ..)) = person.lost.take() {
            self.leaving.remove(&(at, account));
        }
        name.clone_into(&mut person.name);
        let away = person.live.get(&link).is_some_and(|live| live.away);
        let room = room.to_owned();
        person.live.insert(link, Live { room, away });
        self.changed.insert(account);
    }

    /// The player at a link looks elsewhere or is back.
    pub fn set_away(&mut self, account: AccountId, link: LinkId, away: bool) {
        let person = self.people.get_mut(&account);
        if let Some(live) = person.and_then(|person| person.live.get_mut(&link)) {
            live.away = away;
            self.changed.insert(account);
        }
    }

    /// A link is lost: its account is offline [`OFFLINE_AFTER`] later, unless it has another.
    pub fn lose(&mut self, now: Instant, account: AccountId, link: LinkId) {
        let Some(person) = self.people.get_mut(&account) else {
            return;
        };
        let before = person.shown();
        if person.live.remove(&link).is_some() && person.live.is_empty() {
            person.lost = Some((now, before.status, before.room));
            self.leaving.insert((now, account));
        }
        self.changed.insert(account);
    }

    /// A link was closed on purpose: without another one its account is offline at once.
    pub fn leave(&mut self, account: AccountId, link: LinkId) {
        let Some(person) = self.people.get_mut(&account) else {
            return;
        };
        person.live.remove(&link);
        if person.live.is_empty()
            && let Some((at, ..)) = person.lost.take()
        {
            self.leaving.remove(&(at, account));
        }
        self.changed.insert(account);
    }

    /// An account watches another for one more reason. `name` counts while the other was not there.
    ///
    /// # Errors
    /// When it watches [`WATCHED_MAX`], or all together watch [`WATCHES_MAX`]: then the reason does
    /// not count, and it is nothing to end it.
    pub fn watch(
        &mut self,
        watcher: AccountId,
        whom: AccountId,
        name: &str,
        reason: Reason,
    ) -> Result<(), ChatRefusal> {
        let watched = self.watching.get(&watcher).map_or(0, BTreeMap::len);
        let known = self
            .watching
            .get(&watcher)
            .is_some_and(|all| all.contains_key(&whom));
        if !known && (watched >= WATCHED_MAX || self.watches >= WATCHES_MAX) {
            return Err(ChatRefusal::TooMany);
        }
        let entry = self.watching.entry(watcher).or_default().entry(whom);
        let fresh = Watched {
            reasons: BTreeSet::new(),
            told: None,
        };
        entry.or_insert(fresh).reasons.insert(reason);
        if !known {
            self.watches += 1;
            let person = self.people.entry(whom).or_default();
            if person.name.is_empty() {
                name.clone_into(&mut person.name);
            }
            person.watchers.insert(watcher);
            self.changed.insert(whom);
        }
        Ok(())
    }

    /// This is no reason to watch any more, if it was one.
    pub fn unwatch(&mut self, watcher: AccountId, whom: AccountId, reason: Reason) {
        let all = self.watching.get_mut(&watcher);
        let Some(watched) = all.and_then(|all| all.get_mut(&whom)) else {
            return;
        };
        if watched.reasons.remove(&reason) && watched.reasons.is_empty() {
            self.end_watch(watcher, whom);
        }
    }

    /// Whether an account is told of another.
    #[must_use]
    pub fn is_watching(&self, watcher: AccountId, whom: AccountId) -> bool {
        let all = self.watching.get(&watcher);
        all.is_some_and(|all| all.contains_key(&whom))
    }

    /// An account watches nobody any more: its last session ended.
    pub fn unwatch_all(&mut self, watcher: AccountId) {
        let all = self.watching.get(&watcher);
        let all: Vec<AccountId> = all.into_iter().flat_map(BTreeMap::keys).copied().collect();
        for whom in all {
            self.end_watch(watcher, whom);
        }
    }

    fn end_watch(&mut self, watcher: AccountId, whom: AccountId) {
        if let Some(all) = self.watching.get_mut(&watcher) {
            self.watches -= usize::from(all.remove(&whom).is_some());
            if all.is_empty() {
                self.watching.remove(&watcher);
            }
        }
        if let Some(person) = self.people.get_mut(&whom) {
            person.watchers.remove(&watcher);
            self.changed.insert(whom);
        }
    }

    /// How everybody stands whom an account watches; for a client of it that is new.
    #[must_use]
    pub fn picture(&self, watcher: AccountId) -> Vec<Vec<Presence>> {
        let all = self.watching.get(&watcher);
        let all = all.into_iter().flat_map(BTreeMap::keys);
        batches(all.filter_map(|&whom| Some((whom, self.people.get(&whom)?.shown()))))
    }

    /// What an account is called; empty when nobody is told of it.
    #[must_use]
    pub fn name_of(&self, account: AccountId) -> &str {
        let person = self.people.get(&account);
        person.map_or("", |person| &person.name)
    }

    /// How one account stands.
    #[must_use]
    pub fn status(&self, account: AccountId) -> Status {
        let person = self.people.get(&account);
        person.map_or(Status::Offline, |person| person.shown().status)
    }

    /// When [`Book::turn`] next has something to do; `None` when not before something happens.
    #[must_use]
    pub fn next_turn(&self) -> Option<Instant> {
        let leaving = self.leaving.first().map(|&(at, _)| at + OFFLINE_AFTER);
        let soon = self
            .turned
            .map_or(Instant(0), |turned| turned + PRESENCE_TURN);
        let next = if self.changed.is_empty() {
            leaving
        } else {
            Some(soon)
        };
        next.map(|next| next.max(soon))
    }

    /// What each watcher is to be told by now, in packets of [`PEOPLE_BATCH_MAX`] at the most; at
    /// most once in [`PRESENCE_TURN`].
    pub fn turn(&mut self, now: Instant) -> Vec<(AccountId, Vec<Presence>)> {
        if self.next_turn().is_none_or(|next| now < next) {
            return Vec::new();
        }
        self.turned = Some(now);
        self.give_up(now);
        let mut news: BTreeMap<AccountId, Vec<(AccountId, Shown)>> = BTreeMap::new();
        for account in std::mem::take(&mut self.changed) {
            self.tell(account, &mut news);
        }
        let packets = |(watcher, changes): (AccountId, Vec<_>)| {
            let packets = batches(changes.into_iter()).into_iter();
            packets.map(move |packet| (watcher, packet))
        };
        news.into_iter().flat_map(packets).collect()
    }

    /// Whoever did not come back in time is offline.
    fn give_up(&mut self, now: Instant) {
        while let Some(&(at, account)) = self.leaving.first()
            && at + OFFLINE_AFTER <= now
        {
            self.leaving.remove(&(at, account));
            if let Some(person) = self.people.get_mut(&account) {
                person.lost = None;
            }
            self.changed.insert(account);
        }
    }

    /// Notes for each watcher of an account what is new of it, and forgets who need not be known.
    fn tell(
        &mut self,
        account: AccountId,
        news: &mut BTreeMap<AccountId, Vec<(AccountId, Shown)>>,
    ) {
        let Some(person) = self.people.get(&account) else {
            return;
        };
        let shown = person.shown();
        for watcher in &person.watchers {
            let all = self.watching.get_mut(watcher);
            let Some(watched) = all.and_then(|all| all.get_mut(&account)) else {
                continue;
            };
            if watched.told.as_ref() != Some(&shown) {
                watched.told = Some(shown.clone());
                news.entry(*watcher)
                    .or_default()
                    .push((account, shown.clone()));
            }
        }
        if person.live.is_empty() && person.lost.is_none() && person.watchers.is_empty() {
            self.people.remove(&account);
        }
    }
}

impl Person {
    fn shown(&self) -> Shown {
        let name = self.name.clone();
        let there = self.live.values().find(|live| !live.away);
        let somewhere = there.or_else(|| self.live.values().next());
        let (status, room) = match (somewhere, &self.lost) {
            (Some(live), _) if live.away => (Status::Away, live.room.clone()),
            (Some(live), _) => (Status::Online, live.room.clone()),
            (None, Some((_, status, room))) => (*status, room.clone()),
            (None, None) => (Status::Offline, String::new()),
        };
        Shown { name, status, room }
    }
}

fn batches(all: impl Iterator<Item = (AccountId, Shown)>) -> Vec<Vec<Presence>> {
    let all: Vec<Presence> = all
        .map(|(account, shown)| Presence {
            account,
            name: BoundedStr::cut(&shown.name),
            status: shown.status,
            room: BoundedStr::cut(&shown.room),
        })
        .collect();
    all.chunks(PEOPLE_BATCH_MAX)
        .map(<[Presence]>::to_vec)
        .collect()
}
