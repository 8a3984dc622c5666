//! The books of the bots' chat: who must see which message, who may, and who did.
//!
//! All bots live in one process and share one clock, so that the time from one's sending to
//! another's receiving can be measured. Never sends anything itself, and never knows what the
//! server thinks: who may hear what follows from seats, positions and what the bots agreed on.
//!
//! A message is *expected* by every bot that reads its log when it is sent (in a room: that is in
//! the sender's). Each of them must get it exactly once. In each log a bot must see offsets grow by
//! one, and the messages of one sender in the order in which they were sent. A message that reaches
//! a bot that may not read it has *leaked*.
//!
//! ```text
//! bits      sets of bots
//! place     where something is said, and who hears it there
//! teams     which bot was in which team when
//! message   one message, and who got it
//! reach     who may hear a message, and who must
//! report    what the report says of it all
//! ```

mod bits;
mod message;
mod place;
mod reach;
mod report;
mod teams;

use std::collections::{BTreeMap, BTreeSet};

use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{AccountId, LogId, PlayerId};
use tickwire_shared::time::Instant;
use tickwire_shared::wire::ChatRefusal;

pub use bits::Bits;
pub use message::MessageKey;
use message::{Fate, Message};
pub use place::{Earshot, Place, Stand};
pub use report::{ChatReport, ScopeReport};
use teams::{Team, Teams, has_settled};

use crate::histogram::Histogram;

/// Messages one run may send at the most; past it [`Ledger::send`] refuses.
pub const MESSAGES_MAX: usize = 1 << 18;

/// The books.
#[derive(Debug, Default)]
pub struct Ledger {
    run: u32,
    bots: Vec<Reader>,
    messages: Vec<Message>,
    rooms: BTreeMap<String, usize>,
    accounts: BTreeMap<AccountId, usize>,
    /// Who reads a log, as far as the bots were told.
    logs: BTreeMap<LogId, Shelf>,
    teams: Teams,
    acked: u64,
    expected: u64,
    delivered: u64,
    duplicated: u64,
    reordered: u64,
    gaps: u64,
    delivery: Histogram,
}

/// A log.
#[derive(Clone, Debug)]
struct Shelf {
    place: Place,
    readers: Bits,
}

/// One bot as a reader of chat.
#[derive(Clone, Debug, Default)]
struct Reader {
    room: Option<usize>,
    account: Option<AccountId>,
    stand: Option<Stand>,
    /// The last offset of each log, and the last message of each sender there.
    last: BTreeMap<(LogId, u32), u64>,
    heard: BTreeMap<(LogId, usize), MessageKey>,
    /// Logs of teams it left: what was said there meanwhile it does not see when it comes back.
    left: BTreeSet<LogId>,
    /// Since when it reads its team's log on this link, and when it last was told something on it.
    team_since: Option<Instant>,
    told_at: Option<Instant>,
}

impl Ledger {
    /// Books for this many bots, none of them in a room. `run` tells this run's messages from
    /// those of another process in the same room.
    #[must_use]
    pub fn new(bots: usize, run: u32) -> Ledger {
        Ledger {
            run,
            bots: vec![Reader::default(); bots],
            ..Ledger::default()
        }
    }

    /// A bot is in a room, with whatever session. One that comes to another room or team than
    /// before cannot read on in those of before.
    pub fn join(
        &mut self,
        bot: usize,
        room: &str,
        seat: PlayerId,
        account: AccountId,
        now: Instant,
    ) {
        let next = self.rooms.len();
        let room = *self.rooms.entry(room.to_owned()).or_insert(next);
        let Some(reader) = self.bots.get_mut(bot) else {
            return;
        };
        let arrived = reader.room.is_none();
        let moved = reader.room.is_some_and(|before| before != room);
        (reader.room, reader.account) = (Some(room), Some(account));
        self.accounts.insert(account, bot);
        if arrived {
            self.heard_unseen(bot, room, now);
        }
        if self.teams.deal(bot, Team::of(room, seat), now) {
            self.leave_team(bot);
        }
        if moved {
            self.excuse(bot, &[Place::Room, Place::Near], |_| true);
        }
        if let Some(reader) = self.bots.get_mut(bot) {
            (reader.team_since, reader.told_at) = (None, None);
        }
    }

