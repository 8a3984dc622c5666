//! One WebSocket link: one task that reads, writes and watches for as long as its socket lives.
//!
//! Never waits for a client on behalf of anybody else: what others hand over goes into
//! [`Outgoing`], and the task takes it from there as fast as the socket does.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::{Rc, Weak};

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{Lane, LinkId};
use tickwire_shared::limits::{ORDERED_BYTES_MAX, PACKET_BYTES_MAX};
use tickwire_shared::transport::Transport;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::outgoing::{Outgoing, split};
use super::{LANE_BYTES, Shared};
use crate::limits::{
    CLOSE_LINGER_TIME_MAX, LINK_IDLE_TIME_MAX, WEBSOCKET_CONTROL_PER_TURN_MAX,
    WEBSOCKET_MESSAGES_PER_TURN, WEBSOCKET_PING_TURNS, WEBSOCKET_TURN,
};
use crate::transport::Link;
use crate::transport::ordered::QueueFull;

/// The code of a close whose reason has the number 0.
const CLOSE_CODE_BASE: u16 = 4_000;

/// Bytes of the text that travels with a close at the most; the protocol allows no more.
const CLOSE_TEXT_BYTES_MAX: usize = 123;

type Sink<S> = SplitSink<WebSocketStream<S>, Message>;
type Source<S> = SplitStream<WebSocketStream<S>>;

/// The side of a link that others hold.
struct WebSocketLink {
    outgoing: Outgoing,
    /// Tells the writer that `outgoing` or `closing` changed.
    changed: Notify,
    /// How to end, once the receiver of packets asked for it: then nothing more is reported.
    closing: RefCell<Option<(CloseReason, String)>>,
    /// Why this side ends the link without being asked.
    cut: Cell<Option<CloseReason>>,
    /// Tells the task that `closing` or `cut` was set.
    ending: Notify,
    /// Whether anything came since the last turn.
    heard: Cell<bool>,
    /// Pings and pongs since the last turn.
    control: Cell<u32>,
    shared: Weak<Shared>,
}

/// Serves a link until it ends, and reports that.
pub(super) async fn run<S>(shared: &Rc<Shared>, from: SocketAddr, socket: WebSocketStream<S>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let link = Rc::new(WebSocketLink {
        outgoing: Outgoing::default(),
        changed: Notify::new(),
        closing: RefCell::default(),
        cut: Cell::new(None),
        ending: Notify::new(),
        heard: Cell::new(true),
        control: Cell::new(0),
        shared: Rc::downgrade(shared),
    });
    let id = shared.links.insert(Rc::clone(&link) as Rc<dyn Link>);
    let open = shared.metrics.links.open(Transport::WebSocket);
    shared.sink.opened(id, Transport::WebSocket, from);

    let (mut sink, mut source) = socket.split();
    let reason = tokio::select! {
        reason = read(shared, &link, id, &mut source) => reason,
        reason = write(shared, &link, &mut sink) => reason,
        reason = watch(&link) => reason,
        reason = overdue(&link) => reason,
    };
    drop(open);
    if shared.links.remove(id) {
        shared.sink.closed(id, reason);
    }
    let asked = link.closing.take();
    let (reason, text) = asked.unwrap_or_else(|| (reason, reason.text().to_owned()));
    if let Ok(socket) = source.reunite(sink) {
        let _ = timeout(CLOSE_LINGER_TIME_MAX, say_goodbye(socket, reason, text)).await;
    }
}

/// Tells the client why, and waits until it has read that: a socket that is dropped with unread
/// bytes in it takes back what it has sent.
async fn say_goodbye<S>(mut socket: WebSocketStream<S>, reason: CloseReason, text: String)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let number = u16::try_from(reason.number()).unwrap_or_default();
    let frame = CloseFrame {
        code: CloseCode::from(CLOSE_CODE_BASE.saturating_add(number)),
        reason: text.into(),
    };
    // An error says that the client closed before, or is gone, or makes no sense any more.
    let _ = socket.close(Some(frame)).await;
    while let Some(Ok(_)) = socket.next().await {}
    let bytes = socket.get_mut();
    let _ = bytes.shutdown().await;
    let mut unread = [0; 1_024];
    while let Ok(1..) = bytes.read(&mut unread).await {}
}

impl Link for WebSocketLink {
    fn send(&self, lane: Lane, bytes: &[u8], round: u64) {
        self.push(lane, bytes, Some(round));
    }

    fn send_alone(&self, lane: Lane, bytes: &[u8]) {
        self.push(lane, bytes, None);
    }

    fn close(&self, reason: CloseReason, detail: &str) {
        let text = if detail.is_empty() {
            reason.text()
        } else {
            detail
        };
        let end = text.floor_char_boundary(CLOSE_TEXT_BYTES_MAX);
        let text = text.get(..end).unwrap_or_default().to_owned();
        *self.closing.borrow_mut() = Some((reason, text));
        // The writer ends as soon as the socket took everything; `ending` is for one that stalls.
        self.changed.notify_one();
        self.ending.notify_one();
    }

    fn packet_bytes_max(&self) -> usize {
        PACKET_BYTES_MAX
    }
}

impl WebSocketLink {
    fn push(&self, lane: Lane, bytes: &[u8], round: Option<u64>) {
        let Some(shared) = self.shared.upgrade() else {
            return;
        };
        if self.cut.get().is_some() {
            return;
        }
        let links = &shared.metrics.links;
        match lane {
            Lane::Ordered => {
                if self.outgoing.push_ordered(bytes) == Err(QueueFull) {
                    links.slow_consumers.inc();
                    return self.cut(CloseReason::SlowConsumer);
                }
            }
            Lane::Snapshot | Lane::Input => {
                let dropped = self.outgoing.push_unreliable(bytes, round);
                links.datagrams_dropped.add(dropped as u64);
            }
        }
        self.changed.notify_one();
    }

