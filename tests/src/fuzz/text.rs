//! Schema texts, chat lines, names and code tables under any bytes.
//!
//! These come from the other side before anything else about it is known.

use std::cell::OnceCell;
use std::sync::Arc;

use tickwire_shared::chat::{check_line, check_name, check_room_name};
use tickwire_shared::conditioner::Network;
use tickwire_shared::delta::Tables;
use tickwire_shared::limits::{CHAT_BYTES_MAX, NAME_BYTES_MAX, ROOM_NAME_BYTES_MAX};
use tickwire_shared::schema::{Schema, first_difference};

use crate::games::sandbox::Sandbox;
use crate::games::squares::PlainSquares;
use crate::stage::schema;

thread_local! {
    static SCHEMA: OnceCell<Arc<Schema>> = const { OnceCell::new() };
}

fn sandbox() -> Arc<Schema> {
    SCHEMA.with(|cell| Arc::clone(cell.get_or_init(schema::<Sandbox>)))
}

/// The comparison of a strange schema text with ours ends, and finds nothing only in our own; what
/// it says is one short line without controls.
///
/// # Panics
/// When that does not hold.
pub fn schema_target(bytes: &[u8]) {
    let (ours, theirs) = (sandbox(), String::from_utf8_lossy(bytes));
    let difference = first_difference(&ours.text, &theirs);
    assert_eq!(difference.is_none(), ours.text == theirs);
    if let Some(line) = difference {
        assert!(
            line.chars().all(|c| !c.is_control()),
            "controls in {line:?}"
        );
        assert!(
            line.len() < 2_000,
            "{} bytes to say one difference",
            line.len()
        );
    }
}

/// Our schema's text and another one's.
#[must_use]
pub fn schema_corpus() -> Vec<Vec<u8>> {
    vec![
        sandbox().text.clone().into_bytes(),
        schema::<PlainSquares>().text.clone().into_bytes(),
    ]
}

/// What passes as a line or a name is short, is not blank, and cannot move a cursor or turn text.
///
/// # Panics
/// When that does not hold.
pub fn chat_target(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let checks = [
        (check_line(&text), CHAT_BYTES_MAX),
        (check_name(&text), NAME_BYTES_MAX),
        (check_room_name(&text), ROOM_NAME_BYTES_MAX),
    ];
    for (checked, bytes_max) in checks {
        if checked.is_err() {
            continue;
        }
        assert!(
            !text.is_empty() && text.len() <= bytes_max,
            "{} bytes passed",
            text.len()
        );
        assert!(!text.trim().is_empty(), "a blank text passed");
        let bad = text.chars().find(|c| c.is_control() || turns_text(*c));
        assert_eq!(bad, None, "passed in {text:?}");
    }
    if let Err(why) = text.parse::<Network>() {
        assert!(
            why.to_string().len() < 400,
            "a long refusal of a network's name"
        );
    }
}

/// Marks that change the direction of text (Unicode bidirectional controls) and line separators.
fn turns_text(c: char) -> bool {
    let marks = ['\u{61C}', '\u{200E}', '\u{200F}'];
    marks.contains(&c) || matches!(c, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Harmless and hostile texts.
#[must_use]
pub fn chat_corpus() -> Vec<Vec<u8>> {
    let texts = [
        "hello",
        "Zoë",
        "👩‍👩‍👧",
        "  ",
        "${jndi:ldap://x}",
        "%n%n%s",
        "\u{1b}[31mred",
        "a\u{202e}b",
        "<script>",
        "a\u{200b}b",
        "wifi",
        "bad",
        "'; drop table players; --",
        "\u{feff}x",
        "e\u{301}",
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// Code tables that decode are the ones that were encoded; no bytes stand for the default ones.
///
/// # Panics
/// When that does not hold.
pub fn tables_target(bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    if let Ok(tables) = Tables::from_bytes(&sandbox(), bytes) {
        assert_eq!(tables.to_bytes(), bytes, "I17");
    }
}

/// The default tables of the sandbox.
#[must_use]
pub fn tables_corpus() -> Vec<Vec<u8>> {
    vec![Tables::default_for(&sandbox()).to_bytes()]
}
