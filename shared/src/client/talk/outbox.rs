//! Lines on their way out: those the server has not answered, and those it did not take.
//!
//! Never gives a line another id: one that is sent twice, over whatever links and sessions, is one
//! line to the server.

use core::time::Duration;
use std::collections::VecDeque;

use crate::id::LogId;
use crate::limits::{CHAT_BYTES_MAX, CHAT_FLYING_MAX, CHAT_REFUSED_MAX, CHAT_UNACKED_MAX};
use crate::time::Instant;
use crate::wire::{Address, BoundedStr, ChatCommand, ChatRefusal, Manner};

/// A line this client wrote that is not stored, as far as it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its id, by which it is known for good.
    pub client_id: u64,
    /// For whom.
    pub to: Address,
    /// How it is meant.
    pub manner: Manner,
    /// What it says.
    pub text: BoundedStr<CHAT_BYTES_MAX>,
    /// The log it goes to, wherever its writer is by then: of a line to a team, which must never
    /// reach another one.
    log: Option<LogId>,
    /// How often it was sent.
    sent: u32,
    /// Whether an answer to it is on its way.
    flies: bool,
    /// Whether it came too fast when it was sent again.
    slow: bool,
}

/// All lines on their way out.
#[derive(Clone, Debug, Default)]
pub(super) struct Outbox {
    pen: Option<u32>,
    said: u32,
    waiting: VecDeque<Outgoing>,
    refused: VecDeque<Outgoing>,
    /// How long nothing shall be sent, from the next frame on, and then until when.
    pause: Option<Duration>,
    paused: Option<Instant>,
}

impl Outgoing {
    /// Where it goes: the log it is bound to, or for whom it is.
    #[must_use]
    pub fn address(&self) -> Address {
        self.log.map_or_else(|| self.to.clone(), Address::Log)
    }

    /// Sends it, once more or for the first time.
    fn fly(&mut self, to: Address) -> ChatCommand {
        if let (Address::Team, Address::Log(log)) = (&self.to, &to) {
            self.log = Some(*log);
        }
        self.sent = self.sent.saturating_add(1);
        self.flies = true;
        ChatCommand::Say {
            client_id: self.client_id,
            to,
            manner: self.manner,
            text: self.text.clone(),
        }
    }

    /// Whether it is for whoever is in the writer's room.
    fn is_of_the_room(&self) -> bool {
        matches!(self.to, Address::Room | Address::Team | Address::Near)
    }
}

impl Outbox {
    /// The pen of the first Welcome is kept, so that lines are known again.
    pub(super) fn take_pen(&mut self, pen: u32) {
        self.pen.get_or_insert(pen);
    }

    /// A new line, with the log it is bound to if it is: its id; `None` without a pen, at
    /// [`CHAT_UNACKED_MAX`], or when it is too long. [`Outbox::due`] sends it.
    pub(super) fn write(
        &mut self,
        (to, log): (Address, Option<LogId>),
        manner: Manner,
        text: &str,
    ) -> Option<u64> {
        let text = BoundedStr::new(text).ok()?;
        let pen = self.pen?;
        if self.waiting.len() >= CHAT_UNACKED_MAX {
            return None;
        }
        self.said = self.said.checked_add(1)?;
        let client_id = u64::from(pen) << 32 | u64::from(self.said);
        self.waiting.push_back(Outgoing {
            client_id,
            to,
            manner,
            text,
            log,
            sent: 0,
            flies: false,
            slow: false,
        });
        Some(client_id)
    }

    /// What is to be sent now, in order: nothing while there is a pause, and only what has an
    /// address by now. At most [`CHAT_FLYING_MAX`] lines are on their way at a time, and one only
    /// while there are lines that came too fast when they were sent again.
    pub(super) fn due(
        &mut self,
        address: impl Fn(&Address) -> Option<Address>,
    ) -> Vec<ChatCommand> {
        if self.pause.is_some() || self.paused.is_some() {
            return Vec::new();
        }
        let most = if self.is_slowed() { 1 } else { CHAT_FLYING_MAX };
        let flying = self.waiting.iter().filter(|line| line.flies).count();
        let due = self.waiting.iter_mut().filter(|line| !line.flies);
        let due = due.filter_map(|line| Some((address(&line.address())?, line)));
        let due = due.take(most.saturating_sub(flying));
        due.map(|(to, line)| line.fly(to)).collect()
    }

