//! Words of the server itself, to everybody.
//!
//! Never lets one get lost without a word: whoever had it said learns what became of it.

use tickwire_shared::id::{AccountId, Tick};
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{BoundedStr, ChatRefusal, Manner, Role};

use super::Desk;
use super::draft::Draft;
use crate::engine::storage::LogKey;
use crate::limits::ANNOUNCED_WAITING_MAX;

/// What became of an announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announced {
    /// The number that [`Desk::announce`] gave it.
    pub number: u64,
    /// Whether it is stored, or why not.
    pub outcome: Result<(), ChatRefusal>,
}

impl Desk {
    /// A line from the server itself, to everybody. What becomes of it is told under this number.
    pub fn announce(&mut self, now: Instant, text: &str) -> u64 {
        self.now = now;
        let place = self.shelve(&LogKey::Server);
        let number = self.rng.next_u64();
        let draft = Draft {
            session: None,
            is_visitors: false,
            from: AccountId(0),
            client_id: number,
            name: BoundedStr::cut("server"),
            role: Role::Admin,
            tick: Tick::ZERO,
            manner: Manner::Notice,
            text: BoundedStr::cut(text),
            price: None,
        };
        self.hand_over(place, draft);
        number
    }

    /// A line has its fate; one of the server itself is noted for [`Desk::take_announced`].
    pub(super) fn note_announced(&mut self, draft: &Draft, outcome: Result<(), ChatRefusal>) {
        if draft.session.is_none() && self.announced.len() < ANNOUNCED_WAITING_MAX {
            let number = draft.client_id;
            self.announced.push(Announced { number, outcome });
        }
    }

    /// What became of announcements since the last call.
    pub fn take_announced(&mut self) -> Vec<Announced> {
        std::mem::take(&mut self.announced)
    }
}
