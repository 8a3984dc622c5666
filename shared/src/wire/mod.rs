//! The wire of control packets: everything on the Ordered lane.
//!
//! Never looks at a clock, a socket or a game. Bincode is named in this module and nowhere else;
//! decoded packets are plain data whose lengths are bounded, and the one encoding of a packet is
//! the only one that decodes.
//!
//! ```text
//! Ordered packet:  | kind 1 byte | fields, bincode, varint, little endian | nothing else |
//! kind:            1 Hello, 2 HandshakeReply, 3 ClientControl, 4 ServerControl
//! ```

mod bounded;
mod chat;
mod check;
mod codec;
mod control;
mod probe;
mod typing;

pub use bounded::{BoundedStr, BoundedVec, TooLong};
pub use chat::{
    Address, Ask, ChatCommand, ChatNews, ChatRefusal, Credential, Line, LogCursor, Manner, Member,
    Neighbour, Presence, Reaction, Receipt, Role, Sanction, Scope, Standing, Status, Whom,
};
pub use check::{CHECK_SAMPLES_MAX, Sample, SampleResult, row_hash};
pub use codec::{Message, WireError, decode, encode, protocol_of_hello};
pub use control::{
    ClientControl, HandshakeReply, Hello, Refuse, Resume, RoomRequest, RosterEntry, ServerControl,
    Token, Welcome,
};
pub use probe::{PROBE_BYTES_MIN, decode_probe, encode_probe};
pub use typing::{decode_typing, decode_typist, encode_typing, encode_typist};

/// Version of everything on the wire that no schema describes. Both sides must have the same.
pub const PROTOCOL: u16 = 1;
