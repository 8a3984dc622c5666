//! What is read while playing: vitals, clock, kill feed, and a chip about the link.
//!
//! Never takes a click: everything here is painted.

use eframe::egui::{
    Align2, Color32, CornerRadius, FontId, Painter, Pos2, Rect, Stroke, StrokeKind, pos2, vec2,
};
use tickwire_arena::hud::Vitals;
use tickwire_arena::tune::{DAMAGE, DASH_TICKS, HEALTH_MAX, RAPID_TICKS, TICK_RATE};
use tickwire_shared::time::Instant;
use tickwire_shared::transport::Transport;

use super::bodies::health_colour;
use super::ground::RAPID;
use super::history::Sample;
use super::ink::fade;
use super::palette::Colours;
use super::scene::Scene;
use super::talk::Talk;
use super::theme;

/// The bar of vitals: width and height.
const BAR: [f32; 2] = [232.0, 12.0];

/// A screen slimmer than this, in points, has no room beside the clock.
const SLIM: f32 = 760.0;

/// Where, when and how it is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The part of the screen that no notch covers.
    pub screen: Rect,
    /// Vitals end left of this.
    pub right: f32,
    /// When.
    pub now: Instant,
    /// Whose name has which colour.
    pub colours: Colours,
}

/// Draws vitals, clock and feed.
pub fn draw(painter: &Painter, place: &Place, scene: &Scene, talk: &Talk) {
    clock(painter, place.screen, scene);
    feed(painter, place, scene, talk);
    if let Some(own) = &scene.hud.own {
        match own.respawn_seconds {
            Some(seconds) => down(painter, place.screen, seconds),
            None => vitals(painter, place.screen, place.right, own),
        }
    }
}

/// How much lower the corners begin where the clock takes the whole width.
#[must_use]
pub fn below_clock(screen: Rect) -> f32 {
    if screen.width() < SLIM { 52.0 } else { 0.0 }
}

fn plate(painter: &Painter, rect: Rect) {
    let fill = Color32::from_rgba_unmultiplied(12, 15, 21, 190);
    painter.rect_filled(rect, CornerRadius::same(8), fill);
}

fn vitals(painter: &Painter, screen: Rect, right: f32, own: &Vitals) {
    let left = screen.left() + theme::MARGIN;
    let size = vec2((BAR[0] + 96.0).min(right - left), 52.0);
    let min = pos2(
        (screen.center().x - size.x * 0.5).min(right - size.x),
        screen.bottom() - theme::MARGIN - size.y,
    );
    let rect = Rect::from_min_size(min, size);
    plate(painter, rect);
    let bar = Rect::from_min_size(min + vec2(16.0, 13.0), vec2(size.x - 96.0, BAR[1]));
    health(painter, bar, own.health);
    let number = pos2(bar.right() + 14.0, bar.center().y);
    let font = theme::digits(19.0);
    let text = own.health.to_string();
    painter.text(
        number,
        Align2::LEFT_CENTER,
        text,
        font,
        health_colour(own.health),
    );
    let dash_seconds = DASH_TICKS as f32 * TICK_RATE.dt();
    let ready = 1.0 - own.dash_seconds / dash_seconds;
    let below = Rect::from_min_size(pos2(bar.left(), bar.bottom() + 10.0), vec2(110.0, 4.0));
    let colour = if ready >= 1.0 {
        theme::ACCENT
    } else {
        theme::DIM
    };
    meter(painter, below, "Dash", ready, colour);
    if own.rapid_seconds > 0.0 {
        let share = own.rapid_seconds / (RAPID_TICKS as f32 * TICK_RATE.dt());
        let beside = below.translate(vec2(122.0, 0.0));
        meter(painter, beside, "Rapid fire", share, RAPID);
    }
}

/// One segment for each hit that it takes.
fn health(painter: &Painter, bar: Rect, health: u8) {
    let segments = HEALTH_MAX / DAMAGE;
    let gap = 3.0;
    let width = (bar.width() - gap * f32::from(segments - 1)) / f32::from(segments);
    for segment in 0..segments {
        let left = bar.left() + (width + gap) * f32::from(segment);
        let cell = Rect::from_min_size(pos2(left, bar.top()), vec2(width, bar.height()));
        painter.rect_filled(cell, CornerRadius::same(3), theme::WELL);
        let filled = f32::from(health.saturating_sub(segment * DAMAGE)) / f32::from(DAMAGE);
        let part = Rect::from_min_size(cell.min, vec2(width * filled.min(1.0), cell.height()));
        if filled > 0.0 {
            painter.rect_filled(part, CornerRadius::same(3), health_colour(health));
        }
    }
}

