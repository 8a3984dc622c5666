//! Where a player can write.
//!
//! Never says whether that is allowed now.

use core::fmt;
use core::str::FromStr;

use tickwire_shared::id::{AccountId, LogId};

/// A log, or a whisper that has none yet. Its text is `l` or `w` and the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A log the player reads.
    Log(LogId),
    /// A whisper to somebody to whom nothing was whispered so far.
    New(AccountId),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Log(log) => write!(f, "l{}", log.0),
            Place::New(account) => write!(f, "w{}", account.0),
        }
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Place, &'static str> {
        let number = |text: &str| text.parse().map_err(|_| "that is no place of chat");
        match (text.strip_prefix('l'), text.strip_prefix('w')) {
            (Some(log), _) => Ok(Place::Log(LogId(number(log)?))),
            (_, Some(account)) => Ok(Place::New(AccountId(number(account)?))),
            _ => Err("that is no place of chat"),
        }
    }
}
