//! Puts a picture together: ground, bodies, effects, and what is read while playing.
//!
//! Never changes the game: it draws what `play` holds.

use eframe::egui::{
    Area, Button, Context, CursorIcon, Id, Order, Painter, Pos2, Rect, RichText, Stroke, pos2, vec2,
};
use tickwire_shared::time::Instant;

use super::bodies::{self, Manner};
use super::camera::Camera;
use super::graph::{self, Facts};
use super::ink::fade;
use super::play::Play;
use super::settings::Settings;
use super::{board, chat, ground, hud, theme};

/// On a screen slimmer than this, in points, the chat would cover the vitals beside it.
const SLIM: f32 = 1_160.0;

/// Where and when a picture is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The view of the world.
    pub camera: Camera,
    /// The part of the screen that no notch covers.
    pub safe: Rect,
    /// Whether the scoreboard is shown.
    pub board: bool,
    /// When.
    pub now: Instant,
    /// Whether the hands steer, rather than work in a panel.
    pub free: bool,
}

/// A button of a touch screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    /// The menu.
    Menu,
    /// The scoreboard.
    Board,
    /// The chat.
    Chat,
}

/// Paints the arena and what is read while playing.
pub fn draw(painter: &Painter, place: &Place, play: &Play, settings: &Settings) {
    let (camera, scene, now) = (&place.camera, &play.scene, place.now);
    let Some(map) = scene.map() else {
        painter.rect_filled(camera.screen, 0, theme::VOID);
        return;
    };
    ground::draw(painter, camera, map);
    let manner = Manner {
        seconds: now.micros() as f32 / 1_000_000.0 % 1_000.0,
        colours: settings.colours,
        names: settings.names,
    };
    bodies::draw(painter, camera, scene, &manner);
    let effects = &play.effects;
    effects.draw(painter, camera, now, scene.me, settings.colours);
    let beside = hud::Place {
        screen: place.safe,
        right: play.hands.touch.free_right(place.safe),
        now,
        colours: settings.colours,
    };
    hud::draw(painter, &beside, scene, &play.talk);
    let dash_ready = scene.hud.own.is_some_and(|own| own.dash_seconds <= 0.0);
    play.hands.touch.draw(painter, place.safe, dash_ready);
    crosshair(painter, place, play);
}

/// Shows chip and chat at a glance, and what has widgets in it: board and graph.
pub fn panels(
    painter: &Painter,
    context: &Context,
    place: &Place,
    play: &Play,
    settings: &Settings,
) {
    let corner = corner(place.safe);
    let newest = play.history.newest();
    let key = if play.hands.touch.is_used() { "" } else { "F3" };
    hud::chip(painter, corner, play.pilot.transport(), &newest, key);
    if play.talk.is_glanced_at() {
        let place_of_chat = chat_place(place, play, settings);
        chat::glance(painter, &place_of_chat, &play.talk, place.now);
    }
    hint(painter, place, play);
    if settings.graph {
        let stats = play.pilot.client().stats();
        let facts = Facts {
            transport: play.pilot.transport(),
            attempts: play.pilot.attempts(),
            mispredictions: (stats.mispredictions, stats.unexplained_mispredictions),
            now: place.now,
        };
        graph::show(context, place.safe, &play.history, &facts);
    }
    if place.board {
        board::show(context, place.safe, &play.scene, settings.colours);
    }
}

/// Where the chat stands: above the sticks on a touch screen.
#[must_use]
pub fn chat_place(place: &Place, play: &Play, settings: &Settings) -> chat::Place {
    let above = match (play.hands.touch.is_used(), place.safe.width() < SLIM) {
        (true, _) => 190.0,
        (false, true) => 84.0,
        (false, false) => theme::MARGIN,
    };
    chat::Place {
        screen: place.safe,
        above,
        me: play.scene.me,
        colours: settings.colours,
    }
}

/// Shows the buttons of a touch screen.
pub fn buttons(context: &Context, place: &Place, play: &Play) -> Option<Pressed> {
    if !play.hands.touch.is_used() {
        return None;
    }
    let at = corner(place.safe) + vec2(0.0, 34.0);
    let area = Area::new(Id::unique("touch buttons"))
        .order(Order::Middle)
        .fixed_pos(at);
    let shown = area.show(context, |ui| {
        let mut pressed = None;
        ui.horizontal(|ui| {
            for (button, text) in [
                (Pressed::Menu, "Menu"),
                (Pressed::Chat, "Chat"),
                (Pressed::Board, "Scores"),
            ] {
                let label = RichText::new(text).size(13.0);
                let widget = Button::new(label).fill(fade(theme::WELL, 0.85));
                if ui.add(widget.min_size(vec2(56.0, 36.0))).clicked() {
                    pressed = Some(button);
                }
            }
        });
        pressed
    });
    shown.inner
}

/// Where the upper left corner begins.
fn corner(safe: Rect) -> Pos2 {
    safe.min + vec2(theme::MARGIN, theme::MARGIN + hud::below_clock(safe))
}

/// What the keys are, small, for those who did not look.
fn hint(painter: &Painter, place: &Place, play: &Play) {
    if play.hands.touch.is_used() || place.safe.width() < 900.0 {
        return;
    }
    let at = place.safe.max - vec2(theme::MARGIN, theme::MARGIN);
    let text = "Esc menu   H help   Enter chat   Tab scores";
    let font = theme::font(11.0);
    painter.text(
        at,
        eframe::egui::Align2::RIGHT_BOTTOM,
        text,
        font,
        theme::DIM,
    );
}

/// A crosshair in place of the mouse's arrow, while the mouse aims.
fn crosshair(painter: &Painter, place: &Place, play: &Play) {
    let Some(at) = play.hands.crosshair().filter(|_| place.free) else {
        return;
    };
    painter.ctx().set_cursor_icon(CursorIcon::None);
    for (colour, width) in [
        (eframe::egui::Color32::from_black_alpha(160), 3.6),
        (theme::ACCENT, 1.8),
    ] {
        let stroke = Stroke::new(width, colour);
        painter.circle_stroke(at, 8.0, stroke);
        for way in [
            vec2(1.0, 0.0),
            vec2(-1.0, 0.0),
            vec2(0.0, 1.0),
            vec2(0.0, -1.0),
        ] {
            let ends: [Pos2; 2] = [at + way * 6.0, at + way * 12.0];
            painter.line_segment(ends, stroke);
        }
    }
    painter.circle_filled(pos2(at.x, at.y), 1.5, theme::ACCENT);
}
