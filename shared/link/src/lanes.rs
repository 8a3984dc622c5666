//! The lanes over a QUIC connection: datagrams and the one stream, with or without HTTP/3 between.
//!
//! Starts no task: what is sent and read is moved by whoever awaits [`Lanes::recv`].

use std::collections::VecDeque;
use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use quinn::{Connection, Endpoint};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::limits::LINK_ORDERED_QUEUE_BYTES_MAX;
use tokio::time::timeout;

use crate::frames::Frames;
use crate::word::{LinkEnd, SendError, Traffic};

/// Bytes read from the Ordered stream at once.
pub(crate) const READ_BYTES_MAX: usize = 16 * 1_024;

/// How long a goodbye may take to be handed to the network.
pub(crate) const GOODBYE: Duration = Duration::from_millis(300);

/// What QUIC and WebTransport do alike. Every future may be dropped without losing a byte.
pub(crate) trait Session {
    /// The client's half of the stream.
    type Outbox: Send;
    /// The server's half.
    type Inbox: Send;

    /// The connection below.
    fn connection(&self) -> &Connection;

    /// Queues a datagram; false when none of that size passes. On a lost connection it is true:
    /// that is told by the others.
    fn send_datagram(&self, bytes: Bytes) -> bool;

    /// The next datagram.
    fn read_datagram(&self) -> impl Future<Output = Result<Bytes, LinkEnd>> + Send;

    /// Writes what the stream takes; how many bytes that was.
    fn write(
        &self,
        outbox: &mut Self::Outbox,
        bytes: &[u8],
    ) -> impl Future<Output = Result<usize, LinkEnd>> + Send;

    /// The next bytes of the stream; `None` at its end.
    fn read(
        &self,
        inbox: &mut Self::Inbox,
    ) -> impl Future<Output = Result<Option<Bytes>, LinkEnd>> + Send;

    /// Waits until the session is over.
    fn closed(&self) -> impl Future<Output = LinkEnd> + Send;

    /// Closes it.
    fn close(&self, reason: CloseReason);
}

/// A session, its stream and what waits on both sides of it.
#[derive(Debug)]
pub(crate) struct Lanes<S: Session> {
    endpoint: Endpoint,
    session: S,
    outbox: S::Outbox,
    inbox: S::Inbox,
    /// Framed bytes of the Ordered lane that the stream has not taken yet.
    unsent: VecDeque<u8>,
    frames: Frames,
    /// Why the session is over, while what the stream had brought before is still read.
    ended: Option<LinkEnd>,
    traffic: Traffic,
}

impl<S: Session> Lanes<S> {
    pub(crate) fn new(
        endpoint: Endpoint,
        session: S,
        (outbox, inbox): (S::Outbox, S::Inbox),
    ) -> Lanes<S> {
        Lanes {
            endpoint,
            session,
            outbox,
            inbox,
            unsent: VecDeque::new(),
            frames: Frames::default(),
            ended: None,
            traffic: Traffic::default(),
        }
    }

    pub(crate) fn send(&mut self, lane: Lane, bytes: &[u8]) -> Result<(), SendError> {
        match lane {
            Lane::Snapshot => return Err(SendError::WrongLane),
            Lane::Input => {
                if !self.session.send_datagram(bytes.to_vec().into()) {
                    self.traffic.dropped += 1;
                }
            }
            Lane::Ordered => self.queue(bytes)?,
        }
        self.traffic.bytes_out += bytes.len() as u64;
        Ok(())
    }

    fn queue(&mut self, bytes: &[u8]) -> Result<(), SendError> {
        let head = Frames::head(bytes.len()).map_err(SendError::Frame)?;
        if self.unsent.len() + head.len() + bytes.len() > LINK_ORDERED_QUEUE_BYTES_MAX {
            return Err(SendError::QueueFull);
        }
        self.unsent.extend(head);
        self.unsent.extend(bytes);
        Ok(())
    }

    pub(crate) async fn recv(&mut self) -> Result<(Lane, Vec<u8>), LinkEnd> {
        loop {
            if let Some(packet) = self.frames.next_packet().map_err(LinkEnd::BadFrame)? {
                self.traffic.bytes_in += packet.len() as u64;
                return Ok((Lane::Ordered, packet));
            }
            if let Some(end) = &self.ended {
                let end = end.clone();
                self.read_rest().await.ok_or(end)?;
                continue;
            }
            let waiting = self.unsent.as_slices().0;
            tokio::select! {
                written = self.session.write(&mut self.outbox, waiting), if !waiting.is_empty() => {
                    match written {
                        Ok(count) => drop(self.unsent.drain(..count)),
                        Err(end) => self.ended = Some(end),
                    }
                }
                datagram = self.session.read_datagram() => match datagram {
                    Ok(datagram) => {
                        self.traffic.bytes_in += datagram.len() as u64;
                        return Ok((Lane::Snapshot, datagram.into()));
                    }
                    Err(end) => self.ended = Some(end),
                },
                chunk = self.session.read(&mut self.inbox) => match chunk? {
                    Some(bytes) => self.frames.push(&bytes),
                    None => return Err(self.end_of_stream().await),
                },
            }
        }
    }

    /// Takes what the stream of a session that is over still holds; `None` when nothing is left.
    /// The server closes once all it wrote is acked, and QUIC acks what nobody has read yet.
    async fn read_rest(&mut self) -> Option<()> {
        let rest = tokio::select! {
            biased;
            rest = self.session.read(&mut self.inbox) => rest,
            () = std::future::ready(()) => return None,
        };
        self.frames.push(&rest.ok()??);
        Some(())
    }

    /// A server that ends its stream is about to close the session with a reason.
    async fn end_of_stream(&self) -> LinkEnd {
        match timeout(GOODBYE, self.session.closed()).await {
            Ok(end) => end,
            Err(_) => LinkEnd::Lost("the server ended the Ordered lane".to_owned()),
        }
    }

    pub(crate) fn rtt(&self) -> Duration {
        self.session.connection().rtt()
    }

    pub(crate) fn traffic(&self) -> Traffic {
        let stats = self.session.connection().stats();
        Traffic {
            wire_bytes_in: stats.udp_rx.bytes,
            wire_bytes_out: stats.udp_tx.bytes,
            ..self.traffic
        }
    }

    pub(crate) fn close_now(&self, reason: CloseReason) {
        self.session.close(reason);
    }

    /// Waits a moment for the goodbye to leave. A vanished server does not hold up the caller for
    /// QUIC's whole draining period.
    pub(crate) async fn wait_closed(&self) {
        let left = async {
            self.session.closed().await;
            self.endpoint.wait_idle().await;
        };
        let _ = timeout(GOODBYE, left).await;
    }
}
