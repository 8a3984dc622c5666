//! Numbers that name things: ticks, entities, players, rooms, sessions and links.
//!
//! A tick never wraps and can be compared; identifiers are only ever equal or not.

use core::fmt;

/// Index of a simulation step of a room. Starts at 1, never wraps; 0 means "before the first tick".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tick(pub u32);

impl Tick {
    /// Before the first tick: no state, no input, no baseline.
    pub const ZERO: Tick = Tick(0);

    /// The tick after this one.
    #[must_use]
    pub fn next(self) -> Tick {
        self.plus(1)
    }

    /// This tick and `ticks` more; stays at the largest tick instead of wrapping.
    #[must_use]
    pub fn plus(self, ticks: u32) -> Tick {
        Tick(self.0.saturating_add(ticks))
    }

    /// This tick less `ticks`; stays at [`Tick::ZERO`] instead of wrapping.
    #[must_use]
    pub fn minus(self, ticks: u32) -> Tick {
        Tick(self.0.saturating_sub(ticks))
    }

    /// Ticks from `earlier` to this one; 0 when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Tick) -> u32 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tick {}", self.0)
    }
}

/// An entity's place and how often that place was reused.
///
/// A reference held across a despawn resolves to nothing, because the generation differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId {
    /// The place. Bit 31 marks a client's own predicted spawn that has no place yet.
    pub slot: u32,
    /// How often the place was reused.
    pub generation: u16,
}

impl EntityId {
    const PREDICTED: u32 = 1 << 31;

    /// The name a client gives to the `ordinal`-th entity it spawned for its player in `tick`,
    /// until the server's name for it arrives.
    #[must_use]
    pub fn predicted(tick: Tick, ordinal: u8) -> EntityId {
        let place = (tick.0 & 0x003F_FFFF) << 8 | u32::from(ordinal);
        EntityId {
            slot: EntityId::PREDICTED | place,
            generation: 0,
        }
    }

    /// Whether this names a predicted spawn that the server has not confirmed.
    #[must_use]
    pub fn is_predicted(self) -> bool {
        self.slot & EntityId::PREDICTED != 0
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_predicted() {
            write!(f, "predicted {}", self.slot & !EntityId::PREDICTED)
        } else {
            write!(f, "{}.{}", self.slot, self.generation)
        }
    }
}

/// Which of its kind list an entity is (position in the schema's kinds).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindId(pub u8);

/// A player's seat in a room, below [`crate::limits::SEATS_MAX`]. Stable while the session lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlayerId(pub u16);

impl fmt::Display for PlayerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "player {}", self.0)
    }
}

/// The stored identity of a player: outlives sessions and restarts. A guest's follows from a key
/// that its client keeps; all others were given out at a registration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub u64);

impl AccountId {
    /// The bit that marks guests.
    pub const GUEST: u64 = 1 << 63;

    /// Whether nobody registered it: its name is kept for the session only.
    #[must_use]
    pub fn is_guest(self) -> bool {
        self.0 & AccountId::GUEST != 0
    }
}

/// A list of chat lines with offsets of its own. Knowing its number gives no right to read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId(pub u64);

/// A room on this server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId(pub u32);

/// A player's presence on the server; survives the loss of its link until its grace ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// One live transport connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// Delivery class of a packet on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Server to client, unreliable, newest wins.
    Snapshot,
    /// Client to server, unreliable.
    Input,
    /// Both ways, reliable and in order.
    Ordered,
}
