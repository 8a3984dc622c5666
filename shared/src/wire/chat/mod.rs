//! Packets of chat: who says what to whom, and what each reader of a log is told.
//!
//! Never says who may do what: the server judges each of these by what it knows of the account.
//!
//! A **log** is a list of lines with offsets 0, 1, 2 ... without a gap. A client names it by a
//! number and an epoch; offsets of different epochs have nothing in common.
//!
//! ```text
//! client                                     server
//!   Hello with cursors (log, epoch, next) ->
//!                                         <- Neighbours: whom this player blocks and follows
//!                                         <- Opened: where the log goes on for this reader
//!                                         <- Lines, and more of them for each Pull while `more`
//!   Say (client id, address, text)        ->
//!                                         <- Acked (log, offset): it is stored, never before
//!                                         <- Lines: the same line, to every reader
//!   Mark (delivered, read)                ->
//!                                         <- Receipts, to the others
//!   Ask: Block, Follow                    ->
//!                                         <- Neighbours: those that changed, then Answer
//! ```

mod command;
mod news;
mod refusal;

use core::fmt;

use bincode::{Decode, Encode};

pub use command::{Ask, ChatCommand, Sanction};
pub use news::{ChatNews, Member, Neighbour, Presence, Reaction, Receipt, Standing, Status};
pub use refusal::ChatRefusal;

use super::{BoundedStr, Token};
use crate::id::{AccountId, LogId, Tick};
use crate::limits::{
    ADMISSION_BYTES_MAX, CHAT_BYTES_MAX, GROUP_NAME_BYTES_MAX, NAME_BYTES_MAX, ROOM_NAME_BYTES_MAX,
};

/// Who a client says its player is.
#[derive(Clone, Default, PartialEq, Eq, Encode, Decode)]
pub enum Credential {
    /// Nobody known: a guest, who gets an account and its key with the Welcome.
    #[default]
    New,
    /// Somebody who was here before, as a guest or not.
    Return {
        /// As the last Welcome gave it.
        key: Token,
    },
    /// Somebody whom an issuer vouches for.
    Admission {
        /// A PASETO or a JWT; good once.
        token: BoundedStr<ADMISSION_BYTES_MAX>,
    },
}

impl fmt::Debug for Credential {
    /// Never shows the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Credential::New => "New",
            Credential::Return { .. } => "Return",
            Credential::Admission { .. } => "Admission",
        })
    }
}

/// What an account may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Role {
    /// Plays and talks.
    #[default]
    Player,
    /// A program that says so.
    Bot,
    /// May mute, kick and ban players.
    Moderator,
    /// May do the same to moderators, and announce.
    Admin,
}

/// Where a client stands in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LogCursor {
    /// Which log.
    pub log: LogId,
    /// The epoch of the lines it has.
    pub epoch: u32,
    /// The first offset it does not have.
    pub next: u64,
}

/// A player, by whichever the sender knows.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Whom {
    /// By account.
    Account(AccountId),
    /// By name: somebody in the room, else a registered player.
    Name(BoundedStr<NAME_BYTES_MAX>),
}

/// Whom a line is for, as its sender says it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Address {
    /// Everybody in the sender's room.
    Room,
    /// The sender's team.
    Team,
    /// Whoever is near the sender's entity.
    Near,
    /// One player, who may be offline.
    Whisper(Whom),
    /// The readers of a log that the sender reads: a party, a group, a whisper, a team.
    Log(LogId),
    /// Everybody; for admins.
    Server,
}

/// What a log is to its reader.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Scope {
    /// A room.
    Room {
        /// Which.
        name: BoundedStr<ROOM_NAME_BYTES_MAX>,
    },
    /// The reader's team.
    Team {
        /// Its number in the game.
        number: u8,
    },
    /// What was said near the reader.
    Near,
    /// Between the reader and one other player.
    Whisper {
        /// The other one.
        with: AccountId,
        /// Under which name.
        name: BoundedStr<NAME_BYTES_MAX>,
    },
    /// A party: an account is in one at the most, and it ends with its last member.
    Party,
    /// A group.
    Group {
        /// What its maker called it.
        name: BoundedStr<GROUP_NAME_BYTES_MAX>,
    },
    /// Announcements.
    Server,
}

/// How a line is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub enum Manner {
    /// Said.
    #[default]
    Said,
    /// What its author does: "Ann waves".
    Emote,
    /// From the server itself.
    Notice,
}

/// A line of a log as each reader gets it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Line {
    /// Its place in the log.
    pub offset: u64,
    /// Who wrote it.
    pub from: AccountId,
    /// That player's name at the time.
    pub name: BoundedStr<NAME_BYTES_MAX>,
    /// That player's role at the time.
    pub role: Role,
    /// The time of the server, in milliseconds since 1970.
    pub at: u64,
    /// The newest tick of its author's room at the time.
    pub tick: Tick,
    /// How it is meant.
    pub manner: Manner,
    /// The text.
    pub text: BoundedStr<CHAT_BYTES_MAX>,
}
