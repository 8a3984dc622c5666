//! What the command lines of the clients have in common.
//!
//! Never starts anything: a wrong flag is one line and exit status 2.

use std::str::FromStr;
use std::time::Duration;

use clap::Parser;
use tickwire_link::{CertificateHash, Trust};
use tickwire_shared::conditioner::Network;
use tickwire_shared::limits::{NAME_BYTES_MAX, ROOM_NAME_BYTES_MAX};

/// A preset of the simulated network and its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    /// As typed.
    pub name: String,
    /// Its figures.
    pub network: Network,
}

impl FromStr for Net {
    type Err = String;

    /// # Errors
    /// One sentence that lists the presets.
    fn from_str(name: &str) -> Result<Net, String> {
        let network = name.parse::<Network>().map_err(|error| error.to_string())?;
        Ok(Net {
            name: name.to_owned(),
            network,
        })
    }
}

/// What `--pin` and `--insecure` mean together.
#[must_use]
pub fn trust(pin: Option<CertificateHash>, insecure: bool) -> Trust {
    match (pin, insecure) {
        (Some(hash), _) => Trust::Pinned(hash),
        (None, true) => Trust::Any,
        (None, false) => Trust::Automatic,
    }
}

/// Reads the command line; prints help and leaves with status 0, or says in one line what is wrong
/// and leaves with status 2.
#[must_use]
pub fn parse_or_exit<C: Parser>() -> C {
    C::try_parse().unwrap_or_else(|error| {
        if !error.use_stderr() {
            error.exit();
        }
        eprintln!("{}", one_line(&error));
        std::process::exit(2);
    })
}

/// The part of clap's message before its usage lines, as one line.
pub(crate) fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let said = text.split("\n\n").next().unwrap_or(&text);
    let words: Vec<&str> = said.split_whitespace().collect();
    format!("{} (--help lists the flags)", words.join(" "))
}

/// A length of time with its unit.
///
/// # Errors
/// One sentence with an example.
pub fn duration(text: &str) -> Result<Duration, String> {
    let bad = || "write a time such as 500ms, 90s, 2m or 1h".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let value: f64 = digits.parse().map_err(|_| bad())?;
    let unit_s = match &text[digits.len()..] {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return Err(bad()),
    };
    let span = Duration::try_from_secs_f64(value * unit_s).map_err(|_| bad())?;
    match span.as_secs() {
        0..=604_800 if !span.is_zero() => Ok(span),
        _ => Err("a run takes more than nothing and at most 168h".to_owned()),
    }
}

/// A room's name within the limits.
///
/// # Errors
/// One sentence with the limit.
pub fn room_name(text: &str) -> Result<String, String> {
    bounded(text, ROOM_NAME_BYTES_MAX, "a room's name")
}

/// A player's name within the limits.
///
/// # Errors
/// One sentence with the limit.
pub fn player_name(text: &str) -> Result<String, String> {
    bounded(text, NAME_BYTES_MAX, "a name")
}

fn bounded(text: &str, bytes_max: usize, what: &str) -> Result<String, String> {
    let fits = (1..=bytes_max).contains(&text.len()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
        .ok_or_else(|| format!("{what} has 1 to {bytes_max} bytes of printable text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert!(duration("µs").is_err() && duration("-3s").is_err() && duration("").is_err());
    }

    #[test]
    fn names_are_bounded() {
        assert!(player_name(&"x".repeat(33)).is_err() && player_name("").is_err());
        assert!(room_name("a\x1b[2J").is_err() && room_name("lobby").is_ok());
    }
}
