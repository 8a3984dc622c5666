//! Who is there, as a list in the chat.
//!
//! Never does anything to anybody: a click whispers, and commands do the rest.

use eframe::egui::{Button, RichText, ScrollArea, Ui};

use super::theme;
use crate::panel::{Act, PanelState, PersonState};

/// Sections of the list, in order, by how people stand.
const SECTIONS: [(&str, &[&str]); 3] = [
    ("In this chat", &["owner", "member", "invited"]),
    ("In this room", &["here"]),
    ("Elsewhere", &["friend"]),
];

/// The button that shows people in the place of lines, or lines again.
pub fn switch(ui: &mut Ui, state: &PanelState, shown: &mut bool) {
    let text = match *shown {
        true => "Back to the lines".to_owned(),
        false => format!("People: {}", state.people.len()),
    };
    let text = RichText::new(text).size(theme::SMALL).color(theme::FAINT);
    if ui.add(Button::new(text).small().selected(*shown)).clicked() {
        *shown = !*shown;
    }
}

/// Who is in what is open, who is in the room, and who else is followed.
pub fn list(ui: &mut Ui, state: &PanelState, most: f32, acts: &mut Vec<Act>) {
    // The lines are not seen meanwhile.
    acts.push(Act::Watch { on: false });
    let scroll = ScrollArea::vertical().id_salt("people").max_height(most);
    scroll.auto_shrink([false, true]).show(ui, |ui| {
        for (title, kinds) in SECTIONS {
            let people = state.people.iter();
            let people: Vec<_> = people.filter(|one| kinds.contains(&one.stands)).collect();
            if people.is_empty() {
                continue;
            }
            ui.label(RichText::new(title).size(theme::SMALL).color(theme::DIM));
            people.iter().for_each(|one| person(ui, one, acts));
        }
    });
}

fn person(ui: &mut Ui, person: &PersonState, acts: &mut Vec<Act>) {
    let (dot, colour) = match person.status {
        "online" => ("●", theme::GOOD),
        "away" => ("◐", theme::WARN),
        _ => ("○", theme::DIM),
    };
    ui.horizontal(|ui| {
        ui.label(RichText::new(dot).size(theme::SMALL).color(colour));
        let name = RichText::new(&person.name).size(theme::TEXT);
        let face = Button::new(name.color(theme::INK)).frame(false);
        let face = ui.add_enabled(!person.me, face);
        if face.on_hover_text("Whisper").clicked() {
            let account = person.account.clone();
            acts.push(Act::Whisper { account });
        }
        let detail = RichText::new(person.detail());
        ui.label(detail.size(theme::SMALL).color(theme::FAINT));
    });
}
