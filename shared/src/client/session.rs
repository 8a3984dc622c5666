//! A client's session: the handshake, what comes and goes on the Ordered lane, and the room.
//!
//! Never opens a link and never reads a clock. The phases follow each other: joining, live, closed,
//! and from closed back to joining when the caller opened another link.

mod figures;
mod handshake;
mod presence;
mod talking;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::config::{ClientConfig, Transmit};
use super::event::ClientEvent;
use super::live::Live;
use super::resume::ResumeToken;
use super::samples::Samples;
use super::stats::ClientStats;
use super::talk::Book;
use super::view::View;
use crate::close::CloseReason;
use crate::game::{Game, schema_of};
use crate::id::{AccountId, Lane, PlayerId, SessionId, Tick};
use crate::limits::CLIENT_QUEUE_MAX;
use crate::schema::{Schema, SchemaError};
use crate::time::Instant;
use crate::wire::{
    ClientControl, HandshakeReply, RosterEntry, ServerControl, Token, decode, encode,
};

enum Phase<G: Game> {
    /// The Hello is on its way.
    Joining { since: Instant },
    /// In a room.
    Live(Box<Live<G>>),
    /// Over, or between two links.
    Closed(CloseReason),
}

/// A whole client, without I/O: bytes in, bytes out, time as an argument.
pub struct Client<G: Game> {
    config: ClientConfig,
    schema: Arc<Schema>,
    phase: Phase<G>,
    /// Which session to take up again, and the proof.
    resume: Option<(SessionId, Token)>,
    /// Who comes back, should the session be gone.
    return_key: Option<Token>,
    talk: Book,
    samples: Samples,
    roster: BTreeMap<PlayerId, String>,
    accounts: BTreeMap<PlayerId, AccountId>,
    stats: ClientStats,
    ordered: VecDeque<Vec<u8>>,
    /// Packets that say where the player writes.
    typing: VecDeque<Vec<u8>>,
    /// The newest input packet that was not polled; a newer one replaces it.
    input: Option<Vec<u8>>,
    events: VecDeque<ClientEvent<G>>,
    fresh: Vec<ClientEvent<G>>,
    now: Instant,
    /// When the last frame was.
    framed: Instant,
    input_sent: Instant,
    /// Whether the player is away.
    away: bool,
    /// Snapshot packets that wait for the next frame, with the time they came.
    backlog: VecDeque<(Instant, Vec<u8>)>,
    /// Whether one left that queue unread.
    skipped: bool,
    /// Snapshot packets decoded since the last frame.
    decoded: usize,
}

impl<G: Game> Client<G> {
    /// A client that wants to join over a link that was just opened.
    ///
    /// # Errors
    /// When the game's declarations break a rule of the schema.
    pub fn new(config: ClientConfig, now: Instant) -> Result<Client<G>, SchemaError> {
        let schema = Arc::new(schema_of::<G>()?);
        let resume = config.resume.as_ref();
        let mut client = Client {
            resume: resume.map(|resume| (resume.session, resume.token)),
            return_key: resume.map(|resume| resume.return_key),
            talk: Book::default(),
            config,
            schema,
            phase: Phase::Joining { since: now },
            samples: Samples::default(),
            roster: BTreeMap::new(),
            accounts: BTreeMap::new(),
            stats: ClientStats::default(),
            ordered: VecDeque::new(),
            typing: VecDeque::new(),
            input: None,
            events: VecDeque::new(),
            fresh: Vec::new(),
            now,
            framed: now,
            input_sent: now,
            away: false,
            backlog: VecDeque::new(),
            skipped: false,
            decoded: 0,
        };
        client.say_hello();
        Ok(client)
    }

    /// Starts over on a new link: takes the session up again where it has one.
    pub fn reconnect(&mut self, now: Instant) {
        self.ordered.clear();
        self.typing.clear();
        self.input = None;
        self.now = now;
        self.phase = Phase::Joining { since: now };
        self.say_hello();
    }

