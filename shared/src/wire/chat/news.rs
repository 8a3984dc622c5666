//! What a client is told of chat.
//!
//! Never tells a client of a log that its player does not read.

use bincode::{Decode, Encode};

use super::{ChatRefusal, Line, Scope};
use crate::id::{AccountId, LogId};
use crate::limits::{
    HISTORY_BATCH_MAX, NAME_BYTES_MAX, PEOPLE_BATCH_MAX, REACTION_BYTES_MAX, REACTIONS_MAX,
    ROOM_NAME_BYTES_MAX,
};
use crate::wire::{BoundedStr, BoundedVec};

/// What a client is told of chat.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ChatNews {
    /// This player reads a log from now on, or still does on this link.
    Opened {
        /// Which.
        log: LogId,
        /// What it is.
        scope: Scope,
        /// The epoch of its offsets.
        epoch: u32,
        /// The offset of the first line that will come.
        first: u64,
        /// The offset that the next line of all will have.
        next: u64,
        /// Every line below this was seen by this player, on whatever client.
        read: u64,
    },
    /// This player does not read it any more.
    Closed {
        /// Which.
        log: LogId,
    },
    /// The next lines of a log.
    Lines {
        /// Which.
        log: LogId,
        /// Its next lines, without a gap.
        lines: BoundedVec<Line, HISTORY_BATCH_MAX>,
        /// Whether there are more for a [`super::ChatCommand::Pull`].
        more: bool,
    },
    /// Lines from before, as asked for by [`super::ChatCommand::Page`].
    Older {
        /// Of which log.
        log: LogId,
        /// The newest first offset below what was asked, oldest line first.
        lines: BoundedVec<Line, HISTORY_BATCH_MAX>,
        /// Whether there are older ones that this player may read.
        more: bool,
    },
    /// A line is stored.
    Acked {
        /// Which.
        client_id: u64,
        /// Where.
        log: LogId,
        /// As what; of a line that several logs got, the one in its author's.
        offset: u64,
    },
    /// A line was not taken.
    Refused {
        /// Which.
        client_id: u64,
        /// Why.
        reason: ChatRefusal,
        /// For how many seconds that stays so; 0 when time does not help.
        seconds: u32,
    },
    /// How far others got in a whisper, a party or a group.
    Receipts {
        /// Which.
        log: LogId,
        /// Those that changed.
        receipts: BoundedVec<Receipt, PEOPLE_BATCH_MAX>,
    },
    /// All reactions to a line.
    Reactions {
        /// In which log.
        log: LogId,
        /// To which line.
        offset: u64,
        /// In the order they came up.
        reactions: BoundedVec<Reaction, REACTIONS_MAX>,
    },
    /// Members of a party or a group that are new or changed.
    Members {
        /// Which.
        log: LogId,
        /// Who.
        members: BoundedVec<Member, PEOPLE_BATCH_MAX>,
    },
    /// This player may come into a party or a group.
    Invited {
        /// Which.
        log: LogId,
        /// What it is.
        scope: Scope,
        /// Who asked.
        by: AccountId,
        /// Under which name.
        name: BoundedStr<NAME_BYTES_MAX>,
    },
    /// How players are present who changed that.
    Presence {
        /// Who, and how.
        changes: BoundedVec<Presence, PEOPLE_BATCH_MAX>,
    },
    /// What became of an [`super::Ask`].
    Answer {
        /// The ask's.
        ask: u32,
        /// What it made or was about; 0 without meaning.
        log: LogId,
        /// Why not; `None` when it is done.
        refused: Option<ChatRefusal>,
    },
    /// Whom this player blocks and follows: all of them before a log opens on a link, those that
    /// changed later. Past [`PEOPLE_BATCH_MAX`] further packets follow at once, which only add.
    Neighbours {
        /// Whether whoever was told before is forgotten first.
        anew: bool,
        /// Who. One that is neither blocked nor followed is no neighbour any more.
        people: BoundedVec<Neighbour, PEOPLE_BATCH_MAX>,
    },
}

/// Somebody whom this player blocks or follows.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Neighbour {
    /// Who.
    pub account: AccountId,
    /// Under which name; that of a guest when it became one. May be empty.
    pub name: BoundedStr<NAME_BYTES_MAX>,
    /// Whether this player hears nothing from them.
    pub blocked: bool,
    /// Whether this player is told how they are present.
    pub followed: bool,
}

/// How far a reader got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Receipt {
    /// Who.
    pub account: AccountId,
    /// Every line below this arrived.
    pub delivered: u64,
    /// Every line below this was seen.
    pub read: u64,
}

/// A sign under a line.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Reaction {
    /// The sign.
    pub sign: BoundedStr<REACTION_BYTES_MAX>,
    /// How many put it there.
    pub count: u32,
    /// Whether this player is one of them.
    pub mine: bool,
}

/// A member of a party or a group.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Member {
    /// Who.
    pub account: AccountId,
    /// Under which name.
    pub name: BoundedStr<NAME_BYTES_MAX>,
    /// How it stands.
    pub standing: Standing,
}

/// How an account stands to a party or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Standing {
    /// It may come in.
    Invited,
    /// It reads and writes.
    Member,
    /// It reads and writes, and made it or was in it longest.
    Owner,
    /// It is in no more.
    Left,
}

/// How a player is present.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Presence {
    /// Who.
    pub account: AccountId,
    /// Under which name.
    pub name: BoundedStr<NAME_BYTES_MAX>,
    /// How.
    pub status: Status,
    /// The room it is in; empty when it is in none.
    pub room: BoundedStr<ROOM_NAME_BYTES_MAX>,
}

/// Whether a player is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Status {
    /// No client of theirs is connected.
    Offline,
    /// They look elsewhere.
    Away,
    /// They are there.
    Online,
}
