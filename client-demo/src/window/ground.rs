//! Draws what never moves: floor, grid, pads, walls and pillars with their shadows.
//!
//! Never draws beyond what the camera sees.

use eframe::egui::epaint::RectShape;
use eframe::egui::{Color32, CornerRadius, Painter, Pos2, Rect, Stroke, StrokeKind, pos2, vec2};
use tickwire_arena::Map;
use tickwire_arena::geometry::Solid;
use tickwire_arena::kinds::Item;
use tickwire_arena::tune::MAP_SIZE;
use tickwire_shared::glam::Vec2;

use super::camera::Camera;
use super::ink::fade;
use super::theme::VOID;

const FLOOR: Color32 = Color32::from_rgb(27, 33, 44);
const GRID: Color32 = Color32::from_rgb(32, 39, 52);
const GRID_STRONG: Color32 = Color32::from_rgb(40, 48, 63);
const PAD: Color32 = Color32::from_rgb(46, 56, 73);
const TOP: Color32 = Color32::from_rgb(74, 87, 109);
const SIDE: Color32 = Color32::from_rgb(44, 53, 69);
const EDGE: Color32 = Color32::from_rgb(122, 140, 170);
const BORDER: Color32 = Color32::from_rgb(84, 99, 125);

/// The colour of health pick-ups and of their pads.
pub const HEALTH: Color32 = Color32::from_rgb(90, 220, 140);
/// The colour of rapid fire.
pub const RAPID: Color32 = Color32::from_rgb(110, 190, 255);

/// World units between two lines of the grid, and between two strong ones.
const CELL: f32 = 64.0;
const CELLS_STRONG: u16 = 4;

/// How high a wall looks, in units.
const HEIGHT: f32 = 11.0;

/// Draws the ground as the camera sees it.
pub fn draw(painter: &Painter, camera: &Camera, map: &Map) {
    painter.rect_filled(camera.screen, CornerRadius::ZERO, VOID);
    let whole = area(camera, Vec2::ZERO, Vec2::splat(MAP_SIZE));
    painter.add(shadow(whole.expand(camera.points(6.0)), camera, 60.0, 190));
    painter.rect_filled(whole, CornerRadius::ZERO, FLOOR);
    grid(painter, camera, whole);
    pads(painter, camera, map);
    let seen = |solid: &&Solid| {
        let (min, max) = solid.bounds();
        let half = (max - min) * 0.5;
        camera.sees(min + half, half.max_element() + 40.0)
    };
    let solids: Vec<&Solid> = map.solids().iter().filter(seen).collect();
    for solid in &solids {
        cast(painter, camera, solid);
    }
    for solid in &solids {
        stand(painter, camera, solid);
    }
    let stroke = Stroke::new(camera.points(5.0).max(1.5), BORDER);
    painter.rect_stroke(whole, CornerRadius::same(2), stroke, StrokeKind::Outside);
}

fn area(camera: &Camera, min: Vec2, max: Vec2) -> Rect {
    Rect::from_min_max(camera.at(min), camera.at(max))
}

fn grid(painter: &Painter, camera: &Camera, whole: Rect) {
    let seen = whole.intersect(camera.screen);
    for step in 1..(MAP_SIZE / CELL) as u16 {
        let colour = match step % CELLS_STRONG {
            0 => GRID_STRONG,
            _ => GRID,
        };
        let at = camera.at(Vec2::splat(f32::from(step) * CELL));
        let stroke = Stroke::new(1.0, colour);
        if seen.x_range().contains(at.x) {
            painter.vline(at.x, seen.y_range(), stroke);
        }
        if seen.y_range().contains(at.y) {
            painter.hline(seen.x_range(), at.y, stroke);
        }
    }
}

/// Where fighters appear and where pick-ups lie.
fn pads(painter: &Painter, camera: &Camera, map: &Map) {
    let middle = camera.at(Vec2::splat(MAP_SIZE / 2.0));
    for (radius, width) in [(150.0, 2.0), (330.0, 1.5)] {
        let stroke = Stroke::new(camera.points(width).max(1.0), GRID_STRONG);
        painter.circle_stroke(middle, camera.points(radius), stroke);
    }
    for spot in map.spawns().iter().filter(|spot| camera.sees(**spot, 30.0)) {
        let stroke = Stroke::new(camera.points(1.6).max(1.0), PAD);
        painter.circle_stroke(camera.at(*spot), camera.points(22.0), stroke);
    }
    for (spot, item) in map.pickups() {
        if camera.sees(*spot, 40.0) {
            let colour = match item {
                Item::Health => HEALTH,
                Item::Rapid => RAPID,
            };
            let (at, reach) = (camera.at(*spot), camera.points(26.0));
            painter.circle_filled(at, reach, fade(colour, 0.07));
            painter.circle_stroke(at, reach, Stroke::new(1.0, fade(colour, 0.28)));
        }
    }
}

/// The soft shadow of a solid.
fn cast(painter: &Painter, camera: &Camera, solid: &Solid) {
    let off = vec2(camera.points(7.0), camera.points(13.0));
    let (min, max) = solid.bounds();
    let rect = area(camera, min, max).translate(off);
    match solid {
        Solid::Wall { .. } => {
            painter.add(shadow(rect, camera, 16.0, 120));
        }
        Solid::Pillar { radius, .. } => {
            let round = shadow(rect, camera, 16.0, 120);
            let corner = (camera.points(*radius) as u32).min(255) as u8;
            painter.add(RectShape {
                corner_radius: CornerRadius::same(corner),
                ..round
            });
        }
    }
}

fn shadow(rect: Rect, camera: &Camera, blur: f32, strength: u8) -> RectShape {
    let colour = Color32::from_black_alpha(strength);
    RectShape::filled(rect, CornerRadius::same(4), colour).with_blur_width(camera.points(blur))
}

fn stand(painter: &Painter, camera: &Camera, solid: &Solid) {
    let lift = vec2(0.0, camera.points(HEIGHT));
    match *solid {
        Solid::Wall { min, max } => wall(painter, area(camera, min, max), lift.y, camera),
        Solid::Pillar { centre, radius } => {
            let (at, reach) = (camera.at(centre), camera.points(radius));
            painter.circle_filled(at + lift * 0.5, reach, SIDE);
            painter.circle_filled(at, reach, TOP);
            let edge = Stroke::new(camera.points(1.8).max(1.0), EDGE);
            painter.circle_stroke(at, reach - edge.width * 0.5, edge);
            let inner = Stroke::new(camera.points(1.2).max(0.8), fade(EDGE, 0.35));
            painter.circle_stroke(at, reach * 0.72, inner);
        }
    }
}

fn wall(painter: &Painter, top: Rect, lift: f32, camera: &Camera) {
    let corner = CornerRadius::same(camera.points(3.0).clamp(1.0, 12.0) as u8);
    let side = Rect::from_min_max(top.min, pos2(top.max.x, top.max.y + lift * 0.6));
    painter.rect_filled(side, corner, SIDE);
    painter.rect_filled(top, corner, TOP);
    let width = camera.points(1.8).max(1.0);
    painter.rect_stroke(
        top,
        corner,
        Stroke::new(width, fade(EDGE, 0.55)),
        StrokeKind::Inside,
    );
    let inset = width * 0.5;
    let lit = Stroke::new(width, EDGE);
    let (left, right) = (top.min.x + inset * 3.0, top.max.x - inset * 3.0);
    painter.line_segment(
        [
            Pos2::new(left, top.min.y + inset),
            Pos2::new(right, top.min.y + inset),
        ],
        lit,
    );
}
