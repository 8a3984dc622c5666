//! One live connection to a server: lanes of packets, whatever carries them.
//!
//! Never waits on sending and never looks into a packet.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::transport::Transport;
use tokio::time::timeout;

use crate::lanes::{GOODBYE, Lanes};
use crate::pipe::Near;
use crate::word::{LinkEnd, SendError, Traffic};

/// One live connection to a server. Dropping it closes it with [`CloseReason::Bye`].
#[derive(Debug)]
pub struct Link {
    carrier: Carrier,
}

/// What carries a link. The first two move when they are awaited; the others have a task of their
/// own, because their libraries lose bytes when a send is given up halfway.
#[derive(Debug)]
pub(crate) enum Carrier {
    Quic(Box<Lanes<quinn::Connection>>),
    WebTransport(Box<Lanes<web_transport_quinn::Session>>),
    WebRtc(Near),
    WebSocket(Near),
}

impl Link {
    pub(crate) fn new(carrier: Carrier) -> Link {
        Link { carrier }
    }

    /// What carries it.
    #[must_use]
    pub fn transport(&self) -> Transport {
        match &self.carrier {
            Carrier::Quic(_) => Transport::Quic,
            Carrier::WebTransport(_) => Transport::WebTransport,
            Carrier::WebRtc(_) => Transport::WebRtc,
            Carrier::WebSocket(_) => Transport::WebSocket,
        }
    }

    /// Hands a packet to the network; never waits. Ordered packets leave while [`Link::recv`] is
    /// awaited. An Input packet that no datagram can carry is dropped and counted, as is the
    /// oldest one when the network does not keep up.
    ///
    /// # Errors
    /// [`SendError`] for a packet that can never be sent, or when the Ordered queue is full: then
    /// close the link.
    pub fn send(&mut self, lane: Lane, bytes: &[u8]) -> Result<(), SendError> {
        match &mut self.carrier {
            Carrier::Quic(lanes) => lanes.send(lane, bytes),
            Carrier::WebTransport(lanes) => lanes.send(lane, bytes),
            Carrier::WebRtc(near) | Carrier::WebSocket(near) => near.send(lane, bytes),
        }
    }

    /// The next packet from the server, and meanwhile sends what waits on the Ordered lane.
    ///
    /// May be dropped at any await without losing a byte.
    ///
    /// # Errors
    /// [`LinkEnd`] when the link is over; asking again gives the end again.
    pub async fn recv(&mut self) -> Result<(Lane, Vec<u8>), LinkEnd> {
        self.receiving().await
    }

    /// Boxed, so that it is compiled here and not in every crate that awaits it.
    fn receiving(&mut self) -> BoxFuture<'_, Result<(Lane, Vec<u8>), LinkEnd>> {
        match &mut self.carrier {
            Carrier::Quic(lanes) => Box::pin(lanes.recv()),
            Carrier::WebTransport(lanes) => Box::pin(lanes.recv()),
            Carrier::WebRtc(near) | Carrier::WebSocket(near) => Box::pin(near.recv()),
        }
    }

    /// Round trip time as the transport measures it; `None` for one that does not.
    #[must_use]
    pub fn rtt(&self) -> Option<Duration> {
        match &self.carrier {
            Carrier::Quic(lanes) => Some(lanes.rtt()),
            Carrier::WebTransport(lanes) => Some(lanes.rtt()),
            Carrier::WebRtc(_) | Carrier::WebSocket(_) => None,
        }
    }

    /// What the link carried so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        match &self.carrier {
            Carrier::Quic(lanes) => lanes.traffic(),
            Carrier::WebTransport(lanes) => lanes.traffic(),
            Carrier::WebRtc(near) | Carrier::WebSocket(near) => near.traffic(),
        }
    }

    /// Closes the link; the server is told the reason. What still waits on the Ordered lane is
    /// dropped. Waits a moment for the goodbye to leave.
    pub async fn close(self, reason: CloseReason) {
        self.close_now(reason);
        self.closing().await;
    }

    /// Waits a moment for the goodbye to leave. Boxed as [`Link::receiving`] is.
    fn closing(&self) -> BoxFuture<'_, ()> {
        match &self.carrier {
            Carrier::Quic(lanes) => Box::pin(lanes.wait_closed()),
            Carrier::WebTransport(lanes) => Box::pin(lanes.wait_closed()),
            Carrier::WebRtc(near) | Carrier::WebSocket(near) => Box::pin(async move {
                let _ = timeout(GOODBYE, near.carried_out()).await;
            }),
        }
    }

    /// As [`Link::close`], without waiting for the goodbye to leave.
    pub fn close_now(&self, reason: CloseReason) {
        match &self.carrier {
            Carrier::Quic(lanes) => lanes.close_now(reason),
            Carrier::WebTransport(lanes) => lanes.close_now(reason),
            Carrier::WebRtc(near) | Carrier::WebSocket(near) => near.close(reason),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.close_now(CloseReason::Bye);
    }
}
