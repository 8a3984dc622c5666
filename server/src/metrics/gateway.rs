//! What the gateway counts.
//!
//! Never says whose requests they were.

use super::{Counter, Gauge};

/// Figures of the gateway and of the webhook.
#[derive(Debug, Default)]
pub struct GatewayMetrics {
    /// Streams, long polls and lines under way.
    pub visitors: Gauge,
    /// Requests with a token that is nobody's, or without one.
    pub unknown: Counter,
    /// Lines of visitors that were stored; one that came again is none.
    pub lines: Counter,
    /// Visitors that were ended because they did not take what was said.
    pub slow: Counter,
    /// Messages that wait for the webhook or are under way.
    pub webhook_waiting: Gauge,
    /// Messages the webhook took.
    pub webhook_told: Counter,
    /// Tries that failed and are followed by another.
    pub webhook_retried: Counter,
    /// Messages that were given up.
    pub webhook_failed: Counter,
    /// Messages that found too many waiting.
    pub webhook_dropped: Counter,
}
