//! Who is there, as a list in the chat.
//!
//! Never does anything to anybody but what a button says; commands do the rest.

use eframe::egui::{Align, Button, Layout, RichText, ScrollArea, Ui};

use super::theme;
use crate::panel::{Act, PanelState, PersonState};

/// Sections of the list, in order, by how people stand.
const SECTIONS: [(&str, &[&str]); 4] = [
    ("In this chat", &["owner", "member", "invited"]),
    ("In this room", &["here"]),
    ("Elsewhere", &["friend"]),
    ("Blocked", &["blocked"]),
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
        if !person.me {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                tools(ui, person, acts);
            });
        }
    });
}

/// What can be done about somebody, from the right: each button says what comes of it.
fn tools(ui: &mut Ui, person: &PersonState, acts: &mut Vec<Act>) {
    let mut button = |text: &str| {
        let text = RichText::new(text).size(theme::SMALL).color(theme::FAINT);
        ui.add(Button::new(text).small()).clicked()
    };
    let account = || person.account.clone();
    if button(if person.blocked { "Unblock" } else { "Block" }) {
        acts.push(Act::Block {
            account: account(),
            on: !person.blocked,
        });
    }
    // Whoever is blocked is not followed.
    let follow = if person.followed {
        "Unfollow"
    } else {
        "Follow"
    };
    if (person.followed || !person.blocked) && button(follow) {
        acts.push(Act::Follow {
            account: account(),
            on: !person.followed,
        });
    }
}