    /// The link is gone. The session may go on: see [`Client::reconnect`].
    pub fn link_closed(&mut self, reason: CloseReason) {
        self.close(reason, reason.text().to_owned());
    }

    /// Uses a packet that came on the link. Packets in a phase that has no use for them are
    /// dropped; bytes that do not decode close the client.
    pub fn receive(&mut self, now: Instant, lane: Lane, bytes: &[u8]) {
        self.stats.bytes_down += bytes.len() as u64;
        self.now = self.now.max(now);
        match (&mut self.phase, lane) {
            (Phase::Closed(_), _) | (Phase::Joining { .. }, Lane::Snapshot) => {}
            (Phase::Joining { since }, Lane::Ordered) => {
                let since = *since;
                match decode::<HandshakeReply>(bytes) {
                    Ok(HandshakeReply::Welcome(welcome)) => self.welcome(now, since, &welcome),
                    Ok(HandshakeReply::Refuse(refuse)) => self.refused(&refuse),
                    Err(_) => self.malformed(),
                }
            }
            (Phase::Live(_), Lane::Snapshot) => self.snapshot(now, bytes),
            (Phase::Live(_), Lane::Ordered) => match decode::<ServerControl>(bytes) {
                Ok(control) => self.control(control),
                Err(_) => self.malformed(),
            },
            (_, Lane::Input) => self.malformed(),
        }
    }

    /// The player wants this input from now on. Its edges act in exactly one tick each.
    pub fn set_input(&mut self, input: &G::Input) {
        if let Phase::Live(live) = &mut self.phase {
            live.set_input(input);
        }
    }

    /// Only the edges of this input, in exactly one tick; what is held stays as it is.
    pub fn press(&mut self, input: &G::Input) {
        if let Phase::Live(live) = &mut self.phase {
            live.press(input);
        }
    }

    /// Brings everything to `now`. Call at each screen frame or at [`Client::next_wake`].
    pub fn frame(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.framed = self.now;
        self.catch_up();
        let idle = self.idle();
        let Phase::Live(live) = &mut self.phase else {
            return;
        };
        let stepped = live.frame(now, &mut self.stats, &mut self.fresh);
        let idle = now.since(self.input_sent) >= idle;
        if (stepped || idle)
            && let Some(bytes) = live.input_packet()
        {
            self.input_sent = now;
            self.input = Some(bytes.to_vec());
        }
        let (newest, stats) = (live.newest(), &mut self.stats);
        let check = self
            .samples
            .next(&self.schema, live.confirmed(), newest, stats);
        if let Some(check) = check {
            self.send(&check);
        }
        while let Some(event) = (!self.fresh.is_empty()).then(|| self.fresh.remove(0)) {
            self.tell(event);
        }
        self.frame_talk();
    }

    /// When [`Client::frame`] has something to do next.
    #[must_use]
    pub fn next_wake(&self) -> Instant {
        let idle = self.framed + self.idle();
        match &self.phase {
            Phase::Live(live) => live
                .next_wake()
                .map_or(idle, |due| due.max(self.now).min(idle)),
            _ => idle,
        }
    }

    /// The next packet for the link.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        let ordered = self.ordered.pop_front().map(|bytes| (Lane::Ordered, bytes));
        let input = || self.input.take().map(|bytes| (Lane::Input, bytes));
        let (lane, bytes) = ordered.or_else(input).or_else(|| self.poll_typing())?;
        self.stats.bytes_up += bytes.len() as u64;
        Some(Transmit { lane, bytes })
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<ClientEvent<G>> {
        self.events.pop_front()
    }

