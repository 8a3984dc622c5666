//! A link over WebSocket, where UDP does not pass: one binary message a packet, its lane in front.
//!
//! ```text
//! message:  lane 8 bits (0 unreliable, 1 ordered) | packet
//! ```
//!
//! Nothing is lost here, so what comes late makes everything behind it late; the server sends only
//! the newest snapshot while the socket is busy. Never reads a message longer than the longest
//! packet.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::limits::{LINK_ORDERED_QUEUE_BYTES_MAX, ORDERED_BYTES_MAX, PACKET_BYTES_MAX};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::dial::{Dial, DialError};
use crate::frames::FrameError;
use crate::http::{Door, Stream};
use crate::lanes::GOODBYE;
use crate::pipe::{Far, Near, Wish, pipe};
use crate::word::{LinkEnd, printable};

/// Where a server speaks it.
const PATH: &str = "/ws";

/// What a client asks for; another server does not know it.
const SUBPROTOCOL: &str = "tickwire-1";

/// First byte of a message: its lane.
const UNRELIABLE: u8 = 0;
const ORDERED: u8 = 1;

/// A close code is this and the number of the reason.
const CODE_BASE: u16 = 4_000;

/// Silence after which a link counts as lost; a server sends snapshots all the time.
const IDLE: Duration = Duration::from_secs(10);

/// Silence after which the server is asked whether it is there.
const ASK: Duration = Duration::from_secs(3);

type Socket = WebSocketStream<Box<dyn Stream>>;

/// Dials over WebSocket; `ws` or `wss` is what the server speaks.
pub(crate) async fn dial(dial: &Dial) -> Result<Near, DialError> {
    let opened = async {
        let door = Door::find(dial).await?;
        let socket = open(&door).await?;
        let (near, far) = pipe();
        tokio::spawn(carry(socket, far));
        Ok(near)
    };
    timeout(dial.timeout, opened).await.unwrap_or_else(|_| {
        let words = "the server did not answer in time over TCP";
        Err(DialError::System(words.to_owned()))
    })
}

async fn open(door: &Door) -> Result<Socket, DialError> {
    let stream = door.open().await?;
    let scheme = if door.is_secure() { "wss" } else { "ws" };
    let url = format!("{scheme}://{}{PATH}", door.address);
    let request = url.into_client_request();
    let mut request = request.map_err(|error| DialError::System(error.to_string()))?;
    let subprotocol = HeaderValue::from_static(SUBPROTOCOL);
    let headers = request.headers_mut();
    headers.insert("Sec-WebSocket-Protocol", subprotocol);
    let opened = client_async_with_config(request, stream, Some(limits())).await;
    let (socket, _) = opened.map_err(|error| match error {
        Error::Http(answer) => {
            let words = answer.body().as_deref().unwrap_or_default();
            DialError::Status(answer.status().as_u16(), printable(words))
        }
        // The server did not take the subprotocol, or does not speak WebSocket there.
        Error::Protocol(_) => DialError::NotTickwire(door.remote),
        other => DialError::System(other.to_string()),
    })?;
    Ok(socket)
}

fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(32 * 1_024)
        // Every packet leaves at once.
        .write_buffer_size(0)
        .max_write_buffer_size(LINK_ORDERED_QUEUE_BYTES_MAX)
        .max_message_size(Some(1 + ORDERED_BYTES_MAX))
        .max_frame_size(Some(1 + ORDERED_BYTES_MAX))
}

/// Moves packets until either side ends it, and then says why.
async fn carry(socket: Socket, far: Far) {
    let (sink, stream) = socket.split();
    let mut reading = std::pin::pin!(read(stream, &far));
    let mut writing = std::pin::pin!(write(sink, &far));
    let end = tokio::select! {
        end = &mut reading => end,
        end = &mut writing => match end {
            // The server answers a goodbye; who leaves does not wait for long.
            LinkEnd::Here => {
                let _ = timeout(GOODBYE, reading).await;
                LinkEnd::Here
            }
            end => end,
        },
    };
    far.end(end);
}

