//! The body of a request on its way.
//!
//! Never keeps a place for a body that does not come: its connection is owed an answer once all of
//! it is there.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::crowd::Claim;

/// A body that claims its connection's place when it has come.
pub(super) struct Arriving {
    body: Incoming,
    claim: Claim,
}

impl Arriving {
    /// A body of this connection; one that is empty is there already.
    pub(super) fn new(body: Incoming, claim: Claim) -> Arriving {
        let arriving = Arriving { body, claim };
        arriving.look();
        arriving
    }

    fn look(&self) {
        if self.body.is_end_stream() {
            self.claim.make();
        }
    }
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        match &frame {
            Poll::Ready(None) => self.claim.make(),
            _ => self.look(),
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
