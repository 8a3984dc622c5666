//! The shadow client: real confirmed stores behind a bad network, straight behind replication.
//!
//! No session, no room and no prediction: what fails here is the delta format or its bookkeeping.
//! Every row of every packet that was used is compared with the server's row of its tick.

use std::collections::VecDeque;
use std::sync::Arc;

use tickwire_server::engine::replication::{Happened, Replication, ReplicationConfig};
use tickwire_shared::ack::Ack;
use tickwire_shared::bits::{BitReader, BitWriter};
use tickwire_shared::conditioner::{Conditioner, Delivery, Network};
use tickwire_shared::delta::{Confirmed, DeltaError, InputReport, Tables};
use tickwire_shared::game::Visible;
use tickwire_shared::id::{EntityId, PlayerId, Tick};
use tickwire_shared::limits::BLOCK_SLOTS;
use tickwire_shared::rng::Rng;
use tickwire_shared::schema::Schema;
use tickwire_shared::time::Instant;

use crate::games::SimGame;
use crate::log::LogHash;
use crate::oracles::{Checked, Monotone, converged, rows_of_tick};
use crate::stage::{Stage, schema};

/// How often visibility is asked, in ticks.
const VISIBLE_EVERY: u32 = 4;

/// Looks that must agree before the end of a run holds a viewer to what it may see: a second.
const LOOKS: usize = 15;

/// One viewer with its client's store and both directions of its network.
struct View {
    seat: PlayerId,
    confirmed: Confirmed,
    down: Conditioner,
    up: Conditioner,
    newest: Monotone,
    /// What it may see of each block, at the last [`LOOKS`] looks.
    looks: VecDeque<Vec<u32>>,
    checked: Checked,
    stale: u64,
    /// Its acks are forged: what it is sent makes no sense to it.
    lies: bool,
}

/// A game, its replication and some viewers.
pub struct Shadow<G: SimGame> {
    stage: Stage<G>,
    replication: Replication,
    views: Vec<View>,
    intents: Rng,
    log: LogHash,
    bytes: u64,
    /// Loses packets by tick and viewer instead of the networks; used by exhaustive tests.
    pub drops: Option<fn(u64, Tick) -> bool>,
    /// The number [`Shadow::drops`] gets.
    pub pattern: u64,
    /// Packets sent to this seat, in order, when there is one.
    pub recorded: Option<(PlayerId, Vec<Vec<u8>>)>,
}

impl<G: SimGame> Shadow<G> {
    /// A run of this seed with one viewer a network.
    #[must_use]
    pub fn new(seed: u64, networks: &[Network], config: ReplicationConfig) -> Shadow<G> {
        let schema = schema::<G>();
        let tables = Arc::new(Tables::default_for(&schema));
        Shadow::with(schema, tables, seed, networks, config)
    }

    /// As [`Shadow::new`] with a schema and tables that many runs share.
    #[must_use]
    pub fn with(
        schema: Arc<Schema>,
        tables: Arc<Tables>,
        seed: u64,
        networks: &[Network],
        config: ReplicationConfig,
    ) -> Shadow<G> {
        let view = |(at, network): (usize, &Network)| {
            let seat = PlayerId(at as u16);
            let lane = |salt| {
                let seed = Rng::of(seed, &[salt, at as u64]).next_u64();
                Conditioner::new(*network, Delivery::Datagrams, seed)
            };
            View {
                seat,
                confirmed: Confirmed::new(Arc::clone(&schema), Arc::clone(&tables), seat),
                down: lane(10),
                up: lane(11),
                newest: Monotone::default(),
                looks: VecDeque::new(),
                checked: Checked::default(),
                stale: 0,
                lies: false,
            }
        };
        Shadow {
            stage: Stage::with(Arc::clone(&schema), seed),
            replication: Replication::new(Arc::clone(&schema), Arc::clone(&tables), config),
            views: networks.iter().enumerate().map(view).collect(),
            intents: Rng::of(seed, &[12]),
            log: LogHash::default(),
            bytes: 0,
            drops: None,
            pattern: 0,
            recorded: None,
        }
    }

