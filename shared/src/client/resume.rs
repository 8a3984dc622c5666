//! What takes a session up again or else brings its player back, and its text for programs that
//! keep it over their own end.
//!
//! Never says whether there still is such a session: only the server knows.
//!
//! ```text
//! session, decimal - return key, 32 hexadecimal digits - token, as many
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
    /// Who comes back, should the session be gone.
    pub return_key: Token,
    /// The proof.
    pub token: Token,
}

/// A text that is no [`ResumeToken`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadResumeToken;

impl fmt::Display for ResumeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [key, token] = [self.return_key, self.token].map(|part| u128::from_be_bytes(part.0));
        write!(f, "{}-{key:032x}-{token:032x}", self.session.0)
    }
}

impl FromStr for ResumeToken {
    type Err = BadResumeToken;

    fn from_str(text: &str) -> Result<ResumeToken, BadResumeToken> {
        let (session, rest) = text.split_once('-').ok_or(BadResumeToken)?;
        let (key, token) = rest.split_once('-').ok_or(BadResumeToken)?;
        let secret = |text| match u128::from_str_radix(text, 16) {
            Ok(number) => Ok(Token(number.to_be_bytes())),
            Err(_) => Err(BadResumeToken),
        };
        let read = ResumeToken {
            session: SessionId(session.parse().map_err(|_| BadResumeToken)?),
            return_key: secret(key)?,
            token: secret(token)?,
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
            return_key: Token([0xB; 16]),
            token: Token([0xA; 16]),
        };
        let (key, proof) = ("0b".repeat(16), "0a".repeat(16));
        let text = format!("70-{key}-{proof}");
        assert_eq!(token.to_string(), text);
        assert_eq!(text.parse(), Ok(token));
        for other in [
            String::new(),
            "70".to_owned(),
            format!("70-{key}"),
            format!("70-{key}-"),
            format!("70-{key}-0a"),
            format!("70--{proof}"),
            format!("70-3-{proof}"),
            format!("+{text}"),
            format!("{text}-"),
            format!("70--{key}-{proof}"),
            format!("18446744073709551616-{key}-{proof}"),
            text.to_uppercase(),
            text.replace("a0", "\u{e4}0"),
        ] {
            assert_eq!(other.parse::<ResumeToken>(), Err(BadResumeToken), "{other}");
        }
    }
}
