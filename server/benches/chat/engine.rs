//! The server's engine, store and workers with links in memory: everything but the sockets.
//!
//! Never takes a shorter way than the server's own hub does: each effect is one call, and each
//! packet is copied for its link.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tickwire_server::engine::account::GuestSecret;
use tickwire_server::engine::desk::DeskConfig;
use tickwire_server::engine::replication::ReplicationConfig;
use tickwire_server::engine::room::Sabotage;
use tickwire_server::engine::storage::Millis;
use tickwire_server::engine::{Effect, Lobby, LobbyConfig, Outbound, Room, RoomConfig, RoomOrder};
use tickwire_server::limits::SLUICE_SLICE;
use tickwire_server::metrics::Metrics;
use tickwire_server::runtime::clock::wall_millis;
use tickwire_server::runtime::{Clock, RoomPort, Sluice, Wake, WorkerPool, entropy};
use tickwire_server::store::{
    Done, SqliteStore, StoreHalves, StoreHandle, StoreRules, StoreThreads,
};
use tickwire_shared::delta::Tables;
use tickwire_shared::game::schema_of;
use tickwire_shared::id::{Lane, LinkId, RoomId};
use tickwire_shared::schema::Schema;
use tickwire_shared::time::Instant;

use crate::moving_square::Squares;
use crate::stage::READERS;

/// How often the lobby looks at its deadlines.
const TURN: Duration = Duration::from_millis(50);

/// The name of its thread.
pub const THREAD: &str = "network";

/// What the network thread is told.
pub enum Event {
    Opened(LinkId),
    Received(LinkId, Lane, Vec<u8>),
    /// A worker or the store has something.
    Wake,
    Stop,
}

/// A packet on its way to a client.
pub struct Down {
    pub link: LinkId,
    pub lane: Lane,
    pub bytes: Box<[u8]>,
    /// When its link had it.
    pub at: Instant,
}

/// A running engine; dropping it ends it.
pub struct Engine {
    events: Sender<Event>,
    thread: Option<JoinHandle<()>>,
}

/// What lives on the network thread.
struct Network {
    clock: Clock,
    lobby: Lobby,
    schema: Arc<Schema>,
    tables: Arc<Tables>,
    store: StoreHandle,
    answers: Vec<Done>,
    workers: WorkerPool,
    rooms: BTreeMap<RoomId, RoomPort>,
    /// Links that are open, as the table of links has them.
    open: BTreeSet<LinkId>,
    sluice: Sluice,
    batch: Vec<Down>,
    woken: Arc<AtomicBool>,
}

impl Engine {
    /// Starts a store in `file`, a worker and the network thread; packets for clients go to `out`.
    ///
    /// # Errors
    /// A sentence that says what did not start.
    pub fn start(
        file: &Path,
        clock: Clock,
        metrics: &Metrics,
        out: impl Fn(Vec<Down>) + Send + 'static,
    ) -> Result<Engine, String> {
        let (events, inbox) = channel();
        let woken = Arc::new(AtomicBool::new(false));
        let (bell, asleep) = (events.clone(), Arc::clone(&woken));
        let wake = Wake::new(move || {
            if !asleep.swap(true, Ordering::AcqRel) {
                // Nobody listens once the engine ended.
                let _ = bell.send(Event::Wake);
            }
        });
        let store = SqliteStore::open(file)?;
        let (reader, backfill) = (store.reader(), store.backfill());
        let times = (clock, (|| Millis(wall_millis())) as fn() -> Millis);
        let halves = StoreHalves::new(store, reader).with_backfill(backfill);
        let rules = StoreRules::default();
        let figures = Arc::clone(&metrics.store);
        let threads = StoreThreads::start(halves, rules, times, wake.clone(), figures)
            .map_err(|error| error.to_string())?;
        let workers = WorkerPool::start(1, clock, &wake, &metrics.ticks)
            .map_err(|error| error.to_string())?;
        let network = Network::new(clock, threads.handle(), workers, woken)?;
        let run = move || {
            network.run(&inbox, out);
            drop(threads);
        };
        let thread = std::thread::Builder::new().name(THREAD.to_owned());
        Ok(Engine {
            events,
            thread: Some(thread.spawn(run).map_err(|error| error.to_string())?),
        })
    }

