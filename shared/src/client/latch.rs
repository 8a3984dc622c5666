//! What the player wants, between the frames of a screen and the ticks of a room.
//!
//! Never loses a tap and never doubles one: an edge word latches until exactly one tick took it,
//! while hold words simply keep their last value.

use crate::input::InputShape;

/// The wanted input.
#[derive(Clone, Debug)]
pub struct Latch {
    shape: InputShape,
    hold: Vec<u32>,
    /// For each word a tap that no tick has taken.
    taps: Vec<Option<u32>>,
}

impl Latch {
    /// Hands off.
    #[must_use]
    pub fn new(shape: InputShape) -> Latch {
        Latch {
            hold: shape.neutral().to_vec(),
            taps: vec![None; shape.words()],
            shape,
        }
    }

    /// The player wants this row from now on; its edges, where not neutral, are taps.
    pub fn set(&mut self, row: &[u32]) {
        for (at, (&word, hold)) in row.iter().zip(&mut self.hold).enumerate() {
            match self.shape.is_edge(at) {
                true if word != self.shape.neutral()[at] => self.taps[at] = Some(word),
                true => {}
                false => *hold = word,
            }
        }
    }

    /// Only the taps of this row; hold words stay as they are.
    pub fn press(&mut self, row: &[u32]) {
        for (at, &word) in row.iter().enumerate().take(self.taps.len()) {
            if self.shape.is_edge(at) && word != self.shape.neutral()[at] {
                self.taps[at] = Some(word);
            }
        }
    }

    /// The row of the next tick; its taps are used up.
    pub fn take(&mut self, out: &mut Vec<u32>) {
        out.clear();
        out.extend_from_slice(&self.hold);
        for (word, tap) in out.iter_mut().zip(&mut self.taps) {
            if let Some(tap) = tap.take() {
                *word = tap;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tap_is_taken_by_exactly_one_tick() {
        let shape = InputShape::plain(vec![5, 0], vec![false, true]);
        let mut latch = Latch::new(shape);
        let mut row = Vec::new();
        latch.set(&[7, 1]);
        latch.set(&[8, 0]);
        latch.take(&mut row);
        assert_eq!(
            row,
            [8, 1],
            "the tap survives a later frame before the tick"
        );
        latch.take(&mut row);
        assert_eq!(row, [8, 0]);
        latch.press(&[99, 1]);
        latch.take(&mut row);
        assert_eq!(row, [8, 1], "a press does not touch what is held");
    }
}
