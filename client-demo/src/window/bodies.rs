//! Draws what moves: pick-ups, bullets, fighters and their names.
//!
//! Never decides anything: health, weapons and shields are drawn as the client knows them.

use core::f32::consts::{FRAC_PI_2, TAU};

use eframe::egui::{Align2, Color32, Mesh, Painter, Pos2, Shape, Stroke, vec2};
use tickwire_arena::kinds::{Bullet, Entity, Fighter, Item, Pickup};
use tickwire_arena::tune::{BULLET_RADIUS, DAMAGE, FIGHTER_RADIUS, HEALTH_MAX};

use super::camera::Camera;
use super::ground::{HEALTH, RAPID};
use super::ink::{arc, beam, direction, fade, glow, light};
use super::palette::{Colours, Emblem, emblem};
use super::scene::Scene;
use super::theme;

/// How many hits a whole health ring shows.
const SEGMENTS: u8 = HEALTH_MAX / DAMAGE;

/// Seconds of its way that a bullet's trail shows.
const TRAIL_SECONDS: f32 = 0.055;

/// How a frame is to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Seconds since the start, for what pulses.
    pub seconds: f32,
    /// How fighters are coloured.
    pub colours: Colours,
    /// Whether names stand above heads.
    pub names: bool,
}

/// Draws everything that moves.
pub fn draw(painter: &Painter, camera: &Camera, scene: &Scene, manner: &Manner) {
    let mut lights = Mesh::default();
    for (_, _, entity) in &scene.entities {
        match entity {
            Entity::Pickup(item) => pickup(painter, &mut lights, camera, item, manner.seconds),
            Entity::Bullet(shot) => bullet(&mut lights, camera, scene, shot, manner),
            _ => {}
        }
    }
    painter.add(Shape::mesh(lights));
    let living = |body: &&Fighter| body.health > 0 && camera.sees(body.pos, 60.0);
    for body in scene.fighters().filter(living) {
        fighter(painter, camera, scene, body, manner);
    }
    if manner.names {
        let others = scene.fighters().filter(living);
        for body in others.filter(|body| body.player != scene.me) {
            name(painter, camera, scene, body, manner);
        }
    }
}

fn pickup(painter: &Painter, lights: &mut Mesh, camera: &Camera, item: &Pickup, seconds: f32) {
    if !item.there || !camera.sees(item.pos, 60.0) {
        return;
    }
    let beat = 0.5 + 0.5 * (seconds * 3.4).sin();
    let at = camera.at(item.pos);
    let size = camera.points(11.0 + beat);
    let colour = match item.item() {
        Item::Health => HEALTH,
        Item::Rapid => RAPID,
    };
    let reach = camera.points(38.0 + 8.0 * beat);
    glow(lights, at, reach, light(colour, 0.16 + 0.10 * beat));
    painter.circle_filled(at, size * 1.25, fade(Color32::from_rgb(13, 16, 22), 0.85));
    painter.circle_stroke(at, size * 1.25, Stroke::new(camera.points(1.6), colour));
    match item.item() {
        Item::Health => cross(painter, at, size * 0.62, colour),
        Item::Rapid => chevrons(painter, at, size * 0.62, colour),
    }
}

fn cross(painter: &Painter, at: Pos2, reach: f32, colour: Color32) {
    let stroke = Stroke::new(reach * 0.62, colour);
    painter.line_segment([at - vec2(reach, 0.0), at + vec2(reach, 0.0)], stroke);
    painter.line_segment([at - vec2(0.0, reach), at + vec2(0.0, reach)], stroke);
}

fn chevrons(painter: &Painter, at: Pos2, reach: f32, colour: Color32) {
    let stroke = Stroke::new(reach * 0.4, colour);
    for off in [-0.55, 0.35] {
        let tip = at + vec2(reach * (off + 0.55), 0.0);
        let back = reach * 0.55;
        let corners = vec![
            tip - vec2(back, reach * 0.8),
            tip,
            tip + vec2(-back, reach * 0.8),
        ];
        painter.add(Shape::line(corners, stroke));
    }
}

fn bullet(lights: &mut Mesh, camera: &Camera, scene: &Scene, shot: &Bullet, manner: &Manner) {
    if !camera.sees(shot.pos, 80.0) {
        return;
    }
    let colour = manner.colours.text(shot.player, scene.me);
    let (head, tail) = (
        camera.at(shot.pos),
        camera.at(shot.pos - shot.vel * TRAIL_SECONDS),
    );
    let width = camera.points(BULLET_RADIUS * 1.7).max(2.0);
    let colours = [Color32::TRANSPARENT, fade(colour, 0.8)];
    beam(lights, tail, head, width, colours);
    glow(lights, head, width * 3.4, light(colour, 0.35));
    glow(lights, head, width * 0.95, Color32::WHITE);
}

