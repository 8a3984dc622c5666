//! Flashes, sparks and blasts: what just happened, seen from one picture to the next.
//!
//! Never tells anything the client does not know: a muzzle flash is a bullet that was not there in
//! the picture before, a hit is health that became less.

use std::collections::{BTreeMap, VecDeque};

use eframe::egui::{Color32, Mesh, Painter, Shape, Stroke};
use tickwire_arena::kinds::{Bullet, Entity, Fighter};
use tickwire_arena::tune::{FIGHTER_RADIUS, MUZZLE};
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{EntityId, PlayerId};
use tickwire_shared::time::Instant;

use super::camera::Camera;
use super::ground::{HEALTH, RAPID};
use super::ink::{beam, direction, fade, glow, light};
use super::palette::Colours;
use super::scene::Scene;
use super::theme;

/// Effects that are shown at once at the most; the oldest goes.
const EFFECTS_MAX: usize = 192;

/// A bullet that is new and farther than this from its fighter was not fired just now.
const MUZZLE_REACH: f32 = MUZZLE + 60.0;

/// A bullet that vanished so near to a new one of the same player got another name, no end.
const RENAME_REACH: f32 = 40.0;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A shot was fired.
    Muzzle,
    /// A bullet ended.
    Impact,
    /// A fighter was hit.
    Hit,
    /// A fighter died.
    Death,
    /// A fighter appeared.
    Spawn,
    /// A fighter dashed.
    Dash,
    /// Somebody took health.
    Healed,
    /// Somebody took rapid fire.
    Hastened,
}

/// Something that happened and is still seen.
#[derive(Clone, Copy, Debug)]
struct Effect {
    what: What,
    since: Instant,
    at: Vec2,
    /// Where it pointed, in radians.
    angle: f32,
    player: PlayerId,
}

/// What is remembered of a fighter.
#[derive(Clone, Copy, Debug)]
struct Known {
    at: Vec2,
    health: u8,
}

/// Everything that is still seen of what happened.
#[derive(Debug, Default)]
pub struct Effects {
    active: VecDeque<Effect>,
    fighters: BTreeMap<PlayerId, Known>,
    bullets: BTreeMap<EntityId, (Vec2, f32, PlayerId)>,
}

impl What {
    /// How long it is seen, in seconds.
    #[must_use]
    pub fn seconds(self) -> f32 {
        match self {
            What::Muzzle => 0.09,
            What::Impact => 0.18,
            What::Hit => 0.2,
            What::Death => 0.8,
            What::Spawn => 0.6,
            What::Dash => 0.35,
            What::Healed | What::Hastened => 0.5,
        }
    }
}

impl Effects {
    /// Compares the picture of now with the one before. Returns how much health the own fighter
    /// lost in between.
    pub fn observe(&mut self, now: Instant, scene: &Scene) -> u8 {
        let lost = self.observe_fighters(now, scene);
        self.observe_bullets(now, scene);
        let seen = |effect: &Effect| now.since(effect.since).as_secs_f32() < effect.what.seconds();
        self.active.retain(seen);
        lost
    }

    /// Something happened at a fighter, as an event told.
    pub fn happened(&mut self, now: Instant, what: What, player: PlayerId) {
        if let Some(known) = self.fighters.get(&player).copied() {
            self.push(now, what, known.at, 0.0, player);
        }
    }

    /// How many are seen now.
    #[must_use]
    pub fn count(&self) -> usize {
        self.active.len()
    }

    fn observe_fighters(&mut self, now: Instant, scene: &Scene) -> u8 {
        let mut lost = 0;
        for body in scene.fighters() {
            let known = Known {
                at: body.pos,
                health: body.health,
            };
            if let Some(before) = self.fighters.insert(body.player, known) {
                let what = changed(before.health, body.health);
                if let Some(what) = what {
                    self.push(now, what, body.pos, body.aim, body.player);
                }
                if body.player == scene.me {
                    lost = before.health.saturating_sub(body.health);
                }
            }
        }
        let there = |player: &PlayerId| scene.fighters().any(|body| body.player == *player);
        if self.fighters.len() > scene.hud.board.len() {
            self.fighters.retain(|player, _| there(player));
        }
        lost
    }

    fn observe_bullets(&mut self, now: Instant, scene: &Scene) {
        let before = core::mem::take(&mut self.bullets);
        let mut fresh = Vec::new();
        for (id, _, entity) in &scene.entities {
            let Entity::Bullet(shot) = entity else {
                continue;
            };
            let angle = shot.vel.y.atan2(shot.vel.x);
            if !before.contains_key(id) {
                fresh.push(shot);
            }
            self.bullets.insert(*id, (shot.pos, angle, shot.player));
        }
        for (id, (at, angle, player)) in before {
            let is_renamed =
                |shot: &&Bullet| shot.player == player && shot.pos.distance(at) < RENAME_REACH;
            if !self.bullets.contains_key(&id) && !fresh.iter().any(is_renamed) {
                self.push(now, What::Impact, at, angle, player);
            }
        }
        for shot in fresh {
            self.fired(now, scene, shot);
        }
    }

    fn fired(&mut self, now: Instant, scene: &Scene, shot: &Bullet) {
        let shooter = scene.fighters().find(|body| body.player == shot.player);
        let near = |body: &&Fighter| body.pos.distance(shot.pos) < MUZZLE_REACH;
        if let Some(body) = shooter.filter(near) {
            let angle = shot.vel.y.atan2(shot.vel.x);
            let at = body.pos + Vec2::from_angle(angle) * MUZZLE;
            self.push(now, What::Muzzle, at, angle, shot.player);
        }
    }

