//! What the report says of chat.
//!
//! Never measures anything: it sums the books up.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Ledger;
use super::message::{Fate, Message};
use crate::histogram::Percentiles;

/// What the report says of chat.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ChatReport {
    /// Messages the bots sent and the server did not refuse.
    pub sent: u64,
    /// Of these, the ones the server acknowledged to their sender.
    pub acked: u64,
    /// Expected deliveries that happened.
    pub delivered: u64,
    /// Deliveries that should happen: for each message, every bot that reads its log.
    pub expected: u64,
    /// Expected deliveries that did not happen.
    pub lost: u64,
    /// Deliveries of a message to a bot that had it already.
    pub duplicated: u64,
    /// Deliveries with a smaller offset than one before, or before an older one of its sender.
    pub reordered: u64,
    /// Offsets that a bot never saw between two that it did.
    pub gaps: u64,
    /// Deliveries to bots that may not read the message.
    pub leaked: u64,
    /// Messages the server refused (too fast, too long).
    pub refused: u64,
    /// Messages to a team that the server refused since their sender was in another one by then.
    pub moved: u64,
    /// How often a bot was dealt into another team.
    pub team_changes: u64,
    /// Of those refused or moved, the ones that reached somebody all the same.
    pub denied: u64,
    /// From the sender's sending to each receiver's receiving.
    pub delivery_ms: Percentiles,
    /// The same by scope, where something was said.
    pub scopes: BTreeMap<&'static str, ScopeReport>,
}

/// What the report says of one scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ScopeReport {
    /// Messages that were sent and not refused.
    pub sent: u64,
    /// Of these, the ones acknowledged.
    pub acked: u64,
    /// Messages that were refused.
    pub refused: u64,
    /// Messages whose sender was in another team when the server refused them.
    pub moved: u64,
    /// Expected deliveries that happened.
    pub delivered: u64,
    /// Deliveries that should happen.
    pub expected: u64,
    /// Deliveries to bots that may not read the message.
    pub leaked: u64,
}

impl ScopeReport {
    fn add(&mut self, message: &Message, leaked: u64) {
        self.sent += u64::from(!message.is_refused());
        self.acked += u64::from(message.is_acked());
        self.refused += u64::from(message.fate == Fate::Refused);
        self.moved += u64::from(message.fate == Fate::Moved);
        self.delivered += message.must.and(&message.delivered).count();
        self.expected += message.must.count();
        self.leaked += leaked;
    }
}

impl Ledger {
    /// What the report says.
    #[must_use]
    pub fn report(&self) -> ChatReport {
        let mut scopes: BTreeMap<&'static str, ScopeReport> = BTreeMap::new();
        for message in &self.messages {
            let leaked = message.leaked(&self.entitled(message));
            let scope = scopes.entry(message.place.name()).or_default();
            scope.add(message, leaked);
        }
        let total = |of: fn(&ScopeReport) -> u64| scopes.values().map(of).sum::<u64>();
        ChatReport {
            sent: total(|scope| scope.sent),
            acked: self.acked,
            delivered: self.delivered,
            expected: self.expected,
            lost: self.outstanding(),
            duplicated: self.duplicated,
            reordered: self.reordered,
            gaps: self.gaps,
            leaked: total(|scope| scope.leaked),
            refused: total(|scope| scope.refused),
            moved: total(|scope| scope.moved),
            team_changes: self.teams.changes(),
            denied: self.messages.iter().filter(|one| one.denied()).count() as u64,
            delivery_ms: self.delivery.percentiles(),
            scopes,
        }
    }
}
