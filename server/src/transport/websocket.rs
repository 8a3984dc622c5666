//! Links over WebSocket, for where UDP does not pass: TCP keeps every packet, so that this module
//! sees to it that it has few to keep.
//!
//! Never queues a snapshot behind an older one, never reads a message longer than a lane allows,
//! and never speaks HTTP: it is handed a socket that was upgraded.
//!
//! ```text
//! message (binary): | lane 8 bits: 0 unreliable, 1 Ordered | packet |
//! close:            code 4000 + number of the reason, words as its text
//! ```

mod link;
mod outgoing;

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use tickwire_shared::limits::ORDERED_BYTES_MAX;
use tickwire_shared::transport::Transport;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::seats::{Seat, Seats};
use super::{LinkSink, Links};
use crate::limits::{
    CLOSE_LINGER_TIME_MAX, LINKS_MAX, WEBSOCKET_READ_BYTES, WEBSOCKET_WRITE_BYTES_MAX,
};
use crate::metrics::Metrics;

/// The subprotocol a client must ask for.
pub const SUBPROTOCOL: &str = "tickwire-1";

/// What tells the lanes apart, before the packet.
const LANE_BYTES: usize = 1;

/// Takes upgraded sockets and serves them; must live on a thread with a local task set.
#[derive(Clone)]
pub struct WebSockets(Rc<Shared>);

/// What all links share.
struct Shared {
    links: Rc<Links>,
    sink: Rc<dyn LinkSink>,
    metrics: Arc<Metrics>,
    seats: Rc<Seats>,
    /// Links whose sockets are open, those that say goodbye included.
    alive: Cell<usize>,
    /// Told when one of them is gone.
    gone: Notify,
}

/// A place for a link whose socket is not upgraded yet.
pub struct Admission {
    seat: Seat,
    alive: Alive,
}

impl WebSockets {
    /// Nobody is there yet.
    pub fn new(
        links: Rc<Links>,
        sink: Rc<dyn LinkSink>,
        metrics: Arc<Metrics>,
        seats: Rc<Seats>,
    ) -> WebSockets {
        WebSockets(Rc::new(Shared {
            links,
            sink,
            metrics,
            seats,
            alive: Cell::new(0),
            gone: Notify::new(),
        }))
    }

    /// Asks for a place before the upgrade. `None` when the address, or the server, has all the
    /// links it may have.
    #[must_use]
    pub fn admit(&self, from: SocketAddr) -> Option<Admission> {
        let shared = &self.0;
        let full = shared.links.len() >= LINKS_MAX || shared.alive.get() >= LINKS_MAX;
        let seat = shared.seats.take(from.ip()).filter(|_| !full);
        let Some(seat) = seat else {
            shared.metrics.links.failed.of(Transport::WebSocket).inc();
            return None;
        };
        let alive = Alive::begin(shared);
        Some(Admission { seat, alive })
    }

    /// Serves an upgraded socket until its link ends. `read` is what came behind the head of the
    /// upgrade.
    pub async fn serve<S>(&self, socket: S, read: Bytes, from: SocketAddr, admission: Admission)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let socket =
            WebSocketStream::from_partially_read(socket, read.into(), Role::Server, Some(config()));
        link::run(&self.0, from, socket.await).await;
        drop(admission.seat);
        drop(admission.alive);
    }

    /// Lets links that are being closed say goodbye, for a short while.
    pub async fn stop(&self) {
        let idle = async {
            while self.0.alive.get() > 0 {
                self.0.gone.notified().await;
            }
        };
        let _ = timeout(CLOSE_LINGER_TIME_MAX * 2, idle).await;
    }
}

/// Every limit of a socket; the defaults of the library are megabytes, or none at all.
fn config() -> WebSocketConfig {
    let message = Some(LANE_BYTES + ORDERED_BYTES_MAX);
    WebSocketConfig::default()
        .read_buffer_size(WEBSOCKET_READ_BYTES)
        // Nothing is written before a flush: one write a tick.
        .write_buffer_size(WEBSOCKET_WRITE_BYTES_MAX - 1)
        .max_write_buffer_size(WEBSOCKET_WRITE_BYTES_MAX)
        .max_message_size(message)
        .max_frame_size(message)
}

/// Counts an open socket for as long as it lives.
struct Alive(Rc<Shared>);

impl Alive {
    fn begin(shared: &Rc<Shared>) -> Alive {
        shared.alive.set(shared.alive.get() + 1);
        Alive(Rc::clone(shared))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.alive.set(self.0.alive.get().saturating_sub(1));
        self.0.gone.notify_one();
    }
}

#[cfg(test)]
mod tests;
