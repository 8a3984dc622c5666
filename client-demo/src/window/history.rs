//! The last ten seconds of a link in figures, for the net graph.
//!
//! Never measures: it keeps what the client measured.

use std::collections::VecDeque;
use std::time::Duration;

use tickwire_shared::client::ClientStats;
use tickwire_shared::time::Instant;

use crate::pilot::Pilot;

/// How far back the graph looks.
pub const SPAN: Duration = Duration::from_secs(10);

/// Time between two samples.
const APART: Duration = Duration::from_millis(50);

/// Over how long rates and shares are taken.
const WINDOW: usize = 20;

/// Samples that are kept: ten seconds and one window before them; the oldest go.
const SAMPLES_MAX: usize = 200 + WINDOW;

/// Figures at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// When.
    pub at: Instant,
    /// Round trip, in milliseconds.
    pub rtt_ms: f32,
    /// Jitter of the way down, in milliseconds.
    pub jitter_ms: f32,
    /// Share of snapshots of the last second that did not come, in percent.
    pub loss_percent: f32,
    /// Age of the newest snapshot, in milliseconds.
    pub age_ms: f32,
    /// How far behind others are drawn, in milliseconds.
    pub delay_ms: f32,
    /// How far ahead the client runs, in ticks.
    pub lead_ticks: f32,
    /// Kilobits a second received, over the last second.
    pub down_kbits: f32,
    /// Kilobits a second sent, over the last second.
    pub up_kbits: f32,
    /// How far the last correction moved the own fighter, in units; 0 without one in this sample.
    pub error_units: f32,
    totals: Totals,
}

/// Counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Totals {
    received: u64,
    lost: u64,
    down: u64,
    up: u64,
}

/// The samples of the last ten seconds.
#[derive(Clone, Debug, Default)]
pub struct History {
    samples: VecDeque<Sample>,
    /// The largest error since the last sample.
    error_units: f32,
}

impl History {
    /// Takes a sample when it is time for one.
    pub fn note(&mut self, now: Instant, pilot: &Pilot) {
        let stats = pilot.client().stats();
        self.error_units = self.error_units.max(stats.prediction_error);
        let last = self.samples.back().map(|sample| sample.at);
        if last.is_some_and(|last| now.since(last) < APART) {
            return;
        }
        if self.samples.len() >= SAMPLES_MAX {
            self.samples.pop_front();
        }
        let sample = self.sample(now, pilot, stats);
        self.samples.push_back(sample);
        self.error_units = 0.0;
    }

    /// The samples, oldest first.
    pub fn samples(&self) -> impl DoubleEndedIterator<Item = &Sample> {
        self.samples.iter()
    }

    /// The newest sample.
    #[must_use]
    pub fn newest(&self) -> Sample {
        self.samples.back().copied().unwrap_or_default()
    }

    fn sample(&self, now: Instant, pilot: &Pilot, stats: &ClientStats) -> Sample {
        let traffic = pilot.traffic();
        let totals = Totals {
            received: stats.snapshots_received,
            lost: stats.snapshots_lost,
            down: traffic.bytes_in,
            up: traffic.bytes_out,
        };
        let first = self.samples.len().saturating_sub(WINDOW);
        let before = self.samples.get(first).copied().unwrap_or(Sample {
            at: now,
            totals,
            ..Sample::default()
        });
        let seconds = now.since(before.at).as_secs_f32().max(0.001);
        let kbits = |now: u64, then: u64| now.saturating_sub(then) as f32 * 0.008 / seconds;
        let millis = |span: Duration| span.as_secs_f32() * 1_000.0;
        Sample {
            at: now,
            rtt_ms: millis(stats.rtt),
            jitter_ms: millis(stats.jitter),
            loss_percent: loss_percent(totals, before.totals),
            age_ms: millis(pilot.snapshot_age(now)),
            delay_ms: millis(stats.interpolation_delay),
            lead_ticks: stats.lead_ticks,
            down_kbits: kbits(totals.down, before.totals.down),
            up_kbits: kbits(totals.up, before.totals.up),
            error_units: self.error_units,
            totals,
        }
    }
}

fn loss_percent(now: Totals, then: Totals) -> f32 {
    // One that comes late is taken back: the count may go down.
    let lost = now.lost.saturating_sub(then.lost) as f32;
    let received = now.received.saturating_sub(then.received) as f32;
    100.0 * lost / (lost + received).max(1.0)
}
