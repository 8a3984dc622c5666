//! Why a link ends, as a text message on its ordered channel.
//!
//! Never trusts the words: the number alone says why.
//!
//! ```text
//! close NUMBER WORDS        such as: close 7 The room has no free seat: try another room or later.
//! ```

use tickwire_shared::close::CloseReason;

/// Bytes of the words at the most; longer ones are cut.
const WORDS_BYTES_MAX: usize = 256;

/// The message; the reason's own words stand in for missing ones.
pub(super) fn text_of(reason: CloseReason, detail: &str) -> String {
    let words = if detail.is_empty() {
        reason.text()
    } else {
        detail
    };
    let words = words
        .get(..words.floor_char_boundary(WORDS_BYTES_MAX))
        .unwrap_or_default();
    format!("close {} {words}", reason.number())
}

/// The reason a message names. An unknown number is a lost link; `None` is no such message.
pub(super) fn reason_of(message: &[u8]) -> Option<CloseReason> {
    let text = str::from_utf8(message).ok()?;
    let rest = text.strip_prefix("close ")?;
    let number = rest.split(' ').next()?.parse().ok()?;
    Some(CloseReason::from_number(number).unwrap_or(CloseReason::LinkLost))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for reason in CloseReason::ALL {
            let text = text_of(*reason, "");
            assert!(text.ends_with(reason.text()));
            assert_eq!(reason_of(text.as_bytes()), Some(*reason));
        }
        let long = text_of(CloseReason::RoomFull, &"\u{e9}".repeat(1_000));
        assert!(long.len() <= WORDS_BYTES_MAX + 10);
        assert_eq!(reason_of(b"close 0"), Some(CloseReason::Bye));
        assert_eq!(reason_of(b"close 4000 x"), Some(CloseReason::LinkLost));
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            &b""[..],
            b"close",
            b"close ",
            b"close x",
            b"Close 1",
            b"close \xFF",
        ] {
            assert_eq!(reason_of(text), None);
        }
    }
}
