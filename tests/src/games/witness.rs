//! What a test game saw on the server, for oracles to compare with what players did.
//!
//! It is beside the world on purpose: a game must not remember anything outside its entities, and
//! nothing here is ever read by a step. One run is one thread, so it is kept by thread.

use std::cell::RefCell;

use tickwire_shared::game::Source;
use tickwire_shared::id::{PlayerId, Tick};

/// The input of one player as a step on the server got it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The tick of the step.
    pub tick: Tick,
    /// Whose.
    pub player: PlayerId,
    /// Whether it was the player's own.
    pub source: Source,
    /// The number the player gave it.
    pub stamp: u8,
}

/// What was seen since the last [`take`].
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Inputs in the order in which they were applied.
    pub applied: Vec<Applied>,
    /// Ticks in which something happened that everybody must be told.
    pub told: Vec<Tick>,
}

thread_local! {
    static SEEN: RefCell<Seen> = RefCell::default();
}

/// A step got this input.
pub fn applied(input: Applied) {
    SEEN.with_borrow_mut(|seen| seen.applied.push(input));
}

/// A step emitted an event for everybody.
pub fn told(tick: Tick) {
    SEEN.with_borrow_mut(|seen| seen.told.push(tick));
}

/// Everything seen on this thread since the last call.
#[must_use]
pub fn take() -> Seen {
    SEEN.take()
}
