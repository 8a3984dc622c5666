//! Chat in a terminal: the newest lines of every place, and what became of the own ones, in short.
//!
//! Never shows a place by itself: commands name them, and what was on the screen counts as read.

use std::collections::VecDeque;
use std::time::Duration;

use tickwire_arena::Arena;
use tickwire_shared::client::{Client, ClientEvent, Log, TalkEvent};
use tickwire_shared::id::LogId;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{Line as Told, Manner, Scope};

use super::panels::{CHAT_LINES, Line};
use crate::limits::TERMINAL_QUEUE_MAX;
use crate::panel::{NoticeKind, Panel, signs, tag};

/// How long a line of chat stays on the screen.
const CHAT_STAYS: Duration = Duration::from_secs(20);

/// How long a line that is counted as read is on the screen before another one takes its place.
const READ_TAKES: Duration = Duration::from_secs(3);

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
    /// Whispers and the like for which the screen has no place yet.
    queue: VecDeque<Kept>,
    /// The commands, while they are shown.
    pub help: Vec<(&'static str, &'static str)>,
}

impl Default for Chatter {
    fn default() -> Chatter {
        Chatter {
            panel: Panel::staying(),
            lines: VecDeque::new(),
            queue: VecDeque::new(),
            help: Vec::new(),
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
            // Whispers and mentions that come are lines on the screen.
            if !matches!(notice.kind, NoticeKind::Whisper | NoticeKind::Mention) {
                self.tell(now, &notice.title);
            }
            if notice.kind == NoticeKind::Invited {
                self.tell(now, "/accept takes the invitation");
            }
        }
        if let Some(help) = self.panel.take_help() {
            self.help = help;
        }
        self.lines
            .retain(|shown| now.since(shown.since) < CHAT_STAYS);
        while !self.queue.is_empty()
            && (self.has_place(now) || self.queue.len() > TERMINAL_QUEUE_MAX)
        {
            let next = self.queue.pop_front();
            next.into_iter()
                .for_each(|kept| self.put(Kept { since: now, ..kept }));
        }
        for (log, offset) in self.lines.iter().filter_map(|shown| shown.at) {
            let known = client.talk().log(log);
            if known.is_some_and(|known| known.read() <= offset) {
                client.read(log, offset.saturating_add(1));
            }
        }
    }

    /// Whether another line may come onto the screen without taking one away too soon.
    fn has_place(&self, now: Instant) -> bool {
        let oldest = self
            .lines
            .front()
            .filter(|_| self.lines.len() >= CHAT_LINES);
        oldest.is_none_or(|oldest| now.since(oldest.since) >= READ_TAKES)
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
        self.put(Kept {
            since: now,
            line,
            at: None,
            mine: false,
        });
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

    fn hear_talk(&mut self, now: Instant, client: &Client<Arena>, talk: &TalkEvent) {
        match talk {
            TalkEvent::Line {
                log,
                scope,
                line,
                mine,
                ..
            } if !client.talk().hides(line.from) => {
                let shown = Line {
                    player: client.player_of(line.from),
                    text: words(scope, line),
                };
                let kept = Kept {
                    since: now,
                    line: shown,
                    at: Some((*log, line.offset)),
                    mine: *mine,
                };
                // Its author is told that it was read: it must have been seen.
                let known = client.talk().log(*log);
                match !mine && known.is_some_and(Log::has_receipts) {
                    true => self.queue.push_back(kept),
                    false => self.put(kept),
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
            Some(signs) if !signs.is_empty() => format!("  {signs}"),
            _ => String::new(),
        }
    }

    fn put(&mut self, kept: Kept) {
        self.lines.push_back(kept);
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
    let text = &line.text;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::tests::{BOB, Stage, WHISPER, bob, line};
    use tickwire_shared::wire::{BoundedVec, ChatNews};

    #[test]
    fn whispers_that_waited_count_as_read_once_they_were_on_the_screen() {
        let mut stage = Stage::new();
        let mut chatter = Chatter::default();
        stage.receive(ChatNews::Opened {
            log: WHISPER,
            scope: bob(),
            epoch: 1,
            first: 0,
            next: 10,
            read: 0,
        });
        let lines = (0..10).map(|offset| line(offset, BOB, &format!("line {offset}")));
        stage.receive(ChatNews::Lines {
            log: WHISPER,
            lines: BoundedVec::of_first(lines),
            more: false,
        });
        let client = &mut stage.client;
        while let Some(event) = client.poll_event() {
            chatter.hear(stage.now, client, &event);
        }
        let mut seen = Vec::new();
        for (after, read) in [(0, 6), (1, 6), (3, 10)] {
            let now = stage.now + Duration::from_secs(after);
            chatter.frame(now, client);
            let texts = chatter.lines(client).into_iter().map(|line| line.text);
            seen.extend(texts);
            let log = client.talk().log(WHISPER).expect("it is open");
            assert_eq!(log.read(), read, "after {after} s: {seen:?}");
        }
        assert_eq!(seen[0], "Bob whispers: 10 unread");
        for offset in 0..10 {
            let text = format!("[whisper Bob] Bob: line {offset}");
            assert!(seen.contains(&text), "{text} in {seen:?}");
        }
    }
}
