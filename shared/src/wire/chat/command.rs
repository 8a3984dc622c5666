//! What a client asks of chat.
//!
//! Never says whether it may: that is for the server to judge.

use bincode::{Decode, Encode};

use super::{Address, Manner, Whom};
use crate::id::LogId;
use crate::limits::{CHAT_BYTES_MAX, GROUP_NAME_BYTES_MAX, REACTION_BYTES_MAX, REASON_BYTES_MAX};
use crate::wire::BoundedStr;

/// What a client may ask of chat.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ChatCommand {
    /// A line.
    Say {
        /// The pen of the client in the upper half; the lower half rises with each of its lines. A
        /// line sent twice counts once, also over a restart of the server.
        client_id: u64,
        /// For whom.
        to: Address,
        /// How it is meant; never a notice.
        manner: Manner,
        /// The text.
        text: BoundedStr<CHAT_BYTES_MAX>,
    },
    /// The next lines of a log of which there were more.
    Pull {
        /// Which.
        log: LogId,
    },
    /// Lines from before, for a reader who scrolls up.
    Page {
        /// Of which log.
        log: LogId,
        /// Those below this offset.
        before: u64,
    },
    /// How far this player got.
    Mark {
        /// In which log.
        log: LogId,
        /// Its client has every line below this.
        delivered: u64,
        /// The player has seen every line below this.
        read: u64,
    },
    /// A reaction to a line.
    React {
        /// In which log.
        log: LogId,
        /// To which line.
        offset: u64,
        /// The sign.
        sign: BoundedStr<REACTION_BYTES_MAX>,
        /// Whether it is there from now on.
        on: bool,
    },
    /// Anything that is answered by itself.
    Ask {
        /// Comes back with the answer.
        ask: u32,
        /// What.
        what: Ask,
    },
}

/// What is asked, and answered with [`super::ChatNews::Answer`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Ask {
    /// A new party with this player in it.
    Party,
    /// A new group with this player in it.
    Group {
        /// What to call it.
        name: BoundedStr<GROUP_NAME_BYTES_MAX>,
    },
    /// That somebody may come into a party or group of this player.
    Invite {
        /// Which.
        log: LogId,
        /// Whom.
        whom: Whom,
    },
    /// To come in where this player was invited.
    Accept {
        /// Where.
        log: LogId,
    },
    /// To leave a party or group, or not to come in.
    Leave {
        /// Which.
        log: LogId,
    },
    /// To hear nothing from somebody any more, or again.
    Block {
        /// Whom.
        whom: Whom,
        /// Whether from now on.
        on: bool,
    },
    /// To be told how somebody is present, or no more.
    Follow {
        /// Whom.
        whom: Whom,
        /// Whether from now on.
        on: bool,
    },
    /// That a moderator looks at a line.
    Report {
        /// In which log.
        log: LogId,
        /// Which line.
        offset: u64,
        /// Why.
        why: BoundedStr<REASON_BYTES_MAX>,
    },
    /// That somebody is held to something; for moderators.
    Sanction {
        /// Whom.
        whom: Whom,
        /// To what.
        sanction: Sanction,
        /// For how many seconds; 0 ends it. Without meaning for a kick.
        seconds: u32,
        /// Why.
        why: BoundedStr<REASON_BYTES_MAX>,
    },
    /// So many seconds between two lines of the same player in a room, a party or a group; 0 for
    /// none. For moderators, and for whoever made the group.
    SlowMode {
        /// Where.
        log: LogId,
        /// How many.
        seconds: u16,
    },
}

/// What a moderator may hold a player to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Sanction {
    /// Says nothing, and does not learn that nobody hears it.
    Shadow,
    /// Says nothing.
    Mute,
    /// Is sent away once.
    Kick,
    /// Is not let in.
    Ban,
}
