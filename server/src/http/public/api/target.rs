//! Which path means what.
//!
//! Never answers: it says what is meant, and with which methods.

use hyper::Method;
use tickwire_shared::id::AccountId;
use tickwire_shared::limits::ROOM_NAME_BYTES_MAX;

/// What a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The description of all this.
    Description,
    /// The caller.
    Me,
    /// Every room.
    Rooms,
    /// A room.
    Room(String),
    /// What is said in it.
    RoomLines(String),
    /// What happens in it.
    RoomEvents(String),
    /// What is said to everybody.
    Announcements,
    /// The caller's whispers.
    Whispers,
    /// What was whispered with an account.
    WhisperLines(AccountId),
    /// The same as it happens.
    WhisperEvents(AccountId),
    /// How far the caller has read it.
    WhisperRead(AccountId),
}

impl Target {
    /// What a path below `/api/v1/` means; `None` for nothing.
    pub(super) fn of(path: &str) -> Option<Target> {
        let segments = path.strip_prefix("/api/v1/")?.split('/');
        let segments: Option<Vec<String>> = segments.take(4).map(decoded).collect();
        let segments = segments?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let account = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().ok().map(AccountId))?
        };
        let name = |text: &str| {
            let fits = (1..=ROOM_NAME_BYTES_MAX).contains(&text.len());
            fits.then(|| text.to_owned())
        };
        Some(match segments[..] {
            ["openapi.json"] => Target::Description,
            ["me"] => Target::Me,
            ["rooms"] => Target::Rooms,
            ["rooms", room] => Target::Room(name(room)?),
            ["rooms", room, "lines"] => Target::RoomLines(name(room)?),
            ["rooms", room, "events"] => Target::RoomEvents(name(room)?),
            ["announcements"] => Target::Announcements,
            ["whispers"] => Target::Whispers,
            ["whispers", with, "lines"] => Target::WhisperLines(account(with)?),
            ["whispers", with, "events"] => Target::WhisperEvents(account(with)?),
            ["whispers", with, "read"] => Target::WhisperRead(account(with)?),
            _ => return None,
        })
    }

    /// The methods it has.
    pub(super) fn methods(&self) -> &'static str {
        match self {
            Target::RoomLines(_) | Target::WhisperLines(_) => "GET, POST",
            Target::Announcements | Target::WhisperRead(_) => "POST",
            _ => "GET",
        }
    }

    /// Whether it has this method.
    pub(super) fn has(&self, method: &Method) -> bool {
        let mut methods = self.methods().split(", ");
        methods.any(|known| known == method.as_str())
    }
}

/// A part of a path without its escapes; `None` when they are no text.
fn decoded(segment: &str) -> Option<String> {
    let mut bytes = segment.bytes();
    let mut text = Vec::with_capacity(segment.len());
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16).map(|digit| digit as u8);
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = digit(bytes.next())?;
            text.push(high << 4 | digit(bytes.next())?);
        } else {
            text.push(byte);
        }
    }
    String::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_mean_one_thing_and_escapes_are_seen_through() {
        let of = |path: &str| Target::of(&format!("/api/v1/{path}"));
        assert_eq!(of("rooms"), Some(Target::Rooms));
        assert_eq!(of("rooms/a%2Fb"), Some(Target::Room("a/b".to_owned())));
        let lines = Target::RoomLines("ä".to_owned());
        assert_eq!(of("rooms/%C3%A4/lines"), Some(lines));
        let whisper = Target::WhisperLines(AccountId(7));
        assert_eq!(of("whispers/7/lines"), Some(whisper));
        for nothing in [
            "",
            "rooms/",
            "rooms//lines",
            "rooms/%zz",
            "rooms/%C3",
            "rooms/%4",
            "me/x",
            "whispers/x/lines",
            "whispers/99999999999999999999/lines",
            "rooms/a/b/c/d",
        ] {
            assert_eq!(of(nothing), None, "{nothing}");
        }
        assert_eq!(of(&format!("rooms/{}", "x".repeat(49))), None);
        assert_eq!(Target::of("/api/v2/rooms"), None);
    }
}