    /// A bot's client was told something by the server, whatever it is.
    pub fn told(&mut self, bot: usize, now: Instant) {
        if let Some(reader) = self.bots.get_mut(bot) {
            reader.told_at = Some(now);
        }
    }

    /// A bot's session is over: it is expected to see no message sent from now on.
    pub fn leave(&mut self, bot: usize) {
        if let Some(reader) = self.bots.get_mut(bot) {
            reader.room = None;
        }
        self.logs
            .values_mut()
            .for_each(|log| log.readers.clear(bot));
    }

    /// Whose account it is.
    #[must_use]
    pub fn bot_of(&self, account: AccountId) -> Option<usize> {
        self.accounts.get(&account).copied()
    }

    /// A bot's account, once it is in.
    #[must_use]
    pub fn account_of(&self, bot: usize) -> Option<AccountId> {
        self.bots.get(bot)?.account
    }

    /// How many bots there are.
    #[must_use]
    pub fn bots(&self) -> usize {
        self.bots.len()
    }

    /// A bot was told that it reads a log.
    pub fn opened(&mut self, bot: usize, log: LogId, place: Place, now: Instant) {
        if let (Place::Team, Some(reader)) = (place, self.bots.get_mut(bot)) {
            reader.team_since = Some(now);
            self.teams.settle(bot, now);
        }
        let readers = Bits::default();
        let shelf = self.logs.entry(log).or_insert(Shelf { place, readers });
        shelf.readers.set(bot);
    }

    /// A bot was told that it does not read a log any more.
    pub fn closed(&mut self, bot: usize, log: LogId) {
        if let Some(shelf) = self.logs.get_mut(&log) {
            shelf.readers.clear(bot);
        }
    }

    /// Where a bot stands now; `None` when it is dead or not there.
    pub fn stands(&mut self, bot: usize, now: Instant, position: Option<Vec2>) {
        if let Some(reader) = self.bots.get_mut(bot) {
            let before = reader.stand;
            reader.stand = position.map(|position| Stand::after(before, now, position));
        }
    }

    /// The name of the next message; `None` at [`MESSAGES_MAX`].
    #[must_use]
    pub fn next_key(&self) -> Option<MessageKey> {
        let key = u32::try_from(self.messages.len()).ok()?;
        (self.messages.len() < MESSAGES_MAX).then_some(MessageKey(key))
    }

    /// A bot sends the message [`Ledger::next_key`] named to a log it reads, or as a whisper `to`
    /// another bot; `None` when it is in no room, or at [`MESSAGES_MAX`].
    pub fn send(
        &mut self,
        bot: usize,
        place: Place,
        log: Option<LogId>,
        to: Option<usize>,
        now: Instant,
    ) -> Option<MessageKey> {
        let reader = self.bots.get(bot)?;
        let room = reader.room?;
        let key = self.next_key()?;
        let may = self.may_hear(bot, room, place, to, now);
        let must = match (place, log.and_then(|log| self.logs.get(&log))) {
            (Place::Whisper, _) => may.clone(),
            (Place::Near, _) => Bits::from_iter([bot]),
            (_, Some(shelf)) => shelf.readers.and(&may),
            (_, None) => Bits::from_iter([bot]),
        };
        let mut message = Message::new(bot, place, now, may, must);
        message.home = self.teams.of(bot).filter(|team| team.room == room);
        message.near = match place {
            Place::Near => self.around(bot, now, |earshot| earshot == Earshot::Within),
            _ => Bits::default(),
        };
        self.expected += message.must.count();
        self.messages.push(message);
        Some(key)
    }

    /// The server refused a message: nobody is expected to see it. One to a team that its sender is
    /// not in any more is no fault where the server says so.
    pub fn refuse(&mut self, key: MessageKey, reason: ChatRefusal) {
        let Some(message) = self.messages.get_mut(key.0 as usize) else {
            return;
        };
        let dealt = self.teams.of(message.bot);
        let moved = message.place == Place::Team && message.home != dealt;
        message.fate = match reason {
            ChatRefusal::NotMember if moved => Fate::Moved,
            _ => Fate::Refused,
        };
        self.expected -= message.must.count();
        self.delivered -= message.must.and(&message.delivered).count();
        message.must = Bits::default();
    }

