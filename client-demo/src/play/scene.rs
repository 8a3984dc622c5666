//! Draws the arena: floor, walls, pick-ups, bullets, fighters, blasts.
//!
//! Never decides what is visible: it draws what the client knows.

use tickwire_arena::Map;
use tickwire_arena::geometry::Solid;
use tickwire_arena::hud;
use tickwire_arena::kinds::{Bullet, Entity, Fighter, Item, Pickup};
use tickwire_arena::tune::{FIGHTER_RADIUS, HEALTH_MAX, MAP_SIZE};
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{PlayerId, Tick};

use super::camera::Camera;
use super::canvas::{Canvas, Rgb};

const VOID: Rgb = Rgb(4, 5, 8);
const FLOOR: Rgb = Rgb(22, 26, 34);
const FLOOR_GRID: Rgb = Rgb(30, 35, 45);
const WALL: Rgb = Rgb(92, 100, 116);
const WALL_EDGE: Rgb = Rgb(134, 144, 162);
const PILLAR: Rgb = Rgb(84, 92, 108);
const WHITE: Rgb = Rgb(245, 245, 245);
const GRID: f32 = 128.0;

/// How long a blast glows, in seconds.
pub const BLAST_SECONDS: f32 = 0.6;

/// A death that just happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blast {
    /// Where, in world units.
    pub at: Vec2,
    /// Seconds since it happened.
    pub age: f32,
    /// Whose, for the colour.
    pub player: PlayerId,
}

/// What there is to draw.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The map of the room.
    pub map: &'a Map,
    /// The tick that is drawn.
    pub tick: Tick,
    /// Whose picture it is.
    pub me: PlayerId,
    /// Everything the client knows.
    pub entities: &'a [Entity],
    /// Deaths that just happened.
    pub blasts: &'a [Blast],
}

/// Draws the scene as the camera sees it.
#[must_use]
pub fn draw(scene: &Scene<'_>, camera: &Camera, columns: usize, lines: usize) -> Canvas {
    let mut canvas = Canvas::new(columns, lines, VOID);
    floor(&mut canvas, camera);
    for solid in scene.map.solids() {
        wall(&mut canvas, camera, solid);
    }
    for entity in scene.entities {
        if let Entity::Pickup(item) = entity {
            pickup(&mut canvas, camera, item, scene.tick);
        }
    }
    for entity in scene.entities {
        if let Entity::Bullet(shot) = entity {
            bullet(&mut canvas, camera, shot, shot.player == scene.me);
        }
    }
    for one in scene.blasts {
        blast(&mut canvas, camera, one);
    }
    for entity in scene.entities {
        if let Entity::Fighter(body) = entity {
            fighter(&mut canvas, camera, body, scene);
        }
    }
    canvas
}

fn floor(canvas: &mut Canvas, camera: &Camera) {
    let (min, max) = (
        camera.pixel(Vec2::ZERO),
        camera.pixel(Vec2::splat(MAP_SIZE)),
    );
    canvas.bar(min.into(), max.into(), FLOOR);
    for step in 1..(MAP_SIZE / GRID) as u16 {
        let at = f32::from(step) * GRID;
        let (top, left) = (
            camera.pixel(Vec2::new(at, 0.0)),
            camera.pixel(Vec2::new(0.0, at)),
        );
        canvas.bar((top.x, min.y), (top.x + 1.0, max.y), FLOOR_GRID);
        canvas.bar((min.x, left.y), (max.x, left.y + 1.0), FLOOR_GRID);
    }
    let edge = 1.5;
    canvas.bar(
        (min.x - edge, min.y - edge),
        (max.x + edge, min.y),
        WALL_EDGE,
    );
    canvas.bar(
        (min.x - edge, max.y),
        (max.x + edge, max.y + edge),
        WALL_EDGE,
    );
    canvas.bar((min.x - edge, min.y), (min.x, max.y), WALL_EDGE);
    canvas.bar((max.x, min.y), (max.x + edge, max.y), WALL_EDGE);
}

