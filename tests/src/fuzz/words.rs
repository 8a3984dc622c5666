//! What a player types, and what the server makes of it, under any text.
//!
//! No text may panic a check, grow past its cap, or come out as something that is refused.

use std::borrow::Cow;

use tickwire_server::engine::etiquette::filter::Filter;
use tickwire_server::engine::etiquette::pen::{Intent, Pen};
use tickwire_server::engine::etiquette::reaction::sign;
use tickwire_shared::chat::link::links;
use tickwire_shared::chat::mention::mention;
use tickwire_shared::chat::slash::{self, Typed};
use tickwire_shared::chat::{check_line, check_reason};
use tickwire_shared::limits::{CHAT_BYTES_MAX, LINKS_SHOWN_MAX, REACTION_BYTES_MAX};
use tickwire_shared::time::Instant;

/// A judged text is text, fits, and is judged the same again; a sign is short; links and mentions
/// are parts of the text; what is said of a command that is none is short.
///
/// # Panics
/// When that does not hold.
pub fn target(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(once) = judged(&text) {
        assert_eq!(check_line(&once), Ok(()), "passed: {once:?}");
        assert_eq!(judged(&once).as_ref(), Some(&once), "it changed again");
    }
    if let Ok(sign) = sign(&text) {
        assert!(sign.len() <= REACTION_BYTES_MAX && check_reason(&sign).is_ok());
    }
    let found = links(&text);
    assert!(found.len() <= LINKS_SHOWN_MAX);
    for link in found {
        let link = &text[link];
        let start = link
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("http"));
        assert!(start && !link.contains(char::is_whitespace), "{link:?}");
    }
    if let Some(called) = mention(&text, "Zoë B") {
        assert!(text[called].starts_with('@'));
    }
    match slash::read(&text) {
        Ok(Typed::Line(line)) => assert!(line.len() <= text.len()),
        Ok(Typed::Command(_)) => assert!(text.trim().starts_with('/')),
        Err(fault) => assert!(fault.to_string().len() < text.len() + 200),
    }
    if text.len() < 4 * CHAT_BYTES_MAX
        && let Err(fault) = Filter::of(&text, "")
    {
        assert!((1..=text.lines().count().max(1)).contains(&fault.line));
    }
}

fn judged(text: &str) -> Option<String> {
    let filter = Filter::of("weed\nduck", "slit").expect("the lists are fair");
    let line = Intent {
        text,
        slow: None,
        whisper_to: None,
    };
    let (text, _) = Pen::new(0, Instant(0)).judge(Instant(0), &line).ok()?;
    filter.apply(&text).ok().map(Cow::into_owned)
}

/// Lines, commands, links, calls and signs.
#[must_use]
pub fn corpus() -> Vec<Vec<u8>> {
    let texts = [
        "hello @Zoë B, see https://example.com/a_(b)!",
        "/w \"Zoë B\" hi",
        "/mute @Ann 10m spam",
        "/slow 10s",
        "//not a command",
        "a duck, a w33d, a $lit, d\u{333}uck, ｄｕｃｋ",
        "👩‍👩‍👧‍👦",
        "🇫🇷",
        "1️⃣",
        "e\u{301}\u{958}ﷺ",
        "http://a.b:80/c http://user@d.e",
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}
