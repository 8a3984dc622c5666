//! The word filter: words that are masked, and words for which a line is refused.
//!
//! Never looks inside a longer word: a word of a list is met only as a whole one. Otherwise
//! Scunthorpe, Essex and the classics could not be written of.
//!
//! Both the lists and the text are **folded**, letter by letter: compatibility forms (NFKC), case,
//! look-alikes (the prototypes of UTS 39), and digits and signs that stand for letters. What is
//! left is compared together with how often each letter is repeated: a text may repeat a letter
//! more often than the word of the list, but not less often, so that "as" is not taken for a longer
//! word.
//!
//! - Letters with marks are letters of their own (UTS 39 says so too): "año" is not "ano". Marks
//!   that belong to no letter of their own, as those piled up to hide a word, count for nothing.
//! - A word without any letter is no word: 455 is a number.
//! - The time is linear in the text, apart from one look-up a word.

#[cfg(test)]
mod tests;

use core::fmt;
use core::ops::Range;
use std::borrow::Cow;
use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use unicode_security::confusable_detection::skeleton;

use crate::limits::{WORD_BYTES_MAX, WORD_LIST_BYTES_MAX, WORDS_MAX};

/// What becomes of a line with a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// The word is shown as so many `*`.
    Mask,
    /// The line is refused.
    Block,
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Tier::Mask => "mask list",
            Tier::Block => "block list",
        })
    }
}

/// A list is not taken; the filter from before stays in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFault {
    /// Which list.
    pub tier: Tier,
    /// Which line of it, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub why: &'static str,
}

impl fmt::Display for ListFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}: {}", self.tier, self.line, self.why)
    }
}

impl core::error::Error for ListFault {}

/// A word with what hides it taken away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Folded {
    /// Its letters, each once where it is repeated.
    letters: String,
    /// How often each is repeated.
    runs: Vec<u8>,
}

/// A line holds a word that is blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocked;

/// Both lists.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// By letters: the runs of each word with these letters.
    words: BTreeMap<String, Vec<(Vec<u8>, Tier)>>,
}

impl Filter {
    /// A filter of these lists: one word a line; what follows a `#` is a comment.
    ///
    /// # Errors
    /// The first line that is no word.
    pub fn of(mask: &str, block: &str) -> Result<Filter, ListFault> {
        let mut filter = Filter::default();
        filter.add(Tier::Mask, mask)?;
        filter.add(Tier::Block, block)?;
        Ok(filter)
    }

    /// The text with its words masked, each character by one `*`. It is never longer than before.
    ///
    /// # Errors
    /// When one of them is blocked.
    pub fn apply<'a>(&self, text: &'a str) -> Result<Cow<'a, str>, Blocked> {
        let met = self.met(text);
        if met.iter().any(|&(_, tier)| tier == Tier::Block) {
            return Err(Blocked);
        }
        if met.is_empty() {
            return Ok(Cow::Borrowed(text));
        }
        let (mut shown, mut at) = (String::with_capacity(text.len()), 0);
        for (word, _) in met {
            shown.push_str(&text[at..word.start]);
            at = word.end;
            shown.extend(text[word].chars().map(|_| '*'));
        }
        shown.push_str(&text[at..]);
        Ok(Cow::Owned(shown))
    }

    /// Every word of a list in the text, with its place.
    fn met(&self, text: &str) -> Vec<(Range<usize>, Tier)> {
        if self.words.is_empty() {
            return Vec::new();
        }
        let tier = |word: &Range<usize>| self.tier(&text[word.clone()]);
        let mut met = Vec::new();
        for word in words(text) {
            let found = readings(text, word).filter_map(|word| Some((word.clone(), tier(&word)?)));
            met.extend(found.max_by_key(|&(_, tier)| tier));
        }
        met
    }

    fn tier(&self, word: &str) -> Option<Tier> {
        let folded = fold(word);
        let alike = self.words.get(&folded.letters)?;
        let covered = |runs: &[u8]| {
            let pairs = runs.iter().zip(&folded.runs);
            runs.len() == folded.runs.len() && pairs.into_iter().all(|(least, run)| run >= least)
        };
        let tiers = alike.iter().filter(|(runs, _)| covered(runs));
        tiers.map(|&(_, tier)| tier).max()
    }

    fn add(&mut self, tier: Tier, list: &str) -> Result<(), ListFault> {
        let fault = |line, why| ListFault { tier, line, why };
        if list.len() > WORD_LIST_BYTES_MAX {
            return Err(fault(1, "the list is too long: at most 1 MiB"));
        }
        let mut count = 0;
        for (line, text) in (1..).zip(list.lines()) {
            let word = text.split('#').next().unwrap_or_default().trim();
            if word.is_empty() {
                continue;
            }
            count += 1;
            if count > WORDS_MAX {
                return Err(fault(line, "too many words: take out what nobody writes"));
            }
            let folded = word_of(word).map_err(|why| fault(line, why))?;
            let alike = self.words.entry(folded.letters).or_default();
            alike.push((folded.runs, tier));
        }
        Ok(())
    }
}

