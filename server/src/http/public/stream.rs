//! A public connection's bytes, in the clear or under TLS, with three manners: it gives others
//! their turn, it does not wait for ever, and it says whether it has something left to send.
//!
//! Never buffers: what does not go to the kernel goes back to the caller.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::server::TlsStream;

use crate::limits::{
    HTTP_STALL_TIME_MAX, STREAM_READS_PER_TURN, WEBSOCKET_SEND_BUFFER_BYTES, WEBSOCKET_UNSENT_BYTES,
};

/// Whether a part of what was to be written has not gone to the kernel yet; copies share it. All of
/// it stays on one thread; it is atomic because a connection that may be upgraded must be `Send`.
#[derive(Clone, Debug, Default)]
pub(super) struct Backlog(Arc<Flags>);

#[derive(Debug, Default)]
struct Flags {
    waits: AtomicBool,
    hold_little: AtomicBool,
}

impl Backlog {
    /// Whether everything is sent.
    pub(super) fn is_empty(&self) -> bool {
        !self.0.waits.load(Ordering::Relaxed)
    }

    /// Has the connection hold little from its next write on: see [`Stream::hold_little`].
    pub(super) fn hold_little(&self) {
        self.0.hold_little.store(true, Ordering::Relaxed);
    }

    fn set(&self, waits: bool) {
        self.0.waits.store(waits, Ordering::Relaxed);
    }
}

/// A connection of the public listener.
pub(super) struct Stream {
    bytes: Bytes,
    /// Whoever writes flushes once everything is written: from the first write to that flush
    /// something waits.
    backlog: Backlog,
    /// Runs while the client takes nothing.
    stall: Option<Pin<Box<Sleep>>>,
    /// Reads since others had their turn.
    reads: u8,
}

enum Bytes {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// A connection in the clear.
    pub(super) fn plain(tcp: TcpStream, backlog: Backlog) -> Stream {
        Stream::of(Bytes::Plain(tcp), backlog)
    }

    /// A connection whose handshake is done.
    pub(super) fn tls(tls: TlsStream<TcpStream>, backlog: Backlog) -> Stream {
        Stream::of(Bytes::Tls(Box::new(tls)), backlog)
    }

    fn of(bytes: Bytes, backlog: Backlog) -> Stream {
        Stream {
            bytes,
            backlog,
            stall: None,
            reads: 0,
        }
    }

    /// Keeps the kernel from taking more than is soon on its way: what it has taken cannot be
    /// replaced by something newer.
    pub(super) fn hold_little(&self) {
        let tcp = match &self.bytes {
            Bytes::Plain(tcp) => tcp,
            Bytes::Tls(tls) => tls.get_ref().0,
        };
        let socket = SockRef::from(tcp);
        let outcome = socket.set_send_buffer_size(WEBSOCKET_SEND_BUFFER_BYTES);
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let outcome = outcome.and(socket.set_tcp_notsent_lowat(WEBSOCKET_UNSENT_BYTES));
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let _ = WEBSOCKET_UNSENT_BYTES;
        if let Err(error) = outcome {
            tracing::debug!(%error, "a connection keeps the kernel's own buffers");
        }
    }

    fn begin_write(&self) {
        self.backlog.set(true);
        if self.backlog.0.hold_little.swap(false, Ordering::Relaxed) {
            self.hold_little();
        }
    }

    /// Passes on what came of a write, or an error once nothing was taken for too long.
    fn watch<T>(
        &mut self,
        cx: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stall = None;
            return outcome;
        }
        let stall = self
            .stall
            .get_or_insert_with(|| Box::pin(sleep(HTTP_STALL_TIME_MAX)));
        ready!(stall.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.reads >= STREAM_READS_PER_TURN {
            self.reads = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let outcome = match &mut self.bytes {
            Bytes::Plain(tcp) => Pin::new(tcp).poll_read(cx, buffer),
            Bytes::Tls(tls) => Pin::new(tls).poll_read(cx, buffer),
        };
        // Whoever finds nothing to read gives others their turn anyway.
        self.reads = if outcome.is_ready() {
            self.reads + 1
        } else {
            0
        };
        outcome
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.begin_write();
        let outcome = match &mut self.bytes {
            Bytes::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Bytes::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        };
        self.watch(cx, outcome)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = match &mut self.bytes {
            Bytes::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Bytes::Tls(tls) => Pin::new(tls).poll_flush(cx),
        };
        if outcome.is_ready() {
            self.backlog.set(false);
        }
        self.watch(cx, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = match &mut self.bytes {
            Bytes::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Bytes::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        };
        self.watch(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.begin_write();
        let outcome = match &mut self.bytes {
            Bytes::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, slices),
            Bytes::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, slices),
        };
        self.watch(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.bytes {
            Bytes::Plain(tcp) => tcp.is_write_vectored(),
            Bytes::Tls(tls) => tls.is_write_vectored(),
        }
    }
}
