//! What a bot makes of its view: itself, its best target, bullets that come its way, pick-ups.
//!
//! Never remembers anything. Bounded: however many fighters there are, lines of sight are drawn
//! to the nearest few only.

use tickwire_shared::glam::Vec2;
use tickwire_shared::id::PlayerId;

use super::View;
use super::aim::miss;
use crate::kinds::{Entity, Fighter, Item};
use crate::map::Map;
use crate::tune::{BULLET_RADIUS, FIGHTER_RADIUS};

/// Lines of sight drawn in a tick at the most.
const LOOKS_MAX: usize = 6;

/// How far a bot looks for a target.
const SIGHT: f32 = 760.0;

/// Bullets nearer than this are dodged.
const DODGE_DISTANCE: f32 = 170.0;

/// An enemy in sight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Enemy {
    pub player: PlayerId,
    pub pos: Vec2,
    pub vel: Vec2,
    pub distance: f32,
}

/// What a bot noticed in one look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// Whom to shoot at.
    pub target: Option<Enemy>,
    /// Where the nearest enemy is, in sight or not.
    pub prey: Option<Vec2>,
    /// Which way out of the way of bullets, at most 1 long.
    pub dodge: Vec2,
}

/// The bot's own fighter.
pub(super) fn own<'a>(view: &View<'a>) -> Option<&'a Fighter> {
    view.entities
        .iter()
        .find_map(|(_, _, entity)| match entity {
            Entity::Fighter(fighter) if fighter.player == view.me => Some(fighter),
            _ => None,
        })
}

/// One look around; `held` is the present target, which is kept unless another is much nearer.
pub(super) fn look(view: &View<'_>, me: &Fighter, map: &Map, held: Option<PlayerId>) -> Seen {
    let mut near: [Option<(f32, Enemy)>; LOOKS_MAX] = [None; LOOKS_MAX];
    let mut dodge = Vec2::ZERO;
    for (_, _, entity) in view.entities {
        match entity {
            Entity::Fighter(other) if is_enemy(other, view) => {
                let distance = other.pos.distance(me.pos);
                let bonus = if held == Some(other.player) { 0.7 } else { 1.0 };
                let enemy = Enemy {
                    player: other.player,
                    pos: other.pos,
                    vel: other.vel,
                    distance,
                };
                insert(&mut near, (distance * bonus, enemy));
            }
            Entity::Bullet(bullet) if bullet.player != view.me => {
                dodge += sidestep(bullet.pos, bullet.vel, me.pos);
            }
            _ => {}
        }
    }
    Seen {
        target: near
            .iter()
            .flatten()
            .map(|(_, enemy)| *enemy)
            .find(|enemy| enemy.distance < SIGHT && map.is_clear(me.pos, enemy.pos, BULLET_RADIUS)),
        prey: near[0].map(|(_, enemy)| enemy.pos),
        dodge: dodge.clamp_length_max(1.0),
    }
}

/// The nearest pick-up that lies there and is of this sort (any, when `None`), within `reach`.
pub(super) fn nearest_pickup(
    view: &View<'_>,
    from: Vec2,
    wanted: Option<Item>,
    reach: f32,
) -> Option<Vec2> {
    let mut best: Option<(f32, Vec2)> = None;
    for (_, _, entity) in view.entities {
        let Entity::Pickup(pickup) = entity else {
            continue;
        };
        if !pickup.there || wanted.is_some_and(|item| item != pickup.item()) {
            continue;
        }
        let distance = pickup.pos.distance(from);
        if distance < reach && best.is_none_or(|(nearest, _)| distance < nearest) {
            best = Some((distance, pickup.pos));
        }
    }
    best.map(|(_, pos)| pos)
}

fn is_enemy(other: &Fighter, view: &View<'_>) -> bool {
    other.player != view.me && other.health > 0 && view.tick.0 >= other.safe_until
}

/// Away from the way of a near bullet that would hit.
fn sidestep(from: Vec2, vel: Vec2, at: Vec2) -> Vec2 {
    if from.distance_squared(at) > DODGE_DISTANCE * DODGE_DISTANCE {
        return Vec2::ZERO;
    }
    match miss(from, vel, at) {
        Some((off, side)) if off < FIGHTER_RADIUS * 1.8 => side,
        _ => Vec2::ZERO,
    }
}

/// Keeps the list sorted by weight; what does not fit is the farthest.
fn insert(near: &mut [Option<(f32, Enemy)>; LOOKS_MAX], mut next: (f32, Enemy)) {
    for place in near {
        match place {
            None => {
                *place = Some(next);
                return;
            }
            Some(held) if next.0 < held.0 => core::mem::swap(held, &mut next),
            Some(_) => {}
        }
    }
}
