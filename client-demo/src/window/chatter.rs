//! The whole chat in a panel: places, lines, who writes, and a field to write in.
//!
//! Never keeps a line: it draws what the model of chat says, and hands it what the player does.

use eframe::egui::scroll_area::ScrollAreaOutput;
use eframe::egui::text::LayoutJob;
use eframe::egui::{
    Align2, Area, Button, Color32, Context, FontId, Frame, Id, Key, Margin, Order, RichText,
    ScrollArea, TextEdit, TextFormat, Ui, vec2,
};
use tickwire_shared::limits::CHAT_BYTES_MAX;

use super::chat::Place;
use super::play::Play;
use super::{people, signs, theme};
use crate::panel::{Act, ItemState, LineState, PanelState, PartKind, PlaceState};

/// Width of the panel, if the screen has it.
const WIDTH: f32 = 460.0;

/// Height of the lines.
const LINES: f32 = 250.0;

/// How near the first line is when older ones are asked for, in points.
const NEAR_TOP: f32 = 24.0;

/// Shows the chat while the player writes, unless it is shown beside the picture.
pub fn show(context: &Context, place: &Place, play: &mut Play) {
    if play.talk.outside.is_some() {
        return;
    }
    let Some(mut entry) = play.talk.entry.take() else {
        play.panel.watch(false);
        return;
    };
    let state = play.panel.state(play.pilot.client());
    let mut acts = Vec::new();
    let area = Area::new(Id::unique("chat"))
        .order(Order::Foreground)
        .anchor(Align2::LEFT_BOTTOM, vec2(theme::MARGIN, -place.above));
    let width = WIDTH.min(place.screen.width() - 2.0 * theme::MARGIN);
    let most = LINES.min(place.screen.height() * 0.4);
    let (fault, before) = (play.talk.fault.clone(), entry.clone());
    let mut people = play.talk.people;
    let shown = area.show(context, |ui| {
        let frame = theme::card().inner_margin(Margin::same(12));
        let inner = frame.show(ui, |ui| {
            ui.set_width(width - 24.0);
            places(ui, &state, &mut acts);
            invitations(ui, &state, &mut acts);
            people::switch(ui, &state, &mut people);
            match people {
                true => people::list(ui, &state, most, &mut acts),
                false => lines(ui, &state, most, &mut acts),
            }
            beneath(ui, &state, &fault);
            field(ui, &state, &mut entry, &mut acts)
        });
        inner.inner
    });
    play.talk.people = people && !acts.iter().any(opens);
    if entry != before {
        play.talk.fault.clear();
    }
    let open = settle(play, shown.inner, &mut entry, acts);
    play.talk.entry = open.then_some(entry);
}

/// Whether the player opens a place.
fn opens(act: &Act) -> bool {
    matches!(act, Act::Open { .. } | Act::Whisper { .. })
}

/// What becomes of the field: a command is followed by what it says, a line by the game. It is said
/// where it was begun, or once the player has seen that it goes elsewhere.
fn settle(play: &mut Play, key: Option<Key>, entry: &mut String, acts: Vec<Act>) -> bool {
    let chosen = acts.iter().any(opens);
    for act in acts {
        play.act(act);
    }
    if chosen || entry.is_empty() {
        play.talk.meant = play.panel.open();
    }
    match key {
        None => true,
        Some(Key::Enter) if !entry.trim().is_empty() => {
            let text = entry.trim().to_owned();
            let is_command = text.starts_with('/');
            play.talk.fault.clear();
            let place = play.talk.meant.map(|place| place.to_string());
            play.talk.meant = play.panel.open();
            if !play.act(Act::Enter { text, place }) {
                return true;
            }
            entry.clear();
            is_command
        }
        Some(_) => {
            play.talk.fault.clear();
            false
        }
    }
}

