//! What an answer is made of: bytes that are there, or parts that come as they are made.
//!
//! Never makes a part before there is room for it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

use super::crowd::Busy;

/// The body of an answer.
pub(super) enum Content {
    /// All of it.
    Whole(Full<Bytes>),
    /// What comes through a queue, until its other end is gone. Whoever reads it keeps its place
    /// meanwhile.
    Parts {
        /// The parts.
        queue: mpsc::Receiver<Bytes>,
        /// The place.
        _place: Option<Busy>,
    },
}

impl Content {
    /// Keeps the reader's place for as long as parts may come, and has its connection hold little
    /// of them: what a slow reader has not taken is to wait where it is counted.
    pub(super) fn keeping(self, busy: Option<Busy>) -> Content {
        match self {
            Content::Parts { queue, .. } => {
                busy.iter().for_each(Busy::hold_little);
                let _place = busy;
                Content::Parts { queue, _place }
            }
            whole @ Content::Whole(_) => whole,
        }
    }
}

impl From<Full<Bytes>> for Content {
    fn from(whole: Full<Bytes>) -> Content {
        Content::Whole(whole)
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Content::Whole(whole) => Pin::new(whole).poll_frame(cx),
            Content::Parts { queue, .. } => {
                let part = queue.poll_recv(cx);
                part.map(|part| part.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Content::Whole(whole) => whole.is_end_stream(),
            Content::Parts { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Content::Whole(whole) => whole.size_hint(),
            Content::Parts { .. } => SizeHint::default(),
        }
    }
}
