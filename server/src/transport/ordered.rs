//! The Ordered lane of a link on its way out: a bounded queue and the frames it becomes.
//!
//! Never grows past its bound and never drops: a client that does not read loses its link.
//!
//! ```text
//! frame: | length u16 LE | packet, 1 to 16,384 bytes |
//! ```

use std::collections::VecDeque;

use tickwire_shared::limits::ORDERED_BYTES_MAX;

use crate::limits::{ORDERED_QUEUE_BYTES_MAX, ORDERED_QUEUE_PACKETS_MAX};

/// Bytes of a frame's head.
pub(super) const HEAD_BYTES: usize = 2;

/// Bytes of frames that are written at a time, so that many short ones share one write.
const WRITE_BYTES: usize = 16 * 1_024;

/// The packet does not fit the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QueueFull;

/// Packets that wait to be written.
#[derive(Debug, Default)]
pub(super) struct OrderedQueue {
    packets: VecDeque<Box<[u8]>>,
    bytes: usize,
}

impl OrderedQueue {
    /// Adds a packet.
    ///
    /// # Errors
    /// [`QueueFull`] when the queue holds its maximum of packets or bytes, or when the packet is
    /// not one that a frame can hold.
    pub(super) fn push(&mut self, packet: &[u8]) -> Result<(), QueueFull> {
        let fits_a_frame = !packet.is_empty() && packet.len() <= ORDERED_BYTES_MAX;
        debug_assert!(fits_a_frame, "a packet of {} bytes", packet.len());
        let bytes = self.bytes + packet.len();
        if !fits_a_frame
            || self.packets.len() >= ORDERED_QUEUE_PACKETS_MAX
            || bytes > ORDERED_QUEUE_BYTES_MAX
        {
            return Err(QueueFull);
        }
        self.push_past_bounds(packet);
        Ok(())
    }

    /// Adds a packet that fits a frame, however many wait: by itself only where a test took the
    /// bounds off.
    pub(super) fn push_past_bounds(&mut self, packet: &[u8]) {
        self.packets.push_back(packet.into());
        self.bytes += packet.len();
    }

    /// The packet that goes next.
    pub(super) fn first(&self) -> Option<&[u8]> {
        self.packets.front().map(AsRef::as_ref)
    }

    /// Drops the packet that went.
    pub(super) fn drop_first(&mut self) {
        if let Some(packet) = self.packets.pop_front() {
            self.bytes -= packet.len();
        }
    }

    /// Replaces `frames` by the frames of the next packets; leaves it empty when none wait.
    pub(super) fn take_frames(&mut self, frames: &mut Vec<u8>) {
        frames.clear();
        while frames.len() < WRITE_BYTES {
            let Some(packet) = self.packets.pop_front() else {
                return;
            };
            self.bytes -= packet.len();
            frames.extend_from_slice(&(packet.len() as u16).to_le_bytes());
            frames.extend_from_slice(&packet);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_become_frames_in_order() {
        let mut queue = OrderedQueue::default();
        queue.push(&[7, 8, 9]).unwrap();
        queue.push(&[1]).unwrap();
        let mut frames = vec![0xFF];
        queue.take_frames(&mut frames);
        assert_eq!(frames, [3, 0, 7, 8, 9, 1, 0, 1]);
        queue.take_frames(&mut frames);
        assert!(frames.is_empty());
    }

    #[test]
    fn full_by_count_and_by_bytes() {
        let mut queue = OrderedQueue::default();
        for _ in 0..ORDERED_QUEUE_PACKETS_MAX {
            queue.push(&[1]).unwrap();
        }
        assert_eq!(queue.push(&[1]), Err(QueueFull));

        let mut queue = OrderedQueue::default();
        for _ in 0..ORDERED_QUEUE_BYTES_MAX / ORDERED_BYTES_MAX {
            queue.push(&[0; ORDERED_BYTES_MAX]).unwrap();
        }
        assert_eq!(queue.push(&[1]), Err(QueueFull));
        let mut frames = Vec::new();
        queue.take_frames(&mut frames);
        assert_eq!(frames.len(), HEAD_BYTES + ORDERED_BYTES_MAX);
        assert_eq!(queue.push(&[1]), Ok(()));
    }
}
