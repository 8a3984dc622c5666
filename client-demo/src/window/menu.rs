//! The menu: settings, the link and its simulated network, help.
//!
//! Never acts itself: it hands back what was asked for.

use eframe::egui::{
    Align, Align2, Area, Color32, Context, Id, Layout, Order, Rect, RichText, ScrollArea, Sense,
    Ui, vec2,
};
use tickwire_shared::transport::Transport;

use super::conditioner::{self, Figures, chip};
use super::palette::Colours;
use super::settings::{Settings, transports};
use super::theme;
use crate::pilot::Pilot;

/// A page of the menu.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// The keys.
    #[default]
    Help,
    /// Looks and feel.
    Settings,
    /// The link and its simulated network.
    Network,
}

/// What was asked for at the menu.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wish {
    /// Back to the game.
    Close,
    /// To leave the room.
    Leave,
    /// Another transport; `None` tries all.
    Transport(Option<Transport>),
    /// The simulated network changed.
    Network,
}

/// The keys and what they do.
pub const KEYS: [(&str, &str); 10] = [
    ("W A S D, arrows", "run"),
    ("Mouse", "aim"),
    ("Left button, F", "fire"),
    ("Space, right button", "dash where you run"),
    ("E", "aim by itself, on and off"),
    ("Enter, T", "chat"),
    ("Tab", "everybody's score"),
    ("F3", "net graph"),
    ("H", "this help"),
    ("Esc", "menu"),
];

/// Shows the menu; returns what was asked for.
pub fn show(
    context: &Context,
    screen: Rect,
    page: &mut Page,
    settings: &mut Settings,
    figures: &mut Figures,
    pilot: &Pilot,
) -> Option<Wish> {
    veil(context, screen);
    let area = Area::new(Id::unique("menu"))
        .order(Order::Foreground)
        .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0));
    let shown = area.show(context, |ui| {
        let card = theme::card();
        card.show(ui, |ui| {
            ui.set_width((screen.width() - 80.0).min(440.0));
            tabs(ui, page);
            ui.add_space(8.0);
            let height = (screen.height() - 220.0).max(120.0);
            let scroll = ScrollArea::vertical().max_height(height);
            let wish = scroll.show(ui, |ui| match page {
                Page::Help => help(ui),
                Page::Settings => looks(ui, settings),
                Page::Network => network(ui, figures, pilot),
            });
            ui.add_space(12.0);
            wish.inner.or(foot(ui))
        })
        .inner
    });
    shown.inner
}

/// Darkens the game behind a panel one works in.
fn veil(context: &Context, screen: Rect) {
    let layer = eframe::egui::LayerId::new(Order::Middle, Id::unique("veil"));
    let painter = context.layer_painter(layer);
    painter.rect_filled(screen.expand(400.0), 0, Color32::from_black_alpha(110));
}

fn tabs(ui: &mut Ui, page: &mut Page) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        for (of, title) in [
            (Page::Help, "Help"),
            (Page::Settings, "Settings"),
            (Page::Network, "Network"),
        ] {
            if tab(ui, title, *page == of) {
                *page = of;
            }
            ui.add_space(12.0);
        }
    });
}

fn tab(ui: &mut Ui, title: &str, chosen: bool) -> bool {
    let colour = if chosen { theme::INK } else { theme::DIM };
    let label = eframe::egui::Label::new(RichText::new(title).size(18.0).color(colour));
    let response = ui.add(label.sense(Sense::click()));
    if chosen {
        let under = response.rect.translate(vec2(0.0, 5.0));
        let stroke = eframe::egui::Stroke::new(2.0, theme::ACCENT);
        ui.painter().hline(under.x_range(), under.bottom(), stroke);
    }
    response.clicked()
}

fn foot(ui: &mut Ui) -> Option<Wish> {
    let mut wish = None;
    ui.horizontal(|ui| {
        let back = RichText::new("Back to the game")
            .color(theme::VOID)
            .strong();
        let button = eframe::egui::Button::new(back).fill(theme::ACCENT);
        if ui.add(button).clicked() {
            wish = Some(Wish::Close);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Leave").clicked() {
                wish = Some(Wish::Leave);
            }
        });
    });
    wish
}

