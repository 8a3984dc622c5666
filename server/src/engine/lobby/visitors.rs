//! Visitors: who talks or listens at the desk without a seat in a room, as bots and dashboards do.
//!
//! Never gives a visitor a seat, a snapshot or a way to play, and never another right in chat than
//! its role has. A visitor is a link of its own to the desk, so that everything said here holds for
//! it: what it may read, where it goes on after a break, how much it may say.
//!
//! ```text
//! shell --visit--> lobby: roster of the room --> desk: Opened, Lines ... as for every session
//!       --visitor_says-->                        desk: Acked or Refused
//!       --depart-->                              desk: it is gone
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{AccountId, LinkId, LogId, RoomId, SessionId, Tick};
use tickwire_shared::limits::{ROOM_NAME_BYTES_MAX, ROSTER_BATCH_MAX};
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{
    BoundedStr, BoundedVec, ChatCommand, LogCursor, Role, RosterEntry, ServerControl, encode,
};

use super::Lobby;
use super::directory::RoomEntry;
use crate::engine::desk::{Attention, Entrant};
use crate::engine::port::{Effect, Outbound};
use crate::engine::storage::LogKey;
use crate::limits::VISITORS_PER_ACCOUNT_MAX;

/// No room has this number.
const NO_ROOM: RoomId = RoomId(0);

/// What a visitor comes for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The room of this name: its chat, and who comes and goes.
    Room(String),
    /// The whispers with this account.
    Whisper(AccountId),
    /// To hear when somebody whispers to its account. No log is opened for it.
    Inbox,
    /// Announcements.
    Server,
}

/// Somebody who wants to visit.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Where its packets go; a number that no link of a player has.
    pub link: LinkId,
    /// Who.
    pub account: AccountId,
    /// Under which name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// What for.
    pub goal: Goal,
    /// Where it stands in what it reads: epoch and next offset.
    pub cursor: Option<(u32, u64)>,
}

/// Why a visitor is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotLetIn {
    /// As a player would not be.
    Closed(CloseReason),
    /// Its account has [`VISITORS_PER_ACCOUNT_MAX`] here.
    TooManyOfAccount,
    /// As many as may are here, of all accounts.
    TooMany,
}

impl From<CloseReason> for NotLetIn {
    fn from(reason: CloseReason) -> NotLetIn {
        NotLetIn::Closed(reason)
    }
}

/// A visitor who is there.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    link: LinkId,
    account: AccountId,
    /// Empty for one that is in none.
    room: BoundedStr<ROOM_NAME_BYTES_MAX>,
}

/// A player as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seated {
    /// Seat, name, account and role.
    pub entry: RosterEntry,
    /// The team the game says.
    pub team: Option<u8>,
    /// The score the game says.
    pub score: Option<i64>,
}

/// A room as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomView {
    /// Its newest tick.
    pub tick: Tick,
    /// Who is there, by seat.
    pub players: Vec<Seated>,
}

/// The links of those who visit a room.
pub(super) fn of_room<'a>(
    visitors: &'a BTreeMap<SessionId, Visitor>,
    room: &'a str,
) -> impl Iterator<Item = LinkId> + 'a {
    let here = visitors.values().filter(move |one| *one.room == *room);
    here.map(|visitor| visitor.link)
}

/// A visitor's session at the desk. Sessions of players count from 1 on; links of visitors have
/// their first bit set.
fn session_of(link: LinkId) -> SessionId {
    SessionId(link.0)
}

impl Lobby {
    /// Lets a visitor in. `seed` is unpredictable.
    ///
    /// # Errors
    /// Why it cannot come: there is no such room, it is banned, or as many as may are there.
    pub fn visit(&mut self, now: Instant, visit: Visit, seed: u64) -> Result<(), NotLetIn> {
        self.may_visit(&visit)?;
        let room_name = match &visit.goal {
            Goal::Room(name) => BoundedStr::cut(name),
            _ => BoundedStr::default(),
        };
        let room = self.directory.named(&room_name);
        let (link, account) = (visit.link, visit.account);
        let visitor = Visitor {
            link,
            account,
            room: room_name.clone(),
        };
        self.visitors.insert(session_of(link), visitor);
        if let Some(entry) = room.and_then(|room| self.directory.get(room)) {
            let packets = roster_packets(entry);
            packets.iter().for_each(|bytes| self.post(link, bytes));
        }
        let cursors = (visit.cursor.into_iter()).map(|(epoch, next)| LogCursor {
            log: LogId(0),
            epoch,
            next,
        });
        let entrant = Entrant {
            link,
            account,
            name: BoundedStr::cut(&visit.name),
            role: visit.role,
            room: room.unwrap_or(NO_ROOM),
            room_name,
            cursors: cursors.collect(),
            attention: attention_of(visit.goal, account),
        };
        self.at_desk(|desk| desk.enter(now, session_of(link), entrant, seed));
        Ok(())
    }

