//! Links over WebRTC: two data channels to a browser, on the socket QUIC has.
//!
//! Never gathers, never dials and never takes media: it waits at one address that the answer names
//! (ICE-lite), and a client that made its offer over HTTP comes there. Strangers are kept out by
//! the gate of the [`MuxSocket`]. Everything here runs on the network thread, in three tasks for
//! all connections together: offers, datagrams, timers.

mod channels;
mod connection;
mod farewell;
mod offer;
mod timers;
mod turn;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Instant;

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::transport::Transport;
use tokio::sync::{Notify, mpsc};
use tokio::task::{spawn_local, yield_now};
use tokio::time::timeout;

use self::channels::{Channels, Identity};
use self::connection::{Connection, Places};
use self::offer::Offer;
use self::timers::Timers;
use self::turn::Turn;
use super::seats::Seats;
use super::socket::{ConnectionId, Foreign, MuxSocket, Path, Sabotage};
use super::{LinkSink, Links, OfferError, OfferRequest};
use crate::limits::{
    CLOSE_LINGER_TIME_MAX, FOREIGN_TURN_MAX, LINKS_MAX, OFFERS_WAITING_MAX, WEBRTC_OPENING_MAX,
    WEBRTC_OPENING_PER_ADDRESS_MAX,
};
use crate::metrics::Metrics;
use crate::runtime::clock;

/// What WebRTC needs to start.
pub struct WebRtcOptions {
    /// The socket it shares with QUIC.
    pub socket: Arc<MuxSocket>,
    /// The address answers name; without it the one at which a request arrived.
    pub public_ip: Option<IpAddr>,
    /// The port answers name.
    pub public_port: u16,
    /// Links of each address, over all transports.
    pub seats: Rc<Seats>,
    /// What a test breaks.
    pub sabotage: Sabotage,
}

/// WebRTC of the server; it must live on a thread with a local task set.
pub struct WebRtc {
    shared: Rc<Shared>,
    offers: mpsc::Sender<OfferRequest>,
}

/// What all connections share.
struct Shared {
    socket: Arc<MuxSocket>,
    identity: Identity,
    public_ip: Option<IpAddr>,
    public_port: u16,
    links: Rc<Links>,
    sink: Rc<dyn LinkSink>,
    metrics: Arc<Metrics>,
    connections: RefCell<BTreeMap<ConnectionId, Rc<Connection>>>,
    next: Cell<u64>,
    timers: Timers,
    /// Links of each address.
    seats: Rc<Seats>,
    /// Answered offers of each address that are no links yet.
    opening_seats: Rc<Seats>,
    sabotage: Sabotage,
    /// No offer is answered any more.
    stopping: Cell<bool>,
    /// The last connection is gone.
    idle: Notify,
    itself: Weak<Shared>,
}

impl WebRtc {
    /// Starts to take offers and datagrams.
    ///
    /// # Errors
    /// A sentence for the operator, when the crypto library fails.
    pub fn start(
        options: WebRtcOptions,
        links: Rc<Links>,
        sink: Rc<dyn LinkSink>,
        metrics: Arc<Metrics>,
    ) -> Result<WebRtc, String> {
        let identity = Identity::new()?;
        let datagrams = options.socket.gate().open(options.sabotage);
        let shared = Rc::new_cyclic(|itself| Shared {
            socket: options.socket,
            identity,
            public_ip: options.public_ip,
            public_port: options.public_port,
            links,
            sink,
            metrics,
            connections: RefCell::default(),
            next: Cell::new(0),
            timers: Timers::default(),
            seats: options.seats,
            opening_seats: Seats::new(WEBRTC_OPENING_PER_ADDRESS_MAX),
            sabotage: options.sabotage,
            stopping: Cell::new(false),
            idle: Notify::new(),
            itself: Weak::clone(itself),
        });
        let (offers, waiting) = mpsc::channel(OFFERS_WAITING_MAX);
        spawn_local(answer_all(Rc::clone(&shared), waiting));
        spawn_local(take_all(Rc::clone(&shared), datagrams));
        spawn_local(wake_all(Rc::clone(&shared)));
        Ok(WebRtc { shared, offers })
    }

    /// Where offers go. It holds a few; when it is full the server is.
    #[must_use]
    pub fn offers(&self) -> mpsc::Sender<OfferRequest> {
        self.offers.clone()
    }

    /// Answers no more offers, lets links that are being closed finish for a short while, and then
    /// closes whatever is left.
    pub async fn stop(&self, reason: CloseReason) {
        self.shared.stopping.set(true);
        let _ = timeout(CLOSE_LINGER_TIME_MAX, self.shared.all_gone()).await;
        self.shared.end_all(reason);
        let _ = timeout(CLOSE_LINGER_TIME_MAX, self.shared.all_gone()).await;
    }
}

async fn answer_all(shared: Rc<Shared>, mut waiting: mpsc::Receiver<OfferRequest>) {
    while let Some(request) = waiting.recv().await {
        let now = clock::instant();
        let answered = shared.answer(&request, now);
        let (reply, made) = match answered {
            Ok((answer, connection)) => (Ok(answer), Some(connection)),
            Err(error) => (Err(error), None),
        };
        // Nobody waits for the answer any more: then nobody will come.
        if request.reply.send(reply).is_err()
            && let Some(connection) = made
        {
            connection.end(&shared, CloseReason::Bye, now);
        }
        yield_now().await;
    }
}