fn help(ui: &mut Ui) -> Option<Wish> {
    let text = "Five hits bring a fighter down. The green pads heal, the blue ones let you fire \
                faster for a while.";
    ui.label(RichText::new(text).color(theme::FAINT));
    ui.add_space(6.0);
    for (keys, what) in KEYS {
        ui.horizontal(|ui| {
            let width = 170.0;
            ui.allocate_ui(vec2(width, 20.0), |ui| {
                ui.set_width(width);
                ui.label(RichText::new(keys).color(theme::ACCENT));
            });
            ui.label(what);
        });
    }
    ui.add_space(6.0);
    let text = "On a touch screen: the left thumb runs, the right one aims and fires.";
    ui.label(RichText::new(text).color(theme::FAINT));
    None
}

fn looks(ui: &mut Ui, settings: &mut Settings) -> Option<Wish> {
    heading(ui, "Size of panels and text");
    ui.horizontal_wrapped(|ui| {
        for scale in Settings::SCALES {
            let text = format!("{:.0} %", scale * 100.0);
            if chip(ui, &text, (settings.scale - scale).abs() < 0.01) {
                settings.scale = scale;
            }
        }
    });
    heading(ui, "Colours");
    ui.horizontal_wrapped(|ui| {
        for (colours, title) in [
            (Colours::ByPlayer, "Each player has one"),
            (Colours::OwnAndOthers, "You and the others"),
        ] {
            if chip(ui, title, settings.colours == colours) {
                settings.colours = colours;
            }
        }
    });
    heading(ui, "Pictures a second");
    ui.horizontal_wrapped(|ui| {
        for most in Settings::PICTURES {
            let text = match most {
                0 => "As the display".to_owned(),
                most => most.to_string(),
            };
            if chip(ui, &text, settings.pictures_max == most) {
                settings.pictures_max = most;
            }
        }
    });
    ui.add_space(6.0);
    ui.checkbox(&mut settings.names, "Names above heads");
    ui.checkbox(
        &mut settings.aim_by_itself,
        "Aim at the nearest enemy by itself",
    );
    ui.checkbox(&mut settings.shake, "Shake the view at a hit");
    ui.checkbox(&mut settings.graph, "Net graph");
    None
}

fn network(ui: &mut Ui, figures: &mut Figures, pilot: &Pilot) -> Option<Wish> {
    let mut wish = None;
    heading(ui, "What carries the link");
    ui.horizontal_wrapped(|ui| {
        if chip(ui, "Best", pilot.order().only.is_none()) {
            wish = Some(Wish::Transport(None));
        }
        for one in transports() {
            if chip(ui, one.title(), pilot.order().only == Some(*one)) {
                wish = Some(Wish::Transport(Some(*one)));
            }
        }
    });
    let carried = pilot
        .transport()
        .map_or("There is no link now.".to_owned(), |one| {
            format!("Now: {}. The game goes on while you change.", one.title())
        });
    ui.label(RichText::new(carried).color(theme::FAINT));
    for attempt in pilot.attempts() {
        let (text, colour) = match &attempt.outcome {
            Ok(took) => (
                format!("{:.1} ms", took.as_secs_f32() * 1_000.0),
                theme::GOOD,
            ),
            Err(why) => (why.clone(), theme::WARN),
        };
        ui.horizontal_wrapped(|ui| {
            let title = RichText::new(attempt.transport.title()).size(theme::SMALL);
            ui.label(title.color(theme::FAINT));
            ui.label(RichText::new(text).size(theme::SMALL).color(colour));
        });
    }
    heading(ui, "Simulated network");
    if conditioner::show(ui, figures) {
        wish = Some(Wish::Network);
    }
    wish
}

fn heading(ui: &mut Ui, text: &str) {
    ui.add_space(6.0);
    ui.label(RichText::new(text).size(13.0).color(theme::DIM));
}