fn places(ui: &mut Ui, state: &PanelState, acts: &mut Vec<Act>) {
    let bar = ScrollArea::horizontal().id_salt("places");
    bar.show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            for place in &state.places {
                let chosen = state.open == Some(place.key);
                let loud = place.unread > 0 && matches!(place.kind, "whisper" | "party" | "group");
                let colour = match (chosen, loud || place.mentions > 0) {
                    (_, true) => theme::ACCENT,
                    (true, _) => theme::INK,
                    (false, _) => theme::FAINT,
                };
                let text = RichText::new(face(place)).size(13.0).color(colour);
                if ui.add(Button::new(text).selected(chosen)).clicked() {
                    acts.push(Act::Open {
                        place: place.key.to_string(),
                    });
                }
            }
        });
    });
}

/// A place in a few signs: presence, title, unread lines.
fn face(place: &PlaceState) -> String {
    let status = match place.status {
        "online" => "● ",
        "away" => "◐ ",
        "offline" => "○ ",
        _ => "",
    };
    let unread = match (place.unread, place.mentions) {
        (0, _) => String::new(),
        (unread, 0) => format!("  {unread}"),
        (unread, _) => format!("  @{unread}"),
    };
    let title: String = place.title.chars().take(18).collect();
    format!("{status}{title}{unread}")
}

fn invitations(ui: &mut Ui, state: &PanelState, acts: &mut Vec<Act>) {
    for invitation in &state.invitations {
        ui.horizontal_wrapped(|ui| {
            ui.label(format!(
                "{} invites you to {}.",
                invitation.by, invitation.to
            ));
            for (label, accept) in [("Accept", true), ("Decline", false)] {
                if ui.small_button(label).clicked() {
                    let log = invitation.log.clone();
                    acts.push(Act::Answer { log, accept });
                }
            }
        });
    }
}

fn lines(ui: &mut Ui, state: &PanelState, most: f32, acts: &mut Vec<Act>) {
    let width = ui.available_width() - 12.0;
    let scroll = ScrollArea::vertical()
        .id_salt(format!("lines {:?}", state.open))
        .max_height(most)
        .stick_to_bottom(true)
        .auto_shrink([false, true]);
    let jump = Id::unique("chat jump");
    let scroll = match ui.data_mut(|data| data.remove_temp(jump)) {
        Some(offset) => scroll.vertical_scroll_offset(offset),
        None => scroll,
    };
    let shown = scroll.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 3.0;
        if state.items.is_empty() {
            ui.label(RichText::new("Nothing was said yet.").color(theme::DIM));
        }
        for item in &state.items {
            line(ui, state, item, width, acts);
        }
    });
    scrolled(ui, state, &shown, acts);
}

/// Looks where the player has scrolled to, and keeps that place when older lines come.
fn scrolled(ui: &Ui, state: &PanelState, shown: &ScrollAreaOutput<()>, acts: &mut Vec<Act>) {
    let (offset, tall) = (shown.state.clamped_offset().y, shown.content_size.y);
    let hidden = tall - shown.inner_rect.height();
    acts.push(Act::Watch {
        on: offset >= hidden - NEAR_TOP,
    });
    if offset < NEAR_TOP && hidden > NEAR_TOP && state.more && !state.loading {
        acts.push(Act::Older);
    }
    let memory = Id::unique("chat height").with(shown.id);
    let before: Option<(f32, bool)> = ui.data(|data| data.get_temp(memory));
    if let Some((was_tall, true)) = before
        && !state.loading
    {
        let to = offset + tall - was_tall;
        ui.data_mut(|data| data.insert_temp(Id::unique("chat jump"), to));
    }
    ui.data_mut(|data| data.insert_temp(memory, (tall, state.loading)));
}

