//! The journey of a line: judged, stored, acked, shown.
//!
//! Never shows a line that is not stored, and never shows one twice: the store knows the ids of an
//! author's lines.

use std::collections::VecDeque;

use tickwire_shared::id::{AccountId, LogId, SessionId};
use tickwire_shared::wire::{Address, ChatNews, ChatRefusal, Manner, Role};

use super::draft::Draft;
use super::log::Stage;
use super::recall::Verdict;
use super::scribe::{Fate, Scribe};
use super::shelf::Place;
use super::tickets::{Errand, Task};
use super::{Desk, Sabotage};
use crate::engine::etiquette::Refusal;
use crate::engine::etiquette::conduct::Allowed;
use crate::engine::etiquette::pen::Intent;
use crate::engine::etiquette::sanctions::Reach;
use crate::engine::storage::{LogKey, StoreFault, Written};
use crate::limits::CHAT_WAITING_MAX;

impl Desk {
    /// A session says something.
    pub(super) fn say(&mut self, id: SessionId, to: &Address, draft: Draft) {
        match self.scribe(draft.from).fate(draft.client_id, id) {
            // Before anything is looked up: the same line may come again meanwhile.
            Fate::New => {
                let (now, session) = (self.now, draft.session);
                self.scribe(draft.from).begin(now, draft.client_id, session);
            }
            Fate::Flying => return,
            Fate::Stored(log, offset) => return self.ack(id, draft.client_id, (log, offset)),
        }
        if draft.manner == Manner::Notice {
            return self.turn_away(&draft, (ChatRefusal::NotAllowed, 0));
        }
        match to {
            Address::Near => self.say_near(id, draft),
            Address::Whisper(whom) => self.find_whom(id, whom, Errand::Whisper(draft)),
            _ => match self.goal(id, to) {
                Ok(place) => self.say_in(place, draft),
                Err(reason) => self.refuse(&draft, reason, 0),
            },
        }
    }

    pub(super) fn scribe(&mut self, account: AccountId) -> &mut Scribe {
        let now = self.now;
        let scribe = self.scribes.entry(account);
        scribe.or_insert_with(|| Scribe::new(now))
    }

    /// The log a line is for.
    fn goal(&self, id: SessionId, to: &Address) -> Result<Place, ChatRefusal> {
        let reader = self.readers.get(&id).ok_or(ChatRefusal::NotMember)?;
        let place = match to {
            Address::Room => {
                let key = LogKey::Room(reader.room_name.to_string());
                self.shelf.find(&key)
            }
            Address::Log(log) => self.shelf.of(*log),
            Address::Team => reader.team.map(|(_, place)| place),
            Address::Server => self.shelf.find(&LogKey::Server),
            Address::Near | Address::Whisper(_) => None,
        };
        let place = place.filter(|place| reader.places.contains(place));
        let place = place.ok_or(ChatRefusal::NotMember)?;
        let key = self.shelf.get(place).map(|log| &log.head.key);
        match key {
            Some(LogKey::Server) if reader.role < Role::Admin => Err(ChatRefusal::NotAllowed),
            // What was heard nearby is nobody's to write to.
            Some(LogKey::Near(..)) | None => Err(ChatRefusal::NotAllowed),
            Some(_) => Ok(place),
        }
    }

    /// Whether a log is a whisper with somebody who hears nothing from an account.
    pub(super) fn is_shut_out(&self, key: &LogKey, account: AccountId) -> bool {
        let other = other_of(key, account).and_then(|other| self.people.get(&other));
        other.is_some_and(|other| other.blocked.contains_key(&account))
    }

    /// Whether what an account does in a log besides saying something is shown to the others: its
    /// signs, and that it types.
    pub(super) fn is_noticed(&self, place: Place, account: AccountId) -> bool {
        let reach = self.conduct.sanctions.check_say(self.wall, account);
        let log = self.shelf.get(place);
        reach == Ok(Reach::All) && log.is_some_and(|log| !self.is_apart(&log.head.key))
    }

    /// A line for a log that its author reads. Whether that takes it is asked before it is judged:
    /// what is refused costs nothing.
    pub(super) fn say_in(&mut self, place: Place, draft: Draft) {
        if let Err(reason) = self.takes(place, draft.from) {
            return self.refuse(&draft, reason, 0);
        }
        let Some(log) = self.shelf.get(place) else {
            return;
        };
        let slow = Some((log.head.log, log.head.slow_seconds));
        let slow = slow.filter(|&(_, seconds)| seconds > 0 && draft.role < Role::Moderator);
        let whisper_to = other_of(&log.head.key, draft.from);
        let told = (log.head.log, log.head.next);
        if let Some(draft) = self.judged(draft, slow, whisper_to, told) {
            self.hand_over(place, draft);
        }
    }

    /// A line as it is to be stored; `None` when nobody is to have it, and its author was told so,
    /// or that it is where `told` says.
    pub(super) fn judged(
        &mut self,
        draft: Draft,
        slow: Option<(LogId, u16)>,
        whisper_to: Option<AccountId>,
        told: (LogId, u64),
    ) -> Option<Draft> {
        match self.judge(&draft, slow, whisper_to) {
            Err(refusal) => {
                self.refuse(&draft, refusal.reason, refusal.seconds);
                None
            }
            Ok(allowed) if allowed.reach == Reach::Nobody => {
                self.note_stored(&draft, told);
                None
            }
            Ok(allowed) => Some(draft.judged_as(&allowed)),
        }
    }

