//! One link over QUIC or WebTransport: three tasks that live as long as its connection.
//!
//! Never holds a packet back: a datagram goes to quinn at once, an Ordered packet into the bounded
//! queue, and what arrives goes to the sink before the next is read. Never asks which of the two it
//! is, but to tell why one ended: a session without HTTP/3 is the bare connection.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::{Rc, Weak};

use bytes::Bytes;
use quinn::ConnectionError;
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{Lane, LinkId};
use tickwire_shared::limits::{ORDERED_BYTES_MAX, PACKET_BYTES_MAX};
use tokio::sync::Notify;
use tokio::task::spawn_local;
use tokio::time::timeout;
use web_transport_quinn::{
    ReadError, ReadExactError, RecvStream, SendStream, Session, SessionError, WebTransportError,
};

use super::{Opened, Shared};
use crate::limits::{CLOSE_LINGER_TIME_MAX, DATAGRAM_BURST_MAX, DATAGRAM_OVERHEAD_BYTES};
use crate::transport::Link;
use crate::transport::ordered::{HEAD_BYTES, OrderedQueue, QueueFull};
use crate::transport::socket::Sabotage;

/// Bytes of the text that travels with a close at the most.
const CLOSE_TEXT_BYTES_MAX: usize = 256;

/// The side of a link that others hold.
struct QuicLink {
    session: Session,
    queue: RefCell<OrderedQueue>,
    /// Tells the writer that the queue or `closing` changed.
    changed: Notify,
    /// How to end, once the receiver of packets asked for it: then nothing more is reported.
    closing: RefCell<Option<Closing>>,
    /// Why this side cut the connection without being asked, and the word of it for the reader:
    /// under HTTP/3 the connection goes on until the client has read why.
    cut: Cell<Option<CloseReason>>,
    was_cut: Notify,
    /// The reader is done; nothing more is reported.
    ended: Cell<bool>,
    /// Which round the last datagram belonged to, and how many of that round went out.
    burst: Cell<(u64, u8)>,
    shared: Weak<Shared>,
}

/// What a closed link tells its client.
#[derive(Clone)]
struct Closing {
    reason: CloseReason,
    text: Bytes,
}

/// Serves a link until it ends, and reports that.
pub(super) async fn run(shared: &Rc<Shared>, from: SocketAddr, opened: Opened) {
    let Opened {
        transport,
        session,
        send,
        receive,
    } = opened;
    let link = Rc::new(QuicLink {
        session: session.clone(),
        queue: RefCell::default(),
        changed: Notify::new(),
        closing: RefCell::default(),
        cut: Cell::new(None),
        was_cut: Notify::new(),
        ended: Cell::new(false),
        burst: Cell::new((0, 0)),
        shared: Rc::downgrade(shared),
    });
    let id = shared.links.insert(Rc::clone(&link) as Rc<dyn Link>);
    let open = shared.metrics.links.open(transport);
    shared.sink.opened(id, transport, from);

    spawn_local(write_ordered(Rc::clone(&link), send));
    spawn_local(read_datagrams(Rc::clone(shared), Rc::clone(&link), id));
    let reason = read_ordered(shared, &link, id, receive).await;

    // Closing what the client closed, or what broke, does nothing.
    session.close(reason.number(), reason.text().as_bytes());
    link.ended.set(true);
    link.changed.notify_one();
    if shared.links.remove(id) {
        shared.sink.closed(id, reason);
    }
    drop(open);
}

impl Shared {
    fn count_received(&self, lane: Lane, bytes: usize) {
        self.metrics.links.received_packets.of(lane).inc();
        self.metrics.links.received_bytes.of(lane).add(bytes as u64);
    }
}

impl Link for QuicLink {
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
        let closing = Closing {
            reason,
            text: Bytes::copy_from_slice(text.as_bytes().get(..end).unwrap_or_default()),
        };
        *self.closing.borrow_mut() = Some(closing.clone());
        // The writer closes as soon as the client has everything; this is for one that stalls.
        self.changed.notify_one();
        let session = self.session.clone();
        spawn_local(async move {
            let _ = timeout(CLOSE_LINGER_TIME_MAX, session.closed()).await;
            session.close(closing.reason.number(), &closing.text);
        });
    }

    fn packet_bytes_max(&self) -> usize {
        self.session.max_datagram_size().min(PACKET_BYTES_MAX)
    }
}

impl QuicLink {
    fn push(&self, lane: Lane, bytes: &[u8], round: Option<u64>) {
        let Some(shared) = self.shared.upgrade() else {
            return;
        };
        let sent = match lane {
            Lane::Ordered => self.push_ordered(bytes, &shared),
            Lane::Snapshot | Lane::Input => self.push_datagram(bytes, round, &shared),
        };
        if sent {
            let links = &shared.metrics.links;
            links.sent_packets.of(lane).inc();
            links.sent_bytes.of(lane).add(bytes.len() as u64);
        }
    }

    fn push_ordered(&self, bytes: &[u8], shared: &Shared) -> bool {
        let endless = shared.sabotage == Sabotage::EndlessQueues;
        let mut queue = self.queue.borrow_mut();
        if endless {
            queue.push_past_bounds(bytes);
        } else if queue.push(bytes) == Err(QueueFull) {
            shared.metrics.links.slow_consumers.inc();
            self.cut(CloseReason::SlowConsumer);
            return false;
        }
        self.changed.notify_one();
        true
    }

    fn push_datagram(&self, bytes: &[u8], round: Option<u64>, shared: &Shared) -> bool {
        let fits = match round {
            Some(round) => self.fits_burst(round),
            None => self.fits_buffer(bytes.len()),
        };
        let sent = fits && (self.session.send_datagram(Bytes::copy_from_slice(bytes))).is_ok();
        if !sent {
            shared.metrics.links.datagrams_dropped.inc();
        }
        sent
    }

