//! Dialing while a link is there still: to change transport, or because the link fell silent.
//!
//! Never closes the link that plays: whoever owns both swaps them.

use tickwire_link::DialOrder;
use tickwire_shared::time::Instant;

/// Why there is an attempt besides the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The player wants another transport; what to dial when that does not work.
    Change {
        /// The order in force before.
        before: DialOrder,
    },
    /// The link fell silent; if it speaks again, it stays.
    Silence,
}

/// An attempt to dial while a link is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserve {
    /// What for.
    pub purpose: Purpose,
    /// Since when.
    pub since: Instant,
}

impl Reserve {
    /// Whether a link that was heard at `heard` makes this attempt needless.
    #[must_use]
    pub fn is_needless(&self, heard: Instant) -> bool {
        self.purpose == Purpose::Silence && heard > self.since
    }
}
