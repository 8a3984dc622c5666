//! The way out of the hub: what goes to links at once, and what waits for its turn.
//!
//! Never lets a packet of an Ordered lane overtake another of its link: while some wait, every
//! further one waits behind them.

use std::sync::Arc;

use tickwire_shared::id::{Lane, LinkId};
use tokio::task::yield_now;

use super::Hub;
use crate::engine::Outbound;
use crate::limits::SLUICE_SLICE;

impl Hub {
    /// Hands something to its link, now or in its turn.
    pub(super) fn hand_over(&self, outbound: Outbound) {
        match outbound {
            Outbound::Packet {
                link,
                lane: Lane::Ordered,
                bytes,
            } => self.queue(link, bytes),
            Outbound::Packet { link, lane, bytes } => self.links.send_alone(link, lane, &bytes),
            Outbound::Close { link, reason } => {
                // After what was sent before.
                self.let_out(usize::MAX);
                self.attendance.gone(link);
                self.links.close(link, reason, "");
            }
        }
    }

    /// Hands a packet of a room's batch to its link.
    pub(super) fn send_of_batch(&self, link: LinkId, lane: Lane, bytes: &[u8]) {
        if lane == Lane::Ordered && !self.sluice.borrow().is_empty() {
            return self.queue(link, Arc::from(bytes));
        }
        self.links.send(link, lane, bytes);
    }

    /// Lets out what waits, slice by slice, for as long as the server runs.
    pub(in crate::host) async fn let_out_in_turn(&self) {
        loop {
            self.dammed.notified().await;
            while self.let_out(SLUICE_SLICE) {
                // Links encrypt and send, rooms and clients are heard.
                yield_now().await;
            }
        }
    }

    /// Lets out so many at the most; whether more wait.
    pub(super) fn let_out(&self, most: usize) -> bool {
        for _ in 0..most {
            let next = self.sluice.borrow_mut().take();
            match next {
                Some((link, packet)) => self.links.send_alone(link, Lane::Ordered, &packet),
                None => return false,
            }
        }
        !self.sluice.borrow().is_empty()
    }

    fn queue(&self, link: LinkId, packet: Arc<[u8]>) {
        let fits = self.sluice.borrow_mut().put(link, packet);
        if !fits {
            self.let_out(usize::MAX);
        }
    }
}
