//! One link of a pilot, and since when it has been silent.
//!
//! Never looks into a packet and never decides that a link is dead.

use std::time::Duration;

use tickwire_link::{LinkEnd, PolledLink, SendError, Traffic};
use tickwire_shared::close::CloseReason;
use tickwire_shared::conditioner::Network;
use tickwire_shared::id::Lane;
use tickwire_shared::time::Instant;
use tickwire_shared::transport::Transport;

use crate::route::PolledRoute;

/// A link, the simulated network in front of it, and when it was heard.
pub struct Line {
    route: PolledRoute,
    /// When the link itself last gave a packet, whatever the simulated network makes of it, or when
    /// it was opened.
    heard: Instant,
    /// What it had carried by then.
    bytes_in: u64,
}

impl Line {
    /// A line over a link that was just opened.
    #[must_use]
    pub fn new(link: Box<dyn PolledLink>, network: Option<(Network, u64)>, now: Instant) -> Line {
        Line {
            route: PolledRoute::new(link, network),
            heard: now,
            bytes_in: 0,
        }
    }

    /// From now on packets suffer these figures, or none.
    pub fn set_network(&mut self, network: Option<(Network, u64)>) {
        self.route.set_network(network);
    }

    /// Hands a packet to the network; never waits.
    ///
    /// # Errors
    /// [`SendError`] as [`PolledLink::send`].
    pub fn send(&mut self, now: Instant, lane: Lane, bytes: Vec<u8>) -> Result<(), SendError> {
        self.route.send(now, lane, bytes)
    }

    /// The next packet that has arrived by `now`, or the end of the link.
    pub fn try_recv(&mut self, now: Instant) -> Option<Result<(Lane, Vec<u8>), LinkEnd>> {
        let received = self.route.try_recv(now);
        let bytes_in = self.route.traffic().bytes_in;
        if bytes_in != self.bytes_in {
            self.bytes_in = bytes_in;
            self.heard = now;
        }
        received
    }

    /// When the link itself last gave a packet, or was opened.
    #[must_use]
    pub fn heard(&self) -> Instant {
        self.heard
    }

    /// The program stood still until `now`: nothing could be heard meanwhile.
    pub fn excuse(&mut self, now: Instant) {
        self.heard = now;
    }

    /// The network may be another one now: the link counts as silent for so long at least, until it
    /// speaks.
    pub fn doubt(&mut self, now: Instant, silent: Duration) {
        let since = Instant(now.micros().saturating_sub(silent.as_micros() as u64));
        self.heard = self.heard.min(since);
    }

    /// What carries it.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.route.transport()
    }

    /// What the link carried so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.route.traffic()
    }

    /// Closes the link; the server is told the reason.
    pub fn close(&mut self, reason: CloseReason) {
        self.route.close(reason);
    }
}

/// What two links carried together.
#[must_use]
pub fn sum(a: Traffic, b: Traffic) -> Traffic {
    Traffic {
        bytes_in: a.bytes_in + b.bytes_in,
        bytes_out: a.bytes_out + b.bytes_out,
        dropped: a.dropped + b.dropped,
        wire_bytes_in: a.wire_bytes_in + b.wire_bytes_in,
        wire_bytes_out: a.wire_bytes_out + b.wire_bytes_out,
    }
}
