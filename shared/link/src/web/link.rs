//! What the links of a browser have in common: an inbox that callbacks fill, and a pipe that sends.
//!
//! Never looks into a packet and knows no transport: each one brings a [`Pipe`].

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::Uint8Array;
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::limits::{ORDERED_BYTES_MAX, PACKET_BYTES_MAX};
use tickwire_shared::transport::Transport;

use super::page;
use crate::frames::FrameError;
use crate::inbox::Inbox;
use crate::polled::PolledLink;
use crate::word::{LinkEnd, SendError, Traffic};

/// Silence of a server, in a tab that is watched, after which its link counts as lost.
const SILENCE_MILLIS: f64 = 10_000.0;

/// What one turn counts as silence at the most: a tab that was stopped has heard nothing, but that
/// says nothing about the server.
const SILENCE_A_TURN_MILLIS: f64 = 1_500.0;

/// How a transport sends and closes.
pub(super) trait Pipe {
    /// Hands over a packet of the unreliable lane; false when it was dropped instead.
    fn send_datagram(&self, bytes: &[u8]) -> bool;

    /// Hands over a packet of the Ordered lane.
    fn send_ordered(&self, bytes: &[u8]) -> Result<(), SendError>;

    /// Closes the connection; the server is told the reason.
    fn close(&self, reason: CloseReason);
}

/// What the callbacks of a link write and its owner reads.
#[derive(Clone, Default)]
pub(super) struct Mail(Rc<MailParts>);

#[derive(Default)]
struct MailParts {
    inbox: RefCell<Inbox>,
    bytes_in: Cell<u64>,
    heard: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Mail {
    /// A packet came: its length is looked at before its bytes are copied.
    pub(super) fn arrived(&self, lane: Lane, bytes: &Uint8Array) {
        let length = bytes.length() as usize;
        match lane {
            Lane::Ordered if length == 0 => self.finish(LinkEnd::BadFrame(FrameError::Empty)),
            Lane::Ordered if length > ORDERED_BYTES_MAX => {
                self.finish(LinkEnd::BadFrame(FrameError::TooLong(length)));
            }
            // No packet of ours is that long; one that is goes unread like a lost one.
            Lane::Snapshot | Lane::Input if length > PACKET_BYTES_MAX => {}
            _ => self.push(lane, bytes.to_vec()),
        }
    }

    /// A packet came whose length is known to be fair.
    pub(super) fn push(&self, lane: Lane, bytes: Vec<u8>) {
        self.0.heard.set(true);
        let all = self.0.bytes_in.get() + bytes.len() as u64;
        self.0.bytes_in.set(all);
        self.0.inbox.borrow_mut().push(lane, bytes);
        self.wake();
    }

    /// The link is over; the first end counts.
    pub(super) fn finish(&self, end: LinkEnd) {
        self.0.inbox.borrow_mut().finish(end);
        self.wake();
    }

    /// Wakes whoever waits for this link.
    pub(super) fn wake(&self) {
        let waker = self.0.waker.borrow_mut().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Waits until `ready` gives something; asked again whenever something came.
    pub(super) async fn until<T>(&self, mut ready: impl FnMut() -> Option<T>) -> T {
        poll_fn(|cx| match ready() {
            Some(found) => Poll::Ready(found),
            None => {
                *self.0.waker.borrow_mut() = Some(cx.waker().clone());
                Poll::Pending
            }
        })
        .await
    }

    /// The words of the end, if the link is over.
    pub(super) fn end(&self) -> Option<String> {
        let inbox = self.0.inbox.borrow();
        inbox.end().map(|end| end.to_string())
    }

    fn pop(&self) -> Option<Result<(Lane, Vec<u8>), LinkEnd>> {
        self.0.inbox.borrow_mut().pop()
    }
}

/// One live connection of this page.
pub(super) struct WebLink {
    transport: Transport,
    pipe: Box<dyn Pipe>,
    mail: Mail,
    bytes_out: u64,
    dropped: u64,
    /// When the owner last asked, and how long nothing was heard while it did; milliseconds.
    asked: f64,
    silent: f64,
}

impl WebLink {
    pub(super) fn new(transport: Transport, pipe: Box<dyn Pipe>, mail: Mail) -> WebLink {
        WebLink {
            transport,
            pipe,
            mail,
            bytes_out: 0,
            dropped: 0,
            asked: page::now(),
            silent: 0.0,
        }
    }

    /// Waits for a packet, or for the end.
    pub(super) async fn recv(&self) -> Result<(Lane, Vec<u8>), LinkEnd> {
        self.mail.until(|| self.mail.pop()).await
    }

    /// Ends a link on which a watched tab has heard nothing for too long.
    fn judge_silence(&mut self) {
        let now = page::now();
        let turn = (now - self.asked).clamp(0.0, SILENCE_A_TURN_MILLIS);
        self.asked = now;
        if self.mail.0.heard.take() || page::is_hidden() {
            self.silent = 0.0;
            return;
        }
        self.silent += turn;
        if self.silent >= SILENCE_MILLIS {
            self.mail.finish(LinkEnd::TimedOut);
        }
    }
}

impl PolledLink for WebLink {
    fn send(&mut self, lane: Lane, bytes: &[u8]) -> Result<(), SendError> {
        match lane {
            Lane::Snapshot => return Err(SendError::WrongLane),
            Lane::Input if bytes.len() > PACKET_BYTES_MAX || !self.pipe.send_datagram(bytes) => {
                self.dropped += 1;
                return Ok(());
            }
            Lane::Input => {}
            Lane::Ordered => {
                crate::frames::Frames::head(bytes.len()).map_err(SendError::Frame)?;
                self.pipe.send_ordered(bytes)?;
            }
        }
        self.bytes_out += bytes.len() as u64;
        Ok(())
    }

    fn try_recv(&mut self) -> Option<Result<(Lane, Vec<u8>), LinkEnd>> {
        self.judge_silence();
        self.mail.pop()
    }

    fn transport(&self) -> Transport {
        self.transport
    }

    fn traffic(&self) -> Traffic {
        Traffic {
            bytes_in: self.mail.0.bytes_in.get(),
            bytes_out: self.bytes_out,
            dropped: self.dropped,
            // A page is not told what its browser puts around a packet.
            wire_bytes_in: 0,
            wire_bytes_out: 0,
        }
    }

    fn close(&mut self, reason: CloseReason) {
        self.mail.finish(LinkEnd::Here);
        self.pipe.close(reason);
    }
}

impl Drop for WebLink {
    fn drop(&mut self) {
        if self.mail.end().is_none() {
            self.close(CloseReason::Bye);
        }
    }
}
