//! The book itself: what a caller can look up, and what a session does with it.
//!
//! Never sends a packet: commands and events wait in it for the session to take.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use super::asks::Asks;
use super::event::TalkEvent;
use super::log::Log;
use super::outbox::{Outbox, Outgoing};
use super::pace::Pace;
use super::reopen::address_of;
use super::typists::Typists;
use crate::id::{AccountId, LogId};
use crate::limits::{CURSORS_MAX, MARK_MILLIS, REOPEN_MILLIS, TALK_LOGS_MAX};
use crate::time::Instant;
use crate::wire::{
    Address, Ask, BoundedStr, BoundedVec, ChatCommand, ChatRefusal, LogCursor, Manner, Neighbour,
    Presence, Role, Scope, Welcome,
};

/// Chat as this client knows it.
#[derive(Clone, Debug, Default)]
pub struct Book {
    pub(super) me: Option<AccountId>,
    pub(super) role: Role,
    pub(super) name: String,
    pub(super) room: String,
    pub(super) logs: BTreeMap<LogId, Log>,
    /// Counts what was of use, to know what was of use last.
    uses: u64,
    pub(super) outbox: Outbox,
    pub(super) asks: Asks,
    pub(super) typists: Typists,
    pub(super) presence: BTreeMap<AccountId, Presence>,
    pub(super) invitations: BTreeMap<LogId, Invitation>,
    /// Whom this player blocks and follows, as the server told.
    pub(super) neighbours: BTreeMap<AccountId, Neighbour>,
    /// Logs of which the server has more, and of which more was asked last.
    pub(super) pulls: BTreeSet<LogId>,
    pub(super) pulled: LogId,
    /// How often that is asked, and marked.
    pub(super) pace: Pace,
    /// Logs of which the server knows less than it should, and when each was marked last.
    pub(super) unmarked: BTreeSet<LogId>,
    pub(super) marked_at: BTreeMap<LogId, Instant>,
    /// Which was marked last of all, and whether nothing was asked for since.
    pub(super) marked: LogId,
    pub(super) mark_was_last: bool,
    /// Since when there is a link, and whether that is so long that no log is waited for.
    linked: Option<Instant>,
    pub(super) waited: bool,
    /// What to tell the caller, and what to say to the server.
    pub(super) events: Vec<TalkEvent>,
    pub(super) commands: Vec<ChatCommand>,
}

/// A party or a group this player may come into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// What it is.
    pub scope: Scope,
    /// Who asked.
    pub by: AccountId,
    /// Under which name.
    pub name: String,
}

/// What a caller can look up.
impl Book {
    /// This player's account; `None` before the first Welcome.
    #[must_use]
    pub fn me(&self) -> Option<AccountId> {
        self.me
    }

    /// What this player may do.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Every log this client knows, also those that are not open; see [`Log::is_open`].
    pub fn logs(&self) -> impl Iterator<Item = (LogId, &Log)> {
        self.logs.iter().map(|(id, log)| (*id, log))
    }

    /// One log.
    #[must_use]
    pub fn log(&self, log: LogId) -> Option<&Log> {
        self.logs.get(&log)
    }

    /// The open log of a scope; of several the one used last.
    #[must_use]
    pub fn find(&self, is_it: impl Fn(&Scope) -> bool) -> Option<(LogId, &Log)> {
        let fit = self
            .logs()
            .filter(|(_, log)| log.is_open() && is_it(log.scope()));
        fit.max_by_key(|(_, log)| log.used)
    }

    /// The log of the room.
    #[must_use]
    pub fn room(&self) -> Option<(LogId, &Log)> {
        self.find(|scope| matches!(scope, Scope::Room { .. }))
    }

    /// The log of the whispers with one player.
    #[must_use]
    pub fn whisper_with(&self, account: AccountId) -> Option<(LogId, &Log)> {
        self.find(|scope| matches!(scope, Scope::Whisper { with, .. } if *with == account))
    }

    /// The log of the party this player is in.
    #[must_use]
    pub fn party(&self) -> Option<(LogId, &Log)> {
        self.find(|scope| matches!(scope, Scope::Party))
    }

    /// Unread lines of all open logs.
    #[must_use]
    pub fn unread(&self) -> u64 {
        let open = self.logs.values().filter(|log| log.is_open());
        open.fold(0, |sum, log| sum.saturating_add(log.unread()))
    }