fn wall(canvas: &mut Canvas, camera: &Camera, solid: &Solid) {
    match *solid {
        Solid::Wall { min, max } => {
            let (low, high) = (camera.pixel(min), camera.pixel(max));
            canvas.bar(low.into(), high.into(), WALL_EDGE);
            let inset = Vec2::splat(0.7);
            canvas.bar((low + inset).into(), (high - inset).into(), WALL);
        }
        Solid::Pillar { centre, radius } => {
            let (at, radius_px) = (camera.pixel(centre), radius / camera.units);
            if camera.sees(centre, radius) {
                canvas.disc(at.x, at.y, radius_px, WALL_EDGE);
                canvas.disc(at.x, at.y, radius_px - 0.8, PILLAR);
            }
        }
    }
}

fn pickup(canvas: &mut Canvas, camera: &Camera, item: &Pickup, tick: Tick) {
    if !item.there || !camera.sees(item.pos, 32.0) {
        return;
    }
    let colour = match item.item() {
        Item::Health => Rgb(70, 220, 110),
        Item::Rapid => Rgb(90, 180, 255),
    };
    let at = camera.pixel(item.pos);
    let beat = (tick.0 % 60) as f32 / 60.0;
    let reach = 12.0 / camera.units * (1.0 + 0.25 * (beat * core::f32::consts::TAU).sin());
    let (arm, half) = (reach.max(1.2), (reach * 0.35).max(0.5));
    canvas.bar((at.x - arm, at.y - half), (at.x + arm, at.y + half), colour);
    canvas.bar((at.x - half, at.y - arm), (at.x + half, at.y + arm), colour);
}

fn bullet(canvas: &mut Canvas, camera: &Camera, shot: &Bullet, mine: bool) {
    if !camera.sees(shot.pos, 40.0) {
        return;
    }
    let colour = if mine {
        Rgb(255, 240, 150)
    } else {
        Rgb(255, 120, 70)
    };
    let (at, tail) = (
        camera.pixel(shot.pos),
        camera.pixel(shot.pos - shot.vel * 0.02),
    );
    canvas.line(tail.into(), at.into(), colour.mix(FLOOR, 0.55));
    canvas.disc(at.x, at.y, (4.0 / camera.units).max(0.5), colour);
}

fn blast(canvas: &mut Canvas, camera: &Camera, blast: &Blast) {
    let share = (blast.age / BLAST_SECONDS).clamp(0.0, 1.0);
    let at = camera.pixel(blast.at);
    let colour = colour_of(blast.player).mix(WHITE, 0.5);
    for spoke in 0..12_u8 {
        let way = Vec2::from_angle(f32::from(spoke) / 12.0 * core::f32::consts::TAU);
        let tip = at + way * (8.0 + 48.0 * share) / camera.units;
        canvas.dab(
            tip.x.floor() as i32,
            tip.y.floor() as i32,
            colour,
            1.0 - share,
        );
    }
}

fn fighter(canvas: &mut Canvas, camera: &Camera, body: &Fighter, scene: &Scene<'_>) {
    if body.health == 0 || !camera.sees(body.pos, 40.0) {
        return;
    }
    let at = camera.pixel(body.pos);
    let radius = (FIGHTER_RADIUS / camera.units).max(1.2);
    let mine = body.player == scene.me;
    let mut colour = colour_of(body.player);
    if body.safe_until > scene.tick.0 {
        colour = colour.mix(FLOOR, 0.55);
    }
    if mine {
        canvas.disc(at.x, at.y, radius + 0.9, WHITE);
    }
    canvas.disc(at.x, at.y, radius, colour);
    let muzzle = at + Vec2::from_angle(body.aim) * (radius + 1.6);
    let barrel = if body.rapid_until > scene.tick.0 {
        Rgb(90, 180, 255)
    } else {
        WHITE
    };
    canvas.line(at.into(), muzzle.into(), barrel);
    if body.health < HEALTH_MAX {
        health_bar(canvas, at, radius, body.health);
    }
}

fn health_bar(canvas: &mut Canvas, at: Vec2, radius: f32, health: u8) {
    let share = f32::from(health) / f32::from(HEALTH_MAX);
    let (left, top) = (at.x - radius - 1.0, at.y - radius - 3.0);
    let width = 2.0 * radius + 2.0;
    canvas.bar((left, top), (left + width, top + 1.0), Rgb(40, 12, 12));
    let colour = Rgb(230, 60, 50).mix(Rgb(80, 220, 100), share);
    canvas.bar((left, top), (left + width * share, top + 1.0), colour);
}

/// A player's colour, equal on every screen.
#[must_use]
pub fn colour_of(player: PlayerId) -> Rgb {
    Rgb::of_hue(hud::hue(player), 0.55)
}
