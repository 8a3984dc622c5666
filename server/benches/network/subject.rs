//! One subject under load: a server on its own thread, batches from another, players elsewhere.
//!
//! Never counts what the players' process or the thread of ticks costs.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc as std_mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::figures::Row;
use crate::players::{Carried, Players};
use crate::{bare_quic, bare_str0m, ours};

/// Bytes of a packet to a player, and from one.
pub const DOWN_BYTES: usize = 300;
pub const UP_BYTES: usize = 40;

/// How much of what was sent may be missing on the other side, in 1/1,000.
const MISSING_PERMILLE_MAX: u64 = 20;

/// The least share of the traffic that must flow: a busy machine gives a thread its turn late, and
/// then a newer batch replaces one that was not taken.
const FLOWED_MIN: f64 = 0.9;

/// A turn of one subject: first the traffic comes into flow, then it is measured.
const WARMUP: Duration = Duration::from_millis(500);
const TURN: Duration = Duration::from_secs(1);

/// How long the last datagrams may take.
const DRAIN_TIME: Duration = Duration::from_millis(500);

/// How long all players may take to come in.
const OPEN_TIME_MAX: Duration = Duration::from_secs(30);

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    OurQuic,
    BareQuic,
    OurWebRtc,
    BareStr0m,
}

/// What a subject counts; written by the network thread.
#[derive(Debug, Default)]
pub struct Counts {
    pub open: AtomicUsize,
    pub sent: AtomicU64,
    pub received: AtomicU64,
}

/// What a subject is told.
pub enum Ask {
    /// Its thread's CPU time so far, and what it has sent and received.
    Mark(std_mpsc::Sender<Mark>),
    /// An answer to a WebRTC offer.
    Answer(String, std_mpsc::Sender<Result<String, String>>),
    /// To end.
    Stop,
}

/// CPU time of a network thread and its counts at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pub cpu: Duration,
    pub sent: u64,
    pub received: u64,
}

/// A server that runs.
pub struct Subject {
    /// Where players dial.
    pub address: SocketAddr,
    pub counts: Arc<Counts>,
    pub asks: mpsc::UnboundedSender<Ask>,
    /// Hands over one batch: a packet for each player.
    pub tick: Box<dyn FnMut() + Send>,
    pub thread: thread::JoinHandle<()>,
}

impl Kind {
    /// Our transports, each with its rival.
    pub const PAIRS: [(&'static str, Kind, Kind); 2] = [
        ("quic", Kind::OurQuic, Kind::BareQuic),
        ("webrtc", Kind::OurWebRtc, Kind::BareStr0m),
    ];

    pub fn name(self) -> &'static str {
        match self {
            Kind::OurQuic => "our QUIC",
            Kind::BareQuic => "bare quinn",
            Kind::OurWebRtc => "our WebRTC",
            Kind::BareStr0m => "bare str0m",
        }
    }

    /// Ticks a second. Two cores do not carry so many players over WebRTC at 60: one of str0m costs
    /// the players' process as much as the network thread.
    pub fn rate(self) -> u32 {
        match self {
            Kind::OurQuic | Kind::BareQuic => 60,
            Kind::OurWebRtc | Kind::BareStr0m => 30,
        }
    }

    /// What the players speak.
    pub fn transport(self) -> &'static str {
        match self {
            Kind::OurQuic | Kind::BareQuic => "quic",
            Kind::OurWebRtc | Kind::BareStr0m => "webrtc",
        }
    }

    fn start(self) -> Result<Subject, String> {
        match self {
            Kind::OurQuic | Kind::OurWebRtc => ours::start(),
            Kind::BareQuic => bare_quic::start(),
            Kind::BareStr0m => bare_str0m::start(),
        }
    }
}

impl Counts {
    /// The counts of now, with the CPU time of the calling thread.
    pub fn mark(&self) -> Mark {
        Mark {
            cpu: cpu_time::ThreadTime::now().as_duration(),
            sent: self.sent.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
        }
    }
}

/// A subject with players that are all in; nobody sends until [`Stage::play`].
struct Stage {
    load: Players,
    asks: mpsc::UnboundedSender<Ask>,
    network: thread::JoinHandle<()>,
    ticking: thread::JoinHandle<()>,
    phase: Arc<AtomicU8>,
    row: Row,
}

/// Phases of the thread that ticks.
const RESTS: u8 = 0;
const PLAYS: u8 = 1;
const ENDED: u8 = 2;

/// Runs ours and its rival with so many players each, turn by turn: what else the machine does
/// changes from second to second, and so both get the same of it.
///
/// # Errors
/// When one does not start, a player does not come in, or traffic is missing on the other side.
pub fn measure(kinds: [Kind; 2], players: usize, turns: u32) -> Result<[Row; 2], String> {
    let [ours, bare] = kinds.map(|kind| Stage::open(kind, players));
    let mut stages = [ours?, bare?];
    for _ in 0..turns {
        for stage in &mut stages {
            stage.play()?;
        }
    }
    let [ours, bare] = stages.map(|stage| stage.close(players));
    Ok([ours?, bare?])
}

