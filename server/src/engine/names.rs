//! Which names a player may have, and which look alike.
//!
//! Never knows who has a name, and never changes how one is written beyond composing its letters.
//!
//! Two names look alike when they share a key. The keys are skeletons as UTS 39 (section 4) makes
//! them, of the name in small and in capital letters, since people are called in either:
//!
//! ```text
//! name -> NFKC -> small letters   -> skeleton -> small letters, i as l   first key
//!              -> capital letters -> skeleton -> small letters, i as l   second key, if another
//! ```
//!
//! One skeleton alone would miss pairs: in small letters a Greek beta is no Latin b, in capitals it
//! is; in capitals `rn` is no m, in small letters it is. `Ivan` and `lvan` differ only in small
//! letters, which is why i and l count as one.

use core::fmt;

use precis_profiles::Nickname;
use precis_profiles::precis_core::profile::Profile;
use tickwire_shared::chat::{TextFault, check_name};
use tickwire_shared::limits::NAME_BYTES_MAX;
use unicode_normalization::UnicodeNormalization;
use unicode_security::{MixedScript, skeleton};

/// Between the keys of one name; no name holds it.
const BETWEEN_KEYS: char = '\n';

/// Why a name is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFault {
    /// As a text it is not.
    Text(TextFault),
    /// It holds something that is neither a letter, a number, a sign nor a space of any script.
    Letters,
    /// Its letters are of scripts that are not written together.
    Mixed,
    /// Players would take its bearer for the server or those who run it.
    Reserved,
    /// It is, or looks like, the name of a registered player.
    Registered,
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NameFault::Text(fault) => fault.fmt(f),
            NameFault::Letters => f.write_str("it holds what is no part of any name"),
            NameFault::Mixed => f.write_str("letters of different scripts are mixed"),
            NameFault::Reserved => f.write_str("it is kept for those who run the server"),
            NameFault::Registered => f.write_str(
                "it looks like the name of a registered player: log in, or pick another",
            ),
        }
    }
}

impl core::error::Error for NameFault {}

/// A name that is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// As it is shown.
    pub shown: String,
    /// What names that look alike have in common.
    pub skeleton: String,
}

/// Checks a name by itself: RFC 8266 (nicknames), one script, nothing invisible.
///
/// # Errors
/// The first [`NameFault`].
pub fn check(name: &str) -> Result<Name, NameFault> {
    check_name(name).map_err(NameFault::Text)?;
    let shown: String = name.nfc().collect();
    if shown.len() > NAME_BYTES_MAX {
        return Err(NameFault::Text(TextFault::TooLong));
    }
    let words: String = shown.chars().filter(|c| !is_picture(*c)).collect();
    if shown.contains(is_upright) {
        return Err(NameFault::Letters);
    }
    if !words.trim().is_empty() && Nickname::new().enforce(words.as_str()).is_err() {
        return Err(NameFault::Letters);
    }
    if !shown.as_str().is_single_script() {
        return Err(NameFault::Mixed);
    }
    let skeleton = skeleton_of(&shown);
    if skeleton.is_empty() {
        return Err(NameFault::Text(TextFault::Empty));
    }
    Ok(Name { shown, skeleton })
}

/// What names that look alike have in common: its keys, with a line end between.
#[must_use]
pub fn skeleton_of(name: &str) -> String {
    let composed: String = name.nfkc().collect();
    let small = key_of(&composed.to_lowercase());
    let capital = key_of(&composed.to_uppercase());
    match small == capital {
        true => small,
        false => format!("{small}{BETWEEN_KEYS}{capital}"),
    }
}

/// The keys in a skeleton, one or two: names with a key in common look alike.
pub fn keys(skeleton: &str) -> impl Iterator<Item = &str> {
    skeleton.split(BETWEEN_KEYS)
}

/// A name without what is put around reserved words to pass for them: signs, spaces, and numbers
/// at its end.
#[must_use]
pub fn bare(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    let letters: String = letters.collect();
    let bare = letters.trim_end_matches(char::is_numeric);
    bare.to_owned()
}

/// A name without the number at its end, if that is one the server may have given to a second
/// bearer, or looks like one. A 1 and a 0 look like letters: without any other digit such letters
/// are a number only where they look like one above 9, since no second bearer is a 0 or a 1.
#[must_use]
pub fn unnumbered(shown: &str) -> Option<&str> {
    let (base, end) = shown.rsplit_once(char::is_whitespace)?;
    let looks: Option<Vec<char>> = end.chars().map(digit_look_of).collect();
    let looks = looks?;
    let counted = end.contains(char::is_numeric);
    let looks_counted = looks.len() > 1 && looks.starts_with(&['1']);
    (counted || looks_counted).then(|| base.trim_end())
}

/// The digit that a character is or looks like.
fn digit_look_of(c: char) -> Option<char> {
    if c.is_numeric() {
        return Some(c);
    }
    let mut look = skeleton(c.encode_utf8(&mut [0; 4]))
        .collect::<Vec<_>>()
        .into_iter();
    match (look.next(), look.next()) {
        (Some('l'), None) => Some('1'),
        (Some('O'), None) => Some('0'),
        _ => None,
    }
}

/// Emoji and the like: the tables of PRECIS end before most of them.
fn is_picture(c: char) -> bool {
    matches!(c, '\u{1F000}'..='\u{1FAFF}')
}

/// Signs for writing from top to bottom: NFKC turns them, and they look like others before.
fn is_upright(c: char) -> bool {
    matches!(c, '\u{FE10}'..='\u{FE1F}' | '\u{FE30}'..='\u{FE4F}')
}

