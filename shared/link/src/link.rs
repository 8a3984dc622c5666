//! One live connection to a server: lanes of packets.
//!
//! Never waits on sending and never looks into a packet.

use std::collections::VecDeque;
use std::time::Duration;

use quinn::{
    Connection, ConnectionError, Endpoint, ReadError, RecvStream, SendDatagramError, SendStream,
    VarInt, WriteError,
};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::limits::LINK_ORDERED_QUEUE_BYTES_MAX;
use tokio::time::timeout;

use crate::frames::Frames;
use crate::word::{LinkEnd, SendError, Traffic, printable};

/// Bytes read from the Ordered stream at once.
const READ_BYTES_MAX: usize = 16 * 1_024;

/// How long a goodbye may take to be handed to the network.
const GOODBYE: Duration = Duration::from_millis(300);

/// One live connection to a server. Dropping it closes it with [`CloseReason::Bye`].
#[derive(Debug)]
pub struct Link {
    endpoint: Endpoint,
    connection: Connection,
    outbox: SendStream,
    inbox: RecvStream,
    /// Framed bytes of the Ordered lane that the stream has not taken yet.
    unsent: VecDeque<u8>,
    frames: Frames,
    traffic: Traffic,
}

impl Link {
    pub(crate) fn new(
        endpoint: Endpoint,
        connection: Connection,
        outbox: SendStream,
        inbox: RecvStream,
    ) -> Link {
        Link {
            endpoint,
            connection,
            outbox,
            inbox,
            unsent: VecDeque::new(),
            frames: Frames::default(),
            traffic: Traffic::default(),
        }
    }

    /// Hands a packet to the network; never waits. Ordered packets leave while [`Link::recv`] is
    /// awaited. An Input packet that no datagram can carry is dropped and counted, as is the
    /// oldest one when the network does not keep up.
    ///
    /// # Errors
    /// [`SendError`] for a packet that can never be sent, or when the Ordered queue is full: then
    /// close the link.
    pub fn send(&mut self, lane: Lane, bytes: &[u8]) -> Result<(), SendError> {
        match lane {
            Lane::Snapshot => return Err(SendError::WrongLane),
            Lane::Input => self.send_datagram(bytes),
            Lane::Ordered => self.queue(bytes)?,
        }
        self.traffic.bytes_out += bytes.len() as u64;
        Ok(())
    }

    fn send_datagram(&mut self, bytes: &[u8]) {
        match self.connection.send_datagram(bytes.to_vec().into()) {
            // A lost connection is reported by `recv`.
            Ok(()) | Err(SendDatagramError::ConnectionLost(_)) => {}
            Err(_) => self.traffic.dropped += 1,
        }
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

    /// The next packet from the server, and meanwhile sends what waits on the Ordered lane.
    ///
    /// May be dropped at any await without losing a byte.
    ///
    /// # Errors
    /// [`LinkEnd`] when the link is over; asking again gives the end again.
    pub async fn recv(&mut self) -> Result<(Lane, Vec<u8>), LinkEnd> {
        loop {
            if let Some(packet) = self.frames.next_packet().map_err(LinkEnd::BadFrame)? {
                self.traffic.bytes_in += packet.len() as u64;
                return Ok((Lane::Ordered, packet));
            }
            let waiting = self.unsent.as_slices().0;
            tokio::select! {
                written = self.outbox.write(waiting), if !waiting.is_empty() => {
                    self.unsent.drain(..written.map_err(LinkEnd::from)?);
                }
                datagram = self.connection.read_datagram() => {
                    let datagram = datagram.map_err(LinkEnd::from)?;
                    self.traffic.bytes_in += datagram.len() as u64;
                    return Ok((Lane::Snapshot, datagram.into()));
                }
                chunk = self.inbox.read_chunk(READ_BYTES_MAX, true) => {
                    match chunk.map_err(LinkEnd::from)? {
                        Some(chunk) => self.frames.push(&chunk.bytes),
                        None => return Err(self.end_of_stream().await),
                    }
                }
            }
        }
    }

    /// A server that ends its stream is about to close the connection with a reason.
    async fn end_of_stream(&self) -> LinkEnd {
        match timeout(GOODBYE, self.connection.closed()).await {
            Ok(error) => error.into(),
            Err(_) => LinkEnd::Lost("the server ended the Ordered lane".to_owned()),
        }
    }

    /// Round trip time as QUIC measures it.
    #[must_use]
    pub fn rtt(&self) -> Duration {
        self.connection.rtt()
    }

    /// What the link carried so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        let stats = self.connection.stats();
        Traffic {
            wire_bytes_in: stats.udp_rx.bytes,
            wire_bytes_out: stats.udp_tx.bytes,
            ..self.traffic
        }
    }

    /// Closes the link; the server is told the reason. What still waits on the Ordered lane is
    /// dropped. Waits a moment for the goodbye to leave.
    pub async fn close(self, reason: CloseReason) {
        self.close_now(reason);
        // A vanished server does not hold up the caller for QUIC's whole draining period.
        let _ = timeout(GOODBYE, self.endpoint.wait_idle()).await;
    }

    /// As [`Link::close`], without waiting for the goodbye to leave.
    pub fn close_now(&self, reason: CloseReason) {
        self.connection
            .close(VarInt::from_u32(reason.number()), reason.text().as_bytes());
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.close_now(CloseReason::Bye);
    }
}

impl From<ConnectionError> for LinkEnd {
    fn from(error: ConnectionError) -> LinkEnd {
        match error {
            ConnectionError::ApplicationClosed(close) => {
                let number = u64::from(close.error_code);
                match u32::try_from(number)
                    .ok()
                    .and_then(CloseReason::from_number)
                {
                    Some(reason) => LinkEnd::Closed {
                        reason,
                        words: printable(&close.reason),
                    },
                    None => LinkEnd::ClosedUnknown(number),
                }
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
