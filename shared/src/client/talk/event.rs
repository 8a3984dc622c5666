//! What the book of chat tells, in the order it happened.
//!
//! Never tells a line twice: each offset of a log comes once, and in order.

use crate::id::{AccountId, LogId};
use crate::wire::{
    Address, Ask, ChatRefusal, Line, Member, Neighbour, Presence, Reaction, Receipt, Scope,
};

/// Something about chat, within [`crate::client::ClientEvent::Talk`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TalkEvent {
    /// This player reads a log from now on, or still does on a new link.
    Opened {
        /// Which.
        log: LogId,
        /// What it is.
        scope: Scope,
        /// How many lines of others this player has not seen, those on their way included.
        unread: u64,
        /// Lines below this offset were said before.
        next: u64,
        /// Whether the client knew it before, as after a new link.
        again: bool,
    },
    /// This player does not read a log any more.
    Closed {
        /// Which.
        log: LogId,
        /// What it was.
        scope: Scope,
    },
    /// A line, the client's own included.
    Line {
        /// In which log.
        log: LogId,
        /// What that log is.
        scope: Scope,
        /// The line.
        line: Line,
        /// Whether this player wrote it, perhaps on another client.
        mine: bool,
        /// Whether somebody else names this player in it, with an `@`.
        mentioned: bool,
    },
    /// So many lines will never come: history was cut while the client was away.
    Missed {
        /// In which log.
        log: LogId,
        /// What that log is.
        scope: Scope,
        /// How many.
        lines: u64,
    },
    /// Lines from before, as asked for by [`crate::client::Client::page`].
    Older {
        /// Of which log.
        log: LogId,
        /// The lines, oldest first.
        lines: Vec<Line>,
        /// Whether there are older ones.
        more: bool,
    },
    /// A line this client wrote is stored.
    Acked {
        /// As returned by [`crate::client::Client::say`].
        client_id: u64,
        /// In which log.
        log: LogId,
        /// At which offset.
        offset: u64,
    },
    /// A line this client wrote was not taken. Where time helps it may be said again, see
    /// [`crate::client::Client::say_again`].
    Refused {
        /// As returned by [`crate::client::Client::say`].
        client_id: u64,
        /// For whom it was.
        to: Address,
        /// What it said.
        text: String,
        /// Why.
        reason: ChatRefusal,
        /// For how many seconds that stays so; 0 when time does not help, or nobody knows.
        seconds: u32,
    },
    /// Others got further in a log; see [`super::Log::receipts`].
    Receipts {
        /// In which.
        log: LogId,
        /// Those that changed.
        receipts: Vec<Receipt>,
    },
    /// All reactions to a line, in place of those before.
    Reactions {
        /// In which log.
        log: LogId,
        /// To which line.
        offset: u64,
        /// In the order they came up.
        reactions: Vec<Reaction>,
    },
    /// Members of a party or a group are new or changed; see [`super::Log::members`].
    Members {
        /// Of which.
        log: LogId,
        /// Those that changed.
        members: Vec<Member>,
    },
    /// Somebody wants this player in a party or a group; see [`super::Book::invitations`].
    Invited {
        /// Which.
        log: LogId,
        /// What it is.
        scope: Scope,
        /// Who.
        by: AccountId,
        /// Under which name.
        name: String,
    },
    /// Players came, went or look elsewhere; see [`super::Book::presence`].
    Presence {
        /// Who, and how.
        changes: Vec<Presence>,
    },
    /// Whom this player blocks or follows is told, or has changed; see [`super::Book::neighbours`].
    Neighbours {
        /// Who. One that is neither blocked nor followed is no neighbour any more.
        people: Vec<Neighbour>,
    },
    /// Somebody writes; see [`super::Book::typists`].
    Typing {
        /// In which log.
        log: LogId,
        /// Who.
        account: AccountId,
    },
    /// What became of a question.
    Answer {
        /// As returned by [`crate::client::Client::ask`].
        ask: u32,
        /// What was asked.
        what: Ask,
        /// The log it made or was about; 0 without meaning.
        log: LogId,
        /// Why not; `None` when it is done.
        refused: Option<ChatRefusal>,
    },
    /// The link was lost before the answer to a question came: it may be done or not.
    Unanswered {
        /// As returned by [`crate::client::Client::ask`].
        ask: u32,
        /// What was asked.
        what: Ask,
    },
}

impl TalkEvent {
    /// The line, if it is one of the log of a room.
    #[must_use]
    pub fn room_line(&self) -> Option<&Line> {
        match self {
            TalkEvent::Line {
                scope: Scope::Room { .. },
                line,
                ..
            } => Some(line),
            _ => None,
        }
    }
}
