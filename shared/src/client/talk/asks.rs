//! Questions to chat that wait for their answer.
//!
//! Never asks twice by itself: what became of a question whose link was lost, the caller sees.

use std::collections::BTreeMap;

use crate::limits::ASKS_MAX;
use crate::wire::{Ask, ChatCommand};

/// Questions without an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Asks {
    last: u32,
    waiting: BTreeMap<u32, Ask>,
}

impl Asks {
    /// Asks something; `None` at [`ASKS_MAX`].
    pub(super) fn put(&mut self, what: Ask) -> Option<(u32, ChatCommand)> {
        if self.waiting.len() >= ASKS_MAX {
            return None;
        }
        self.last = self.last.wrapping_add(1);
        let ask = self.last;
        self.waiting.insert(ask, what.clone());
        Some((ask, ChatCommand::Ask { ask, what }))
    }

    /// What was asked, once.
    pub(super) fn answered(&mut self, ask: u32) -> Option<Ask> {
        self.waiting.remove(&ask)
    }

    /// The link is another one: what waits for an answer gets none.
    pub(super) fn give_up(&mut self) -> BTreeMap<u32, Ask> {
        core::mem::take(&mut self.waiting)
    }
}
