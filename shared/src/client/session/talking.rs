//! Chat of a session: what a caller says, reads and asks, and how it gets on the link.
//!
//! Never knows what a log is: the book of chat does.

use super::{Client, Phase};
use crate::client::event::ClientEvent;
use crate::client::talk::{Book, TalkEvent};
use crate::close::CloseReason;
use crate::game::Game;
use crate::id::{AccountId, Lane, LogId, PlayerId};
use crate::limits::{CLIENT_QUEUE_MAX, TALK_EVENTS_MAX, TYPING_QUEUE_MAX};
use crate::time::Instant;
use crate::wire::{Address, Ask, ChatNews, ClientControl, Manner, decode_typist, encode_typing};

impl<G: Game> Client<G> {
    /// Everything there is to look up about chat.
    #[must_use]
    pub fn talk(&self) -> &Book {
        &self.talk
    }

    /// Says something to the room: the short way of [`Client::say`].
    pub fn chat(&mut self, text: &str) -> Option<u64> {
        self.say(Address::Room, Manner::Said, text)
    }

    /// Says something. The id comes back in [`TalkEvent::Acked`] or [`TalkEvent::Refused`]; until
    /// then the line is sent again on each new link, and counts once. `None` when the client is not
    /// in a room, the text is too long, or too many lines wait.
    pub fn say(&mut self, to: Address, manner: Manner, text: &str) -> Option<u64> {
        if !self.is_live() {
            return None;
        }
        let client_id = self.talk.say(to, manner, text)?;
        self.stats.chat_sent += 1;
        self.settle_talk();
        Some(client_id)
    }

    /// Says a line of [`Book::refused`] once more; false when it is not there, or not now.
    pub fn say_again(&mut self, client_id: u64) -> bool {
        let said = self.is_live() && self.talk.say_again(client_id);
        self.settle_talk();
        said
    }

    /// The player has seen every line of `log` below `offset`. The server is told, at most once a
    /// second and log.
    pub fn read(&mut self, log: LogId, offset: u64) {
        self.talk.see(log, offset);
    }

    /// Asks for the lines of `log` before `offset`: see [`TalkEvent::Older`]. False when the log is
    /// not open.
    pub fn page(&mut self, log: LogId, offset: u64) -> bool {
        let asked = self.is_live() && self.talk.page(log, offset);
        self.settle_talk();
        asked
    }

    /// Puts a reaction to a line there, or takes it away: see [`TalkEvent::Reactions`]. False when
    /// the log is not open, or the sign too long.
    pub fn react(&mut self, log: LogId, offset: u64, sign: &str, on: bool) -> bool {
        let done = self.is_live() && self.talk.react(log, offset, sign, on);
        self.settle_talk();
        done
    }

    /// Asks for something: see [`TalkEvent::Answer`]. `None` when the client is not in a room, or
    /// too many questions wait.
    pub fn ask(&mut self, what: Ask) -> Option<u32> {
        if !self.is_live() {
            return None;
        }
        let ask = self.talk.ask(what);
        self.settle_talk();
        ask
    }

    /// The player writes in `log`: call it at each key. The others are told every two seconds.
    pub fn typing(&mut self, log: LogId) {
        let due = self.is_live() && self.talk.typing(self.now, log);
        if due && self.typing.len() < TYPING_QUEUE_MAX {
            self.typing.push_back(encode_typing(log));
        }
    }

    /// The seat of an account in this room, for its colour and the like.
    #[must_use]
    pub fn player_of(&self, account: AccountId) -> Option<PlayerId> {
        let mut seats = self.accounts.iter();
        seats.find_map(|(player, other)| (*other == account).then_some(*player))
    }

    /// The account of a player of this room.
    #[must_use]
    pub fn account_of(&self, player: PlayerId) -> Option<AccountId> {
        self.accounts.get(&player).copied()
    }

    /// News of chat came. Where the caller has left no room for what they tell, the link ends: on
    /// the next one they come again, while an event that is dropped is gone.
    pub(super) fn hear_talk(&mut self, news: ChatNews) {
        if self.events.len() + TALK_EVENTS_MAX > CLIENT_QUEUE_MAX {
            return self.link_closed(CloseReason::LinkLost);
        }
        self.talk.hear(news);
        self.settle_talk();
    }

    /// A packet says that somebody writes. False when it says something else.
    pub(super) fn hear_typist(&mut self, now: Instant, bytes: &[u8]) -> bool {
        let Some((log, account)) = decode_typist(bytes) else {
            return false;
        };
        self.talk.typist(now, log, account);
        self.settle_talk();
        true
    }

    /// What time brings about in chat.
    pub(super) fn frame_talk(&mut self) {
        self.talk.frame(self.now);
        self.settle_talk();
    }

    /// Takes events and commands out of the book. More lines are only asked for while the caller
    /// takes what came: so none is lost because it did not.
    pub(super) fn settle_talk(&mut self) {
        for event in self.talk.take_events() {
            match event {
                TalkEvent::Acked { .. } => self.stats.chat_acked += 1,
                TalkEvent::Line { .. } => self.stats.chat_delivered += 1,
                _ => {}
            }
            self.tell(ClientEvent::Talk(event));
        }
        if !matches!(self.phase, Phase::Live(_)) {
            return;
        }
        if self.events.len() < CLIENT_QUEUE_MAX / 2 {
            self.talk.pull(self.now);
        }
        for command in self.talk.take_commands() {
            self.send(&ClientControl::Talk(command));
        }
    }

    /// The next packet about writing.
    pub(super) fn poll_typing(&mut self) -> Option<(Lane, Vec<u8>)> {
        self.typing.pop_front().map(|bytes| (Lane::Input, bytes))
    }
}
