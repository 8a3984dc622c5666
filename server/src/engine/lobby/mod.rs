//! The lobby: links, the sessions they carry, the rooms these sit in, and their chat.
//!
//! Never steps a game, reads a clock, draws entropy or waits for a tick. It is told what came and
//! answers with [`Effect`]s, in the order in which they must be carried out.
//!
//! A session outlives its link: when the link goes, the seat is kept for a while, and a client that
//! proves with a token that the session was its own takes it up again over another link.

mod absence;
mod admission;
mod config;
mod desk;
mod directory;
mod entrance;
mod talk;
#[cfg(test)]
mod tests;
mod visitors;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{AccountId, Lane, LinkId, PlayerId, RoomId, SessionId, Tick};
use tickwire_shared::limits::{NAME_BYTES_MAX, SEATS_MAX};
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{BoundedStr, Message, Role, ServerControl, Token, encode};

pub use self::config::LobbyConfig;
pub use self::visitors::{Goal, NotLetIn, RoomView, Seated, Visit};

use self::directory::Directory;
use self::visitors::Visitor;
use super::desk::Desk;
use super::port::{Effect, Inbound, Outbound, Outbox, RoomCounts};
use super::session::{Admitting, Greeting, Handshake, Live};
use crate::limits::LINKS_MAX;

/// What the lobby counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LobbyCounts {
    /// Sessions made.
    pub joined: u64,
    /// Sessions taken up again.
    pub resumed: u64,
    /// Handshakes that ended without a session.
    pub refused: u64,
    /// Chat lines that got an offset.
    pub chat_lines: u64,
    /// Those of them that visitors said.
    pub visitor_lines: u64,
    /// Chat lines that were not taken.
    pub chat_refused: u64,
    /// Links this side closed, by reason.
    pub closed: BTreeMap<CloseReason, u64>,
}

/// A room as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomInfo {
    /// Its id.
    pub room: RoomId,
    /// Its name.
    pub name: String,
    /// Seats taken.
    pub players: usize,
    /// Seats.
    pub seats: usize,
    /// Its newest tick.
    pub tick: Tick,
    /// How it is doing.
    pub counts: RoomCounts,
}

/// A player's presence.
#[derive(Clone, Debug)]
struct Session {
    room: RoomId,
    player: PlayerId,
    name: BoundedStr<NAME_BYTES_MAX>,
    link: Option<LinkId>,
    /// When it ends, while it has no link.
    until: Option<Instant>,
    /// The room's tick when its player said to be away, while that lasts.
    away: Option<Tick>,
    token: Token,
    /// The token before, good until the client has shown that it got the newer one.
    token_before: Option<Token>,
    account: AccountId,
    role: Role,
    /// Brings the account back, should the session be gone.
    return_key: Token,
}

#[derive(Clone, Debug)]
enum Phase {
    Handshake(Handshake),
    Admitting(Box<Admitting>),
    Live(Box<Live>),
}

/// Links, sessions, rooms and chat.
#[derive(Clone, Debug)]
pub struct Lobby {
    config: LobbyConfig,
    links: BTreeMap<LinkId, Phase>,
    sessions: BTreeMap<SessionId, Session>,
    /// Who talks or listens without a seat.
    visitors: BTreeMap<SessionId, Visitor>,
    sessions_made: u64,
    directory: Directory,
    desk: Desk,
    draining: bool,
    /// Whether the names that the store has are in.
    names_known: bool,
    effects: VecDeque<Effect>,
    counts: LobbyCounts,
}

impl Lobby {
    /// A lobby without rooms: the first player who comes has one made.
    #[must_use]
    pub fn new(mut config: LobbyConfig) -> Lobby {
        config.seats = config.seats.min(SEATS_MAX);
        Lobby {
            desk: Desk::new(config.chat.clone()),
            names_known: false,
            config,
            links: BTreeMap::new(),
            sessions: BTreeMap::new(),
            visitors: BTreeMap::new(),
            sessions_made: 0,
            directory: Directory::default(),
            draining: false,
            effects: VecDeque::new(),
            counts: LobbyCounts::default(),
        }
    }

    /// A link opened.
    pub fn opened(&mut self, now: Instant, link: LinkId) {
        if self.links.len() >= LINKS_MAX {
            return self.effect_close(link, CloseReason::ServerFull);
        }
        self.links
            .insert(link, Phase::Handshake(Handshake::new(now)));
    }

