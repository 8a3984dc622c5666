//! One WebRTC connection from its answered offer to its end; with open channels it is a link.
//!
//! Never calls the receiver of packets while it is being changed, and never from within
//! [`Link::send`]: what is heard waits in a queue and is told afterwards, because whoever is told
//! sends at once.
//!
//! ```text
//! Opening --both channels open--> Open --close, violation--> Closing --delivered, or late--> Gone
//!    |                             |                                                          ^
//!    +-----too late, broken--------+-----the client is gone-----------------------------------+
//! ```

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{Lane, LinkId};
use tickwire_shared::limits::PACKET_BYTES_MAX;
use tickwire_shared::transport::Transport;

use super::channels::{Channels, Heard, Polled, Unusable};
use super::{Shared, farewell};
use crate::limits::{
    CLOSE_LINGER_TIME_MAX, WEBRTC_EARLY_PACKETS_MAX, WEBRTC_OPEN_TIME_MAX, WEBRTC_TURNS_MAX,
    WEBRTC_UNRELIABLE_BYTES_MAX,
};
use crate::metrics::{DropCause, Metrics};
use crate::runtime::clock;
use crate::transport::Link;
use crate::transport::ordered::{OrderedQueue, QueueFull};
use crate::transport::seats::Seat;
use crate::transport::socket::{ConnectionId, Path};

/// A connection is woken this long after it was, at the earliest.
const WAKE_PAUSE: Duration = Duration::from_millis(1);

/// A connection, whatever its phase.
pub(super) struct Connection {
    id: ConnectionId,
    /// The fragment that STUN for it names.
    user: String,
    state: RefCell<State>,
    /// Somebody tells what was heard, further up the stack.
    telling: Cell<bool>,
    /// When it is to be woken, as the timers know it.
    wake_at: Cell<Option<Instant>>,
    /// Its place among the links of its address.
    _seat: Seat,
    shared: Weak<Shared>,
}

struct State {
    channels: Channels,
    phase: Phase,
    /// The addresses its client proved, in the order of their proofs.
    paths: Vec<Path>,
    /// Ordered packets that the channels have no room for yet.
    queue: OrderedQueue,
    /// What was heard and not told yet.
    heard: VecDeque<Heard>,
    /// Packets that came over one channel before the other was open.
    early: Vec<Heard>,
    /// When the channels want to be woken.
    wait: Instant,
}

enum Phase {
    /// Its channels must be open by then.
    Opening { until: Instant, _seat: Seat },
    /// It is this link.
    Open { link: LinkId, _counted: Counted },
    /// Delivers what is queued and then the farewell, by then at the latest.
    Closing {
        until: Instant,
        farewell: Option<String>,
    },
    /// Nothing comes or goes any more.
    Gone,
}

/// Counts a link as open for as long as it lives.
struct Counted(Arc<Metrics>);

impl Counted {
    fn new(metrics: &Arc<Metrics>) -> Counted {
        metrics.links.opened.of(Transport::WebRtc).inc();
        metrics.links.open.of(Transport::WebRtc).inc();
        Counted(Arc::clone(metrics))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.links.open.of(Transport::WebRtc).dec();
    }
}

/// The places a connection takes up.
pub(super) struct Places {
    /// Among the links of its address.
    pub(super) link: Seat,
    /// Among those of its address that are not open yet.
    pub(super) opening: Seat,
}

impl Connection {
    /// A connection whose offer was answered.
    pub(super) fn new(
        id: ConnectionId,
        mut channels: Channels,
        places: Places,
        shared: Weak<Shared>,
        now: Instant,
    ) -> Rc<Connection> {
        let user = channels.user();
        Rc::new(Connection {
            id,
            user,
            state: RefCell::new(State {
                channels,
                phase: Phase::Opening {
                    until: now + WEBRTC_OPEN_TIME_MAX,
                    _seat: places.opening,
                },
                paths: Vec::new(),
                queue: OrderedQueue::default(),
                heard: VecDeque::new(),
                early: Vec::new(),
                wait: now,
            }),
            telling: Cell::new(false),
            wake_at: Cell::new(None),
            _seat: places.link,
            shared,
        })
    }

    pub(super) fn id(&self) -> ConnectionId {
        self.id
    }

