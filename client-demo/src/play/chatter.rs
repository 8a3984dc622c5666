//! Chat in a terminal: the newest lines of every place, and what became of the own ones, in short.
//!
//! Never shows a place by itself: commands name them, and what is shown counts as read.

use std::collections::VecDeque;
use std::time::Duration;

use tickwire_arena::Arena;
use tickwire_shared::client::{Client, ClientEvent, TalkEvent};
use tickwire_shared::id::LogId;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{Line as Told, Manner, Scope};

use super::panels::{CHAT_LINES, Line};
use crate::panel::{NoticeKind, Panel, signs, tag};

/// How long a line of chat stays on the screen.
const CHAT_STAYS: Duration = Duration::from_secs(20);

/// A line on the screen.
struct Kept {
    since: Instant,
    line: Line,
    /// Where it stands, if it is a line of chat.
    at: Option<(LogId, u64)>,
    /// Whether it is the player's own.
    mine: bool,
}

/// Chat of a player at a terminal.
pub struct Chatter {
    panel: Panel,
    lines: VecDeque<Kept>,
}

impl Default for Chatter {
    fn default() -> Chatter {
        Chatter {
            panel: Panel::staying(),
            lines: VecDeque::new(),
        }
    }
}

impl Chatter {
    /// Something happened.
    pub fn hear(&mut self, now: Instant, client: &mut Client<Arena>, event: &ClientEvent<Arena>) {
        self.panel.hear(client, event);
        if let ClientEvent::Talk(talk) = event {
            self.hear_talk(now, client, talk);
        }
    }

    /// Brings everything to `now`.
    pub fn frame(&mut self, now: Instant, client: &mut Client<Arena>) {
        self.panel.frame(now, client);
        while let Some(notice) = self.panel.take_notice() {
            // Whispers and mentions are lines on the screen.
            if matches!(notice.kind, NoticeKind::Answer | NoticeKind::Invited) {
                self.tell(now, &notice.title);
            }
            if notice.kind == NoticeKind::Invited {
                self.tell(now, "/accept takes the invitation");
            }
        }
        self.lines
            .retain(|shown| now.since(shown.since) < CHAT_STAYS);
    }

    /// Says a line to the room, or does what a command says.
    pub fn enter(&mut self, now: Instant, client: &mut Client<Arena>, typed: &str) {
        if let Err(words) = self.panel.enter(client, typed) {
            self.tell(now, &words);
        }
    }

    /// The player types this to the room.
    pub fn typing(&mut self, client: &mut Client<Arena>, typed: &str) {
        if !typed.is_empty() && !typed.starts_with('/') {
            self.panel.typing(client);
        }
    }

    /// Says something to this player alone.
    pub fn tell(&mut self, now: Instant, text: &str) {
        let line = Line {
            player: None,
            text: text.to_owned(),
        };
        self.add(now, line, None, false);
    }

    /// The lines on the screen, oldest first.
    #[must_use]
    pub fn lines(&self, client: &Client<Arena>) -> Vec<Line> {
        let all = self.lines.iter().map(|shown| {
            let mut line = shown.line.clone();
            line.text.push_str(&self.signs(shown.at));
            let own = shown.at.filter(|_| shown.mine);
            line.text.push_str(mark(client, own));
            line
        });
        all.collect()
    }

    /// Who writes to the room, in a few words.
    #[must_use]
    pub fn typing_line(&self, client: &Client<Arena>) -> String {
        let typists = self.panel.typing_names(client);
        match typists.as_slice() {
            [] => String::new(),
            [one] => format!("{one} is typing …  "),
            more => format!("{} are typing …  ", more.len()),
        }
    }

    fn hear_talk(&mut self, now: Instant, client: &mut Client<Arena>, talk: &TalkEvent) {
        match talk {
            TalkEvent::Line {
                log,
                scope,
                line,
                mine,
                ..
            } => {
                client.read(*log, line.offset.saturating_add(1));
                if !client.talk().hides(line.from) {
                    let shown = Line {
                        player: client.player_of(line.from),
                        text: words(scope, line),
                    };
                    self.add(now, shown, Some((*log, line.offset)), *mine);
                }
            }
            TalkEvent::Refused { reason, .. } => {
                self.tell(now, &format!("not said: {}", reason.text()));
            }
            TalkEvent::Missed { lines, .. } => {
                self.tell(now, &format!("{lines} lines are no longer kept"));
            }
            _ => {}
        }
    }

    /// The signs under a line, in front of which is a gap.
    fn signs(&self, at: Option<(LogId, u64)>) -> String {
        let shelf = at.and_then(|(log, offset)| Some((self.panel.shelf(log)?, offset)));
        let shown = shelf.and_then(|(shelf, offset)| shelf.line(offset));
        match shown.map(|shown| signs(&shown.reactions)) {
            Some(signs) if !signs.is_empty() => format!("  {}", printable(&signs)),
            _ => String::new(),
        }
    }

    fn add(&mut self, since: Instant, line: Line, at: Option<(LogId, u64)>, mine: bool) {
        self.lines.push_back(Kept {
            since,
            line,
            at,
            mine,
        });
        if self.lines.len() > CHAT_LINES {
            self.lines.pop_front();
        }
    }
}

/// A line with the place in front of it, unless it is for the whole room.
fn words(scope: &Scope, line: &Told) -> String {
    let place = match scope {
        Scope::Room { .. } => String::new(),
        Scope::Whisper { name, .. } => format!("[whisper {name}] "),
        other => format!("[{}] ", tag(other)),
    };
    let text = printable(&line.text);
    match line.manner {
        Manner::Emote => format!("{place}* {} {text}", line.name),
        Manner::Said | Manner::Notice => format!("{place}{}: {text}", line.name),
    }
}

/// How far an own line got.
fn mark(client: &Client<Arena>, own: Option<(LogId, u64)>) -> &'static str {
    let Some((log, offset)) = own else { return "" };
    match client.talk().log(log) {
        Some(log) if log.read_by(offset) > 0 => " ✓✓ read",
        Some(log) if log.delivered_to(offset) > 0 => " ✓✓",
        Some(log) if log.has_receipts() => " ✓",
        _ => "",
    }
}

/// A stranger's words without what steers a terminal.
fn printable(text: &str) -> String {
    text.chars().filter(|glyph| !glyph.is_control()).collect()
}
