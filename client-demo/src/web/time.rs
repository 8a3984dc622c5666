//! The one clock of a page: it goes on while the tab is hidden.
//!
//! Everything else takes the time as an argument.

use tickwire_shared::time::Instant;

/// Milliseconds since the page was opened.
pub fn millis() -> f64 {
    let performance = web_sys::window().and_then(|window| window.performance());
    performance.map_or(0.0, |performance| performance.now())
}

/// The same for the core.
pub fn now() -> Instant {
    Instant((millis().max(0.0) * 1e3) as u64)
}
