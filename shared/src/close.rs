//! Why a link or a session ends: one closed, numbered list.
//!
//! Numbers are part of the wire and are never reused.

use core::fmt;

macro_rules! reasons {
    ($($number:literal $name:ident $text:literal,)*) => {
        /// Why a link or a session ended. The number travels; the text is for people.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CloseReason {
            $(#[doc = $text] $name,)*
        }

        impl CloseReason {
            /// Every reason, in the order of their numbers.
            pub const ALL: &'static [CloseReason] = &[$(CloseReason::$name,)*];

            /// The number on the wire.
            #[must_use]
            pub const fn number(self) -> u32 {
                match self { $(CloseReason::$name => $number,)* }
            }

            /// The reason with this number; `None` for a number this version does not know.
            #[must_use]
            pub const fn from_number(number: u32) -> Option<CloseReason> {
                match number { $($number => Some(CloseReason::$name),)* _ => None }
            }

            /// What to tell the person at the screen.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(CloseReason::$name => $text,)* }
            }
        }
    };
}

reasons! {
    0 Bye "The player left.",
    1 Malformed "The other side sent bytes that do not decode.",
    2 Oversize "The other side sent a packet that is too long.",
    3 OutOfPhase "The other side sent a packet that is not allowed now.",
    4 ProtocolVersion "Client and server speak different protocol versions: update the older one.",
    5 SchemaMismatch "Client and server were built from different games: update the older one.",
    6 BadName "This name is not allowed, or is a registered player's: pick another.",
    7 RoomFull "The room has no free seat: try another room or later.",
    8 ServerFull "The server has no free place: try again later.",
    9 NoSuchRoom "There is no such room, and this server does not create it.",
    10 TooManyPackets "The other side sent packets faster than the server allows.",
    11 SlowConsumer "This client did not read what the server sent to it.",
    12 TimedOut "Nothing was heard from the other side for too long.",
    13 HandshakeTimeout "The handshake took too long.",
    14 Replaced "The same session was opened from another link.",
    15 RoomFailed "The room had an internal error and was closed: join again.",
    16 Draining "The server is going down: join again in a moment.",
    17 UnknownSession "The session to resume is over: join anew.",
    18 LinkLost "The link broke.",
    19 Refused "The server refused this client.",
    20 BadCredential "The server does not know who this is: log in again.",
    21 Kicked "A moderator has sent this player away.",
    22 Banned "This player is banned from the server.",
    23 Starting "The server is still starting: try again in a moment.",
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (reason {})", self.text(), self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_name_one_reason_each() {
        for (index, &reason) in CloseReason::ALL.iter().enumerate() {
            assert_eq!(reason.number() as usize, index);
            assert_eq!(CloseReason::from_number(reason.number()), Some(reason));
        }
        assert_eq!(
            CloseReason::from_number(CloseReason::ALL.len() as u32),
            None
        );
    }
}