    /// How players are present that this player follows or shares a log with; but for those whom it
    /// blocks.
    pub fn presence(&self) -> impl Iterator<Item = &Presence> {
        let all = self.presence.values();
        all.filter(|presence| !self.hides(presence.account))
    }

    /// How one of them is present.
    #[must_use]
    pub fn presence_of(&self, account: AccountId) -> Option<&Presence> {
        let known = self.presence.get(&account);
        known.filter(|_| !self.hides(account))
    }

    /// Whom this player blocks or follows, by account.
    pub fn neighbours(&self) -> impl Iterator<Item = &Neighbour> {
        self.neighbours.values()
    }

    /// Parties and groups this player may come into.
    #[must_use]
    pub fn invitations(&self) -> &BTreeMap<LogId, Invitation> {
        &self.invitations
    }

    /// Who writes in a log at the moment.
    pub fn typists(&self, log: LogId) -> impl Iterator<Item = AccountId> {
        self.typists.of(log).filter(|account| !self.hides(*account))
    }

    /// Lines that were said and that the server has not answered, oldest first.
    pub fn waiting(&self) -> impl Iterator<Item = &Outgoing> {
        self.outbox.waiting()
    }

    /// Lines that were refused and may be said again, oldest first.
    pub fn refused(&self) -> impl Iterator<Item = &Outgoing> {
        self.outbox.turned_down()
    }

    /// Whether this player blocks that one: its lines are not to be drawn.
    #[must_use]
    pub fn hides(&self, account: AccountId) -> bool {
        let known = self.neighbours.get(&account);
        known.is_some_and(|neighbour| neighbour.blocked)
    }

    /// Whether this player is told how that one is present because it follows it.
    #[must_use]
    pub fn follows(&self, account: AccountId) -> bool {
        let known = self.neighbours.get(&account);
        known.is_some_and(|neighbour| neighbour.followed)
    }
}

/// What a session does with it.
impl Book {
    /// Where this client stands, the logs used last first.
    pub(crate) fn cursors(&self) -> BoundedVec<LogCursor, CURSORS_MAX> {
        let mut all: Vec<_> = self.logs.iter().collect();
        all.sort_by_key(|(_, log)| core::cmp::Reverse(log.used));
        BoundedVec::of_first(all.into_iter().map(|(id, log)| LogCursor {
            log: *id,
            epoch: log.epoch(),
            next: log.next(),
        }))
    }

    /// The server let this client in: what nobody answered is said again.
    pub(crate) fn welcome(&mut self, welcome: &Welcome) {
        if self.me.is_some_and(|me| me != welcome.account) {
            self.become_another();
        }
        (self.me, self.role) = (Some(welcome.account), welcome.role);
        self.name = welcome.name.to_string();
        self.outbox.take_pen(welcome.pen);
        if self.room != welcome.room.as_str() {
            let gone = self.outbox.leave_room();
            self.cannot_say(gone);
            self.room = welcome.room.to_string();
        }
        self.start_link();
        self.outbox.start_link();
        self.send_lines();
    }

    /// Writes a line; `None` when too many wait, or it is too long.
    pub(crate) fn say(&mut self, to: Address, manner: Manner, text: &str) -> Option<u64> {
        let bound = self.bound(&to);
        let used = match &to {
            Address::Log(log) => Some(*log),
            _ => bound,
        };
        used.into_iter().for_each(|log| self.touch(log));
        let client_id = self.outbox.write((to, bound), manner, text)?;
        self.send_lines();
        Some(client_id)
    }

    /// A team is the one the player is in now: a line that is sent again after the player was
    /// dealt another one must not tell that one.
    fn bound(&self, to: &Address) -> Option<LogId> {
        let team = self.find(|scope| matches!(scope, Scope::Team { .. }));
        let is_team = matches!(to, Address::Team);
        team.filter(|_| is_team).map(|(log, _)| log)
    }

    /// Says a line that was refused once more.
    pub(crate) fn say_again(&mut self, client_id: u64) -> bool {
        let said = self.outbox.again(client_id);
        self.send_lines();
        said
    }

    /// The player saw every line below `offset`.
    pub(crate) fn see(&mut self, log: LogId, offset: u64) {
        self.touch(log);
        if let Some(known) = self.logs.get_mut(&log) {
            known.see(offset);
            self.unmarked.insert(log);
        }
    }

    /// Asks for lines from before; false for a log that is not open.
    pub(crate) fn page(&mut self, log: LogId, before: u64) -> bool {
        self.put_if_open(log, ChatCommand::Page { log, before })
    }

