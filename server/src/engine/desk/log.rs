//! A log that somebody reads: its newest lines, who reads it, and who is in it.
//!
//! Never gives an offset: the store does, and a line is here only after it was stored.

use std::collections::{BTreeMap, VecDeque};

use tickwire_shared::id::{AccountId, LogId, SessionId};
use tickwire_shared::limits::{CHAT_HISTORY_MAX, HISTORY_BATCH_MAX};
use tickwire_shared::wire::{Line, Standing};

use super::draft::Draft;
use super::reading::Reading;
use super::tickets::Asker;
use crate::engine::storage::{LogHead, LogKey, Membership};

/// How far a log is from being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The store was asked for its head.
    Opening,
    /// The store was asked who is in it.
    Gathering,
    /// Who is in it is known, but somebody must come in, or is not known yet.
    Joining,
    /// The store failed: it is asked again in a while.
    Failed,
    /// Everything is known.
    Ready,
}

/// A log in memory.
#[derive(Clone, Debug)]
pub struct Log {
    /// As the store has it; without a number until [`Stage::Ready`] or [`Stage::Gathering`].
    pub head: LogHead,
    /// How far it is.
    pub stage: Stage,
    /// The newest [`CHAT_HISTORY_MAX`] lines at the most, up to the newest of all.
    pub lines: VecDeque<Line>,
    /// The sessions that read it.
    pub readers: BTreeMap<SessionId, Reading>,
    /// Who is or was in it; empty where everybody may read.
    pub members: BTreeMap<AccountId, Membership>,
    /// Lines for it that wait for it to be ready, at most
    /// [`crate::limits::CHAT_WAITING_MAX`].
    pub waiting: Vec<Draft>,
    /// What was asked of it meanwhile, as bounded.
    pub wishes: Vec<(Wish, Asker)>,
    /// Who founds it, while it is made.
    pub founder: Option<Asker>,
    /// Memberships that are being written: how each account stands after the last of them, and how
    /// many there are.
    pub joining: BTreeMap<AccountId, (Standing, u32)>,
    /// Marks that are being written, and whether further ones follow: arrived and seen.
    pub marking: BTreeMap<AccountId, Option<(u64, u64)>>,
}

/// What an account wants of a log it is not in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To come in.
    Accept,
    /// Not to be in it.
    Leave,
}

impl Log {
    /// A log that the store is asked for.
    pub fn new(key: LogKey) -> Log {
        Log {
            head: LogHead {
                log: LogId(0),
                key,
                epoch: 0,
                first: 0,
                next: 0,
                name: String::new(),
                slow_seconds: 0,
            },
            stage: Stage::Opening,
            lines: VecDeque::new(),
            readers: BTreeMap::new(),
            members: BTreeMap::new(),
            waiting: Vec::new(),
            wishes: Vec::new(),
            founder: None,
            joining: BTreeMap::new(),
            marking: BTreeMap::new(),
        }
    }

    /// Whether lines and readers may come.
    pub fn is_ready(&self) -> bool {
        self.stage == Stage::Ready
    }

    /// Whether only members read it, whom the store knows.
    pub fn is_closed(&self) -> bool {
        use LogKey::{Group, Party, Team, Whisper};
        matches!(self.head.key, Team(..) | Whisper(..) | Party(_) | Group(_))
    }

    /// Whether its readers are told of each other: who is there and how far each got.
    pub fn is_personal(&self) -> bool {
        use LogKey::{Group, Party, Whisper};
        matches!(self.head.key, Whisper(..) | Party(_) | Group(_))
    }

    /// The lowest offset that an account may read; `None` when it may read nothing.
    pub fn since(&self, account: AccountId) -> Option<u64> {
        if !self.is_closed() {
            return Some(0);
        }
        self.member(account).map(|member| member.since)
    }

    /// The account's membership, if it is in the log now.
    pub fn member(&self, account: AccountId) -> Option<&Membership> {
        self.members
            .get(&account)
            .filter(|member| is_in(member.standing))
    }

    /// Everybody who is in the log or may come in.
    pub fn present(&self) -> impl Iterator<Item = &Membership> {
        let all = self.members.values();
        all.filter(|member| member.standing != Standing::Left)
    }

