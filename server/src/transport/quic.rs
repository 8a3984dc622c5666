//! Links over QUIC and WebTransport: datagrams for the unreliable lanes, one stream for the Ordered
//! lane.
//!
//! Never resumes early (no 0-RTT) and never lets a client hold more memory than the windows in
//! [`crate::limits`]. A client opens one stream in both directions; anything else ends the link.

mod endpoint;
mod link;
mod webtransport;

pub use endpoint::{QuicOptions, ResetKey, endpoint_config, server_config};
pub use webtransport::PATH as WEBTRANSPORT_PATH;

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use quinn::{Connection, Incoming, VarInt};
use tickwire_shared::close::CloseReason;
use tickwire_shared::transport::Transport;
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};
use web_transport_quinn::{RecvStream, SendStream, Session};

use super::origin::OriginRule;
use super::seats::{Seat, Seats};
use super::socket::{MuxSocket, Sabotage, Standing};
use super::{LinkSink, Links};
use crate::limits::{CLOSE_LINGER_TIME_MAX, HANDSHAKE_TIME_MAX, HANDSHAKES_OPEN_MAX, LINKS_MAX};
use crate::metrics::Metrics;

/// The QUIC endpoint of the server; it must live on a thread with a local task set.
pub struct Quic {
    endpoint: quinn::Endpoint,
    socket: Arc<MuxSocket>,
    address: SocketAddr,
}

/// What all connections share.
struct Shared {
    links: Rc<Links>,
    sink: Rc<dyn LinkSink>,
    metrics: Arc<Metrics>,
    socket: Arc<MuxSocket>,
    /// Connections that have no link yet.
    handshakes: Cell<usize>,
    /// Connections of each address, those without a link included.
    seats: Rc<Seats>,
    /// Which pages may open a session of WebTransport.
    origins: OriginRule,
    sabotage: Sabotage,
}

/// A client that finished its handshake.
struct Opened {
    transport: Transport,
    session: Session,
    send: SendStream,
    receive: RecvStream,
}

/// An attempt that became no link.
struct Failed {
    /// QUIC for those who broke off before they asked for anything.
    asked_for: Transport,
    reason: &'static str,
}

impl Quic {
    /// Binds the socket and starts to accept.
    ///
    /// # Errors
    /// A sentence for the operator: the port is in use, the certificate cannot be used.
    pub fn start(
        options: QuicOptions,
        links: Rc<Links>,
        sink: Rc<dyn LinkSink>,
        metrics: Arc<Metrics>,
    ) -> Result<Quic, String> {
        let seats = Rc::clone(&options.seats);
        let (origins, sabotage) = (options.origins.clone(), options.sabotage);
        let (endpoint, socket, address) = endpoint::bind(options, Arc::clone(&metrics))?;
        let shared = Rc::new(Shared {
            links,
            sink,
            metrics,
            socket: Arc::clone(&socket),
            handshakes: Cell::new(0),
            seats,
            origins,
            sabotage,
        });
        spawn_local(accept_all(endpoint.clone(), shared));
        Ok(Quic {
            endpoint,
            socket,
            address,
        })
    }

    /// The address clients dial, with the port that was picked for port 0.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The socket, which WebRTC shares.
    #[must_use]
    pub fn socket(&self) -> Arc<MuxSocket> {
        Arc::clone(&self.socket)
    }

    /// Refuses every new connection, lets links that are being closed finish for a short while,
    /// and then closes whatever is left.
    pub async fn stop(&self, reason: CloseReason) {
        self.endpoint.set_server_config(None);
        let _ = timeout(CLOSE_LINGER_TIME_MAX, self.endpoint.wait_idle()).await;
        self.endpoint.close(code(reason), reason.text().as_bytes());
        let _ = timeout(CLOSE_LINGER_TIME_MAX, self.endpoint.wait_idle()).await;
    }
}

/// The application error code of a reason.
fn code(reason: CloseReason) -> VarInt {
    VarInt::from_u32(reason.number())
}

async fn accept_all(endpoint: quinn::Endpoint, shared: Rc<Shared>) {
    while let Some(incoming) = endpoint.accept().await {
        shared.admit(incoming);
    }
}

