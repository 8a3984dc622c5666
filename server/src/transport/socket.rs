//! The one UDP socket of the server: QUIC, WebTransport and WebRTC share its port.
//!
//! Never waits and never ends: an error of the kernel is counted, since one that reached the QUIC
//! endpoint would end every link. The first byte tells the protocols apart (RFC 9443); QUIC gets
//! its datagrams as if the socket were its own, the rest goes through the gate.
//!
//! ```text
//! first byte: 0 to 3 STUN | 20 to 63 DTLS | 64 to 127 and 192 to 255 QUIC | anything else dropped
//! ```

mod gate;
mod ledger;
mod sort;
mod stun;

pub use gate::Sabotage;
pub(super) use gate::{ConnectionId, Foreign, Gate, Path};
pub(super) use ledger::Standing;
#[cfg(test)]
pub(super) use stun::tests;
pub(super) use stun::{TRANSACTION_BYTES, transaction_answered};

use std::fmt;
use std::future::Future;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use quinn::udp::{RecvMeta, Transmit, UdpSocketState};
use quinn::{AsyncUdpSocket, UdpPoller};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use self::ledger::Ledger;
use crate::limits::{FOREIGN_BATCHES_MAX, UDP_SOCKET_BUFFER_BYTES};
use crate::metrics::{DropCause, Metrics};
use crate::runtime::clock;

/// The shared socket.
pub struct MuxSocket {
    io: UdpSocket,
    state: UdpSocketState,
    gate: Gate,
    /// What addresses whose handshake is under way may be sent.
    ledger: Ledger,
    metrics: Arc<Metrics>,
}

impl MuxSocket {
    /// Binds the port; needs a runtime.
    ///
    /// # Errors
    /// What the kernel says.
    pub(super) fn bind(listen: SocketAddr, metrics: Arc<Metrics>) -> io::Result<Arc<MuxSocket>> {
        let socket = udp_socket(listen)?;
        socket.set_nonblocking(true)?;
        let state = UdpSocketState::new((&socket).into())?;
        Ok(Arc::new(MuxSocket {
            io: UdpSocket::from_std(socket)?,
            state,
            gate: Gate::default(),
            ledger: Ledger::default(),
            metrics,
        }))
    }

    /// Who may reach WebRTC through this socket.
    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Sends one datagram from the address the other side used, or drops it and counts that.
    pub(super) fn send(&self, path: Path, bytes: &[u8]) {
        let transmit = Transmit {
            destination: path.remote,
            ecn: None,
            contents: bytes,
            segment_size: None,
            src_ip: path.local,
        };
        if self.write(&transmit).is_err() {
            self.metrics.foreign_dropped.inc(DropCause::NotSent);
        }
    }

    fn write(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.io.try_io(Interest::WRITABLE, || {
            self.state.send((&self.io).into(), transmit)
        })
    }

    /// Takes out of a batch what is not QUIC's. Whether QUIC has anything left of it.
    fn sort(&self, buffers: &mut [IoSliceMut<'_>], metas: &mut [RecvMeta]) -> bool {
        let mut any = false;
        for (buffer, meta) in buffers.iter_mut().zip(metas) {
            let path = Path {
                remote: meta.addr,
                local: meta.dst_ip,
            };
            // What is left of an entry may be nothing; the endpoint then reads nothing from it.
            meta.len = sort::keep_quic(buffer, meta.len, meta.stride, |protocol, datagram| {
                let passed = self.gate.pass(protocol, path, datagram, clock::instant());
                if let Err(cause) = passed {
                    self.metrics.foreign_dropped.inc(cause);
                }
            });
            if meta.len > 0 {
                any = true;
                let kept = buffer.get(..meta.len).unwrap_or_default();
                self.ledger.receive(meta.addr, kept);
            }
        }
        any
    }
}

impl AsyncUdpSocket for MuxSocket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(WritePoller {
            socket: self,
            waiting: None,
        })
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        let (to, bytes) = (transmit.destination, transmit.contents.len());
        if !self.ledger.may_send(to, bytes) {
            // For QUIC it is as if the network had lost it.
            self.metrics.foreign_dropped.inc(DropCause::Unanswered);
            return Ok(());
        }
        self.write(transmit)
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        for _ in 0..FOREIGN_BATCHES_MAX {
            if ready!(self.io.poll_recv_ready(cx)).is_err() {
                // The runtime shuts down; nothing will come any more.
                return Poll::Pending;
            }
            let received = self.io.try_io(Interest::READABLE, || {
                self.state.recv((&self.io).into(), bufs, meta)
            });
            match received {
                Ok(count) => {
                    if self.sort(bufs, meta.get_mut(..count).unwrap_or_default()) {
                        return Poll::Ready(Ok(count));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => self.metrics.foreign_dropped.inc(DropCause::NotReceived),
            }
        }
        // Somebody floods the port with what is not QUIC: others get their turn first.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr()
    }

    fn may_fragment(&self) -> bool {
        self.state.may_fragment()
    }

    fn max_transmit_segments(&self) -> usize {
        self.state.max_gso_segments()
    }

    fn max_receive_segments(&self) -> usize {
        self.state.gro_segments()
    }
}

impl fmt::Debug for MuxSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MuxSocket").field("io", &self.io).finish()
    }
}

/// Waits until a socket takes datagrams again; each waiter has its own, so that all are woken.
struct WritePoller {
    socket: Arc<MuxSocket>,
    waiting: Option<Pin<Box<dyn Future<Output = io::Result<()>> + Send + Sync>>>,
}

impl UdpPoller for WritePoller {
    fn poll_writable(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let waiting = this.waiting.get_or_insert_with(|| {
            let socket = Arc::clone(&this.socket);
            Box::pin(async move { socket.io.writable().await })
        });
        let outcome = ready!(waiting.as_mut().poll(cx));
        this.waiting = None;
        Poll::Ready(outcome)
    }
}

impl fmt::Debug for WritePoller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WritePoller").finish_non_exhaustive()
    }
}

/// A bound socket with the buffers that the server asks for.
pub(crate) fn udp_socket(listen: SocketAddr) -> io::Result<std::net::UdpSocket> {
    let socket = Socket::new(
        Domain::for_address(listen),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    if listen.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    // The kernel may give less; a smaller buffer loses packets when the machine stalls.
    for outcome in [
        socket.set_recv_buffer_size(UDP_SOCKET_BUFFER_BYTES),
        socket.set_send_buffer_size(UDP_SOCKET_BUFFER_BYTES),
    ] {
        if let Err(error) = outcome {
            tracing::debug!(%error, "the UDP socket keeps its default buffers");
        }
    }
    socket.bind(&listen.into())?;
    Ok(socket.into())
}
