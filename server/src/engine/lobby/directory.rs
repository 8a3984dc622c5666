//! The rooms of this server, by id and by name.
//!
//! Never makes a game: it keeps what the lobby knows of a room, and finds one for a player.

use std::collections::BTreeMap;
use std::time::Duration;

use tickwire_shared::id::{PlayerId, RoomId, SessionId, Tick};
use tickwire_shared::limits::ROOM_NAME_BYTES_MAX;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::BoundedStr;

use super::RoomInfo;
use crate::engine::port::{RoomCounts, RoomOrder, Whereabouts};
use crate::engine::roster::Roster;

/// What the lobby knows of a room.
#[derive(Clone, Debug)]
pub(super) struct RoomEntry {
    /// Its name.
    pub name: BoundedStr<ROOM_NAME_BYTES_MAX>,
    /// Seed of the randomness that clients share.
    pub seed: u64,
    /// Who sits where.
    pub roster: Roster,
    /// The newest tick it has reported.
    pub tick: Tick,
    /// How it was doing then.
    pub counts: RoomCounts,
    /// What each player had scored when the room said so last, and their teams.
    pub standings: BTreeMap<PlayerId, (Option<u8>, Option<i64>)>,
    /// Since when nobody is in it.
    pub empty_since: Option<Instant>,
}

impl RoomEntry {
    /// The room says how its players stand.
    pub fn note_scores(&mut self, players: &[Whereabouts]) {
        let standings = players
            .iter()
            .map(|told| (told.player, (told.team, told.score)));
        self.standings = standings.collect();
    }
}

/// The rooms.
#[derive(Clone, Debug, Default)]
pub(super) struct Directory {
    rooms: BTreeMap<RoomId, RoomEntry>,
    made: u32,
}

impl Directory {
    /// How many rooms there are.
    pub fn len(&self) -> usize {
        self.rooms.len()
    }

    /// A room.
    pub fn get(&self, room: RoomId) -> Option<&RoomEntry> {
        self.rooms.get(&room)
    }

    /// A room, to change.
    pub fn get_mut(&mut self, room: RoomId) -> Option<&mut RoomEntry> {
        self.rooms.get_mut(&room)
    }

    /// Forgets a room.
    pub fn remove(&mut self, room: RoomId) -> Option<RoomEntry> {
        self.rooms.remove(&room)
    }

    /// The room of this name.
    pub fn named(&self, name: &str) -> Option<RoomId> {
        let mut rooms = self.rooms.iter();
        rooms
            .find(|(_, entry)| entry.name.as_str() == name)
            .map(|(&room, _)| room)
    }

    /// The room with a free seat that has the most players, so that players meet; the oldest of
    /// several.
    pub fn liveliest(&self) -> Option<RoomId> {
        let open = self
            .rooms
            .iter()
            .filter(|(_, entry)| !entry.roster.is_full());
        // The last of several equal ones wins, so look at the oldest last.
        open.rev()
            .max_by_key(|(_, entry)| entry.roster.count())
            .map(|(&room, _)| room)
    }

    /// `wanted`, or with a number when there is such a room already.
    pub fn free_name(&self, wanted: &str) -> BoundedStr<ROOM_NAME_BYTES_MAX> {
        let numbered = (2..).map(|number| {
            let number = format!("-{number}");
            let room = wanted.floor_char_boundary(ROOM_NAME_BYTES_MAX - number.len());
            BoundedStr::cut(&format!("{}{number}", &wanted[..room]))
        });
        let mut names = std::iter::once(BoundedStr::cut(wanted)).chain(numbered);
        let free = names.find(|name| self.named(name).is_none());
        free.unwrap_or_default()
    }

    /// The sessions in all rooms whose names look like one of this skeleton, numbers aside.
    pub fn bearers(&self, skeleton: &str) -> Vec<SessionId> {
        let rooms = self.rooms.values();
        rooms
            .flat_map(|entry| entry.roster.bearers(skeleton))
            .collect()
    }

    /// Adds a room with so many seats, nobody in it yet.
    pub fn add(
        &mut self,
        now: Instant,
        name: BoundedStr<ROOM_NAME_BYTES_MAX>,
        seats: u16,
        entropy: &mut dyn FnMut() -> u64,
    ) -> RoomOrder {
        self.made += 1;
        let order = RoomOrder {
            room: RoomId(self.made),
            name: name.to_string(),
            seed: entropy(),
            secret: entropy(),
        };
        let entry = RoomEntry {
            name,
            seed: order.seed,
            roster: Roster::new(seats),
            tick: Tick::ZERO,
            counts: RoomCounts::default(),
            standings: BTreeMap::new(),
            empty_since: Some(now),
        };
        self.rooms.insert(order.room, entry);
        order
    }

    /// Forgets the rooms that nobody has been in for `longest`.
    pub fn remove_empty(&mut self, now: Instant, longest: Duration) -> Vec<(RoomId, RoomEntry)> {
        let stale = |_: &RoomId, entry: &mut RoomEntry| {
            entry.empty_since.is_some_and(|t| now.since(t) >= longest)
        };
        self.rooms.extract_if(.., stale).collect()
    }

    /// The rooms as a list shows them.
    pub fn infos(&self, seats: usize) -> impl Iterator<Item = RoomInfo> + '_ {
        self.rooms.iter().map(move |(&room, entry)| RoomInfo {
            room,
            name: entry.name.to_string(),
            players: entry.roster.count(),
            seats,
            tick: entry.tick,
            counts: entry.counts,
        })
    }
}
