//! What a link says about itself: what it carried, why it did not send, why it ended.
//!
//! Never holds a connection; every transport, native or in a browser, speaks in these words.

use core::fmt;
use core::time::Duration;

use tickwire_shared::close::CloseReason;
use tickwire_shared::transport::Transport;

use crate::frames::FrameError;

/// What a link carried, in packets and in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes of packets on all lanes that came.
    pub bytes_in: u64,
    /// Bytes of packets on all lanes that were handed to the network.
    pub bytes_out: u64,
    /// Input packets dropped here because no datagram of that size passes.
    pub dropped: u64,
    /// Bytes of UDP payload that came: packets with the transport's own headers, acks and repeats;
    /// over WebSocket bytes of frames.
    pub wire_bytes_in: u64,
    /// Bytes of the same that went.
    pub wire_bytes_out: u64,
}

/// How one transport did when several were tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which.
    pub transport: Transport,
    /// How long the first echo of a probe took after the link was open; or why there was none, in
    /// words for a player.
    pub outcome: Result<Duration, String>,
}

/// Why a packet was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendError {
    /// A client sends on Input and Ordered only.
    WrongLane,
    /// No frame of the Ordered lane may have this length.
    Frame(FrameError),
    /// [`tickwire_shared::limits::LINK_ORDERED_QUEUE_BYTES_MAX`] bytes wait already: the server
    /// does not read.
    QueueFull,
}

/// Why a link ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkEnd {
    /// The server closed it with a reason, and may have added words of its own.
    Closed {
        /// The numbered reason.
        reason: CloseReason,
        /// The server's words, at most 200 characters; may be empty.
        words: String,
    },
    /// The server closed it with a number this version does not know.
    ClosedUnknown(u64),
    /// The server sent bytes that are no frames.
    BadFrame(FrameError),
    /// Nothing was heard from the server for too long.
    TimedOut,
    /// The connection broke; holds the transport's words.
    Lost(String),
    /// This side closed it.
    Here,
}

impl LinkEnd {
    /// The end that a server's number and words stand for.
    pub(crate) fn told(number: u64, words: String) -> LinkEnd {
        let known = u32::try_from(number).ok();
        match known.and_then(CloseReason::from_number) {
            Some(reason) => LinkEnd::Closed { reason, words },
            None => LinkEnd::ClosedUnknown(number),
        }
    }

    /// The numbered reason, where there is one; [`CloseReason::LinkLost`] for a broken link.
    #[must_use]
    pub fn reason(&self) -> CloseReason {
        match self {
            LinkEnd::Closed { reason, .. } => *reason,
            LinkEnd::ClosedUnknown(_) => CloseReason::Refused,
            LinkEnd::BadFrame(_) => CloseReason::Malformed,
            LinkEnd::TimedOut => CloseReason::TimedOut,
            LinkEnd::Lost(_) | LinkEnd::Here => CloseReason::LinkLost,
        }
    }
}

/// A stranger's words, safe to show on a terminal.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

impl fmt::Display for LinkEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkEnd::Closed { reason, words } if words.is_empty() || words == reason.text() => {
                write!(f, "{reason}")
            }
            LinkEnd::Closed { reason, words } => write!(f, "{reason}: {words}"),
            LinkEnd::ClosedUnknown(number) => write!(
                f,
                "the server closed the link for reason {number}, which this version does not know"
            ),
            LinkEnd::BadFrame(error) => write!(f, "the server sent {error}"),
            LinkEnd::TimedOut => write!(f, "the server fell silent"),
            LinkEnd::Lost(words) => write!(f, "the link broke: {words}"),
            LinkEnd::Here => write!(f, "the link was closed here"),
        }
    }
}

impl core::error::Error for LinkEnd {}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::WrongLane => write!(f, "a client does not send on the Snapshot lane"),
            SendError::Frame(error) => write!(f, "{error}"),
            SendError::QueueFull => write!(f, "the server does not read the Ordered lane"),
        }
    }
}

impl core::error::Error for SendError {}