    /// The room as it is to be drawn after the last [`Client::frame`].
    #[must_use]
    pub fn view(&self) -> View<'_, G> {
        let live = match &self.phase {
            Phase::Live(live) => Some(&**live),
            _ => None,
        };
        View {
            live,
            now: self.now,
        }
    }

    /// This client's seat; `None` before it joined.
    #[must_use]
    pub fn me(&self) -> Option<PlayerId> {
        self.view().me()
    }

    /// The newest predicted tick; [`Tick::ZERO`] before the first snapshot.
    #[must_use]
    pub fn tick(&self) -> Tick {
        self.view().tick()
    }

    /// Whether the client is in a room.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live(_))
    }

    /// Why the client is closed; `None` while it is not.
    #[must_use]
    pub fn closed(&self) -> Option<CloseReason> {
        match self.phase {
            Phase::Closed(reason) => Some(reason),
            _ => None,
        }
    }

    /// The players of the room with their names.
    #[must_use]
    pub fn roster(&self) -> &BTreeMap<PlayerId, String> {
        &self.roster
    }

    /// Leaves for good: the session ends.
    pub fn leave(&mut self) {
        if self.is_live() {
            self.send(&ClientControl::Leave);
        }
        self.resume = None;
    }

    /// What takes this session up again, or else brings its player back; `None` before it joined or
    /// after it left.
    #[must_use]
    pub fn resume_token(&self) -> Option<ResumeToken> {
        let (session, token) = self.resume?;
        Some(ResumeToken {
            session,
            return_key: self.return_key?,
            token,
        })
    }

    fn control(&mut self, control: ServerControl) {
        match control {
            ServerControl::Talk(news) => self.hear_talk(news),
            ServerControl::Roster { players, .. } => {
                players.iter().for_each(|entry| self.joined(entry));
            }
            ServerControl::Joined(entry) => self.joined(&entry),
            ServerControl::Left { player } => {
                let name = self.roster.remove(&player).unwrap_or_default();
                self.accounts.remove(&player);
                self.tell(ClientEvent::PlayerLeft { player, name });
            }
            ServerControl::Checked { results } => {
                if let Some(field) = Samples::answered(&results, &mut self.stats) {
                    self.tell(ClientEvent::Desync { field });
                }
            }
            ServerControl::Events { bytes } => self.late_events(&bytes),
            // Nothing that this client asked for.
            ServerControl::Pong { .. } => {}
            ServerControl::Draining { millis } => self.tell(ClientEvent::Draining { millis }),
            ServerControl::Bye { reason } => {
                let reason = CloseReason::from_number(reason).unwrap_or(CloseReason::Refused);
                self.close(reason, reason.text().to_owned());
            }
        }
    }

    fn joined(&mut self, entry: &RosterEntry) {
        let (player, name) = (entry.player, entry.name.to_string());
        self.accounts.insert(player, entry.account);
        if self.roster.insert(player, name.clone()).is_none() {
            self.tell(ClientEvent::PlayerJoined { player, name });
        }
    }

    fn late_events(&mut self, bytes: &[u8]) {
        if let Phase::Live(live) = &mut self.phase
            && live.receive_events(bytes).is_err()
        {
            self.malformed();
        }
    }

    fn malformed(&mut self) {
        let reason = CloseReason::Malformed;
        self.close(reason, reason.text().to_owned());
    }

    fn close(&mut self, reason: CloseReason, text: String) {
        if self.closed().is_none() {
            self.phase = Phase::Closed(reason);
            self.tell(ClientEvent::Closed { reason, text });
        }
    }

    /// Queues a packet; at [`CLIENT_QUEUE_MAX`] unpolled ones the caller has stopped polling, and
    /// the client closes.
    fn send(&mut self, control: &ClientControl) {
        if self.ordered.len() >= CLIENT_QUEUE_MAX {
            return self.link_closed(CloseReason::LinkLost);
        }
        self.ordered.push_back(encode(control));
    }

    /// Queues an event; at [`CLIENT_QUEUE_MAX`] unpolled ones the oldest goes.
    fn tell(&mut self, event: ClientEvent<G>) {
        if self.events.len() >= CLIENT_QUEUE_MAX {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}
