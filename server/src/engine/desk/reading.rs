//! Where one session stands in one log.
//!
//! Never skips an offset: whoever reads a log gets each line from its first on once, in order.
//!
//! ```text
//! parked --link--> live <--> more (a pull goes on) <--> asked (the store was)
//!                                                       asked --fault--> stalled --turn--> asked
//! ```

use tickwire_shared::id::LinkId;
use tickwire_shared::wire::LogCursor;

use super::log::Log;
use crate::engine::storage::Ticket;
use crate::limits::CHAT_TAIL_MAX;

/// What a session that reads a log waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// A link, and to be told that the log is open.
    #[default]
    Parked,
    /// The next line: it has all that are there.
    Live,
    /// Its client, which pulls when it wants more.
    More,
    /// Lines from the store.
    Asked(Ticket),
    /// The next turn: the store failed.
    Stalled,
}

/// Where a session stands in a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Where its packets go; `None` while it is parked.
    pub link: Option<LinkId>,
    /// The offset it gets next.
    pub next: u64,
    /// What it waits for.
    pub phase: Phase,
}

/// The first offset that a reader with this cursor gets, who may read from `since` on: where it
/// was, or after what was cut, or the last few lines when the cursor says nothing about this log.
pub fn first_of(log: &Log, since: u64, cursor: Option<LogCursor>) -> u64 {
    let (next, oldest) = (log.head.next, log.head.first.max(since));
    let known = cursor.filter(|cursor| cursor.epoch == log.head.epoch && cursor.next <= next);
    let wanted = match known {
        Some(cursor) => cursor.next,
        None => next.saturating_sub(CHAT_TAIL_MAX),
    };
    wanted.max(oldest).min(next)
}
