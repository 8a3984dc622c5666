//! Control packets, one enum a phase and direction, so that a packet that is illegal in a phase
//! cannot be represented in it.
//!
//! Never holds a rule of the game or of the room: these are the words, not what they lead to.
//!
//! ```text
//! client                         server
//!   Hello             ------->             handshake phase, first packet of a link
//!                     <-------  HandshakeReply: Welcome, or Refuse and the link closes
//!   ClientControl     ------->             live phase
//!                     <-------  ServerControl: first the roster, then news, chat's among them
//! ```

use bincode::{Decode, Encode};

use super::chat::{ChatCommand, ChatNews, Credential, LogCursor, Role};
use super::check::{CHECK_SAMPLES_MAX, Sample, SampleResult};
use super::{BoundedStr, BoundedVec, Message};
use crate::id::{AccountId, PlayerId, SessionId, Tick};
use crate::limits::{
    CURSORS_MAX, EVENTS_BYTES_MAX, NAME_BYTES_MAX, ORDERED_BYTES_MAX, REFUSE_DETAIL_BYTES_MAX,
    ROOM_NAME_BYTES_MAX, ROSTER_BATCH_MAX, ROW_WORDS_MAX, SCHEMA_TEXT_BYTES_MAX, TABLES_BYTES_MAX,
};

/// First packet of a link.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Hello {
    /// [`super::PROTOCOL`] of the client. Stands first, so that every version can read it.
    pub protocol: u16,
    /// Hash of the client's schema.
    pub schema_hash: u64,
    /// The name the player wants.
    pub name: BoundedStr<NAME_BYTES_MAX>,
    /// The room the player wants; without meaning when a session is resumed.
    pub room: RoomRequest,
    /// The session to resume.
    pub resume: Option<Resume>,
    /// Who the player is.
    pub who: Credential,
    /// Where the client stands in the logs it reads.
    pub cursors: BoundedVec<LogCursor, CURSORS_MAX>,
}

/// Which room a player wants.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum RoomRequest {
    /// Any with a free seat.
    Any,
    /// This one.
    Named(BoundedStr<ROOM_NAME_BYTES_MAX>),
}

/// A session to be taken up again on a new link.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Resume {
    /// Which.
    pub session: SessionId,
    /// The newest token its client was given.
    pub token: Token,
}

/// A 128-bit secret that proves that a client held a session; good for one resume.
#[derive(Clone, Copy, Encode, Decode)]
pub struct Token(pub [u8; 16]);

/// What the server says to a Hello.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[allow(
    clippy::large_enum_variant,
    reason = "one a link, dropped at once; a box would save nothing"
)]
pub enum HandshakeReply {
    /// The player is in.
    Welcome(Welcome),
    /// The player is not; the link closes with the same reason.
    Refuse(Refuse),
}

/// What a client must know before its first snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Welcome {
    /// The session; survives the link.
    pub session: SessionId,
    /// Whether it was taken up again (same player, same entity) rather than made.
    pub resumed: bool,
    /// The player's seat.
    pub player: PlayerId,
    /// The name the player got; another one than wanted when that was taken.
    pub name: BoundedStr<NAME_BYTES_MAX>,
    /// The room.
    pub room: BoundedStr<ROOM_NAME_BYTES_MAX>,
    /// Ticks a second.
    pub tick_hz: u16,
    /// Snapshots come every so many ticks.
    pub snapshot_every: u16,
    /// The room's newest tick when this was written.
    pub tick: Tick,
    /// The seed of the randomness that clients share.
    pub seed: u64,
    /// Which kind of the game's rules.
    pub rules_kind: u8,
    /// Their words.
    pub rules: BoundedVec<u32, ROW_WORDS_MAX>,
    /// Code tables of snapshots.
    pub tables: BoundedVec<u8, TABLES_BYTES_MAX>,
    /// Resumes the session; replaces every older one.
    pub token: Token,
    /// How long the session outlives its link, in milliseconds.
    pub grace_millis: u32,
    /// The player's account.
    pub account: AccountId,
    /// What it may do.
    pub role: Role,
    /// For [`Credential::Return`], should the session be gone when the client comes back.
    pub return_key: Token,
    /// The upper half of the ids of lines that this client writes. A client that has one already
    /// keeps it, so that lines it sends again are known.
    pub pen: u32,
}

