//! Players in memory: a thread on which whole clients read every packet that the engine sends.
//!
//! Never shares that thread with the engine, and never takes a core from it: what clients cost is
//! apart, as if they had machines of their own. A packet has come when its link has it, and is
//! decoded as soon as the thread gets to it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tickwire_server::metrics::Metrics;
use tickwire_server::runtime::Clock;
use tickwire_shared::id::LinkId;
use tickwire_shared::time::Instant;

use crate::crowd::SETTLE_TIME;
use crate::engine::{Down, Engine, Event, THREAD};
use crate::ledger::Outcome;
use crate::peer::{Books, Gaps, Peer, Place};
use crate::speech::Speech;
use crate::stage::{self, PLAYERS, READERS, Subject, thread_cpu};

/// How long all may take to come in.
const OPEN_TIME_MAX: Duration = Duration::from_secs(60);

/// How often it is looked whether something arrived.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// A look into the books of the readers, and into those of the players.
type Look = Box<dyn FnOnce(&mut Books, &mut Books) + Send>;

/// What the players' thread is told.
enum ToPeers {
    Packets(Vec<Down>),
    Say(usize, u64),
    Look(Look),
    Stop,
}

/// An engine and its players.
pub struct MemoryServer {
    engine: Option<Engine>,
    metrics: Arc<Metrics>,
    peers: Sender<ToPeers>,
    thread: Option<JoinHandle<()>>,
    speech: Speech,
    said: u64,
    clock: Clock,
    data: PathBuf,
}

/// What lives on the players' thread.
struct Peers {
    clock: Clock,
    engine: Sender<Event>,
    all: Vec<Peer>,
    readers: Books,
    players: Books,
}

impl MemoryServer {
    /// Starts everything and waits until all are in.
    ///
    /// # Errors
    /// A sentence that says what did not start.
    pub fn start(data: PathBuf) -> Result<MemoryServer, String> {
        let _ = std::fs::remove_dir_all(&data);
        std::fs::create_dir_all(&data).map_err(|error| error.to_string())?;
        let (clock, metrics) = (Clock::start(), Arc::new(Metrics::default()));
        let (tell, told) = channel();
        let packets = tell.clone();
        let engine = Engine::start(&data.join("bench.db"), clock, &metrics, move |batch| {
            // Nobody reads once the players are gone.
            let _ = packets.send(ToPeers::Packets(batch));
        })?;
        let events = engine.events();
        let thread = std::thread::Builder::new().name("players".to_owned());
        let run = move || Peers::new(clock, events).run(&told);
        let thread = thread.spawn(run).map_err(|error| error.to_string())?;
        let server = MemoryServer {
            engine: Some(engine),
            metrics,
            peers: tell,
            thread: Some(thread),
            speech: Speech::new(clock, READERS),
            said: 0,
            clock,
            data,
        };
        let ready = |readers: &mut Books, players: &mut Books| {
            readers.ready == READERS && players.ready == PLAYERS
        };
        match server.wait(OPEN_TIME_MAX, ready)? {
            true => Ok(server),
            false => Err("not all players came in".to_owned()),
        }
    }

    fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut Books, &mut Books) -> T + Send + 'static,
    ) -> Result<T, String> {
        let (reply, seen) = channel();
        let look = Box::new(move |readers: &mut Books, players: &mut Books| {
            let _ = reply.send(look(readers, players));
        });
        let ended = || "the players ended".to_owned();
        (self.peers.send(ToPeers::Look(look))).map_err(|_| ended())?;
        seen.recv().map_err(|_| ended())
    }

    /// Whether something is so within that time.
    fn wait(
        &self,
        within: Duration,
        is_so: impl Fn(&mut Books, &mut Books) -> bool + Copy + Send + 'static,
    ) -> Result<bool, String> {
        let end: Instant = self.clock.now() + within;
        while !self.look(is_so)? {
            if self.clock.now() >= end {
                return Ok(false);
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(true)
    }
}

impl Subject for MemoryServer {
    fn name(&self) -> &'static str {
        "in memory"
    }

    fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    fn speak(&mut self, lines_per_second: f64, lasts: Duration) -> Result<bool, String> {
        let peers = &self.peers;
        self.said += (self.speech).go_on(lines_per_second, lasts, |speaker, line| {
            let _ = peers.send(ToPeers::Say(speaker, line));
        });
        let said = self.said;
        self.wait(SETTLE_TIME, move |readers, _| {
            readers.ledger.is_settled(said)
        })
    }

    fn gaps(&mut self) -> Result<Gaps, String> {
        self.look(|_, players| players.take_gaps())
    }

    fn outcome(&mut self) -> Result<Outcome, String> {
        let said = self.said;
        self.look(move |readers, _| readers.ledger.outcome(said))
    }

    fn network_cpu(&self) -> Duration {
        thread_cpu(THREAD)
    }
}

impl Drop for MemoryServer {
    fn drop(&mut self) {
        self.engine.take();
        let _ = self.peers.send(ToPeers::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

impl Peers {
    fn new(clock: Clock, engine: Sender<Event>) -> Peers {
        let now = clock.now();
        let readers = (0..READERS).map(|number| Peer::new(number, Place::Hall, now));
        let players = (0..PLAYERS).map(|number| Peer::new(number, Place::Pit, now));
        Peers {
            clock,
            engine,
            all: readers.chain(players).collect(),
            readers: Books::new(READERS),
            players: Books::new(PLAYERS),
        }
    }

    fn run(mut self, inbox: &Receiver<ToPeers>) {
        stage::give_way();
        for number in 0..self.all.len() {
            let _ = self.engine.send(Event::Opened(link_of(number)));
            self.transmit(number);
        }
        loop {
            let wake = self.all.iter().map(|peer| peer.client.next_wake()).min();
            let wait = wake.map_or(LOOK_EVERY, |wake| wake.since(self.clock.now()));
            match inbox.recv_timeout(wait) {
                Ok(ToPeers::Packets(batch)) => self.receive(&batch),
                Ok(ToPeers::Say(number, line)) => {
                    self.all[number].say(self.clock.now(), line);
                    self.transmit(number);
                }
                Ok(ToPeers::Look(look)) => look(&mut self.readers, &mut self.players),
                Err(RecvTimeoutError::Timeout) => self.frames(),
                Ok(ToPeers::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn receive(&mut self, batch: &[Down]) {
        for packet in batch {
            let number = number_of(packet.link);
            let (peer, books) = self.peer(number);
            // What it costs that all clients share a thread is not the server's.
            peer.receive(packet.at, packet.lane, &packet.bytes, books);
            self.transmit(number);
        }
        self.frames();
    }

    fn frames(&mut self) {
        for number in 0..self.all.len() {
            let now = self.clock.now();
            if self.all[number].client.next_wake() <= now {
                let (peer, books) = self.peer(number);
                peer.frame(now, books);
                self.transmit(number);
            }
        }
    }

    fn peer(&mut self, number: usize) -> (&mut Peer, &mut Books) {
        let books = match number < READERS {
            true => &mut self.readers,
            false => &mut self.players,
        };
        (&mut self.all[number], books)
    }

    fn transmit(&mut self, number: usize) {
        while let Some(packet) = self.all[number].client.poll_transmit() {
            let event = Event::Received(link_of(number), packet.lane, packet.bytes);
            // The engine may have ended.
            let _ = self.engine.send(event);
        }
    }
}

/// Links are numbered from 1 on.
fn link_of(number: usize) -> LinkId {
    LinkId(number as u64 + 1)
}

fn number_of(link: LinkId) -> usize {
    (link.0 - 1) as usize
}
