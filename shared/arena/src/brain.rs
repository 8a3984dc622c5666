//! A bot that plays to win, with the eyes and hands of a person.
//!
//! Never sees more than a client shows and never acts on the world: it turns a view into an
//! input. It reacts late, aims with an error and turns no faster than a hand, so that people can
//! beat it. Seeded: equal views give equal inputs.

mod aim;
mod paths;
mod senses;

use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{EntityId, PlayerId, Tick};
use tickwire_shared::rng::Rng;

use crate::kinds::{Entity, Fighter, Input, Item, Rules};
use crate::map::Map;
use crate::tune::{DASH_SPEED, FIGHTER_RADIUS};
use aim::Hand;
use paths::Paths;
use senses::{Enemy, Seen};

/// Health below which a bot runs for a health pick-up.
const WEAK: u8 = 40;

/// How far from its target a bot likes to fight.
const FIGHT_DISTANCE: f32 = 300.0;

/// Farther than this a bot walks up instead of shooting.
const FIGHT_DISTANCE_MAX: f32 = 640.0;

/// What a bot sees: its client's entities as drawn, its own fighter as predicted.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The tick the next input is for.
    pub tick: Tick,
    /// Whose bot this is.
    pub me: PlayerId,
    /// Everything the client knows, with owners where it knows them.
    pub entities: &'a [(EntityId, Option<PlayerId>, Entity)],
}

/// How good a bot is. The default is a fair opponent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Skill {
    /// Ticks a target must be in sight before the bot shoots.
    pub reaction_ticks: u32,
    /// Typical error of its aim, in radians.
    pub aim_error: f32,
    /// How fast it turns, in radians a tick.
    pub turn_max: f32,
}

impl Default for Skill {
    fn default() -> Skill {
        Skill {
            reaction_ticks: 13,
            aim_error: 0.045,
            turn_max: 0.16,
        }
    }
}

/// A bot's mind: what it remembers between two ticks.
#[derive(Clone, Debug)]
pub struct Brain {
    map: Map,
    paths: Paths,
    hand: Hand,
    rng: Rng,
    skill: Skill,
    /// Whom it fights and since when it has had that fighter in sight.
    target: Option<(PlayerId, Tick)>,
    /// Which way round it circles, and until when.
    strafe: (f32, Tick),
    /// Where it was a while ago, to notice that it is stuck.
    was: (Vec2, Tick),
    /// A way out while it is stuck, and until when.
    escape: Option<(Vec2, Tick)>,
}

impl Brain {
    /// A mind for these rules; bots with equal seeds think alike.
    #[must_use]
    pub fn new(rules: &Rules, seed: u64, skill: Skill) -> Brain {
        let map = Map::of(rules.map);
        Brain {
            paths: Paths::new(&map),
            map,
            hand: Hand::default(),
            rng: Rng::of(seed, &[0x0062_7261_696E]),
            skill,
            target: None,
            strafe: (1.0, Tick::ZERO),
            was: (Vec2::ZERO, Tick::ZERO),
            escape: None,
        }
    }

    /// The input for `view.tick`. Hands off while its fighter is dead or not there yet.
    pub fn think(&mut self, view: &View<'_>) -> Input {
        let Some(me) = senses::own(view) else {
            return Input::default();
        };
        if me.health == 0 {
            self.target = None;
            self.escape = None;
            return Input {
                aim: me.aim,
                ..Input::default()
            };
        }
        let seen = senses::look(view, me, &self.map, self.target.map(|(player, _)| player));
        self.watch(seen.target, view.tick);
        let way = self.choose_way(view, me, &seen);
        let way = self.unstick(me, way, view.tick);
        self.act(view.tick, me, &seen, way)
    }

    /// Remembers since when the target has been in sight.
    fn watch(&mut self, enemy: Option<Enemy>, tick: Tick) {
        self.target = match (enemy, self.target) {
            (Some(enemy), Some((player, since))) if enemy.player == player => Some((player, since)),
            (Some(enemy), _) => Some((enemy.player, tick)),
            (None, _) => None,
        };
    }

