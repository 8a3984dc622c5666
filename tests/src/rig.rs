//! Real clients against a room that is nothing but mirror, inputs and replication.
//!
//! There is no lobby and no limiter here: the handshake is written by hand. It stands beside the
//! server's room on purpose, to test the client and to find out which of the two is wrong.

use std::sync::Arc;

use tickwire_server::engine::replication::{Happened, Replication, ReplicationConfig};
use tickwire_shared::client::{Client, ClientConfig, ClientEvent};
use tickwire_shared::conditioner::Network;
use tickwire_shared::delta::{InputReport, Tables};
use tickwire_shared::game::{Authority, Emitted, Frame, SeatInput, Source, Step};
use tickwire_shared::id::{AccountId, KindId, Lane, PlayerId, SessionId, Tick};
use tickwire_shared::input::{InputBuffer, InputPacket, InputShape, fetch_row, store_row};
use tickwire_shared::rng::Rng;
use tickwire_shared::schema::{Audience, Level, Schema, degrade};
use tickwire_shared::snapshot::Mirror;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{
    BoundedStr, BoundedVec, ClientControl, HandshakeReply, Hello, Role, Sample, SampleResult,
    ServerControl, Token, Welcome, decode, encode,
};

use crate::games::SimGame;
use crate::route::Route;
use crate::stage::schema;

/// When the room ticks for the first time, after the start of virtual time.
const START_MICROS: u64 = 1_000_000;

/// One client, its link and its seat.
pub struct Peer<G: SimGame> {
    /// The client.
    pub client: Client<G>,
    /// What it told so far.
    pub events: Vec<ClientEvent<G>>,
    route: Route,
    buffer: Option<InputBuffer>,
    intents: Rng,
    intent: G::Input,
    intent_tick: Tick,
    /// Whether the game knows the player.
    seated: bool,
}

/// A room and its clients in virtual time.
pub struct Rig<G: SimGame> {
    /// Now.
    pub now: Instant,
    /// The clients, by seat.
    pub peers: Vec<Peer<G>>,
    /// Changes the game before a step: a push by nobody.
    pub meddle: Option<fn(&mut G, &mut Step<'_, G>)>,
    schema: Arc<Schema>,
    tables: Arc<Tables>,
    rules: G::Rules,
    seed: u64,
    game: G,
    mirror: Mirror,
    replication: Replication,
    frame: Frame<G::Entity>,
    secret: Rng,
    ticks: u64,
}

impl<G: SimGame> Rig<G> {
    /// An empty room.
    #[must_use]
    pub fn new(seed: u64) -> Rig<G> {
        let (rules, schema) = (G::rules(seed), schema::<G>());
        let tables = Arc::new(Tables::default_for(&schema));
        let config = ReplicationConfig::default();
        Rig {
            now: Instant(0),
            peers: Vec::new(),
            meddle: None,
            game: G::new(&rules, seed),
            mirror: Mirror::new(Arc::clone(&schema)),
            replication: Replication::new(Arc::clone(&schema), Arc::clone(&tables), config),
            frame: Frame::new(Arc::clone(&schema)),
            secret: Rng::of(seed, &[0x5EC]),
            schema,
            tables,
            rules,
            seed,
            ticks: 0,
        }
    }

    /// A client dials.
    ///
    /// # Panics
    /// When the schema breaks a rule.
    pub fn dial(&mut self, config: ClientConfig, network: Network) {
        let number = self.peers.len() as u64;
        let client = Client::new(config, self.now);
        self.peers.push(Peer {
            client: client.unwrap_or_else(|why| panic!("{}: {}", why.at, why.why)),
            events: Vec::new(),
            route: Route::new(network, self.seed ^ (number << 32)),
            buffer: None,
            intents: Rng::of(self.seed, &[2, number]),
            intent: G::Input::default(),
            intent_tick: Tick::ZERO,
            seated: false,
        });
    }

