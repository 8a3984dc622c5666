//! Texts around the picture: names, scoreboard, own state, kill feed, chat, net line, help.
//!
//! Never reads the network: it shows what it is given.

use std::collections::BTreeMap;

use tickwire_arena::Hud;
use tickwire_arena::kinds::Entity;
use tickwire_arena::tune::{FIGHTER_RADIUS, HEALTH_MAX};
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::PlayerId;

use super::camera::Camera;
use super::canvas::{Canvas, Rgb};
use super::scene::colour_of;

const INK: Rgb = Rgb(220, 225, 232);
const FAINT: Rgb = Rgb(140, 148, 160);
const GOOD: Rgb = Rgb(110, 225, 130);
const WARN: Rgb = Rgb(255, 200, 90);
const BAD: Rgb = Rgb(255, 110, 90);

/// Lines of the scoreboard in its small form.
const BOARD_LINES: usize = 6;

/// Lines of chat on the screen.
pub const CHAT_LINES: usize = 7;

/// The help, line by line.
const HELP: [&str; 8] = [
    "W A S D / arrows   run",
    "mouse, or I J K L  aim (E: aims by itself)",
    "left button, space fire",
    "right button, F    dash",
    "T or Enter         chat; /help lists commands",
    "Tab                everybody's score",
    "H                  this help",
    "Q or Ctrl-C        leave",
];

/// A line of chat or of the kill feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Who it is about, for the colour.
    pub player: Option<PlayerId>,
    /// The words.
    pub text: String,
}

/// What the panels show.
#[derive(Clone, Debug, Default)]
pub struct Panels {
    /// Names of the players in the room.
    pub names: BTreeMap<PlayerId, String>,
    /// Newest chat lines, oldest first, at most [`CHAT_LINES`].
    pub chat: Vec<Line>,
    /// The line being typed, if any.
    pub entry: Option<String>,
    /// Newest lines of the kill feed, oldest first.
    pub feed: Vec<Line>,
    /// One line about the network.
    pub net: String,
    /// A sentence in the middle: waiting, link lost.
    pub notice: Option<String>,
    /// Whether help is shown.
    pub help: bool,
    /// The commands of chat and what they do, while they are shown.
    pub commands: Vec<(&'static str, &'static str)>,
    /// Whether everybody's score is shown.
    pub board: bool,
}

impl Panels {
    /// A player's name; its seat when no name is known.
    #[must_use]
    pub fn name(&self, player: PlayerId) -> String {
        let known = self.names.get(&player).cloned();
        known.unwrap_or_else(|| player.to_string())
    }

    /// Writes everything onto the picture.
    pub fn draw(&self, canvas: &mut Canvas, me: PlayerId, hud: &Hud) {
        self.draw_board(canvas, me, hud);
        self.draw_feed(canvas);
        self.draw_chat(canvas);
        self.draw_bottom(canvas, hud);
        if self.help {
            draw_help(canvas);
        }
        self.draw_commands(canvas);
        self.draw_notice(canvas, hud);
    }

    /// Writes the names of fighters above them.
    pub fn draw_names(
        &self,
        canvas: &mut Canvas,
        camera: &Camera,
        me: PlayerId,
        entities: &[Entity],
    ) {
        for entity in entities {
            let Entity::Fighter(body) = entity else {
                continue;
            };
            if body.player == me || body.health == 0 || !camera.sees(body.pos, 0.0) {
                continue;
            }
            let above = camera.pixel(body.pos - Vec2::new(0.0, FIGHTER_RADIUS * 1.6));
            let name = self.name(body.player);
            let column = above.x as i32 - name.chars().count() as i32 / 2;
            let line = (above.y / 2.0) as i32 - 2;
            canvas.text(column, line, &name, colour_of(body.player).mix(INK, 0.4));
        }
    }

    fn draw_board(&self, canvas: &mut Canvas, me: PlayerId, hud: &Hud) {
        let most = if self.board {
            canvas.lines().saturating_sub(6)
        } else {
            BOARD_LINES
        };
        let shown = hud.board.len().min(most);
        let column = canvas.columns() as i32 - 27;
        canvas.shade(column - 1, 0, 28, shown as i32 + 1);
        let clock = hud.seconds_left.map_or(String::new(), |left| {
            format!("  {}:{:02}", left as u32 / 60, left as u32 % 60)
        });
        let title = format!("round {}{clock}  {} alive", hud.round, hud.alive);
        canvas.text(column, 0, &title, FAINT);
        for (line, score) in (1..).zip(hud.board.iter().take(shown)) {
            let name: String = self.name(score.player).chars().take(16).collect();
            let ink = if score.player == me { INK } else { FAINT };
            canvas.text(column, line, "■", colour_of(score.player));
            canvas.text(column + 2, line, &name, ink);
            let numbers = format!("{:>3} {:>3}", score.kills, score.deaths);
            canvas.text(column + 19, line, &numbers, ink);
        }
    }

