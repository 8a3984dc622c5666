//! How far readers got: stored, then told to the others of a whisper, a party or a group.
//!
//! Never goes back, and never past what a session was sent.

use tickwire_shared::id::{AccountId, LogId, SessionId};
use tickwire_shared::wire::{BoundedVec, ChatNews, Receipt};

use super::Desk;
use super::shelf::Place;
use super::tickets::Task;
use crate::engine::storage::{StoreFault, Write, Written};

impl Desk {
    /// A session says how far it got in a log.
    pub(super) fn mark(&mut self, id: SessionId, log: LogId, delivered: u64, read: u64) {
        let (now, place) = (self.now, self.shelf.of(log));
        let (Some(reader), Some(place)) = (self.readers.get_mut(&id), place) else {
            return;
        };
        let log = self.shelf.get(place);
        let reading = log.and_then(|log| log.readers.get(&id));
        let Some(sent) = reading.filter(|reading| reading.link.is_some()) else {
            return;
        };
        let read = read.min(sent.next);
        let delivered = delivered.min(sent.next).max(read);
        if reader.marks.take(now, 1) {
            let account = reader.account;
            return self.note(place, account, (delivered, read));
        }
        let late = reader.late_marks.entry(place).or_default();
        *late = (late.0.max(delivered), late.1.max(read));
    }

    /// Notes as many marks of a session that waited as may be noted now.
    pub(super) fn mark_late(&mut self, id: SessionId) {
        let now = self.now;
        while let Some(reader) = self.readers.get_mut(&id)
            && !reader.late_marks.is_empty()
            && reader.marks.take(now, 1)
            && let Some((place, mark)) = reader.late_marks.pop_first()
        {
            let account = reader.account;
            self.note(place, account, mark);
        }
    }

    /// Has a mark written, unless one of the same account is on its way: then the newer follows it.
    pub(super) fn note(&mut self, place: Place, account: AccountId, (delivered, read): (u64, u64)) {
        let Some(log) = self.shelf.get_mut(place) else {
            return;
        };
        let person = self.people.get(&account);
        let noted = person.and_then(|person| person.read.get(&log.head.log).copied());
        let news = match log.member(account) {
            // Nobody is told what merely arrived in a log that everybody reads.
            Some(member) if log.is_personal() => delivered > member.delivered || read > member.read,
            Some(member) => read > member.read,
            None => read > noted.unwrap_or(0),
        };
        if !news {
            return;
        }
        if let Some(next) = log.marking.get_mut(&account) {
            let before = next.unwrap_or_default();
            *next = Some((before.0.max(delivered), before.1.max(read)));
            return;
        }
        log.marking.insert(account, None);
        let write = Write::Mark {
            log: log.head.log,
            account,
            delivered,
            read,
        };
        let task = Task::Mark(place, account, delivered, read);
        if self.write(task, write).is_err() {
            self.unmark(place, account);
        }
    }

    fn unmark(&mut self, place: Place, account: AccountId) -> Option<(u64, u64)> {
        let log = self.shelf.get_mut(place)?;
        log.marking.remove(&account)?
    }

    /// The store answered a mark.
    pub(super) fn marked(
        &mut self,
        place: Place,
        account: AccountId,
        (delivered, read): (u64, u64),
        result: Result<Written, StoreFault>,
    ) {
        let next = self.unmark(place, account);
        if result != Ok(Written::Done) {
            // What came meanwhile says more. If nothing did, the client's next mark says it again.
            if let Some(next) = next {
                self.note(place, account, next);
            }
            return;
        }
        let Some(log) = self.shelf.get_mut(place) else {
            return;
        };
        let (number, personal) = (log.head.log, log.is_personal());
        match log.members.get_mut(&account) {
            Some(member) => {
                member.delivered = member.delivered.max(delivered);
                member.read = member.read.max(read);
                let receipt = Receipt {
                    account,
                    delivered: member.delivered,
                    read: member.read,
                };
                if personal {
                    self.tell_mark(place, receipt);
                }
            }
            None => {
                if let Some(person) = self.people.get_mut(&account) {
                    let noted = person.read.entry(number).or_default();
                    *noted = read.max(*noted);
                }
            }
        }
        if let Some(next) = next {
            self.note(place, account, next);
        }
    }
    /// Tells a log's readers how far an account got; in a whisper of two who are kept apart only
    /// its own clients.
    fn tell_mark(&mut self, place: Place, receipt: Receipt) {
        let Some(log) = self.shelf.get(place) else {
            return;
        };
        let news = ChatNews::Receipts {
            log: log.head.log,
            receipts: BoundedVec::of_first([receipt]),
        };
        if !self.is_apart(&log.head.key) {
            return self.tell_readers(place, &news, None);
        }
        let own = |id: &SessionId| {
            let reader = self.readers.get(id);
            reader.is_some_and(|reader| reader.account == receipt.account)
        };
        let own: Vec<SessionId> = log.readers.keys().copied().filter(own).collect();
        (own.into_iter()).for_each(|id| self.tell(id, news.clone()));
    }
}
