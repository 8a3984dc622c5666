//! Two sticks and a button for thumbs: left runs, right aims and fires, the button dashes.
//!
//! Never shown before a finger has touched the screen. Sticks appear where a finger comes down.

use eframe::egui::{Align2, Event, Painter, Pos2, Rect, Stroke, TouchId, TouchPhase, pos2, vec2};
use tickwire_shared::glam::Vec2;

use super::ink::fade;
use super::theme;

/// How far a stick can be pushed, in points.
const REACH: f32 = 56.0;

/// Pushed less than this share, the stick rests.
const REST: f32 = 0.14;

/// The aiming stick fires when it is pushed farther than this share.
const FIRE: f32 = 0.55;

/// The dash button: radius, and distance of its middle from the corner of the screen.
const DASH_RADIUS: f32 = 34.0;
const DASH_FROM_CORNER: f32 = 62.0;

/// A thumb on a stick.
#[derive(Clone, Copy, Debug)]
struct Thumb {
    finger: TouchId,
    from: Pos2,
    at: Pos2,
}

/// The fingers on the screen.
#[derive(Clone, Debug, Default)]
pub struct Touch {
    used: bool,
    run: Option<Thumb>,
    aim: Option<Thumb>,
    dash: bool,
    dashing: Option<TouchId>,
}

/// What the thumbs want.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Thumbs {
    /// Where to run, at most 1 long.
    pub run: Vec2,
    /// Where to aim, when the stick is pushed.
    pub aim: Option<Vec2>,
    /// Whether it is pushed far enough to fire.
    pub fire: bool,
}

impl Touch {
    /// Whether a finger has ever touched the screen.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.used
    }

    /// Takes note of the fingers of a frame. Touches that `taken` says belong to a panel are left
    /// alone.
    pub fn note(&mut self, events: &[Event], screen: Rect, taken: impl Fn(Pos2) -> bool) {
        for event in events {
            let Event::Touch { id, phase, pos, .. } = event else {
                continue;
            };
            self.used = true;
            match phase {
                TouchPhase::Start if !taken(*pos) => self.down(*id, *pos, screen),
                TouchPhase::Start => {}
                TouchPhase::Move => self.moved(*id, *pos),
                TouchPhase::End | TouchPhase::Cancel => self.up(*id),
            }
        }
    }

    /// Lets everything go, as when a panel opens.
    pub fn let_go(&mut self) {
        (self.run, self.aim, self.dashing) = (None, None, None);
    }

    /// What the thumbs want now.
    #[must_use]
    pub fn thumbs(&self) -> Thumbs {
        let push = |thumb: &Option<Thumb>| thumb.as_ref().map_or(Vec2::ZERO, Thumb::push);
        let (run, aim) = (push(&self.run), push(&self.aim));
        Thumbs {
            run,
            aim: (aim.length() > REST).then_some(aim),
            fire: aim.length() > FIRE,
        }
    }

    /// Whether the dash button was touched since the last call.
    pub fn take_dash(&mut self) -> bool {
        core::mem::take(&mut self.dash)
    }

    /// Where what is read at the lower edge must end: left of the button, where there is one.
    #[must_use]
    pub fn free_right(&self, screen: Rect) -> f32 {
        match self.used {
            true => dash_at(screen).x - DASH_RADIUS - 8.0,
            false => screen.right() - theme::MARGIN,
        }
    }

    /// Draws sticks and button, when fingers are used at all.
    pub fn draw(&self, painter: &Painter, screen: Rect, dash_ready: bool) {
        if !self.used {
            return;
        }
        let rest = [
            pos2(screen.left() + 92.0, screen.bottom() - 92.0),
            pos2(screen.right() - 92.0, screen.bottom() - 150.0),
        ];
        stick(painter, self.run, rest[0]);
        stick(painter, self.aim, rest[1]);
        let at = dash_at(screen);
        let colour = if dash_ready {
            theme::ACCENT
        } else {
            theme::DIM
        };
        painter.circle_filled(at, DASH_RADIUS, fade(theme::PANEL, 0.6));
        painter.circle_stroke(at, DASH_RADIUS, Stroke::new(2.0, fade(colour, 0.8)));
        let font = theme::font(theme::TEXT);
        painter.text(at, Align2::CENTER_CENTER, "Dash", font, colour);
    }

    fn down(&mut self, finger: TouchId, at: Pos2, screen: Rect) {
        let thumb = Thumb {
            finger,
            from: at,
            at,
        };
        if at.distance(dash_at(screen)) < DASH_RADIUS + 8.0 {
            self.dash = true;
            self.dashing = Some(finger);
        } else if at.x < screen.center().x {
            self.run = Some(thumb);
        } else {
            self.aim = Some(thumb);
        }
    }

    fn moved(&mut self, finger: TouchId, at: Pos2) {
        let thumbs = [&mut self.run, &mut self.aim];
        for thumb in thumbs.into_iter().flatten() {
            if thumb.finger == finger {
                thumb.at = at;
            }
        }
    }

    fn up(&mut self, finger: TouchId) {
        let lifted = |thumb: &Thumb| thumb.finger != finger;
        self.run = self.run.filter(lifted);
        self.aim = self.aim.filter(lifted);
        self.dashing = self.dashing.filter(|held| *held != finger);
    }
}

