//! Snapshot packets that arrive: what they tell about rows, clocks, losses and inputs.
//!
//! Never predicts or draws: the next frame does.

use super::{Live, RING, Sent};
use crate::client::ClientStats;
use crate::delta::DeltaError;
use crate::game::Game;
use crate::id::Tick;
use crate::input::Verdict;
use crate::limits::{CLIENT_QUEUE_MAX, PREDICT_TICKS_MAX};
use crate::time::Instant;

impl<G: Game> Live<G> {
    /// Uses one snapshot packet.
    ///
    /// # Errors
    /// When the bytes are not a snapshot packet of this room: the server is broken.
    pub fn receive(
        &mut self,
        now: Instant,
        bytes: &[u8],
        stats: &mut ClientStats,
    ) -> Result<(), DeltaError> {
        stats.packets_decoded += 1;
        let received = match self.confirmed.receive(bytes) {
            Ok(received) => received,
            Err(DeltaError::Old | DeltaError::Stale) => {
                stats.packets_unused += 1;
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let header = received.header;
        self.loss
            .note(header.tick, header.previous, self.snapshot_every, stats);
        self.newest = self.newest.max(header.tick);
        if header.part == 0 {
            self.clock.snapshot(now, header.tick, self.loss.share());
        }
        if let Some(report) = &header.report {
            let issued = self.sent_at(report.newest).map(|sent| sent.issued);
            for (tick, verdict) in self.clock.report(now, header.tick, report, issued) {
                self.verdicts[tick.0 as usize % RING] = (tick, verdict);
                if self.sent[tick.0 as usize % RING].is_some_and(|sent| sent.tick == tick) {
                    self.clock.judge(verdict == Verdict::InTime);
                    match verdict {
                        Verdict::InTime => stats.inputs_in_time += 1,
                        _ => stats.inputs_not_in_time += 1,
                    }
                }
            }
            self.batch.received(report.newest);
        }
        self.group_pending |= received.group;
        self.measure_latency(now, header.tick);
        Ok(())
    }

    /// Packets were skipped on purpose: see [`LossCount::skip`].
    ///
    /// [`LossCount::skip`]: crate::client::stats::LossCount::skip
    pub fn skip_lost(&mut self) {
        self.loss.skip();
    }

    fn sent_at(&self, tick: Tick) -> Option<Sent> {
        self.sent[tick.0 as usize % RING].filter(|sent| sent.tick == tick)
    }

    /// A snapshot of `tick` answers the inputs of that tick and of earlier ones whose own snapshots
    /// were lost.
    fn measure_latency(&mut self, now: Instant, tick: Tick) {
        for age in 0..PREDICT_TICKS_MAX {
            let at = tick.minus(age);
            let sent = self.sent[at.0 as usize % RING].as_mut();
            let Some(sent) = sent.filter(|sent| sent.tick == at && !sent.answered) else {
                return;
            };
            sent.answered = true;
            if self.latencies_micros.len() < CLIENT_QUEUE_MAX {
                let micros = now.since(sent.issued.at).as_micros();
                self.latencies_micros
                    .push(u32::try_from(micros).unwrap_or(u32::MAX));
            }
        }
    }
}
