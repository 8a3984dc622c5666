//! Which texts and names are allowed.
//!
//! Never changes a text: it passes as it is or is refused by name.

use core::fmt;

use crate::limits::{CHAT_BYTES_MAX, NAME_BYTES_MAX, REASON_BYTES_MAX, ROOM_NAME_BYTES_MAX};

/// Why a text is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFault {
    /// There is nothing to read in it.
    Empty,
    /// It has more bytes than allowed.
    TooLong,
    /// It holds this character, which is invisible, reorders the text, controls a terminal, or has
    /// a meaning of its own here.
    Character(char),
}

impl fmt::Display for TextFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TextFault::Empty => write!(f, "it is empty"),
            TextFault::TooLong => write!(f, "it is too long"),
            TextFault::Character(c) => {
                write!(f, "it holds the character U+{:04X}", u32::from(*c))
            }
        }
    }
}

/// Checks a chat line.
///
/// # Errors
/// The first [`TextFault`].
pub fn check_line(text: &str) -> Result<(), TextFault> {
    check(text, CHAT_BYTES_MAX, is_hostile)
}

/// Checks a player's name: 1 to 32 bytes, no space at either end nor after another, nothing
/// invisible.
///
/// # Errors
/// The first [`TextFault`].
pub fn check_name(name: &str) -> Result<(), TextFault> {
    check_label(name, NAME_BYTES_MAX)
}

/// Checks a room's name by the same rule as a player's, 48 bytes at the most. A star alone is none:
/// in tokens it stands for all rooms.
///
/// # Errors
/// The first [`TextFault`].
pub fn check_room_name(name: &str) -> Result<(), TextFault> {
    match name {
        "*" => Err(TextFault::Character('*')),
        name => check_label(name, ROOM_NAME_BYTES_MAX),
    }
}

/// Checks the reason of a report or a sanction: like a line, and it may be empty.
///
/// # Errors
/// The first [`TextFault`].
pub fn check_reason(why: &str) -> Result<(), TextFault> {
    match check(why, REASON_BYTES_MAX, is_hostile) {
        Err(TextFault::Empty) => Ok(()),
        other => other,
    }
}

fn check_label(label: &str, bytes_max: usize) -> Result<(), TextFault> {
    check(label, bytes_max, |c| is_hostile(c) || is_joiner(c))?;
    let mut ends = label.chars().next().into_iter().chain(label.chars().last());
    let end = ends.find(|c| c.is_whitespace());
    match end.or_else(|| second_space(label)) {
        Some(c) => Err(TextFault::Character(c)),
        None => Ok(()),
    }
}

/// A space after a space: shown as one in many places, so that two names would look the same.
fn second_space(label: &str) -> Option<char> {
    let pairs = label.chars().zip(label.chars().skip(1));
    let mut spaces = pairs.filter(|(one, other)| one.is_whitespace() && other.is_whitespace());
    spaces.next().map(|(_, second)| second)
}

fn check(text: &str, bytes_max: usize, bad: impl Fn(char) -> bool) -> Result<(), TextFault> {
    if text.len() > bytes_max {
        return Err(TextFault::TooLong);
    }
    if let Some(c) = text.chars().find(|&c| bad(c)) {
        return Err(TextFault::Character(c));
    }
    if text.chars().all(|c| c.is_whitespace() || is_joiner(c)) {
        return Err(TextFault::Empty);
    }
    Ok(())
}

/// Controls, line ends, marks that reorder text, invisible spaces and tags.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}' | '\u{200E}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1D159}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Joins emoji and letters of some scripts: fine in a line, but names that differ only by it look
/// the same.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_lines_of_every_script_pass() {
        for line in [
            "hi",
            "  gg ",
            "Привет",
            "مرحبا",
            "👩‍👩‍👧 ❤️",
            "a\u{301}",
            "<b>'; --",
        ] {
            assert_eq!(check_line(line), Ok(()), "{line}");
        }
    }

    #[test]
    fn hostile_lines_are_refused_by_name() {
        let check = |line: &str| check_line(line).unwrap_err();
        assert_eq!(check(""), TextFault::Empty);
        assert_eq!(check(" \u{3000} "), TextFault::Empty);
        assert_eq!(check(&"x".repeat(513)), TextFault::TooLong);
        for c in "\0\n\u{1b}\u{7f}\u{9b}\u{202E}\u{2066}\u{200B}\u{E0041}\u{FEFF}".chars() {
            assert_eq!(check(&format!("a{c}b")), TextFault::Character(c));
        }
    }

    #[test]
    fn reasons_may_be_empty_and_are_text() {
        assert_eq!((check_reason(""), check_reason("spam")), (Ok(()), Ok(())));
        assert_eq!(check_reason(&"x".repeat(201)), Err(TextFault::TooLong));
        assert_eq!(check_reason("\u{7}"), Err(TextFault::Character('\u{7}')));
    }

    #[test]
    fn names_hide_nothing() {
        assert_eq!(check_name("Ann Ä. 3"), Ok(()));
        assert_eq!(check_name(""), Err(TextFault::Empty));
        assert_eq!(check_name(" Ann"), Err(TextFault::Character(' ')));
        assert_eq!(check_name("Big Bob"), Ok(()));
        let second = Err(TextFault::Character('\u{A0}'));
        assert_eq!(check_name("Big \u{A0}Bob"), second);
        assert_eq!(
            check_name("A\u{200D}nn"),
            Err(TextFault::Character('\u{200D}'))
        );
        assert_eq!(check_name(&"x".repeat(33)), Err(TextFault::TooLong));
        assert_eq!(check_room_name(&"x".repeat(48)), Ok(()));
        assert_eq!(check_room_name("*"), Err(TextFault::Character('*')));
        assert_eq!(check_room_name("a *"), Ok(()));
    }
}