    fn is_slowed(&self) -> bool {
        self.waiting.iter().any(|line| line.slow)
    }

    /// Time goes on: a pause begins or ends.
    pub(super) fn frame(&mut self, now: Instant) {
        if let Some(pause) = self.pause.take() {
            self.paused = self.paused.max(Some(now + pause));
        }
        self.paused = self.paused.filter(|&until| until > now);
    }

    /// Another link: every line is sent again, at once.
    pub(super) fn start_link(&mut self) {
        (self.pause, self.paused) = (None, None);
        for line in &mut self.waiting {
            (line.flies, line.slow) = (false, false);
        }
    }

    /// A line that was refused is sent once more, under its id.
    pub(super) fn again(&mut self, client_id: u64) -> bool {
        let mut all = self.refused.iter();
        let at = all.position(|one| one.client_id == client_id);
        let free = self.waiting.len() < CHAT_UNACKED_MAX;
        let line = at.filter(|_| free).and_then(|at| self.refused.remove(at));
        let said = line.is_some();
        self.waiting.extend(line);
        said
    }

    /// The server took a line. False when it was not waited for.
    pub(super) fn acked(&mut self, client_id: u64) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|line| line.client_id != client_id);
        before != self.waiting.len()
    }

    /// The server did not take a line; it is kept where it may be taken later. A line that was sent
    /// before may be stored already: where it only came too fast, or `early` on a new link, it is
    /// sent once more after a while, before everything behind it, and nothing is told.
    pub(super) fn refused(
        &mut self,
        client_id: u64,
        reason: ChatRefusal,
        seconds: u32,
        early: bool,
    ) -> Option<Outgoing> {
        let at = self
            .waiting
            .iter()
            .position(|one| one.client_id == client_id)?;
        let line = self.waiting.get_mut(at)?;
        let passes = is_of_haste(reason) || (early && is_of_beginning(reason));
        if line.sent > 1 && passes {
            (line.flies, line.slow) = (false, true);
            let pause = Duration::from_secs(u64::from(seconds.max(1)));
            self.pause = self.pause.max(Some(pause));
            return None;
        }
        let mut line = self.waiting.remove(at)?;
        (line.flies, line.slow) = (false, false);
        if may_pass(reason) {
            if self.refused.len() >= CHAT_REFUSED_MAX {
                self.refused.pop_front();
            }
            self.refused.push_back(line.clone());
        }
        Some(line)
    }

    /// The player is in another room: what was for the last one cannot be said any more. What was
    /// refused there was given back already.
    pub(super) fn leave_room(&mut self) -> Vec<Outgoing> {
        self.refused.retain(|line| !line.is_of_the_room());
        let all = core::mem::take(&mut self.waiting);
        let (gone, stay): (Vec<_>, Vec<_>) = all.into_iter().partition(Outgoing::is_of_the_room);
        self.waiting = stay.into();
        gone
    }

    /// The player is somebody else: nothing of it can be said any more.
    pub(super) fn clear(&mut self) -> Vec<Outgoing> {
        let all = core::mem::take(self);
        all.waiting.into()
    }

    pub(super) fn waiting(&self) -> impl Iterator<Item = &Outgoing> {
        self.waiting.iter()
    }

    pub(super) fn turned_down(&self) -> impl Iterator<Item = &Outgoing> {
        self.refused.iter()
    }
}

/// Whether a line was only judged by when others came.
fn is_of_haste(reason: ChatRefusal) -> bool {
    matches!(
        reason,
        ChatRefusal::TooFast | ChatRefusal::SlowMode | ChatRefusal::Repeated
    )
}

/// Whether a server says so that does not know yet what it has stored of an account.
fn is_of_beginning(reason: ChatRefusal) -> bool {
    matches!(
        reason,
        ChatRefusal::NotMember | ChatRefusal::NoSuchPlayer | ChatRefusal::StoreBusy
    )
}

/// Whether the same line may be taken a while later.
fn may_pass(reason: ChatRefusal) -> bool {
    matches!(
        reason,
        ChatRefusal::TooFast
            | ChatRefusal::SlowMode
            | ChatRefusal::StoreBusy
            | ChatRefusal::StoreFull
            | ChatRefusal::StoreFailed
    )
}