fn line(ui: &mut Ui, state: &PanelState, item: &ItemState, width: f32, acts: &mut Vec<Act>) {
    match item {
        ItemState::Line(line) => {
            if state.fresh == Some(line.offset) {
                ui.label(RichText::new("– new –").size(11.0).color(theme::ACCENT));
            }
            signs::line(ui, state, line, job(line, width), acts);
        }
        ItemState::Note { words, .. } => {
            ui.label(RichText::new(words).color(theme::FAINT));
        }
        ItemState::Cut { lines } => {
            let text = format!("{lines} lines in between are no longer kept.");
            ui.label(RichText::new(text).color(theme::WARN));
        }
        ItemState::Pending { text, .. } => {
            ui.label(RichText::new(format!("{text}  …")).color(theme::DIM));
        }
        ItemState::Failed {
            id,
            text,
            why,
            again,
            ..
        } => {
            ui.label(RichText::new(format!("{text}\nNot sent: {why}.")).color(theme::BAD));
            ui.horizontal(|ui| {
                if *again && ui.small_button("Send again").clicked() {
                    acts.push(Act::Again { id: id.clone() });
                }
                if ui.small_button("Dismiss").clicked() {
                    acts.push(Act::Forget { id: id.clone() });
                }
            });
        }
    }
}

/// A line: author, words, signs, and how far an own one got.
fn job(line: &LineState, width: f32) -> LayoutJob {
    let mut job = LayoutJob::default();
    job.wrap.max_width = width;
    let format = |colour: Color32| TextFormat {
        font_id: FontId::proportional(theme::TEXT),
        color: colour,
        ..TextFormat::default()
    };
    let author = if line.mine {
        theme::GOOD
    } else {
        theme::ACCENT
    };
    job.append(&line.name, 0.0, format(author));
    for (at, part) in line.parts.iter().enumerate() {
        let colour = match part.kind {
            PartKind::Text if line.manner == "emote" => theme::FAINT,
            PartKind::Text => theme::INK,
            PartKind::Link => theme::FAINT,
            PartKind::Mention => theme::WARN,
        };
        let gap = if at == 0 { 8.0 } else { 0.0 };
        job.append(&part.text, gap, format(colour));
    }
    let state = match line.state {
        "read" => ("✔✔", theme::GOOD),
        "delivered" => ("✔✔", theme::DIM),
        "sent" => ("✔", theme::DIM),
        _ => ("", theme::DIM),
    };
    job.append(state.0, 8.0, format(state.1));
    job
}

/// Who writes, and why the last line was not said.
fn beneath(ui: &mut Ui, state: &PanelState, fault: &str) {
    let typing = match state.typing.as_slice() {
        [] => String::new(),
        [one] => format!("{one} is typing …"),
        [one, other] => format!("{one} and {other} are typing …"),
        _ => "Several people are typing …".to_owned(),
    };
    let (words, colour) = match fault {
        "" => (typing.as_str(), theme::DIM),
        fault => (fault, theme::WARN),
    };
    ui.label(RichText::new(words).size(12.0).color(colour));
}

/// The field; the key that closes or sends, once.
fn field(ui: &mut Ui, state: &PanelState, entry: &mut String, acts: &mut Vec<Act>) -> Option<Key> {
    let open = state
        .places
        .iter()
        .find(|place| state.open == Some(place.key));
    let hint = open.map_or(String::new(), |place| format!("Message {}", place.title));
    let frame = Frame::new()
        .fill(theme::WELL)
        .corner_radius(7)
        .inner_margin(Margin::symmetric(10, 7));
    let edit = TextEdit::singleline(entry)
        .hint_text(hint)
        .frame(frame)
        .desired_width(f32::INFINITY)
        .id(Id::unique("chat field"));
    let response = ui.add(edit);
    truncate(entry);
    if response.changed()
        && !entry.is_empty()
        && !entry.starts_with('/')
        && let Some(place) = state.open.map(|place| place.to_string())
    {
        acts.push(Act::Typing { place });
    }
    let text = "Enter sends  ·  Esc closes  ·  /help lists commands";
    ui.label(RichText::new(text).size(11.0).color(theme::DIM));
    let pressed = |key| ui.input(|input| input.key_pressed(key));
    let key = [Key::Enter, Key::Escape]
        .into_iter()
        .find(|key| pressed(*key));
    // The key that opened the field is not one that closes it.
    if key.is_some() && (response.has_focus() || response.lost_focus()) {
        response.surrender_focus();
        return key;
    }
    response.request_focus();
    None
}

/// Cuts a line to what a packet takes, between two characters.
fn truncate(entry: &mut String) {
    while entry.len() > CHAT_BYTES_MAX {
        entry.pop();
    }
}