fn meter(painter: &Painter, rect: Rect, label: &str, share: f32, colour: Color32) {
    let font = theme::font(11.0);
    let text = painter.text(
        pos2(rect.left(), rect.center().y),
        Align2::LEFT_CENTER,
        label,
        font,
        fade(colour, 0.95),
    );
    let track = Rect::from_min_max(pos2(text.right() + 7.0, rect.top()), rect.max);
    painter.rect_filled(track, CornerRadius::same(2), theme::WELL);
    let filled = track.width() * share.clamp(0.0, 1.0);
    let part = Rect::from_min_size(track.min, vec2(filled, track.height()));
    painter.rect_filled(part, CornerRadius::same(2), colour);
}

fn down(painter: &Painter, screen: Rect, seconds: f32) {
    let at = pos2(screen.center().x, screen.center().y - 96.0);
    shaded(painter, at, "You are down", theme::font(26.0), theme::INK);
    let text = format!("Back in {:.0} s", seconds.ceil().max(1.0));
    shaded(
        painter,
        at + vec2(0.0, 30.0),
        &text,
        theme::font(16.0),
        theme::ACCENT,
    );
}

/// Text that reads on any ground.
fn shaded(painter: &Painter, at: Pos2, text: &str, font: FontId, colour: Color32) {
    let dark = Color32::from_black_alpha(200);
    painter.text(
        at + vec2(0.0, 1.5),
        Align2::CENTER_CENTER,
        text,
        font.clone(),
        dark,
    );
    painter.text(at, Align2::CENTER_CENTER, text, font, colour);
}

fn clock(painter: &Painter, screen: Rect, scene: &Scene) {
    let hud = &scene.hud;
    if hud.round == 0 {
        return;
    }
    let size = vec2(168.0, 44.0);
    let min = pos2(
        screen.center().x - size.x * 0.5,
        screen.top() + theme::MARGIN,
    );
    plate(painter, Rect::from_min_size(min, size));
    let time = hud.seconds_left.map_or("∞".to_owned(), |left| {
        format!("{}:{:02}", left as u32 / 60, left as u32 % 60)
    });
    let middle = pos2(screen.center().x, min.y + 16.0);
    painter.text(
        middle,
        Align2::CENTER_CENTER,
        time,
        theme::digits(17.0),
        theme::INK,
    );
    let goal = scene.rules().map_or(0, |rules| rules.kill_limit);
    let until = match goal {
        0 => format!("Round {}", hud.round),
        kills => format!("Round {}  ·  first to {kills}", hud.round),
    };
    let below = pos2(middle.x, min.y + 33.0);
    painter.text(
        below,
        Align2::CENTER_CENTER,
        until,
        theme::font(11.0),
        theme::FAINT,
    );
    standing(painter, pos2(min.x - 8.0, min.y), scene);
    alive(painter, pos2(min.x + size.x + 8.0, min.y), scene);
}

fn standing(painter: &Painter, right_top: Pos2, scene: &Scene) {
    let Some(own) = &scene.hud.own else { return };
    let kills = scene.own().map_or(0, |body| body.kills);
    let (big, small) = (format!("{kills}"), format!("{} place", ordinal(own.rank)));
    figure(
        painter,
        right_top - vec2(72.0, 0.0),
        &big,
        &small,
        theme::ACCENT,
    );
}

fn alive(painter: &Painter, left_top: Pos2, scene: &Scene) {
    let big = format!("{}/{}", scene.hud.alive, scene.hud.board.len());
    figure(painter, left_top, &big, "alive", theme::INK);
}

fn figure(painter: &Painter, min: Pos2, big: &str, small: &str, colour: Color32) {
    let rect = Rect::from_min_size(min, vec2(72.0, 44.0));
    plate(painter, rect);
    let middle = rect.center().x;
    let (top, below) = (pos2(middle, min.y + 16.0), pos2(middle, min.y + 33.0));
    painter.text(top, Align2::CENTER_CENTER, big, theme::digits(16.0), colour);
    painter.text(
        below,
        Align2::CENTER_CENTER,
        small,
        theme::font(11.0),
        theme::FAINT,
    );
}

