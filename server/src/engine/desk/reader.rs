//! A session as chat sees it.
//!
//! Never outlives the session; with no link it reads nothing and is told nothing.

use std::collections::{BTreeMap, BTreeSet};

use tickwire_shared::id::{AccountId, LinkId, LogId, RoomId};
use tickwire_shared::limits::{NAME_BYTES_MAX, ROOM_NAME_BYTES_MAX};
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{BoundedStr, LogCursor, Role};

use super::shelf::Place;
use crate::engine::etiquette::typing::TypingPace;
use crate::engine::limiter::Bucket;
use crate::engine::storage::{LogKey, Ticket};
use crate::limits::{
    ASKS_BURST, ASKS_PER_SECOND, MARKS_BURST, MARKS_PER_SECOND, OPENINGS_PER_TURN,
};

/// What a session reads of all that its account may read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Attention {
    /// Its room, announcements, and all its account is in: a player's.
    #[default]
    Everything,
    /// This log alone; of one with members only if its account is in it.
    Only(LogKey),
    /// No log: of each line that somebody whispers to its account it is told by itself.
    Inbox,
}

impl Attention {
    /// Whether a log is read.
    pub fn takes(&self, key: &LogKey) -> bool {
        match self {
            Attention::Everything => true,
            Attention::Only(only) => only == key,
            Attention::Inbox => false,
        }
    }
}

/// Who takes part from now on.
#[derive(Clone, Debug)]
pub struct Entrant {
    /// Where its packets go.
    pub link: LinkId,
    /// The account.
    pub account: AccountId,
    /// The name in the room.
    pub name: BoundedStr<NAME_BYTES_MAX>,
    /// What it may do.
    pub role: Role,
    /// The room it plays in.
    pub room: RoomId,
    /// The name of that room.
    pub room_name: BoundedStr<ROOM_NAME_BYTES_MAX>,
    /// Where its client stands.
    pub cursors: Vec<LogCursor>,
    /// What it reads.
    pub attention: Attention,
}

/// A session.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Where its packets go, while it has a link.
    pub link: Option<LinkId>,
    /// The account.
    pub account: AccountId,
    /// The name in the room.
    pub name: BoundedStr<NAME_BYTES_MAX>,
    /// What it may do.
    pub role: Role,
    /// The room it plays in.
    pub room: RoomId,
    /// The name of that room.
    pub room_name: BoundedStr<ROOM_NAME_BYTES_MAX>,
    /// The link over which it came: by that the room says where its player is.
    pub came: LinkId,
    /// Where its client stood when its link opened, in logs that were not open then.
    pub cursors: Vec<LogCursor>,
    /// What it reads.
    pub attention: Attention,
    /// The logs it reads, or will when they are open.
    pub places: BTreeSet<Place>,
    /// Logs of which lines from before are on their way, and with which answer.
    pub older: BTreeMap<LogId, Ticket>,
    /// How often its player is told to be typing.
    pub pace: TypingPace,
    /// What it may still ask.
    pub asks: Bucket,
    /// How often it may still say how far it got.
    pub marks: Bucket,
    /// How far it got in logs of which that was too often: arrived and seen.
    pub late_marks: BTreeMap<Place, (u64, u64)>,
    /// How many logs and invitations it may be told of before the next turn.
    pub openings: usize,
    /// Whether logs of its wait for the next turn.
    pub behind: bool,
    /// Where its account may come in, and it was not told yet.
    pub invited: BTreeSet<LogId>,
    /// Its team and the log of it.
    pub team: Option<(u8, Place)>,
    /// Where its entity is, once it had one.
    pub spot: Option<Spot>,
}

/// Where a session's entity is, and what is heard there.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    /// Its place, the last one when it is gone.
    pub at: [f32; 3],
    /// Whether it is there: who is nowhere hears nothing, and may call from where it was.
    pub here: bool,
    /// The log of what the account hears in this room.
    pub log: Place,
}

impl Reader {
    /// A session that reads nothing yet.
    pub fn new(now: Instant, entrant: Entrant) -> Reader {
        Reader {
            link: Some(entrant.link),
            account: entrant.account,
            name: entrant.name,
            role: entrant.role,
            room: entrant.room,
            room_name: entrant.room_name,
            came: entrant.link,
            cursors: entrant.cursors,
            attention: entrant.attention,
            places: BTreeSet::new(),
            older: BTreeMap::new(),
            pace: TypingPace::default(),
            asks: Bucket::new(ASKS_PER_SECOND, ASKS_BURST, now),
            marks: Bucket::new(MARKS_PER_SECOND, MARKS_BURST, now),
            late_marks: BTreeMap::new(),
            openings: OPENINGS_PER_TURN,
            behind: false,
            invited: BTreeSet::new(),
            team: None,
            spot: None,
        }
    }

    /// Where its client stands in a log; asked once a link. Whoever reads one log alone need not
    /// know its number: there 0 stands for it.
    pub fn take_cursor(&mut self, log: LogId) -> Option<LogCursor> {
        let only = matches!(self.attention, Attention::Only(_));
        let meant = |cursor: &LogCursor| cursor.log == log || only && cursor.log == LogId(0);
        let at = self.cursors.iter().position(meant)?;
        Some(self.cursors.swap_remove(at))
    }
}
