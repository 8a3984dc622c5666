//! The accounts the desk knows: those with a session here, and those they whisper with.
//!
//! Never keeps an account that nobody needs.

use tickwire_shared::id::{AccountId, LogId, SessionId};
use tickwire_shared::wire::{BoundedStr, ChatNews, Scope, Standing};

use super::Desk;
use super::log::{Stage, is_in};
use super::person::{Invited, Known, Person};
use super::reader::Attention;
use super::tickets::Task;
use crate::engine::storage::{Found, LogHead, LogKey, Membership, Query, StoreFault, Ticket};
use crate::limits::ACCOUNT_LOGS_MAX;

impl Desk {
    /// The account, which the store is asked about when it is new here.
    pub(super) fn meet(&mut self, account: AccountId, name: &str) -> &mut Person {
        let asked = (!self.people.contains_key(&account))
            .then(|| self.find(Task::Person(account), Query::Desk(account)));
        let person = self.people.entry(account);
        let person = person.or_insert_with(|| Person::new(name));
        if let Some(asked) = asked {
            person.ask(asked);
        }
        if !name.is_empty() {
            name.clone_into(&mut person.name);
        }
        person
    }

    /// Forgets an account nobody needs any more.
    pub(super) fn part(&mut self, account: AccountId) {
        let idle = |person: &Person| person.sessions.is_empty() && person.whispers == 0;
        if self.people.get(&account).is_some_and(idle) {
            self.people.remove(&account);
        }
    }

    pub(super) fn ask_person(&mut self, account: AccountId) {
        let asked = self.find(Task::Person(account), Query::Desk(account));
        if let Some(person) = self.people.get_mut(&account) {
            person.ask(asked);
        }
    }

    /// The store told what an account is in.
    pub(super) fn remembered(
        &mut self,
        ticket: Ticket,
        account: AccountId,
        result: Result<Found, StoreFault>,
    ) {
        let person = self.people.get_mut(&account);
        let Some(person) = person.filter(|person| person.asked == Some(ticket)) else {
            return;
        };
        let Ok(Found::Desk {
            logs,
            hosts,
            blocked,
            followed,
        }) = result
        else {
            person.known = Known::Failed;
            return;
        };
        person.known = Known::All;
        person.blocked = blocked.into_iter().collect();
        person.followed = followed.into_iter().collect();
        for (head, member) in weighed(logs) {
            let host = hosts.iter().find(|(log, ..)| *log == head.log);
            person.take_in(&head, &member, host);
        }
        let sessions: Vec<_> = person.sessions.iter().copied().collect();
        self.watch_followed(account);
        for id in sessions {
            self.tell_neighbours(id);
            self.seat_own(account, id);
            self.begin_all(id);
            self.show_picture_to(id, account);
        }
        self.leave_others(account);
        let mine =
            |key: &LogKey| matches!(*key, LogKey::Whisper(a, b) if a == account || b == account);
        let logs = self.shelf.iter();
        let awaiting = logs.filter(|(_, log)| log.stage == Stage::Joining && mine(&log.head.key));
        let awaiting: Vec<_> = awaiting.map(|(place, _)| place).collect();
        (awaiting.into_iter()).for_each(|place| self.try_ready(place));
    }

    /// Seats a session in every log its account is in, and tells it where it may come in.
    pub(super) fn seat_own(&mut self, account: AccountId, id: SessionId) {
        let (Some(person), Some(reader)) = (self.people.get(&account), self.readers.get(&id))
        else {
            return;
        };
        let logs = person.logs.iter();
        let mut logs: Vec<_> = (logs.filter(|key| reader.attention.takes(key)).cloned()).collect();
        // Of whoever is in more logs than are kept, the one asked for may not be among them.
        let many = person.logs.len() >= ACCOUNT_LOGS_MAX;
        if let (true, true, Attention::Only(LogKey::Whisper(one, other))) =
            (many, logs.is_empty(), &reader.attention)
        {
            logs.push(LogKey::Whisper(*one, *other));
        }
        logs.iter().for_each(|key| {
            self.seat(id, key);
        });
        self.tell_invitations(account, id);
    }

    /// Tells a session where its account may come in.
    pub(super) fn tell_invitations(&mut self, account: AccountId, id: SessionId) {
        let (Some(person), Some(reader)) = (self.people.get(&account), self.readers.get_mut(&id))
        else {
            return;
        };
        reader.invited = person.invited.keys().copied().collect();
        self.tell_next_invitations(id);
    }

    /// Tells a session as much of that as goes into this turn.
    pub(super) fn tell_next_invitations(&mut self, id: SessionId) {
        while let Some(reader) = self.readers.get_mut(&id).filter(|r| r.openings > 0) {
            let Some(log) = reader.invited.pop_first() else {
                return;
            };
            let person = self.people.get(&reader.account);
            let Some(invited) = person.and_then(|person| person.invited.get(&log)) else {
                continue;
            };
            reader.openings -= 1;
            let scope = match invited.key {
                LogKey::Party(_) => Scope::Party,
                _ => Scope::Group {
                    name: BoundedStr::cut(&invited.called),
                },
            };
            let news = ChatNews::Invited {
                log,
                scope,
                by: invited.host,
                name: BoundedStr::cut(&invited.host_name),
            };
            self.tell(id, news);
        }
    }
}

impl Person {
    /// The store was asked, if it takes questions.
    fn ask(&mut self, asked: Option<Ticket>) {
        self.known = asked.map_or(Known::Failed, |_| Known::Asked);
        self.asked = asked;
    }

    fn take_in(
        &mut self,
        head: &LogHead,
        member: &Membership,
        host: Option<&(LogId, AccountId, String)>,
    ) {
        use LogKey::{Group, Party, Team, Whisper};
        let room = self.logs.len() < ACCOUNT_LOGS_MAX;
        match head.key {
            Whisper(..) | Party(_) | Group(_) if is_in(member.standing) && room => {
                self.logs.insert(head.key.clone());
                if let Party(log) = head.key {
                    self.party = Some(log);
                }
            }
            Party(_) | Group(_) if member.standing == Standing::Invited => {
                if self.invited.len() < ACCOUNT_LOGS_MAX {
                    let invited = Invited {
                        key: head.key.clone(),
                        called: head.name.clone(),
                        host: host.map_or(AccountId(0), |host| host.1),
                        host_name: host.map_or(String::new(), |host| host.2.clone()),
                    };
                    self.invited.insert(head.log, invited);
                }
            }
            Whisper(..) | Party(_) | Group(_) => {}
            Team(..) if is_in(member.standing) && self.teams.len() < ACCOUNT_LOGS_MAX => {
                let known = (head.key.clone(), member.clone());
                self.teams.insert(head.log, known);
            }
            _ => {
                self.read.insert(head.log, member.read);
            }
        }
    }
}

/// Logs in the order of their weight: companies first, then those with something unread.
fn weighed(mut logs: Vec<(LogHead, Membership)>) -> Vec<(LogHead, Membership)> {
    logs.sort_by_key(|(head, member)| {
        let whisper = matches!(head.key, LogKey::Whisper(..));
        (whisper, member.read >= head.next)
    });
    logs
}