    pub fn events(&self) -> Sender<Event> {
        self.events.clone()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.events.send(Event::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Network {
    fn new(
        clock: Clock,
        store: StoreHandle,
        workers: WorkerPool,
        woken: Arc<AtomicBool>,
    ) -> Result<Network, String> {
        let schema = schema_of::<Squares>().map_err(|error| error.to_string())?;
        let schema = Arc::new(schema);
        let tables = Arc::new(Tables::default_for(&schema));
        let secret = GuestSecret::new(&entropy::bytes());
        let usual = LobbyConfig::of::<Squares>(Arc::clone(&schema), &tables, &(), secret);
        let usual = usual.map_err(|error| error.to_string())?;
        let lobby = Lobby::new(LobbyConfig {
            seats: READERS as u16,
            chat: DeskConfig {
                lines_per_second: 0,
                ..usual.chat
            },
            ..usual
        });
        Ok(Network {
            clock,
            lobby,
            schema,
            tables,
            store,
            answers: Vec::new(),
            workers,
            rooms: BTreeMap::new(),
            open: BTreeSet::new(),
            sluice: Sluice::default(),
            batch: Vec::new(),
            woken,
        })
    }

    fn run(mut self, inbox: &Receiver<Event>, out: impl Fn(Vec<Down>)) {
        let mut next = self.clock.now();
        loop {
            let now = self.clock.now();
            if now >= next {
                self.lobby.set_wall(Millis(wall_millis()));
                self.lobby.tick(now);
                next = now + TURN;
            }
            let wait = match self.sluice.is_empty() {
                true => next.since(now),
                false => Duration::ZERO,
            };
            match inbox.recv_timeout(wait) {
                Ok(Event::Opened(link)) => {
                    self.open.insert(link);
                    self.lobby.opened(self.clock.now(), link);
                }
                Ok(Event::Received(link, lane, bytes)) => {
                    let now = self.clock.now();
                    let mut entropy = entropy::number;
                    (self.lobby).receive(now, link, lane, &bytes, &mut entropy);
                }
                Ok(Event::Wake) => {
                    self.woken.store(false, Ordering::Release);
                    self.forward_batches();
                    self.take_answers();
                }
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
            self.carry_out();
            self.let_out(SLUICE_SLICE);
            if !self.batch.is_empty() {
                out(std::mem::take(&mut self.batch));
            }
        }
    }

    fn forward_batches(&mut self) {
        for (room, port) in &self.rooms {
            let Some(mut batch) = port.outlet.take() else {
                continue;
            };
            for (link, lane, bytes) in batch.packets() {
                if lane == Lane::Ordered && !self.sluice.is_empty() {
                    assert!(self.sluice.put(link, bytes.into()), "too many packets wait");
                    continue;
                }
                self.batch.push(Down {
                    link,
                    lane,
                    bytes: bytes.into(),
                    at: self.clock.now(),
                });
            }
            self.lobby.room_ticked(*room, &batch);
            batch.clear();
            port.outlet.give_back(batch);
        }
        self.carry_out();
    }

    fn take_answers(&mut self) {
        let mut answers = std::mem::take(&mut self.answers);
        self.store.take_done(&mut answers);
        let now = self.clock.now();
        for answer in answers.drain(..) {
            match answer {
                Done::Written(ticket, written) => self.lobby.written(now, ticket, written),
                Done::Found(ticket, found) => self.lobby.found(now, ticket, found),
            }
            self.carry_out();
        }
        self.answers = answers;
    }

    fn carry_out(&mut self) {
        while let Some(effect) = self.lobby.next_effect() {
            let now: Instant = self.clock.now();
            match effect {
                Effect::ToLink(Outbound::Packet { link, lane, bytes }) => match lane {
                    Lane::Ordered => self.queue(link, bytes),
                    Lane::Snapshot | Lane::Input => self.send(link, lane, &bytes),
                },
                Effect::ToLink(Outbound::Close { link, reason }) => {
                    panic!("{link:?} was closed: {reason}")
                }
                Effect::ToRoom(room, inbound) => {
                    if let Some(port) = self.rooms.get(&room) {
                        let told = port.mailbox.push_control(inbound);
                        assert!(told.is_ok(), "a room stands still");
                    }
                }
                Effect::OpenRoom(order) => self.open_room(&order),
                Effect::EndRoom(room) => {
                    self.workers.remove(room);
                    self.rooms.remove(&room);
                }
                Effect::Write(ticket, write) => {
                    if let Err(fault) = self.store.write(ticket, write) {
                        self.lobby.written(now, ticket, Err(fault));
                    }
                }
                Effect::Find(ticket, query) => {
                    if let Err(fault) = self.store.find(ticket, query) {
                        self.lobby.found(now, ticket, Err(fault));
                    }
                }
                Effect::Admit(order) => panic!("everybody here is a guest: {order:?}"),
            }
        }
    }

    /// Has a packet wait for its turn; when too many do, all go out.
    fn queue(&mut self, link: LinkId, packet: Arc<[u8]>) {
        if !self.sluice.put(link, packet) {
            self.let_out(usize::MAX);
        }
    }

    /// So many of those that wait at the most.
    fn let_out(&mut self, most: usize) {
        for _ in 0..most {
            match self.sluice.take() {
                Some((link, packet)) => self.send(link, Lane::Ordered, &packet),
                None => return,
            }
        }
    }

    fn send(&mut self, link: LinkId, lane: Lane, bytes: &[u8]) {
        if self.open.contains(&link) {
            self.batch.push(Down {
                link,
                lane,
                bytes: bytes.into(),
                at: self.clock.now(),
            });
        }
    }

    fn open_room(&mut self, order: &RoomOrder) {
        let config = RoomConfig::<Squares> {
            rules: (),
            schema: Arc::clone(&self.schema),
            tables: Arc::clone(&self.tables),
            seed: order.seed,
            secret: order.secret,
            replication: ReplicationConfig::default(),
            sabotage: Sabotage::None,
        };
        let port = self.workers.add(order.room, Box::new(Room::new(config)));
        self.rooms.insert(order.room, port);
    }
}
