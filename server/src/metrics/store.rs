//! What the store counts.
//!
//! Never says whose writes they were.

use std::sync::atomic::{AtomicU8, Ordering};

use super::{Counter, Gauge, Histogram};
use crate::engine::storage::StoreFault;

/// Figures of the store.
#[derive(Debug, Default)]
pub struct StoreMetrics {
    /// From the start of a commit to its end on the disk; good ones only.
    pub commit: Histogram,
    /// From handing over a write to its answer.
    pub write: Histogram,
    /// From handing over a query to its answer.
    pub query: Histogram,
    /// Writes in one commit.
    pub batch: Histogram,
    /// Writes that wait for their answer, or whose answer nobody fetched yet.
    pub writes_waiting: Gauge,
    /// The same of queries.
    pub queries_waiting: Gauge,
    /// Writes and queries refused because too many waited, or somebody else held the store.
    pub busy: Counter,
    /// Writes and queries refused for lack of space.
    pub full: Counter,
    /// Writes and queries that failed otherwise.
    pub failed: Counter,
    /// Which fault it has at the moment; see [`StoreMetrics::degraded`].
    fault: AtomicU8,
}

impl StoreMetrics {
    /// The kinds of fault with the label of each.
    pub(super) const FAULTS: [(StoreFault, &'static str); 3] = [
        (StoreFault::Busy, "busy"),
        (StoreFault::Full, "full"),
        (StoreFault::Failed, "failed"),
    ];

    /// The counter of a kind of fault.
    #[must_use]
    pub fn refused(&self, fault: StoreFault) -> &Counter {
        match fault {
            StoreFault::Busy => &self.busy,
            StoreFault::Full => &self.full,
            StoreFault::Failed => &self.failed,
        }
    }

    /// Why nothing can be stored at the moment; `None` while the store is well.
    #[must_use]
    pub fn degraded(&self) -> Option<StoreFault> {
        let number = usize::from(self.fault.load(Ordering::Relaxed));
        let fault = StoreMetrics::FAULTS.get(number.checked_sub(1)?);
        fault.map(|(fault, _)| *fault)
    }

    /// Sets what [`StoreMetrics::degraded`] says; whether that is news.
    pub fn set_degraded(&self, fault: Option<StoreFault>) -> bool {
        let place = |fault| (StoreMetrics::FAULTS.iter()).position(|(other, _)| *other == fault);
        let number = fault.and_then(place).map_or(0, |place| place + 1);
        let number = u8::try_from(number).unwrap_or(u8::MAX);
        self.fault.swap(number, Ordering::Relaxed) != number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_which_fault_the_store_has() {
        let metrics = StoreMetrics::default();
        assert_eq!(metrics.degraded(), None);
        for (fault, _) in StoreMetrics::FAULTS {
            assert!(metrics.set_degraded(Some(fault)));
            assert!(!metrics.set_degraded(Some(fault)), "that is no news");
            assert_eq!(metrics.degraded(), Some(fault));
        }
        assert!(metrics.set_degraded(None));
        assert_eq!(metrics.degraded(), None);
    }
}