    /// Whether a line may be said, who hears it, and its text as it is to be stored.
    pub(super) fn judge(
        &mut self,
        draft: &Draft,
        slow: Option<(LogId, u16)>,
        whisper_to: Option<AccountId>,
    ) -> Result<Allowed, Refusal> {
        let line = Intent {
            text: &draft.text,
            slow,
            whisper_to,
        };
        (self.conduct).judge(self.now, self.wall, draft.from, &line)
    }

    /// Has a line stored in a log, as soon as the log is open.
    pub(super) fn hand_over(&mut self, place: Place, draft: Draft) {
        if let Err(reason) = self.takes(place, draft.from) {
            return self.refuse(&draft, reason, 0);
        }
        let Some(log) = self.shelf.get_mut(place) else {
            return;
        };
        if log.is_ready() {
            let number = log.head.log;
            self.store(vec![(place, number)], draft);
        } else {
            log.waiting.push(draft);
        }
    }

    /// Whether a log takes lines of an account now, or keeps them until it is open.
    pub(super) fn takes(&self, place: Place, from: AccountId) -> Result<(), ChatRefusal> {
        let log = self.shelf.get(place).ok_or(ChatRefusal::NotMember)?;
        let mute = log.is_closed() && log.member(from).is_none();
        match log.stage {
            Stage::Ready if self.is_shut_out(&log.head.key, from) => Err(ChatRefusal::Blocked),
            Stage::Ready if mute => Err(ChatRefusal::NotMember),
            Stage::Ready => Ok(()),
            Stage::Failed => Err(ChatRefusal::StoreBusy),
            Stage::Opening | Stage::Gathering | Stage::Joining => {
                let room = log.waiting.len() < CHAT_WAITING_MAX;
                room.then_some(()).ok_or(ChatRefusal::StoreBusy)
            }
        }
    }

    /// Hands a line to the store.
    pub(super) fn store(&mut self, places: Vec<(Place, LogId)>, draft: Draft) {
        let logs: Vec<LogId> = places.iter().map(|&(_, log)| log).collect();
        let line = draft.to_write(logs);
        if self.config.sabotage == Sabotage::AckBeforeCommit
            && let (Some(id), Some(&(place, log))) = (draft.session, places.first())
        {
            let offset = self.shelf.get(place).map_or(0, |log| log.head.next);
            self.ack(id, draft.client_id, (log, offset));
        }
        if let Err(task) = self.write(Task::Line(places, draft), line)
            && let Task::Line(_, draft) = *task
        {
            self.refuse(&draft, ChatRefusal::StoreBusy, 0);
        }
    }

    /// The store answered a line.
    pub(super) fn stored(
        &mut self,
        places: &[(Place, LogId)],
        draft: Draft,
        result: Result<Written, StoreFault>,
    ) {
        let (first, offsets, at, known) = match result {
            Ok(Written::Line {
                log,
                offsets,
                at,
                known,
            }) => (log, offsets, at, known),
            Ok(_) => {
                (places.iter()).for_each(|&(place, log)| self.reopen(place, log));
                return self.refuse(&draft, ChatRefusal::StoreBusy, 0);
            }
            Err(fault) => return self.refuse(&draft, fault.refusal(), 0),
        };
        if let Some(&offset) = offsets.first() {
            self.note_stored(&draft, (first, offset));
        }
        if known && self.config.sabotage != Sabotage::ShowKnown {
            // It was paid for when it was stored.
            return self.give_back(&draft);
        }
        self.counts.lines += 1;
        self.counts.visitor_lines += u64::from(draft.is_visitors);
        for (&(place, _), &offset) in places.iter().zip(&offsets) {
            let line = draft.to_line(offset, at);
            self.note_missed(place, &line);
            self.tell_inbox(place, &line);
            self.show(place, line);
        }
    }

    /// A line is in its log: whoever asked for it is told.
    pub(super) fn note_stored(&mut self, draft: &Draft, place: (LogId, u64)) {
        self.note_announced(draft, Ok(()));
        let askers = self.scribe(draft.from).stored(draft.client_id, place);
        for id in askers_of(askers, draft) {
            self.ack(id, draft.client_id, place);
        }
    }

    fn ack(&mut self, id: SessionId, client_id: u64, (log, offset): (LogId, u64)) {
        self.tell(
            id,
            ChatNews::Acked {
                client_id,
                log,
                offset,
            },
        );
    }

    /// Tells whoever asked for a line that it was not taken; what it took is given back.
    pub(super) fn turn_away(&mut self, draft: &Draft, (reason, seconds): Verdict) {
        self.counts.refused += 1;
        self.give_back(draft);
        self.note_announced(draft, Err(reason));
        let askers = self.scribe(draft.from).failed(draft.client_id);
        for id in askers_of(askers, draft) {
            let client_id = draft.client_id;
            self.tell(
                id,
                ChatNews::Refused {
                    client_id,
                    reason,
                    seconds,
                },
            );
        }
    }
}

/// Who is told what became of a line: its author where nothing is known of it any more.
fn askers_of(mut askers: VecDeque<SessionId>, draft: &Draft) -> VecDeque<SessionId> {
    if askers.is_empty() {
        askers.extend(draft.session);
    }
    askers
}

/// The other one of a whisper.
pub(super) fn other_of(key: &LogKey, account: AccountId) -> Option<AccountId> {
    match *key {
        LogKey::Whisper(one, other) if one == account => Some(other),
        LogKey::Whisper(one, other) if other == account => Some(one),
        _ => None,
    }
}