impl Thumb {
    /// How far it is pushed, at most 1 long; nothing near its rest.
    fn push(&self) -> Vec2 {
        let off = self.at - self.from;
        let push = Vec2::new(off.x, off.y) / REACH;
        match push.length() {
            length if length < REST => Vec2::ZERO,
            length if length > 1.0 => push / length,
            _ => push,
        }
    }
}

fn dash_at(screen: Rect) -> Pos2 {
    screen.max - vec2(DASH_FROM_CORNER, DASH_FROM_CORNER)
}

fn stick(painter: &Painter, thumb: Option<Thumb>, rest: Pos2) {
    let (from, knob, strength) = match thumb {
        None => (rest, rest, 0.35),
        Some(thumb) => {
            let push = thumb.push() * REACH;
            (thumb.from, thumb.from + vec2(push.x, push.y), 0.8)
        }
    };
    painter.circle_filled(from, REACH, fade(theme::PANEL, 0.35 * strength));
    let edge = Stroke::new(1.5, fade(theme::FAINT, 0.5 * strength));
    painter.circle_stroke(from, REACH, edge);
    painter.circle_filled(knob, 24.0, fade(theme::INK, 0.35 * strength));
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::TouchDeviceId;

    const SCREEN: Rect = Rect {
        min: pos2(0.0, 0.0),
        max: pos2(800.0, 400.0),
    };

    fn finger(id: u64, phase: TouchPhase, x: f32, y: f32) -> Event {
        Event::Touch {
            device_id: TouchDeviceId(1),
            id: TouchId(id),
            phase,
            pos: pos2(x, y),
            force: None,
        }
    }

    #[test]
    fn the_left_thumb_runs_and_the_right_one_aims_and_fires() {
        let mut touch = Touch::default();
        let events = [
            finger(1, TouchPhase::Start, 100.0, 300.0),
            finger(1, TouchPhase::Move, 128.0, 300.0),
            finger(2, TouchPhase::Start, 600.0, 200.0),
            finger(2, TouchPhase::Move, 600.0, 100.0),
        ];
        assert!(!touch.is_used());
        touch.note(&events, SCREEN, |_| false);
        let thumbs = touch.thumbs();
        assert_eq!(thumbs.run, Vec2::new(0.5, 0.0));
        assert_eq!(
            (thumbs.aim, thumbs.fire),
            (Some(Vec2::new(0.0, -1.0)), true)
        );
        touch.note(&[finger(2, TouchPhase::End, 600.0, 100.0)], SCREEN, |_| {
            false
        });
        assert_eq!(touch.thumbs().aim, None);
    }

    #[test]
    fn the_button_dashes_once_and_panels_keep_their_touches() {
        let mut touch = Touch::default();
        let on_button = finger(3, TouchPhase::Start, 740.0, 340.0);
        touch.note(std::slice::from_ref(&on_button), SCREEN, |_| false);
        assert!(touch.take_dash() && !touch.take_dash());
        touch.note(&[on_button], SCREEN, |_| true);
        assert!(!touch.take_dash());
    }
}
