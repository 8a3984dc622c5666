//! How a session does: figures, and what tests compare.
//!
//! Never changes anything but what is measured.

use super::{Client, Phase};
use crate::client::Misprediction;
use crate::client::stats::ClientStats;
use crate::delta::Confirmed;
use crate::game::Game;
use crate::id::Tick;

impl<G: Game> Client<G> {
    /// Figures so far.
    #[must_use]
    pub fn stats(&self) -> &ClientStats {
        &self.stats
    }

    /// The last misprediction that nothing explained.
    #[must_use]
    pub fn last_misprediction(&self) -> Option<&Misprediction> {
        match &self.phase {
            Phase::Live(live) => live.last_misprediction(),
            _ => None,
        }
    }

    /// Moves the times from handing out an input to the arrival of its tick's snapshot, measured
    /// since the last call, to the end of `out`, in microseconds.
    pub fn take_latencies(&mut self, out: &mut Vec<u32>) {
        if let Phase::Live(live) = &mut self.phase {
            live.take_latencies(out);
        }
    }

    /// The newest tick a snapshot came for; [`Tick::ZERO`] before the first.
    #[must_use]
    pub fn newest_snapshot(&self) -> Tick {
        match &self.phase {
            Phase::Live(live) => live.newest(),
            _ => Tick::ZERO,
        }
    }

    /// The rows received so far; for tests, which compare them with the server's.
    #[doc(hidden)]
    #[must_use]
    pub fn confirmed(&self) -> Option<&Confirmed> {
        match &self.phase {
            Phase::Live(live) => Some(live.confirmed()),
            _ => None,
        }
    }
}
