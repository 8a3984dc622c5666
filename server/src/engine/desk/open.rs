//! Opening logs: from what a session may read to the first line that it gets.
//!
//! Never takes a log's end from a query: its head comes as the answer to a write, in order with the
//! lines of that log, so that none falls between.

use tickwire_shared::id::{AccountId, LogId, SessionId};
use tickwire_shared::wire::{BoundedStr, ChatNews, Scope};

use super::Desk;
use super::log::{Log, Stage};
use super::person::Known;
use super::reading::{Phase, Reading, first_of};
use super::shelf::Place;
use super::tickets::Task;
use crate::engine::storage::{Found, LogKey, Query, StoreFault, Write, Written};
use crate::limits::OPENINGS_PER_TURN;

impl Desk {
    /// A session may read a log from now on; it is told when the log is open. One that wants to
    /// read something else does not.
    pub(super) fn seat(&mut self, id: SessionId, key: &LogKey) -> Place {
        let place = self.shelve(key);
        let reader = self.readers.get_mut(&id);
        let reader = reader.filter(|reader| reader.attention.takes(key));
        if let (Some(log), Some(reader)) = (self.shelf.get_mut(place), reader) {
            log.readers.entry(id).or_default();
            reader.places.insert(place);
        }
        place
    }

    /// The place of a log, which the store is asked for when it is new here.
    pub(super) fn shelve(&mut self, key: &LogKey) -> Place {
        let (place, new) = self.shelf.place(key);
        if new {
            if let LogKey::Whisper(one, other) = *key {
                for account in [one, other] {
                    self.meet(account, "").whispers += 1;
                }
            }
            self.ask_head(place);
        }
        place
    }

    /// Forgets a log that nobody needs.
    pub(super) fn release(&mut self, place: Place) {
        if let Some(LogKey::Whisper(one, other)) = self.shelf.release(place) {
            for account in [one, other] {
                if let Some(person) = self.people.get_mut(&account) {
                    person.whispers -= 1;
                }
                self.part(account);
            }
        }
    }

    /// Asks the store for a log, which is made if it has none: with the name that is known.
    pub(super) fn ask_head(&mut self, place: Place) {
        let Some(head) = self.shelf.get(place).map(|log| &log.head) else {
            return;
        };
        let (key, name) = (head.key.clone(), head.name.clone());
        let log = match key {
            LogKey::Party(log) | LogKey::Group(log) => log,
            _ => self.new_number(),
        };
        let write = Write::Open {
            key,
            log,
            epoch: self.rng.next_u32(),
            name,
        };
        let asked = self.write(Task::Head(place), write).is_ok();
        self.set_stage(place, if asked { Stage::Opening } else { Stage::Failed });
    }

    /// A number that no log has, but for a chance of 2^-64; 0 means none.
    pub(super) fn new_number(&mut self) -> LogId {
        LogId(self.rng.next_u64().max(1))
    }

    /// The store told what a log is.
    pub(super) fn headed(&mut self, place: Place, result: Result<Written, StoreFault>) {
        let Some(log) = self.shelf.get(place) else {
            return;
        };
        let closed = log.is_closed();
        match result {
            Ok(Written::Log(head)) => {
                self.shelf.head(place, head);
                if closed {
                    self.ask_members(place);
                } else {
                    self.ready(place);
                }
            }
            Ok(_) => self.not_opened(place, StoreFault::Failed),
            Err(fault) => self.not_opened(place, fault),
        }
    }

    fn ask_members(&mut self, place: Place) {
        let Some(log) = self.shelf.get(place).map(|log| log.head.log) else {
            return;
        };
        match self.find(Task::Members(place), Query::Members(log)) {
            Some(_) => self.set_stage(place, Stage::Gathering),
            None => self.not_opened(place, StoreFault::Busy),
        }
    }

    /// The store told who is in a log.
    pub(super) fn gathered(&mut self, place: Place, result: Result<Found, StoreFault>) {
        match (self.shelf.get_mut(place), result) {
            (Some(log), Ok(Found::Members(members))) => {
                let by_account = members.into_iter().map(|member| (member.account, member));
                log.members = by_account.collect();
                self.set_stage(place, Stage::Joining);
                self.try_ready(place);
            }
            (Some(_), Ok(_)) => self.not_opened(place, StoreFault::Failed),
            (Some(_), Err(fault)) => self.not_opened(place, fault),
            (None, _) => {}
        }
    }

