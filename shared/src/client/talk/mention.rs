//! Whether a line names a player.
//!
//! Never looks a name up: it is given.

/// Whether `text` holds `@` and then `name` as whole words, in whatever case.
#[must_use]
pub fn mentions(text: &str, name: &str) -> bool {
    if name.is_empty() {
        return false;
    }
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    let mut before = None;
    for (at, glyph) in text.char_indices() {
        let starts = glyph == '@' && !before.is_some_and(char::is_alphanumeric);
        let rest = text.get(at + glyph.len_utf8()..).filter(|_| starts);
        if let Some(after) = rest.and_then(|rest| rest.strip_prefix(&name))
            && !after.chars().next().is_some_and(char::is_alphanumeric)
        {
            return true;
        }
        before = Some(glyph);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_as_a_whole_and_behind_its_sign() {
        for text in ["@Zoë", "hi @zoË, there", "(@Zoë)", "@zoë: @ann"] {
            assert!(mentions(text, "Zoë"), "{text}");
        }
        assert!(mentions("ask @bot 12!", "bot 12"));
        for text in ["Zoë", "@Zoëlle", "@ Zoë", "me@zoë", "", "@", "@Zo"] {
            assert!(!mentions(text, "Zoë"), "{text}");
        }
        assert!(!mentions("@", "") && !mentions("@İ", "x"));
    }
}
