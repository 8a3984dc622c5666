//! Who is in a log: written first, then told.
//!
//! Never lets anybody in before the store knows it, and never tells a log's members to others.

use tickwire_shared::id::{AccountId, SessionId};
use tickwire_shared::limits::PEOPLE_BATCH_MAX;
use tickwire_shared::wire::{
    BoundedStr, BoundedVec, ChatNews, ChatRefusal, Member, Receipt, Standing,
};

use super::Desk;
use super::draft::Draft;
use super::log::{Log, Stage, is_in};
use super::open::scope_of;
use super::person::{Invited, Known};
use super::say::other_of;
use super::shelf::Place;
use super::tickets::{Asker, Task};
use crate::engine::storage::{LogKey, Membership, StoreFault, Write, Written};

impl Desk {
    /// A log whose members are known becomes ready once everybody it needs is in.
    pub(super) fn try_ready(&mut self, place: Place) {
        let Some(log) = self.shelf.get(place) else {
            return;
        };
        if log.stage != Stage::Joining || !log.joining.is_empty() {
            return;
        }
        let missing: Vec<AccountId> = match log.head.key {
            LogKey::Whisper(one, other) => {
                let known = |account| self.people.get(account).map(|person| person.known);
                if [one, other]
                    .iter()
                    .any(|account| known(account) != Some(Known::All))
                {
                    return;
                }
                let pair = [one, other].into_iter();
                pair.filter(|&account| log.member(account).is_none())
                    .collect()
            }
            _ => match log.founder.map(|asker| self.readers.get(&asker.session)) {
                Some(Some(founder)) => vec![founder.account],
                Some(None) => return self.abandon(place),
                None => Vec::new(),
            },
        };
        if missing.is_empty() {
            return self.ready(place);
        }
        if self.turn_down(place) {
            return;
        }
        let Some(log) = self.shelf.get(place) else {
            return;
        };
        let standing = match log.head.key {
            LogKey::Whisper(..) => Standing::Member,
            _ => Standing::Owner,
        };
        let founder = log.founder;
        for account in missing {
            let name = self.people.get(&account).map(|person| person.name.clone());
            let member = membership(account, &name.unwrap_or_default(), standing, 0);
            self.join(place, member, founder);
        }
    }

    /// Whoever founds a log is gone before it is made: nobody will ever be in it.
    fn abandon(&mut self, place: Place) {
        let Some(log) = self.shelf.get_mut(place) else {
            return;
        };
        log.founder = None;
        self.unfound_party(place);
        self.release(place);
    }

    /// A party is not made: whoever was about to be in it may go into another one.
    pub(super) fn unfound_party(&mut self, place: Place) {
        let log = self.shelf.get(place);
        // The number is in the key, also before the store has told anything.
        let Some((LogKey::Party(number), log)) = log.map(|log| (&log.head.key, log)) else {
            return;
        };
        for (account, person) in &mut self.people {
            if person.party == Some(*number) && log.member(*account).is_none() {
                person.party = None;
            }
        }
    }

    /// A whisper that nobody may begin is not opened: whether that is so.
    fn turn_down(&mut self, place: Place) -> bool {
        let Some(log) = self.shelf.get_mut(place) else {
            return true;
        };
        if !matches!(log.head.key, LogKey::Whisper(..)) {
            return false;
        }
        let people = &self.people;
        let key = &log.head.key;
        let blocked = |draft: &mut Draft| {
            let other = other_of(key, draft.from).and_then(|other| people.get(&other));
            other.is_some_and(|other| other.blocked.contains_key(&draft.from))
        };
        let refused: Vec<Draft> = log.waiting.extract_if(.., blocked).collect();
        let over = log.waiting.is_empty() && !refused.is_empty();
        let readers: Vec<SessionId> = log.readers.keys().copied().collect();
        (refused.iter()).for_each(|draft| self.refuse(draft, ChatRefusal::Blocked, 0));
        if over {
            (readers.into_iter()).for_each(|id| self.unseat(id, place));
            self.release(place);
        }
        over
    }

