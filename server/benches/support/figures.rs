//! The figures of one measurement and how they are shown.

use core::fmt;

/// What one plan gave.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Which variant of the workload.
    pub variant: &'static str,
    /// Viewers.
    pub sessions: u32,
    /// Entities alive on average.
    pub entities: f64,
    /// CPU nanoseconds a (session, entity) pair and tick.
    pub ns_per_pair: f64,
    /// CPU microseconds a tick, mean.
    pub tick_us: f64,
    /// CPU microseconds a tick, 99th percentile.
    pub tick_us_p99: f64,
    /// Bits of all packets a moving entity and session and tick, headers included. Under a binding
    /// budget: a row actually sent.
    pub bits_per_moving_entity: f64,
    /// Bytes a session and tick.
    pub bytes_per_session_per_tick: f64,
    /// Heap allocations a tick in the measured ticks, mean.
    pub allocations_per_tick: f64,
    /// Packets decoded.
    pub packets_decoded: u64,
    /// Rows compared with the mirror.
    pub rows_compared: u64,
    /// Mean age of the baselines in ticks.
    pub baseline_age_ticks: f64,
    /// Share of the entities for which a row was sent in a tick.
    pub rows_sent_share: f64,
    /// The workload's seed.
    pub seed: u64,
}

impl Figures {
    /// The head of the table.
    pub const HEADER: &'static str = "sessions entities variant    ns/pair   tick us   p99 us  \
         bits/entity  bytes/session  allocs  age  rows sent  rows compared";

    /// One JSON object.
    pub fn json(&self) -> String {
        format!(
            "{{\"sessions\": {}, \"entities\": {:.1}, \"variant\": \"{}\", \"ns_per_pair\": {:.2}, \
             \"tick_us\": {:.2}, \"tick_us_p99\": {:.2}, \"bits_per_moving_entity\": {:.2}, \
             \"bytes_per_session_per_tick\": {:.2}, \"allocations_per_tick\": {:.3}, \
             \"packets_decoded\": {}, \"rows_compared\": {}, \"baseline_age_ticks\": {:.2}, \
             \"rows_sent_share\": {:.4}, \"seed\": {}}}",
            self.sessions,
            self.entities,
            self.variant,
            self.ns_per_pair,
            self.tick_us,
            self.tick_us_p99,
            self.bits_per_moving_entity,
            self.bytes_per_session_per_tick,
            self.allocations_per_tick,
            self.packets_decoded,
            self.rows_compared,
            self.baseline_age_ticks,
            self.rows_sent_share,
            self.seed,
        )
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>8} {:>8.0} {:<10} {:>8.1} {:>9.1} {:>8.1} {:>12.2} {:>14.1} {:>7.2} {:>4.1} \
             {:>10.3} {:>14}",
            self.sessions,
            self.entities,
            self.variant,
            self.ns_per_pair,
            self.tick_us,
            self.tick_us_p99,
            self.bits_per_moving_entity,
            self.bytes_per_session_per_tick,
            self.allocations_per_tick,
            self.baseline_age_ticks,
            self.rows_sent_share,
            self.rows_compared,
        )
    }
}