    /// Everything about a log is known: what waited goes on.
    pub(super) fn ready(&mut self, place: Place) {
        self.set_stage(place, Stage::Ready);
        self.seat_pair(place);
        let Some(log) = self.shelf.get_mut(place) else {
            return;
        };
        log.founder = None;
        let waiting = std::mem::take(&mut log.waiting);
        let wishes = std::mem::take(&mut log.wishes);
        let readers: Vec<SessionId> = log.readers.keys().copied().collect();
        readers.into_iter().for_each(|id| self.begin(place, id));
        (waiting.into_iter()).for_each(|draft| self.hand_over(place, draft));
        (wishes.into_iter()).for_each(|(wish, asker)| self.grant(place, wish, asker));
        self.enlist(place);
        self.dismiss(place);
        self.release(place);
    }

    /// Both of a whisper read it while something is said there, also whoever has so many logs that
    /// this one was not opened for it.
    fn seat_pair(&mut self, place: Place) {
        let log = self.shelf.get(place);
        let Some(key @ &LogKey::Whisper(one, other)) = log.map(|log| &log.head.key) else {
            return;
        };
        let (key, people) = (
            key.clone(),
            [one, other].map(|account| self.people.get(&account)),
        );
        let sessions = people
            .into_iter()
            .flatten()
            .flat_map(|person| &person.sessions);
        let sessions: Vec<SessionId> = sessions.copied().collect();
        (sessions.into_iter()).for_each(|id| {
            self.seat(id, &key);
        });
    }

    /// The store failed: what waited is refused, and it is asked again in a while.
    pub(super) fn not_opened(&mut self, place: Place, fault: StoreFault) {
        self.set_stage(place, Stage::Failed);
        let Some(log) = self.shelf.get_mut(place) else {
            return;
        };
        let waiting = std::mem::take(&mut log.waiting);
        let wishes = std::mem::take(&mut log.wishes).into_iter();
        let founder = log.founder.take();
        let askers = wishes.map(|(_, asker)| asker).chain(founder);
        let askers: Vec<_> = askers.collect();
        let reason = fault.refusal();
        (waiting.iter()).for_each(|draft| self.refuse(draft, reason, 0));
        (askers.into_iter()).for_each(|asker| self.answer(asker, Some(reason)));
        if founder.is_some() {
            self.unfound_party(place);
        }
        self.release(place);
    }

    /// The store has forgotten the log of this number: it is closed, and opened anew.
    pub(super) fn reopen(&mut self, place: Place, number: LogId) {
        let log = self.shelf.get(place);
        if !log.is_some_and(|log| log.is_ready() && log.head.log == number) {
            // Another line has found that out.
            return;
        }
        self.tell_readers(place, &ChatNews::Closed { log: number }, None);
        if let Some(log) = self.shelf.get_mut(place) {
            log.lines.clear();
            (log.readers.values_mut()).for_each(|reading| *reading = Reading::default());
        }
        self.ask_head(place);
    }

    fn set_stage(&mut self, place: Place, stage: Stage) {
        if let Some(log) = self.shelf.get_mut(place) {
            log.stage = stage;
        }
    }

    /// Sessions are told of as many further logs as go into a turn.
    pub(super) fn open_more(&mut self) {
        let mut behind = Vec::new();
        for (&id, reader) in &mut self.readers {
            reader.openings = OPENINGS_PER_TURN;
            let more = !reader.invited.is_empty() || !reader.late_marks.is_empty();
            if std::mem::take(&mut reader.behind) || more {
                behind.push(id);
            }
        }
        for id in behind {
            self.begin_all(id);
            self.tell_next_invitations(id);
            self.mark_late(id);
        }
    }

    /// Begins every log of a session that can be begun, but for those that wait for a turn.
    pub(super) fn begin_all(&mut self, id: SessionId) {
        let places = self.readers.get(&id).map(|reader| reader.places.clone());
        for place in places.unwrap_or_default() {
            self.begin(place, id);
        }
    }

    /// Begins a log of all sessions of an account, where it can be begun.
    pub(super) fn begin_of(&mut self, place: Place, account: AccountId) {
        let person = self.people.get(&account);
        let sessions = person.map(|person| person.sessions.clone());
        (sessions.into_iter().flatten()).for_each(|id| self.begin(place, id));
    }

