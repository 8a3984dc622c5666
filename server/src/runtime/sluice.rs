//! What many links are told at once goes out a slice at a time.
//!
//! A line for a full room is a packet for each of hundreds of links, and each keeps the thread that
//! encrypts and sends it busy for some microseconds. Handed over in one go they would all stand
//! before the next snapshots of another room. So only as many are let out as take well below a
//! millisecond; the rest wait here, and whatever else is due comes in between.
//!
//! Never drops a packet, and never changes the order of those of one link.

use std::collections::VecDeque;
use std::sync::Arc;

use tickwire_shared::id::LinkId;

use crate::limits::SLUICE_WAITING_MAX;

/// Packets of Ordered lanes on their way to their links, oldest first.
#[derive(Debug, Default)]
pub struct Sluice {
    waiting: VecDeque<(LinkId, Arc<[u8]>)>,
}

impl Sluice {
    /// Takes one more. False once there are so many that all must go out now.
    #[must_use]
    pub fn put(&mut self, link: LinkId, packet: Arc<[u8]>) -> bool {
        self.waiting.push_back((link, packet));
        self.waiting.len() < SLUICE_WAITING_MAX
    }

    /// The one that goes out next.
    pub fn take(&mut self) -> Option<(LinkId, Arc<[u8]>)> {
        self.waiting.pop_front()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(sluice: &mut Sluice, link: u64, byte: u8) -> bool {
        sluice.put(LinkId(link), Arc::from([byte]))
    }

    #[test]
    fn keeps_the_order() {
        let mut sluice = Sluice::default();
        assert!(sluice.is_empty());
        for (link, byte) in [(7, 1), (3, 2), (7, 3)] {
            assert!(put(&mut sluice, link, byte));
        }
        let taken = std::iter::from_fn(|| sluice.take());
        let taken: Vec<(u64, u8)> = taken.map(|(link, packet)| (link.0, packet[0])).collect();
        assert_eq!(taken, [(7, 1), (3, 2), (7, 3)]);
        assert!(sluice.is_empty());
    }

    #[test]
    fn says_when_all_must_go_out() {
        let mut sluice = Sluice::default();
        let taken = (1..).find(|link| !put(&mut sluice, *link, 0));
        assert_eq!(taken, Some(SLUICE_WAITING_MAX as u64));
    }
}