    /// Puts a reaction there or takes it away; false for a log that is not open or a long sign.
    pub(crate) fn react(&mut self, log: LogId, offset: u64, sign: &str, on: bool) -> bool {
        let Ok(sign) = BoundedStr::new(sign) else {
            return false;
        };
        let react = ChatCommand::React {
            log,
            offset,
            sign,
            on,
        };
        self.put_if_open(log, react)
    }

    /// Asks something that is answered.
    pub(crate) fn ask(&mut self, what: Ask) -> Option<u32> {
        let (ask, command) = self.asks.put(what)?;
        self.commands.push(command);
        Some(ask)
    }

    /// Whether to say now that the player writes.
    pub(crate) fn typing(&mut self, now: Instant, log: LogId) -> bool {
        let open = self.logs.get(&log).is_some_and(Log::is_open);
        open && self.typists.is_due(now, log)
    }

    /// Somebody writes.
    pub(crate) fn typist(&mut self, now: Instant, log: LogId, account: AccountId) {
        let open = self.logs.get(&log).is_some_and(Log::is_open);
        let other = Some(account) != self.me && !self.hides(account);
        if open && other && self.typists.note(now, log, account) {
            self.events.push(TalkEvent::Typing { log, account });
        }
    }

    /// What time brings about: marks, and who has stopped writing.
    pub(crate) fn frame(&mut self, now: Instant) {
        self.typists.expire(now);
        self.outbox.frame(now);
        let since = *self.linked.get_or_insert(now);
        self.waited |= now.since(since) >= Duration::from_millis(REOPEN_MILLIS);
        self.send_lines();
        let between = Duration::from_millis(MARK_MILLIS);
        self.marked_at.retain(|_, &mut at| now.since(at) < between);
        self.mark_some(now);
    }

    /// What happened since the last call.
    pub(crate) fn take_events(&mut self) -> Vec<TalkEvent> {
        core::mem::take(&mut self.events)
    }

    /// What to say to the server since the last call.
    pub(crate) fn take_commands(&mut self) -> Vec<ChatCommand> {
        core::mem::take(&mut self.commands)
    }

    pub(super) fn send_lines(&mut self) {
        let (logs, patient) = (&self.logs, !self.waited);
        let due = self.outbox.due(|to| address_of(logs, patient, to));
        self.commands.extend(due);
    }

    fn put_if_open(&mut self, log: LogId, command: ChatCommand) -> bool {
        let open = self.logs.get(&log).is_some_and(Log::is_open);
        if open {
            self.commands.push(command);
        }
        open
    }

    /// Another link: nothing is open before the server says so, and nothing is on its way.
    fn start_link(&mut self) {
        (self.linked, self.waited) = (None, false);
        self.logs.values_mut().for_each(Log::close);
        self.pulls.clear();
        self.unmarked.clear();
        self.typists.clear();
        // The server tells on every link which ones stand.
        self.invitations.clear();
        self.commands.clear();
        let unanswered = self.asks.give_up().into_iter();
        let told = unanswered.map(|(ask, what)| TalkEvent::Unanswered { ask, what });
        self.events.extend(told);
    }

    /// The server does not know this player any more: all that was another's.
    fn become_another(&mut self) {
        let gone = self.outbox.clear();
        self.cannot_say(gone);
        self.room.clear();
        self.logs.clear();
        self.presence.clear();
        self.invitations.clear();
        self.neighbours.clear();
    }

    fn cannot_say(&mut self, gone: Vec<Outgoing>) {
        let told = gone.into_iter().map(|line| TalkEvent::Refused {
            client_id: line.client_id,
            to: line.address(),
            text: line.text.to_string(),
            reason: ChatRefusal::Stale,
            seconds: 0,
        });
        self.events.extend(told);
    }

    /// A log was of use.
    pub(super) fn touch(&mut self, log: LogId) {
        self.uses += 1;
        if let Some(log) = self.logs.get_mut(&log) {
            log.used = self.uses;
        }
    }

    /// Takes a log up; at [`TALK_LOGS_MAX`] the one used least lately goes.
    pub(super) fn add(&mut self, id: LogId, log: Log) {
        if self.logs.len() >= TALK_LOGS_MAX {
            let oldest = self
                .logs
                .iter()
                .min_by_key(|(_, log)| (log.is_open(), log.used));
            if let Some(oldest) = oldest.map(|(id, _)| *id) {
                self.logs.remove(&oldest);
            }
        }
        self.logs.insert(id, log);
    }
}
