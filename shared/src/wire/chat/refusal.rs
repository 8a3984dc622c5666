//! Why chat does not do something, and what to tell the person who wanted it.

use bincode::{Decode, Encode};

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum ChatRefusal {
    /// Too many in a short time.
    TooFast,
    /// Nothing to read in it.
    Empty,
    /// It holds characters that are not text.
    BadText,
    /// It has more bytes than allowed, if only once its accents are put together.
    TooLong,
    /// Its id is older than what the server still remembers.
    Stale,
    /// The same text again and again.
    Repeated,
    /// Lines there must be further apart.
    SlowMode,
    /// This player may not speak.
    Muted,
    /// It holds a word that is not allowed.
    Words,
    /// There is no such log, or this player is not in it.
    NotMember,
    /// There is nobody of that name.
    NoSuchPlayer,
    /// That needs another role, or a registered account.
    NotAllowed,
    /// That player wants to hear nothing from this one.
    Blocked,
    /// As many as allowed are there already.
    TooMany,
    /// The store is busy and took nothing.
    StoreBusy,
    /// The store has no space and took nothing.
    StoreFull,
    /// The store failed and took nothing.
    StoreFailed,
}

impl ChatRefusal {
    /// What to tell the person who wrote the line.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            ChatRefusal::TooFast => {
                "too many lines in a short time; wait a moment, then write it again"
            }
            ChatRefusal::Empty => "there is nothing to read in it",
            ChatRefusal::BadText => "it holds characters that are not text",
            ChatRefusal::TooLong => "it is too long",
            ChatRefusal::Stale => "it came too late; write it again",
            ChatRefusal::Repeated => "you said the same a moment ago",
            ChatRefusal::SlowMode => "slow mode: wait a moment, then write it again",
            ChatRefusal::Muted => "a moderator has muted you",
            ChatRefusal::Words => "it holds a word that is not allowed here",
            ChatRefusal::NotMember => "you are not in that chat",
            ChatRefusal::NoSuchPlayer => "there is no player of that name",
            ChatRefusal::NotAllowed => "you may not do that",
            ChatRefusal::Blocked => "that player does not want to hear from you",
            ChatRefusal::TooMany => "as many as allowed are there already",
            ChatRefusal::StoreBusy => "the server could not store it in time; try again",
            ChatRefusal::StoreFull => "the server has no space left for messages; try again later",
            ChatRefusal::StoreFailed => "the server could not store it; try again",
        }
    }
}
