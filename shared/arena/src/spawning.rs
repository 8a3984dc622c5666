//! Where and how a fighter begins a life.
//!
//! Only the server asks; clients learn where a fighter appeared from its row.

use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{PlayerId, Tick};
use tickwire_shared::rng::Rng;

use crate::kinds::Fighter;
use crate::map::Map;
use crate::table::Table;
use crate::tune::{HEALTH_MAX, SAFE_TICKS};

/// Spots that are compared for each birth.
const CANDIDATES: u32 = 6;

/// A fighter at the beginning of its first life.
pub(crate) fn newborn(player: PlayerId, pos: Vec2, tick: Tick) -> Fighter {
    Fighter {
        player,
        pos,
        vel: Vec2::ZERO,
        aim: 0.0,
        health: HEALTH_MAX,
        kills: 0,
        deaths: 0,
        rapid_until: 0,
        safe_until: tick.plus(SAFE_TICKS).0,
        fire_at: Some(0),
        dash_at: Some(0),
        respawn_at: Some(0),
    }
}

/// Begins the next life of a fighter; its score stays.
pub(crate) fn revive(fighter: &mut Fighter, pos: Vec2, tick: Tick) {
    *fighter = Fighter {
        kills: fighter.kills,
        deaths: fighter.deaths,
        aim: fighter.aim,
        ..newborn(fighter.player, pos, tick)
    };
}

/// A place to appear: of a few drawn spots the one farthest from anybody alive.
pub(crate) fn spot(map: &Map, rng: &mut Rng, fighters: &Table<Fighter>) -> Vec2 {
    let spawns = map.spawns();
    let mut best = (Vec2::splat(crate::tune::MAP_SIZE / 2.0), -1.0);
    for _ in 0..CANDIDATES {
        let drawn = rng.below(spawns.len() as u32) as usize;
        let Some(&place) = spawns.get(drawn) else {
            continue;
        };
        let room = nearest(place, fighters);
        if room > best.1 {
            best = (place, room);
        }
    }
    best.0
}

/// Square of the distance to the nearest living fighter.
fn nearest(place: Vec2, fighters: &Table<Fighter>) -> f32 {
    fighters
        .iter()
        .filter(|(_, fighter)| fighter.health > 0)
        .map(|(_, fighter)| fighter.pos.distance_squared(place))
        .fold(
            f32::MAX,
            |best, square| if square < best { square } else { best },
        )
}
