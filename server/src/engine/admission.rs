//! Who stands at the door: what the shell finds out about a player for the lobby.
//!
//! Never verifies a token or looks anything up: the shell does, and answers with these values.

use core::fmt;

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{AccountId, LinkId};
use tickwire_shared::wire::{Credential, Role, Token};

/// What somebody is told whose login is for another room than the one that is wanted.
pub const OTHER_ROOM: &str = "The login is for another room: log in for this one.";

/// A link whose player is to be found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmitOrder {
    /// Which.
    pub link: LinkId,
    /// What the player shows.
    pub who: Credential,
    /// The name the player wants, for an account that has none yet.
    pub name: String,
    /// The room the player wants, or any.
    pub room: Option<String>,
}

/// A player who is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The account; never a guest's.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Brings it back into the same rooms.
    pub return_key: Token,
    /// The only room it may enter with this, or with that key.
    pub room: Option<String>,
}

/// Why somebody is not let in, and what else to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: CloseReason,
    /// Words for the player, may be empty.
    pub detail: String,
}

impl Refusal {
    /// A reason with words.
    #[must_use]
    pub fn new(reason: CloseReason, detail: impl Into<String>) -> Refusal {
        Refusal {
            reason,
            detail: detail.into(),
        }
    }
}

impl From<CloseReason> for Refusal {
    fn from(reason: CloseReason) -> Refusal {
        Refusal::new(reason, "")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.reason, self.detail)
    }
}
