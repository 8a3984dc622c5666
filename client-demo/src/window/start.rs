//! The start screen of the native window: where to, as whom, in which room.
//!
//! Never dials: it hands back what was filled in. In a browser the page asks instead.

use eframe::egui::{
    Align2, Area, Button, Context, CornerRadius, Frame, Id, Key, Margin, Order, Painter, Rect,
    RichText, Stroke, TextEdit, Ui, pos2, vec2,
};
use tickwire_shared::limits::{NAME_BYTES_MAX, ROOM_NAME_BYTES_MAX};

use super::ink::fade;
use super::theme;

/// What was filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// `host:port`.
    pub server: String,
    /// The player's name.
    pub name: String,
    /// The room; empty means any with a free seat.
    pub room: String,
}

/// The start screen.
#[derive(Clone, Debug)]
pub struct Start {
    /// What stands in the fields.
    pub form: Form,
    /// Why it did not work the last time; empty when it was not tried.
    pub why: String,
    focused: bool,
}

impl Start {
    /// A start screen with this in its fields.
    #[must_use]
    pub fn new(form: Form) -> Start {
        Start {
            form,
            why: String::new(),
            focused: false,
        }
    }

    /// Shows it; returns what was filled in when the player wants to play.
    pub fn show(&mut self, context: &Context, screen: Rect) -> Option<Form> {
        let background = eframe::egui::LayerId::background();
        backdrop(&context.layer_painter(background), screen);
        let area = Area::new(Id::unique("start"))
            .order(Order::Foreground)
            .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0));
        let shown = area.show(context, |ui| {
            let card = theme::card().inner_margin(Margin::same(32));
            card.show(ui, |ui| {
                ui.set_width((screen.width() - 80.0).min(340.0));
                self.card(ui)
            })
            .inner
        });
        shown.inner.then(|| self.form.clone())
    }

    fn card(&mut self, ui: &mut Ui) -> bool {
        ui.label(RichText::new("Tickwire").size(30.0).strong());
        let text = "An arena for up to 128. Everybody plays on one server's clock.";
        ui.label(RichText::new(text).color(theme::FAINT));
        ui.add_space(10.0);
        let server = field(ui, "Server", "host:port", &mut self.form.server, 253);
        field(
            ui,
            "Your name",
            "as others see you",
            &mut self.form.name,
            NAME_BYTES_MAX,
        );
        let room = "any with a free seat";
        field(ui, "Room", room, &mut self.form.room, ROOM_NAME_BYTES_MAX);
        if !core::mem::replace(&mut self.focused, true) {
            server.request_focus();
        }
        if !self.why.is_empty() {
            ui.label(RichText::new(&self.why).color(theme::BAD));
        }
        ui.add_space(10.0);
        let text = RichText::new("Play").size(16.0).strong().color(theme::VOID);
        let size = vec2(ui.available_width(), 42.0);
        let button = Button::new(text).fill(theme::ACCENT);
        let clicked = ui.add_sized(size, button).clicked();
        clicked || ui.input(|input| input.key_pressed(Key::Enter))
    }
}

fn field(
    ui: &mut Ui,
    label: &str,
    hint: &str,
    text: &mut String,
    bytes_max: usize,
) -> eframe::egui::Response {
    ui.label(RichText::new(label).size(theme::SMALL).color(theme::DIM));
    let frame = Frame::new()
        .fill(theme::WELL)
        .corner_radius(CornerRadius::same(7))
        .inner_margin(Margin::symmetric(12, 9));
    let edit = TextEdit::singleline(text)
        .hint_text(hint)
        .frame(frame)
        .desired_width(f32::INFINITY)
        .font(theme::font(15.0));
    let response = ui.add(edit);
    while text.len() > bytes_max {
        text.pop();
    }
    response
}

/// A floor like the arena's, without anybody on it.
fn backdrop(painter: &Painter, screen: Rect) {
    painter.rect_filled(screen, CornerRadius::ZERO, theme::VOID);
    let middle = screen.center();
    for step in 1..7_u8 {
        let radius = f32::from(step) * 110.0;
        let strength = 0.5 - f32::from(step) * 0.06;
        let stroke = Stroke::new(1.0, fade(theme::EDGE, strength));
        painter.circle_stroke(middle, radius, stroke);
    }
    let stroke = Stroke::new(1.0, fade(theme::EDGE, 0.28));
    painter.hline(screen.x_range(), middle.y, stroke);
    painter.vline(middle.x, screen.y_range(), stroke);
    for (x, y) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
        let at = pos2(middle.x + x * 311.0, middle.y + y * 311.0);
        painter.circle_filled(at, 5.0, fade(theme::ACCENT, 0.6));
    }
}
