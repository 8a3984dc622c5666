//! The lines of one log as they are shown, with what the program says between them.
//!
//! Never asks for a line: whoever scrolls does.

use std::collections::VecDeque;

use tickwire_shared::wire::{Line, Reaction, Scope};

use crate::limits::SHELF_MAX;

/// A line with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShelfLine {
    /// The line.
    pub line: Line,
    /// Whether this player wrote it.
    pub mine: bool,
    /// Whether it names this player.
    pub mentioned: bool,
    /// Signs under it.
    pub reactions: Vec<Reaction>,
}

/// Something on a shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A line.
    Line(Box<ShelfLine>),
    /// What the program says to this player alone; its number is no other note's.
    Note(u64, String),
    /// So many lines were there, and are no longer kept.
    Cut(u64),
}

/// What is known of the lines before the first one here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// There may be some.
    Perhaps,
    /// They were asked for.
    Asked,
    /// They were asked for, and none came though there are some: they are not asked for at once.
    Late,
    /// There are none, or no more are shown.
    Nothing,
}

/// The lines of one log.
#[derive(Clone, Debug)]
pub struct Shelf {
    /// What the log is.
    pub scope: Scope,
    /// Tells its offsets from those of a log of that name that was there before.
    pub epoch: u32,
    /// Mentions from this offset on are news.
    pub mentions_from: u64,
    /// Lines below this were there when it was opened: they are no news.
    pub live_from: u64,
    /// Unread lines among those, until the newest of them is there.
    pub waiting: u64,
    /// What is before the first.
    pub before: Before,
    items: VecDeque<Item>,
}

impl Shelf {
    /// An empty one.
    #[must_use]
    pub fn new(scope: Scope, epoch: u32) -> Shelf {
        Shelf {
            scope,
            epoch,
            mentions_from: 0,
            live_from: 0,
            waiting: 0,
            before: Before::Perhaps,
            items: VecDeque::new(),
        }
    }

    /// Everything on it, oldest first.
    pub fn items(&self) -> impl DoubleEndedIterator<Item = &Item> {
        self.items.iter()
    }

    /// The lines on it, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &ShelfLine> {
        self.items.iter().filter_map(|item| match item {
            Item::Line(shown) => Some(&**shown),
            _ => None,
        })
    }

    /// One line.
    #[must_use]
    pub fn line(&self, offset: u64) -> Option<&ShelfLine> {
        self.lines().rev().find(|shown| shown.line.offset == offset)
    }

    /// The offset after the newest line here.
    #[must_use]
    pub fn end(&self) -> Option<u64> {
        let newest = self.lines().next_back();
        newest.map(|newest| newest.line.offset.saturating_add(1))
    }

    /// The offset of the oldest line here, if there is an older one to ask for.
    #[must_use]
    pub fn older_than(&self) -> Option<u64> {
        let first = self.lines().next().map(|shown| shown.line.offset)?;
        (first > 0 && self.before != Before::Nothing).then_some(first)
    }

    /// Puts something after everything else; past `most` the oldest go.
    pub fn push(&mut self, item: Item, most: usize) {
        self.items.push_back(item);
        if self.items.len() > most {
            self.items.drain(..self.items.len() - most);
            self.before = Before::Perhaps;
        }
    }

    /// Waits for no older lines any more: they do not come.
    pub fn ask_no_more(&mut self) {
        if matches!(self.before, Before::Asked | Before::Late) {
            self.before = Before::Perhaps;
        }
    }

    /// Puts older lines before everything else. They are left out when the oldest lines went after
    /// they were asked for: a gap would stand between.
    pub fn unshift(&mut self, lines: Vec<ShelfLine>, more: bool) {
        if self.before != Before::Asked {
            return;
        }
        if lines.is_empty() && more {
            self.before = Before::Late;
            return;
        }
        let first = self.older_than().unwrap_or(u64::MAX);
        let older = lines.into_iter().filter(|shown| shown.line.offset < first);
        for shown in older.collect::<Vec<_>>().into_iter().rev() {
            if self.items.len() >= SHELF_MAX {
                self.before = Before::Nothing;
                return;
            }
            self.items.push_front(Item::Line(Box::new(shown)));
        }
        self.before = if more {
            Before::Perhaps
        } else {
            Before::Nothing
        };
    }

    /// All signs under a line, in place of those before.
    pub fn react(&mut self, offset: u64, reactions: &[Reaction]) {
        let mut lines = self.items.iter_mut().rev().filter_map(|item| match item {
            Item::Line(shown) => Some(shown),
            _ => None,
        });
        if let Some(shown) = lines.find(|shown| shown.line.offset == offset) {
            shown.reactions = reactions.to_vec();
        }
    }

    /// Forgets the oldest past `most`.
    pub fn trim(&mut self, most: usize) {
        let over = self.items.len().saturating_sub(most);
        if over > 0 {
            self.items.drain(..over);
            self.before = Before::Perhaps;
        }
    }
}
