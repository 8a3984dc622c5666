//! Predicts: settles the inputs of ticks to come, and steps the game up to the present one.
//!
//! Never steps past what the ring of inputs holds, and never takes an input back that was sent.

use super::{Live, RING, Sent, push_event};
use crate::client::ClientEvent;
use crate::client::clock::Issued;
use crate::client::events::Certainty;
use crate::client::stats::ClientStats;
use crate::game::{Game, Source};
use crate::id::Tick;
use crate::limits::{FRAME_TICKS_MAX, PREDICT_TICKS_MAX};
use crate::time::Instant;

impl<G: Game> Live<G> {
    pub(super) fn predict(
        &mut self,
        now: Instant,
        stats: &mut ClientStats,
        events: &mut Vec<ClientEvent<G>>,
    ) -> bool {
        let target = self.clock.tick(now);
        let present = self.prediction.tick();
        if self.anchored && (target.since(present) > FRAME_TICKS_MAX || self.is_far_ahead(target)) {
            stats.jumps += 1;
            self.anchored = false;
            self.anchor(now, events);
        }
        let mut stepped = false;
        while self.anchored && self.prediction.tick() < target {
            let tick = self.prediction.tick().next();
            if tick.since(self.group.tick) >= PREDICT_TICKS_MAX {
                break;
            }
            self.decide(now, tick);
            self.step(tick, events);
            stepped = true;
        }
        stepped
    }

    /// Settles the input of a tick about to be predicted. One that was sent before the clock went
    /// back stays: the server has it and takes no other.
    fn decide(&mut self, now: Instant, tick: Tick) {
        let past = self.prediction.past(tick);
        if past.is_some_and(|past| past.source == Some(Source::Real)) {
            return;
        }
        self.latch.take(&mut self.row);
        self.prediction.note_input(tick, &self.row, Source::Real);
        self.batch.push(tick, &self.row);
        let ahead_micros = self.clock.ahead_micros();
        let issued = Issued {
            at: now,
            ahead_micros,
        };
        self.sent[tick.0 as usize % RING] = Some(Sent {
            tick,
            issued,
            answered: false,
        });
    }

    fn is_far_ahead(&self, target: Tick) -> bool {
        self.prediction.tick().since(target) > FRAME_TICKS_MAX
    }

    pub(super) fn step(&mut self, tick: Tick, events: &mut Vec<ClientEvent<G>>) {
        self.step_events.clear();
        self.prediction.step(tick, &mut self.step_events);
        for (event, ordinal) in self.step_events.drain(..) {
            if self.predicted_events.predicted(tick, ordinal, &event) {
                push_event(events, event, tick, Certainty::Predicted);
            }
        }
    }
}