    /// Counts one more datagram of a round, if it may have one more.
    fn fits_burst(&self, round: u64) -> bool {
        let (last, count) = self.burst.get();
        let count = if last == round { count } else { 0 };
        let fits = count < DATAGRAM_BURST_MAX;
        if fits {
            self.burst.set((round, count + 1));
        }
        fits
    }

    /// Whether a datagram of so many bytes pushes no other out of the buffer.
    fn fits_buffer(&self, bytes: usize) -> bool {
        bytes + DATAGRAM_OVERHEAD_BYTES <= self.session.datagram_send_buffer_space()
    }

    /// Ends the link at once, without being asked; the reader reports it. What ended by itself has
    /// its reason already.
    fn cut(&self, reason: CloseReason) {
        if self.session.close_reason().is_some() {
            return;
        }
        self.cut.set(Some(reason));
        let text = reason.text().as_bytes();
        self.session.close(reason.number(), text);
        self.was_cut.notify_one();
    }

    /// Whether what arrives now is nobody's any more.
    fn is_deaf(&self) -> bool {
        self.is_closing() || self.cut.get().is_some() || self.ended.get()
    }

    fn is_closing(&self) -> bool {
        self.closing.borrow().is_some()
    }

    /// Why the connection ended, in the words of links.
    fn end(&self) -> CloseReason {
        if let Some(reason) = self.cut.get() {
            return reason;
        }
        match self.session.close_reason() {
            Some(SessionError::WebTransportError(WebTransportError::Closed(code, _))) => {
                CloseReason::from_number(code).unwrap_or(CloseReason::LinkLost)
            }
            _ => match quinn::Connection::close_reason(&self.session) {
                Some(ConnectionError::TimedOut) => CloseReason::TimedOut,
                // The client ended the stream of its session, which means code 0.
                Some(ConnectionError::LocallyClosed) if self.session.request().is_some() => {
                    CloseReason::Bye
                }
                _ => CloseReason::LinkLost,
            },
        }
    }
}

/// Writes what is queued; after a close delivers the rest and then ends the connection.
async fn write_ordered(link: Rc<QuicLink>, mut send: SendStream) {
    let mut frames = Vec::new();
    loop {
        link.queue.borrow_mut().take_frames(&mut frames);
        if !frames.is_empty() {
            if send.write_all(&frames).await.is_err() {
                return link.cut(CloseReason::SlowConsumer);
            }
        } else if link.is_closing() {
            break;
        } else if link.ended.get() {
            return;
        } else {
            link.changed.notified().await;
        }
    }
    // Resolves once the client has acked the whole stream: QUIC drops unread data at a close.
    if send.finish().is_ok() {
        let _ = send.stopped().await;
    }
    let closing = link.closing.borrow().clone();
    if let Some(closing) = closing {
        let code = closing.reason.number();
        link.session.close(code, &closing.text);
    }
}

async fn read_datagrams(shared: Rc<Shared>, link: Rc<QuicLink>, id: LinkId) {
    loop {
        let datagram = match link.session.read_datagram().await {
            Ok(datagram) => datagram,
            Err(SessionError::WebTransportError(WebTransportError::UnknownSession)) => {
                return link.cut(CloseReason::Malformed);
            }
            Err(_) => return,
        };
        if link.is_deaf() {
            return;
        }
        if datagram.len() > PACKET_BYTES_MAX {
            return link.cut(CloseReason::Oversize);
        }
        shared.count_received(Lane::Input, datagram.len());
        shared.sink.received(id, Lane::Input, &datagram);
    }
}

/// Reads frames until the link ends; that a client opens a second stream ends it too.
async fn read_ordered(
    shared: &Shared,
    link: &QuicLink,
    id: LinkId,
    mut receive: RecvStream,
) -> CloseReason {
    let mut packet = Vec::new();
    let reading = async {
        loop {
            if let Err(reason) = read_frame(link, &mut receive, &mut packet).await {
                return reason;
            }
            if !link.is_deaf() {
                shared.count_received(Lane::Ordered, packet.len());
                shared.sink.received(id, Lane::Ordered, &packet);
            }
        }
    };
    tokio::select! {
        biased;
        () = link.was_cut.notified() => link.end(),
        reason = reading => reason,
        Ok(_) = link.session.accept_bi() => CloseReason::OutOfPhase,
        Ok(_) = link.session.accept_uni() => CloseReason::OutOfPhase,
    }
}

/// Replaces `packet` by the next one of the stream.
async fn read_frame(
    link: &QuicLink,
    receive: &mut RecvStream,
    packet: &mut Vec<u8>,
) -> Result<(), CloseReason> {
    let mut head = [0; HEAD_BYTES];
    (receive.read_exact(&mut head).await).map_err(|error| link.end_of_stream(&error, true))?;
    let length = usize::from(u16::from_le_bytes(head));
    if length > ORDERED_BYTES_MAX {
        return Err(CloseReason::Oversize);
    }
    if length == 0 {
        return Err(CloseReason::Malformed);
    }
    packet.resize(length, 0);
    (receive.read_exact(packet).await).map_err(|error| link.end_of_stream(&error, false))
}

impl QuicLink {
    /// Why no more frames come; between two of them a client may end its stream, that is a bye.
    fn end_of_stream(&self, error: &ReadExactError, between_frames: bool) -> CloseReason {
        match error {
            ReadExactError::FinishedEarly(0) if between_frames => CloseReason::Bye,
            ReadExactError::FinishedEarly(_) => CloseReason::Malformed,
            ReadExactError::ReadError(ReadError::SessionError(_)) => self.end(),
            ReadExactError::ReadError(_) => CloseReason::Bye,
        }
    }
}