    /// The room's mirror.
    #[must_use]
    pub fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// Runs for `millis` milliseconds, in steps of one.
    pub fn run(&mut self, millis: u64) {
        for _ in 0..millis {
            self.now = Instant(self.now.micros() + 1_000);
            for seat in 0..self.peers.len() {
                self.serve(seat);
            }
            let due = G::TICK_RATE.micros_of(self.ticks + 1) + START_MICROS;
            if due <= self.now.micros() {
                self.ticks += 1;
                self.tick();
            }
            for peer in &mut self.peers {
                peer.play(self.now);
            }
        }
    }

    /// Uses what has reached the server from one client.
    fn serve(&mut self, seat: usize) {
        let player = PlayerId(seat as u16);
        while let Some((lane, bytes)) = self.peers[seat].route.poll_up(self.now) {
            if lane == Lane::Input {
                let packet = InputPacket::decode(&bytes, &self.schema.input);
                self.input(player, &packet.expect("a client's packets decode"));
            } else if decode::<Hello>(&bytes).is_ok() {
                self.welcome(player);
            } else if let Ok(ClientControl::Check { samples }) = decode(&bytes) {
                let results = samples.iter().map(|sample| self.judge(player, sample));
                let results = BoundedVec::of_first(results.collect::<Vec<_>>());
                let bytes = encode(&ServerControl::Checked { results });
                self.peers[seat]
                    .route
                    .send_down(self.now, Lane::Ordered, bytes);
            }
        }
    }

    fn welcome(&mut self, player: PlayerId) {
        let mut rules = Vec::new();
        let kind = usize::from(tickwire_shared::Replicate::kind(&self.rules).0);
        store_row(&self.rules, &self.schema.rules[kind], &mut rules);
        let welcome = Welcome {
            session: SessionId(u64::from(player.0)),
            resumed: false,
            player,
            name: BoundedStr::cut("somebody"),
            room: BoundedStr::cut("rig"),
            tick_hz: G::TICK_RATE.get(),
            snapshot_every: 1,
            tick: self.mirror.tick(),
            seed: self.seed,
            rules_kind: kind as u8,
            rules: BoundedVec::of_first(rules),
            tables: BoundedVec::of_first(self.tables.to_bytes()),
            token: Token([0; 16]),
            grace_millis: 10_000,
            account: AccountId(u64::from(player.0) + 1),
            role: Role::Player,
            return_key: Token([0; 16]),
            pen: u32::from(player.0),
        };
        let shape = InputShape::of::<G::Input>(&self.schema);
        let peer = &mut self.peers[usize::from(player.0)];
        peer.buffer = Some(InputBuffer::new(shape, self.mirror.tick()));
        let bytes = encode(&HandshakeReply::Welcome(welcome));
        peer.route.send_down(self.now, Lane::Ordered, bytes);
        self.replication.join(player);
    }

    fn input(&mut self, player: PlayerId, packet: &InputPacket) {
        self.replication.ack(player, &packet.ack);
        let deadline = G::TICK_RATE.micros_of(u64::from(packet.newest.0)) + START_MICROS;
        let early = deadline as i64 - self.now.micros() as i64;
        if let Some(buffer) = &mut self.peers[usize::from(player.0)].buffer {
            packet.rows().for_each(|(tick, row)| {
                buffer.put(tick, row);
            });
            buffer.arrived(packet.newest, early, G::TICK_RATE);
        }
    }

    fn tick(&mut self) {
        let tick = self.mirror.tick().next();
        let seats = self.take_inputs(tick);
        let mut emitted = Vec::new();
        let mut host = Authority {
            tick,
            mirror: &mut self.mirror,
            secret: &mut self.secret,
            spawns_failed: &mut 0,
        };
        let mut cx = Step::new(tick, self.seed, &seats, &mut emitted, &mut host);
        if tick == Tick(1) {
            self.game.start(&mut cx);
        }
        for (seat, peer) in self.peers.iter_mut().enumerate() {
            if peer.buffer.is_some() && !peer.seated {
                peer.seated = true;
                self.game.join(&mut cx, PlayerId(seat as u16));
            }
        }
        if let Some(meddle) = self.meddle {
            meddle(&mut self.game, &mut cx);
        }
        self.game.step(&mut cx);
        self.frame.clear();
        self.game.save(&mut self.frame);
        self.mirror.apply(&mut self.frame, tick);
        self.game.load(&self.frame);
        self.replication.begin_tick(&mut self.mirror);
        emitted.iter().for_each(|emitted| self.emit(tick, emitted));
        self.send();
    }

