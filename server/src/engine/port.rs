//! What goes in and out of rooms and links: the engine's border with the shell.
//!
//! Never blocks, queues without a bound or names a thread: the shell carries these values between
//! the network thread (with the [`super::Lobby`]) and the workers (with the rooms).

mod outbox;

use std::sync::Arc;

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{Lane, LinkId, PlayerId, RoomId};
use tickwire_shared::input::InputPacket;
use tickwire_shared::time::{Instant, TickRate};
use tickwire_shared::wire::Sample;

pub use outbox::Outbox;

use super::admission::AdmitOrder;
use super::storage::{Query, Ticket, Write};

/// What a room is told, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Inbound {
    /// A player took a seat that was free.
    Join {
        /// The seat.
        player: PlayerId,
        /// Where its packets go.
        link: LinkId,
    },
    /// The player's session goes on over this link: it starts from a full snapshot.
    Attach {
        /// The seat.
        player: PlayerId,
        /// Where its packets go from now on.
        link: LinkId,
    },
    /// The player's link is gone: nothing is sent until an attach.
    Detach {
        /// The seat.
        player: PlayerId,
    },
    /// The player looks elsewhere or is back: meanwhile its inputs are neutral and its packets few.
    Away {
        /// The seat.
        player: PlayerId,
        /// Whether it is so from now on.
        away: bool,
    },
    /// The player's session ended: the seat is free afterwards.
    Leave {
        /// The seat.
        player: PlayerId,
    },
    /// Acks and inputs.
    Input {
        /// The seat.
        player: PlayerId,
        /// When it reached this process.
        at: Instant,
        /// The packet.
        packet: InputPacket,
    },
    /// A desync check to be answered over Ordered.
    Check {
        /// The seat.
        player: PlayerId,
        /// The client's rows.
        samples: Vec<Sample>,
    },
}

impl Inbound {
    /// Whether it may be dropped when the room's mailbox is full: inputs and acks come again, an
    /// unanswered check means nothing. Everything else must arrive.
    #[must_use]
    pub fn may_be_dropped(&self) -> bool {
        matches!(self, Inbound::Input { .. } | Inbound::Check { .. })
    }
}

/// What a link is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outbound {
    /// Send this.
    Packet {
        /// Which link.
        link: LinkId,
        /// Which lane.
        lane: Lane,
        /// The packet; shared by every link that gets the same.
        bytes: Arc<[u8]>,
    },
    /// Close, after what was sent before.
    Close {
        /// Which link.
        link: LinkId,
        /// Why.
        reason: CloseReason,
    },
}

impl Outbound {
    /// Which link is told.
    #[must_use]
    pub fn link(&self) -> LinkId {
        match self {
            Outbound::Packet { link, .. } | Outbound::Close { link, .. } => *link,
        }
    }
}

/// What the lobby wants the shell to do, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Tell a link.
    ToLink(Outbound),
    /// Tell a room.
    ToRoom(RoomId, Inbound),
    /// Make a room and let it tick. What is told to it next waits in its mailbox.
    OpenRoom(RoomOrder),
    /// End a room; nobody is in it.
    EndRoom(RoomId),
    /// Find out who a link's player is, and tell [`super::Lobby::admitted`].
    Admit(Box<AdmitOrder>),
    /// Have this stored; the answer goes to [`super::Lobby::written`], in the order of the writes.
    Write(Ticket, Write),
    /// Have this looked up; the answer goes to [`super::Lobby::found`].
    Find(Ticket, Query),
}

/// A room to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomOrder {
    /// Its id.
    pub room: RoomId,
    /// Its name, for people.
    pub name: String,
    /// Seed of the randomness that clients share.
    pub seed: u64,
    /// Seed of the randomness that they do not.
    pub secret: u64,
}

/// A room as its worker sees it, whatever its game.
pub trait RoomTask: Send {
    /// Ticks a second.
    fn rate(&self) -> TickRate;

    /// Takes in what came since the last tick, in order.
    fn handle(&mut self, inbound: Inbound);

    /// Advances by one tick and writes what is to be sent. `due` is the deadline of this tick, by
    /// which it is judged how early inputs came; not the later instant at which the worker woke.
    fn tick(&mut self, due: Instant, out: &mut Outbox);
}

/// How a room is doing; totals since its start unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoomCounts {
    /// Seats taken now.
    pub seats: u64,
    /// Entities alive now.
    pub entities: u64,
    /// Input ticks applied from the player's own input.
    pub inputs_real: u64,
    /// Input ticks for which the last input was repeated.
    pub inputs_repeated: u64,
    /// Input ticks without any input to repeat.
    pub inputs_missing: u64,
    /// Inputs the game refused.
    pub inputs_refused: u64,
    /// Spawns that found the room full.
    pub spawns_failed: u64,
    /// Rows that clients asked about.
    pub checks: u64,
    /// Rows that differed.
    pub desyncs: u64,
}

/// Where a player is, as far as chat needs to know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Whereabouts {
    /// Whose seat.
    pub player: PlayerId,
    /// The link over which whoever sits there came into the room: a seat is given to another as
    /// soon as it is free, while the room may still tell of the one before.
    pub came: LinkId,
    /// The team the game says; `None` when it has no teams or the player is in none.
    pub team: Option<u8>,
    /// Where the player's entity is; `None` when it has none, or the game has no earshot.
    pub position: Option<[f32; 3]>,
    /// What the game says the player has scored; `None` when it keeps no score of it.
    pub score: Option<i64>,
}
