//! What takes a session up again, and its text for programs that keep it over their own end.
//!
//! Never says whether there still is such a session: only the server knows.
//!
//! ```text
//! session, decimal - chat lines said, decimal - token, 32 hexadecimal digits
//! ```

use core::fmt;
use core::str::FromStr;

use crate::id::SessionId;
use crate::wire::Token;

/// What it takes to take up a session again. A secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumeToken {
    /// Which session.
    pub session: SessionId,
    /// The id of the last chat line its clients sent: the server takes a lower one for a repeat.
    pub said: u32,
    /// The proof.
    pub token: Token,
}

/// A text that is no [`ResumeToken`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadResumeToken;

impl fmt::Display for ResumeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = u128::from_be_bytes(self.token.0);
        write!(f, "{}-{}-{token:032x}", self.session.0, self.said)
    }
}

impl FromStr for ResumeToken {
    type Err = BadResumeToken;

    fn from_str(text: &str) -> Result<ResumeToken, BadResumeToken> {
        let (session, rest) = text.split_once('-').ok_or(BadResumeToken)?;
        let (said, token) = rest.split_once('-').ok_or(BadResumeToken)?;
        let token = u128::from_str_radix(token, 16).map_err(|_| BadResumeToken)?;
        let read = ResumeToken {
            session: SessionId(session.parse().map_err(|_| BadResumeToken)?),
            said: said.parse().map_err(|_| BadResumeToken)?,
            token: Token(token.to_be_bytes()),
        };
        // One text each, so that nothing but what was written is read.
        (read.to_string() == text)
            .then_some(read)
            .ok_or(BadResumeToken)
    }
}

impl fmt::Display for BadResumeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is not what an earlier client kept of its session")
    }
}

impl core::error::Error for BadResumeToken {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_text_is_read_back_and_no_other() {
        let token = ResumeToken {
            session: SessionId(70),
            said: 3,
            token: Token([0xA; 16]),
        };
        let text = "70-3-0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";
        assert_eq!(token.to_string(), text);
        assert_eq!(text.parse(), Ok(token));
        for other in [
            "",
            "70",
            "70-3",
            "70-3-",
            "70-3-0a",
            "+70-3-0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",
            "70--3-0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",
            "70-4294967296-0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",
            "70-3-0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A",
            "70-3-0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a-",
            "70-3-\u{e4}a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0",
        ] {
            assert_eq!(other.parse::<ResumeToken>(), Err(BadResumeToken), "{other}");
        }
    }
}
