//! Teams that players are in no more: their logs are left, also after a crash or a fault.
//!
//! Never leaves the log of a team that a session of the account is in, and opens none before it is
//! stored that the account left the last one: else it would be in both after a crash.

use tickwire_shared::id::{AccountId, LogId, SessionId};
use tickwire_shared::wire::Standing;

use super::Desk;
use super::log::is_in;
use super::shelf::Place;
use super::tickets::{Asker, Deed, Task};
use crate::engine::storage::{LogKey, Membership, StoreFault, Write};
use crate::limits::LEFT_REMEMBERED;

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
        } else if !inside {
            self.begin_teams(account);
        }
    }

    /// An account has left a team: the log of another one may have waited for that.
    pub(super) fn begin_teams(&mut self, account: AccountId) {
        let person = self.people.get(&account);
        let sessions = person.map(|person| person.sessions.clone());
        for id in sessions.into_iter().flatten() {
            let team = self.readers.get(&id).and_then(|reader| reader.team);
            team.into_iter()
                .for_each(|(_, place)| self.begin(place, id));
        }
    }

    /// Whether the log of a team waits until it is stored that the account left another one of that
    /// room.
    pub(super) fn has_yet_to_leave(&self, account: AccountId, key: &LogKey) -> bool {
        let LogKey::Team(room, _) = key else {
            return false;
        };
        let others = self.left_behind(account).into_iter();
        let mut rooms = others.filter_map(|(_, key, _)| match key {
            LogKey::Team(room, _) => Some(room),
            _ => None,
        });
        rooms.any(|other| other == *room)
    }

    /// The log of a team is here: whoever came into another one meanwhile leaves it.
    pub(super) fn dismiss(&mut self, place: Place) {
        let log = self.shelf.get(place);
        let Some(log) = log.filter(|log| matches!(log.head.key, LogKey::Team(..))) else {
            return;
        };
        let inside = log.members.values().filter(|member| is_in(member.standing));
        let known = inside.filter(|member| self.people.contains_key(&member.account));
        let known: Vec<AccountId> = known.map(|member| member.account).collect();
        (known.into_iter()).for_each(|account| self.leave_others(account));
    }

    /// It was not stored how an account stands to a team; one that left will leave later.
    pub(super) fn still_in_team(&mut self, place: Place, member: &Membership) {
        let Some(log) = self.shelf.get(place) else {
            return;
        };
        let (key, number) = (log.head.key.clone(), log.head.log);
        match self.people.get_mut(&member.account) {
            Some(person) if member.standing == Standing::Left => {
                if let Some((_, known)) = person.teams.get_mut(&number) {
                    *known = member.clone();
                }
            }
            None if matches!(key, LogKey::Team(..)) => {
                self.still_leaving(number, key, member.clone());
            }
            _ => {}
        }
    }

    /// It was not stored that an account left a team, and it is not here any more: nobody else
    /// would ask again. Past [`LEFT_REMEMBERED`] it is found out when the account comes back.
    pub(super) fn still_leaving(&mut self, log: LogId, key: LogKey, member: Membership) {
        let left = member.standing == Standing::Left;
        if left && self.leaving.len() < LEFT_REMEMBERED {
            (self.leaving).insert((log, member.account), (key, member));
        }
    }

    /// Has it written again that accounts left teams.
    pub(super) fn leave_again(&mut self) {
        for ((number, account), (key, member)) in std::mem::take(&mut self.leaving) {
            // Not by its number: of a log that is being opened that is not known, and who is in it
            // may be read before this is written.
            let Some(place) = self.shelf.find(&key) else {
                self.leave_unseen(number, key, member);
                continue;
            };
            let log = self.shelf.get(place).filter(|log| log.is_ready());
            let log = log.filter(|log| !log.joining.contains_key(&account));
            let mut readers = (log.into_iter().flat_map(|log| log.readers.keys()))
                .filter_map(|id| self.readers.get(id));
            // Whoever is back in the team has not left it.
            let back = readers.any(|reader| reader.account == account);
            match log.map(|log| log.head.next) {
                Some(_) if back => {}
                Some(next) => self.join(place, gone(&member, next), None),
                None => self.still_leaving(number, key, member),
            }
        }
    }

    /// An account leaves the teams it is not in, of rooms where it is in another one.
    pub(super) fn leave_others(&mut self, account: AccountId) {
        for (log, key, member) in self.left_behind(account) {
            self.leave_log(log, &key, &member);
        }
    }

    /// The teams an account is in by the store, and not here.
    fn left_behind(&self, account: AccountId) -> Vec<(LogId, LogKey, Membership)> {
        let Some(person) = self.people.get(&account) else {
            return Vec::new();
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
        (person.teams.iter())
            .filter(|(_, (key, member))| over(key, member))
            .map(|(&log, (key, member))| (log, key.clone(), member.clone()))
            .collect()
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
        self.leave_unseen(number, key.clone(), gone(member, member.until));
    }

    /// Has it written that an account left a team, whose log is not here.
    fn leave_unseen(&mut self, log: LogId, key: LogKey, member: Membership) {
        let asker = Asker {
            session: SessionId(0),
            ask: 0,
            log,
        };
        let deed = Deed::LeaveTeam(log, key, member.clone());
        let write = Write::Member { log, member };
        if let Err(task) = self.write(Task::Deed(deed, asker), write)
            && let Task::Deed(deed, asker) = *task
        {
            self.done(deed, asker, Err(StoreFault::Busy));
        }
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
