//! Follows one log, and who comes to its room, in the order in which it happened.
//!
//! Never asks for more lines before its caller came for them: a slow reader of history costs
//! nothing.

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{LogId, PlayerId};
use tickwire_shared::wire::{ChatCommand, ChatNews, Line, RosterEntry, ServerControl};

use super::Visitor;

/// Where a log goes on for its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The epoch of its offsets.
    pub epoch: u32,
    /// The offset of the first line that will come.
    pub first: u64,
    /// The offset that the next line of all will have.
    pub next: u64,
    /// Every line below this was read by the account.
    pub read: u64,
    /// Whether lines between the reader's cursor and `first` are not there any more.
    pub cut: bool,
    /// How many they are; `None` when nobody knows, as with another epoch.
    pub missed: Option<u64>,
}

/// What happens in a log or a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The log goes on here.
    Opened(Opened),
    /// The next lines, without a gap.
    Lines(Vec<Line>),
    /// Who is in the room.
    Roster(Vec<RosterEntry>),
    /// A player came.
    Joined(RosterEntry),
    /// A player left; as the roster had it.
    Left(RosterEntry),
}

/// A visitor that follows one log.
pub struct Follower {
    visitor: Visitor,
    log: LogId,
    epoch: u32,
    /// Where its reader stands: epoch and the next offset.
    cursor: Option<(u32, u64)>,
    more: bool,
    roster: Vec<RosterEntry>,
}

impl Follower {
    /// Follows what a visitor came for, which stood there.
    #[must_use]
    pub fn new(visitor: Visitor, cursor: Option<(u32, u64)>) -> Follower {
        Follower {
            visitor,
            log: LogId(0),
            epoch: 0,
            cursor,
            more: false,
            roster: Vec::new(),
        }
    }

    /// Whether lines are there that were not asked for yet.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.more
    }

    /// The epoch, once the log is open.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Its visitor.
    #[must_use]
    pub fn visitor(&self) -> &Visitor {
        &self.visitor
    }

    /// The same, to hear what is not followed here.
    pub fn visitor_mut(&mut self) -> &mut Visitor {
        &mut self.visitor
    }

    /// The log, once it is open.
    #[must_use]
    pub fn log(&self) -> LogId {
        self.log
    }

    /// What happens next; waits for it. May be given up and asked again.
    ///
    /// # Errors
    /// Why nothing more comes.
    pub async fn next(&mut self) -> Result<Event, CloseReason> {
        if std::mem::take(&mut self.more) {
            self.visitor.say(ChatCommand::Pull { log: self.log });
        }
        loop {
            let control = self.visitor.next().await?;
            if let Some(event) = self.take_in(control) {
                return Ok(event);
            }
        }
    }

    fn take_in(&mut self, control: ServerControl) -> Option<Event> {
        match control {
            ServerControl::Talk(news) => self.take_in_news(news),
            ServerControl::Roster { players, more } => {
                self.roster.extend(players.into_inner());
                (!more).then(|| Event::Roster(self.roster.clone()))
            }
            ServerControl::Joined(entry) => {
                self.forget(entry.player);
                self.roster.push(entry.clone());
                Some(Event::Joined(entry))
            }
            ServerControl::Left { player } => self.forget(player).map(Event::Left),
            _ => None,
        }
    }

    fn forget(&mut self, player: PlayerId) -> Option<RosterEntry> {
        let mut roster = self.roster.iter();
        let at = roster.position(|entry| entry.player == player)?;
        Some(self.roster.swap_remove(at))
    }

    fn take_in_news(&mut self, news: ChatNews) -> Option<Event> {
        match news {
            ChatNews::Opened {
                log,
                epoch,
                first,
                next,
                read,
                ..
            } => {
                let (cut, missed) = missed(self.cursor, epoch, first);
                self.log = log;
                self.epoch = epoch;
                self.cursor = Some((epoch, first));
                Some(Event::Opened(Opened {
                    epoch,
                    first,
                    next,
                    read,
                    cut,
                    missed,
                }))
            }
            ChatNews::Lines { log, lines, more } if log == self.log => {
                self.more = more;
                let lines = lines.into_inner();
                let next = lines.last().map_or(0, |line| line.offset + 1);
                self.cursor = Some((self.epoch, next));
                Some(Event::Lines(lines))
            }
            _ => None,
        }
    }
}

/// Whether a reader that stood at a cursor missed something, and how much.
fn missed(cursor: Option<(u32, u64)>, epoch: u32, first: u64) -> (bool, Option<u64>) {
    match cursor {
        None => (false, Some(0)),
        Some((known, next)) if known == epoch && next <= first => {
            (next < first, Some(first - next))
        }
        Some(_) => (true, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_told_what_it_missed() {
        assert_eq!(missed(None, 7, 40), (false, Some(0)));
        assert_eq!(missed(Some((7, 40)), 7, 40), (false, Some(0)));
        assert_eq!(missed(Some((7, 4)), 7, 40), (true, Some(36)));
        assert_eq!(missed(Some((8, 40)), 7, 40), (true, None), "another log");
        assert_eq!(missed(Some((7, 99)), 7, 40), (true, None), "never given");
    }
}