    /// Ends the link at once, without being asked; the task reports it.
    fn cut(&self, reason: CloseReason) {
        self.cut.set(Some(reason));
        self.ending.notify_one();
    }

    fn is_closing(&self) -> bool {
        self.closing.borrow().is_some()
    }
}

/// Reads messages until the link ends.
async fn read<S>(
    shared: &Shared,
    link: &WebSocketLink,
    id: LinkId,
    source: &mut Source<S>,
) -> CloseReason
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut taken = 0;
    while let Some(message) = source.next().await {
        link.heard.set(true);
        if let Err(reason) = take(shared, link, id, message) {
            return reason;
        }
        taken += 1;
        if taken % WEBSOCKET_MESSAGES_PER_TURN == 0 {
            yield_now().await;
        }
    }
    CloseReason::LinkLost
}

/// Passes on what a message carries, or says why it ends the link.
fn take(
    shared: &Shared,
    link: &WebSocketLink,
    id: LinkId,
    message: Result<Message, Error>,
) -> Result<(), CloseReason> {
    let message = match message.map_err(|error| reason_of(&error))? {
        Message::Binary(message) => message,
        Message::Close(frame) => return Err(told_by(frame.as_ref())),
        Message::Text(_) | Message::Frame(_) => return Err(CloseReason::Malformed),
        Message::Ping(_) | Message::Pong(_) => {
            link.control.set(link.control.get() + 1);
            let flood = link.control.get() > WEBSOCKET_CONTROL_PER_TURN_MAX;
            return if flood {
                Err(CloseReason::TooManyPackets)
            } else {
                Ok(())
            };
        }
    };
    let (lane, packet) = split(&message).ok_or(CloseReason::Malformed)?;
    let bytes_max = match lane {
        Lane::Ordered => ORDERED_BYTES_MAX,
        Lane::Snapshot | Lane::Input => PACKET_BYTES_MAX,
    };
    if packet.is_empty() {
        return Err(CloseReason::Malformed);
    }
    if packet.len() > bytes_max {
        return Err(CloseReason::Oversize);
    }
    if !link.is_closing() {
        let links = &shared.metrics.links;
        links.received_packets.of(lane).inc();
        (links.received_bytes.of(lane)).add((message.len() - LANE_BYTES) as u64);
        shared.sink.received(id, lane, packet);
    }
    Ok(())
}

/// Why a socket that gives this error ends.
fn reason_of(error: &Error) -> CloseReason {
    match error {
        Error::Capacity(_) => CloseReason::Oversize,
        Error::ConnectionClosed | Error::AlreadyClosed | Error::Io(_) | Error::Tls(_) => {
            CloseReason::LinkLost
        }
        Error::Protocol(
            tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
        ) => CloseReason::LinkLost,
        _ => CloseReason::Malformed,
    }
}

/// The reason a client gives; a browser that leaves the page gives one of the protocol's own.
fn told_by(frame: Option<&CloseFrame>) -> CloseReason {
    let code = frame.map_or(0, |frame| u16::from(frame.code));
    match code.checked_sub(CLOSE_CODE_BASE) {
        Some(number) => CloseReason::from_number(number.into()).unwrap_or(CloseReason::LinkLost),
        None if code == 1_000 || code == 1_001 => CloseReason::Bye,
        None => CloseReason::LinkLost,
    }
}

/// Writes what waits, a turn at a time: while the socket has not taken all of one, older snapshots
/// give way to newer ones. Ends when the link is to be closed and everything was written.
async fn write<S>(shared: &Shared, link: &WebSocketLink, sink: &mut Sink<S>) -> CloseReason
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut turn = Vec::new();
    loop {
        link.outgoing.take_turn(&mut turn);
        if turn.is_empty() {
            if link.is_closing() {
                return CloseReason::Bye;
            }
            link.changed.notified().await;
            continue;
        }
        for message in turn.drain(..) {
            count_sent(shared, &message);
            if sink.feed(message).await.is_err() {
                return CloseReason::LinkLost;
            }
        }
        if sink.flush().await.is_err() {
            return CloseReason::LinkLost;
        }
    }
}

fn count_sent(shared: &Shared, message: &Message) {
    let Message::Binary(message) = message else {
        return;
    };
    let lane = match split(message) {
        Some((Lane::Ordered, _)) => Lane::Ordered,
        _ => Lane::Snapshot,
    };
    let links = &shared.metrics.links;
    links.sent_packets.of(lane).inc();
    (links.sent_bytes.of(lane)).add((message.len() - LANE_BYTES) as u64);
}

/// Asks for signs of life, and ends a link that gives none.
async fn watch(link: &WebSocketLink) -> CloseReason {
    let mut turns = interval(WEBSOCKET_TURN);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silent = 0;
    for turn in 0u32.. {
        turns.tick().await;
        link.control.set(0);
        silent = if link.heard.take() { 0 } else { silent + 1 };
        if WEBSOCKET_TURN * silent >= LINK_IDLE_TIME_MAX {
            return CloseReason::TimedOut;
        }
        if turn % WEBSOCKET_PING_TURNS == 0 {
            link.outgoing.push_ping();
            link.changed.notify_one();
        }
    }
    CloseReason::TimedOut
}

/// Ends a link that is cut at once, and one that is being closed when its time is up.
async fn overdue(link: &WebSocketLink) -> CloseReason {
    loop {
        link.ending.notified().await;
        if let Some(reason) = link.cut.get() {
            return reason;
        }
        if link.is_closing() {
            sleep(CLOSE_LINGER_TIME_MAX).await;
            return CloseReason::SlowConsumer;
        }
    }
}
