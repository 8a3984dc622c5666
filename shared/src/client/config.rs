//! What a client is made from, and what it hands out.
//!
//! Never holds a link or a clock.

use super::Sabotage;
use super::resume::ResumeToken;
use crate::id::Lane;
use crate::wire::Credential;

/// What a client wants.
#[derive(Clone, Debug, Default)]
pub struct ClientConfig {
    /// The player's name.
    pub name: String,
    /// The room, or any with a free seat.
    pub room: Option<String>,
    /// Who the player is; a guest nobody knows unless it says otherwise.
    pub who: Credential,
    /// A session of an earlier client to take up again, from [`super::Client::resume_token`].
    pub resume: Option<ResumeToken>,
    /// A planted bug, for tests.
    #[doc(hidden)]
    pub sabotage: Sabotage,
}

/// A packet to hand to the link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// On which lane.
    pub lane: Lane,
    /// Its bytes.
    pub bytes: Vec<u8>,
}
