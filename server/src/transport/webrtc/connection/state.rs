//! The inside of a connection: its channels, its phase, and what waits to go out or to be told.
//!
//! Never calls out of the transport but to send datagrams: what is heard is put in a queue.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{Lane, LinkId};
use tickwire_shared::transport::Transport;

use super::paths::{Leave, Paths, canonical};
use super::work::Work;
use crate::limits::{
    CLOSE_LINGER_TIME_MAX, WEBRTC_EARLY_PACKETS_MAX, WEBRTC_OPEN_TIME_MAX, WEBRTC_TURNS_MAX,
    WEBRTC_UNRELIABLE_BYTES_MAX,
};
use crate::metrics::{DropCause, Metrics};
use crate::transport::ordered::{OrderedQueue, QueueFull};
use crate::transport::seats::Seat;
use crate::transport::socket::{ConnectionId, Path};
use crate::transport::webrtc::Shared;
use crate::transport::webrtc::channels::{Channels, Heard, Polled, Unusable};

/// How far the clock of the channels may be behind when something is sent.
const CLOCK_AGE_MAX: Duration = Duration::from_millis(50);

/// A connection is woken this long after it was, at the earliest.
const WAKE_PAUSE: Duration = Duration::from_millis(1);

/// What a connection is made of.
pub(super) struct State {
    pub(super) channels: Channels,
    pub(super) phase: Phase,
    /// The addresses its client named.
    pub(super) paths: Paths,
    /// What it may still take of the thread's time.
    pub(super) work: Work,
    /// Ordered packets that the channels have no room for yet.
    queue: OrderedQueue,
    /// What was heard and not told yet.
    pub(super) heard: VecDeque<Heard>,
    /// Packets that came over one channel before the other was open.
    pub(super) early: Vec<Heard>,
    /// When the channels want to be woken.
    pub(super) wait: Instant,
    /// The time that the channels were told last.
    told: Instant,
}

/// How far a connection is.
pub(super) enum Phase {
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
pub(super) struct Counted(Arc<Metrics>);

impl Counted {
    pub(super) fn new(metrics: &Arc<Metrics>) -> Counted {
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

impl State {
    /// An answered offer.
    pub(super) fn new(channels: Channels, opening: Seat, now: Instant) -> State {
        State {
            channels,
            phase: Phase::Opening {
                until: now + WEBRTC_OPEN_TIME_MAX,
                _seat: opening,
            },
            paths: Paths::default(),
            work: Work::new(now),
            queue: OrderedQueue::default(),
            heard: VecDeque::new(),
            early: Vec::new(),
            wait: now,
            told: now,
        }
    }

    /// When it must be looked at again.
    pub(super) fn wake_at(&self, now: Instant) -> Instant {
        let at = match &self.phase {
            Phase::Gone => return now,
            Phase::Opening { until, .. } | Phase::Closing { until, .. } => self.wait.min(*until),
            Phase::Open { .. } => self.wait,
        };
        if self.heard.is_empty() {
            at.max(now + WAKE_PAUSE)
        } else {
            now
        }
    }

    /// The link a packet is for. One that came too early is kept, one that came too late is not.
    pub(super) fn link_or_later(&mut self, lane: Lane, bytes: &[u8]) -> Option<LinkId> {
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
    pub(super) fn admit(
        &mut self,
        id: ConnectionId,
        shared: &Shared,
        path: Path,
        now: Instant,
    ) -> bool {
        let held = self.paths.len();
        let admitted = shared.socket.gate().admit(path.remote, id, held, now);
        if admitted {
            self.paths.push(path);
        }
        admitted
    }

    /// Asks an address that did not answer yet to do so, as soon as it has brought enough.
    pub(super) fn ask(&mut self, path: Path, shared: &Shared) {
        let question = self.paths.question(path.remote);
        let question = question.and_then(|number| self.channels.question(&number));
        if let Some(question) = question
            && let Leave::Granted(path) = self.paths.leave(canonical(path.remote), &question)
        {
            shared.socket.send(path, &question);
        }
    }

    pub(super) fn read(
        &mut self,
        from: SocketAddr,
        bytes: &[u8],
        now: Instant,
    ) -> Result<(), DropCause> {
        self.told = now;
        let read = self.channels.receive(from, bytes, now);
        if read == Err(Unusable::Fatal) {
            let lost = Heard::Ended(CloseReason::LinkLost);
            self.heard.push_back(lost);
        }
        read.map_err(|_| DropCause::Unreadable)
    }

    pub(super) fn push_ordered(&mut self, bytes: &[u8], shared: &Shared) -> bool {
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

    pub(super) fn push_unreliable(&mut self, lane: Lane, bytes: &[u8], shared: &Shared) -> bool {
        let stuck = self.channels.unacked_bytes(lane) > WEBRTC_UNRELIABLE_BYTES_MAX;
        let sent = !stuck && self.channels.write(lane, bytes);
        if !sent {
            shared.metrics.links.datagrams_dropped.inc();
        }
        sent
    }

    /// From now on only what is queued goes out, and the farewell.
    pub(super) fn begin_closing(&mut self, farewell: String, now: Instant) {
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
    pub(super) fn give_up(&mut self) {
        if !matches!(self.phase, Phase::Gone) {
            self.channels.close();
            self.phase = Phase::Gone;
        }
    }

    /// It is gone without another call of its channels.
    pub(super) fn abandon(&mut self) {
        self.heard.clear();
        self.phase = Phase::Gone;
    }

    /// Lets time pass; whoever calls it drains next.
    pub(super) fn pass_time(&mut self, now: Instant) {
        self.told = now;
        if !self.channels.pass_time(now) {
            let lost = Heard::Ended(CloseReason::LinkLost);
            self.heard.push_back(lost);
        }
    }

    /// Brings the clock of the channels up to date, by which they measure the path. It may be a
    /// little behind: their shortest timer is 200 ms, and a client that plays is heard often.
    pub(super) fn catch_up(&mut self, shared: &Shared, now: Instant) {
        if now.saturating_duration_since(self.told) > CLOCK_AGE_MAX {
            self.pass_time(now);
            self.drain(shared);
        }
    }

    /// Does whatever can be done now, one change at a time, and sends what comes of each.
    pub(super) fn settle(&mut self, shared: &Shared, now: Instant) {
        self.drain(shared);
        for _ in 0..WEBRTC_TURNS_MAX {
            if !self.advance(now) {
                return;
            }
            self.drain(shared);
        }
    }

    /// Sends and notes whatever the channels have ready.
    pub(super) fn drain(&mut self, shared: &Shared) {
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

    /// Takes an answer to a question in, and sends what was held back for it.
    pub(super) fn take_answer(
        &mut self,
        from: SocketAddr,
        message: &[u8],
        shared: &Shared,
    ) -> Result<(), DropCause> {
        let held_back = self.paths.answer(from, message);
        for datagram in held_back.ok_or(DropCause::StunProof)? {
            self.transmit(from, &datagram, shared);
        }
        Ok(())
    }

    fn transmit(&mut self, to: SocketAddr, bytes: &[u8], shared: &Shared) {
        let dropped = &shared.metrics.foreign_dropped;
        match self.paths.leave(to, bytes) {
            Leave::Granted(path) => shared.socket.send(path, bytes),
            Leave::Later => {}
            Leave::TooMuch => dropped.inc(DropCause::Unanswered),
            Leave::Unknown => dropped.inc(DropCause::NotSent),
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
