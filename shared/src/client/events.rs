//! Predicted events: shown at once, later confirmed or rejected.
//!
//! Never invents an event. One that this client predicted carries a key, (tick, ordinal among the
//! player's events of that tick); the server's copy of it carries the same key. When no copy came
//! by the time the tick is surely over, it is rejected.

use crate::id::Tick;
use crate::limits::{EVENT_REJECT_TICKS, PREDICTED_EVENTS_MAX};

/// What a client knows about an event it tells the game.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// This client predicted it; the server has not said anything.
    Predicted,
    /// The server confirmed an event that was told as predicted before.
    Confirmed,
    /// The server told it; it was not predicted here.
    Remote,
    /// It was predicted and did not happen.
    Rejected,
}

/// Predicted events that wait for the server's word.
#[derive(Clone, Debug)]
pub struct PredictedEvents<E> {
    waiting: Vec<(Tick, u8, E)>,
}

impl<E: Clone> Default for PredictedEvents<E> {
    fn default() -> Self {
        PredictedEvents {
            waiting: Vec::new(),
        }
    }
}

impl<E: Clone> PredictedEvents<E> {
    /// A step of `tick` emitted an event. True when it is news; a replay emits it again. At
    /// [`PREDICTED_EVENTS_MAX`] waiting ones it is not told: the server's copy will be.
    pub fn predicted(&mut self, tick: Tick, ordinal: u8, event: &E) -> bool {
        if self.find(tick, ordinal).is_some() || self.waiting.len() >= PREDICTED_EVENTS_MAX {
            return false;
        }
        self.waiting.push((tick, ordinal, event.clone()));
        true
    }

    /// The server told an event of this player's input.
    pub fn confirmed(&mut self, tick: Tick, ordinal: u8) -> Certainty {
        match self.find(tick, ordinal) {
            Some(at) => {
                self.waiting.swap_remove(at);
                Certainty::Confirmed
            }
            None => Certainty::Remote,
        }
    }

    /// Takes the next event that is over without confirmation by confirmed tick `confirmed`.
    pub fn take_rejected(&mut self, confirmed: Tick) -> Option<(Tick, E)> {
        let over = |tick: Tick| confirmed.since(tick) > EVENT_REJECT_TICKS;
        let at = self.waiting.iter().position(|&(tick, ..)| over(tick))?;
        let (tick, _, event) = self.waiting.remove(at);
        Some((tick, event))
    }

    fn find(&self, tick: Tick, ordinal: u8) -> Option<usize> {
        self.waiting
            .iter()
            .position(|&(at, number, _)| at == tick && number == ordinal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_ends_as_confirmed_rejected_or_remote() {
        let mut events = PredictedEvents::default();
        assert!(events.predicted(Tick(10), 0, &'a'));
        assert!(!events.predicted(Tick(10), 0, &'a'), "a replay is no news");
        assert!(events.predicted(Tick(10), 1, &'b'));
        assert_eq!(events.confirmed(Tick(10), 0), Certainty::Confirmed);
        assert_eq!(events.confirmed(Tick(10), 0), Certainty::Remote);
        assert_eq!(events.take_rejected(Tick(10 + EVENT_REJECT_TICKS)), None);
        let rejected = events.take_rejected(Tick(11 + EVENT_REJECT_TICKS));
        assert_eq!(rejected, Some((Tick(10), 'b')));
        assert_eq!(events.take_rejected(Tick(1_000)), None);
    }

    #[test]
    fn waiting_events_are_bounded() {
        let mut events = PredictedEvents::default();
        let news = (0..PREDICTED_EVENTS_MAX as u32 + 5)
            .filter(|&tick| events.predicted(Tick(tick + 1), 0, &()))
            .count();
        assert_eq!(news, PREDICTED_EVENTS_MAX);
    }
}
