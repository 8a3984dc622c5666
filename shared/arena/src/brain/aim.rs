//! A bot's hand: where to point, how fast it gets there and how much it shakes.
//!
//! Never looks through walls: it is given an enemy that is in sight.

use core::f32::consts::{PI, TAU};

use tickwire_shared::glam::Vec2;
use tickwire_shared::rng::Rng;

use super::Skill;
use super::senses::Enemy;
use crate::kinds::Fighter;
use crate::tune::{BULLET_SPEED, FIGHTER_RADIUS, MUZZLE};

/// Where the weapon points and how far off the hand is at the moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Hand {
    aim: f32,
    error: f32,
}

impl Hand {
    /// Turns towards an angle, as fast and as well as the skill allows; the new aim in radians.
    pub fn turn(&mut self, wanted: f32, skill: &Skill, rng: &mut Rng) -> f32 {
        // An error that wanders: it fades by 6 % a tick and is pushed about anew.
        let push = rng.range(-1.0, 1.0) + rng.range(-1.0, 1.0);
        self.error = self.error * 0.94 + push * skill.aim_error * 0.42;
        let turn = wrap(wanted + self.error - self.aim).clamp(-skill.turn_max, skill.turn_max);
        self.aim = wrap(self.aim + turn);
        self.aim
    }
}

/// The angle to shoot at so that bullet and enemy meet, if the enemy keeps going.
pub(super) fn lead(me: &Fighter, enemy: &Enemy) -> f32 {
    let mut meet = enemy.pos;
    for _ in 0..2 {
        let flight = (meet.distance(me.pos) - MUZZLE).max(0.0) / BULLET_SPEED;
        meet = enemy.pos + enemy.vel * flight;
    }
    (meet - me.pos).to_angle()
}

/// Whether a shot at `aim` is close enough to the angle wanted to have a chance.
pub(super) fn is_worth_it(wanted: f32, aim: f32, distance: f32) -> bool {
    let tolerance = 0.06 + FIGHTER_RADIUS * 1.3 / distance.max(FIGHTER_RADIUS);
    wrap(wanted - aim).abs() < tolerance
}

/// The same angle between -pi and pi.
pub(super) fn wrap(angle: f32) -> f32 {
    let mut angle = angle;
    // A handful of turns at the most: every angle here is a difference of two.
    for _ in 0..4 {
        if angle > PI {
            angle -= TAU;
        } else if angle < -PI {
            angle += TAU;
        }
    }
    angle
}

/// How far a point is from the way of something that flies from `from` along `vel`, and the side
/// of that way it is on (a unit vector away from it). `None` when it flies away from the point.
pub(super) fn miss(from: Vec2, vel: Vec2, point: Vec2) -> Option<(f32, Vec2)> {
    let way = vel.normalize_or_zero();
    let to = point - from;
    if to.dot(way) <= 0.0 {
        return None;
    }
    let across = way.perp();
    let off = across.dot(to);
    Some((off.abs(), if off < 0.0 { -across } else { across }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_shared::id::{PlayerId, Tick};

    #[test]
    fn leads_a_runner() {
        let me = crate::spawning::newborn(PlayerId(1), Vec2::new(100.0, 100.0), Tick(1));
        let (pos, vel) = (Vec2::new(550.0, 100.0), Vec2::new(0.0, 200.0));
        let distance = pos.distance(me.pos);
        let player = PlayerId(2);
        let enemy = Enemy {
            player,
            pos,
            vel,
            distance,
        };
        let angle = lead(&me, &enemy);
        // In the half second of the flight the enemy runs 100 units down.
        assert!((angle - 0.21).abs() < 0.03, "{angle}");
    }

    #[test]
    fn knows_what_flies_past() {
        let (off, side) = miss(Vec2::ZERO, Vec2::X * 900.0, Vec2::new(50.0, 12.0)).expect("near");
        assert_eq!((off, side), (12.0, Vec2::Y));
        assert_eq!(miss(Vec2::ZERO, Vec2::X, Vec2::new(-5.0, 0.0)), None);
    }
}