    /// The server told the sender that its message has its place.
    pub fn ack(&mut self, key: MessageKey, now: Instant) {
        let Some(message) = self
            .messages
            .get(key.0 as usize)
            .filter(|one| !one.is_acked())
        else {
            return;
        };
        let (bot, place, sent_at) = (message.bot, message.place, message.sent_at);
        let heard = match place {
            Place::Near => self.heard_near(key, bot, sent_at, now),
            _ => Bits::default(),
        };
        let Some(message) = self.messages.get_mut(key.0 as usize) else {
            return;
        };
        self.acked += 1;
        (message.fate, message.known_at) = (Fate::Acked, now);
        let more = heard.without(&message.must);
        self.expected += more.count();
        self.delivered += more.and(&message.delivered).count();
        message.must = message.must.or(&more);
    }

    /// A bot received a message at its place `offset` of a log; `key` is `None` for a stranger's
    /// message.
    pub fn deliver(
        &mut self,
        bot: usize,
        key: Option<MessageKey>,
        (log, epoch, offset): (LogId, u32, u64),
        now: Instant,
    ) {
        let Some(reader) = self.bots.get_mut(bot) else {
            return;
        };
        let last = reader.last.insert((log, epoch), offset);
        let mut behind = last.is_some_and(|last| offset <= last);
        let is_back = reader.left.remove(&log);
        let last = last.filter(|_| !is_back);
        self.gaps += last.map_or(0, |last| offset.saturating_sub(last.saturating_add(1)));
        let message = key.and_then(|key| Some((key, self.messages.get_mut(key.0 as usize)?)));
        let Some((key, message)) = message else {
            self.reordered += u64::from(behind);
            return;
        };
        if message.delivered.get(bot) {
            self.duplicated += 1;
            return;
        }
        let earlier = reader.heard.insert((log, message.bot), key);
        behind |= earlier.is_some_and(|earlier| earlier > key);
        self.reordered += u64::from(behind);
        message.delivered.set(bot);
        if message.must.get(bot) {
            self.delivered += 1;
            self.delivery.add(now.since(message.sent_at));
        }
    }

    /// Expected deliveries that happened.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Expected deliveries that have not happened.
    #[must_use]
    pub fn outstanding(&self) -> u64 {
        self.expected.saturating_sub(self.delivered)
    }

    /// The text of a message of this name.
    #[must_use]
    pub fn sign(&self, key: MessageKey, words: &str) -> String {
        format!("{words} #{:x}.{:x}", self.run, key.0)
    }

    /// The name a text carries; `None` when no bot of this run wrote it.
    #[must_use]
    pub fn key_of(&self, text: &str) -> Option<MessageKey> {
        let (_, name) = text.rsplit_once('#')?;
        let (run, key) = name.split_once('.')?;
        let number = |digits| u32::from_str_radix(digits, 16).ok();
        (number(run)? == self.run).then_some(MessageKey(number(key)?))
    }

    /// A bot is not in its team any more: of that it gets what it has by now, and what it must have
    /// got long since it must have.
    fn leave_team(&mut self, bot: usize) {
        let Some(reader) = self.bots.get_mut(bot) else {
            return;
        };
        let logs = self.logs.iter();
        let teams = logs.filter(|(_, shelf)| shelf.place == Place::Team);
        reader.left.extend(teams.map(|(log, _)| *log));
        let link = reader.team_since.zip(reader.told_at);
        self.excuse(bot, &[Place::Team], |message| {
            let settled = link.is_some_and(|link| has_settled(link, message.known_at));
            !(message.is_acked() && settled)
        });
    }

    /// A bot reads logs of such places no more, and of their messages cannot get these, where it
    /// has not got them.
    fn excuse(&mut self, bot: usize, places: &[Place], of: impl Fn(&Message) -> bool) {
        let shelves = self.logs.values_mut();
        (shelves.filter(|shelf| places.contains(&shelf.place)))
            .for_each(|shelf| shelf.readers.clear(bot));
        let messages = self.messages.iter_mut();
        for message in messages.filter(|one| places.contains(&one.place) && of(one)) {
            if message.must.get(bot) && !message.delivered.get(bot) {
                message.must.clear(bot);
                self.expected -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests;