    /// Tells a session that a log is open, once it is, and sends its first lines.
    pub(super) fn begin(&mut self, place: Place, id: SessionId) {
        let reader = self.readers.get(&id);
        let both = reader.zip(self.shelf.get(place));
        if both.is_some_and(|(r, log)| self.has_yet_to_leave(r.account, &log.head.key)) {
            return;
        }
        let (Some(reader), Some(log)) = (self.readers.get_mut(&id), self.shelf.get_mut(place))
        else {
            return;
        };
        let person = self.people.get(&reader.account);
        let known = person.is_some_and(|person| person.known == Known::All);
        let reading = log.readers.get(&id);
        let parked = reading.is_some_and(|reading| reading.phase == Phase::Parked);
        // While it leaves and comes again, it is in the log here and not in the store.
        let settled = !log.joining.contains_key(&reader.account);
        let begins = known && parked && settled && log.is_ready();
        let (Some(link), Some(since), true) = (reader.link, log.since(reader.account), begins)
        else {
            return;
        };
        if log.is_personal() {
            if reader.openings == 0 {
                reader.behind = true;
                return;
            }
            reader.openings -= 1;
        }
        let account = reader.account;
        let cursor = reader.take_cursor(log.head.log);
        let since = self.config.sabotage.reads_from(since);
        let reading = Reading {
            link: Some(link),
            next: first_of(log, since, cursor),
            phase: Phase::Live,
        };
        log.readers.insert(id, reading);
        self.tell_opened(place, id);
        self.introduce(place, id);
        self.acquaint(place, account);
        self.pump(place, id);
    }

    /// Tells a session where a log goes on for it.
    pub(super) fn tell_opened(&mut self, place: Place, id: SessionId) {
        let (Some(reader), Some(log)) = (self.readers.get(&id), self.shelf.get(place)) else {
            return;
        };
        let (account, head) = (reader.account, &log.head);
        let Some(reading) = log.readers.get(&id) else {
            return;
        };
        let person = self.people.get(&account);
        let noted = person.and_then(|person| person.read.get(&head.log).copied());
        let read = log.member(account).map(|member| member.read).or(noted);
        // What was said before it came is not unread.
        let since = log.since(account).unwrap_or(0);
        let news = ChatNews::Opened {
            log: head.log,
            scope: scope_of(log, account),
            epoch: head.epoch,
            first: reading.next,
            next: head.next,
            read: read.unwrap_or(0).max(since).min(head.next),
        };
        self.tell(id, news);
    }

    /// A session reads a log no more.
    pub(super) fn unseat(&mut self, id: SessionId, place: Place) {
        if let Some(log) = self.shelf.get_mut(place) {
            log.readers.remove(&id);
        }
        if let Some(reader) = self.readers.get_mut(&id) {
            reader.places.remove(&place);
            reader.late_marks.remove(&place);
        }
        self.release(place);
    }

    /// Asks the store again for what failed.
    pub(super) fn retry(&mut self) {
        let failed = self.people.iter();
        let failed = failed.filter(|(_, person)| person.known == Known::Failed);
        let failed: Vec<AccountId> = failed.map(|(&account, _)| account).collect();
        (failed.into_iter()).for_each(|account| self.ask_person(account));
        let teamed = self.people.iter();
        let teamed = teamed.filter(|(_, person)| !person.teams.is_empty());
        let teamed: Vec<AccountId> = teamed.map(|(&account, _)| account).collect();
        (teamed.into_iter()).for_each(|account| self.leave_others(account));
        let failed = self.shelf.iter();
        let failed = failed.filter(|(_, log)| log.stage == Stage::Failed);
        let failed: Vec<Place> = failed.map(|(place, _)| place).collect();
        (failed.into_iter()).for_each(|place| self.ask_head(place));
        let places: Vec<Place> = self.shelf.iter().map(|(place, _)| place).collect();
        (places.into_iter()).for_each(|place| self.enlist(place));
        self.leave_again();
        self.revive();
    }
}

/// What a log is to one of its readers.
pub(super) fn scope_of(log: &Log, reader: AccountId) -> Scope {
    match &log.head.key {
        LogKey::Room(name) => Scope::Room {
            name: BoundedStr::cut(name),
        },
        LogKey::Team(_, number) => Scope::Team { number: *number },
        LogKey::Near(..) => Scope::Near,
        LogKey::Whisper(one, other) => {
            let with = if *one == reader { *other } else { *one };
            let name = (log.members.get(&with)).map_or("", |member| &member.name);
            Scope::Whisper {
                with,
                name: BoundedStr::cut(name),
            }
        }
        LogKey::Party(_) => Scope::Party,
        LogKey::Group(_) => Scope::Group {
            name: BoundedStr::cut(&log.head.name),
        },
        LogKey::Server => Scope::Server,
    }
}
