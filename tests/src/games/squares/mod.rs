//! One small game on three storages: a plain `Vec`, `hecs` and `bevy_ecs`.
//!
//! The rules stand here once and know no storage; the three worlds differ in nothing else, so
//! equal seeds must give equal runs.

mod bevy;
mod hecs;
mod plain;

pub use bevy::BevySquares;
pub use hecs::HecsSquares;
pub use plain::PlainSquares;

use tickwire_shared::Replicate;
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::PlayerId;
use tickwire_shared::rng::Rng;

/// A player's square.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Square {
    /// Whose.
    #[net(id = 0)]
    pub who: PlayerId,
    /// Place, in units.
    #[net(id = 1, range = -256.0..=256.0, step = 1.0/64.0, smooth = linear, predict, position)]
    pub pos: Vec2,
    /// Units a second.
    #[net(id = 2, range = -256.0..=256.0, step = 1.0/16.0, predict, velocity_of = pos)]
    pub vel: Vec2,
}

/// Where a player pushes.
#[derive(Clone, Debug, Default, PartialEq, Replicate)]
#[net(fine = 0)]
pub struct Push {
    /// Direction, at most 1 along each axis.
    #[net(id = 0, range = -1.0..=1.0, step = 1.0/64.0)]
    pub way: Vec2,
}

/// A square bounced at the edge.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Bounced {
    /// Whose.
    #[net(id = 0)]
    pub who: PlayerId,
}

/// How fast squares speed up.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Ground {
    /// Units per second squared.
    #[net(id = 0, range = 0..=2000)]
    pub grip: u16,
}

const HALF: f32 = 250.0;

/// How far a player's words carry.
const EARSHOT: f32 = 60.0;

/// Three teams and some players in none.
fn team_of(player: PlayerId) -> Option<u8> {
    let number = (player.0 % 4) as u8;
    (number < 3).then_some(number)
}

impl Square {
    /// The square of a player who just came.
    fn new(who: PlayerId) -> Square {
        let pos = Vec2::new(f32::from(who.0 % 20) * 20.0 - 200.0, 0.0);
        Square {
            who,
            pos,
            vel: Vec2::ZERO,
        }
    }

    /// One tick; whether it bounced.
    fn glide(&mut self, push: Vec2, grip: u16, dt: f32) -> bool {
        self.vel = (self.vel + push * (f32::from(grip) * dt)) * 0.97;
        self.pos += self.vel * dt;
        let inside = self.pos.clamp(Vec2::splat(-HALF), Vec2::splat(HALF));
        let bounced = inside != self.pos;
        if bounced {
            self.vel = -self.vel;
            self.pos = inside;
        }
        bounced
    }
}

fn rules(seed: u64) -> Ground {
    Ground {
        grip: 300 + Rng::new(seed).below(600) as u16,
    }
}

fn intent(rng: &mut Rng, held: &Push) -> Push {
    if !rng.chance(0.1) {
        return held.clone();
    }
    let mut axis = || (rng.below(3) as f32) - 1.0;
    Push {
        way: Vec2::new(axis(), axis()),
    }
}