    /// At [`EFFECTS_MAX`] the oldest goes.
    fn push(&mut self, now: Instant, what: What, at: Vec2, angle: f32, player: PlayerId) {
        if self.active.len() >= EFFECTS_MAX {
            self.active.pop_front();
        }
        self.active.push_back(Effect {
            what,
            since: now,
            at,
            angle,
            player,
        });
    }

    /// Draws them all.
    pub fn draw(
        &self,
        painter: &Painter,
        camera: &Camera,
        now: Instant,
        me: PlayerId,
        colours: Colours,
    ) {
        let mut lights = Mesh::default();
        for effect in &self.active {
            if camera.sees(effect.at, 120.0) {
                let colour = colours.of(effect.player, me);
                effect.draw(painter, &mut lights, camera, now, colour);
            }
        }
        painter.add(Shape::mesh(lights));
    }
}

/// What a change of health tells.
fn changed(before: u8, after: u8) -> Option<What> {
    match (before, after) {
        (0, 1..) => Some(What::Spawn),
        (1.., 0) => Some(What::Death),
        (before, after) if after < before => Some(What::Hit),
        _ => None,
    }
}

impl Effect {
    fn draw(
        &self,
        painter: &Painter,
        lights: &mut Mesh,
        camera: &Camera,
        now: Instant,
        colour: Color32,
    ) {
        let age = now.since(self.since).as_secs_f32() / self.what.seconds();
        let left = (1.0 - age).clamp(0.0, 1.0);
        let at = camera.at(self.at);
        let pale = colour.lerp_to_gamma(Color32::WHITE, 0.6);
        match self.what {
            What::Muzzle => {
                let tip = at + direction(self.angle) * camera.points(26.0 * left);
                let hot = [light(pale, left), Color32::TRANSPARENT];
                beam(lights, tip, at, camera.points(15.0), [hot[1], hot[0]]);
                glow(lights, at, camera.points(24.0), light(pale, 0.7 * left));
            }
            What::Impact => {
                glow(lights, at, camera.points(16.0), light(pale, 0.6 * left));
                self.spokes(lights, camera, 5, 16.0, age, fade(pale, left));
            }
            What::Hit => {
                let reach = camera.points(FIGHTER_RADIUS * 1.9);
                glow(lights, at, reach, light(Color32::WHITE, 0.75 * left));
                self.spokes(lights, camera, 7, 26.0, age, fade(theme::BAD, left));
            }
            What::Death => self.blast(painter, lights, camera, age, colour),
            What::Spawn => {
                let reach = camera.points(FIGHTER_RADIUS + 70.0 * left * left);
                let stroke = Stroke::new(camera.points(3.0 * left).max(0.5), fade(pale, left));
                painter.circle_stroke(at, reach, stroke);
                glow(lights, at, camera.points(60.0), light(pale, 0.4 * left));
            }
            What::Dash => {
                let stroke = Stroke::new(camera.points(2.0), fade(colour, 0.7 * left));
                painter.circle_stroke(at, camera.points(FIGHTER_RADIUS + 24.0 * age), stroke);
            }
            What::Healed | What::Hastened => {
                let colour = match self.what {
                    What::Healed => HEALTH,
                    _ => RAPID,
                };
                let stroke = Stroke::new(camera.points(3.0 * left).max(0.5), fade(colour, left));
                painter.circle_stroke(at, camera.points(18.0 + 30.0 * age), stroke);
                glow(lights, at, camera.points(50.0), light(colour, 0.4 * left));
            }
        }
    }

    fn blast(
        &self,
        painter: &Painter,
        lights: &mut Mesh,
        camera: &Camera,
        age: f32,
        colour: Color32,
    ) {
        let (at, left) = (camera.at(self.at), 1.0 - age);
        let burst = 1.0 - left * left;
        let core = (1.0 - age * 3.0).max(0.0);
        glow(lights, at, camera.points(90.0), light(colour, 0.55 * left));
        glow(lights, at, camera.points(46.0), light(Color32::WHITE, core));
        let stroke = Stroke::new(camera.points(5.0 * left).max(0.5), fade(colour, left));
        painter.circle_stroke(at, camera.points(14.0 + 58.0 * burst), stroke);
        self.spokes(lights, camera, 13, 74.0, burst, fade(colour, left));
    }

    /// Sparks that fly apart; their directions differ from effect to effect.
    fn spokes(
        &self,
        lights: &mut Mesh,
        camera: &Camera,
        count: u16,
        reach: f32,
        age: f32,
        colour: Color32,
    ) {
        let turn = self.since.micros() as f32 * 0.000_37 % core::f32::consts::TAU;
        for spoke in 0..count {
            let share = f32::from(spoke) / f32::from(count);
            let angle = turn + share * core::f32::consts::TAU;
            let far = reach * (0.6 + 0.4 * (f32::from(spoke) * 2.4).sin().abs());
            let way = Vec2::from_angle(angle);
            let head = camera.at(self.at + way * far * (0.4 + 0.6 * age));
            let tail = camera.at(self.at + way * far * (0.1 + 0.5 * age));
            let width = camera.points(2.6 * (1.0 - age) + 0.6);
            beam(lights, tail, head, width, [Color32::TRANSPARENT, colour]);
        }
    }
}
