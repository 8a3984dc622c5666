//! Blanks comments and the insides of literals, so that rules about code do not trip over prose.
//!
//! It never parses: it knows just enough of the language to tell code from text, and keeps every
//! line where it was.

/// The source with each character of a comment, string or character literal replaced by a space.
/// Line breaks and the quotes around strings stay.
#[must_use]
pub fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_end(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            hide(&chars[at..end], &mut out);
            at = end;
        }
    }
    out
}

fn hide(piece: &[char], out: &mut String) {
    let quoted = piece.len() > 1 && piece.first() == Some(&'"') && piece.last() == Some(&'"');
    for (index, symbol) in piece.iter().enumerate() {
        let edge = quoted && (index == 0 || index + 1 == piece.len());
        out.push(if *symbol == '\n' || edge {
            *symbol
        } else {
            ' '
        });
    }
}

/// Where the comment or literal that starts at `at` ends, or `at` when none starts there.
fn literal_end(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1).copied();
    let inside_word = at > 0 && is_word(chars[at - 1]);
    match chars[at] {
        '/' if next == Some('/') => find(chars, at, |rest| rest[0] == '\n'),
        '/' if next == Some('*') => block_comment_end(chars, at),
        '"' => string_end(chars, at),
        'r' if !inside_word && matches!(next, Some('"' | '#')) => raw_string_end(chars, at),
        'b' if !inside_word && next == Some('r') => match raw_string_end(chars, at + 1) {
            end if end == at + 1 => at,
            end => end,
        },
        '\'' => character_end(chars, at),
        _ => at,
    }
}

fn is_word(symbol: char) -> bool {
    symbol.is_alphanumeric() || symbol == '_'
}

fn find(chars: &[char], from: usize, stop: impl Fn(&[char]) -> bool) -> usize {
    (from..chars.len())
        .find(|index| stop(&chars[*index..]))
        .unwrap_or(chars.len())
}

fn block_comment_end(chars: &[char], at: usize) -> usize {
    let (mut depth, mut index) = (0usize, at);
    while index < chars.len() {
        match (chars[index], chars.get(index + 1)) {
            ('/', Some('*')) => (depth, index) = (depth + 1, index + 2),
            ('*', Some('/')) if depth == 1 => return index + 2,
            ('*', Some('/')) => (depth, index) = (depth - 1, index + 2),
            _ => index += 1,
        }
    }
    chars.len()
}

fn string_end(chars: &[char], at: usize) -> usize {
    let mut index = at + 1;
    while index < chars.len() {
        match chars[index] {
            '\\' => index += 2,
            '"' => return index + 1,
            _ => index += 1,
        }
    }
    chars.len()
}

fn raw_string_end(chars: &[char], at: usize) -> usize {
    let hashes = chars[at + 1..]
        .iter()
        .take_while(|symbol| **symbol == '#')
        .count();
    let open = at + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return at;
    }
    let close = find(chars, open + 1, |rest| {
        rest[0] == '"'
            && rest[1..]
                .iter()
                .take_while(|symbol| **symbol == '#')
                .count()
                >= hashes
    });
    (close + 1 + hashes).min(chars.len())
}

/// A quote starts a character literal or a lifetime; only the first has a second quote near by.
fn character_end(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => find(chars, at + 3, |rest| rest[0] == '\'') + 1,
        (Some(_), Some('\'')) => at + 3,
        _ => at,
    }
    .min(chars.len())
}

#[cfg(test)]
mod tests {
    use super::blank;

    fn check(text: &str, expected: &str) {
        assert_eq!(blank(text), expected, "{text}");
    }

    #[test]
    fn hides_text_and_keeps_code() {
        check("let a = 1; // note", "let a = 1;        ");
        check("a /* b /* c */ d */ e", "a                   e");
        check(r#"f("x \" y", z)"#, r#"f("      ", z)"#);
        check(r##"f(r#"a"b"#, c)"##, r##"f(        , c)"##);
        check(
            "fn f<'a>(c: &'a str) { 'x' }",
            "fn f<'a>(c: &'a str) {     }",
        );
        check(r"g('\'', '\u{1}', h)", "g(    ,        , h)");
        check("var\"s\" r", "var\" \" r");
    }

    #[test]
    fn lines_stay_where_they_are() {
        let text = "a\n\"b\nc\"\n/* d\n*/ e\n";
        assert_eq!(blank(text).lines().count(), text.lines().count());
    }
}
