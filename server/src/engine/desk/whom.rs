//! Finding out whom a session means, for what it wants of them.
//!
//! Never tells more of somebody than that they are there.

use tickwire_shared::id::{AccountId, LogId, SessionId};
use tickwire_shared::wire::{ChatRefusal, Role, Standing, Whom};

use super::Desk;
use super::draft::Draft;
use super::member::{crowd, membership};
use super::person::{Known, Person};
use super::tickets::{Asker, Deed, Errand, Someone, Task};
use crate::engine::etiquette::sanctions::Reach;
use crate::engine::names::skeleton_of;
use crate::engine::storage::{Found, LogKey, Query, StoreFault, Write};
use crate::limits::{GROUP_MEMBERS_MAX, LEFT_REMEMBERED, NEIGHBOURS_MAX, PARTY_MEMBERS_MAX};

impl Desk {
    /// Finds out whom a session means and goes on with what it wants of them.
    pub(super) fn find_whom(&mut self, id: SessionId, whom: &Whom, errand: Errand) {
        let meant = self.neighbour_meant(id, whom, &errand);
        if let Some(someone) = meant.or_else(|| self.somebody_here(id, whom)) {
            return self.run(id, someone, errand);
        }
        let query = match whom {
            Whom::Account(account) if account.is_guest() => None,
            Whom::Account(account) => Some(Query::Account(*account)),
            Whom::Name(name) => Some(Query::Skeleton(skeleton_of(name))),
        };
        let Some(query) = query else {
            return self.give_up(errand, ChatRefusal::NoSuchPlayer);
        };
        // What is asked otherwise was counted before.
        if matches!(errand, Errand::Whisper(_)) && !self.may_ask(id) {
            return self.give_up(errand, ChatRefusal::TooFast);
        }
        if let Err(task) = self.look_up(Task::Whom(id, errand), query)
            && let Task::Whom(_, errand) = *task
        {
            self.give_up(errand, ChatRefusal::StoreBusy);
        }
    }

    /// Takes a look-up from what a session may ask.
    pub(super) fn may_ask(&mut self, id: SessionId) -> bool {
        let (now, reader) = (self.now, self.readers.get_mut(&id));
        reader.is_some_and(|reader| reader.asks.take(now, 1))
    }

    fn look_up(&mut self, task: Task, query: Query) -> Result<(), Box<Task>> {
        let ticket = self.tickets.take(task)?;
        let find = crate::engine::port::Effect::Find(ticket, query);
        self.effects.push(find);
        Ok(())
    }

    /// Somebody in the room by name, or anybody by account who is or was here.
    fn somebody_here(&self, id: SessionId, whom: &Whom) -> Option<Someone> {
        let me = self.readers.get(&id)?;
        let found = match whom {
            Whom::Name(name) => {
                let folded = name.to_lowercase();
                let mut room = self
                    .readers
                    .values()
                    .filter(|reader| reader.room == me.room);
                room.find(|reader| reader.name.to_lowercase() == folded)
            }
            Whom::Account(account) => {
                let person = self.people.get(account);
                let session = person.and_then(|person| person.sessions.first());
                session.and_then(|session| self.readers.get(session))
            }
        };
        if let Some(reader) = found {
            return Some(Someone {
                account: reader.account,
                name: reader.name.to_string(),
                role: reader.role,
            });
        }
        let Whom::Account(account) = *whom else {
            return None;
        };
        let mut left = self.left.iter();
        let left = left.find(|someone| someone.account == account).cloned();
        left.or_else(|| self.whispered_with(me.account, account))
    }

    /// Somebody an account whispered with before.
    fn whispered_with(&self, me: AccountId, account: AccountId) -> Option<Someone> {
        let place = self.shelf.find(&whisper_key(me, account))?;
        let member = self.shelf.get(place)?.member(account)?;
        Some(Someone {
            account,
            name: member.name.clone(),
            role: Role::Player,
        })
    }

    /// Somebody has no session here any more; the oldest of them are forgotten.
    pub(super) fn remember(&mut self, someone: Someone) {
        self.left.retain(|other| other.account != someone.account);
        if self.left.len() >= LEFT_REMEMBERED {
            self.left.pop_front();
        }
        self.left.push_back(someone);
    }

    /// The store told who somebody is.
    pub(super) fn found_whom(
        &mut self,
        id: SessionId,
        errand: Errand,
        result: Result<Found, StoreFault>,
    ) {
        match result {
            Ok(Found::Account(Some(account))) => {
                let someone = Someone {
                    account: account.account,
                    name: account.name,
                    role: account.role,
                };
                self.run(id, someone, errand);
            }
            Ok(_) => self.give_up(errand, ChatRefusal::NoSuchPlayer),
            Err(fault) => self.give_up(errand, fault.refusal()),
        }
    }