/// Why the player is not in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Refuse {
    /// Number of a [`crate::close::CloseReason`].
    pub reason: u32,
    /// Words for the player, may be empty.
    pub detail: BoundedStr<REFUSE_DETAIL_BYTES_MAX>,
    /// The server's canonical schema text when that is what differs, else empty.
    pub schema: BoundedStr<SCHEMA_TEXT_BYTES_MAX>,
}

/// What a client may say once it is in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ClientControl {
    /// Are these rows right?
    Check {
        /// What the client's rows look like.
        samples: BoundedVec<Sample, CHECK_SAMPLES_MAX>,
    },
    /// Answer with the same nonce.
    Ping {
        /// Any number.
        nonce: u32,
    },
    /// The player leaves for good.
    Leave,
    /// The player looks elsewhere, as with a hidden tab, or is back.
    Away {
        /// Whether it is so now.
        away: bool,
    },
    /// Something about chat.
    Talk(ChatCommand),
}

/// What the server says once the client is in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ServerControl {
    /// Players of the room; the first of these packets go before everything else.
    Roster {
        /// Some of them.
        players: BoundedVec<RosterEntry, ROSTER_BATCH_MAX>,
        /// Whether more follow.
        more: bool,
    },
    /// A player came.
    Joined(RosterEntry),
    /// A player's session ended.
    Left {
        /// Whose.
        player: PlayerId,
    },
    /// Answers to a check, in the order of its samples.
    Checked {
        /// One for each sample.
        results: BoundedVec<SampleResult, CHECK_SAMPLES_MAX>,
    },
    /// Events that did not fit the Snapshot lane, coded as there.
    Events {
        /// For [`crate::delta::Confirmed::receive_events`].
        bytes: BoundedVec<u8, EVENTS_BYTES_MAX>,
    },
    /// Answers a ping.
    Pong {
        /// The ping's.
        nonce: u32,
        /// The room's newest tick.
        tick: Tick,
    },
    /// The server goes down soon and takes nobody in any more.
    Draining {
        /// Milliseconds until it closes what is open.
        millis: u32,
    },
    /// The last packet before the link closes.
    Bye {
        /// Number of a [`crate::close::CloseReason`].
        reason: u32,
    },
    /// News of chat.
    Talk(ChatNews),
}

/// A player of the room.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RosterEntry {
    /// The seat.
    pub player: PlayerId,
    /// The name; unique in the room.
    pub name: BoundedStr<NAME_BYTES_MAX>,
    /// The account.
    pub account: AccountId,
    /// What it may do.
    pub role: Role,
}

impl Message for Hello {
    const KIND: u8 = 1;
    const BYTES_MAX: usize = 4_096;
}

impl Message for HandshakeReply {
    const KIND: u8 = 2;
    const BYTES_MAX: usize = ORDERED_BYTES_MAX;
}

impl Message for ClientControl {
    const KIND: u8 = 3;
    const BYTES_MAX: usize = 2_048;
}

impl Message for ServerControl {
    const KIND: u8 = 4;
    const BYTES_MAX: usize = ORDERED_BYTES_MAX;
}

impl PartialEq for Token {
    /// Takes the same time whatever the bytes are, so that time tells nothing about them.
    fn eq(&self, other: &Token) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        core::hint::black_box(pairs.fold(0, |sum, (a, b)| sum | (a ^ b))) == 0
    }
}

impl Eq for Token {}

impl core::fmt::Debug for Token {
    /// Never shows the secret.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
mod tests;
