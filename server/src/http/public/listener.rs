//! The listener itself: bounded connections, bounded time, one task each.
//!
//! Never waits for a client longer than [`crate::limits`] says, and never speaks in the clear once
//! it has a certificate.

use std::cell::Cell;
use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::arriving::Arriving;
use super::crowd::{Crowd, Guest};
use super::room_list::RoomList;
use super::routes::{Arrival, Since, Site};
use super::stream::Stream;
use super::{Assets, ConnectInfo, RequestRates, port};
use crate::auth::LoginRequest;
use crate::gateway::Gateway;
use crate::http::AdminState;
use crate::limits::{
    HTTP_ACCEPT_PAUSE, HTTP_HEAD_BYTES_MAX, HTTP_HEADERS_MAX, PUBLIC_CONNECTION_TIME_MAX,
    TLS_HANDSHAKE_TIME_MAX,
};
use crate::metrics::{Metrics, Rejection};
use crate::runtime::Clock;
use crate::transport::OfferRequest;
use crate::transport::origin::OriginRule;
use crate::transport::websocket::WebSockets;

/// What the public listener serves.
pub struct PublicOptions {
    /// How TLS is spoken, for HTTP/1.1 alone; without it HTTP is spoken in the clear.
    pub tls: Option<ServerConfig>,
    /// The page.
    pub assets: Assets,
    /// Pages elsewhere that may use this server.
    pub origins: OriginRule,
    /// What clients must know before they dial.
    pub connect_info: ConnectInfo,
    /// Where the list of rooms is.
    pub rooms: Arc<AdminState>,
    /// Takes offers of WebRTC, unless that is switched off.
    pub offers: Option<mpsc::Sender<OfferRequest>>,
    /// Takes upgraded sockets, unless WebSocket is switched off.
    pub websockets: Option<WebSockets>,
    /// Connections that are no WebSocket at the most.
    pub connections_max: usize,
    /// The same of one address; loopback is exempt.
    pub connections_per_address_max: usize,
    /// The way in for bots, dashboards and bridges; where there is none they get 404.
    pub gateway: Option<Gateway>,
    /// Takes those who log in or register.
    pub logins: mpsc::Sender<LoginRequest>,
    /// What one address may ask.
    pub rates: RequestRates,
    /// When a request came.
    pub clock: Clock,
    /// Time to send the head of a request.
    pub head_time_max: Duration,
    /// Counts what happens.
    pub metrics: Arc<Metrics>,
}

/// A bound public listener that does not answer yet.
pub struct PublicListener {
    listener: TcpListener,
    address: SocketAddr,
}

/// What all connections share.
struct Shared {
    site: Rc<Site>,
    tls: Option<TlsAcceptor>,
    crowd: Rc<Crowd>,
    head_time_max: Duration,
    metrics: Arc<Metrics>,
}

impl PublicListener {
    /// Binds the port; port 0 picks a number that is free for UDP too.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn bind(listen: SocketAddr) -> Result<PublicListener, String> {
        let (listener, address) = port::bind(listen)?;
        let listener = TcpListener::from_std(listener)
            .map_err(|error| format!("cannot listen on TCP {address}: {error}"))?;
        Ok(PublicListener { listener, address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers for as long as the network thread lives; needs a local task set.
    pub fn serve(self, options: PublicOptions) {
        let shared = Rc::new(Shared {
            tls: (options.tls).map(|config| TlsAcceptor::from(Arc::new(config))),
            crowd: Crowd::new(options.connections_max, options.connections_per_address_max),
            head_time_max: options.head_time_max,
            metrics: Arc::clone(&options.metrics),
            site: Rc::new(Site {
                assets: options.assets,
                origins: options.origins,
                connect_info: options.connect_info,
                rooms: options.rooms,
                room_list: RoomList::default(),
                offers: options.offers,
                websockets: options.websockets,
                gateway: options.gateway,
                logins: options.logins,
                rates: options.rates,
                clock: options.clock,
                metrics: options.metrics,
            }),
        });
        spawn_local(accept_all(self.listener, shared));
    }
}

async fn accept_all(listener: TcpListener, shared: Rc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((tcp, from)) => match shared.crowd.enter(from.ip()) {
                Ok(guest) => {
                    spawn_local(serve(Rc::clone(&shared), tcp, from, guest));
                }
                Err(cause) => shared.metrics.http.rejected(cause).inc(),
            },
            Err(error) => {
                // Most likely too many open files: somebody must close one first.
                tracing::warn!(%error, "the public listener cannot accept");
                sleep(HTTP_ACCEPT_PAUSE).await;
            }
        }
    }
}

/// One connection from its first byte to its end, or until it becomes a WebSocket.
async fn serve(shared: Rc<Shared>, tcp: TcpStream, from: SocketAddr, guest: Guest) {
    let _ = tcp.set_nodelay(true);
    let Ok(at) = tcp.local_addr() else {
        return;
    };
    let arrival = Arrival {
        from,
        at: at.ip().to_canonical(),
    };
    let talking = async {
        if let Some(stream) = secure(&shared, tcp, &guest).await {
            talk(&shared, stream, arrival, &guest).await;
        }
    };
    tokio::select! {
        outcome = timeout(PUBLIC_CONNECTION_TIME_MAX, talking) => if outcome.is_err() {
            shared.metrics.http.rejected(Rejection::Slow).inc();
        },
        () = guest.sent_away() => shared.metrics.http.rejected(Rejection::Full).inc(),
    }
}

/// Does the TLS handshake, if there is to be one.
async fn secure(shared: &Shared, tcp: TcpStream, guest: &Guest) -> Option<Stream> {
    let Some(tls) = &shared.tls else {
        return Some(Stream::plain(tcp, guest.backlog()));
    };
    if let Ok(Ok(stream)) = timeout(TLS_HANDSHAKE_TIME_MAX, tls.accept(tcp)).await {
        return Some(Stream::tls(stream, guest.backlog()));
    }
    shared.metrics.http.rejected(Rejection::Tls).inc();
    None
}

async fn talk(shared: &Shared, stream: Stream, arrival: Arrival, guest: &Guest) {
    let asked = Cell::new(false);
    let since = Since(shared.site.clock.now());
    let answer = |request: Request<Incoming>| {
        asked.set(true);
        let claim = guest.claim();
        let mut request = request.map(|body| Arriving::new(body, claim.clone()));
        request.extensions_mut().insert(since);
        let site = Rc::clone(&shared.site);
        async move {
            let answer = site.answer(arrival, request).await;
            Ok::<_, Infallible>(answer.map(|content| content.keeping(claim.take())))
        }
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(shared.head_time_max)
        .max_headers(HTTP_HEADERS_MAX)
        .max_buf_size(HTTP_HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service_fn(answer))
        .with_upgrades();
    if let Err(error) = connection.await {
        // That nothing more comes after a request is no offence.
        if error.is_timeout() && !asked.get() || is_stalled(&error) {
            shared.metrics.http.rejected(Rejection::Slow).inc();
        }
        tracing::debug!(%error, "a public connection broke");
    }
}

/// Whether a connection broke because the client did not read.
fn is_stalled(error: &hyper::Error) -> bool {
    let source = error.source().and_then(|source| source.downcast_ref());
    source.is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::TimedOut)
}
