//! Where on the screen a place in the world is, and what the eye follows.
//!
//! Never decides what is visible in the game: it only frames it.

use eframe::egui::{Pos2, Rect, pos2};
use tickwire_arena::tune::MAP_SIZE;
use tickwire_shared::glam::Vec2;

/// World units that the longer side of the screen shows; the shorter one shows its share.
const UNITS_LONG: f32 = 1_240.0;

/// World units that the shorter side shows at the least, so that a slim phone sees enough.
const UNITS_SHORT_MIN: f32 = 620.0;

/// How far the view leans towards where the weapon points, in units.
const LOOK_AHEAD: f32 = 70.0;

/// How long the view takes to catch up, in seconds (an exponential's time).
const FOLLOW_SECONDS: f32 = 0.09;
const LEAN_SECONDS: f32 = 0.28;

/// Farther than this it jumps: a new life elsewhere.
const JUMP: f32 = 420.0;

/// How far beyond the border of the map the view may reach, in units.
const BEYOND: f32 = 130.0;

/// How long a shake lasts, in seconds.
const SHAKE_SECONDS: f32 = 0.25;

/// The view of the world at one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// The place in the middle, in world units.
    pub centre: Vec2,
    /// Points of the screen a world unit is long.
    pub scale: f32,
    /// The part of the screen that shows the world.
    pub screen: Rect,
}

impl Camera {
    /// A view around `centre` that fills `screen`.
    #[must_use]
    pub fn new(centre: Vec2, screen: Rect) -> Camera {
        let (long, short) = (screen.size().max_elem(), screen.size().min_elem());
        let scale = (long / UNITS_LONG).min(short / UNITS_SHORT_MIN);
        Camera {
            centre,
            scale: scale.clamp(0.05, 4.0),
            screen,
        }
    }

    /// Where a place in the world is on the screen.
    #[must_use]
    pub fn at(&self, place: Vec2) -> Pos2 {
        let off = (place - self.centre) * self.scale;
        let middle = self.screen.center();
        pos2(middle.x + off.x, middle.y + off.y)
    }

    /// Which place in the world a point of the screen shows.
    #[must_use]
    pub fn place(&self, at: Pos2) -> Vec2 {
        let off = at - self.screen.center();
        self.centre + Vec2::new(off.x, off.y) / self.scale
    }

    /// A length in world units, in points.
    #[must_use]
    pub fn points(&self, units: f32) -> f32 {
        units * self.scale
    }

    /// Whether a circle in the world can be seen.
    #[must_use]
    pub fn sees(&self, place: Vec2, radius: f32) -> bool {
        let reach = self.points(radius);
        self.screen.expand(reach).contains(self.at(place))
    }
}

/// What moves the camera from frame to frame.
#[derive(Clone, Copy, Debug, Default)]
pub struct Eye {
    at: Option<Vec2>,
    lean: Vec2,
    shake: f32,
    /// Seconds since the start, for the shake's wobble.
    age: f32,
}

impl Eye {
    /// Follows a fighter for `seconds`, leaning towards `aim` (a direction of length 0 to 1).
    pub fn follow(&mut self, target: Vec2, aim: Vec2, seconds: f32) {
        let ease = |span: f32| 1.0 - (-seconds / span).exp();
        self.lean += (aim * LOOK_AHEAD - self.lean) * ease(LEAN_SECONDS);
        let at = self.at.filter(|at| at.distance(target) < JUMP);
        let at = at.unwrap_or(target);
        self.at = Some(at + (target - at) * ease(FOLLOW_SECONDS));
        self.shake = (self.shake - seconds / SHAKE_SECONDS).max(0.0);
        self.age += seconds;
    }

    /// Shakes the view, by a strength of 0 to 1.
    pub fn jolt(&mut self, strength: f32) {
        self.shake = self.shake.max(strength.clamp(0.0, 1.0));
    }