async fn write(mut sink: SplitSink<Socket, Message>, far: &Far) -> LinkEnd {
    loop {
        let wish = timeout(ASK, far.wish()).await;
        let sent = match wish {
            Ok(Wish::Send(lane, packet)) => send(&mut sink, far, lane, &packet).await,
            Ok(Wish::Close(reason)) => {
                let _ = sink.send(Message::Close(Some(goodbye(reason)))).await;
                return LinkEnd::Here;
            }
            Err(_) => sink.send(Message::Ping(Bytes::new())).await,
        };
        if let Err(error) = sent {
            return lost(&error);
        }
    }
}

async fn send(
    sink: &mut SplitSink<Socket, Message>,
    far: &Far,
    lane: Lane,
    packet: &[u8],
) -> Result<(), Error> {
    if lane != Lane::Ordered && packet.len() > PACKET_BYTES_MAX {
        far.drop_one();
        return Ok(());
    }
    let lane = if lane == Lane::Ordered {
        ORDERED
    } else {
        UNRELIABLE
    };
    let message: Bytes = [&[lane], packet].concat().into();
    // Mask included; tungstenite does not say how long the head is.
    far.count_wire(0, message.len() + head_bytes(message.len()) + 4);
    sink.send(Message::Binary(message)).await
}

async fn read(mut stream: SplitStream<Socket>, far: &Far) -> LinkEnd {
    loop {
        let message = match timeout(IDLE, stream.next()).await {
            Err(_) => return LinkEnd::TimedOut,
            Ok(None) => return LinkEnd::Lost("the server ended the connection".to_owned()),
            Ok(Some(Err(error))) => return lost(&error),
            Ok(Some(Ok(message))) => message,
        };
        far.count_wire(message.len() + head_bytes(message.len()), 0);
        let taken = match message {
            Message::Binary(bytes) => take(&bytes, far),
            Message::Close(frame) => Err(told(frame)),
            Message::Text(_) => Err(LinkEnd::Lost("the server sent a text".to_owned())),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
        };
        if let Err(end) = taken {
            return end;
        }
    }
}

fn take(bytes: &[u8], far: &Far) -> Result<(), LinkEnd> {
    match bytes.split_first() {
        Some((_, [])) | None => Err(LinkEnd::BadFrame(FrameError::Empty)),
        Some((&ORDERED, packet)) => far.deliver(Lane::Ordered, packet.to_vec()),
        Some((&UNRELIABLE, packet)) => far.deliver(Lane::Snapshot, packet.to_vec()),
        Some((lane, _)) => Err(LinkEnd::Lost(format!("the server sent lane {lane}"))),
    }
}

/// Bytes of a frame's head without the mask (RFC 6455, section 5.2).
fn head_bytes(length: usize) -> usize {
    match length {
        0..=125 => 2,
        126..=65_535 => 4,
        _ => 10,
    }
}

fn goodbye(reason: CloseReason) -> CloseFrame {
    let number = u16::try_from(reason.number()).unwrap_or_default();
    CloseFrame {
        code: CloseCode::from(CODE_BASE.saturating_add(number)),
        reason: reason.text().into(),
    }
}

fn told(frame: Option<CloseFrame>) -> LinkEnd {
    let Some(frame) = frame else {
        return LinkEnd::Lost("the server closed the socket".to_owned());
    };
    match u16::from(frame.code).checked_sub(CODE_BASE) {
        Some(number) => LinkEnd::told(u64::from(number), printable(frame.reason.as_bytes())),
        None => LinkEnd::Lost(format!("the server closed the socket: {}", frame.code)),
    }
}

fn lost(error: &Error) -> LinkEnd {
    match error {
        Error::Capacity(_) => LinkEnd::BadFrame(FrameError::TooLong(ORDERED_BYTES_MAX + 1)),
        other => LinkEnd::Lost(other.to_string()),
    }
}
