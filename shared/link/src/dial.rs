//! Dials a server over the transport asked for and says in plain words why that failed.
//!
//! Never retries: whoever dials knows whether it is worth it.

use core::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tickwire_shared::close::CloseReason;
use tickwire_shared::transport::Transport;

use crate::address::BadAddress;
use crate::link::{Carrier, Link};
use crate::trust::Trust;
use crate::{quic, webrtc, websocket, webtransport};

/// Where and how to dial.
#[derive(Clone, Debug)]
pub struct Dial {
    /// `host:port` of the server.
    pub server: String,
    /// What to dial over.
    pub transport: Transport,
    /// Which certificate to accept.
    pub trust: Trust,
    /// How long the whole attempt may take.
    pub timeout: Duration,
}

impl Dial {
    /// Dials `server` over QUIC with the default trust, for at most 5 s.
    #[must_use]
    pub fn to(server: &str) -> Dial {
        Dial {
            server: server.to_owned(),
            transport: Transport::Quic,
            trust: Trust::default(),
            timeout: Duration::from_secs(5),
        }
    }

    /// The same over another transport.
    #[must_use]
    pub fn over(self, transport: Transport) -> Dial {
        Dial { transport, ..self }
    }
}

/// Why there is no link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialError {
    /// The address is no address, or its host is unknown.
    Address(BadAddress),
    /// The machine answered that nobody listens at this UDP port.
    NobodyListens(SocketAddr),
    /// The machine answered that nobody listens at this TCP port.
    NobodyListensTcp(SocketAddr),
    /// Nothing answered in time over UDP.
    NoAnswer(SocketAddr),
    /// Nothing answered in time over TCP.
    NoAnswerTcp(SocketAddr),
    /// Something speaks there, but not Tickwire.
    NotTickwire(SocketAddr),
    /// The server speaks HTTP without TLS, which this trust does not allow.
    Plain(SocketAddr),
    /// The server answered the request with this HTTP status; holds its words.
    Status(u16, String),
    /// The server is there and wants the link, but it did not open; holds why.
    NoChannel(String),
    /// The certificate is not acceptable; holds the TLS layer's words.
    Certificate(String),
    /// The server closed the link during the handshake.
    Closed(CloseReason),
    /// The system refused a socket or the TLS settings; holds its words.
    System(String),
}

/// Dials `dial.server` over `dial.transport` and opens its lanes.
///
/// Each link has its own socket, as separate players have.
///
/// # Errors
/// [`DialError`] says why, in words for a player.
pub async fn dial(dial: &Dial) -> Result<Link, DialError> {
    opening(dial).await
}

/// Boxed for the compiler's sake: what an async function does is compiled again in every crate
/// that awaits it, and here that is four transports with all they are built on.
fn opening(dial: &Dial) -> BoxFuture<'_, Result<Link, DialError>> {
    Box::pin(open(dial))
}

async fn open(dial: &Dial) -> Result<Link, DialError> {
    let carrier = match dial.transport {
        Transport::Quic => Carrier::Quic(Box::new(quic::dial(dial).await?)),
        Transport::WebTransport => Carrier::WebTransport(Box::new(webtransport::dial(dial).await?)),
        Transport::WebRtc => Carrier::WebRtc(webrtc::dial(dial).await?),
        Transport::WebSocket => Carrier::WebSocket(websocket::dial(dial).await?),
    };
    Ok(Link::new(carrier))
}

/// Dials `to.server` over QUIC, whatever transport `to` names.
///
/// # Errors
/// As [`dial`].
pub async fn dial_quic(to: &Dial) -> Result<Link, DialError> {
    dial(&to.clone().over(Transport::Quic)).await
}

impl DialError {
    /// Whether the next attempt may well succeed: the server is there, and the network took too
    /// much of this one.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, DialError::NoChannel(_))
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
            DialError::NobodyListensTcp(at) => write!(
                f,
                "nobody listens at {at}/tcp: is the server running, and is this its port?"
            ),
            DialError::NoAnswer(at) => write!(
                f,
                "no answer from {at}/udp: a firewall may drop UDP, or the server is not there"
            ),
            DialError::NoAnswerTcp(at) => write!(
                f,
                "no answer from {at}/tcp: a firewall may drop it, or the server is not there"
            ),
            DialError::NotTickwire(at) => write!(
                f,
                "what answers at {at} is no Tickwire server, or one of another version"
            ),
            DialError::Plain(at) => write!(
                f,
                "the server at {at} has no certificate for HTTPS, so that anybody on the way could \
                 pose as it: give the server one, or accept that with --insecure"
            ),
            DialError::Status(status, words) => refused(f, *status, words),
            DialError::NoChannel(words) => {
                write!(f, "the server answered over HTTP, but {words}")
            }
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

fn refused(f: &mut fmt::Formatter<'_>, status: u16, words: &str) -> fmt::Result {
    let why = match status {
        403 => "the server does not allow this page's origin",
        404 => "the server does not offer this transport",
        429 => "too many links from this address: try again in a moment",
        503 => "the server is full or going down: try again later",
        _ => "the server refused the request",
    };
    match words {
        "" => write!(f, "{why} (HTTP {status})"),
        words => write!(f, "{why} (HTTP {status}: {words})"),
    }
}

impl core::error::Error for DialError {}