impl Stage {
    fn open(kind: Kind, players: usize) -> Result<Stage, String> {
        let subject = kind.start()?;
        let mut load = Players::start(kind, subject.address, players)?;
        if kind.transport() == "webrtc" {
            load.introduce(players, |offer| answer(&subject.asks, offer))?;
        }
        let deadline = Instant::now() + OPEN_TIME_MAX;
        while subject.counts.open.load(Ordering::Relaxed) < players {
            if Instant::now() > deadline {
                let open = subject.counts.open.load(Ordering::Relaxed);
                return Err(format!("only {open} of {players} players came in"));
            }
            thread::sleep(Duration::from_millis(20));
        }
        // They answer once all know that they are in.
        load.counts()?;
        let phase = Arc::new(AtomicU8::new(RESTS));
        Ok(Stage {
            load,
            asks: subject.asks,
            network: subject.thread,
            ticking: keep_ticking(subject.tick, kind.rate(), Arc::clone(&phase)),
            phase,
            row: Row::new(kind),
        })
    }

    /// One turn: the traffic flows, and all but its beginning is measured.
    fn play(&mut self) -> Result<(), String> {
        self.load.tell("play")?;
        self.phase.store(PLAYS, Ordering::Relaxed);
        thread::sleep(WARMUP);
        let before = (mark(&self.asks)?, Instant::now());
        thread::sleep(TURN);
        let after = (mark(&self.asks)?, Instant::now());
        self.phase.store(RESTS, Ordering::Relaxed);
        self.load.tell("rest")?;
        self.row.cpu_us += (after.0.cpu - before.0.cpu).as_secs_f64() * 1e6;
        self.row.seconds += (after.1 - before.1).as_secs_f64();
        self.row.sent += after.0.sent - before.0.sent;
        self.row.received += after.0.received - before.0.received;
        Ok(())
    }

    fn close(mut self, players: usize) -> Result<Row, String> {
        thread::sleep(DRAIN_TIME);
        let last = (mark(&self.asks)?, self.load.counts()?);
        self.phase.store(ENDED, Ordering::Relaxed);
        let _ = self.ticking.join();
        self.load.stop();
        let _ = self.asks.send(Ask::Stop);
        let _ = self.network.join();
        check(&self.row, players, &last)?;
        Ok(self.row)
    }
}

/// The traffic flowed, both ways, in the time that was measured; and what one side sent in the
/// whole run came to the other.
fn check(row: &Row, players: usize, last: &(Mark, Carried)) -> Result<(), String> {
    let due = row.seconds * f64::from(row.kind.rate()) * players as f64;
    let (name, (ours, theirs)) = (row.kind.name(), last);
    for (way, flowed, sent, arrived) in [
        ("down", row.sent, ours.sent, theirs.received),
        ("up", row.received, theirs.sent, ours.received),
    ] {
        if (flowed as f64) < due * FLOWED_MIN {
            return Err(format!(
                "{name}: only {flowed} of {due:.0} datagrams went {way}; a busy machine?\n{row}"
            ));
        }
        if arrived * 1_000 < sent * (1_000 - MISSING_PERMILLE_MAX) {
            return Err(format!(
                "{name}: {sent} datagrams went {way}, {arrived} arrived"
            ));
        }
    }
    Ok(())
}

fn answer(asks: &mpsc::UnboundedSender<Ask>, offer: String) -> Result<String, String> {
    let (reply, answer) = std_mpsc::channel();
    asks.send(Ask::Answer(offer, reply))
        .map_err(|_| "the network thread ended".to_owned())?;
    answer
        .recv()
        .map_err(|_| "the network thread ended".to_owned())?
}

fn mark(asks: &mpsc::UnboundedSender<Ask>) -> Result<Mark, String> {
    let (reply, answer) = std_mpsc::channel();
    asks.send(Ask::Mark(reply))
        .map_err(|_| "the network thread ended".to_owned())?;
    answer
        .recv()
        .map_err(|_| "the network thread ended".to_owned())
}

fn keep_ticking(
    mut tick: Box<dyn FnMut() + Send>,
    rate: u32,
    phase: Arc<AtomicU8>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let start = Instant::now();
        let mut ticks = 0;
        loop {
            ticks += 1;
            let due = start + Duration::from_secs(1) * ticks / rate;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            match phase.load(Ordering::Relaxed) {
                RESTS => {}
                PLAYS => tick(),
                _ => return,
            }
        }
    })
}