    fn take_inputs(&mut self, tick: Tick) -> Vec<SeatInput<G::Input>> {
        let mut seats = Vec::new();
        for (seat, peer) in self.peers.iter_mut().enumerate() {
            let Some(buffer) = &mut peer.buffer else {
                continue;
            };
            let player = PlayerId(seat as u16);
            let (row, mut source) = buffer.take(tick);
            let mut input: G::Input =
                fetch_row(KindId(0), &self.schema.input, row).expect("rows are checked");
            if !self.game.accept(player, &mut input) {
                (input, source) = (G::Input::default(), Source::Missing);
            }
            seats.push(SeatInput {
                player,
                input,
                source,
            });
        }
        seats
    }

    fn emit(&mut self, tick: Tick, emitted: &Emitted<G::Event>) {
        let kind = tickwire_shared::Replicate::kind(&emitted.event);
        let mut words = Vec::new();
        let layout = &self.schema.events[usize::from(kind.0)];
        store_row(&emitted.event, layout, &mut words);
        let happened = Happened {
            at: emitted.at,
            owner: emitted.at.and_then(|at| self.mirror.owner(at)),
            by: emitted.by.map(|by| (by, emitted.ordinal)),
        };
        self.replication.emit(tick, kind, &words, happened);
    }

    fn send(&mut self) {
        for (seat, peer) in self.peers.iter_mut().enumerate() {
            let Some(buffer) = &peer.buffer else { continue };
            let report = InputReport {
                newest: buffer.newest(),
                margin_16: buffer.margin_16(),
                verdicts: buffer.verdicts(),
            };
            let (player, now, route) = (PlayerId(seat as u16), self.now, &mut peer.route);
            let mut sink = |bytes: &[u8]| route.send_down(now, Lane::Snapshot, bytes.to_vec());
            self.replication
                .send(&self.mirror, player, report, &mut sink);
            let late = self
                .replication
                .take_overflow_events(player, self.mirror.tick());
            if let Some(bytes) = late {
                let bytes = BoundedVec::of_first(bytes);
                let bytes = encode(&ServerControl::Events { bytes });
                route.send_down(now, Lane::Ordered, bytes);
            }
        }
    }

    fn judge(&self, player: PlayerId, sample: &Sample) -> SampleResult {
        let row = self.mirror.row_at(sample.id.slot, sample.tick);
        let Some(row) = row.filter(|row| row.id == sample.id) else {
            return SampleResult::Unknown;
        };
        let kind = self.schema.entity(row.kind).expect("rows have kinds");
        let known = match sample.level() {
            Level::Exact if row.owner == Some(player) => Audience::Owner,
            Level::Exact => return SampleResult::Unknown,
            _ => Audience::All,
        };
        let words = row
            .words
            .iter()
            .zip(&kind.words)
            .take(kind.row_words(known));
        let words = words.map(|(&word, spec)| degrade(word, spec.shift(sample.level())));
        sample.compare(row.kind, kind, &words.collect::<Vec<_>>())
    }
}

impl<G: SimGame> Peer<G> {
    /// Gives the client its packets, steers at every tick, and sends what it wants to send.
    fn play(&mut self, now: Instant) {
        while let Some((lane, bytes)) = self.route.poll_down(now) {
            self.client.receive(now, lane, &bytes);
        }
        if self.client.next_wake() <= now || !self.client.is_live() {
            if self.client.tick() != self.intent_tick {
                self.intent = G::intent(&mut self.intents, &self.intent);
                self.client.set_input(&self.intent);
                self.intent_tick = self.client.tick();
            }
            self.client.frame(now);
        }
        while let Some(transmit) = self.client.poll_transmit() {
            self.route.send_up(now, transmit.lane, transmit.bytes);
        }
        while let Some(event) = self.client.poll_event() {
            self.events.push(event);
        }
    }
}
