//! A taken seat of a room: where its packets go and what its player wants.
//!
//! Never knows the session or the name behind it.

use tickwire_shared::delta::InputReport;
use tickwire_shared::id::{LinkId, PlayerId, Tick};
use tickwire_shared::input::{InputBuffer, InputShape};

/// One seat.
#[derive(Debug)]
pub(super) struct Seat {
    /// Whose.
    pub player: PlayerId,
    /// Where its packets go; `None` while the session waits for a new link.
    pub link: Option<LinkId>,
    /// Inputs that wait for their ticks.
    pub inputs: InputBuffer,
}

impl Seat {
    /// A seat taken after tick `now`.
    pub fn new(player: PlayerId, link: LinkId, shape: InputShape, now: Tick) -> Seat {
        Seat {
            player,
            link: Some(link),
            inputs: InputBuffer::new(shape, now),
        }
    }

    /// What its client is told about its inputs.
    pub fn report(&self) -> InputReport {
        InputReport {
            newest: self.inputs.newest(),
            margin_16: self.inputs.margin_16(),
            verdicts: self.inputs.verdicts(),
        }
    }
}