    fn choose_way(&mut self, view: &View<'_>, me: &Fighter, seen: &Seen) -> Vec2 {
        let dodge = seen.dodge * 1.2;
        let cure = senses::nearest_pickup(view, me.pos, Some(Item::Health), 1_400.0);
        if let Some(cure) = cure.filter(|_| me.health < WEAK) {
            return self.walk_to(me.pos, cure, view.tick) + dodge * 0.7;
        }
        if let Some(enemy) = seen
            .target
            .filter(|enemy| enemy.distance < FIGHT_DISTANCE_MAX)
        {
            return self.circle(me, &enemy, view.tick) + dodge;
        }
        let wish = (me.health > 70).then_some(Item::Rapid);
        let prize = senses::nearest_pickup(view, me.pos, wish, 450.0);
        match prize.or(seen.prey) {
            Some(goal) => self.walk_to(me.pos, goal, view.tick) + dodge,
            None => self.roam(me.pos, view.tick) + dodge,
        }
    }

    /// Keeps its distance to the enemy and runs around it, now this way, now that.
    fn circle(&mut self, me: &Fighter, enemy: &Enemy, tick: Tick) -> Vec2 {
        if tick >= self.strafe.1 {
            let sign = if self.rng.chance(0.5) { 1.0 } else { -1.0 };
            self.strafe = (sign, tick.plus(25 + self.rng.below(50)));
        }
        let ahead = (enemy.pos - me.pos) / enemy.distance.max(1.0);
        let mut side = ahead.perp() * self.strafe.0;
        if !self
            .map
            .is_clear(me.pos, me.pos + side * 60.0, FIGHTER_RADIUS)
        {
            self.strafe.0 = -self.strafe.0;
            side = -side;
        }
        let nearer = ((enemy.distance - FIGHT_DISTANCE) / 150.0).clamp(-1.0, 1.0);
        side + ahead * nearer
    }

    fn walk_to(&mut self, from: Vec2, goal: Vec2, tick: Tick) -> Vec2 {
        let next = self.paths.next(&self.map, from, goal, tick);
        (next - from).normalize_or_zero()
    }

    /// Nobody about: to some spawn, another one every few seconds.
    fn roam(&mut self, from: Vec2, tick: Tick) -> Vec2 {
        let spawns = self.map.spawns();
        let pick = Rng::of(u64::from(tick.0 / 240), &[7]).below(spawns.len() as u32);
        let goal = spawns.get(pick as usize).copied().unwrap_or(from);
        self.walk_to(from, goal, tick)
    }

    /// Walks off somewhere else for a moment when wanting to go did not help.
    fn unstick(&mut self, me: &Fighter, way: Vec2, tick: Tick) -> Vec2 {
        if let Some((out, until)) = self.escape {
            if tick < until {
                return out;
            }
            self.escape = None;
        }
        if tick.since(self.was.1) >= 40 {
            let stuck = self.was.0.distance(me.pos) < 12.0 && way.length() > 0.3;
            self.was = (me.pos, tick);
            if stuck {
                let out = Vec2::from_angle(self.rng.range(0.0, core::f32::consts::TAU));
                self.escape = Some((out, tick.plus(18)));
                self.paths.forget();
            }
        }
        way
    }

    fn act(&mut self, tick: Tick, me: &Fighter, seen: &Seen, way: Vec2) -> Input {
        let wanted = match seen.target {
            Some(enemy) => aim::lead(me, &enemy),
            None if way != Vec2::ZERO => way.to_angle(),
            None => me.aim,
        };
        let aim = self.hand.turn(wanted, &self.skill, &mut self.rng);
        let noticed = self
            .target
            .is_some_and(|(_, since)| tick.since(since) >= self.skill.reaction_ticks);
        let fire = noticed
            && seen
                .target
                .is_some_and(|enemy| aim::is_worth_it(wanted, aim, enemy.distance));
        let (move_x, move_y) = stick(way);
        Input {
            move_x,
            move_y,
            aim,
            fire,
            dash: self.wants_dash(tick, me, seen, way),
        }
    }

    fn wants_dash(&mut self, tick: Tick, me: &Fighter, seen: &Seen, way: Vec2) -> bool {
        let ready = tick.0 >= me.dash_at.unwrap_or(0) && way != Vec2::ZERO;
        let pressed = seen.dodge != Vec2::ZERO && self.rng.chance(0.08);
        let fleeing = me.health < WEAK && seen.target.is_some() && self.rng.chance(0.05);
        let room = me.pos + way.normalize_or_zero() * (DASH_SPEED * 0.15);
        ready && (pressed || fleeing) && self.map.is_clear(me.pos, room, FIGHTER_RADIUS)
    }
}

/// A direction as the two axes of an input, full tilt.
fn stick(way: Vec2) -> (i8, i8) {
    let tilt = way.normalize_or_zero() * 127.0;
    (tilt.x as i8, tilt.y as i8)
}

#[cfg(test)]
mod tests;