    fn may_visit(&self, visit: &Visit) -> Result<(), NotLetIn> {
        if self.draining {
            return Err(CloseReason::Draining.into());
        }
        if !self.has_started() {
            return Err(CloseReason::Starting.into());
        }
        if self.desk.is_banned(visit.account) {
            return Err(CloseReason::Banned.into());
        }
        if let Goal::Room(name) = &visit.goal
            && !self.has_room(name)
        {
            return Err(CloseReason::NoSuchRoom.into());
        }
        let own = self.visitors.values();
        let own = own.filter(|visitor| visitor.account == visit.account);
        if own.count() >= VISITORS_PER_ACCOUNT_MAX {
            return Err(NotLetIn::TooManyOfAccount);
        }
        if self.visitors.len() >= self.config.visitors_max {
            return Err(NotLetIn::TooMany);
        }
        Ok(())
    }

    /// Whether a room can be visited: it is open, or the one that the first player has opened.
    #[must_use]
    pub fn has_room(&self, name: &str) -> bool {
        self.directory.named(name).is_some() || *name == *self.config.default_room
    }

    /// A visitor wants something of chat.
    pub fn visitor_says(&mut self, now: Instant, link: LinkId, command: ChatCommand) {
        let id = session_of(link);
        let Some(visitor) = self.visitors.get(&id) else {
            return;
        };
        let room = self.directory.named(&visitor.room);
        let room = room.and_then(|room| self.directory.get(room));
        let tick = room.map(|room| room.tick).unwrap_or_default();
        self.at_desk(|desk| desk.command(now, id, tick, command));
    }

    /// A visitor is gone. It counts as there for a while, as somebody who lost the link does: a
    /// bot that says a line now and then is no news each time.
    pub fn depart(&mut self, now: Instant, link: LinkId) {
        let id = session_of(link);
        if self.visitors.remove(&id).is_some() {
            self.at_desk(|desk| {
                desk.detach(now, id);
                desk.leave(id);
            });
        }
    }

    /// Sends the visitors of an account away: what let it in counts no more.
    pub fn turn_out(&mut self, account: AccountId) {
        let visitors = self.visitors.iter();
        let theirs = visitors.filter(|(_, visitor)| visitor.account == account);
        let theirs: Vec<SessionId> = theirs.map(|(&id, _)| id).collect();
        (theirs.into_iter()).for_each(|id| self.show_out(id, CloseReason::BadCredential));
    }

    /// Ends the rooms that nobody plays in; who visits them is told so.
    pub(super) fn end_empty_rooms(&mut self, now: Instant) {
        for (room, ended) in self.directory.remove_empty(now, self.config.room_empty) {
            self.effects.push_back(Effect::EndRoom(room));
            // The one that the first player opens can be visited all the same.
            if !self.has_room(&ended.name) {
                self.show_out_of(&ended.name, CloseReason::NoSuchRoom);
            }
        }
    }

    /// Sends the visitors of a room away.
    pub(super) fn show_out_of(&mut self, room: &str, reason: CloseReason) {
        let here = (self.visitors.iter()).filter(|(_, one)| *one.room == *room);
        let here: Vec<SessionId> = here.map(|(&id, _)| id).collect();
        here.into_iter().for_each(|id| self.show_out(id, reason));
    }

    /// A visitor has to go.
    pub(super) fn show_out(&mut self, id: SessionId, reason: CloseReason) {
        if let Some(Visitor { link, .. }) = self.visitors.remove(&id) {
            self.at_desk(|desk| desk.leave(id));
            let close = Outbound::Close { link, reason };
            self.effects.push_back(Effect::ToLink(close));
        }
    }

    /// Visitors who are there.
    #[must_use]
    pub fn visitors(&self) -> usize {
        self.visitors.len()
    }

    /// A room and who is in it; `None` when it is not open.
    #[must_use]
    pub fn room_view(&self, name: &str) -> Option<RoomView> {
        let room = self.directory.get(self.directory.named(name)?)?;
        let players = room.roster.entries().map(|entry| {
            let standing = room.standings.get(&entry.player).copied();
            let (team, score) = standing.unwrap_or_default();
            Seated { entry, team, score }
        });
        Some(RoomView {
            tick: room.tick,
            players: players.collect(),
        })
    }
}

fn attention_of(goal: Goal, account: AccountId) -> Attention {
    match goal {
        Goal::Room(name) => Attention::Only(LogKey::Room(name)),
        Goal::Whisper(other) => {
            Attention::Only(LogKey::Whisper(account.min(other), account.max(other)))
        }
        Goal::Inbox => Attention::Inbox,
        Goal::Server => Attention::Only(LogKey::Server),
    }
}

/// Who is in a room, as a newcomer is told.
pub(super) fn roster_packets(room: &RoomEntry) -> Vec<Arc<[u8]>> {
    let roster: Vec<RosterEntry> = room.roster.entries().collect();
    if roster.is_empty() {
        let (players, more) = (BoundedVec::default(), false);
        return vec![encode(&ServerControl::Roster { players, more }).into()];
    }
    let batches = roster.len().div_ceil(ROSTER_BATCH_MAX);
    let packets = roster.chunks(ROSTER_BATCH_MAX).enumerate();
    let packets = packets.map(|(at, batch)| {
        let players = BoundedVec::of_first(batch.iter().cloned());
        let more = at + 1 < batches;
        encode(&ServerControl::Roster { players, more }).into()
    });
    packets.collect()
}