async fn take_all(shared: Rc<Shared>, mut datagrams: mpsc::Receiver<Foreign>) {
    let mut batch = Vec::with_capacity(FOREIGN_TURN_MAX);
    while datagrams.recv_many(&mut batch, FOREIGN_TURN_MAX).await > 0 {
        let now = clock::instant();
        let mut turn = Turn::begin();
        for foreign in batch.drain(..) {
            if let Some(connection) = shared.connection(foreign.to) {
                shared.spare_the_others(&connection, now, || {
                    connection.receive(&shared, foreign.path, &foreign.bytes, now);
                });
                turn.note(connection);
            }
        }
        turn.end(&shared, now);
        yield_now().await;
    }
}

async fn wake_all(shared: Rc<Shared>) {
    loop {
        shared.timers.wait().await;
        let now = clock::instant();
        for _ in 0..FOREIGN_TURN_MAX {
            let Some(id) = shared.timers.next_due(now) else {
                break;
            };
            if let Some(connection) = shared.connection(id) {
                shared.spare_the_others(&connection, now, || connection.wake(&shared, now));
            }
        }
        yield_now().await;
    }
}

impl Shared {
    /// Answers an offer and waits for its client from now on.
    fn answer(
        &self,
        request: &OfferRequest,
        now: Instant,
    ) -> Result<(String, Rc<Connection>), OfferError> {
        let opening = self.opening_seats.in_all();
        let full = opening >= WEBRTC_OPENING_MAX || opening + self.links.len() >= LINKS_MAX;
        if full || self.stopping.get() {
            return Err(self.refused(OfferError::Full));
        }
        let places = self.places(request.from);
        let places = places.ok_or_else(|| self.refused(OfferError::TooMany))?;
        let answered = Offer::parse(&request.offer).and_then(|offer| {
            let candidate = self.candidate(request.at);
            Channels::answer(&offer, candidate, &self.identity, now)
        });
        let (channels, answer) = answered.map_err(|words| self.refused(OfferError::Bad(words)))?;
        Ok((answer, self.expect(channels, places, now)))
    }

    /// Makes room for a connection and lets its client through the gate.
    fn expect(&self, channels: Channels, places: Places, now: Instant) -> Rc<Connection> {
        let id = ConnectionId(self.next.get() + 1);
        self.next.set(id.0);
        let connection = Connection::new(id, channels, places, Weak::clone(&self.itself), now);
        self.socket.gate().expect(connection.user(), id);
        let mut connections = self.connections.borrow_mut();
        connections.insert(id, Rc::clone(&connection));
        connection.wake_by(self, now);
        connection
    }

    /// Does something for one connection. A library that panics over what its client sent ends this
    /// connection and nothing else.
    fn spare_the_others(&self, connection: &Rc<Connection>, now: Instant, work: impl FnOnce()) {
        // What may be half changed belongs to the connection, and nobody uses it any more.
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            tracing::error!("a connection of WebRTC panicked and is over");
            connection.bury(self, now);
        }
    }

    fn places(&self, from: IpAddr) -> Option<Places> {
        Some(Places {
            link: self.seats.take(from)?,
            opening: self.opening_seats.take(from)?,
        })
    }

    fn candidate(&self, at: IpAddr) -> SocketAddr {
        let ip = self.public_ip.unwrap_or(at).to_canonical();
        SocketAddr::new(ip, self.public_port)
    }

    fn refused(&self, error: OfferError) -> OfferError {
        self.metrics.links.failed.of(Transport::WebRtc).inc();
        error
    }

    fn connection(&self, id: ConnectionId) -> Option<Rc<Connection>> {
        self.connections.borrow().get(&id).map(Rc::clone)
    }

    /// A connection is gone: nobody comes through the gate for it any more.
    fn forget(&self, connection: &Connection, paths: impl Iterator<Item = Path>) {
        self.socket
            .gate()
            .forget(connection.user(), connection.id(), paths);
        let mut connections = self.connections.borrow_mut();
        connections.remove(&connection.id());
        if connections.is_empty() {
            self.idle.notify_waiters();
        }
    }

    async fn all_gone(&self) {
        loop {
            let idle = self.idle.notified();
            if self.connections.borrow().is_empty() {
                return;
            }
            idle.await;
        }
    }

    fn end_all(&self, reason: CloseReason) {
        let connections: Vec<_> = self.connections.borrow().values().map(Rc::clone).collect();
        let now = clock::instant();
        for connection in connections {
            connection.end(self, reason, now);
        }
    }

    fn count_received(&self, lane: Lane, bytes: usize) {
        self.metrics.links.received_packets.of(lane).inc();
        self.metrics.links.received_bytes.of(lane).add(bytes as u64);
    }

    fn count_sent(&self, lane: Lane, bytes: usize) {
        self.metrics.links.sent_packets.of(lane).inc();
        self.metrics.links.sent_bytes.of(lane).add(bytes as u64);
    }
}

#[cfg(test)]
mod tests;