    pub(super) fn user(&self) -> &str {
        &self.user
    }

    /// Takes a datagram in that passed the gate.
    pub(super) fn receive(
        self: &Rc<Self>,
        shared: &Shared,
        path: Path,
        bytes: &[u8],
        now: Instant,
    ) {
        let from = canonical(path.remote);
        let mut state = self.state.borrow_mut();
        let stun = matches!(bytes.first(), Some(0..=3));
        let taken = if stun && !state.channels.proves(from, bytes, now) {
            Err(DropCause::StunProof)
        } else if stun && !state.admit(self.id, shared, path, now) {
            Err(DropCause::Addresses)
        } else {
            state.read(from, bytes, now)
        };
        if let Err(cause) = taken {
            shared.metrics.foreign_dropped.inc(cause);
        }
        state.settle(shared, now);
        drop(state);
        self.tell(shared, now);
    }

    /// Its time has come.
    pub(super) fn wake(self: &Rc<Self>, shared: &Shared, now: Instant) {
        self.wake_at.set(None);
        self.state.borrow_mut().settle(shared, now);
        self.tell(shared, now);
    }

    /// Ends it from this side without being asked by the receiver of packets.
    pub(super) fn end(self: &Rc<Self>, shared: &Shared, reason: CloseReason, now: Instant) {
        let violation = Heard::Violation(reason);
        self.state.borrow_mut().heard.push_back(violation);
        self.tell(shared, now);
    }

    /// Tells what was heard, in order; then sees to it that it is woken, or forgotten.
    fn tell(self: &Rc<Self>, shared: &Shared, now: Instant) {
        if self.telling.replace(true) {
            return;
        }
        loop {
            let heard = self.state.borrow_mut().heard.pop_front();
            match heard {
                Some(heard) => self.tell_one(shared, heard, now),
                None => break,
            }
        }
        self.telling.set(false);
        self.rest(shared, now);
    }

    fn tell_one(self: &Rc<Self>, shared: &Shared, heard: Heard, now: Instant) {
        match heard {
            Heard::Opened => self.tell_opened(shared),
            Heard::Packet(lane, bytes) => {
                let link = self.state.borrow_mut().link_or_later(lane, &bytes);
                if let Some(link) = link {
                    shared.count_received(lane, bytes.len());
                    shared.sink.received(link, lane, &bytes);
                }
            }
            Heard::Violation(reason) => {
                let farewell = farewell::text_of(reason, "");
                self.tell_end(shared, reason, |state| state.begin_closing(farewell, now));
                self.state.borrow_mut().settle(shared, now);
            }
            Heard::Ended(reason) => {
                self.tell_end(shared, reason, State::give_up);
                self.state.borrow_mut().settle(shared, now);
            }
        }
    }

    fn tell_opened(self: &Rc<Self>, shared: &Shared) {
        let mut state = self.state.borrow_mut();
        if !matches!(state.phase, Phase::Opening { .. }) {
            return;
        }
        // Channels open over an admitted address only.
        let Some(from) = state.paths.last().map(|path| canonical(path.remote)) else {
            return;
        };
        let link = shared.links.insert(Rc::clone(self) as Rc<dyn Link>);
        state.phase = Phase::Open {
            link,
            _counted: Counted::new(&shared.metrics),
        };
        while let Some(packet) = state.early.pop() {
            state.heard.push_front(packet);
        }
        drop(state);
        shared.sink.opened(link, Transport::WebRtc, from);
    }

    /// Changes the phase and then reports the end of a link, if it was one.
    fn tell_end(&self, shared: &Shared, reason: CloseReason, change: impl FnOnce(&mut State)) {
        let mut state = self.state.borrow_mut();
        let link = match &state.phase {
            Phase::Opening { .. } => {
                shared.metrics.links.failed.of(Transport::WebRtc).inc();
                None
            }
            Phase::Open { link, .. } => Some(*link),
            Phase::Closing { .. } | Phase::Gone => None,
        };
        change(&mut state);
        drop(state);
        if let Some(link) = link
            && shared.links.remove(link)
        {
            shared.sink.closed(link, reason);
        }
    }