    /// Runs `ticks` ticks; each viewer takes its seat in the tick of its number.
    ///
    /// # Panics
    /// When an oracle does.
    pub fn run(&mut self, ticks: u32) {
        for _ in 0..ticks {
            self.tick();
        }
    }

    /// Takes an ack as if this viewer had sent it, and judges that viewer no more.
    pub fn lie(&mut self, seat: PlayerId, ack: &Ack) {
        self.replication.ack(seat, ack);
        if let Some(view) = self.views.get_mut(usize::from(seat.0)) {
            view.lies = true;
        }
    }

    /// The newest tick.
    #[must_use]
    pub fn now(&self) -> Tick {
        self.stage.mirror().tick()
    }

    /// Makes every network perfect from now on.
    pub fn heal(&mut self) {
        for view in &mut self.views {
            view.down.set_network(Network::LAN, 0);
            view.up.set_network(Network::LAN, 0);
        }
        self.drops = None;
    }

    /// Every viewer knows exactly what it may see and has seen for a second.
    ///
    /// # Panics
    /// When one misses an entity or knows too much.
    pub fn check_converged(&self) {
        self.check_views(|_| true);
    }

    /// As [`Shadow::check_converged`] for everybody but `liar`.
    ///
    /// # Panics
    /// When one misses an entity or knows too much.
    pub fn check_honest(&self, liar: PlayerId) {
        self.check_views(|seat| seat != liar);
    }

    fn check_views(&self, which: impl Fn(PlayerId) -> bool) {
        for view in self.views.iter().filter(|view| which(view.seat)) {
            let mirror = self.stage.mirror();
            let lived = |id: &EntityId| mirror.is_alive(*id) && self.is_old(*id);
            let owned = |id: &EntityId| mirror.owner(*id) == Some(view.seat);
            let sure = |id: &EntityId| lived(id) && (owned(id) || view.seen(*id) == Some(true));
            let entitled: Vec<EntityId> = mirror.ids().filter(sure).collect();
            // What crossed the edge of sight a moment ago may differ; everything else may not.
            let fits = |id: &EntityId| {
                let open = !mirror.is_alive(*id) || view.seen(*id).is_none();
                entitled.contains(id) || !self.is_old(*id) || (open && self.was_here(*id))
            };
            let known: Vec<EntityId> = view.confirmed.ids().collect();
            converged(view.seat, &known, &entitled, fits);
        }
    }

    /// Whether the entity has existed for half a second.
    fn is_old(&self, id: EntityId) -> bool {
        self.existed(id, 30)
    }

    /// Whether the entity existed half a second ago, or still does.
    fn was_here(&self, id: EntityId) -> bool {
        (0..30).any(|age| self.existed(id, age))
    }

    fn existed(&self, id: EntityId, ticks_ago: u32) -> bool {
        let mirror = self.stage.mirror();
        mirror
            .row_at(id.slot, mirror.tick().minus(ticks_ago))
            .is_some_and(|row| row.id == id)
    }

    /// What the oracles of all viewers counted.
    #[must_use]
    pub fn checked(&self) -> Checked {
        let mut sum = Checked::default();
        for view in &self.views {
            sum.rows += view.checked.rows;
            sum.own_rows += view.checked.own_rows;
            sum.events += view.checked.events;
            sum.too_old += view.checked.too_old;
        }
        sum
    }

    /// Folds everything that was sent and received.
    #[must_use]
    pub fn log_hash(&self) -> u64 {
        self.log.finish()
    }

    /// Bytes of all packets sent.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Packets that came for baselines no longer held.
    #[must_use]
    pub fn stale(&self) -> u64 {
        self.views.iter().map(|view| view.stale).sum()
    }

    fn tick(&mut self) {
        let tick = self.stage.mirror().tick().next();
        let now = Instant(G::TICK_RATE.micros_of(u64::from(tick.0)));
        self.deliver(now);
        let come = self.views.get(tick.0 as usize - 1).map(|view| view.seat);
        self.stage.tick(come, None, &mut self.intents);
        if let Some(seat) = come {
            self.replication.join(seat);
        }
        if tick.0.is_multiple_of(VISIBLE_EVERY) || come.is_some() {
            self.look();
        }
        self.replication.begin_tick(self.stage.mirror_mut());
        self.emit(tick);
        self.send(now, tick);
    }

