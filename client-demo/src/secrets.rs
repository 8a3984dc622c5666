//! Files with what must not stand on a command line, where everybody on the machine can read it.
//!
//! Never shows what is in them.

use core::fmt;
use std::fs::File;
use std::io::Read as _;
use std::str::FromStr;

use tickwire_shared::limits::ADMISSION_BYTES_MAX;
use tickwire_shared::wire::{BoundedStr, Credential};

/// Bytes of such a file at the most: a token for each of a thousand bots. A longer one is refused.
pub const SECRETS_BYTES_MAX: u64 = 2 * 1_024 * 1_024;

/// What stands in a file, one secret a line; a flag's value is the file's name.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets(Vec<String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

impl FromStr for Secrets {
    type Err = String;

    /// # Errors
    /// One sentence that names the file.
    fn from_str(path: &str) -> Result<Secrets, String> {
        let mut text = String::new();
        File::open(path)
            .and_then(|file| file.take(SECRETS_BYTES_MAX + 1).read_to_string(&mut text))
            .map_err(|error| format!("cannot read {path}: {error}"))?;
        if text.len() as u64 > SECRETS_BYTES_MAX {
            return Err(format!("{path} is longer than {SECRETS_BYTES_MAX} bytes"));
        }
        let lines = text.lines().map(str::trim);
        if let Some(at) = lines
            .clone()
            .position(|line| line.len() > ADMISSION_BYTES_MAX)
        {
            return Err(format!("{path}: line {} is no token", at + 1));
        }
        let lines = lines.filter(|line| !line.is_empty()).map(str::to_owned);
        let secrets: Vec<String> = lines.collect();
        match secrets.is_empty() {
            true => Err(format!("{path} has no token in it")),
            false => Ok(Secrets(secrets)),
        }
    }
}

impl Secrets {
    /// The first one.
    #[must_use]
    pub fn first(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// The player whom the admission token at this place lets in, once; a guest past the last.
    #[must_use]
    pub fn player(&self, index: usize) -> Credential {
        let token = self.0.get(index);
        let token = token.and_then(|token| BoundedStr::new(token).ok());
        token.map_or(Credential::New, |token| Credential::Admission { token })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_lets_one_player_in_and_what_is_wrong_is_named() {
        let name = format!("tickwire-secrets-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let read = |text: &str| {
            std::fs::write(&path, text).expect("a file");
            path.to_str().expect("a plain path").parse::<Secrets>()
        };
        let secrets = read("one\n\n  two \n").expect("two tokens");
        let token = |index| match secrets.player(index) {
            Credential::Admission { token } => Some(token.to_string()),
            _ => None,
        };
        assert_eq!(token(0).as_deref(), Some("one"));
        assert_eq!(token(1).as_deref(), Some("two"));
        assert_eq!((token(2), secrets.first()), (None, "one"));
        assert_eq!(format!("{secrets:?}"), "2 secrets");
        assert!(read("\n").expect_err("nothing").contains("no token"));
        let long = format!("one\n{}", "x".repeat(100_000));
        assert!(read(&long).expect_err("too long").contains("line 2"));
        std::fs::remove_file(&path).expect("it is ours");
        let gone = path.to_str().expect("plain").parse::<Secrets>();
        assert!(gone.expect_err("gone").contains("cannot read"));
    }
}
