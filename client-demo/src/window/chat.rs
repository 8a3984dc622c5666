//! Draws the chat at a glance: the last lines while playing.
//!
//! Never shows more than that: `chatter` does, when the player wants to write.

use eframe::egui::text::LayoutJob;
use eframe::egui::{Color32, CornerRadius, FontId, Painter, Rect, TextFormat, pos2, vec2};
use tickwire_shared::id::PlayerId;
use tickwire_shared::time::Instant;

use super::ink::fade;
use super::palette::Colours;
use super::talk::{Line, Talk};
use super::theme;

/// Lines shown while nobody writes.
const GLANCE: usize = 7;

/// Width of the chat, if the screen has it.
const WIDTH: f32 = 400.0;

/// What stands at the top of a screen keeps so much of it free of chat at a glance.
const FREE_ABOVE: f32 = 100.0;

/// Where a chat is drawn and for whom.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The part of the screen that no notch covers.
    pub screen: Rect,
    /// How far the chat stays from its lower edge.
    pub above: f32,
    /// Whose screen.
    pub me: PlayerId,
    /// How players are coloured.
    pub colours: Colours,
}

/// Paints the newest lines; they fade.
pub fn glance(painter: &Painter, place: &Place, talk: &Talk, now: Instant) {
    let width = WIDTH.min(place.screen.width() * 0.55);
    let mut bottom = place.screen.bottom() - place.above;
    let shown = talk.lines().rev().take(GLANCE);
    for line in shown {
        let strength = line.strength(now);
        if strength <= 0.0 {
            break;
        }
        let job = job(line, place, width - 16.0, strength);
        let galley = painter.layout_job(job);
        let min = pos2(
            place.screen.left() + theme::MARGIN,
            bottom - galley.size().y - 6.0,
        );
        if min.y < place.screen.top() + FREE_ABOVE {
            break;
        }
        let rect = Rect::from_min_size(min, galley.size() + vec2(16.0, 6.0));
        let fill = Color32::from_rgba_unmultiplied(12, 15, 21, 170);
        painter.rect_filled(rect, CornerRadius::same(5), fade(fill, strength));
        painter.galley(min + vec2(8.0, 3.0), galley, theme::INK);
        bottom = min.y - 3.0;
    }
}

fn job(line: &Line, place: &Place, width: f32, strength: f32) -> LayoutJob {
    let mut job = LayoutJob::default();
    job.wrap.max_width = width;
    let format = |colour: Color32| TextFormat {
        font_id: FontId::proportional(theme::TEXT),
        color: fade(colour, strength),
        ..TextFormat::default()
    };
    match &line.from {
        None => job.append(&line.text, 0.0, format(theme::FAINT)),
        Some(author) => {
            let seat = author.player;
            let known = seat.map(|player| place.colours.text(player, place.me));
            let colour = known.unwrap_or(theme::FAINT);
            if !author.place.is_empty() {
                job.append(&format!("[{}] ", author.place), 0.0, format(theme::ACCENT));
            }
            job.append(&author.name, 0.0, format(colour));
            job.append(&line.text, 8.0, format(theme::INK));
        }
    }
    job
}