/// 1st, 2nd, 3rd, 4th …
#[must_use]
pub fn ordinal(rank: u16) -> String {
    let ending = match (rank % 100, rank % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{rank}{ending}")
}

fn feed(painter: &Painter, place: &Place, scene: &Scene, talk: &Talk) {
    let Place {
        screen,
        now,
        colours,
        ..
    } = *place;
    let right = screen.right() - theme::MARGIN;
    let mut top = screen.top() + theme::MARGIN + below_clock(screen);
    for kill in talk.feed() {
        let strength = kill.strength(now);
        let font = theme::font(13.0);
        let text = |(player, name): &(_, String)| {
            let short: String = name.chars().take(16).collect();
            let colour = fade(colours.text(*player, scene.me), strength);
            painter.layout_no_wrap(short, font.clone(), colour)
        };
        let (killer, victim) = (text(&kill.killer), text(&kill.victim));
        let width = killer.size().x + victim.size().x + 22.0;
        let rect = Rect::from_min_size(pos2(right - width - 20.0, top), vec2(width + 20.0, 26.0));
        let mine = [kill.killer.0, kill.victim.0].contains(&scene.me);
        let fill = Color32::from_rgba_unmultiplied(12, 15, 21, 190);
        painter.rect_filled(rect, CornerRadius::same(6), fade(fill, strength));
        if mine {
            let edge = Stroke::new(1.0, fade(theme::ACCENT, 0.7 * strength));
            painter.rect_stroke(rect, CornerRadius::same(6), edge, StrokeKind::Inside);
        }
        let left = pos2(rect.left() + 10.0, rect.center().y - killer.size().y * 0.5);
        let arrow = pos2(left.x + killer.size().x + 11.0, rect.center().y);
        let after = pos2(left.x + killer.size().x + 22.0, left.y);
        painter.galley(left, killer, theme::INK);
        pointer(painter, arrow, fade(theme::FAINT, strength));
        painter.galley(after, victim, theme::INK);
        top += 30.0;
    }
}

fn pointer(painter: &Painter, at: Pos2, colour: Color32) {
    let stroke = Stroke::new(1.6, colour);
    painter.line_segment([at - vec2(3.0, 4.0), at + vec2(2.0, 0.0)], stroke);
    painter.line_segment([at + vec2(-3.0, 4.0), at + vec2(2.0, 0.0)], stroke);
}

/// A chip about the link: what carries it, how long the way is, and the `key` that shows more.
pub fn chip(
    painter: &Painter,
    left_top: Pos2,
    transport: Option<Transport>,
    sample: &Sample,
    key: &str,
) {
    let rect = Rect::from_min_size(left_top, vec2(196.0, 26.0));
    plate(painter, rect);
    let (colour, text) = match transport {
        None => (theme::BAD, "no link".to_owned()),
        Some(one) => {
            let text = format!("{}  {:.0} ms", one.title(), sample.rtt_ms);
            (health_of(sample), text)
        }
    };
    painter.circle_filled(pos2(rect.left() + 14.0, rect.center().y), 4.0, colour);
    let at = pos2(rect.left() + 26.0, rect.center().y);
    painter.text(at, Align2::LEFT_CENTER, text, theme::font(13.0), theme::INK);
    let at = pos2(rect.right() - 10.0, rect.center().y);
    painter.text(at, Align2::RIGHT_CENTER, key, theme::font(11.0), theme::DIM);
}

/// How well the link does, as a colour.
fn health_of(sample: &Sample) -> Color32 {
    let bad = sample.loss_percent > 8.0 || sample.age_ms > 400.0 || sample.rtt_ms > 250.0;
    let fair = sample.loss_percent > 2.0 || sample.age_ms > 150.0 || sample.rtt_ms > 110.0;
    match (bad, fair) {
        (true, _) => theme::BAD,
        (_, true) => theme::WARN,
        _ => theme::GOOD,
    }
}

#[cfg(test)]
mod tests {
    use super::ordinal;

    #[test]
    fn places_are_said_as_people_say_them() {
        let said: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 112].map(ordinal).into();
        let want = [
            "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th",
        ];
        assert_eq!(said, want);
    }
}
