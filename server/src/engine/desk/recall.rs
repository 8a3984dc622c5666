//! Lines that may be stored already though they would be refused.
//!
//! Never lets a line in, and never judges one: a line that the store has is acked where it is,
//! whatever its author may say by now, and one that it has not is refused as it was judged.
//!
//! ```text
//! Say -> judged: no -> known here? no -> Query::Stored -> there: Acked
//!                                                      -> not there, or a fault: Refused
//! ```
//!
//! A client sends a line again whose ack it lost. What this server stored it remembers for a while,
//! but not over a restart; and whoever wrote it may be muted since, or write faster than it may
//! while it sends all of its lines again.

use tickwire_shared::wire::ChatRefusal;

use super::draft::Draft;
use super::tickets::Task;
use super::{Desk, Sabotage};
use crate::engine::storage::{Found, Query, StoreFault};
use crate::limits::RECALLS_MAX;

/// Why a line is not taken, and for how many seconds.
pub(super) type Verdict = (ChatRefusal, u32);

impl Desk {
    /// Does not take a line, unless the store has it.
    pub(super) fn refuse(&mut self, draft: &Draft, reason: ChatRefusal, seconds: u32) {
        let verdict = (reason, seconds);
        if !may_be_stored(reason) || !self.may_recall(draft) {
            return self.turn_away(draft, verdict);
        }
        let query = Query::Stored(draft.from, draft.client_id);
        match self.find(Task::Recall(draft.clone(), verdict), query) {
            Some(_) => self.recalling += 1,
            None => {
                self.scribe(draft.from).recalled();
                self.turn_away(draft, verdict);
            }
        }
    }

    /// Whether the store may be asked for a line; if so its author has one question less.
    fn may_recall(&mut self, draft: &Draft) -> bool {
        let off = self.config.sabotage == Sabotage::ForgetStored;
        // The server's own lines never come again.
        if off || draft.session.is_none() || self.recalling >= RECALLS_MAX {
            return false;
        }
        let now = self.now;
        self.scribe(draft.from).recall(now)
    }

    /// The store told whether it has a line.
    pub(super) fn recalled(
        &mut self,
        draft: &Draft,
        verdict: Verdict,
        result: Result<Found, StoreFault>,
    ) {
        self.recalling = self.recalling.saturating_sub(1);
        self.scribe(draft.from).recalled();
        match result {
            Ok(Found::Stored(Some(place))) => {
                self.give_back(draft);
                self.note_stored(draft, place);
            }
            _ => self.turn_away(draft, verdict),
        }
    }

    /// What a line took is its author's again.
    pub(super) fn give_back(&mut self, draft: &Draft) {
        if let Some(price) = draft.price {
            self.conduct.give_back(draft.from, price);
        }
    }
}

/// Whether a line that is refused for that may have been taken before. What is no text was never
/// taken, and a store that fails is not asked more.
fn may_be_stored(reason: ChatRefusal) -> bool {
    use ChatRefusal::{BadText, Empty, StoreBusy, StoreFailed, StoreFull, TooLong};
    !matches!(
        reason,
        Empty | TooLong | BadText | StoreBusy | StoreFull | StoreFailed
    )
}