    fn run(&mut self, id: SessionId, whom: Someone, errand: Errand) {
        let Some(me) = self.readers.get(&id).map(|reader| reader.account) else {
            // Another session of the account may have asked for the same line since.
            return self.give_up(errand, ChatRefusal::StoreBusy);
        };
        if me == whom.account {
            return self.give_up(errand, ChatRefusal::NotAllowed);
        }
        match errand {
            Errand::Whisper(draft) => self.whisper(me, &whom, draft),
            Errand::Invite(asker) => self.vet(id, whom, Errand::Invite(asker)),
            Errand::Block(asker, on) => self.block(me, whom, asker, on),
            Errand::Follow(asker, true) => self.vet(id, whom, Errand::Follow(asker, true)),
            Errand::Follow(asker, on) => self.follow(me, whom, asker, on),
            Errand::Sanction(..) => self.weigh(id, whom, errand),
        }
    }

    /// Goes on with a sanction once the store told what whomever it is for may do.
    fn weigh(&mut self, id: SessionId, whom: Someone, errand: Errand) {
        if whom.account.is_guest() {
            return self.weighed(id, &whom, errand, None);
        }
        let query = Query::Account(whom.account);
        if let Err(task) = self.look_up(Task::Vet(id, whom, errand), query)
            && let Task::Vet(_, _, errand) = *task
        {
            self.give_up(errand, ChatRefusal::StoreBusy);
        }
    }

    /// What somebody may do is known: the most that the store or a session of theirs says.
    fn weighed(&mut self, id: SessionId, whom: &Someone, errand: Errand, stored: Option<Role>) {
        let sessions = self.readers.values();
        let theirs = sessions.filter(|reader| reader.account == whom.account);
        let live = theirs.map(|reader| reader.role).max();
        let role = stored.max(live).unwrap_or(whom.role);
        let whom = Someone {
            role,
            ..whom.clone()
        };
        if let Errand::Sanction(asker, sanction, seconds, why) = errand {
            self.sanction(id, &whom, asker, (sanction, seconds, &why));
        }
    }

    /// Judged first: what is refused opens nothing.
    fn whisper(&mut self, me: AccountId, whom: &Someone, draft: Draft) {
        let key = whisper_key(me, whom.account);
        let here = self.shelf.find(&key);
        let taken = here.map_or(Ok(()), |place| self.takes(place, me));
        if let Err(reason) = taken {
            return self.refuse(&draft, reason, 0);
        }
        if self.is_shut_out(&key, me) {
            return self.refuse(&draft, ChatRefusal::Blocked, 0);
        }
        let head = here
            .and_then(|place| self.shelf.get(place))
            .map(|log| &log.head);
        let told = head.map_or((LogId(0), 0), |head| (head.log, head.next));
        let Some(draft) = self.judged(draft, None, Some(whom.account), told) else {
            return;
        };
        let sessions = self.people.get(&me).map(|person| person.sessions.clone());
        let place = self.shelve(&key);
        self.meet(whom.account, &whom.name);
        self.hand_over(place, draft);
        let log = self.shelf.get(place);
        let waits = log.is_some_and(|log| !log.waiting.is_empty());
        if here.is_none() && !waits {
            // The store was not even asked.
            return self.release(place);
        }
        for id in sessions.unwrap_or_default() {
            self.seat(id, &key);
        }
    }

    /// Goes on when somebody does not block whoever wants something of them.
    fn vet(&mut self, id: SessionId, whom: Someone, errand: Errand) {
        let person = self.people.get(&whom.account);
        if let Some(person) = person.filter(|person| person.known == Known::All) {
            let blocks = self.is_blocked_by(id, person);
            return self.vetted(id, &whom, errand, blocks);
        }
        let query = Query::Desk(whom.account);
        if let Err(task) = self.look_up(Task::Vet(id, whom, errand), query)
            && let Task::Vet(_, _, errand) = *task
        {
            self.give_up(errand, ChatRefusal::StoreBusy);
        }
    }

    /// The store told whom somebody blocks, or what they may do.
    pub(super) fn found_vet(
        &mut self,
        id: SessionId,
        whom: &Someone,
        errand: Errand,
        result: Result<Found, StoreFault>,
    ) {
        match result {
            Ok(Found::Desk { blocked, .. }) => {
                let me = self.readers.get(&id).map(|reader| reader.account);
                let blocks = blocked.iter().any(|(other, _)| Some(*other) == me);
                self.vetted(id, whom, errand, blocks);
            }
            Ok(Found::Account(stored)) => {
                let role = stored.map(|account| account.role);
                self.weighed(id, whom, errand, role);
            }
            Ok(_) => self.give_up(errand, ChatRefusal::StoreFailed),
            Err(fault) => self.give_up(errand, fault.refusal()),
        }
    }