/// A word of a list.
fn word_of(word: &str) -> Result<Folded, &'static str> {
    if word.len() > WORD_BYTES_MAX {
        return Err("the word is too long: at most 64 bytes");
    }
    let mut parts = words(word);
    if parts.next() != Some(0..word.len()) {
        return Err("it is not one word: no blanks and no punctuation, one word a line");
    }
    if !has_letter(word) {
        return Err("a word has a letter at least: numbers are never filtered");
    }
    Ok(fold(word))
}

/// Signs that are letters in disguise inside a word, and punctuation at its ends.
fn is_sign(c: char) -> bool {
    matches!(c, '@' | '$' | '!' | '|' | '+')
}

/// What says nothing by itself: accents that found no letter, and joiners.
fn is_silent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}')
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || is_sign(c) || is_silent(c) || is_combining_mark(c)
}

fn has_letter(word: &str) -> bool {
    word.chars().any(char::is_alphabetic)
}

/// Where the words of a text are.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut rest = 0..text.len();
    core::iter::from_fn(move || {
        let start = rest.start + text[rest.clone()].find(is_part)?;
        let length = text[start..].find(|c| !is_part(c));
        let end = length.map_or(text.len(), |length| start + length);
        rest.start = end;
        Some(start..end)
    })
}

/// A word without the signs at either end, and as it stands: "$hit!" may be both. The longest last.
fn readings(text: &str, word: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let whole = &text[word.clone()];
    let start = word.start + (whole.len() - whole.trim_start_matches(is_sign).len());
    let end = word.end - (whole.len() - whole.trim_end_matches(is_sign).len());
    let all = [start..end, start..word.end, word.start..end, word];
    let meant = move |word: &Range<usize>| word.start < word.end && has_letter(&text[word.clone()]);
    let meant: Vec<Range<usize>> = all.into_iter().filter(meant).collect();
    meant.into_iter()
}

fn fold(word: &str) -> Folded {
    let mut folded = Folded::default();
    let mut last = String::new();
    for letter in word.nfkc().flat_map(char::to_lowercase).nfc() {
        if is_silent(letter) {
            continue;
        }
        let plain = plain(letter);
        match folded.runs.last_mut().filter(|_| plain == last) {
            Some(run) => *run = run.saturating_add(1),
            None => {
                folded.letters.push_str(&plain);
                folded.runs.push(1);
                last = plain;
            }
        }
    }
    folded
}

/// The letter that somebody reads there. A letter with a mark keeps it.
fn plain(letter: char) -> String {
    if letter.is_ascii() {
        return String::from(read_as(letter));
    }
    let prototype: String = skeleton(letter.encode_utf8(&mut [0; 4])).collect();
    // The prototype of "m" is two letters, which many a word has side by side.
    if prototype == "rn" {
        return String::from("m");
    }
    let letters = prototype.chars().flat_map(char::to_lowercase);
    letters.map(read_as).collect()
}

/// What digits and signs stand for; "i" and "l" are one, because too much looks like both.
fn read_as(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' | 'i' => 'l',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    }
}
