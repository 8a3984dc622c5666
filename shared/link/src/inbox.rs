//! What has come on a link and was not taken yet.
//!
//! Never looks into a packet. Snapshots replace each other: at the bound the oldest go unread, so
//! that a tab that stood still for a minute does not have a minute of work. The Ordered lane loses
//! nothing: at its bound the link ends.

use std::collections::VecDeque;

use tickwire_shared::id::Lane;
use tickwire_shared::limits::{LINK_ORDERED_INBOX_BYTES_MAX, LINK_SNAPSHOT_INBOX_MAX};

use crate::word::LinkEnd;

/// What a packet on the Ordered lane counts beside its bytes: many tiny ones are bounded too.
const PACKET_OVERHEAD_BYTES: usize = 32;

/// Packets that wait to be taken, and then the end of the link.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    snapshots: VecDeque<Vec<u8>>,
    ordered: VecDeque<Vec<u8>>,
    ordered_bytes: usize,
    end: Option<LinkEnd>,
}

impl Inbox {
    /// Takes in a packet of the Snapshot or the Ordered lane; after the end it is dropped.
    pub(crate) fn push(&mut self, lane: Lane, bytes: Vec<u8>) {
        if self.end.is_some() {
            return;
        }
        if lane != Lane::Ordered {
            if self.snapshots.len() >= LINK_SNAPSHOT_INBOX_MAX {
                self.snapshots.pop_front();
            }
            self.snapshots.push_back(bytes);
            return;
        }
        self.ordered_bytes += bytes.len() + PACKET_OVERHEAD_BYTES;
        if self.ordered_bytes > LINK_ORDERED_INBOX_BYTES_MAX {
            let words = "more came than this client could read".to_owned();
            return self.finish(LinkEnd::Lost(words));
        }
        self.ordered.push_back(bytes);
    }

    /// The link is over; the first end counts.
    pub(crate) fn finish(&mut self, end: LinkEnd) {
        self.end.get_or_insert(end);
    }

    /// How the link ended, though packets may still wait.
    pub(crate) fn end(&self) -> Option<&LinkEnd> {
        self.end.as_ref()
    }

    /// The next packet, Ordered ones first; once there is none, the end.
    pub(crate) fn pop(&mut self) -> Option<Result<(Lane, Vec<u8>), LinkEnd>> {
        if let Some(bytes) = self.ordered.pop_front() {
            let counted = bytes.len() + PACKET_OVERHEAD_BYTES;
            self.ordered_bytes = self.ordered_bytes.saturating_sub(counted);
            return Some(Ok((Lane::Ordered, bytes)));
        }
        if let Some(bytes) = self.snapshots.pop_front() {
            return Some(Ok((Lane::Snapshot, bytes)));
        }
        self.end.clone().map(Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backlog_of_snapshots_keeps_the_newest() {
        let mut inbox = Inbox::default();
        let count = LINK_SNAPSHOT_INBOX_MAX as u32 + 3_600;
        for number in 0..count {
            inbox.push(Lane::Snapshot, number.to_le_bytes().to_vec());
        }
        let first = (count - LINK_SNAPSHOT_INBOX_MAX as u32).to_le_bytes();
        let taken: Vec<_> = std::iter::from_fn(|| inbox.pop()).collect();
        assert_eq!(taken.len(), LINK_SNAPSHOT_INBOX_MAX);
        assert_eq!(taken[0], Ok((Lane::Snapshot, first.to_vec())));
    }

    #[test]
    fn ordered_packets_come_whole_and_before_the_end() {
        let mut inbox = Inbox::default();
        for number in 0..100_u8 {
            inbox.push(Lane::Ordered, vec![number]);
        }
        inbox.finish(LinkEnd::TimedOut);
        inbox.finish(LinkEnd::Here);
        inbox.push(Lane::Ordered, vec![200]);
        for number in 0..100_u8 {
            assert_eq!(inbox.pop(), Some(Ok((Lane::Ordered, vec![number]))));
        }
        assert_eq!(inbox.pop(), Some(Err(LinkEnd::TimedOut)));
        assert_eq!(inbox.pop(), Some(Err(LinkEnd::TimedOut)), "and again");
    }

    #[test]
    fn an_ordered_lane_nobody_reads_ends_the_link() {
        let mut inbox = Inbox::default();
        let mut pushed = 0;
        while inbox.end().is_none() {
            inbox.push(Lane::Ordered, vec![0; 1_000]);
            pushed += 1;
        }
        assert!(pushed * 1_000 > LINK_ORDERED_INBOX_BYTES_MAX / 2);
        let taken = std::iter::from_fn(|| inbox.pop()?.ok()).count();
        assert_eq!(taken, pushed - 1, "what came before is not lost");
        let mut tiny = Inbox::default();
        (0..LINK_ORDERED_INBOX_BYTES_MAX).for_each(|_| tiny.push(Lane::Ordered, Vec::new()));
        assert!(tiny.end().is_some());
    }
}