    /// A membership is handed to the store.
    pub fn joins(&mut self, account: AccountId, standing: Standing) {
        let joining = self.joining.entry(account).or_insert((standing, 0));
        *joining = (standing, joining.1 + 1);
    }

    /// The store answered a membership: the account is still joining while it has not answered all.
    pub fn has_joined(&mut self, account: AccountId) {
        if let Some((_, writes)) = self.joining.get_mut(&account) {
            *writes -= 1;
            if *writes == 0 {
                self.joining.remove(&account);
            }
        }
    }

    /// The lowest offset that is in memory; that of the next line when none is.
    pub fn base(&self) -> u64 {
        self.lines
            .front()
            .map_or(self.head.next, |line| line.offset)
    }

    /// Takes in a line that was stored; false when it is here already.
    pub fn append(&mut self, line: Line) -> bool {
        if line.offset < self.head.next {
            return false;
        }
        if line.offset > self.head.next {
            // Somebody else wrote to the store: what is between is read from there.
            self.lines.clear();
        }
        if self.lines.len() == CHAT_HISTORY_MAX {
            self.lines.pop_front();
        }
        self.head.next = line.offset + 1;
        self.lines.push_back(line);
        true
    }

    /// The next lines in memory from an offset on, as many as go into one packet.
    pub fn batch(&self, from: u64) -> Vec<Line> {
        let skipped = usize::try_from(from.saturating_sub(self.base())).unwrap_or(usize::MAX);
        let lines = self.lines.iter().skip(skipped);
        lines.take(HISTORY_BATCH_MAX).cloned().collect()
    }
}

/// Whether an account of this standing reads and writes.
pub fn is_in(standing: Standing) -> bool {
    matches!(standing, Standing::Member | Standing::Owner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::desk::reading::first_of;
    use crate::limits::CHAT_TAIL_MAX;
    use tickwire_shared::id::Tick;
    use tickwire_shared::wire::{BoundedStr, LogCursor, Manner, Role};

    fn line(offset: u64) -> Line {
        Line {
            offset,
            from: AccountId(1),
            name: BoundedStr::cut("Ann"),
            role: Role::Player,
            at: 0,
            tick: Tick(1),
            manner: Manner::Said,
            text: BoundedStr::cut("hi"),
        }
    }

    fn filled(lines: u64) -> Log {
        let mut log = Log::new(LogKey::Server);
        assert!((0..lines).all(|offset| log.append(line(offset))));
        log.head.epoch = 7;
        log
    }

    #[test]
    fn the_newest_lines_are_kept_and_each_is_taken_once() {
        let mut log = filled(300);
        assert_eq!(log.base(), 300 - CHAT_HISTORY_MAX as u64);
        assert_eq!(log.batch(298).len(), 2);
        assert_eq!(log.batch(50).first().map(|line| line.offset), Some(50));
        assert!(!log.append(line(299)));
        assert!(log.append(line(310)), "what is between is in the store");
        assert_eq!((log.base(), log.head.next), (310, 311));
    }

    #[test]
    fn a_reader_goes_on_where_it_was_or_at_the_tail() {
        let mut log = filled(300);
        let first = |log: &Log, since, epoch, next| {
            let log_id = log.head.log;
            first_of(
                log,
                since,
                Some(LogCursor {
                    log: log_id,
                    epoch,
                    next,
                }),
            )
        };
        let tail = 300 - CHAT_TAIL_MAX;
        assert_eq!(first_of(&log, 0, None), tail);
        assert_eq!(first_of(&filled(3), 0, None), 0);
        assert_eq!(first(&log, 0, 7, 290), 290);
        assert_eq!(first(&log, 0, 7, 300), 300);
        assert_eq!(first(&log, 0, 7, 3), 3, "the store has it");
        assert_eq!(first(&log, 10, 7, 3), 10, "not what was before it came");
        assert_eq!(first(&log, 0, 8, 290), tail, "another log");
        assert_eq!(first(&log, 0, 7, 301), tail, "an offset nobody was given");
        log.head.first = 200;
        assert_eq!(first(&log, 0, 7, 3), 200, "history was cut");
    }
}
