//! The numbers of the game. Lengths in units, speeds in units/s, times in ticks of 1/60 s.
//!
//! Never holds state. Changing one of these changes the game, not the wire.

use tickwire_shared::time::TickRate;

/// Ticks a second.
pub const TICK_RATE: TickRate = TickRate::hz(60);

/// Maps there are: [`crate::map::Map::of`] takes numbers below this.
pub const MAPS: u8 = 2;

/// Side of the square map.
pub const MAP_SIZE: f32 = 2_048.0;

/// Teams for chat; players are dealt out to them by seat.
pub const TEAMS: u8 = 2;

/// How far words carry in proximity chat: about a third of the map.
pub const EARSHOT: f32 = 680.0;

/// Radius of a fighter.
pub const FIGHTER_RADIUS: f32 = 16.0;

/// Units/s a second a fighter gains while it moves. Top speed is this over [`DRAG`]: 270 units/s.
pub const ACCELERATION: f32 = 1_890.0;

/// Part of its speed a fighter loses a second.
pub const DRAG: f32 = 7.0;

/// Speed right after a dash; drag takes it back to top speed within a third of a second.
pub const DASH_SPEED: f32 = 620.0;

/// Nothing ever moves its own body faster than this.
pub const SPEED_MAX: f32 = 640.0;

/// Ticks between two dashes.
pub const DASH_TICKS: u32 = 100;

/// Slower than this and without input a fighter stands still.
pub const STAND_SPEED: f32 = 1.5;

/// Health a fighter appears with, and the most it can have.
pub const HEALTH_MAX: u8 = 100;

/// Health a bullet takes: five hits kill.
pub const DAMAGE: u8 = 20;

/// Radius of a bullet.
pub const BULLET_RADIUS: f32 = 4.0;

/// Speed of a bullet.
pub const BULLET_SPEED: f32 = 900.0;

/// Ticks a bullet flies when it meets nothing: 810 units.
pub const BULLET_TICKS: u32 = 54;

/// How far from its fighter's centre a bullet starts.
pub const MUZZLE: f32 = 24.0;

/// Ticks between two shots.
pub const FIRE_TICKS: u32 = 10;

/// The same with rapid fire; at most `BULLET_TICKS / 7 + 1` = 8 bullets of a player fly at once.
pub const RAPID_FIRE_TICKS: u32 = 7;

/// Ticks rapid fire lasts.
pub const RAPID_TICKS: u32 = 8 * 60;

/// Ticks from death to the next life.
pub const RESPAWN_TICKS: u32 = 120;

/// Ticks after appearing in which nothing hurts.
pub const SAFE_TICKS: u32 = 75;

/// Health a health pick-up gives.
pub const HEAL: u8 = 50;

/// How near a fighter's centre must come to a pick-up to take it.
pub const PICKUP_RADIUS: f32 = 30.0;

/// Ticks until a taken pick-up is back.
pub const PICKUP_TICKS: u32 = 10 * 60;
