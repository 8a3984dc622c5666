//! Links in a text: where they are, so that they can be shown as such.
//!
//! Never fetches one, and takes nothing else for a link: only `http` and `https`, to a host that
//! can be read. A host in letters beyond ASCII may look like another one, and `user@` before a host
//! hides it; both stay plain text.

use core::ops::Range;

use crate::limits::LINKS_SHOWN_MAX;

const SCHEMES: [&str; 2] = ["https://", "http://"];

/// Where the links of a text are, in order, [`LINKS_SHOWN_MAX`] at the most.
#[must_use]
pub fn links(text: &str) -> Vec<Range<usize>> {
    let mut links = Vec::new();
    let mut at = 0;
    while links.len() < LINKS_SHOWN_MAX
        && let Some(link) = next(text, at)
    {
        at = link.end;
        links.push(link);
    }
    links
}

fn next(text: &str, from: usize) -> Option<Range<usize>> {
    text[from..].match_indices("://").find_map(|(colon, _)| {
        let colon = from + colon;
        let start = start_of(text, from, colon)?;
        let length = text[start..].find(ends).unwrap_or(text.len() - start);
        let link = trimmed(&text[start..start + length]);
        is_fair(link).then(|| start..start + link.len())
    })
}

/// Where a link starts whose `://` is there, if it starts a word.
fn start_of(text: &str, from: usize, colon: usize) -> Option<usize> {
    SCHEMES.iter().find_map(|scheme| {
        let start = colon.checked_sub(scheme.len() - 3)?;
        let named = text.get(start..colon + 3)?.eq_ignore_ascii_case(scheme);
        let before = text[..start].chars().next_back();
        let free = before.is_none_or(|c| !c.is_alphanumeric() && !"_-./@:".contains(c));
        (named && free && start >= from).then_some(start)
    })
}

/// What no link goes beyond.
fn ends(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`' | '\\' | '{' | '}')
}

/// A link without the punctuation of the sentence around it.
fn trimmed(link: &str) -> &str {
    // Brackets that were not opened within it belong to the sentence.
    let count = |c| link.matches(c).count();
    let mut round = count(')').saturating_sub(count('('));
    let mut square = count(']').saturating_sub(count('['));
    link.trim_end_matches(|c| match c {
        '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' => true,
        ')' => spend(&mut round),
        ']' => spend(&mut square),
        _ => false,
    })
}

fn spend(left: &mut usize) -> bool {
    let some = *left > 0;
    *left = left.saturating_sub(1);
    some
}

/// Whether it has a host that can be read, and no more before the path than that and a port.
fn is_fair(link: &str) -> bool {
    let Some((_, rest)) = link.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    let digits = (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(plain)
    };
    // A host in Punycode is shown as it stands, not as what it may look like.
    digits && host.len() <= 253 && host.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        links(text).into_iter().map(|link| &text[link]).collect()
    }

    #[test]
    fn links_are_found_without_what_is_around_them() {
        for (text, link) in [
            ("https://example.com", "https://example.com"),
            ("see http://a.b/c?d=e#f.", "http://a.b/c?d=e#f"),
            ("(https://a.b/c_(d))", "https://a.b/c_(d)"),
            ("<https://a.b>", "https://a.b"),
            ("HTTPS://A.B:8443/x, yes", "HTTPS://A.B:8443/x"),
            ("привет https://a.b/путь!", "https://a.b/путь"),
            ("\"https://a.b\"", "https://a.b"),
            ("http://127.0.0.1:80", "http://127.0.0.1:80"),
            ("http://localhost/", "http://localhost/"),
        ] {
            assert_eq!(found(text), [link]);
        }
        let two = found("https://a.b https://c.d");
        assert_eq!(two, ["https://a.b", "https://c.d"]);
    }

    #[test]
    fn nothing_else_is_a_link() {
        for text in [
            "",
            "://",
            "example.com",
            "www.example.com",
            "javascript://a.b/%0aalert(1)",
            "javascript:alert(1)",
            "data:text/html,https",
            "ftp://a.b",
            "file:///etc",
            "xhttps://a.b",
            "https://",
            "https:// a.b",
            "https://user@a.b",
            "https://user:secret@a.b",
            "https://a.b@evil.example",
            "https://ex\u{430}mple.com",
            "https://a..b",
            "https://.a",
            "https://a.b:",
            "https://a.b:http",
            "https://a\\b",
            "https:/a.b",
            "${jndi:ldap://a.b}",
        ] {
            let expected: &[&str] = match text {
                "https://a.b:" => &["https://a.b"],
                "https://a\\b" => &["https://a"],
                _ => &[],
            };
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn a_line_full_of_links_shows_a_few() {
        assert_eq!(found(&"http://a.b ".repeat(50)).len(), LINKS_SHOWN_MAX);
        assert!(found(&"http://".repeat(70)).is_empty());
        assert!(found(&"é://".repeat(70)).is_empty());
    }
}
