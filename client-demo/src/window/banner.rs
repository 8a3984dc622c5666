//! What is happening with the link, across the top of the picture, while something is.
//!
//! Never in the way of the game: it is small, and gone when all is well.

use eframe::egui::{Align2, Area, Context, Frame, Id, Margin, Order, RichText, Spinner, vec2};
use tickwire_shared::time::Instant;

use super::theme;
use crate::pilot::{Pilot, Stage};

/// What the player asked for at the banner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To dial now.
    TryAgain,
    /// To try every transport.
    TryAll,
    /// To leave.
    Leave,
}

/// Shows the banner if there is something to say.
pub fn show(context: &Context, pilot: &Pilot, now: Instant) -> Option<Asked> {
    let (head, rest) = pilot.words(now)?;
    let area = Area::new(Id::unique("banner"))
        .order(Order::Foreground)
        .anchor(Align2::CENTER_TOP, vec2(0.0, 76.0));
    let shown = area.show(context, |ui| {
        let frame: Frame = theme::card().inner_margin(Margin::symmetric(20, 14));
        frame
            .show(ui, |ui| {
                ui.set_max_width(420.0);
                ui.vertical_centered(|ui| {
                    ui.horizontal(|ui| {
                        if pilot.stage() != Stage::Over {
                            ui.add(Spinner::new().size(15.0).color(theme::ACCENT));
                        }
                        ui.label(RichText::new(&head).size(16.0).strong());
                    });
                    if !rest.is_empty() {
                        ui.label(RichText::new(&rest).color(theme::FAINT));
                    }
                    buttons(ui, pilot)
                })
                .inner
            })
            .inner
    });
    shown.inner
}

fn buttons(ui: &mut eframe::egui::Ui, pilot: &Pilot) -> Option<Asked> {
    let stuck = matches!(pilot.stage(), Stage::Waiting { .. } | Stage::Over);
    if !stuck {
        return None;
    }
    let mut asked = None;
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        if ui.button("Try now").clicked() {
            asked = Some(Asked::TryAgain);
        }
        if pilot.order().only.is_some() && ui.button("Try every way").clicked() {
            asked = Some(Asked::TryAll);
        }
        if ui.button("Leave").clicked() {
            asked = Some(Asked::Leave);
        }
    });
    asked
}
