//! From keys, mouse and thumbs to an input of the game.
//!
//! Never looks at panels: whoever calls says whether the hands are free to steer.

use core::f32::consts::TAU;

use eframe::egui::{InputState, Key, PointerButton, Pos2};
use tickwire_arena::kinds::Input;
use tickwire_arena::tune::BULLET_SPEED;
use tickwire_shared::glam::Vec2;

use super::camera::Camera;
use super::scene::Scene;
use super::touch::Touch;

/// What turns the weapon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum AimBy {
    #[default]
    Itself,
    Pointer,
    Thumb,
}

/// The player's hands.
#[derive(Clone, Debug, Default)]
pub struct Hands {
    /// The fingers on a touch screen.
    pub touch: Touch,
    aim_by: AimBy,
    pointer: Option<Pos2>,
    run: Vec2,
    fire: bool,
    dash: bool,
    aim: f32,
}

impl Hands {
    /// Takes note of what the player does in this frame. Without `free` hands nothing is held.
    pub fn note(&mut self, input: &InputState, free: bool, by_itself: bool) {
        let thumbs = self.touch.thumbs();
        self.dash |= self.touch.take_dash();
        if !free {
            (self.run, self.fire, self.dash) = (Vec2::ZERO, false, false);
            return;
        }
        self.run = run(input) + thumbs.run;
        let by_mouse = !self.touch.is_used() && input.pointer.button_down(PointerButton::Primary);
        self.fire = thumbs.fire || by_mouse || input.key_down(Key::F);
        let by_button = !self.touch.is_used() && input.pointer.secondary_pressed();
        self.dash |= by_button || input.key_pressed(Key::Space);
        self.note_aim(input, thumbs.aim.is_some(), by_itself);
    }

    fn note_aim(&mut self, input: &InputState, by_thumb: bool, by_itself: bool) {
        let moved = input.pointer.is_moving() || input.pointer.any_pressed();
        if by_thumb {
            self.aim_by = AimBy::Thumb;
        } else if moved && !self.touch.is_used() {
            self.aim_by = AimBy::Pointer;
            self.pointer = input.pointer.latest_pos().or(self.pointer);
        }
        // The first touch may have come as a pointer, before it was known to be a finger.
        let nobody_aims = match self.aim_by {
            AimBy::Itself => true,
            AimBy::Pointer => self.touch.is_used(),
            AimBy::Thumb => !by_thumb,
        };
        if by_itself || nobody_aims {
            self.aim_by = AimBy::Itself;
        }
    }

    /// The input these hands give; a dash is given once.
    pub fn input(&mut self, scene: &Scene, camera: &Camera) -> Input {
        if let Some(way) = self.direction(scene, camera) {
            self.aim = way.y.atan2(way.x).rem_euclid(TAU);
        }
        let run = self.run.clamp_length_max(1.0);
        Input {
            move_x: (run.x * 127.0).round() as i8,
            move_y: (run.y * 127.0).round() as i8,
            aim: self.aim,
            fire: self.fire,
            dash: core::mem::take(&mut self.dash),
        }
    }

    /// Where the weapon points, as a vector no longer than 1 that the view leans towards.
    #[must_use]
    pub fn lean(&self, scene: &Scene, camera: &Camera) -> Vec2 {
        let own = scene.own().map(|body| body.pos);
        match (self.aim_by, self.pointer, own) {
            (AimBy::Pointer, Some(at), Some(own)) => {
                let reach = camera.screen.size().min_elem() / camera.scale * 0.5;
                ((camera.place(at) - own) / reach.max(1.0)).clamp_length_max(1.0)
            }
            (AimBy::Thumb, ..) => Vec2::from_angle(self.aim) * 0.8,
            _ => Vec2::from_angle(self.aim) * 0.35,
        }
    }

    /// Where the mouse aims, when it does.
    #[must_use]
    pub fn crosshair(&self) -> Option<Pos2> {
        self.pointer.filter(|_| self.aim_by == AimBy::Pointer)
    }

    /// Where the weapon shall point; `None` keeps it where it is.
    fn direction(&self, scene: &Scene, camera: &Camera) -> Option<Vec2> {
        let own = scene.own()?;
        let way = match self.aim_by {
            AimBy::Pointer => camera.place(self.pointer?) - own.pos,
            AimBy::Thumb => self.touch.thumbs().aim?,
            AimBy::Itself => nearest(scene, camera).unwrap_or(self.run),
        };
        (way.length_squared() > 0.0).then_some(way)
    }
}

fn run(input: &InputState) -> Vec2 {
    let held = |keys: [Key; 2]| f32::from(u8::from(keys.iter().any(|key| input.key_down(*key))));
    Vec2::new(
        held([Key::D, Key::ArrowRight]) - held([Key::A, Key::ArrowLeft]),
        held([Key::S, Key::ArrowDown]) - held([Key::W, Key::ArrowUp]),
    )
}

/// Towards where the nearest enemy in the line of fire will be when a bullet gets there.
fn nearest(scene: &Scene, camera: &Camera) -> Option<Vec2> {
    let (own, map) = (scene.own()?, scene.map()?);
    let nearest = scene
        .fighters()
        .filter(|body| body.player != scene.me && body.health > 0)
        .filter(|body| camera.sees(body.pos, 0.0))
        .filter(|body| map.is_clear(own.pos, body.pos, 4.0))
        .min_by(|a, b| {
            let far = |at: Vec2| at.distance_squared(own.pos);
            far(a.pos).total_cmp(&far(b.pos))
        })?;
    let seconds = nearest.pos.distance(own.pos) / BULLET_SPEED;
    Some(nearest.pos + nearest.vel * seconds - own.pos)
}
