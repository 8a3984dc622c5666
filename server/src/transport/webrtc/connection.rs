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

mod paths;
mod state;
mod work;

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::limits::PACKET_BYTES_MAX;
use tickwire_shared::transport::Transport;

use self::paths::{canonical, is_stun};
use self::state::{Counted, Phase, State};
use super::channels::{Channels, Heard};
use super::{Shared, farewell};
use crate::metrics::DropCause;
use crate::runtime::clock;
use crate::transport::Link;
use crate::transport::seats::Seat;
use crate::transport::socket::{ConnectionId, Path, Sabotage, transaction_answered};

/// A connection, whatever its phase.
pub(super) struct Connection {
    id: ConnectionId,
    /// The fragment that STUN for it names.
    user: String,
    state: RefCell<State>,
    /// Somebody tells what was heard, further up the stack.
    telling: Cell<bool>,
    /// It panicked while somebody sent; it is buried when it is woken.
    broken: Cell<bool>,
    /// When it is to be woken, as the timers know it.
    wake_at: Cell<Option<Instant>>,
    /// Its place among the links of its address.
    _seat: Seat,
    shared: Weak<Shared>,
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
        let mut state = State::new(channels, places.opening, now);
        let sabotage = shared.upgrade().map(|shared| shared.sabotage);
        state.paths.gullible = sabotage == Some(Sabotage::Gullible);
        Rc::new(Connection {
            id,
            user,
            state: RefCell::new(state),
            telling: Cell::new(false),
            broken: Cell::new(false),
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
        let mut state = self.state.borrow_mut();
        let taken = self.take(&mut state, shared, path, bytes, now);
        state.settle(shared, now);
        match taken {
            Ok(()) => state.ask(path, shared),
            Err(cause) => shared.metrics.foreign_dropped.inc(cause),
        }
        drop(state);
        self.tell(shared, now);
    }

    /// It took so much more of the thread's time than is free; past its bound it ends.
    pub(super) fn charge(self: &Rc<Self>, shared: &Shared, beyond: Duration, now: Instant) {
        let mut state = self.state.borrow_mut();
        // What is gone, perhaps by a panic, is not touched again.
        let affordable = matches!(state.phase, Phase::Gone) || state.work.take(beyond, now);
        drop(state);
        if !affordable && shared.sabotage != Sabotage::Patient {
            let ended = Heard::Ended(CloseReason::TooManyPackets);
            self.state.borrow_mut().heard.push_back(ended);
            self.tell(shared, now);
        }
    }

    /// Notes where a datagram came from and hands it on to whom it is for.
    fn take(
        &self,
        state: &mut State,
        shared: &Shared,
        path: Path,
        bytes: &[u8],
        now: Instant,
    ) -> Result<(), DropCause> {
        let from = canonical(path.remote);
        let known = state.paths.receive(path, bytes.len());
        if transaction_answered(bytes).is_some() {
            if !state.channels.answers(bytes) {
                return Err(DropCause::StunProof);
            }
            return state.take_answer(from, bytes, shared);
        }
        if is_stun(bytes) {
            if !state.channels.proves(from, bytes, now) {
                return Err(DropCause::StunProof);
            }
            if !known {
                if !state.admit(self.id, shared, path, now) {
                    return Err(DropCause::Addresses);
                }
                state.paths.receive(path, bytes.len());
            }
        }
        state.read(from, bytes, now)
    }

    /// Its time has come.
    pub(super) fn wake(self: &Rc<Self>, shared: &Shared, now: Instant) {
        self.wake_at.set(None);
        if self.broken.get() {
            return self.bury(shared, now);
        }
        self.state.borrow_mut().settle(shared, now);
        self.tell(shared, now);
    }

    /// It panicked: its channels are not used any more, and its link is over.
    pub(super) fn bury(self: &Rc<Self>, shared: &Shared, now: Instant) {
        self.telling.set(false);
        self.tell_end(shared, CloseReason::Malformed, State::abandon);
        self.rest(shared, now);
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
        let Some(from) = state.paths.client() else {
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
        if matches!(state.phase, Phase::Gone) {
            if let Some(at) = self.wake_at.take() {
                shared.timers.remove(self.id, at);
            }
            return shared.forget(self, state.paths.all());
        }
        self.wake_by(shared, state.wake_at(now));
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
    fn change(&self, change: impl FnOnce(&mut State, &Shared, Instant)) {
        let Some(shared) = self.shared.upgrade() else {
            return;
        };
        let now = clock::instant();
        let work = || {
            let mut state = self.state.borrow_mut();
            change(&mut state, &shared, now);
            state.settle(&shared, now);
            self.wake_by(&shared, state.wake_at(now));
        };
        // The receiver of packets must not be called from here, so that it is buried later.
        if self.broken.get() || catch_unwind(AssertUnwindSafe(work)).is_err() {
            self.broken.set(true);
            self.wake_by(&shared, now);
        }
    }
}

impl Link for Connection {
    fn send(&self, lane: Lane, bytes: &[u8], _round: u64) {
        self.change(|state, shared, now| {
            state.catch_up(shared, now);
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