    /// The camera of now for this screen; the middle of the map before anybody was followed.
    #[must_use]
    pub fn camera(&self, middle: Vec2, screen: Rect) -> Camera {
        let wobble = Vec2::new((self.age * 71.0).sin(), (self.age * 57.0).cos());
        let off = self.lean + wobble * (self.shake * self.shake * 7.0);
        let camera = Camera::new(self.at.unwrap_or(middle) + off, screen);
        Camera {
            centre: kept_inside(camera.centre, screen, camera.scale),
            ..camera
        }
    }
}

/// A centre from which the view shows little of what lies beyond the map.
fn kept_inside(centre: Vec2, screen: Rect, scale: f32) -> Vec2 {
    let half = Vec2::new(screen.width(), screen.height()) * 0.5 / scale;
    let least = half - Vec2::splat(BEYOND);
    let most = Vec2::splat(MAP_SIZE) - least;
    let middle = Vec2::splat(MAP_SIZE / 2.0);
    Vec2::select(
        least.cmplt(most),
        centre.clamp(least.min(most), most.max(least)),
        middle,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::vec2;

    fn screen(width: f32, height: f32) -> Rect {
        Rect::from_min_size(pos2(0.0, 0.0), vec2(width, height))
    }

    #[test]
    fn places_and_points_are_each_others_inverse() {
        let camera = Camera::new(Vec2::new(300.0, 700.0), screen(1_280.0, 720.0));
        let place = Vec2::new(411.0, 650.0);
        assert!(camera.place(camera.at(place)).distance(place) < 0.01);
        assert!(camera.sees(place, 0.0) && !camera.sees(Vec2::new(2_000.0, 700.0), 40.0));
    }

    #[test]
    fn a_slim_screen_sees_enough_and_a_large_one_no_more() {
        let phone = Camera::new(Vec2::ZERO, screen(390.0, 844.0));
        assert!(390.0 / phone.scale >= UNITS_SHORT_MIN - 0.5);
        let wide = Camera::new(Vec2::ZERO, screen(2_560.0, 1_440.0));
        let small = Camera::new(Vec2::ZERO, screen(1_280.0, 720.0));
        assert!((2_560.0 / wide.scale - 1_280.0 / small.scale).abs() < 1.0);
    }

    #[test]
    fn the_eye_catches_up_at_any_frame_rate_and_jumps_to_a_new_life() {
        let start = Vec2::splat(900.0);
        let arrive = |frames: u16| {
            let mut eye = Eye::default();
            eye.follow(start, Vec2::ZERO, 0.016);
            for _ in 0..frames {
                let target = start + Vec2::new(100.0, 0.0);
                eye.follow(target, Vec2::ZERO, 0.2 / f32::from(frames));
            }
            eye.camera(Vec2::ZERO, screen(800.0, 600.0)).centre.x
        };
        assert!((arrive(6) - arrive(48)).abs() < 0.5, "{}", arrive(6));
        let mut eye = Eye::default();
        eye.follow(start, Vec2::ZERO, 0.016);
        eye.follow(Vec2::new(900.0, 1_400.0), Vec2::ZERO, 0.016);
        let camera = eye.camera(Vec2::ZERO, screen(800.0, 600.0));
        assert_eq!(camera.centre, Vec2::new(900.0, 1_400.0));
    }

    #[test]
    fn little_of_what_lies_beyond_the_map_is_shown() {
        for at in [Vec2::ZERO, Vec2::new(MAP_SIZE, 0.0), Vec2::splat(MAP_SIZE)] {
            let mut eye = Eye::default();
            eye.follow(at, Vec2::ZERO, 0.016);
            let camera = eye.camera(Vec2::ZERO, screen(1_280.0, 720.0));
            let (low, high) = (
                camera.place(camera.screen.min),
                camera.place(camera.screen.max),
            );
            assert!(low.min_element() > -BEYOND - 1.0, "{low}");
            assert!(high.max_element() < MAP_SIZE + BEYOND + 1.0, "{high}");
            assert!(camera.sees(at, 0.0));
        }
    }
}