    /// Has a membership written.
    pub(super) fn join(&mut self, place: Place, member: Membership, asker: Option<Asker>) {
        let Some(log) = self.shelf.get_mut(place) else {
            return;
        };
        log.joins(member.account, member.standing);
        self.leaving.remove(&(log.head.log, member.account));
        let write = Write::Member {
            log: log.head.log,
            member: member.clone(),
        };
        let task = Task::Member(place, member, asker);
        if let Err(task) = self.write(task, write)
            && let Task::Member(place, member, asker) = *task
        {
            self.joined(place, member, asker, Err(StoreFault::Busy));
        }
    }

    /// The store answered a membership.
    pub(super) fn joined(
        &mut self,
        place: Place,
        mut member: Membership,
        asker: Option<Asker>,
        result: Result<Written, StoreFault>,
    ) {
        let Some(log) = self.shelf.get_mut(place) else {
            return;
        };
        log.has_joined(member.account);
        let opening = log.stage == Stage::Joining;
        let fault = match result {
            Ok(Written::Member { since }) => {
                // More than was asked for, when lines were stored meanwhile.
                member.since = since;
                None
            }
            // One of several, none of whom comes in.
            Ok(Written::Done) => None,
            Ok(_) => Some(StoreFault::Failed),
            Err(fault) => Some(fault),
        };
        if let Some(fault) = fault {
            self.settle_party(place, member.account);
            self.still_in_team(place, &member);
            if opening {
                return self.not_opened(place, fault);
            }
            if let Some(asker) = asker {
                self.answer(asker, Some(fault.refusal()));
            }
            // It is in the log as before.
            self.begin_of(place, member.account);
            return self.release(place);
        }
        log.founder = None;
        self.changed(place, member);
        if opening {
            self.try_ready(place);
        }
        if let Some(asker) = asker {
            self.answer(asker, None);
        }
        self.release(place);
    }

    /// A membership is stored: whoever it concerns learns it.
    fn changed(&mut self, place: Place, mut member: Membership) {
        let Some(log) = self.shelf.get_mut(place) else {
            return;
        };
        let (account, standing) = (member.account, member.standing);
        if let Some(before) = log.members.get(&account) {
            // Marks that were answered since it was asked for: they only rise.
            member.delivered = member.delivered.max(before.delivered);
            member.read = member.read.max(before.read);
        }
        let name = member.name.clone();
        let before = log.members.insert(account, member);
        let was_in = before.is_some_and(|before| is_in(before.standing));
        let (key, number) = (log.head.key.clone(), log.head.log);
        let invited = invitation(log);
        let sessions: Vec<SessionId> = match self.people.get_mut(&account) {
            Some(person) => {
                person.stand(number, standing, invited);
                person.sessions.iter().copied().collect()
            }
            None => Vec::new(),
        };
        if was_in != is_in(standing) {
            self.regroup(place, account, &name, is_in(standing));
        }
        self.tell_members(place, account);
        let team = matches!(key, LogKey::Team(..));
        match standing {
            Standing::Invited => self.tell_invited(place, account, &sessions),
            Standing::Left if !team => {
                for id in sessions {
                    if was_in {
                        self.tell(id, ChatNews::Closed { log: number });
                    }
                    self.unseat(id, place);
                }
            }
            Standing::Left => {}
            Standing::Member | Standing::Owner if team => {
                (sessions.into_iter()).for_each(|id| self.begin(place, id));
            }
            Standing::Member | Standing::Owner => {
                for id in sessions {
                    self.seat(id, &key);
                    self.begin(place, id);
                }
            }
        }
        self.teamed(place, account);
    }

    fn tell_invited(&mut self, place: Place, account: AccountId, sessions: &[SessionId]) {
        let Some(log) = self.shelf.get(place) else {
            return;
        };
        let invited = invitation(log);
        let news = ChatNews::Invited {
            log: log.head.log,
            scope: scope_of(log, account),
            by: invited.host,
            name: BoundedStr::cut(&invited.host_name),
        };
        for &id in sessions {
            self.tell(id, news.clone());
        }
    }

    /// Tells a session that begins to read a log who is there and how far each got.
    pub(super) fn introduce(&mut self, place: Place, id: SessionId) {
        let Some(log) = self.shelf.get(place).filter(|log| log.is_personal()) else {
            return;
        };
        let number = log.head.log;
        let all: Vec<Member> = match log.head.key {
            LogKey::Whisper(..) => Vec::new(),
            _ => log.present().map(shown).collect(),
        };
        for batch in all.chunks(PEOPLE_BATCH_MAX) {
            let members = BoundedVec::of_first(batch.iter().cloned());
            self.tell(
                id,
                ChatNews::Members {
                    log: number,
                    members,
                },
            );
        }
        self.tell_receipts(place, id);
    }

