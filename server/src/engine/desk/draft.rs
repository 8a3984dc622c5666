//! A line on its way into the store.
//!
//! Never seen by a reader: it has no offset yet.

use tickwire_shared::id::{AccountId, SessionId, Tick};
use tickwire_shared::limits::{CHAT_BYTES_MAX, NAME_BYTES_MAX};
use tickwire_shared::wire::{BoundedStr, Line, Manner, Role};

use crate::engine::etiquette::conduct::Allowed;
use crate::engine::etiquette::pen::Price;
use crate::engine::storage::{Millis, NewLine, Write};
use tickwire_shared::id::LogId;

/// A line that was judged and has no offset yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Whose ack it is; `None` for the server's own lines.
    pub session: Option<SessionId>,
    /// Whether a visitor said it, not a player.
    pub is_visitors: bool,
    /// Who wrote it.
    pub from: AccountId,
    /// Unique for its author.
    pub client_id: u64,
    /// Its author's name.
    pub name: BoundedStr<NAME_BYTES_MAX>,
    /// Its author's role.
    pub role: Role,
    /// The newest tick of its author's room.
    pub tick: Tick,
    /// How it is meant.
    pub manner: Manner,
    /// The text.
    pub text: BoundedStr<CHAT_BYTES_MAX>,
    /// What it took from its author's pen, once it was judged.
    pub price: Option<Price>,
}

impl Draft {
    /// As it was judged.
    pub fn judged_as(self, allowed: &Allowed) -> Draft {
        Draft {
            text: BoundedStr::cut(&allowed.text),
            price: Some(allowed.price),
            ..self
        }
    }

    /// For the store. A line of the server itself is an operator's, and in the audit log too.
    pub fn to_write(&self, logs: Vec<LogId>) -> Write {
        let line = Write::Line(self.to_store(logs));
        if self.session.is_some() {
            return line;
        }
        let audit = Write::Audit {
            by: self.from,
            what: format!("announced: {}", &*self.text),
        };
        Write::All(vec![line, audit])
    }

    fn to_store(&self, logs: Vec<LogId>) -> NewLine {
        NewLine {
            logs,
            from: self.from,
            client_id: self.client_id,
            name: self.name.to_string(),
            role: self.role,
            tick: self.tick,
            manner: self.manner,
            text: self.text.to_string(),
        }
    }

    /// For readers, once it is stored.
    pub fn to_line(&self, offset: u64, at: Millis) -> Line {
        Line {
            offset,
            from: self.from,
            name: self.name.clone(),
            role: self.role,
            at: at.0,
            tick: self.tick,
            manner: self.manner,
            text: self.text.clone(),
        }
    }
}
