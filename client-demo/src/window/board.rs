//! The scoreboard: everybody, best first.
//!
//! Never sorts by itself: the game's summary did.

use eframe::egui::{
    Align, Align2, Area, Color32, Context, CornerRadius, Id, Layout, Order, Rect, RichText, Sense,
    Ui, vec2,
};
use tickwire_arena::hud::Score;

use super::ink::fade;
use super::palette::Colours;
use super::scene::Scene;
use super::theme;

/// Height of a line.
const LINE: f32 = 26.0;

/// Shows the board in the middle of the screen.
pub fn show(context: &Context, screen: Rect, scene: &Scene, colours: Colours) {
    let area = Area::new(Id::unique("board"))
        .order(Order::Middle)
        .anchor(Align2::CENTER_CENTER, vec2(0.0, -10.0))
        .interactable(false);
    area.show(context, |ui| {
        theme::card().show(ui, |ui| {
            ui.set_width((screen.width() - 80.0).min(460.0));
            head(ui, scene);
            ui.spacing_mut().item_spacing.y = 2.0;
            let fit = ((screen.height() - 260.0) / (LINE + 2.0)).max(3.0) as usize;
            for (rank, score) in shown(scene, fit) {
                line(ui, rank, score, scene, colours);
            }
        });
    });
}

/// The first lines, as many as fit; the own one in place of the last when it is not among them.
fn shown(scene: &Scene, fit: usize) -> Vec<(u16, &Score)> {
    let ranked: Vec<(u16, &Score)> = (1..).zip(&scene.hud.board).collect();
    let own = ranked.iter().find(|(_, score)| score.player == scene.me);
    let mut lines: Vec<(u16, &Score)> = ranked.iter().take(fit).copied().collect();
    if let (Some(own), Some(last)) = (own, lines.last_mut())
        && usize::from(own.0) > fit
    {
        *last = *own;
    }
    lines
}

fn head(ui: &mut Ui, scene: &Scene) {
    ui.horizontal(|ui| {
        let map = scene.map().map_or("", |map| map.name());
        ui.label(RichText::new(map).size(20.0).strong());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let text = format!("Round {}", scene.hud.round);
            ui.label(RichText::new(text).color(theme::FAINT));
        });
    });
    ui.add_space(4.0);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    let painter = ui.painter();
    let text = |x: f32, align: Align2, text: &str| {
        let at = eframe::egui::pos2(x, rect.center().y);
        painter.text(at, align, text, theme::font(11.0), theme::DIM);
    };
    text(rect.left() + 40.0, Align2::LEFT_CENTER, "PLAYER");
    text(rect.right() - 84.0, Align2::RIGHT_CENTER, "KILLS");
    text(rect.right() - 12.0, Align2::RIGHT_CENTER, "DEATHS");
}

fn line(ui: &mut Ui, rank: u16, score: &Score, scene: &Scene, colours: Colours) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::hover());
    let painter = ui.painter();
    let mine = score.player == scene.me;
    if mine {
        let fill = fade(theme::ACCENT, 0.13);
        painter.rect_filled(rect, CornerRadius::same(6), fill);
    }
    let ink = if mine { theme::INK } else { theme::FAINT };
    let y = rect.center().y;
    let at = |x: f32| eframe::egui::pos2(x, y);
    let text = |x: f32, align: Align2, text: String, colour: Color32| {
        painter.text(at(x), align, text, theme::font(theme::TEXT), colour);
    };
    text(
        rect.left() + 22.0,
        Align2::RIGHT_CENTER,
        rank.to_string(),
        theme::DIM,
    );
    let colour = colours.of(score.player, scene.me);
    painter.circle_filled(at(rect.left() + 40.0), 5.0, colour);
    let name: String = scene.name(score.player).chars().take(28).collect();
    text(rect.left() + 54.0, Align2::LEFT_CENTER, name, ink);
    text(
        rect.right() - 84.0,
        Align2::RIGHT_CENTER,
        score.kills.to_string(),
        theme::INK,
    );
    text(
        rect.right() - 12.0,
        Align2::RIGHT_CENTER,
        score.deaths.to_string(),
        theme::FAINT,
    );
}
