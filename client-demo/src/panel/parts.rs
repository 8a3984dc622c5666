//! A text cut into what is shown differently: plain words, links, and the player's own name.
//!
//! Never changes a text: the parts together are the text.

use serde::Serialize;
use tickwire_shared::chat::link::links;
use tickwire_shared::chat::mention::mention;

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// Words.
    Text,
    /// A link that can be read; shown, never fetched.
    Link,
    /// The player's own name with its `@`.
    Mention,
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Its words.
    pub text: String,
}

/// The parts of a text, in order; `name` is the reader's.
#[must_use]
pub fn parts(text: &str, name: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut at = 0;
    for link in links(text) {
        plain(&mut parts, text.get(at..link.start), name);
        put(&mut parts, PartKind::Link, text.get(link.clone()));
        at = link.end;
    }
    plain(&mut parts, text.get(at..), name);
    parts
}

/// Words without links, in which the reader may be mentioned; the first time is marked.
fn plain(parts: &mut Vec<Part>, text: Option<&str>, name: &str) {
    let text = text.unwrap_or_default();
    let Some(found) = mention(text, name) else {
        return put(parts, PartKind::Text, Some(text));
    };
    put(parts, PartKind::Text, text.get(..found.start));
    put(parts, PartKind::Mention, text.get(found.clone()));
    put(parts, PartKind::Text, text.get(found.end..));
}

fn put(parts: &mut Vec<Part>, kind: PartKind, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        let text = text.to_owned();
        parts.push(Part { kind, text });
    }
}