    /// A packet came. `entropy` gives unpredictable numbers.
    pub fn receive(
        &mut self,
        now: Instant,
        link: LinkId,
        lane: Lane,
        bytes: &[u8],
        entropy: &mut dyn FnMut() -> u64,
    ) {
        match self.links.get_mut(&link) {
            None => {}
            Some(Phase::Handshake(handshake)) => match handshake.receive(lane, bytes) {
                Ok(Greeting::Hello(hello)) => self.greet(now, link, hello, entropy),
                Ok(Greeting::Probe) => self.effects.push_back(echo(link, bytes)),
                Ok(Greeting::Nothing) => {}
                Err(reason) => self.refuse(link, reason, ""),
            },
            Some(Phase::Admitting(admitting)) => {
                if let Err(reason) = admitting.receive(lane, bytes) {
                    self.refuse(link, reason, "");
                }
            }
            Some(Phase::Live(live)) => {
                let session = live.session;
                match live.receive(now, lane, bytes, &self.config.schema.input) {
                    Ok(heard) => self.hear(now, link, session, heard),
                    Err(reason) => self.close(now, link, reason),
                }
            }
        }
    }

    /// A link is gone, or the transport gave it up.
    pub fn lost(&mut self, now: Instant, link: LinkId) {
        if let Some(Phase::Live(live)) = self.links.remove(&link) {
            self.park(now, live.session, live.heard());
        }
    }

    /// Looks at deadlines; call it a few times a second.
    pub fn tick(&mut self, now: Instant) {
        let late = self.links.iter().filter_map(|(&link, phase)| match phase {
            Phase::Handshake(handshake) if handshake.is_over(now) => {
                Some((link, CloseReason::HandshakeTimeout))
            }
            Phase::Admitting(admitting) if admitting.is_over(now) => {
                Some((link, CloseReason::HandshakeTimeout))
            }
            Phase::Live(live) if self.is_silent(now, live) => Some((link, CloseReason::TimedOut)),
            _ => None,
        });
        let late: Vec<_> = late.collect();
        late.into_iter()
            .for_each(|(link, reason)| self.close(now, link, reason));
        let over = self
            .sessions
            .iter()
            .filter(|(_, session)| session.until.is_some_and(|t| now >= t));
        let over: Vec<_> = over.map(|(&id, _)| id).collect();
        over.into_iter().for_each(|session| self.end(now, session));
        self.end_empty_rooms(now);
        self.at_desk(|desk| desk.turn(now));
        self.send_away(now);
    }

    /// A room's batch for one tick came; its packets go straight to their links.
    pub fn room_ticked(&mut self, id: RoomId, batch: &Outbox) {
        if let Some(room) = self.directory.get_mut(id) {
            room.tick = room.tick.max(batch.tick());
            room.counts = batch.counts();
            if let Some(players) = batch.whereabouts() {
                room.note_scores(players);
            }
        }
        if let Some(players) = batch.whereabouts() {
            self.at_desk(|desk| desk.locate(id, players));
        }
    }

    /// A room failed: its sessions end, and whoever visits it is told so.
    pub fn room_failed(&mut self, room: RoomId) {
        let Some(failed) = self.directory.remove(room) else {
            return;
        };
        self.show_out_of(&failed.name, CloseReason::RoomFailed);
        for id in failed.roster.sessions() {
            self.at_desk(|desk| desk.leave(id));
            let session = self.sessions.remove(&id);
            if let Some(link) = session.and_then(|session| session.link) {
                self.links.remove(&link);
                self.farewell(link, CloseReason::RoomFailed);
            }
        }
    }

    /// The server goes down in `time_left`: tells everybody and takes nobody in any more.
    pub fn drain(&mut self, time_left: Duration) {
        self.draining = true;
        let millis = u32::try_from(time_left.as_millis()).unwrap_or(u32::MAX);
        let bytes: Arc<[u8]> = encode(&ServerControl::Draining { millis }).into();
        let links: Vec<_> = self
            .sessions
            .values()
            .filter_map(|session| session.link)
            .collect();
        links.into_iter().for_each(|link| self.post(link, &bytes));
    }

