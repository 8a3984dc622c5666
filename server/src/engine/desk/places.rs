//! Where players are: their teams, and who hears what is said near them.
//!
//! Never asks the game: it says where everybody is a few times a second.

use std::collections::BTreeMap;

use tickwire_shared::id::{AccountId, LinkId, LogId, RoomId, SessionId};
use tickwire_shared::wire::{ChatNews, ChatRefusal, Standing};

use super::draft::Draft;
use super::member::membership;
use super::reader::Spot;
use super::shelf::Place;
use super::{Desk, Sabotage};
use crate::engine::etiquette::sanctions::Reach;
use crate::engine::port::Whereabouts;
use crate::engine::storage::{LogKey, Membership};

impl Desk {
    /// A room says where its players are.
    pub fn locate(&mut self, room: RoomId, players: &[Whereabouts]) {
        // Not by seats: whoever came into one since was not where the one before was.
        let told: BTreeMap<LinkId, &Whereabouts> =
            players.iter().map(|told| (told.came, told)).collect();
        let sessions = self.readers.iter();
        let here = sessions.filter(|(_, reader)| reader.room == room);
        let here: Vec<_> = here
            .filter_map(|(&id, reader)| Some((id, *told.get(&reader.came)?)))
            .collect();
        for (id, told) in here {
            self.place_in_team(id, told.team);
            self.place_at(id, told.position);
        }
    }

    /// A session's player is in this team from now on.
    pub(super) fn place_in_team(&mut self, id: SessionId, team: Option<u8>) {
        let Some(reader) = self.readers.get(&id) else {
            return;
        };
        let before = reader.team;
        if before.map(|(number, _)| number) == team {
            return;
        }
        let (account, room) = (reader.account, reader.room_name.to_string());
        if let Some((_, place)) = before {
            self.leave_team(id, account, place);
        }
        let placed = team.map(|number| {
            let place = self.seat(id, &LogKey::Team(room, number));
            (number, place)
        });
        if let Some(reader) = self.readers.get_mut(&id) {
            reader.team = placed;
        }
        if let Some((_, place)) = placed {
            self.enlist(place);
            self.begin(place, id);
        }
        self.leave_others(account);
    }

    fn leave_team(&mut self, id: SessionId, account: AccountId, place: Place) {
        if let Some(log) = self.shelf.get(place) {
            let (number, next) = (log.head.log, log.head.next);
            let told = self
                .readers
                .get(&id)
                .is_some_and(|reader| reader.link.is_some());
            let told = told && log.readers.get(&id).is_some_and(|r| r.link.is_some());
            let others = log.readers.keys().filter(|&&other| other != id);
            let mut others = others.filter_map(|other| self.readers.get(other));
            let last = !others.any(|other| other.account == account);
            let left = log
                .member(account)
                .filter(|_| last)
                .map(|member| Membership {
                    standing: Standing::Left,
                    until: next,
                    ..member.clone()
                });
            if told {
                self.tell(id, ChatNews::Closed { log: number });
            }
            if let Some(left) = left {
                self.join(place, left, None);
            }
        }
        self.unseat(id, place);
    }

    /// Lets everybody who reads a team's log into it, from its end on.
    pub(super) fn enlist(&mut self, place: Place) {
        let Some(log) = self.shelf.get(place).filter(|log| log.is_ready()) else {
            return;
        };
        if !matches!(log.head.key, LogKey::Team(..)) {
            return;
        }
        let next = log.head.next;
        let readers = log.readers.keys().filter_map(|id| self.readers.get(id));
        let fresh = readers.filter(|reader| {
            let joining = log.joining.get(&reader.account);
            match joining {
                Some(&(standing, _)) => standing == Standing::Left,
                None => log.member(reader.account).is_none(),
            }
        });
        let fresh: BTreeMap<AccountId, String> = fresh
            .map(|reader| (reader.account, reader.name.to_string()))
            .collect();
        for (account, name) in fresh {
            self.join(
                place,
                membership(account, &name, Standing::Member, next),
                None,
            );
        }
    }

    fn place_at(&mut self, id: SessionId, position: Option<[f32; 3]>) {
        let Some(reader) = self.readers.get(&id) else {
            return;
        };
        let (account, room) = (reader.account, reader.room_name.to_string());
        let spot = match (position, reader.spot) {
            (None, spot) => spot.map(|spot| Spot {
                here: false,
                ..spot
            }),
            (Some(at), spot) => {
                let log = spot.map_or_else(
                    || {
                        let shared = self.config.sabotage == Sabotage::SharedEars;
                        let whose = if shared { AccountId(0) } else { account };
                        let log = self.seat(id, &LogKey::Near(room, whose));
                        self.begin(log, id);
                        log
                    },
                    |spot| spot.log,
                );
                let here = true;
                Some(Spot { at, here, log })
            }
        };
        if let Some(reader) = self.readers.get_mut(&id) {
            reader.spot = spot;
        }
    }

    /// A line for whoever is near its author.
    pub(super) fn say_near(&mut self, id: SessionId, draft: Draft) {
        let logs = match self.earshot(id) {
            Ok(logs) => logs,
            Err(reason) => return self.refuse(&draft, reason, 0),
        };
        match self.judge(&draft, None, None) {
            Err(refusal) => self.refuse(&draft, refusal.reason, refusal.seconds),
            Ok(allowed) => {
                let mut logs = logs;
                if allowed.reach == Reach::Nobody {
                    logs.truncate(1);
                }
                self.store(logs, draft.judged_as(&allowed));
            }
        }
    }

    /// The logs of everybody who hears a session, its own first.
    fn earshot(&self, id: SessionId) -> Result<Vec<(Place, LogId)>, ChatRefusal> {
        let me = self.readers.get(&id).ok_or(ChatRefusal::NotMember)?;
        let Spot { at, log: own, .. } = me.spot.ok_or(ChatRefusal::NotMember)?;
        let open = |place: Place| {
            let log = self.shelf.get(place).filter(|log| log.is_ready())?;
            Some((place, log.head.log))
        };
        let mut logs = vec![open(own).ok_or(ChatRefusal::StoreBusy)?];
        let reach = self.config.earshot * self.config.earshot;
        for other in self.readers.values().filter(|other| other.room == me.room) {
            let Some(spot) = other.spot.filter(|spot| spot.here) else {
                continue;
            };
            let square: f32 = (at.iter().zip(spot.at))
                .map(|(a, b)| (a - b) * (a - b))
                .sum();
            if square <= reach
                && let Some(log) = open(spot.log)
                && !logs.contains(&log)
            {
                logs.push(log);
            }
        }
        Ok(logs)
    }
}
