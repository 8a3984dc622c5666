//! An account that has a session here, or that somebody here talks to.
//!
//! Never stored: what must last was written before it is here.

use std::collections::{BTreeMap, BTreeSet};

use tickwire_shared::id::{AccountId, LogId, SessionId};
use tickwire_shared::wire::Standing;

use super::shelf::Place;
use crate::engine::storage::{LogKey, Membership, Ticket};
use crate::limits::ACCOUNT_LOGS_MAX;

/// How much of an account is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// The store was asked.
    Asked,
    /// The store failed: it is asked again in a while.
    Failed,
    /// All of it.
    All,
}

/// A party or a group that an account may come into.
#[derive(Clone, Debug)]
pub struct Invited {
    /// Which.
    pub key: LogKey,
    /// What it is called.
    pub called: String,
    /// Who owns it; 0 for nobody.
    pub host: AccountId,
    /// That one's name.
    pub host_name: String,
}

/// An account.
#[derive(Clone, Debug)]
pub struct Person {
    /// Its name.
    pub name: String,
    /// Its sessions.
    pub sessions: BTreeSet<SessionId>,
    /// How much of what follows is known.
    pub known: Known,
    /// The newest question to the store: what it answers to an older one may be from before a
    /// change, and does not count.
    pub asked: Option<Ticket>,
    /// Every line below this was seen, of logs without members.
    pub read: BTreeMap<LogId, u64>,
    /// The teams it is or was in, until it has left them in the store too: of each its log, and
    /// how it stands to that. At most [`crate::limits::ACCOUNT_LOGS_MAX`] are taken over.
    pub teams: BTreeMap<LogId, (LogKey, Membership)>,
    /// Whispers, parties and groups it is in, at most [`crate::limits::ACCOUNT_LOGS_MAX`].
    pub logs: BTreeSet<LogKey>,
    /// Parties and groups it may come into, as bounded as `logs`.
    pub invited: BTreeMap<LogId, Invited>,
    /// The party it is in or about to be.
    pub party: Option<LogId>,
    /// Logs whose other members it watches.
    pub acquainted: BTreeSet<Place>,
    /// How many whispers in memory are with it.
    pub whispers: u32,
    /// Whom it hears nothing from, and their names.
    pub blocked: BTreeMap<AccountId, String>,
    /// Of whom it is told, and their names.
    pub followed: BTreeMap<AccountId, String>,
}

impl Person {
    /// An account the store is asked about.
    pub fn new(name: &str) -> Person {
        Person {
            name: name.to_owned(),
            sessions: BTreeSet::new(),
            known: Known::Asked,
            asked: None,
            read: BTreeMap::new(),
            teams: BTreeMap::new(),
            logs: BTreeSet::new(),
            invited: BTreeMap::new(),
            party: None,
            acquainted: BTreeSet::new(),
            whispers: 0,
            blocked: BTreeMap::new(),
            followed: BTreeMap::new(),
        }
    }

    /// How the account stands to a log from now on.
    pub fn stand(&mut self, log: LogId, standing: Standing, invited: Invited) {
        let key = &invited.key;
        if matches!(key, LogKey::Team(..)) {
            return;
        }
        self.invited.remove(&log);
        match standing {
            Standing::Invited if self.invited.len() >= ACCOUNT_LOGS_MAX => {}
            Standing::Invited => {
                self.invited.insert(log, invited);
            }
            Standing::Member | Standing::Owner if self.logs.len() >= ACCOUNT_LOGS_MAX => {}
            Standing::Member | Standing::Owner => {
                self.logs.insert(key.clone());
                if matches!(key, LogKey::Party(_)) {
                    self.party = Some(log);
                }
            }
            Standing::Left => {
                self.logs.remove(key);
                if self.party == Some(log) {
                    self.party = None;
                }
            }
        }
    }
}
