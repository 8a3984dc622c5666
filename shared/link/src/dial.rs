//! Dials a server over QUIC and says in plain words why that failed.
//!
//! Never retries: whoever dials knows whether it is worth it.

use core::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connecting, Connection, ConnectionError, Endpoint, TokioRuntime};
use tickwire_shared::close::CloseReason;
use tokio::net::UdpSocket;
use tokio::time::{sleep, timeout};

use crate::address::{Address, BadAddress};
use crate::link::Link;
use crate::trust::Trust;
use crate::tune;
use crate::word::LinkEnd;

/// How long a handshake may take before it is worth asking whether anybody listens at all.
const PATIENCE: Duration = Duration::from_millis(400);

/// How long the answer "nobody listens" may take to come back.
const KNOCK: Duration = Duration::from_millis(600);

/// TLS alerts of a server that does not speak our protocol or version (RFC 8446, RFC 7301).
const ALERT_PROTOCOL_VERSION: u64 = 0x100 + 70;
const ALERT_NO_APPLICATION_PROTOCOL: u64 = 0x100 + 120;

/// Where and how to dial.
#[derive(Clone, Debug)]
pub struct Dial {
    /// `host:port` of the server.
    pub server: String,
    /// Which certificate to accept.
    pub trust: Trust,
    /// How long the whole attempt may take.
    pub timeout: Duration,
}

impl Dial {
    /// Dials `server` with the default trust, for at most 5 s.
    #[must_use]
    pub fn to(server: &str) -> Dial {
        Dial {
            server: server.to_owned(),
            trust: Trust::default(),
            timeout: Duration::from_secs(5),
        }
    }
}

/// Why there is no link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialError {
    /// The address is no address, or its host is unknown.
    Address(BadAddress),
    /// The machine answered that nobody listens at this port.
    NobodyListens(SocketAddr),
    /// Nothing answered in time.
    NoAnswer(SocketAddr),
    /// Something speaks QUIC there, but not Tickwire.
    NotTickwire(SocketAddr),
    /// The certificate is not acceptable; holds the TLS layer's words.
    Certificate(String),
    /// The server closed the link during the handshake.
    Closed(CloseReason),
    /// The system refused a socket or the TLS settings; holds its words.
    System(String),
}

/// Dials `dial.server` over QUIC and opens the Ordered lane.
///
/// Each link has its own socket, as separate players have.
///
/// # Errors
/// [`DialError`] says why, in words for a player.
pub async fn dial_quic(dial: &Dial) -> Result<Link, DialError> {
    let address = Address::parse(&dial.server).map_err(DialError::Address)?;
    let remote = address.resolve().await.map_err(DialError::Address)?;
    let endpoint = endpoint_for(remote).map_err(|e| DialError::System(e.to_string()))?;
    let config = client_config(dial.trust, remote)?;
    let connecting = endpoint
        .connect_with(config, remote, &address.host)
        .map_err(|error| DialError::System(error.to_string()))?;
    let connection = timeout(dial.timeout, handshake(connecting, remote))
        .await
        .map_err(|_| DialError::NoAnswer(remote))??;
    let (outbox, inbox) = connection
        .open_bi()
        .await
        .map_err(|error| failure(error, remote))?;
    Ok(Link::new(endpoint, connection, outbox, inbox))
}

fn endpoint_for(remote: SocketAddr) -> std::io::Result<Endpoint> {
    let local: SocketAddr = match remote {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = std::net::UdpSocket::bind(local)?;
    Endpoint::new(tune::endpoint(), None, socket, Arc::new(TokioRuntime))
}

fn client_config(trust: Trust, remote: SocketAddr) -> Result<ClientConfig, DialError> {
    let tls = trust
        .tls(remote.ip())
        .map_err(|error| DialError::System(error.to_string()))?;
    let crypto =
        QuicClientConfig::try_from(tls).map_err(|error| DialError::System(error.to_string()))?;
    let mut config = ClientConfig::new(Arc::new(crypto));
    config.transport_config(Arc::new(tune::transport()));
    Ok(config)
}

/// Waits for the handshake; when it does not end soon, finds out whether the port is closed. QUIC
/// sockets do not hear that answer, so without the question a wrong port costs the whole timeout.
async fn handshake(connecting: Connecting, remote: SocketAddr) -> Result<Connection, DialError> {
    tokio::pin!(connecting);
    tokio::select! {
        done = &mut connecting => return done.map_err(|error| failure(error, remote)),
        () = sleep(PATIENCE) => {}
    }
    tokio::select! {
        done = &mut connecting => return done.map_err(|error| failure(error, remote)),
        closed = port_is_closed(remote) => {
            if closed {
                return Err(DialError::NobodyListens(remote));
            }
        }
    }
    connecting.await.map_err(|error| failure(error, remote))
}

/// Sends an empty datagram from a connected socket, which hears the machine's refusal.
async fn port_is_closed(remote: SocketAddr) -> bool {
    let local: SocketAddr = match remote {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let knock = async {
        let socket = UdpSocket::bind(local).await?;
        socket.connect(remote).await?;
        socket.send(&[]).await?;
        socket.recv(&mut [0; 16]).await
    };
    match timeout(KNOCK, knock).await {
        Ok(Err(error)) => error.kind() == std::io::ErrorKind::ConnectionRefused,
        Ok(Ok(_)) | Err(_) => false,
    }
}

fn failure(error: ConnectionError, remote: SocketAddr) -> DialError {
    match error {
        ConnectionError::VersionMismatch => DialError::NotTickwire(remote),
        ConnectionError::ConnectionClosed(close) => match u64::from(close.error_code) {
            ALERT_NO_APPLICATION_PROTOCOL | ALERT_PROTOCOL_VERSION => {
                DialError::NotTickwire(remote)
            }
            _ => DialError::System(close.to_string()),
        },
        ConnectionError::TransportError(error) if error.reason.contains("certificate") => {
            DialError::Certificate(error.reason)
        }
        ConnectionError::TransportError(error) => DialError::System(error.to_string()),
        ConnectionError::TimedOut => DialError::NoAnswer(remote),
        other => match LinkEnd::from(other) {
            LinkEnd::Closed { reason, .. } => DialError::Closed(reason),
            end => DialError::System(end.to_string()),
        },
    }
}

impl fmt::Display for DialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DialError::Address(error) => write!(f, "{error}"),
            DialError::NobodyListens(at) => write!(
                f,
                "nobody listens at {at}/udp: is the server running, and is this its port?"
            ),
            DialError::NoAnswer(at) => write!(
                f,
                "no answer from {at}/udp: a firewall may drop UDP, or the server is not there"
            ),
            DialError::NotTickwire(at) => write!(
                f,
                "what answers at {at} is no Tickwire server, or one of another version"
            ),
            DialError::Certificate(words) => write!(
                f,
                "the server's certificate is not trusted ({words}): \
                 give its hash, or the name it was issued for"
            ),
            DialError::Closed(reason) => write!(f, "{reason}"),
            DialError::System(words) => write!(f, "the link could not be opened: {words}"),
        }
    }
}

impl core::error::Error for DialError {}
