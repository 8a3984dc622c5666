//! Links: bytes in, bytes out.
//!
//! Never looks into a packet, never knows a room or a session, and never waits for a client: what
//! a link cannot take is dropped (datagrams) or ends the link (Ordered). Everything here lives on
//! the one network thread, so that nothing needs a lock.

mod congestion;
mod ordered;
pub mod origin;
pub mod quic;
pub mod seats;
pub mod socket;
pub mod tls;
pub mod webrtc;
pub mod websocket;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{Lane, LinkId};
use tickwire_shared::transport::Transport;
use tokio::sync::oneshot;

/// Who is told what happens on links.
pub trait LinkSink {
    /// A link is open in both directions.
    fn opened(&self, link: LinkId, transport: Transport, from: SocketAddr);

    /// A packet arrived whole.
    fn received(&self, link: LinkId, lane: Lane, bytes: &[u8]);

    /// A link that was opened is gone. Not called for one the receiver closed itself.
    fn closed(&self, link: LinkId, reason: CloseReason);
}

/// An offer of WebRTC that came over HTTP and wants an answer.
#[derive(Debug)]
pub struct OfferRequest {
    /// The SDP offer.
    pub offer: String,
    /// The address at which the request arrived: the candidate, unless one is configured.
    pub at: IpAddr,
    /// Who asks.
    pub from: IpAddr,
    /// Takes the SDP answer.
    pub reply: oneshot::Sender<Result<String, OfferError>>,
}

/// Why an offer got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfferError {
    /// It is no usable offer; holds what is wrong with it.
    Bad(String),
    /// Its address has too many links, or too many half-open ones.
    TooMany,
    /// The server takes no more links now.
    Full,
}

/// One open link, whatever carries it.
pub trait Link {
    /// Hands over one packet; never waits. `round` is the same for all packets of one batch.
    fn send(&self, lane: Lane, bytes: &[u8], round: u64);

    /// Hands over one packet that belongs to no batch; never waits. On an unreliable lane it is
    /// dropped where it would push out or replace what waits. A link that knows no batches takes
    /// it like any other packet.
    fn send_alone(&self, lane: Lane, bytes: &[u8]) {
        self.send(lane, bytes, 0);
    }

    /// Delivers what was handed over on the Ordered lane, for a short time at most, and closes.
    fn close(&self, reason: CloseReason, detail: &str);

    /// Bytes of the longest packet that fits an unreliable lane now.
    fn packet_bytes_max(&self) -> usize;
}

/// The open links of all transports.
#[derive(Default)]
pub struct Links {
    open: RefCell<BTreeMap<LinkId, Rc<dyn Link>>>,
    next: Cell<u64>,
    round: Cell<u64>,
}

impl Links {
    /// Starts a new batch: see [`Link::send`].
    pub fn begin_round(&self) {
        self.round.set(self.round.get() + 1);
    }

    /// Hands a packet of the batch to a link; one that is gone swallows it.
    pub fn send(&self, link: LinkId, lane: Lane, bytes: &[u8]) {
        if let Some(link) = self.get(link) {
            link.send(lane, bytes, self.round.get());
        }
    }

    /// Hands a packet that belongs to no batch to a link: an answer to what came over it, say.
    pub fn send_alone(&self, link: LinkId, lane: Lane, bytes: &[u8]) {
        if let Some(link) = self.get(link) {
            link.send_alone(lane, bytes);
        }
    }

    /// Closes a link and says why; nothing more is reported of it. One that is gone stays gone.
    pub fn close(&self, link: LinkId, reason: CloseReason, detail: &str) {
        let gone = self.open.borrow_mut().remove(&link);
        if let Some(link) = gone {
            link.close(reason, detail);
        }
    }

    /// Bytes of the longest packet that fits an unreliable lane of this link now.
    #[must_use]
    pub fn packet_bytes_max(&self, link: LinkId) -> Option<usize> {
        self.get(link).map(|link| link.packet_bytes_max())
    }

    /// Links that are open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.open.borrow().len()
    }

    /// Whether no link is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The links that are open.
    #[must_use]
    pub fn ids(&self) -> Vec<LinkId> {
        self.open.borrow().keys().copied().collect()
    }

    /// Gives a new link its name.
    fn insert(&self, link: Rc<dyn Link>) -> LinkId {
        let id = LinkId(self.next.get() + 1);
        self.next.set(id.0);
        self.open.borrow_mut().insert(id, link);
        id
    }

    /// Forgets a link. False when it was closed from this side before.
    fn remove(&self, link: LinkId) -> bool {
        self.open.borrow_mut().remove(&link).is_some()
    }

    fn get(&self, link: LinkId) -> Option<Rc<dyn Link>> {
        self.open.borrow().get(&link).map(Rc::clone)
    }
}