    /// Sees to it that it is woken in time, or forgotten when it is gone.
    fn rest(self: &Rc<Self>, shared: &Shared, now: Instant) {
        let state = self.state.borrow();
        let at = match &state.phase {
            Phase::Gone => {
                if let Some(at) = self.wake_at.take() {
                    shared.timers.remove(self.id, at);
                }
                return shared.forget(self, &state.paths);
            }
            Phase::Opening { until, .. } | Phase::Closing { until, .. } => state.wait.min(*until),
            Phase::Open { .. } => state.wait,
        };
        let at = if state.heard.is_empty() {
            at.max(now + WAKE_PAUSE)
        } else {
            now
        };
        self.wake_by(shared, at);
    }

    /// Has it woken at `at` or before.
    pub(super) fn wake_by(&self, shared: &Shared, at: Instant) {
        let before = self.wake_at.get();
        if before.is_none_or(|before| at < before) {
            self.wake_at.set(Some(at));
            shared.timers.set(self.id, before, at);
        }
    }

    /// Changes it on behalf of the receiver of packets; what is heard meanwhile is told later.
    fn change<T>(&self, change: impl FnOnce(&mut State, &Shared, Instant) -> T) -> Option<T> {
        let shared = self.shared.upgrade()?;
        let now = clock::instant();
        let mut state = self.state.borrow_mut();
        let outcome = change(&mut state, &shared, now);
        state.settle(&shared, now);
        let wait = if state.heard.is_empty() && !matches!(state.phase, Phase::Gone) {
            state.wait.max(now + WAKE_PAUSE)
        } else {
            now
        };
        drop(state);
        self.wake_by(&shared, wait);
        Some(outcome)
    }
}

impl Link for Connection {
    fn send(&self, lane: Lane, bytes: &[u8], _round: u64) {
        self.change(|state, shared, now| {
            // Brings the clock of the channels up to date, by which they measure the path.
            state.pass_time(now);
            state.drain(shared);
            let sent = match lane {
                Lane::Ordered => state.push_ordered(bytes, shared),
                Lane::Snapshot | Lane::Input => state.push_unreliable(lane, bytes, shared),
            };
            if sent {
                shared.count_sent(lane, bytes.len());
            }
        });
    }

    fn close(&self, reason: CloseReason, detail: &str) {
        let farewell = farewell::text_of(reason, detail);
        self.change(|state, _shared, now| state.begin_closing(farewell, now));
    }

    fn packet_bytes_max(&self) -> usize {
        PACKET_BYTES_MAX
    }
}

impl State {
    /// The link a packet is for. One that came too early is kept, one that came too late is not.
    fn link_or_later(&mut self, lane: Lane, bytes: &[u8]) -> Option<LinkId> {
        match self.phase {
            Phase::Open { link, .. } => return Some(link),
            Phase::Opening { .. } if self.early.len() < WEBRTC_EARLY_PACKETS_MAX => {
                self.early.push(Heard::Packet(lane, bytes.to_vec()));
            }
            _ => {}
        }
        None
    }

    /// Whether an address that was proved may send to this connection from now on.
    fn admit(&mut self, id: ConnectionId, shared: &Shared, path: Path, now: Instant) -> bool {
        let held = self.paths.len();
        if let Some(known) = (self.paths.iter_mut()).find(|known| known.remote == path.remote) {
            known.local = path.local;
            return true;
        }
        let admitted = shared.socket.gate().admit(path.remote, id, held, now);
        if admitted {
            self.paths.push(path);
        }
        admitted
    }

    fn read(&mut self, from: SocketAddr, bytes: &[u8], now: Instant) -> Result<(), DropCause> {
        let read = self.channels.receive(from, bytes, now);
        if read == Err(Unusable::Fatal) {
            let lost = Heard::Ended(CloseReason::LinkLost);
            self.heard.push_back(lost);
        }
        read.map_err(|_| DropCause::Unreadable)
    }

    fn push_ordered(&mut self, bytes: &[u8], shared: &Shared) -> bool {
        if !matches!(self.phase, Phase::Open { .. }) {
            return false;
        }
        if self.queue.push(bytes) == Err(QueueFull) {
            shared.metrics.links.slow_consumers.inc();
            let slow = Heard::Violation(CloseReason::SlowConsumer);
            self.heard.push_back(slow);
            return false;
        }
        true
    }

