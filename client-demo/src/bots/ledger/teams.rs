//! Which bot was in which team when.
//!
//! Never asks the server who is in a team: that follows from seats. But a bot has left one only
//! when the log of the next is open for it: before that a server that dies may not have stored it.

use std::time::Duration;

use tickwire_arena::tune::TEAMS;
use tickwire_shared::id::PlayerId;
use tickwire_shared::time::Instant;

use super::bits::Bits;

/// After so long with its team's log open and heard from, a bot has what was stored before.
const SETTLED: Duration = Duration::from_secs(2);

/// A team of a room, by the numbers that the books give to rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Team {
    pub room: usize,
    number: u8,
}

impl Team {
    /// The team of a seat, as the arena deals them out.
    pub fn of(room: usize, seat: PlayerId) -> Team {
        let number = (seat.0 % u16::from(TEAMS)) as u8;
        Team { room, number }
    }
}

/// A bot in a team, from when it learned that it is dealt into it.
#[derive(Clone, Copy, Debug)]
struct Stay {
    bot: usize,
    team: Team,
    since: Instant,
    /// `None` while it is there.
    until: Option<Instant>,
}

/// All stays of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Teams {
    /// Where each bot is dealt, by its index.
    dealt: Vec<Option<Team>>,
    stays: Vec<Stay>,
    changes: u64,
}

impl Teams {
    /// A bot is dealt into a team: whether it was dealt into another one before.
    pub fn deal(&mut self, bot: usize, team: Team, now: Instant) -> bool {
        if self.dealt.len() <= bot {
            self.dealt.resize(bot + 1, None);
        }
        let before = self
            .dealt
            .get_mut(bot)
            .and_then(|dealt| dealt.replace(team));
        let mut there = self.stays.iter().filter(|stay| stay.until.is_none());
        if !there.any(|stay| (stay.bot, stay.team) == (bot, team)) {
            self.stays.push(Stay {
                bot,
                team,
                since: now,
                until: None,
            });
        }
        let changed = before.is_some_and(|before| before != team);
        self.changes += u64::from(changed);
        changed
    }

    /// The log of its team is open for a bot: it has left every other one.
    pub fn settle(&mut self, bot: usize, now: Instant) {
        let dealt = self.of(bot);
        let stays = self.stays.iter_mut().filter(|stay| stay.bot == bot);
        for stay in stays.filter(|stay| Some(stay.team) != dealt) {
            stay.until.get_or_insert(now);
        }
    }

    /// The team a bot is dealt into.
    pub fn of(&self, bot: usize) -> Option<Team> {
        self.dealt.get(bot).copied().flatten()
    }

    /// The bots that are dealt into a team.
    pub fn dealt(&self, team: Team) -> Bits {
        let all = self.dealt.iter().enumerate();
        let there = all.filter(|(_, dealt)| **dealt == Some(team));
        there.map(|(bot, _)| bot).collect()
    }

    /// The bots that were in a team at some time between these.
    pub fn during(&self, team: Team, from: Instant, to: Instant) -> Bits {
        let stays = self.stays.iter().filter(|stay| stay.team == team);
        let then =
            stays.filter(|stay| stay.since <= to && stay.until.is_none_or(|until| until >= from));
        then.map(|stay| stay.bot).collect()
    }

    /// The bots that ever were in a room.
    pub fn ever_in(&self, room: usize) -> Bits {
        let stays = self.stays.iter().filter(|stay| stay.team.room == room);
        stays.map(|stay| stay.bot).collect()
    }

    /// How often a bot was dealt into another team.
    pub fn changes(&self) -> u64 {
        self.changes
    }
}

/// Whether a bot must have got what was stored then: it reads its team's log since the one time,
/// and was told something at the other.
pub(super) fn has_settled((since, told): (Instant, Instant), stored: Instant) -> bool {
    told.since(since.max(stored)) >= SETTLED
}