fn fighter(painter: &Painter, camera: &Camera, scene: &Scene, body: &Fighter, manner: &Manner) {
    let (at, radius) = (camera.at(body.pos), camera.points(FIGHTER_RADIUS));
    let mine = body.player == scene.me;
    let colour = manner.colours.of(body.player, scene.me);
    let down = vec2(camera.points(4.0), camera.points(7.0));
    painter.circle_filled(at + down, radius * 1.02, Color32::from_black_alpha(90));
    let rapid = body.rapid_until > scene.tick.0;
    barrel(
        painter,
        camera,
        at,
        body.aim,
        if rapid { RAPID } else { theme::INK },
    );
    painter.circle_filled(at, radius, Color32::from_rgb(12, 15, 21));
    painter.circle_filled(at, radius * 0.88, colour);
    let sheen = at - vec2(radius * 0.22, radius * 0.28);
    painter.circle_filled(sheen, radius * 0.5, Color32::from_white_alpha(26));
    mark(painter, at, radius, body);
    if mine {
        painter.circle_stroke(
            at,
            radius * 0.94,
            Stroke::new(camera.points(2.2), theme::INK),
        );
    }
    if mine || body.health < HEALTH_MAX {
        health(painter, camera, at, body.health);
    }
    if body.safe_until > scene.tick.0 {
        shield(painter, camera, at, manner.seconds);
    }
}

fn barrel(painter: &Painter, camera: &Camera, at: Pos2, aim: f32, colour: Color32) {
    let way = direction(aim);
    let (from, to) = (
        at + way * camera.points(FIGHTER_RADIUS * 0.5),
        at + way * camera.points(FIGHTER_RADIUS * 1.62),
    );
    let dark = Stroke::new(camera.points(9.0), Color32::from_rgb(12, 15, 21));
    painter.line_segment([from, to + way * camera.points(1.6)], dark);
    painter.line_segment([from, to], Stroke::new(camera.points(5.2), colour));
}

fn mark(painter: &Painter, at: Pos2, radius: f32, body: &Fighter) {
    let ink = Color32::from_rgba_unmultiplied(12, 15, 21, 220);
    let side = direction(body.aim).rot90() * (radius * 0.5);
    match emblem(body.player) {
        Emblem::Plain => {}
        Emblem::Dot => {
            painter.circle_filled(at, radius * 0.3, ink);
        }
        Emblem::Bar => {
            painter.line_segment([at - side, at + side], Stroke::new(radius * 0.3, ink));
        }
        Emblem::Ring => {
            painter.circle_stroke(at, radius * 0.42, Stroke::new(radius * 0.18, ink));
        }
    }
}

/// A ring of as many segments as hits kill; the last one is as long as what is left of it.
fn health(painter: &Painter, camera: &Camera, at: Pos2, health: u8) {
    let radius = camera.points(FIGHTER_RADIUS + 6.5);
    let width = camera.points(3.4).max(1.5);
    let colour = health_colour(health);
    let whole = TAU / f32::from(SEGMENTS);
    let gap = 0.11;
    for segment in 0..SEGMENTS {
        let start = -FRAC_PI_2 + whole * f32::from(segment) + gap * 0.5;
        let left = f32::from(health.saturating_sub(segment * DAMAGE)) / f32::from(DAMAGE);
        let span = (whole - gap) * left.min(1.0);
        let track = Stroke::new(width, Color32::from_black_alpha(120));
        painter.add(arc(at, radius, start, whole - gap, track));
        if span > 0.02 {
            painter.add(arc(at, radius, start, span, Stroke::new(width, colour)));
        }
    }
}

/// Green, amber, red.
#[must_use]
pub fn health_colour(health: u8) -> Color32 {
    let share = f32::from(health) / f32::from(HEALTH_MAX);
    match share {
        share if share > 0.6 => theme::GOOD,
        share if share > 0.3 => theme::WARN,
        _ => theme::BAD,
    }
}

/// Nothing hurts this fighter yet.
fn shield(painter: &Painter, camera: &Camera, at: Pos2, seconds: f32) {
    let radius = camera.points(FIGHTER_RADIUS + 13.0);
    let pulse = 0.55 + 0.25 * (seconds * 9.0).sin();
    let stroke = Stroke::new(camera.points(2.0), fade(theme::INK, pulse));
    for third in 0..3_u8 {
        let start = seconds * 2.6 + f32::from(third) / 3.0 * TAU;
        painter.add(arc(at, radius, start, TAU / 3.0 * 0.62, stroke));
    }
    painter.circle_filled(at, radius, fade(theme::INK, 0.05 * pulse));
}

fn name(painter: &Painter, camera: &Camera, scene: &Scene, body: &Fighter, manner: &Manner) {
    let above = camera.at(body.pos) - vec2(0.0, camera.points(FIGHTER_RADIUS + 13.0) + 4.0);
    let text: String = scene.name(body.player).chars().take(18).collect();
    let font = theme::font(12.5);
    let dark = Color32::from_black_alpha(190);
    let off = vec2(0.0, 1.0);
    painter.text(
        above + off,
        Align2::CENTER_BOTTOM,
        &text,
        font.clone(),
        dark,
    );
    let colour = manner.colours.text(body.player, scene.me);
    painter.text(above, Align2::CENTER_BOTTOM, &text, font, colour);
}
