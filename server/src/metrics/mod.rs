//! What the server counts, as plain atomics that any thread may bump.
//!
//! Never carries a label with a player's name or anything else without a bound, and never sets a
//! unit aside: seconds and bytes only. The names are the interface of dashboards and bots.

mod foreign;
mod gateway;
mod histogram;
mod http;
mod links;
mod store;
mod text;

pub use foreign::{ByDropCause, DropCause};
pub use gateway::GatewayMetrics;
pub use histogram::Histogram;
pub use http::{HttpMetrics, Rejection};
pub use links::{ByTransport, LinkMetrics, OpenLink, SessionGauges};
pub use store::StoreMetrics;
pub use text::certificate_text;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn inc(&self) {
        self.add(1);
    }

    /// `count` more.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// Takes over a total that somebody else counts.
    pub fn raise_to(&self, total: u64) {
        self.0.fetch_max(total, Ordering::Relaxed);
    }

    /// The number now.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

impl Gauge {
    /// Sets the number.
    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// One more.
    pub fn inc(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One less; call it once for each [`Gauge::inc`].
    pub fn dec(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// The number now.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One counter a lane.
#[derive(Debug, Default)]
pub struct ByLane {
    lanes: [Counter; 3],
}

impl ByLane {
    /// The lanes in the order of their counters, with the label of each.
    const LANES: [(Lane, &'static str); 3] = [
        (Lane::Snapshot, "snapshot"),
        (Lane::Input, "input"),
        (Lane::Ordered, "ordered"),
    ];

    /// The counter of `lane`.
    #[must_use]
    pub fn of(&self, lane: Lane) -> &Counter {
        let [snapshot, input, ordered] = &self.lanes;
        match lane {
            Lane::Snapshot => snapshot,
            Lane::Input => input,
            Lane::Ordered => ordered,
        }
    }
}

/// Figures of all ticks of all rooms; written by the workers.
#[derive(Debug, Default)]
pub struct TickMetrics {
    /// From a tick's deadline to its start.
    pub lag: Histogram,
    /// From a tick's start to its end.
    pub duration: Histogram,
    /// Processor time of the worker for a tick.
    pub cpu: Histogram,
    /// The same since [`TickMetrics::reset_recent`] was called.
    pub cpu_recent: Histogram,
    /// Ticks that took longer than their period.
    pub overruns: Counter,
    /// Deadlines that were given up.
    pub skipped: Counter,
}

impl TickMetrics {
    /// Starts a new measurement: see [`TickMetrics::cpu_recent`].
    pub fn reset_recent(&self) {
        self.cpu_recent.reset();
    }
}

/// Figures of all rooms since the start, ended rooms included.
#[derive(Debug, Default)]
pub struct RoomMetrics {
    /// Entities alive now.
    pub entities: Gauge,
    /// Input ticks applied from the player's own input.
    pub inputs_real: Counter,
    /// Input ticks for which the last input was repeated.
    pub inputs_repeated: Counter,
    /// Input ticks without any input to repeat.
    pub inputs_missing: Counter,
    /// Inputs a game refused.
    pub inputs_refused: Counter,
    /// Rows that clients asked about.
    pub checks: Counter,
    /// Rows that differed.
    pub desyncs: Counter,
    /// Packets that did not fit the batch of a tick.
    pub outbox_dropped: Counter,
}

/// One counter a reason.
#[derive(Debug)]
pub struct ByReason {
    counters: Vec<Counter>,
}

impl Default for ByReason {
    fn default() -> ByReason {
        ByReason {
            counters: CloseReason::ALL
                .iter()
                .map(|_| Counter::default())
                .collect(),
        }
    }
}

impl ByReason {
    /// Counts one total up: see [`Counter::raise_to`].
    pub fn raise_to(&self, reason: CloseReason, total: u64) {
        if let Some(counter) = self.counters.get(reason.number() as usize) {
            counter.raise_to(total);
        }
    }

    /// The reasons that occurred, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (CloseReason, u64)> {
        let counts = self.counters.iter().map(Counter::get);
        (CloseReason::ALL.iter().copied().zip(counts)).filter(|(_, count)| *count > 0)
    }
}

/// What the lobby counts.
#[derive(Debug, Default)]
pub struct LobbyMetrics {
    /// Sessions made.
    pub joined: Counter,
    /// Sessions taken up again on another link.
    pub resumed: Counter,
    /// Handshakes that ended without a session.
    pub refused: Counter,
    /// Chat messages that were given an offset.
    pub chat_lines: Counter,
    /// Chat messages that were not taken.
    pub chat_refused: Counter,
    /// Links this side closed.
    pub closed: ByReason,
}

/// Everything the server counts.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Ticks.
    pub ticks: Arc<TickMetrics>,
    /// Links.
    pub links: LinkMetrics,
    /// Datagrams at the shared port that went nowhere.
    pub foreign_dropped: ByDropCause,
    /// The public HTTP listener.
    pub http: HttpMetrics,
    /// Sessions by what carries them.
    pub sessions_by_transport: ByTransport<SessionGauges>,
    /// What happens in rooms.
    pub in_rooms: RoomMetrics,
    /// Rooms that tick now.
    pub rooms: Gauge,
    /// Rooms that ended by a panic.
    pub rooms_failed: Counter,
    /// Sessions of all rooms, those without a link included.
    pub sessions: Gauge,
    /// Sessions that wait for a new link.
    pub sessions_parked: Gauge,
    /// Packets for a room whose mailbox was full.
    pub mailbox_dropped: Counter,
    /// Who came, who was turned away, and chat.
    pub lobby: LobbyMetrics,
    /// The gateway.
    pub gateway: GatewayMetrics,
    /// The store.
    pub store: Arc<StoreMetrics>,
    /// 1 while too many ticks take longer than their period.
    pub overloaded: Gauge,
    /// 1 while nobody may join.
    pub draining: Gauge,
    /// 1 until it is known who may come, under which names.
    pub starting: Gauge,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_starts_a_new_measurement_only() {
        let ticks = TickMetrics::default();
        ticks.cpu.record(5_000);
        ticks.cpu_recent.record(5_000);
        ticks.reset_recent();
        ticks.cpu_recent.record(10);
        assert_eq!(ticks.cpu_recent.quantile_micros(0.99), 10);
        assert!(ticks.cpu.quantile_micros(0.5) >= 5_000);
    }
}
