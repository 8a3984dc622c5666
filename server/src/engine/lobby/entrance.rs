//! The way in: a Hello becomes a new session, an old one on a new link, or a refusal.
//!
//! Never lets a link in that speaks another protocol or schema, and never says more to one that
//! guesses a token than that it is wrong.

use std::sync::Arc;

use tickwire_shared::chat::check_room_name;
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{AccountId, LinkId, RoomId, SessionId};
use tickwire_shared::limits::ROOM_NAME_BYTES_MAX;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{
    BoundedStr, HandshakeReply, Hello, Refuse, Resume, RoomRequest, ServerControl, Token, Welcome,
    encode,
};

use super::admission::Newcomer;
use super::visitors::roster_packets;
use super::{Lobby, Phase, Session};
use crate::engine::admission::Refusal;
use crate::engine::port::{Effect, Inbound};
use crate::engine::roster::Comer;
use crate::engine::session::Live;

/// The room that somebody comes into.
enum Chosen {
    /// One that is open.
    Open(RoomId),
    /// One that is made for it.
    New(BoundedStr<ROOM_NAME_BYTES_MAX>),
}

impl Lobby {
    /// A link said hello.
    pub(super) fn greet(
        &mut self,
        now: Instant,
        link: LinkId,
        hello: Hello,
        entropy: &mut dyn FnMut() -> u64,
    ) {
        if hello.schema_hash != self.config.schema.hash {
            return self.refuse(link, CloseReason::SchemaMismatch, "");
        }
        let entered = match &hello.resume {
            Some(resume) => self.resume(link, resume, entropy),
            None => match self.guest(&hello, entropy) {
                Ok(Some(guest)) => self.join(now, link, &guest, &hello.room, entropy),
                // What is shown may be good once only: not used up for a room that is full.
                Ok(None) => match self.has_seat(&hello.room) {
                    Ok(()) => return self.find_out(now, link, hello),
                    Err(refusal) => Err(refusal),
                },
                Err(refusal) => Err(refusal),
            },
        };
        self.let_in(now, link, entered, &hello, entropy);
    }

    /// The link carries a session from now on, or is told why not.
    pub(super) fn let_in(
        &mut self,
        now: Instant,
        link: LinkId,
        entered: Result<SessionId, Refusal>,
        hello: &Hello,
        entropy: &mut dyn FnMut() -> u64,
    ) {
        match entered {
            Ok(session) => {
                let live = Live::new(session, self.config.schema.tick_hz, now);
                self.links.insert(link, Phase::Live(Box::new(live)));
                let resumed = hello.resume.is_some();
                self.welcome(link, session, resumed, entropy() as u32);
                let cursors = hello.cursors.to_vec();
                match &hello.resume {
                    Some(_) => self.at_desk(|desk| desk.attach(now, session, link, cursors)),
                    None => self.enter_desk(now, session, cursors, entropy()),
                }
            }
            Err(refusal) => self.refuse(link, refusal.reason, &refusal.detail),
        }
    }

    /// Says why a link is not let in, and closes it.
    pub(super) fn refuse(&mut self, link: LinkId, reason: CloseReason, detail: &str) {
        self.links.remove(&link);
        self.counts.refused += 1;
        let schema = match reason {
            CloseReason::SchemaMismatch => self.config.schema.text.as_str(),
            _ => "",
        };
        let refuse = Refuse {
            reason: reason.number(),
            detail: BoundedStr::cut(detail),
            schema: BoundedStr::cut(schema),
        };
        self.tell(link, &HandshakeReply::Refuse(refuse));
        self.effect_close(link, reason);
    }

    /// Whether anybody at all can come in.
    pub(super) fn has_place(&self) -> Result<(), Refusal> {
        if self.draining {
            return Err(CloseReason::Draining.into());
        }
        if !self.has_started() {
            return Err(CloseReason::Starting.into());
        }
        if self.sessions.len() >= self.config.sessions_max {
            return Err(CloseReason::ServerFull.into());
        }
        Ok(())
    }

    /// Gives a seat in the room to somebody who is known.
    pub(super) fn join(
        &mut self,
        now: Instant,
        link: LinkId,
        who: &Newcomer,
        request: &RoomRequest,
        entropy: &mut dyn FnMut() -> u64,
    ) -> Result<SessionId, Refusal> {
        self.has_place()?;
        if self.desk.is_banned(who.account) {
            return Err(CloseReason::Banned.into());
        }
        let room_id = self.find_room(now, request, entropy)?;
        self.end_parked(now, who.account, room_id);
        let id = SessionId(self.sessions_made + 1);
        let Some(room) = self.directory.get_mut(room_id) else {
            return Err(CloseReason::NoSuchRoom.into());
        };
        let comer = Comer {
            session: id,
            name: &who.name,
            account: who.account,
            role: who.role,
        };
        let entry = room.roster.take(&comer, &self.config.names);
        let entry = entry.ok_or(CloseReason::RoomFull)?;
        room.empty_since = None;
        self.sessions_made += 1;
        self.counts.joined += 1;
        let session = Session {
            room: room_id,
            player: entry.player,
            name: entry.name.clone(),
            link: Some(link),
            until: None,
            away: None,
            token: token(entropy),
            token_before: None,
            account: who.account,
            role: who.role,
            return_key: who.return_key,
        };
        self.sessions.insert(id, session);
        let player = entry.player;
        self.effects
            .push_back(Effect::ToRoom(room_id, Inbound::Join { player, link }));
        self.tell_room(room_id, &ServerControl::Joined(entry), Some(id));
        Ok(id)
    }