fn key_of(cased: &str) -> String {
    let looks: String = skeleton(cased).collect();
    let small = looks.to_lowercase();
    small
        .chars()
        .map(|c| if c == 'i' { 'l' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn alike(one: &str, other: &str) -> bool {
        let (one, other) = (skeleton_of(one), skeleton_of(other));
        keys(&one).any(|key| keys(&other).any(|other| other == key))
    }

    #[test]
    fn ordinary_names_of_every_script_pass() {
        for name in [
            "Ann Ä. 3",
            "Heron 42",
            "bot-7",
            "Иван",
            "Ελένη",
            "小明",
            "たろうタロウ太郎",
            "민준",
            "محمد",
            "אבי",
            "x_X",
            "O'Brien",
            "🦊 fox",
            "नेहा",
            "Zoë",
            "a",
        ] {
            let checked = check(name).map(|name| name.shown);
            assert_eq!(checked.as_deref(), Ok(name));
        }
        let composed = check("Zoe\u{308}").unwrap();
        assert_eq!(composed, check("Zoë").unwrap());
    }

    #[test]
    fn what_hides_reorders_or_mixes_is_refused() {
        for c in "\0\n\u{1b}\u{7f}\u{202E}\u{2066}\u{200B}\u{200C}\u{200D}\u{FEFF}\u{E0041}".chars()
        {
            let refused = check(&format!("An{c}n")).unwrap_err();
            assert_eq!(refused, NameFault::Text(TextFault::Character(c)));
        }
        for name in ["Аnn", "Αnn", "pаypal", "Ivаn", "a民b\u{0431}"] {
            assert_eq!(check(name), Err(NameFault::Mixed), "{name}");
        }
        assert_eq!(check("A\u{E000}"), Err(NameFault::Letters));
    }

    #[test]
    fn looks_count_and_not_letters() {
        for (one, other) in [
            ("Ann", "ann"),
            ("Ivan", "lvan"),
            ("Ivan", "1van"),
            ("ВОТ", "BOT"),
            ("Вера", "Bepa"),
            ("вера", "ВЕРА"),
            ("ΒΕΤΑ", "BETA"),
            ("βετα", "Beta"),
            ("Tom", "Torn"),
            ("Bob", "B0b"),
            ("Ann", "Ａｎｎ"),
            ("Сара", "Capa"),
            ("Zoë", "Zoe\u{308}"),
            ("ﬁx", "fix"),
        ] {
            assert!(alike(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("Ann", "Anna"),
            ("Ann", "Avv"),
            ("Ann 2", "Ann 3"),
            ("Zoë", "Zoe"),
        ] {
            assert!(!alike(one, other), "{one} {other}");
        }
    }

    #[test]
    fn reserved_words_are_seen_through_what_is_put_around_them() {
        for name in ["admin", "admin 2", "-admin-", "[admin]99", "ad.min"] {
            assert_eq!(bare(name), "admin");
        }
    }

    #[test]
    fn a_number_of_a_second_bearer_is_seen_also_in_letters() {
        for name in [
            "Ann 2", "Ann 10", "Ann lO", "Ann I0", "Ann 1O3", "Ann  7", "Ann ٣",
        ] {
            assert_eq!(unnumbered(name), Some("Ann"), "{name}");
        }
        for name in [
            "Ann", "Ann2", "Ann Lol", "Ann O", "Ann I", "Ann lo", "Ann Oil", "Ann B4",
        ] {
            assert_eq!(unnumbered(name), None, "{name}");
        }
    }

    /// Names with one letter replaced by another character that looks like it.
    fn confusable_pairs() -> Vec<(&'static str, String)> {
        let looks: Vec<(char, char)> = ('\u{a1}'..='\u{1ffff}')
            .filter_map(|c| {
                let text = c.to_string();
                let mut look = skeleton(&text);
                let (first, more) = (look.next()?, look.next());
                (more.is_none() && first.is_ascii_alphanumeric()).then_some((first, c))
            })
            .collect();
        let names = [
            "Alice", "bob7", "Mallory", "Quinn", "Zed Fox", "Gwyn", "Hjkv", "PSTUdr", "Oliver",
            "Xavier", "Frank", "Yves", "Walt", "Kim", "Cora", "Jodie", "Neil",
        ];
        let mut pairs = Vec::new();
        for (look, twin) in looks {
            for name in names.into_iter().filter(|name| name.contains(look)) {
                let twin = name.replacen(look, &twin.to_string(), 1);
                pairs.extend((twin.len() <= NAME_BYTES_MAX).then_some((name, twin)));
            }
        }
        pairs
    }

    #[test]
    fn of_two_thousand_confusable_pairs_the_second_is_refused() {
        let pairs = confusable_pairs();
        assert!(pairs.len() >= 2_000, "{} pairs", pairs.len());
        let (mut passed, mut passed_undefended) = (Vec::new(), 0);
        for (name, twin) in &pairs {
            assert!(check(name).is_ok());
            let second = check(twin);
            if second.is_ok() && !alike(name, twin) {
                passed.push((name, twin));
            }
            // Without the defence names are the same only when their letters are.
            let undefended = check_name(twin).is_ok() && name.to_lowercase() != twin.to_lowercase();
            passed_undefended += usize::from(undefended);
        }
        assert_eq!(passed, []);
        assert!(passed_undefended > 1_900, "{passed_undefended}");
        let skeletons: BTreeSet<String> = pairs.iter().map(|(name, _)| skeleton_of(name)).collect();
        assert_eq!(skeletons.len(), 17, "names that differ stay apart");
    }
}
