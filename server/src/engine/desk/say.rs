//! The journey of a line: judged, stored, acked, shown.
//!
//! Never shows a line that is not stored, and never shows one twice: the store knows the ids of an
//! author's lines.

use tickwire_shared::chat::{TextFault, check_line};
use tickwire_shared::id::{LogId, SessionId};
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{Address, ChatNews, ChatRefusal, Manner, Role};

use super::draft::Draft;
use super::log::Stage;
use super::shelf::Place;
use super::tickets::Task;
use super::{Desk, Sabotage};
use crate::engine::storage::{LogKey, StoreFault, Write, Written};
use crate::limits::CHAT_WAITING_MAX;

impl Desk {
    /// A session says something.
    pub(super) fn say(&mut self, now: Instant, id: SessionId, to: &Address, draft: Draft) {
        if let Err(reason) = self.judge(now, id, &draft) {
            return self.refuse(&draft, reason, 0);
        }
        match self.goal(id, to) {
            Ok(place) => self.hand_over(place, draft),
            Err(reason) => self.refuse(&draft, reason, 0),
        }
    }

    fn judge(&mut self, now: Instant, id: SessionId, draft: &Draft) -> Result<(), ChatRefusal> {
        if draft.manner == Manner::Notice {
            return Err(ChatRefusal::NotAllowed);
        }
        check_line(&draft.text).map_err(|fault| match fault {
            TextFault::Empty => ChatRefusal::Empty,
            _ => ChatRefusal::BadText,
        })?;
        let reader = self.readers.get_mut(&id).ok_or(ChatRefusal::NotMember)?;
        match reader.bucket.take(now, 1) {
            true => Ok(()),
            false => Err(ChatRefusal::TooFast),
        }
    }

    /// The log a line is for.
    fn goal(&mut self, id: SessionId, to: &Address) -> Result<Place, ChatRefusal> {
        let reader = self.readers.get(&id).ok_or(ChatRefusal::NotMember)?;
        let place = match to {
            Address::Room => {
                let key = LogKey::Room(reader.room_name.to_string());
                self.shelf.find(&key)
            }
            Address::Log(log) => self.shelf.of(*log),
            Address::Server if reader.role < Role::Admin => return Err(ChatRefusal::NotAllowed),
            Address::Server => self.shelf.find(&LogKey::Server),
            Address::Team | Address::Near | Address::Whisper(_) => None,
        };
        place
            .filter(|place| reader.places.contains(place))
            .ok_or(ChatRefusal::NotMember)
    }

    /// Has a line stored in a log, as soon as the log is open.
    pub(super) fn hand_over(&mut self, place: Place, draft: Draft) {
        let Some(log) = self.shelf.get_mut(place) else {
            return self.refuse(&draft, ChatRefusal::NotMember, 0);
        };
        match log.stage {
            Stage::Ready => {
                let number = log.head.log;
                self.store(vec![(place, number)], draft);
            }
            Stage::Opening | Stage::Gathering if log.waiting.len() < CHAT_WAITING_MAX => {
                log.waiting.push(draft);
            }
            _ => self.refuse(&draft, ChatRefusal::StoreBusy, 0),
        }
    }

    /// Hands a line to the store.
    pub(super) fn store(&mut self, places: Vec<(Place, LogId)>, draft: Draft) {
        let logs: Vec<LogId> = places.iter().map(|&(_, log)| log).collect();
        let line = Write::Line(draft.to_store(logs));
        if self.sabotage == Sabotage::AckBeforeCommit
            && let (Some(id), Some(&(place, log))) = (draft.session, places.first())
        {
            let offset = self.shelf.get(place).map_or(0, |log| log.head.next);
            let client_id = draft.client_id;
            self.tell(
                id,
                ChatNews::Acked {
                    client_id,
                    log,
                    offset,
                },
            );
        }
        if let Err(Task::Line(_, draft)) = self.write(Task::Line(places, draft), line) {
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
        let (offsets, at, known) = match result {
            Ok(Written::Line { offsets, at, known }) => (offsets, at, known),
            Ok(_) => {
                places.iter().for_each(|&(place, _)| self.reopen(place));
                return self.refuse(&draft, ChatRefusal::StoreBusy, 0);
            }
            Err(fault) => return self.refuse(&draft, fault.refusal(), 0),
        };
        if let (Some(id), Some(&(_, log)), Some(&offset)) =
            (draft.session, places.first(), offsets.first())
        {
            let client_id = draft.client_id;
            self.tell(
                id,
                ChatNews::Acked {
                    client_id,
                    log,
                    offset,
                },
            );
        }
        if known && self.sabotage != Sabotage::ShowKnown {
            return;
        }
        self.counts.lines += 1;
        for (&(place, _), &offset) in places.iter().zip(&offsets) {
            self.show(place, draft.to_line(offset, at));
        }
    }

    /// Tells the author of a line that it was not taken.
    pub(super) fn refuse(&mut self, draft: &Draft, reason: ChatRefusal, seconds: u32) {
        self.counts.refused += 1;
        if let Some(id) = draft.session {
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
