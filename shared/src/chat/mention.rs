//! Mentions: whether a text calls somebody by `@name`.
//!
//! Never knows who is there: it is asked about one name at a time.

/// Where a text mentions this name for the first time: the range from the `@` to its end, which is
/// inside quotes where there are some.
///
/// Case does not count. A name may have spaces. It is a whole word: `@Anna` does not mention Ann,
/// and neither does `ann@example.com`.
#[must_use]
pub fn mention(text: &str, name: &str) -> Option<core::ops::Range<usize>> {
    if name.is_empty() {
        return None;
    }
    text.match_indices('@').find_map(|(at, _)| {
        let before = text[..at].chars().next_back();
        if before.is_some_and(is_word) {
            return None;
        }
        let quoted = usize::from(text[at + 1..].starts_with('"'));
        let called = &text[at + 1 + quoted..];
        let length = prefix(called, name)?;
        let after = called[length..].chars().next();
        (!after.is_some_and(is_word)).then(|| at..at + 1 + quoted + length)
    })
}

/// Whether a text mentions this name.
#[must_use]
pub fn mentions(text: &str, name: &str) -> bool {
    mention(text, name).is_some()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// How many bytes of `text` are this name in whatever case.
fn prefix(text: &str, name: &str) -> Option<usize> {
    let mut wanted = name.chars().flat_map(char::to_lowercase).peekable();
    for (at, c) in text.char_indices() {
        if wanted.peek().is_none() {
            return Some(at);
        }
        if !c.to_lowercase().all(|c| wanted.next() == Some(c)) {
            return None;
        }
    }
    wanted.peek().is_none().then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_called_is_mentioned() {
        for text in [
            "@Ann",
            "hi @ann!",
            "(@ANN)",
            "@Ann's",
            "a@ann @ann",
            "@@ann",
            "@\"Ann\" hi",
            "@Ann B",
        ] {
            assert!(mentions(text, "Ann"), "{text}");
        }
        assert!(mentions("hi @ann b.", "Ann B"));
        assert!(mentions("@\"Ann B\"", "Ann B"));
        assert!(mentions("@ÄNNE", "änne") && mentions("@Οδυσσ", "οδυΣΣ"));
        assert_eq!(mention("é @\"Ann\"", "ann"), Some(3..8));
    }

    #[test]
    fn nobody_else_is() {
        for text in [
            "", "@", "Ann", "@Anna", "@Ann_", "x@Ann", "@ Ann", "@An", "@Än", "_@Ann",
        ] {
            assert!(!mentions(text, "Ann"), "{text}");
        }
        assert!(!mentions("@ ", "") && !mentions("@Ann  B", "Ann B"));
        assert!(!mentions("@\u{130}", "i"), "half of a letter is none");
    }
}
