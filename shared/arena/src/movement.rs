//! How a fighter moves and when it fires, from its own state, its input and the map alone.
//!
//! Never looks at another fighter (fighters pass through each other), so that a client that knows
//! its own fighter exactly predicts it exactly.

use tickwire_shared::glam::Vec2;
use tickwire_shared::id::Tick;

use crate::kinds::{Fighter, Input};
use crate::map::Map;
use crate::tune::{
    ACCELERATION, BULLET_RADIUS, DASH_SPEED, DASH_TICKS, DRAG, FIGHTER_RADIUS, FIRE_TICKS, MUZZLE,
    RAPID_FIRE_TICKS, STAND_SPEED,
};

/// What a fighter did in a tick beyond moving.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Deeds {
    /// Where a bullet starts and in which direction (a unit vector).
    pub shot: Option<(Vec2, Vec2)>,
    pub dashed: bool,
}

/// Advances one fighter by one tick of `dt` seconds.
pub(crate) fn drive(fighter: &mut Fighter, input: &Input, tick: Tick, dt: f32, map: &Map) -> Deeds {
    if fighter.health == 0 {
        fighter.vel = Vec2::ZERO;
        return Deeds::default();
    }
    fighter.aim = input.aim;
    let wish = wish(input);
    let dashed = input.dash && dash(fighter, wish, tick);
    walk(fighter, wish, dt, map);
    let shot = if input.fire {
        fire(fighter, tick, map)
    } else {
        None
    };
    Deeds { shot, dashed }
}

/// The direction a player wants to go, at most 1 long.
fn wish(input: &Input) -> Vec2 {
    let wish = Vec2::new(f32::from(input.move_x), f32::from(input.move_y)) / 127.0;
    let length = wish.length();
    if length > 1.0 { wish / length } else { wish }
}

fn dash(fighter: &mut Fighter, wish: Vec2, tick: Tick) -> bool {
    let length = wish.length();
    if length < 0.1 || tick.0 < fighter.dash_at.unwrap_or(0) {
        return false;
    }
    fighter.vel = wish / length * DASH_SPEED;
    fighter.dash_at = Some(tick.plus(DASH_TICKS).0);
    true
}

fn walk(fighter: &mut Fighter, wish: Vec2, dt: f32, map: &Map) {
    let mut vel = fighter.vel + wish * (ACCELERATION * dt);
    vel -= vel * (DRAG * dt);
    if wish == Vec2::ZERO && vel.length_squared() < STAND_SPEED * STAND_SPEED {
        // Drag alone would creep on below the mirror's step and keep the row changing.
        fighter.vel = Vec2::ZERO;
        return;
    }
    (fighter.pos, fighter.vel) = map.slide(fighter.pos + vel * dt, vel, FIGHTER_RADIUS);
}

fn fire(fighter: &mut Fighter, tick: Tick, map: &Map) -> Option<(Vec2, Vec2)> {
    if tick.0 < fighter.fire_at.unwrap_or(0) {
        return None;
    }
    let rapid = tick.0 < fighter.rapid_until;
    let pause = if rapid { RAPID_FIRE_TICKS } else { FIRE_TICKS };
    fighter.fire_at = Some(tick.plus(pause).0);
    let way = Vec2::from_angle(fighter.aim);
    let muzzle = fighter.pos + way * MUZZLE;
    // A shot into the wall in front of one's nose ends right there.
    let blocked = map.strike(fighter.pos, muzzle, BULLET_RADIUS).is_some();
    (!blocked).then_some((muzzle, way))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spawning::newborn;
    use crate::tune::{SPEED_MAX, TICK_RATE};
    use tickwire_shared::id::PlayerId;

    fn run(fighter: &mut Fighter, input: &Input, ticks: u32) -> u32 {
        let map = Map::of(0);
        let mut shots = 0;
        for tick in 1..=ticks {
            let deeds = drive(fighter, input, Tick(tick), TICK_RATE.dt(), &map);
            shots += u32::from(deeds.shot.is_some());
            assert!(fighter.vel.length() <= SPEED_MAX);
        }
        shots
    }

    fn at(x: f32, y: f32) -> Fighter {
        newborn(PlayerId(1), Vec2::new(x, y), Tick::ZERO)
    }

    fn east() -> Input {
        Input {
            move_x: 127,
            ..Input::default()
        }
    }

    #[test]
    fn gains_top_speed_and_comes_to_rest() {
        let mut fighter = at(200.0, 60.0);
        run(&mut fighter, &east(), 60);
        assert!((235.0..=270.0).contains(&fighter.vel.x), "{}", fighter.vel);
        run(&mut fighter, &Input::default(), 90);
        assert_eq!(fighter.vel, Vec2::ZERO);
    }

    #[test]
    fn diagonals_are_not_faster() {
        let (mut straight, mut oblique) = (at(100.0, 100.0), at(100.0, 100.0));
        run(&mut straight, &east(), 20);
        let both = Input {
            move_x: 127,
            move_y: 127,
            ..Input::default()
        };
        run(&mut oblique, &both, 20);
        assert!((straight.vel.length() - oblique.vel.length()).abs() < 0.1);
    }

    #[test]
    fn slides_along_the_wall_it_runs_into() {
        // The wall of the corner room spans x 448..=480, y 96..=352.
        let mut fighter = at(420.0, 200.0);
        let input = Input {
            move_x: 127,
            move_y: 60,
            ..Input::default()
        };
        run(&mut fighter, &input, 60);
        assert!(
            fighter.pos.x < 448.0 - FIGHTER_RADIUS + 0.02,
            "{}",
            fighter.pos
        );
        assert!(fighter.pos.y > 260.0, "{}", fighter.pos);
    }

    #[test]
    fn a_dash_is_fast_and_rare() {
        let mut fighter = at(200.0, 60.0);
        let input = Input {
            dash: true,
            ..east()
        };
        let map = Map::of(0);
        let dashes = (1..=150)
            .filter(|&tick| drive(&mut fighter, &input, Tick(tick), TICK_RATE.dt(), &map).dashed)
            .count();
        assert_eq!(dashes, 2);
    }

    #[test]
    fn the_trigger_obeys_its_pause_and_walls() {
        let input = Input {
            fire: true,
            ..Input::default()
        };
        let mut free = at(600.0, 60.0);
        assert_eq!(run(&mut free, &input, 60), 6);
        free.rapid_until = 1_000;
        free.fire_at = None;
        assert_eq!(run(&mut free, &input, 63), 9);
        let mut at_wall = at(431.0, 200.0);
        assert_eq!(run(&mut at_wall, &input, 60), 0);
    }

    #[test]
    fn the_dead_do_nothing() {
        let mut fighter = at(200.0, 60.0);
        fighter.health = 0;
        let input = Input {
            fire: true,
            dash: true,
            ..east()
        };
        assert_eq!(run(&mut fighter, &input, 30), 0);
        assert_eq!(fighter.pos, Vec2::new(200.0, 60.0));
    }
}
