//! A link over WebTransport: as QUIC, with HTTP/3 in front, the way browsers come.
//!
//! Never sends an Origin: only browsers have one.

use bytes::Bytes;
use quinn::Connection;
use tickwire_shared::close::CloseReason;
use tokio::time::timeout;
use web_transport_quinn::proto::ConnectRequest;
use web_transport_quinn::{
    ClientError, RecvStream, SendStream, Session as Wire, SessionError, WebTransportError,
};

use crate::dial::{Dial, DialError};
use crate::lanes::{Lanes, READ_BYTES_MAX, Session};
use crate::quic::{Reached, connect, failure};
use crate::tune;
use crate::word::{LinkEnd, printable};

/// Where a server speaks it.
const PATH: &str = "/wt";

/// Dials over WebTransport and opens the Ordered lane.
pub(crate) async fn dial(dial: &Dial) -> Result<Lanes<Wire>, DialError> {
    let alpn = web_transport_quinn::ALPN.as_bytes();
    let reached = connect(dial, alpn, tune::http3_transport()).await?;
    let remote = reached.remote;
    timeout(dial.timeout, open(reached))
        .await
        .map_err(|_| DialError::NoAnswer(remote))?
}

async fn open(reached: Reached) -> Result<Lanes<Wire>, DialError> {
    let remote = reached.remote;
    let failed = |error: ClientError| match error {
        ClientError::Connection(error) => failure(error, remote),
        ClientError::HttpError(error) => DialError::System(format!("WebTransport: {error}")),
        ClientError::SettingsError(_) => DialError::NotTickwire(remote),
        other => DialError::System(other.to_string()),
    };
    let url = format!("https://{}{PATH}", reached.address);
    let url = url.parse::<url::Url>();
    let url = url.map_err(|error| DialError::System(error.to_string()))?;
    let session = Wire::connect(reached.connection, ConnectRequest::new(url)).await;
    let session = session.map_err(failed)?;
    let stream = session.open_bi().await;
    let stream = stream.map_err(|error| match end_of(&session, error) {
        LinkEnd::Closed { reason, .. } => DialError::Closed(reason),
        end => DialError::System(end.to_string()),
    })?;
    Ok(Lanes::new(reached.endpoint, session, stream))
}

/// Why a session is over. The library closes the connection itself when the session's stream ends,
/// so that what QUIC knows of the end comes second.
fn end_of(session: &Wire, error: SessionError) -> LinkEnd {
    if let SessionError::WebTransportError(WebTransportError::Closed(number, words)) = error {
        return LinkEnd::told(u64::from(number), printable(words.as_bytes()));
    }
    match Connection::close_reason(session).map(LinkEnd::from) {
        None | Some(LinkEnd::Here) => LinkEnd::Lost(error.to_string()),
        Some(end) => end,
    }
}

impl Session for Wire {
    type Outbox = SendStream;
    type Inbox = RecvStream;

    fn connection(&self) -> &Connection {
        self
    }

    fn send_datagram(&self, bytes: Bytes) -> bool {
        match Wire::send_datagram(self, bytes) {
            Ok(()) => true,
            Err(SessionError::SendDatagramError(error)) => {
                matches!(error, quinn::SendDatagramError::ConnectionLost(_))
            }
            Err(_) => true,
        }
    }

    async fn read_datagram(&self) -> Result<Bytes, LinkEnd> {
        let read = Wire::read_datagram(self).await;
        read.map_err(|error| end_of(self, error))
    }

    async fn write(&self, outbox: &mut SendStream, bytes: &[u8]) -> Result<usize, LinkEnd> {
        use web_transport_quinn::WriteError;
        outbox.write(bytes).await.map_err(|error| match error {
            WriteError::SessionError(error) => end_of(self, error),
            other => LinkEnd::Lost(other.to_string()),
        })
    }

    async fn read(&self, inbox: &mut RecvStream) -> Result<Option<Bytes>, LinkEnd> {
        use web_transport_quinn::ReadError;
        let read = inbox.read_chunk(READ_BYTES_MAX, true).await;
        let chunk = read.map_err(|error| match error {
            ReadError::SessionError(error) => end_of(self, error),
            other => LinkEnd::Lost(other.to_string()),
        })?;
        Ok(chunk.map(|chunk| chunk.bytes))
    }

    async fn closed(&self) -> LinkEnd {
        let error = Wire::closed(self).await;
        end_of(self, error)
    }

    fn close(&self, reason: CloseReason) {
        Wire::close(self, reason.number(), reason.text().as_bytes());
    }
}