    fn is_blocked_by(&self, id: SessionId, person: &Person) -> bool {
        let reader = self.readers.get(&id);
        reader.is_some_and(|reader| person.blocked.contains_key(&reader.account))
    }

    fn vetted(&mut self, id: SessionId, whom: &Someone, errand: Errand, blocks: bool) {
        let Some(me) = self.readers.get(&id).map(|reader| reader.account) else {
            return;
        };
        // Else what was asked meanwhile would be stored after the block, and outlive it.
        if blocks || self.tickets.is_blocking(whom.account, me) {
            return self.give_up(errand, ChatRefusal::Blocked);
        }
        match errand {
            Errand::Invite(asker) => {
                if let Err(reason) = self.invite(me, whom, asker) {
                    self.answer(asker, Some(reason));
                }
            }
            Errand::Follow(asker, on) => self.follow(me, whom.clone(), asker, on),
            _ => {}
        }
    }

    /// Lets somebody into a party or group.
    fn invite(&mut self, me: AccountId, whom: &Someone, asker: Asker) -> Result<(), ChatRefusal> {
        let place = self.shelf.of(asker.log).ok_or(ChatRefusal::NotMember)?;
        let log = self.shelf.get(place).ok_or(ChatRefusal::NotMember)?;
        let most = match log.head.key {
            LogKey::Party(_) => PARTY_MEMBERS_MAX,
            LogKey::Group(_) => GROUP_MEMBERS_MAX,
            _ => return Err(ChatRefusal::NotMember),
        };
        if !log.is_ready() || log.member(me).is_none() {
            return Err(ChatRefusal::NotMember);
        }
        let coming = log.members.get(&whom.account);
        let there = coming.is_some_and(|member| member.standing != Standing::Left);
        if there || log.joining.contains_key(&whom.account) {
            self.answer(asker, None);
            return Ok(());
        }
        if crowd(log) >= most {
            return Err(ChatRefusal::TooMany);
        }
        let next = log.head.next;
        let reach = self.conduct.sanctions.check_say(self.wall, me);
        if reach.map_err(|refusal| refusal.reason)? == Reach::Nobody {
            // As with a line: nobody hears of it, and whoever asked does not learn that.
            self.answer(asker, None);
            return Ok(());
        }
        let member = membership(whom.account, &whom.name, Standing::Invited, next);
        self.join(place, member, Some(asker));
        Ok(())
    }

    fn block(&mut self, me: AccountId, whom: Someone, asker: Asker, on: bool) {
        let known = self.people.get(&me);
        if on && known.is_some_and(|person| person.blocked.len() >= NEIGHBOURS_MAX) {
            return self.answer(asker, Some(ChatRefusal::TooMany));
        }
        let other = whom.account;
        let mut writes = vec![Write::Block {
            account: me,
            other,
            name: whom.name.clone(),
            on,
        }];
        if on {
            // Neither is told of the other any more.
            let pairs = [(other, me), (me, other)];
            writes.extend(pairs.map(|(account, other)| Write::Follow {
                account,
                other,
                name: String::new(),
                on: false,
            }));
        }
        self.do_deed(Deed::Block(me, whom, on), asker, Write::All(writes));
    }

    fn follow(&mut self, me: AccountId, whom: Someone, asker: Asker, on: bool) {
        let known = self.people.get(&me);
        let blocks = known.is_some_and(|person| person.blocked.contains_key(&whom.account));
        if on && (blocks || self.tickets.is_blocking(me, whom.account)) {
            return self.answer(asker, Some(ChatRefusal::NotAllowed));
        }
        if on && known.is_some_and(|person| person.followed.len() >= NEIGHBOURS_MAX) {
            return self.answer(asker, Some(ChatRefusal::TooMany));
        }
        let write = Write::Follow {
            account: me,
            other: whom.account,
            name: whom.name.clone(),
            on,
        };
        self.do_deed(Deed::Follow(me, whom, on), asker, write);
    }

    /// Has something written that is answered by itself.
    pub(super) fn do_deed(&mut self, deed: Deed, asker: Asker, write: Write) {
        if let Err(task) = self.write(Task::Deed(deed, asker), write)
            && let Task::Deed(deed, asker) = *task
        {
            self.done(deed, asker, Err(StoreFault::Busy));
        }
    }

    fn give_up(&mut self, errand: Errand, reason: ChatRefusal) {
        match errand {
            Errand::Whisper(draft) => self.refuse(&draft, reason, 0),
            Errand::Invite(asker)
            | Errand::Block(asker, _)
            | Errand::Follow(asker, _)
            | Errand::Sanction(asker, ..) => self.answer(asker, Some(reason)),
        }
    }
}

/// The one log of two accounts.
pub(super) fn whisper_key(one: AccountId, other: AccountId) -> LogKey {
    LogKey::Whisper(one.min(other), one.max(other))
}
