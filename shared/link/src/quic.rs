//! A link over QUIC: datagrams, and one stream for the Ordered lane.
//!
//! Never retries: whoever dials knows whether it is worth it.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{
    ClientConfig, Connecting, Connection, ConnectionError, Endpoint, ReadError, RecvStream,
    SendDatagramError, SendStream, TokioRuntime, TransportConfig, VarInt, WriteError,
};
use tickwire_shared::close::CloseReason;
use tokio::net::UdpSocket;
use tokio::time::{sleep, timeout};

use crate::address::Address;
use crate::dial::{Dial, DialError};
use crate::lanes::{Lanes, READ_BYTES_MAX, Session};
use crate::tune;
use crate::word::{LinkEnd, printable};

/// How long a handshake may take before it is worth asking whether anybody listens at all.
const PATIENCE: Duration = Duration::from_millis(400);

/// How long the answer "nobody listens" may take to come back.
const KNOCK: Duration = Duration::from_millis(600);

/// TLS alerts of a server that does not speak our protocol or version (RFC 8446, RFC 7301).
const ALERT_PROTOCOL_VERSION: u64 = 0x100 + 70;
const ALERT_NO_APPLICATION_PROTOCOL: u64 = 0x100 + 120;

/// Dials over QUIC and opens the Ordered lane.
pub(crate) async fn dial(dial: &Dial) -> Result<Lanes<Connection>, DialError> {
    let reached = connect(dial, tune::ALPN, tune::transport()).await?;
    let stream = reached.connection.open_bi().await;
    let stream = stream.map_err(|error| failure(error, reached.remote))?;
    Ok(Lanes::new(reached.endpoint, reached.connection, stream))
}

/// A connection whose handshake is over.
pub(crate) struct Reached {
    pub(crate) endpoint: Endpoint,
    pub(crate) connection: Connection,
    pub(crate) address: Address,
    pub(crate) remote: SocketAddr,
}

/// Opens a connection that speaks `alpn`, within the time of `dial`.
///
/// Each has its own socket, as separate players have.
pub(crate) async fn connect(
    dial: &Dial,
    alpn: &[u8],
    transport: TransportConfig,
) -> Result<Reached, DialError> {
    let address = Address::parse(&dial.server).map_err(DialError::Address)?;
    let remote = address.resolve().await.map_err(DialError::Address)?;
    let endpoint = endpoint_for(remote).map_err(|e| DialError::System(e.to_string()))?;
    let tls = dial.trust.tls(remote.ip(), alpn);
    let tls = tls.map_err(|error| DialError::System(error.to_string()))?;
    let crypto =
        QuicClientConfig::try_from(tls).map_err(|error| DialError::System(error.to_string()))?;
    let mut config = ClientConfig::new(Arc::new(crypto));
    config.transport_config(Arc::new(transport));
    let connecting = endpoint
        .connect_with(config, remote, &address.host)
        .map_err(|error| DialError::System(error.to_string()))?;
    let connection = timeout(dial.timeout, handshake(connecting, remote))
        .await
        .map_err(|_| DialError::NoAnswer(remote))??;
    Ok(Reached {
        endpoint,
        connection,
        address,
        remote,
    })
}

/// Any port of the family of `remote`.
pub(crate) fn any_port(remote: SocketAddr) -> SocketAddr {
    match remote {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    }
}

fn endpoint_for(remote: SocketAddr) -> std::io::Result<Endpoint> {
    let socket = std::net::UdpSocket::bind(any_port(remote))?;
    Endpoint::new(tune::endpoint(), None, socket, Arc::new(TokioRuntime))
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
    let knock = async {
        let socket = UdpSocket::bind(any_port(remote)).await?;
        socket.connect(remote).await?;
        socket.send(&[]).await?;
        socket.recv(&mut [0; 16]).await
    };
    match timeout(KNOCK, knock).await {
        Ok(Err(error)) => error.kind() == std::io::ErrorKind::ConnectionRefused,
        Ok(Ok(_)) | Err(_) => false,
    }
}

/// Why a connection came to nothing.
pub(crate) fn failure(error: ConnectionError, remote: SocketAddr) -> DialError {
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

impl Session for Connection {
    type Outbox = SendStream;
    type Inbox = RecvStream;

    fn connection(&self) -> &Connection {
        self
    }

    fn send_datagram(&self, bytes: Bytes) -> bool {
        matches!(
            Connection::send_datagram(self, bytes),
            Ok(()) | Err(SendDatagramError::ConnectionLost(_))
        )
    }

    async fn read_datagram(&self) -> Result<Bytes, LinkEnd> {
        Ok(Connection::read_datagram(self).await?)
    }

    async fn write(&self, outbox: &mut SendStream, bytes: &[u8]) -> Result<usize, LinkEnd> {
        Ok(outbox.write(bytes).await?)
    }

    async fn read(&self, inbox: &mut RecvStream) -> Result<Option<Bytes>, LinkEnd> {
        let chunk = inbox.read_chunk(READ_BYTES_MAX, true).await?;
        Ok(chunk.map(|chunk| chunk.bytes))
    }

    async fn closed(&self) -> LinkEnd {
        Connection::closed(self).await.into()
    }

    fn close(&self, reason: CloseReason) {
        Connection::close(
            self,
            VarInt::from_u32(reason.number()),
            reason.text().as_bytes(),
        );
    }
}

impl From<ConnectionError> for LinkEnd {
    fn from(error: ConnectionError) -> LinkEnd {
        match error {
            ConnectionError::ApplicationClosed(close) => {
                LinkEnd::told(u64::from(close.error_code), printable(&close.reason))
            }
            ConnectionError::TimedOut => LinkEnd::TimedOut,
            ConnectionError::LocallyClosed => LinkEnd::Here,
            other => LinkEnd::Lost(other.to_string()),
        }
    }
}

impl From<ReadError> for LinkEnd {
    fn from(error: ReadError) -> LinkEnd {
        match error {
            ReadError::ConnectionLost(error) => error.into(),
            other => LinkEnd::Lost(other.to_string()),
        }
    }
}

impl From<WriteError> for LinkEnd {
    fn from(error: WriteError) -> LinkEnd {
        match error {
            WriteError::ConnectionLost(error) => error.into(),
            other => LinkEnd::Lost(other.to_string()),
        }
    }
}
