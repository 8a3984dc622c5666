//! The client's side of chat: lines on their way out, and each line that comes told once.
//!
//! Never checks what a line means and never stores history: the server has it.

use std::collections::VecDeque;

use crate::chat::{Arrival, ChatCursor};
use crate::limits::{CHAT_BYTES_MAX, CHAT_UNACKED_MAX};
use crate::wire::{BoundedStr, ClientControl};

/// Chat as this client sees it.
#[derive(Clone, Debug, Default)]
pub struct Talk {
    cursor: ChatCursor,
    /// The id of the last line.
    said: u32,
    /// Lines the server has not acked, oldest first.
    unacked: VecDeque<(u32, BoundedStr<CHAT_BYTES_MAX>)>,
}

impl Talk {
    /// The chat of a client that goes on after another, whose last line had the id `said`.
    #[must_use]
    pub fn after(said: u32) -> Talk {
        Talk {
            said,
            ..Talk::default()
        }
    }

    /// The id of the last line that was said; zero before the first.
    #[must_use]
    pub fn said(&self) -> u32 {
        self.said
    }

    /// Where this client stands, for a resume.
    #[must_use]
    pub fn cursor(&self) -> ChatCursor {
        self.cursor
    }

    /// A link is open: `epoch` and `first` from its Welcome. Returns how many lines are lost to
    /// this client, and the lines to send again.
    pub fn welcome(&mut self, resumed: bool, epoch: u32, first: u64) -> (u64, Vec<ClientControl>) {
        if !resumed {
            // Another session: its server-side memory of ids is empty, and lines nobody acked
            // may or may not have been shown. They are not sent twice.
            self.unacked.clear();
        }
        let missed = self.cursor.welcome(epoch, first);
        let again = self
            .unacked
            .iter()
            .map(|(client_id, text)| ClientControl::Chat {
                client_id: *client_id,
                text: text.clone(),
            });
        (missed, again.collect())
    }

    /// A new line to send. `None` at [`CHAT_UNACKED_MAX`] unacked lines, or when it is too long.
    pub fn say(&mut self, text: &str) -> Option<(u32, ClientControl)> {
        let text = BoundedStr::new(text).ok()?;
        if self.unacked.len() >= CHAT_UNACKED_MAX {
            return None;
        }
        let client_id = self.said.checked_add(1)?;
        self.said = client_id;
        self.unacked.push_back((client_id, text.clone()));
        Some((client_id, ClientControl::Chat { client_id, text }))
    }

    /// The server acked or refused a line. False when it was not waiting: told before.
    pub fn settled(&mut self, client_id: u32) -> bool {
        let before = self.unacked.len();
        self.unacked.retain(|(id, _)| *id != client_id);
        before != self.unacked.len()
    }

    /// A line came.
    pub fn arrived(&mut self, offset: u64) -> Arrival {
        self.cursor.arrived(offset)
    }
}
