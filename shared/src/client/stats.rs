//! What a client counts.
//!
//! Never steers anything: clock and prediction have their own measurements.

use core::time::Duration;

use crate::id::Tick;

/// Figures of a client since it was made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientStats {
    /// Round trip of the network, without waiting for ticks.
    pub rtt: Duration,
    /// Jitter of the way down: 95th percentile less the quickest.
    pub jitter: Duration,
    /// Share of the last snapshots that did not arrive, 0.0 to 1.0.
    pub loss: f32,
    /// How far ahead of the server's present tick the client runs, in ticks.
    pub lead_ticks: f32,
    /// How far behind a typical fresh snapshot shown entities are drawn.
    pub interpolation_delay: Duration,
    /// How far an own position is drawn from where it is predicted, in units of the game: what is
    /// still visible of corrections.
    pub prediction_error: f32,
    /// Snapshot ticks of which something arrived.
    pub snapshots_received: u64,
    /// Snapshot ticks that were sent and did not arrive (one that comes late is taken back).
    pub snapshots_lost: u64,
    /// Packets that came twice or too late to be of use.
    pub packets_unused: u64,
    /// Packets that were dropped unread because newer ones waited too, as after a standstill.
    pub packets_skipped: u64,
    /// Snapshot packets that were decoded, whether they were of use or not.
    pub packets_decoded: u64,
    /// Times the prediction group was loaded and replayed.
    pub corrections: u64,
    /// Corrections of which a predicted word was wrong.
    pub mispredictions: u64,
    /// Mispredictions that nothing explains: bugs.
    pub unexplained_mispredictions: u64,
    /// Rows whose hash the server was asked to check.
    pub desync_checks: u64,
    /// Answers that the rows are equal.
    pub desyncs_none: u64,
    /// Answers that the rows differ: bugs.
    pub desyncs: u64,
    /// Answers that the server no longer knows that row.
    pub desync_unknown: u64,
    /// Bytes received, without transport overhead.
    pub bytes_down: u64,
    /// Bytes sent, without transport overhead.
    pub bytes_up: u64,
    /// Frames whose drawn instant was past the newest snapshot.
    pub underruns: u64,
    /// Inputs that came in time, by the server's verdict.
    pub inputs_in_time: u64,
    /// Inputs in whose place another was applied.
    pub inputs_not_in_time: u64,
    /// Ticks that were skipped because the caller paused or the clock jumped.
    pub jumps: u64,
    /// Chat messages sent, acked by the server, and delivered to this client.
    pub chat_sent: u64,
    /// Chat messages the server acked.
    pub chat_acked: u64,
    /// Chat messages that came, own ones included.
    pub chat_delivered: u64,
}

/// Counts snapshots that were sent and did not come.
#[derive(Clone, Debug, Default)]
pub struct LossCount {
    newest: Tick,
    /// Bit i: something of tick `newest - i` came.
    came: u64,
    /// Sliding sums, halved together.
    received: u32,
    lost: u32,
}

impl LossCount {
    /// A packet of `tick` came; the server sent `previous` before it. Counts into `stats`.
    pub fn note(
        &mut self,
        tick: Tick,
        previous: Option<Tick>,
        every: u32,
        stats: &mut ClientStats,
    ) {
        if tick > self.newest {
            self.came = match tick.since(self.newest) {
                ahead @ 0..64 => self.came << ahead,
                _ => 0,
            };
            let missed = previous.map_or(0, |previous| previous.since(self.newest));
            let missed = if self.newest == Tick::ZERO {
                0
            } else {
                missed.div_ceil(every.max(1))
            };
            self.newest = tick;
            self.came |= 1;
            self.count(missed, 1, stats);
            return;
        }
        let age = self.newest.since(tick);
        if age < 64 && self.came & 1 << age == 0 {
            self.came |= 1 << age;
            self.lost = self.lost.saturating_sub(1);
            self.received += 1;
            stats.snapshots_lost = stats.snapshots_lost.saturating_sub(1);
            stats.snapshots_received += 1;
        }
    }

    /// Packets were skipped on purpose: those before the next one are not lost.
    pub fn skip(&mut self) {
        (self.newest, self.came) = (Tick::ZERO, 0);
    }

    /// Share of the last hundred or two that did not come.
    #[must_use]
    pub fn share(&self) -> f32 {
        self.lost as f32 / (self.lost + self.received).max(1) as f32
    }

    fn count(&mut self, lost: u32, received: u32, stats: &mut ClientStats) {
        self.lost = self.lost.saturating_add(lost.min(64));
        self.received += received;
        stats.snapshots_lost += u64::from(lost);
        stats.snapshots_received += u64::from(received);
        if self.lost + self.received > 256 {
            self.lost /= 2;
            self.received /= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_and_loss_differ_and_late_ones_are_taken_back() {
        let (mut loss, mut stats) = (LossCount::default(), ClientStats::default());
        loss.note(Tick(10), None, 1, &mut stats);
        loss.note(Tick(20), Some(Tick(10)), 1, &mut stats);
        assert_eq!((stats.snapshots_received, stats.snapshots_lost), (2, 0));
        loss.note(Tick(23), Some(Tick(22)), 1, &mut stats);
        assert_eq!((stats.snapshots_received, stats.snapshots_lost), (3, 2));
        loss.note(Tick(22), Some(Tick(21)), 1, &mut stats);
        loss.note(Tick(22), Some(Tick(21)), 1, &mut stats);
        assert_eq!((stats.snapshots_received, stats.snapshots_lost), (4, 1));
        assert!(loss.share() > 0.19 && loss.share() < 0.21);
    }
}
