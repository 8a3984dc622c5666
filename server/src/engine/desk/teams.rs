//! Teams that players are in no more: their logs are left, also after a crash or a fault.
//!
//! Never leaves the log of a team that a session of the account is in.

use tickwire_shared::id::{AccountId, LogId, SessionId};
use tickwire_shared::wire::Standing;

use super::Desk;
use super::log::is_in;
use super::shelf::Place;
use super::tickets::{Asker, Deed};
use crate::engine::storage::{LogKey, Membership, Write};

impl Desk {
    /// How an account stands to a team is stored: if it is in no more, it leaves at once.
    pub(super) fn teamed(&mut self, place: Place, account: AccountId) {
        let Some(log) = self.shelf.get(place) else {
            return;
        };
        let (LogKey::Team(..), Some(member)) = (&log.head.key, log.members.get(&account)) else {
            return;
        };
        let inside = is_in(member.standing);
        if let Some(person) = self.people.get_mut(&account) {
            let known = (log.head.key.clone(), member.clone());
            match inside {
                true => person.teams.insert(log.head.log, known),
                false => person.teams.remove(&log.head.log),
            };
        }
        let mut readers = log.readers.keys().filter_map(|id| self.readers.get(id));
        if inside && !readers.any(|reader| reader.account == account) {
            let left = gone(member, log.head.next);
            self.join(place, left, None);
        }
    }

    /// It was not stored how an account stands to a team; one that left will leave later.
    pub(super) fn still_in_team(&mut self, place: Place, member: &Membership) {
        let log = self.shelf.get(place).map(|log| log.head.log);
        let person = self.people.get_mut(&member.account);
        let team = person.zip(log).and_then(|(p, log)| p.teams.get_mut(&log));
        if let Some((_, known)) = team
            && member.standing == Standing::Left
        {
            *known = member.clone();
        }
    }

    /// An account leaves the teams it is not in, of rooms where it is in another one.
    pub(super) fn leave_others(&mut self, account: AccountId) {
        let Some(person) = self.people.get(&account) else {
            return;
        };
        let sessions = person.sessions.iter();
        let readers = sessions.filter_map(|id| self.readers.get(id));
        let placed = readers.filter_map(|reader| Some((&*reader.room_name, reader.team?.0)));
        let placed: Vec<(&str, u8)> = placed.collect();
        let over = |key: &LogKey, member: &Membership| {
            let LogKey::Team(room, number) = key else {
                return false;
            };
            let moved = placed.iter().any(|(other, _)| other == room);
            let here = placed.contains(&(room.as_str(), *number));
            !here && (moved || !is_in(member.standing))
        };
        let over: Vec<(LogId, LogKey, Membership)> = (person.teams.iter())
            .filter(|(_, (key, member))| over(key, member))
            .map(|(&log, (key, member))| (log, key.clone(), member.clone()))
            .collect();
        for (log, key, member) in over {
            self.leave_log(log, &key, &member);
        }
    }

    /// Has it written that an account is not in a team; a log that is being opened is left later.
    fn leave_log(&mut self, number: LogId, key: &LogKey, member: &Membership) {
        let account = member.account;
        if let Some(place) = self.shelf.find(key) {
            let log = self.shelf.get(place).filter(|log| log.is_ready());
            let log = log.filter(|log| !log.joining.contains_key(&account));
            if let Some(next) = log.map(|log| log.head.next) {
                self.join(place, gone(member, next), None);
            }
            return;
        }
        let asker = Asker {
            session: SessionId(0),
            ask: 0,
            log: number,
        };
        let write = Write::Member {
            log: number,
            member: gone(member, member.until),
        };
        self.do_deed(Deed::LeaveTeam(account, number), asker, write);
    }
}

/// A member that left, where its log ended at `until`.
fn gone(member: &Membership, until: u64) -> Membership {
    Membership {
        standing: Standing::Left,
        until,
        ..member.clone()
    }
}
