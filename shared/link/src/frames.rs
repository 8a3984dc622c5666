//! Cuts the bytes of the Ordered lane's stream into packets.
//!
//! ```text
//! +--------+--------+----------------------------+
//! | length, u16 LE  | packet: length bytes       |   1 <= length <= 16,384
//! +--------+--------+----------------------------+
//! ```
//!
//! Never buffers more than one frame and one read beyond it.

use core::fmt;
use std::collections::VecDeque;

use tickwire_shared::limits::ORDERED_BYTES_MAX;

/// Bytes of a stream on their way to become packets.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: VecDeque<u8>,
}

/// The stream does not hold frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// A frame of no bytes.
    Empty,
    /// A frame longer than [`ORDERED_BYTES_MAX`]; holds its length in bytes.
    TooLong(usize),
}

impl Frames {
    /// Appends bytes as they came from the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    /// The next whole packet, if its bytes are all here.
    ///
    /// # Errors
    /// [`FrameError`] when the length is out of range; the stream is useless from there on.
    pub fn next_packet(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        let (Some(&low), Some(&high)) = (self.bytes.front(), self.bytes.get(1)) else {
            return Ok(None);
        };
        let length = usize::from(u16::from_le_bytes([low, high]));
        check(length)?;
        if self.bytes.len() < 2 + length {
            return Ok(None);
        }
        Ok(Some(self.bytes.drain(..2 + length).skip(2).collect()))
    }

    /// The two bytes that go before a packet of this length.
    ///
    /// # Errors
    /// [`FrameError`] when no frame may be that long or short.
    pub fn head(length: usize) -> Result<[u8; 2], FrameError> {
        check(length)?;
        u16::try_from(length)
            .map(u16::to_le_bytes)
            .map_err(|_| FrameError::TooLong(length))
    }
}

fn check(length: usize) -> Result<(), FrameError> {
    match length {
        0 => Err(FrameError::Empty),
        1..=ORDERED_BYTES_MAX => Ok(()),
        _ => Err(FrameError::TooLong(length)),
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrameError::Empty => write!(f, "an Ordered packet of no bytes"),
            FrameError::TooLong(length) => {
                let most = ORDERED_BYTES_MAX;
                write!(f, "an Ordered packet of {length} bytes, {most} at the most")
            }
        }
    }
}

impl core::error::Error for FrameError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(packet: &[u8]) -> Vec<u8> {
        let mut bytes = Frames::head(packet.len()).expect("a fair length").to_vec();
        bytes.extend(packet);
        bytes
    }

    #[test]
    fn packets_survive_any_cut() {
        let packets = [vec![7; 1], vec![8; 300], vec![9; ORDERED_BYTES_MAX]];
        let stream: Vec<u8> = packets.iter().flat_map(|p| framed(p)).collect();
        for cut in [1, 2, 3, 301, 1_000, stream.len()] {
            let (mut frames, mut got) = (Frames::default(), Vec::new());
            for piece in stream.chunks(cut) {
                frames.push(piece);
                while let Some(packet) = frames.next_packet().expect("fair frames") {
                    got.push(packet);
                }
            }
            assert_eq!(got, packets, "cut at {cut}");
        }
    }

    #[test]
    fn bad_lengths_are_refused_from_the_head_alone() {
        let mut frames = Frames::default();
        frames.push(&[0, 0]);
        assert_eq!(frames.next_packet(), Err(FrameError::Empty));
        let mut frames = Frames::default();
        frames.push(&16_385u16.to_le_bytes());
        assert_eq!(frames.next_packet(), Err(FrameError::TooLong(16_385)));
        assert_eq!(Frames::head(70_000), Err(FrameError::TooLong(70_000)));
    }
}