    /// Closes every link for good.
    pub fn close_all(&mut self, reason: CloseReason) {
        for (link, phase) in std::mem::take(&mut self.links) {
            match phase {
                Phase::Live(_) => self.farewell(link, reason),
                Phase::Handshake(_) | Phase::Admitting(_) => self.effect_close(link, reason),
            }
        }
        self.sessions.clear();
        let visitors: Vec<_> = self.visitors.keys().copied().collect();
        (visitors.into_iter()).for_each(|id| self.show_out(id, reason));
        self.at_desk(Desk::clear);
    }

    /// What is to be done next.
    pub fn next_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Sessions, those without a link included.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// Sessions that wait for a new link.
    #[must_use]
    pub fn parked(&self) -> usize {
        let parked = |session: &&Session| session.link.is_none();
        self.sessions.values().filter(parked).count()
    }

    /// The links that carry a session, and whether its player is away.
    pub fn attendance(&self) -> impl Iterator<Item = (LinkId, bool)> + '_ {
        let linked = |session: &Session| Some((session.link?, session.away.is_some()));
        self.sessions.values().filter_map(linked)
    }

    /// Links in every phase.
    #[must_use]
    pub fn links(&self) -> usize {
        self.links.len()
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> &LobbyCounts {
        &self.counts
    }

    /// The rooms by id.
    pub fn rooms(&self) -> impl Iterator<Item = RoomInfo> + '_ {
        self.directory.infos(usize::from(self.config.seats))
    }

    /// Closes a link from this side; a session it carries waits for another one.
    fn close(&mut self, now: Instant, link: LinkId, reason: CloseReason) {
        match self.links.remove(&link) {
            Some(Phase::Live(live)) => {
                self.farewell(link, reason);
                self.park(now, live.session, live.heard());
            }
            Some(Phase::Handshake(_) | Phase::Admitting(_)) => {
                self.counts.refused += 1;
                self.effect_close(link, reason);
            }
            None => {}
        }
    }

    /// The session ends and its seat is free.
    fn end(&mut self, now: Instant, id: SessionId) {
        let Some(session) = self.sessions.remove(&id) else {
            return;
        };
        self.at_desk(|desk| desk.leave(id));
        let player = session.player;
        if let Some(room) = self.directory.get_mut(session.room) {
            room.roster.free(player);
            if room.roster.count() == 0 {
                room.empty_since = Some(now);
            }
        }
        let leave = Inbound::Leave { player };
        self.effects.push_back(Effect::ToRoom(session.room, leave));
        self.tell_room(session.room, &ServerControl::Left { player }, None);
    }

    /// Sends the same packet to everybody in a room who has a link, except `but`.
    fn tell_room(&mut self, room: RoomId, control: &ServerControl, but: Option<SessionId>) {
        let Some(room) = self.directory.get(room) else {
            return;
        };
        let bytes: Arc<[u8]> = encode(control).into();
        for id in room.roster.sessions().filter(|&id| Some(id) != but) {
            if let Some(link) = self.sessions.get(&id).and_then(|session| session.link) {
                self.effects.push_back(packet(link, &bytes));
            }
        }
        for link in visitors::of_room(&self.visitors, &room.name) {
            self.effects.push_back(packet(link, &bytes));
        }
    }

    /// Sends one packet to one link.
    fn tell<M: Message>(&mut self, link: LinkId, message: &M) {
        self.post(link, &encode(message).into());
    }

    fn post(&mut self, link: LinkId, bytes: &Arc<[u8]>) {
        self.effects.push_back(packet(link, bytes));
    }

    /// Tells a live link why it is closed, and closes it.
    fn farewell(&mut self, link: LinkId, reason: CloseReason) {
        let reason_number = reason.number();
        self.tell(
            link,
            &ServerControl::Bye {
                reason: reason_number,
            },
        );
        self.effect_close(link, reason);
    }

    fn effect_close(&mut self, link: LinkId, reason: CloseReason) {
        *self.counts.closed.entry(reason).or_default() += 1;
        let close = Outbound::Close { link, reason };
        self.effects.push_back(Effect::ToLink(close));
    }
}

/// Sends a probe back as it came.
fn echo(link: LinkId, bytes: &[u8]) -> Effect {
    Effect::ToLink(Outbound::Packet {
        link,
        lane: Lane::Snapshot,
        bytes: bytes.into(),
    })
}

fn packet(link: LinkId, bytes: &Arc<[u8]>) -> Effect {
    Effect::ToLink(Outbound::Packet {
        link,
        lane: Lane::Ordered,
        bytes: Arc::clone(bytes),
    })
}
