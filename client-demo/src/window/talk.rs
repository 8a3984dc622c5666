//! What is said and what happens: chat with its history, and the kill feed.
//!
//! Never sends anything: a line to say is handed to whoever has the client.

use std::collections::VecDeque;
use std::time::Duration;

use tickwire_shared::id::PlayerId;
use tickwire_shared::time::Instant;

use crate::panel::printable;

/// Lines of chat that can be scrolled back to; the oldest go.
const LINES_MAX: usize = 200;

/// Lines of the kill feed; the oldest go.
const FEED_MAX: usize = 5;

/// How long a line of chat is shown while nobody writes, and how long it fades of that.
const STAYS: Duration = Duration::from_secs(12);
const FADES: Duration = Duration::from_secs(2);

/// How long a line of the feed is shown.
const FEED_STAYS: Duration = Duration::from_secs(6);

/// Who said a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The seat, while the player is in the room.
    pub player: Option<PlayerId>,
    /// The name.
    pub name: String,
    /// Where it was said; empty for the room.
    pub place: String,
}

/// A line of chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Since when.
    pub since: Instant,
    /// Who said it; `None` for what the program itself says.
    pub from: Option<Author>,
    /// The words.
    pub text: String,
}

/// Somebody killed somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kill {
    /// When.
    pub since: Instant,
    /// Who.
    pub killer: (PlayerId, String),
    /// Whom.
    pub victim: (PlayerId, String),
}

/// Chat and feed of a game.
#[derive(Clone, Debug, Default)]
pub struct Talk {
    lines: VecDeque<Line>,
    feed: VecDeque<Kill>,
    /// The line being written; `None` while nobody writes.
    pub entry: Option<String>,
    /// Where it was begun: places open and close by themselves meanwhile.
    pub meant: Option<crate::panel::Place>,
    /// Whether people are shown in the place of lines.
    pub people: bool,
    /// Why the last one was not said, and what to do.
    pub fault: String,
    /// Where it is written, when that is not here: a page shows chat beside the picture.
    pub outside: Option<Outside>,
}

/// Chat that is shown beside the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outside {
    /// Whether it is shown now: then nothing of it is painted.
    pub shown: bool,
    /// Whether the player wants to write, since it was asked for the last time.
    pub wished: bool,
}

impl Talk {
    /// The player wants to write.
    pub fn open(&mut self) {
        match &mut self.outside {
            Some(outside) => outside.wished = true,
            None => {
                self.entry.get_or_insert_default();
            }
        }
    }

    /// Whether what was said is painted over the picture.
    #[must_use]
    pub fn is_glanced_at(&self) -> bool {
        let beside = self.outside.is_some_and(|outside| outside.shown);
        self.entry.is_none() && !beside
    }

    /// Every line there is, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> + ExactSizeIterator {
        self.lines.iter()
    }

    /// The kills that are still shown, oldest first.
    pub fn feed(&self) -> impl Iterator<Item = &Kill> {
        self.feed.iter()
    }

    /// Adds a line; at [`LINES_MAX`] the oldest goes.
    pub fn add(&mut self, now: Instant, from: Option<Author>, text: &str) {
        if self.lines.len() >= LINES_MAX {
            self.lines.pop_front();
        }
        let from = from.map(|author| Author {
            name: printable(&author.name),
            ..author
        });
        self.lines.push_back(Line {
            since: now,
            from,
            text: printable(text),
        });
    }

    /// Adds what the program itself has to say.
    pub fn tell(&mut self, now: Instant, text: &str) {
        self.add(now, None, text);
    }

    /// Adds a kill; at [`FEED_MAX`] the oldest goes.
    pub fn kill(&mut self, now: Instant, killer: (PlayerId, String), victim: (PlayerId, String)) {
        if self.feed.len() >= FEED_MAX {
            self.feed.pop_front();
        }
        self.feed.push_back(Kill {
            since: now,
            killer,
            victim,
        });
    }

    /// Forgets kills that are no news any more.
    pub fn prune(&mut self, now: Instant) {
        self.feed.retain(|kill| now.since(kill.since) < FEED_STAYS);
    }
}

impl Line {
    /// How strongly it is shown while nobody writes: 1 to 0.
    #[must_use]
    pub fn strength(&self, now: Instant) -> f32 {
        strength(now.since(self.since), STAYS)
    }
}

impl Kill {
    /// How strongly it is shown: 1 to 0.
    #[must_use]
    pub fn strength(&self, now: Instant) -> f32 {
        strength(now.since(self.since), FEED_STAYS)
    }
}

fn strength(age: Duration, stays: Duration) -> f32 {
    (stays.saturating_sub(age).as_secs_f32() / FADES.as_secs_f32()).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fade_stay_in_the_history_and_have_a_bound() {
        let mut talk = Talk::default();
        let at = Instant::from_millis;
        for number in 0..300 {
            talk.add(at(0), None, &format!("line {number}"));
        }
        let first = talk.lines().next().expect("a line");
        assert_eq!((talk.lines().len(), first.text.as_str()), (200, "line 100"));
        assert_eq!(first.strength(at(9_000)), 1.0);
        assert!(first.strength(at(11_000)) < 0.6 && first.strength(at(20_000)) == 0.0);
    }

    #[test]
    fn the_feed_forgets_and_words_cannot_turn_the_line_around() {
        let mut talk = Talk::default();
        let who = |seat| (PlayerId(seat), format!("p{seat}"));
        for seat in 0..9 {
            talk.kill(Instant::from_millis(0), who(seat), who(seat + 1));
        }
        assert_eq!(talk.feed().count(), FEED_MAX);
        talk.prune(Instant::from_millis(6_000));
        assert_eq!(talk.feed().count(), 0);
        talk.tell(Instant::from_millis(0), "a\u{202e}b\u{1b}[2J");
        assert_eq!(talk.lines().next().map(|line| &*line.text), Some("ab[2J"));
    }
}
