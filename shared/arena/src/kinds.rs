//! What arena replicates: its entities, inputs, events and rules.
//!
//! Nothing here acts. Times are ticks of the room, absolute, because a number that counts down
//! would have to be sent every tick.

use tickwire_shared::Replicate;
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::PlayerId;

/// What a player wants in one tick.
#[derive(Clone, Debug, Default, PartialEq, Replicate)]
pub struct Input {
    /// Where to, left (-127) to right (127).
    #[net(id = 0, range = -127..=127)]
    pub move_x: i8,
    /// Where to, up (-127) to down (127).
    #[net(id = 1, range = -127..=127)]
    pub move_y: i8,
    /// Where the weapon points, in radians from the x axis towards y.
    #[net(id = 2, angle, bits = 10, fine = 0)]
    pub aim: f32,
    /// Whether the trigger is held.
    #[net(id = 3)]
    pub fire: bool,
    /// A tap: dash where the movement points.
    #[net(id = 4, edge)]
    pub dash: bool,
}

/// A player's body.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Fighter {
    /// Whose.
    #[net(id = 0)]
    pub player: PlayerId,
    /// Its centre, in units.
    #[net(id = 1, range = 0.0..=2048.0, step = 1.0/64.0, smooth = linear, position, predict)]
    pub pos: Vec2,
    /// In units/s.
    #[net(id = 2, range = -640.0..=640.0, step = 1.0/16.0, velocity_of = pos, predict)]
    pub vel: Vec2,
    /// Where its weapon points, in radians.
    #[net(id = 3, angle, bits = 10, smooth = angle, predict)]
    pub aim: f32,
    /// 0 means dead. Only the server changes it.
    #[net(id = 4, range = 0..=100)]
    pub health: u8,
    /// Kills in this round; the score.
    #[net(id = 5, range = 0..=1023)]
    pub kills: u16,
    /// Deaths in this round.
    #[net(id = 6, range = 0..=1023)]
    pub deaths: u16,
    /// Rapid fire lasts until this tick.
    #[net(id = 7, bits = 32)]
    pub rapid_until: u32,
    /// Nothing hurts it before this tick.
    #[net(id = 8, bits = 32)]
    pub safe_until: u32,
    /// The first tick in which it may fire again.
    #[net(id = 9, bits = 32, only = owner, predict)]
    pub fire_at: Option<u32>,
    /// The first tick in which it may dash again.
    #[net(id = 10, bits = 32, only = owner, predict)]
    pub dash_at: Option<u32>,
    /// When dead: the tick of its next life.
    #[net(id = 11, bits = 32, only = owner)]
    pub respawn_at: Option<u32>,
}

/// A shot on its straight way.
#[derive(Clone, Debug, PartialEq, Replicate)]
#[net(motion = linear)]
pub struct Bullet {
    /// Who fired it.
    #[net(id = 0)]
    pub player: PlayerId,
    /// In units.
    #[net(id = 1, range = 0.0..=2048.0, step = 1.0/64.0, smooth = linear, position, predict)]
    pub pos: Vec2,
    /// In units/s; never changes.
    #[net(id = 2, range = -1024.0..=1024.0, step = 1.0/16.0, velocity_of = pos, predict)]
    pub vel: Vec2,
    /// The tick in which it ends when it meets nothing.
    #[net(id = 3, bits = 32, only = owner, predict)]
    pub ends_at: Option<u32>,
}

/// What a pick-up gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// Health.
    Health,
    /// Rapid fire for a while.
    Rapid,
}

/// A thing to collect that comes back.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Pickup {
    /// In units.
    #[net(id = 0, range = 0.0..=2048.0, step = 1.0/64.0, position)]
    pub pos: Vec2,
    /// An [`Item`]: 0 health, 1 rapid fire.
    #[net(id = 1, range = 0..=1)]
    pub item: u8,
    /// Whether it lies there now.
    #[net(id = 2)]
    pub there: bool,
    /// The tick in which it comes back; nobody shall time it.
    #[net(id = 3, bits = 32, only = server)]
    pub back_at: Option<u32>,
}

impl Pickup {
    /// What it gives.
    #[must_use]
    pub fn item(&self) -> Item {
        match self.item {
            0 => Item::Health,
            _ => Item::Rapid,
        }
    }
}

/// The round being played; there is always one.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Round {
    /// Counts from 1.
    #[net(id = 0, range = 0..=65535)]
    pub number: u16,
    /// The tick in which it ends; 0 when only kills end it.
    #[net(id = 1, bits = 32)]
    pub ends_at: u32,
    /// Who has most kills, if anybody has one.
    #[net(id = 2)]
    pub leader: Option<PlayerId>,
    /// The leader's kills.
    #[net(id = 3, range = 0..=1023)]
    pub best: u16,
}

/// Everything that is replicated.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub enum Entity {
    /// A player's body.
    Fighter(Fighter),
    /// A shot.
    Bullet(Bullet),
    /// A thing to collect.
    Pickup(Pickup),
    /// The round being played.
    Round(Round),
}

/// Somebody killed somebody: a line of the kill feed.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Kill {
    /// Who fired.
    #[net(id = 0)]
    pub killer: PlayerId,
    /// Who died.
    #[net(id = 1)]
    pub victim: PlayerId,
}

/// Somebody dashed. The player's own client predicts it.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Dash {
    /// Who.
    #[net(id = 0)]
    pub player: PlayerId,
}

/// Somebody took a pick-up.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Taken {
    /// Who.
    #[net(id = 0)]
    pub player: PlayerId,
    /// An [`Item`] as in [`Pickup::item`].
    #[net(id = 1, range = 0..=1)]
    pub item: u8,
}

/// A round ended and the next began.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct RoundOver {
    /// Which.
    #[net(id = 0, range = 0..=65535)]
    pub number: u16,
    /// Who had most kills, if anybody had one.
    #[net(id = 1)]
    pub winner: Option<PlayerId>,
    /// The winner's kills.
    #[net(id = 2, range = 0..=1023)]
    pub kills: u16,
}

/// One-shot facts.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub enum Event {
    /// Somebody killed somebody.
    Kill(Kill),
    /// Somebody dashed.
    Dash(Dash),
    /// Somebody took a pick-up.
    Taken(Taken),
    /// A round ended.
    RoundOver(RoundOver),
}

/// What is decided before the room opens.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Rules {
    /// Which map: see [`crate::map::Map::of`].
    #[net(id = 0, range = 0..=1)]
    pub map: u8,
    /// Kills that end a round; 0 means none do.
    #[net(id = 1, range = 0..=1023)]
    pub kill_limit: u16,
    /// Seconds a round lasts; 0 means that only kills end it.
    #[net(id = 2, range = 0..=3600)]
    pub round_seconds: u16,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            map: 0,
            kill_limit: 50,
            round_seconds: 300,
        }
    }
}