    /// Whoever comes back without the token of the last session gives its seat up: it would keep
    /// the player's own name from the player.
    fn end_parked(&mut self, now: Instant, account: AccountId, room: RoomId) {
        let parked = self.sessions.iter().filter(|(_, session)| {
            session.account == account && session.room == room && session.link.is_none()
        });
        let parked: Vec<SessionId> = parked.map(|(&id, _)| id).collect();
        parked.into_iter().for_each(|id| self.end(now, id));
    }

    fn resume(
        &mut self,
        link: LinkId,
        resume: &Resume,
        entropy: &mut dyn FnMut() -> u64,
    ) -> Result<SessionId, Refusal> {
        let unknown = CloseReason::UnknownSession;
        let session = self.sessions.get_mut(&resume.session).ok_or(unknown)?;
        // Tokens compare in the same time whatever their bytes; see `PartialEq` of `Token`.
        let proves = |known: &Token| *known == resume.token;
        if !proves(&session.token) && !session.token_before.as_ref().is_some_and(proves) {
            return Err(unknown.into());
        }
        session.token_before = Some(resume.token);
        session.token = token(entropy);
        session.until = None;
        session.away = None;
        let (room, player) = (session.room, session.player);
        let old = session.link.replace(link);
        self.counts.resumed += 1;
        if let Some(old) = old {
            self.links.remove(&old);
            self.farewell(old, CloseReason::Replaced);
        }
        self.effects
            .push_back(Effect::ToRoom(room, Inbound::Attach { player, link }));
        Ok(resume.session)
    }

    /// Whether whoever asks for this room most likely gets a seat there. That of somebody whose
    /// link is gone counts as free: it may be the asker's own, who is not known yet.
    fn has_seat(&self, request: &RoomRequest) -> Result<(), Refusal> {
        let Chosen::Open(room) = self.choose_room(request)? else {
            return Ok(());
        };
        let roster = self.directory.get(room).map(|room| &room.roster);
        let is_linked = |id: &SessionId| self.sessions.get(id).is_some_and(|s| s.link.is_some());
        match roster.is_some_and(|r| r.is_full() && r.sessions().all(|id| is_linked(&id))) {
            true => Err(CloseReason::RoomFull.into()),
            false => Ok(()),
        }
    }

    fn find_room(
        &mut self,
        now: Instant,
        request: &RoomRequest,
        entropy: &mut dyn FnMut() -> u64,
    ) -> Result<RoomId, Refusal> {
        let name = match self.choose_room(request)? {
            Chosen::Open(room) => return Ok(room),
            Chosen::New(name) => name,
        };
        let order = self.directory.add(now, name, self.config.seats, entropy);
        let room = order.room;
        self.effects.push_back(Effect::OpenRoom(order));
        Ok(room)
    }

    /// The room that is meant, open or not.
    fn choose_room(&self, request: &RoomRequest) -> Result<Chosen, Refusal> {
        let name = match request {
            RoomRequest::Any => match self.directory.liveliest() {
                Some(room) => return Ok(Chosen::Open(room)),
                None => self.directory.free_name(&self.config.default_room),
            },
            RoomRequest::Named(name) => match self.directory.named(name) {
                Some(room) => return Ok(Chosen::Open(room)),
                None if !self.config.create_rooms => return Err(CloseReason::NoSuchRoom.into()),
                None => name.clone(),
            },
        };
        check_room_name(&name).map_err(|fault| Refusal {
            reason: CloseReason::BadName,
            detail: format!("In the name of the room, {fault}."),
        })?;
        if self.directory.len() >= self.config.rooms_max {
            return Err(Refusal {
                reason: CloseReason::ServerFull,
                detail: "It makes no more rooms.".to_owned(),
            });
        }
        Ok(Chosen::New(name))
    }

    /// Everything a client must know first: Welcome and roster.
    fn welcome(&mut self, link: LinkId, id: SessionId, resumed: bool, pen: u32) {
        let session = self.sessions.get(&id);
        let Some((session, room)) = session.and_then(|s| Some((s, self.directory.get(s.room)?)))
        else {
            return;
        };
        let config = &self.config;
        let welcome = Welcome {
            session: id,
            resumed,
            player: session.player,
            name: session.name.clone(),
            room: room.name.clone(),
            tick_hz: config.schema.tick_hz,
            snapshot_every: config.snapshot_every,
            tick: room.tick,
            seed: room.seed,
            rules_kind: config.rules_kind,
            rules: config.rules.clone(),
            tables: config.tables.clone(),
            token: session.token,
            grace_millis: u32::try_from(config.grace.as_millis()).unwrap_or(u32::MAX),
            account: session.account,
            role: session.role,
            return_key: session.return_key,
            pen,
        };
        let mut packets: Vec<Arc<[u8]>> = vec![encode(&HandshakeReply::Welcome(welcome)).into()];
        packets.extend(roster_packets(room));
        packets.iter().for_each(|bytes| self.post(link, bytes));
    }
}

fn token(entropy: &mut dyn FnMut() -> u64) -> Token {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&entropy().to_le_bytes());
    bytes[8..].copy_from_slice(&entropy().to_le_bytes());
    Token(bytes)
}