    fn draw_feed(&self, canvas: &mut Canvas) {
        for (line, fact) in (0..).zip(&self.feed) {
            canvas.text(1, line, &fact.text, ink_of(fact.player));
        }
    }

    fn draw_chat(&self, canvas: &mut Canvas) {
        let bottom = canvas.lines() as i32 - 3;
        let first = bottom - self.chat.len() as i32;
        let width = (canvas.columns() as i32 - 2).min(64);
        if self.entry.is_some() || !self.chat.is_empty() {
            canvas.shade(0, first, width + 1, self.chat.len() as i32 + 1);
        }
        for (line, said) in (first..).zip(&self.chat) {
            let text: String = said.text.chars().take(width as usize).collect();
            canvas.text(1, line, &text, ink_of(said.player));
        }
        if let Some(entry) = &self.entry {
            let room = width as usize - 8;
            let skip = entry.chars().count().saturating_sub(room);
            let tail: String = entry.chars().skip(skip).collect();
            canvas.text(1, bottom, &format!("say: {tail}▏"), INK);
        }
    }

    fn draw_bottom(&self, canvas: &mut Canvas, hud: &Hud) {
        let (columns, line) = (canvas.columns() as i32, canvas.lines() as i32 - 2);
        canvas.shade(0, line, columns, 2);
        canvas.text(1, line + 1, &self.net, FAINT);
        let hint = "H help  Q leave";
        canvas.text(columns - hint.len() as i32 - 1, line + 1, hint, FAINT);
        let Some(own) = hud.own else {
            return;
        };
        let filled = usize::from(own.health) * 20 / usize::from(HEALTH_MAX);
        let share = f32::from(own.health) / f32::from(HEALTH_MAX);
        let bar = format!("{}{}", "█".repeat(filled), "░".repeat(20 - filled));
        canvas.text(1, line, &bar, BAD.mix(GOOD, share));
        canvas.text(22, line, &format!("{:>3}", own.health), INK);
        let dash = match own.dash_seconds {
            left if left > 0.0 => format!("dash in {left:.1} s"),
            _ => "dash ready".to_owned(),
        };
        canvas.text(
            28,
            line,
            &dash,
            if own.dash_seconds > 0.0 { FAINT } else { GOOD },
        );
        if own.rapid_seconds > 0.0 {
            let text = format!("rapid fire {:.0} s", own.rapid_seconds.ceil());
            canvas.text(44, line, &text, WARN);
        }
        canvas.text(columns - 10, line, &format!("place {}", own.rank), INK);
    }

    /// The commands, with what they do where there is room for it, else in two columns.
    fn draw_commands(&self, canvas: &mut Canvas) {
        let count = self.commands.len();
        if count == 0 {
            return;
        }
        let (lines, columns) = (canvas.lines() as i32, canvas.columns() as i32);
        let fit = (count as i32) < lines;
        canvas.shade(0, 0, columns, lines);
        for (at, (usage, what)) in self.commands.iter().enumerate() {
            let half = count.div_ceil(2);
            let (column, line) = match fit {
                true => (1, at as i32),
                false => (1 + (at / half) as i32 * columns / 2, (at % half) as i32),
            };
            canvas.text(column, line, usage, INK);
            if fit {
                canvas.text(column + 22, line, what, FAINT);
            }
        }
        canvas.text(1, lines - 1, "any key: back", FAINT);
    }

    fn draw_notice(&self, canvas: &mut Canvas, hud: &Hud) {
        let dead = hud.own.and_then(|own| own.respawn_seconds);
        let back = dead.map(|left| format!("You are down: back in {:.0} s", left.ceil()));
        let Some(text) = self.notice.clone().or(back) else {
            return;
        };
        let width = text.chars().count() as i32;
        let column = (canvas.columns() as i32 - width) / 2;
        let line = canvas.lines() as i32 / 3;
        canvas.shade(column - 2, line - 1, width + 4, 3);
        canvas.text(column, line, &text, WARN);
    }
}

fn draw_help(canvas: &mut Canvas) {
    let (width, height) = (46, HELP.len() as i32);
    // In the corner that nothing else uses: the player in the middle stays in sight.
    let column = canvas.columns() as i32 - width;
    let top = canvas.lines() as i32 - height - 4;
    canvas.shade(column - 2, top - 1, width + 2, height + 2);
    for (line, text) in (top..).zip(HELP) {
        canvas.text(column, line, text, INK);
    }
}

fn ink_of(player: Option<PlayerId>) -> Rgb {
    player.map_or(FAINT, |player| colour_of(player).mix(INK, 0.45))
}
