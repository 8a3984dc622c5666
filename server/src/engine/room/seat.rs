//! A taken seat of a room: where its packets go and what its player wants.
//!
//! Never knows the session or the name behind it.

use tickwire_shared::delta::InputReport;
use tickwire_shared::id::{LinkId, PlayerId, Tick};
use tickwire_shared::input::{InputBuffer, InputShape};
use tickwire_shared::time::TickRate;

use crate::limits::{ACKLESS_TIME_MAX, SLOW_PACKETS_PER_SECOND};

/// One seat.
#[derive(Debug)]
pub(super) struct Seat {
    /// Whose.
    pub player: PlayerId,
    /// Where its packets go; `None` while the session waits for a new link.
    pub link: Option<LinkId>,
    /// The link over which its player came.
    pub came: LinkId,
    /// Inputs that wait for their ticks.
    pub inputs: InputBuffer,
    /// Whether its player looks elsewhere.
    pub away: bool,
    /// The team chat was told of; `None` before it was told anything.
    pub team: Option<Option<u8>>,
    /// The newest tick its client acked.
    acked: Tick,
    /// The room's tick when its client last acked something new, or may be waited for anew.
    fresh: Tick,
    /// The tick whose packet was the last one of a slow seat.
    slow_sent: Tick,
}

/// How much a seat is sent in a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// As much as its budget allows.
    Full,
    /// One packet.
    One,
    /// Nothing.
    None,
}

impl Seat {
    /// A seat taken after tick `now`.
    pub fn new(player: PlayerId, link: LinkId, shape: InputShape, now: Tick) -> Seat {
        Seat {
            player,
            link: Some(link),
            came: link,
            inputs: InputBuffer::new(shape, now),
            away: false,
            team: None,
            acked: Tick::ZERO,
            fresh: now,
            slow_sent: Tick::ZERO,
        }
    }

    /// Its client acked `acked`, before tick `now + 1`.
    pub fn ack(&mut self, acked: Tick, now: Tick) {
        if acked > self.acked && acked <= now {
            (self.acked, self.fresh) = (acked, now);
        }
    }

    /// Its player goes or comes back after tick `now`; inputs from before no longer count.
    pub fn set_away(&mut self, away: bool, now: Tick) {
        (self.away, self.fresh) = (away, now);
        self.inputs.forget();
    }

    /// How much it is sent in `tick`. A client that does not ack may be a tab that stands still:
    /// what it is sent piles up where nobody can drop it.
    pub fn pace(&mut self, tick: Tick, rate: TickRate) -> Pace {
        let ackless = rate.micros_of(u64::from(tick.since(self.fresh)));
        if !self.away && u128::from(ackless) < ACKLESS_TIME_MAX.as_micros() {
            return Pace::Full;
        }
        let apart = u32::from(rate.get() / SLOW_PACKETS_PER_SECOND);
        if tick.since(self.slow_sent) < apart {
            return Pace::None;
        }
        self.slow_sent = tick;
        Pace::One
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