impl Shared {
    /// Accepts a connection, asks its address to prove itself, or refuses it.
    fn admit(self: &Rc<Self>, incoming: Incoming) {
        // Forged beginnings must not use up the seats of the address they are forged with: the last
        // ones are for those who prove to be there.
        let scarce = self.seats.are_scarce(incoming.remote_address().ip());
        let crowded = self.handshakes.get() >= HANDSHAKES_OPEN_MAX;
        if (crowded || scarce) && !incoming.remote_address_validated() {
            self.metrics.links.retried.inc();
            if incoming.retry().is_err() {
                tracing::debug!("an address could not be asked to prove itself");
            }
            return;
        }
        let full = self.links.len() + self.handshakes.get() >= LINKS_MAX;
        let seat = self.seats.take(incoming.remote_address().ip());
        let Some(seat) = seat.filter(|_| !full) else {
            // Nobody has asked for WebTransport in a packet that was not read.
            self.metrics.links.failed.of(Transport::Quic).inc();
            incoming.refuse();
            return;
        };
        let handshake = Handshake::begin(self);
        spawn_local(serve(Rc::clone(self), incoming, handshake, seat));
    }
}

/// One connection from its first packet to its end.
async fn serve(shared: Rc<Shared>, incoming: Incoming, handshake: Handshake, seat: Seat) {
    let from = incoming.remote_address();
    let proven = incoming.remote_address_validated();
    let mut standing = Standing::begin(Arc::clone(&shared.socket), from, proven);
    match open(&shared, incoming, &mut standing).await {
        Ok(opened) => {
            drop(handshake);
            link::run(&shared, from, opened).await;
        }
        Err(Failed { asked_for, reason }) => {
            shared.metrics.links.failed.of(asked_for).inc();
            tracing::debug!(%asked_for, reason, "a connection did not become a link");
            if !standing.is_proven() {
                // What is still sent to say so counts too.
                sleep(CLOSE_LINGER_TIME_MAX).await;
            }
        }
    }
    drop(seat);
}

/// The handshake of QUIC, that of WebTransport if asked for, and the client's one stream, within a
/// deadline.
async fn open(
    shared: &Shared,
    incoming: Incoming,
    standing: &mut Standing,
) -> Result<Opened, Failed> {
    let asked_for = Cell::new(Transport::Quic);
    let reached = RefCell::new(Reached::Nothing);
    let opening = async {
        let failed = "the QUIC handshake failed";
        let connecting = incoming.accept().map_err(|_| failed)?;
        let connection = connecting.await.map_err(|_| failed)?;
        standing.prove();
        *reached.borrow_mut() = Reached::Connection(connection.clone());
        let session = if webtransport::is_asked_for(&connection) {
            asked_for.set(Transport::WebTransport);
            webtransport::accept(&connection, &shared.origins).await?
        } else {
            Session::raw(connection)
        };
        *reached.borrow_mut() = Reached::Session(Box::new(session.clone()));
        let (send, receive) = (session.accept_bi().await)
            .map_err(|_| "the client left before it opened its stream")?;
        Ok(Opened {
            transport: asked_for.get(),
            session,
            send,
            receive,
        })
    };
    let outcome = timeout(HANDSHAKE_TIME_MAX, opening).await;
    let late = |_| Err(reached.take().turn_away(CloseReason::HandshakeTimeout));
    outcome.unwrap_or_else(late).map_err(|reason| Failed {
        asked_for: asked_for.get(),
        reason,
    })
}

/// How far a client came.
#[derive(Default)]
enum Reached {
    #[default]
    Nothing,
    Connection(Connection),
    Session(Box<Session>),
}

impl Reached {
    fn turn_away(self, reason: CloseReason) -> &'static str {
        let text = reason.text().as_bytes();
        match self {
            Reached::Nothing => {}
            // Only HTTP/3 gets stuck between the two.
            Reached::Connection(connection) => connection.close(webtransport::code(reason), text),
            Reached::Session(session) => session.close(reason.number(), text),
        }
        reason.text()
    }
}

/// Counts a handshake for as long as it lives.
struct Handshake(Rc<Shared>);

impl Handshake {
    fn begin(shared: &Rc<Shared>) -> Handshake {
        shared.handshakes.set(shared.handshakes.get() + 1);
        Handshake(Rc::clone(shared))
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        self.0
            .handshakes
            .set(self.0.handshakes.get().saturating_sub(1));
    }
}

#[cfg(test)]
mod tests;
