//! Draws the chat: the last lines while playing, all of them and a field to write in on demand.
//!
//! Never sends a line: it hands one back.

use eframe::egui::text::LayoutJob;
use eframe::egui::{
    Align, Align2, Area, Color32, Context, CornerRadius, FontId, Frame, Id, Key, Layout, Margin,
    Order, Painter, Rect, RichText, ScrollArea, TextEdit, TextFormat, Ui, pos2, vec2,
};
use tickwire_shared::id::PlayerId;
use tickwire_shared::limits::CHAT_BYTES_MAX;
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

/// Height of the history while somebody writes.
const HISTORY: f32 = 230.0;

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

/// Shows history and field; returns a line to say, once. Enter sends, Escape closes.
pub fn write(context: &Context, place: &Place, talk: &mut Talk) -> Option<String> {
    let entry = talk.entry.take()?;
    let offset = vec2(theme::MARGIN, -place.above);
    let area = Area::new(Id::unique("chat"))
        .order(Order::Foreground)
        .anchor(Align2::LEFT_BOTTOM, offset);
    let width = WIDTH.min(place.screen.width() - 2.0 * theme::MARGIN);
    let outcome = area.show(context, |ui| {
        let frame = theme::card().inner_margin(Margin::same(12));
        frame
            .show(ui, |ui| {
                ui.set_width(width - 24.0);
                history(ui, place, talk, width - 36.0);
                ui.add_space(4.0);
                field(ui, entry)
            })
            .inner
    });
    let (entry, said) = outcome.inner;
    talk.entry = entry;
    said
}

fn history(ui: &mut Ui, place: &Place, talk: &Talk, width: f32) {
    let scroll = ScrollArea::vertical()
        .max_height(HISTORY.min(place.screen.height() * 0.4))
        .stick_to_bottom(true)
        .auto_shrink([false, true]);
    scroll.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 3.0;
        if talk.lines().len() == 0 {
            let text = "Nothing was said yet.";
            ui.label(RichText::new(text).color(theme::DIM));
        }
        for line in talk.lines() {
            ui.label(job(line, place, width, 1.0));
        }
    });
}

/// The field; gives back what stands in it, unless it is closed, and what is to be said.
fn field(ui: &mut Ui, mut entry: String) -> (Option<String>, Option<String>) {
    let edit = TextEdit::singleline(&mut entry)
        .hint_text("Say something to the room")
        .frame(
            Frame::new()
                .fill(theme::WELL)
                .corner_radius(7)
                .inner_margin(Margin::symmetric(10, 7)),
        )
        .desired_width(f32::INFINITY)
        .id(Id::unique("chat field"));
    let response = ui.add(edit);
    truncate(&mut entry);
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        let text = "Enter sends  ·  Esc closes";
        ui.label(RichText::new(text).size(11.0).color(theme::DIM));
    });
    let (enter, escape) = ui.input(|input| {
        (
            input.key_pressed(Key::Enter),
            input.key_pressed(Key::Escape),
        )
    });
    // The key that opened the field is not one that closes it.
    let had_focus = response.has_focus() || response.lost_focus();
    if had_focus && (enter || escape) {
        response.surrender_focus();
        let said = entry.trim();
        let said = (enter && !said.is_empty()).then(|| said.to_owned());
        return (None, said);
    }
    response.request_focus();
    (Some(entry), None)
}

/// Cuts a line to what a packet takes, between two characters.
fn truncate(entry: &mut String) {
    while entry.len() > CHAT_BYTES_MAX {
        entry.pop();
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
