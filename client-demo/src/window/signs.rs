//! A line in the chat with the signs under it: those that are there, and on a click those to take.
//!
//! Never counts them: the model does.

use eframe::egui::text::LayoutJob;
use eframe::egui::{Button, Id, Label, RichText, Sense, Ui};

use super::theme;
use crate::panel::{Act, LineState, PanelState, Place, SIGNS};

/// Shows a line; a click on it offers signs, another one takes the offer back.
pub fn line(
    ui: &mut Ui,
    state: &PanelState,
    line: &LineState,
    job: LayoutJob,
    acts: &mut Vec<Act>,
) {
    let chosen = Id::unique("chat signs");
    let here = (state.open, line.offset);
    let mut offered = ui.data(|data| data.get_temp(chosen)) == Some(here);
    if ui.add(Label::new(job).sense(Sense::click())).clicked() {
        offered = !offered;
        let next = if offered {
            here
        } else {
            (None::<Place>, 0_u64)
        };
        ui.data_mut(|data| data.insert_temp(chosen, next));
    }
    let there = line.reactions.iter();
    let there = there.map(|known| (known.sign.as_str(), Some(known.count), known.mine));
    let is_there = |sign: &str| line.reactions.iter().any(|known| known.sign == sign);
    let others = SIGNS.iter().filter(|sign| offered && !is_there(sign));
    let all: Vec<_> = there
        .chain(others.map(|sign| (*sign, None, false)))
        .collect();
    if all.is_empty() {
        return;
    }
    let mut put = None;
    ui.horizontal_wrapped(|ui| {
        for (sign, count, mine) in all {
            if button(ui, sign, count, mine) {
                put = Some((sign.to_owned(), !mine));
            }
        }
    });
    if let (Some((sign, on)), Some(place)) = (put, state.open) {
        ui.data_mut(|data| data.insert_temp(chosen, (None::<Place>, 0_u64)));
        acts.push(Act::React {
            place: place.to_string(),
            offset: line.offset,
            sign,
            on,
        });
    }
}

fn button(ui: &mut Ui, sign: &str, count: Option<u32>, mine: bool) -> bool {
    // What asks for a coloured picture of a sign has none here.
    let face = sign.replace('\u{fe0f}', "");
    let text = count.map_or(face.clone(), |count| format!("{face} {count}"));
    let text = RichText::new(text).size(theme::SMALL).color(theme::FAINT);
    ui.add(Button::new(text).small().selected(mine)).clicked()
}