    fn push_unreliable(&mut self, lane: Lane, bytes: &[u8], shared: &Shared) -> bool {
        let stuck = self.channels.unacked_bytes(lane) > WEBRTC_UNRELIABLE_BYTES_MAX;
        let sent = !stuck && self.channels.write(lane, bytes);
        if !sent {
            shared.metrics.links.datagrams_dropped.inc();
        }
        sent
    }

    /// From now on only what is queued goes out, and the farewell.
    fn begin_closing(&mut self, farewell: String, now: Instant) {
        match self.phase {
            Phase::Open { .. } => {
                self.phase = Phase::Closing {
                    until: now + CLOSE_LINGER_TIME_MAX,
                    farewell: Some(farewell),
                };
            }
            Phase::Opening { .. } => self.give_up(),
            Phase::Closing { .. } | Phase::Gone => {}
        }
    }

    /// Ends at once.
    fn give_up(&mut self) {
        if !matches!(self.phase, Phase::Gone) {
            self.channels.close();
            self.phase = Phase::Gone;
        }
    }

    /// Lets time pass; whoever calls it drains next.
    fn pass_time(&mut self, now: Instant) {
        if !self.channels.pass_time(now) {
            let lost = Heard::Ended(CloseReason::LinkLost);
            self.heard.push_back(lost);
        }
    }

    /// Does whatever can be done now, one change at a time, and sends what comes of each.
    fn settle(&mut self, shared: &Shared, now: Instant) {
        self.drain(shared);
        for _ in 0..WEBRTC_TURNS_MAX {
            if !self.advance(now) {
                return;
            }
            self.drain(shared);
        }
    }

    /// Sends and notes whatever the channels have ready.
    fn drain(&mut self, shared: &Shared) {
        loop {
            match self.channels.poll() {
                Polled::Transmit(to, bytes) => self.transmit(to, &bytes, shared),
                Polled::Heard(heard) => self.heard.push_back(heard),
                Polled::Wait(at) => {
                    self.wait = at;
                    return;
                }
            }
        }
    }

    fn transmit(&self, to: SocketAddr, bytes: &[u8], shared: &Shared) {
        let path = (self.paths.iter()).find(|path| canonical(path.remote) == to);
        match path {
            Some(path) => shared.socket.send(*path, bytes),
            None => shared.metrics.foreign_dropped.inc(DropCause::NotSent),
        }
    }

    /// Makes the next change, if one is due.
    fn advance(&mut self, now: Instant) -> bool {
        match &mut self.phase {
            Phase::Gone => return false,
            Phase::Opening { until, .. } => {
                if now >= *until {
                    let late = Heard::Ended(CloseReason::HandshakeTimeout);
                    self.heard.push_back(late);
                    self.wait = now + WEBRTC_OPEN_TIME_MAX;
                    return false;
                }
            }
            Phase::Closing { until, .. } if now >= *until => {
                self.give_up();
                return true;
            }
            Phase::Open { .. } | Phase::Closing { .. } => {}
        }
        self.write_next() || self.finish_closing() || self.pass_due_time(now)
    }

    /// Hands the next queued packet over, if there is room.
    fn write_next(&mut self) -> bool {
        let Some(packet) = self.queue.first() else {
            return false;
        };
        let written = self.channels.write(Lane::Ordered, packet);
        if written {
            self.queue.drop_first();
        }
        written
    }

    /// Says farewell after the last packet, and ends when it arrived.
    fn finish_closing(&mut self) -> bool {
        let Phase::Closing { farewell, .. } = &mut self.phase else {
            return false;
        };
        if self.queue.first().is_some() {
            return false;
        }
        if let Some(text) = farewell {
            let written = self.channels.write_text(text);
            if written {
                *farewell = None;
            }
            return written;
        }
        let arrived = self.channels.unacked_bytes(Lane::Ordered) == 0;
        if arrived {
            self.give_up();
        }
        arrived
    }

    fn pass_due_time(&mut self, now: Instant) -> bool {
        let due = self.wait <= now;
        if due {
            self.pass_time(now);
        }
        due
    }
}

/// An address without the dress that a socket of both families gives to one of IPv4.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        ip if ip == address.ip() => address,
        ip => SocketAddr::new(ip, address.port()),
    }
}
