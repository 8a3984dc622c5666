//! Who got in and who fell out, by transport.
//!
//! Never knows a bot by name: it only counts.

use std::collections::BTreeMap;
use std::time::Duration;

use tickwire_shared::transport::Transport;

use super::report::TransportReport;
use crate::histogram::{Histogram, Percentiles};

/// Counts of all transports of a run.
#[derive(Debug, Default)]
pub struct Tally {
    all: Histogram,
    by_transport: BTreeMap<Transport, Fate>,
}

/// Counts of one transport.
#[derive(Debug, Default)]
struct Fate {
    joined: u32,
    disconnects: u64,
    join: Histogram,
}

impl Tally {
    /// Counts a bot that got its first snapshot so long after it began to dial.
    pub fn join(&mut self, transport: Transport, took: Duration) {
        self.all.add(took);
        let fate = self.by_transport.entry(transport).or_default();
        fate.joined += 1;
        fate.join.add(took);
    }

    /// Counts a link that ended before its bot left.
    pub fn disconnect(&mut self, transport: Transport) {
        self.by_transport.entry(transport).or_default().disconnects += 1;
    }

    /// Bots that got in.
    #[must_use]
    pub fn joined(&self) -> u32 {
        self.by_transport.values().map(|fate| fate.joined).sum()
    }

    /// Links that ended too early.
    #[must_use]
    pub fn disconnects(&self) -> u64 {
        self.by_transport
            .values()
            .map(|fate| fate.disconnects)
            .sum()
    }

    /// From dialing to the first snapshot, over all transports.
    #[must_use]
    pub fn join_times(&self) -> Percentiles {
        self.all.percentiles()
    }

    /// Bots that got in, by the transport's name.
    #[must_use]
    pub fn joined_by_transport(&self) -> BTreeMap<String, u32> {
        self.named(|fate| fate.joined)
    }

    /// Everything, by the transport's name.
    #[must_use]
    pub fn report(&self) -> BTreeMap<String, TransportReport> {
        self.named(|fate| TransportReport {
            joined: fate.joined,
            disconnects: fate.disconnects,
            join_ms: fate.join.percentiles(),
        })
    }

    fn named<T>(&self, of: impl Fn(&Fate) -> T) -> BTreeMap<String, T> {
        let all = self.by_transport.iter();
        all.map(|(transport, fate)| (transport.name().to_owned(), of(fate)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_kept_apart_and_summed() {
        let mut tally = Tally::default();
        tally.join(Transport::Quic, Duration::from_millis(10));
        tally.join(Transport::WebRtc, Duration::from_millis(500));
        tally.disconnect(Transport::WebRtc);
        assert_eq!((tally.joined(), tally.disconnects()), (2, 1));
        let report = tally.report();
        assert_eq!((report["quic"].joined, report["quic"].disconnects), (1, 0));
        assert_eq!(report["webrtc"].disconnects, 1);
        assert!(report["webrtc"].join_ms.p50 > Some(400.0));
        assert!(tally.join_times().p50 < Some(20.0));
    }
}
