//! The client's last inputs, sent again and again until the server has them.
//!
//! Never sends anything itself: it says which rows the next input packet carries. A lost packet
//! costs nothing as long as a later one with the same input arrives before the input's tick.

use crate::id::Tick;
use crate::limits::INPUT_BATCH_MAX;

/// How many rows a packet carries at least: one loss never costs an input by itself.
const ROWS_MIN: usize = 3;

/// The inputs that may still have to be sent, newest last.
#[derive(Clone, Debug)]
pub struct InputBatch {
    stride: usize,
    newest: Tick,
    /// Rows of consecutive ticks up to `newest`, oldest first.
    rows: Vec<u32>,
    count: usize,
    /// Newest input tick the server reported.
    received: Tick,
}

impl InputBatch {
    /// An empty batch of rows of `stride` words.
    #[must_use]
    pub fn new(stride: usize) -> InputBatch {
        InputBatch {
            stride,
            newest: Tick::ZERO,
            rows: Vec::with_capacity(stride * INPUT_BATCH_MAX),
            count: 0,
            received: Tick::ZERO,
        }
    }

    /// Adds the input of `tick`. When `tick` does not follow the newest one (the clock jumped), the
    /// older inputs are forgotten: their ticks are over. The oldest past [`INPUT_BATCH_MAX`] goes.
    pub fn push(&mut self, tick: Tick, row: &[u32]) {
        if self.newest.next() != tick {
            self.clear();
        }
        if self.count == INPUT_BATCH_MAX {
            self.rows.drain(..self.stride);
            self.count -= 1;
        }
        self.rows.extend_from_slice(row);
        self.rows.resize((self.count + 1) * self.stride, 0);
        self.count += 1;
        self.newest = tick;
    }

    /// Forgets every input, as after a jump of the clock.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.count = 0;
    }

    /// The server reported that it has the input of `tick`.
    ///
    /// It may still lack an older one, but a packet that carried `tick` carried those before it.
    pub fn received(&mut self, tick: Tick) {
        self.received = self.received.max(tick);
    }

    /// The newest tick in the batch; `None` when it is empty.
    #[must_use]
    pub fn newest(&self) -> Option<Tick> {
        (self.count > 0).then_some(self.newest)
    }

    /// How many rows the next packet carries: those the server has not reported, within what loss
    /// and round trip make useful. An input older than its lead is of no use any more.
    ///
    /// `loss` is 0.0 to 1.0, `lead_ticks` how far ahead of the server the client runs.
    #[must_use]
    pub fn useful(&self, loss: f32, lead_ticks: u32) -> usize {
        let unreported = self.newest.since(self.received) as usize;
        let wanted = ROWS_MIN + (loss.clamp(0.0, 1.0) * 40.0) as usize;
        let alive = (lead_ticks as usize).max(ROWS_MIN);
        let most = wanted.min(alive).min(INPUT_BATCH_MAX);
        unreported.clamp(1, most).min(self.count)
    }

    /// The newest `count` rows in one slice of whole rows, newest first, appended to `out`.
    pub fn copy_newest_first(&self, count: usize, out: &mut Vec<u32>) {
        for age in 0..count.min(self.count) {
            let start = (self.count - 1 - age) * self.stride;
            out.extend_from_slice(&self.rows[start..start + self.stride]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(ticks: core::ops::RangeInclusive<u32>) -> InputBatch {
        let mut batch = InputBatch::new(2);
        for tick in ticks {
            batch.push(Tick(tick), &[tick, tick * 10]);
        }
        batch
    }

    #[test]
    fn rows_come_newest_first() {
        let mut out = Vec::new();
        batch(5..=9).copy_newest_first(2, &mut out);
        assert_eq!(out, [9, 90, 8, 80]);
    }

    #[test]
    fn the_oldest_go_at_the_bound_and_at_a_jump() {
        let mut out = Vec::new();
        batch(1..=40).copy_newest_first(100, &mut out);
        assert_eq!(out.len(), INPUT_BATCH_MAX * 2);
        let mut jumped = batch(1..=5);
        jumped.push(Tick(50), &[50, 500]);
        out.clear();
        jumped.copy_newest_first(100, &mut out);
        assert_eq!(out, [50, 500]);
    }

    #[test]
    fn what_the_server_reported_is_not_sent_again() {
        let mut batch = batch(1..=10);
        assert_eq!(batch.useful(0.0, 20), ROWS_MIN);
        assert_eq!(batch.useful(0.2, 20), 10, "loss makes it send more");
        batch.received(Tick(9));
        assert_eq!(batch.useful(0.2, 20), 1);
        batch.received(Tick(10));
        assert_eq!(batch.useful(0.2, 20), 1, "a packet carries one row always");
    }
}