    /// Tells a session how far everybody got in a log.
    pub(super) fn tell_receipts(&mut self, place: Place, id: SessionId) {
        let (Some(log), Some(reader)) = (self.shelf.get(place), self.readers.get(&id)) else {
            return;
        };
        let log = log.head.log;
        for batch in (self.receipts_for(place, reader.account)).chunks(PEOPLE_BATCH_MAX) {
            let receipts = BoundedVec::of_first(batch.iter().copied());
            self.tell(id, ChatNews::Receipts { log, receipts });
        }
    }

    fn tell_members(&mut self, place: Place, account: AccountId) {
        let Some(log) = self.shelf.get(place) else {
            return;
        };
        if !matches!(log.head.key, LogKey::Party(_) | LogKey::Group(_)) {
            return;
        }
        let member = log.members.get(&account).map(shown);
        let news = ChatNews::Members {
            log: log.head.log,
            members: BoundedVec::of_first(member),
        };
        self.tell_readers(place, &news, None);
    }

    /// Tells every session that reads a log now, but one.
    pub(super) fn tell_readers(&mut self, place: Place, news: &ChatNews, but: Option<SessionId>) {
        let Some(log) = self.shelf.get(place) else {
            return;
        };
        let readers = log
            .readers
            .iter()
            .filter(|(_, reading)| reading.link.is_some());
        let ids: Vec<SessionId> = readers.map(|(&id, _)| id).collect();
        for id in ids.into_iter().filter(|&id| Some(id) != but) {
            self.tell(id, news.clone());
        }
    }

    /// A membership of a party was not written: the account may go into another one.
    pub(super) fn settle_party(&mut self, place: Place, account: AccountId) {
        let number = self.shelf.get(place).map(|log| log.head.log);
        let inside = self
            .shelf
            .get(place)
            .is_some_and(|log| log.member(account).is_some());
        if let Some(person) = self.people.get_mut(&account)
            && person.party == number
            && !inside
        {
            person.party = None;
        }
    }

    /// What became of something a session asked for.
    pub(super) fn answer(&mut self, asker: Asker, refused: Option<ChatRefusal>) {
        let (ask, log) = (asker.ask, asker.log);
        self.tell(asker.session, ChatNews::Answer { ask, log, refused });
    }
}

/// What somebody is told who may come into a log.
fn invitation(log: &Log) -> Invited {
    let mut members = log.members.values();
    let owner = members.find(|member| member.standing == Standing::Owner);
    Invited {
        key: log.head.key.clone(),
        called: log.head.name.clone(),
        host: owner.map_or(AccountId(0), |owner| owner.account),
        host_name: owner.map_or(String::new(), |owner| owner.name.clone()),
    }
}

/// A membership that begins at this offset.
pub(super) fn membership(
    account: AccountId,
    name: &str,
    standing: Standing,
    since: u64,
) -> Membership {
    let until = if is_in(standing) { u64::MAX } else { since };
    Membership {
        account,
        name: name.to_owned(),
        standing,
        since,
        until,
        delivered: 0,
        read: 0,
    }
}

/// Parties and groups: how many are in it or may come in.
pub(super) fn crowd(log: &Log) -> usize {
    let counted = |standing: Standing| standing != Standing::Left;
    let there = log.members.values().filter(|m| counted(m.standing)).count();
    let coming = log.joining.iter().filter(|&(account, &(standing, _))| {
        counted(standing)
            && log
                .members
                .get(account)
                .is_none_or(|m| !counted(m.standing))
    });
    there + coming.count()
}

fn shown(member: &Membership) -> Member {
    Member {
        account: member.account,
        name: BoundedStr::cut(&member.name),
        standing: member.standing,
    }
}

/// How far a member got, as others are told.
pub(super) fn receipt(member: &Membership) -> Receipt {
    Receipt {
        account: member.account,
        delivered: member.delivered,
        read: member.read,
    }
}
