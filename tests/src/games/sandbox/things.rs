//! What the sandbox replicates: entities, inputs, events and rules.
//!
//! Declarations only; no rule of the game is here.

use tickwire_shared::Replicate;
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::PlayerId;

/// Everything that exists in the sandbox.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub enum Thing {
    /// A player's place in the game; nobody sees it.
    Seat(Seat),
    /// A player's body.
    Walker(Walker),
    /// A thing of the night that half of the players can see.
    Wisp(Wisp),
    /// A projectile that flies straight.
    Bolt(Bolt),
    /// A still thing to pick up.
    Crate(Crate),
}

/// A player's place in the game.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Seat {
    /// Whose.
    #[net(id = 0)]
    pub who: PlayerId,
    /// Crates picked up.
    #[net(id = 1, only = server)]
    pub crates: Option<u16>,
}

/// A player's body.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Walker {
    /// Whose.
    #[net(id = 0)]
    pub who: PlayerId,
    /// Place, in units.
    #[net(id = 1, range = -512.0..=512.0, step = 1.0/64.0, smooth = linear, predict, position)]
    pub pos: Vec2,
    /// Units a second.
    #[net(id = 2, range = -512.0..=512.0, step = 1.0/16.0, predict, velocity_of = pos)]
    pub vel: Vec2,
    /// Where it looks, in radians.
    #[net(id = 3, angle, bits = 10, smooth = angle, predict)]
    pub aim: f32,
    /// Decided by the server alone.
    #[net(id = 4, range = 0..=100)]
    pub health: u8,
    /// What a dash costs; only its owner knows.
    #[net(id = 5, only = owner, range = 0..=600, predict)]
    pub breath: Option<u16>,
    /// Ticks until it can shoot again; only its owner knows.
    #[net(id = 6, only = owner, range = 0..=63, predict)]
    pub reload: Option<u8>,
    /// What the server remembers and nobody learns.
    #[net(id = 7, only = server, bits = 32)]
    pub secret: Option<u32>,
}

/// A thing of the night.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Wisp {
    /// Place, in units.
    #[net(id = 0, range = -512.0..=512.0, step = 1.0/64.0, smooth = linear, position)]
    pub pos: Vec2,
    /// Units a second.
    #[net(id = 1, range = -512.0..=512.0, step = 1.0/16.0, velocity_of = pos)]
    pub vel: Vec2,
    /// Players of this parity see it.
    #[net(id = 2)]
    pub even: bool,
    /// Ticks until it changes its mind.
    #[net(id = 3, only = server)]
    pub mood: Option<u8>,
}

impl Wisp {
    /// Whether this player sees it and is touched by it.
    #[must_use]
    pub fn haunts(&self, player: PlayerId) -> bool {
        player.0.is_multiple_of(2) == self.even
    }
}

/// A projectile.
#[derive(Clone, Debug, PartialEq, Replicate)]
#[net(motion = linear)]
pub struct Bolt {
    /// Place, in units.
    #[net(id = 0, range = -512.0..=512.0, step = 1.0/64.0, smooth = linear, predict, position)]
    pub pos: Vec2,
    /// Units a second.
    #[net(id = 1, range = -512.0..=512.0, step = 1.0/16.0, predict, velocity_of = pos)]
    pub vel: Vec2,
    /// The last tick of its flight; only its owner knows.
    #[net(id = 2, only = owner, predict, bits = 31)]
    pub until: Option<u32>,
}

/// A still thing to pick up.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Crate {
    /// Place, in units.
    #[net(id = 0, range = -512.0..=512.0, step = 1.0/64.0, position)]
    pub pos: Vec2,
    /// What it gives.
    #[net(id = 1, range = 0..=15)]
    pub worth: u8,
}

/// A player's intent for one tick.
#[derive(Clone, Debug, Default, PartialEq, Replicate)]
#[net(fine = 0)]
pub struct Intent {
    /// Direction, at most 1 long.
    #[net(id = 0, range = -1.0..=1.0, step = 1.0/64.0)]
    pub walk: Vec2,
    /// Where to look, in radians.
    #[net(id = 1, angle, bits = 10)]
    pub aim: f32,
    /// Shoot.
    #[net(id = 2, edge)]
    pub fire: bool,
    /// Leap ahead.
    #[net(id = 3, edge)]
    pub dash: bool,
    /// Counts up with every intent, so that a test can tell one from the next.
    #[net(id = 4, bits = 8)]
    pub stamp: u8,
}

/// A one-shot fact.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub enum Deed {
    /// A bolt left a walker.
    Fired(Fired),
    /// A crate was picked up.
    Picked(Picked),
}

/// A bolt left a walker.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Fired {
    /// Whose.
    #[net(id = 0)]
    pub who: PlayerId,
}

/// A crate was picked up.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Picked {
    /// By whom.
    #[net(id = 0)]
    pub who: PlayerId,
    /// What it gave.
    #[net(id = 1, range = 0..=15)]
    pub worth: u8,
}

/// The rules of one room.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Terms {
    /// Wisps at the start.
    #[net(id = 0, range = 0..=1000)]
    pub wisps: u16,
    /// Crates that lie about.
    #[net(id = 1, range = 0..=10000)]
    pub crates: u16,
}
