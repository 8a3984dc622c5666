//! Whether a reaction is one sign.
//!
//! Never a list of what is allowed: any letter, digit or emoji will do, with what belongs to it.

use tickwire_shared::chat::{TextFault, check_line};
use tickwire_shared::limits::REACTION_BYTES_MAX;
use tickwire_shared::wire::ChatRefusal;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::limits::SIGN_MARKS_MAX;

/// Takes a sign, in NFC: one character that stands by itself with its marks and its colour, a flag,
/// or several emoji that are joined to one.
///
/// # Errors
/// When it is none, too long, or hostile text.
pub fn sign(text: &str) -> Result<String, ChatRefusal> {
    if text.len() > REACTION_BYTES_MAX {
        return Err(ChatRefusal::TooLong);
    }
    let sign: String = text.nfc().collect();
    if sign.len() > REACTION_BYTES_MAX {
        return Err(ChatRefusal::TooLong);
    }
    check_line(&sign).map_err(|fault| match fault {
        TextFault::Empty => ChatRefusal::Empty,
        _ => ChatRefusal::BadText,
    })?;
    if is_one(&sign) {
        Ok(sign)
    } else {
        Err(ChatRefusal::BadText)
    }
}

/// A rough reading of grapheme clusters (UAX 29), stricter where text could hide.
fn is_one(sign: &str) -> bool {
    let mut chars = sign.chars();
    let Some(first) = chars
        .next()
        .filter(|&c| stands_alone(c) && !c.is_whitespace())
    else {
        return false;
    };
    let (mut base, mut last, mut marks) = (first, first, 0);
    let mut flag = is_flag_letter(first);
    for c in chars {
        if !stands_alone(c) {
            marks += usize::from(is_combining_mark(c));
        } else if flag && is_flag_letter(c) {
            flag = false;
        } else if last == '\u{200D}' && is_pictured(base) && is_pictured(c) {
            base = c;
        } else {
            return false;
        }
        last = c;
    }
    last != '\u{200D}' && marks <= SIGN_MARKS_MAX
}

/// Whether it is no addition to the one before.
fn stands_alone(c: char) -> bool {
    let added = matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{1F3FB}'..='\u{1F3FF}');
    !added && !is_combining_mark(c)
}

fn is_flag_letter(c: char) -> bool {
    matches!(c, '\u{1F1E6}'..='\u{1F1FF}')
}

/// Whether it may be joined to another: letters could spell a word.
fn is_pictured(c: char) -> bool {
    u32::from(c) >= 0x2000 && !c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sign_of_any_kind_is_taken() {
        for one in [
            "👍",
            "❤️",
            "👍🏽",
            "👩‍👩‍👧‍👦",
            "🧑🏻‍❤️‍💋‍🧑🏿",
            "🇫🇷",
            "1️⃣",
            "a",
            "é",
            "क्",
            "♥",
            "+",
            "?",
        ] {
            assert_eq!(sign(one), Ok(one.to_owned()), "{one}");
        }
        assert_eq!(
            sign("e\u{301}"),
            Ok("é".to_owned()),
            "the same sign in one form"
        );
    }

    #[test]
    fn text_is_no_sign() {
        for (text, reason) in [
            ("", ChatRefusal::Empty),
            (" ", ChatRefusal::Empty),
            ("ab", ChatRefusal::BadText),
            ("+1", ChatRefusal::BadText),
            ("👍👍", ChatRefusal::BadText),
            ("🇫🇷🇫🇷", ChatRefusal::BadText),
            ("👍 ", ChatRefusal::BadText),
            ("a\u{200D}b", ChatRefusal::BadText),
            ("👍\u{200D}", ChatRefusal::BadText),
            ("\u{200D}👍", ChatRefusal::BadText),
            ("\u{301}", ChatRefusal::BadText),
            ("🏽", ChatRefusal::BadText),
            ("a\u{202E}", ChatRefusal::BadText),
            ("\u{1b}", ChatRefusal::BadText),
            ("a\u{333}\u{333}\u{333}\u{333}\u{333}", ChatRefusal::BadText),
        ] {
            let found = sign(text).expect_err(text);

            assert_eq!(found, reason, "{text:?}");
        }
        assert_eq!(sign(&"👍".repeat(11)), Err(ChatRefusal::TooLong));
    }
}