    /// Hands arrived packets to clients and acks to the server, and checks what was learned.
    fn deliver(&mut self, now: Instant) {
        for view in &mut self.views {
            while let Some(bytes) = view.down.poll(now) {
                if view.lies {
                    continue;
                }
                view.receive(&bytes, &self.stage, &mut self.log);
                let mut ack = BitWriter::new();
                view.confirmed.ack().encode(&mut ack);
                let sent = view.up.send(now, ack.finish().to_vec());
                assert!(sent.is_ok(), "datagrams are never given back");
            }
            while let Some(bytes) = view.up.poll(now) {
                let ack = Ack::decode(&mut BitReader::new(&bytes)).expect("our own ack");
                self.replication.ack(view.seat, &ack);
            }
        }
    }

    /// Tells replication what each viewer may see.
    fn look(&mut self) {
        for view in &mut self.views {
            let mut masks = Vec::new();
            for block in 0..self.stage.mirror().blocks() {
                let mut mask = 0u32;
                for id in self.stage.ids_of_block(block) {
                    let seen = self.stage.visible(view.seat, id) == Visible::Full;
                    mask |= u32::from(seen) << (id.slot as usize % BLOCK_SLOTS);
                }
                if G::HIDES {
                    self.replication.show_only(view.seat, block, mask);
                }
                masks.push(mask);
            }
            view.looks.push_back(masks);
            if view.looks.len() > LOOKS {
                view.looks.pop_front();
            }
        }
    }

    fn emit(&mut self, tick: Tick) {
        for event in self.stage.take_events() {
            let owner = event.at.and_then(|id| self.stage.mirror().owner(id));
            let happened = Happened {
                at: event.at,
                owner,
                by: event.by,
            };
            self.replication
                .emit(tick, event.kind, &event.words, happened);
        }
    }

    fn send(&mut self, now: Instant, tick: Tick) {
        for view in &mut self.views {
            let dropped = self.drops.is_some_and(|drops| drops(self.pattern, tick));
            let (down, log, bytes_sent) = (&mut view.down, &mut self.log, &mut self.bytes);
            let recorded = self
                .recorded
                .as_mut()
                .filter(|recorded| recorded.0 == view.seat);
            let mut record = recorded.map(|recorded| &mut recorded.1);
            let mut sink = |bytes: &[u8]| {
                log.bytes(bytes);
                if let Some(record) = &mut record {
                    record.push(bytes.to_vec());
                }
                *bytes_sent += bytes.len() as u64;
                if !dropped {
                    let sent = down.send(now, bytes.to_vec());
                    assert!(sent.is_ok(), "datagrams are never given back");
                }
            };
            let report = InputReport::default();
            self.replication
                .send(self.stage.mirror(), view.seat, report, &mut sink);
        }
    }
}

impl View {
    /// Whether all recent looks saw an entity (true), none did (false), or some did.
    fn seen(&self, id: EntityId) -> Option<bool> {
        let (block, bit) = (
            id.slot as usize / BLOCK_SLOTS,
            id.slot as usize % BLOCK_SLOTS,
        );
        let mut looks = self
            .looks
            .iter()
            .map(|masks| masks.get(block).is_some_and(|mask| mask & 1 << bit != 0));
        let first = looks.next()?;
        looks.all(|seen| seen == first).then_some(first)
    }

    fn receive<G: SimGame>(&mut self, bytes: &[u8], stage: &Stage<G>, log: &mut LogHash) {
        match self.confirmed.receive(bytes) {
            Ok(received) => {
                let tick = received.header.tick;
                log.word(u64::from(tick.0) << 8 | u64::from(received.header.part));
                let mirror = stage.mirror();
                rows_of_tick(mirror, &self.confirmed, self.seat, tick, &mut self.checked);
                self.newest.next(self.confirmed.ack().newest, "a client");
            }
            Err(DeltaError::Old) => {}
            Err(DeltaError::Stale) => self.stale += 1,
            Err(broken) => panic!("I8: {} cannot decode a packet: {broken:?}", self.seat),
        }
        let mut events = Vec::new();
        self.confirmed.take_events(&mut events);
        self.checked.events += events.len() as u64;
        self.confirmed.take_changes(&mut Vec::new());
    }
}
