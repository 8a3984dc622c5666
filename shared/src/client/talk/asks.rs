//! Questions to chat that wait for their answer, and whom this client follows.
//!
//! Never asks twice by itself, but for whom to follow: that means the same however often it is
//! said.

use std::collections::BTreeMap;

use crate::limits::{ASKS_MAX, FOLLOWS_MAX};
use crate::wire::{Ask, ChatCommand, Whom};

/// Questions without an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Asks {
    last: u32,
    waiting: BTreeMap<u32, Ask>,
    follows: Vec<Whom>,
}

impl Asks {
    /// Asks something; `None` at [`ASKS_MAX`].
    pub(super) fn put(&mut self, what: Ask) -> Option<(u32, ChatCommand)> {
        if self.waiting.len() >= ASKS_MAX {
            return None;
        }
        self.last = self.last.wrapping_add(1);
        let ask = self.last;
        if let Ask::Follow { whom, on } = &what {
            self.follow(whom, *on);
        }
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

    /// Whom to follow in a new session.
    pub(super) fn follow_again(&mut self) -> Vec<ChatCommand> {
        let follows = core::mem::take(&mut self.follows);
        let all = follows.into_iter().filter_map(|whom| {
            let what = Ask::Follow { whom, on: true };
            self.put(what).map(|(_, command)| command)
        });
        all.collect()
    }

    fn follow(&mut self, whom: &Whom, on: bool) {
        self.follows.retain(|known| known != whom);
        if on && self.follows.len() < FOLLOWS_MAX {
            self.follows.push(whom.clone());
        }
    }
}
