//! Reports and audit entries as lines of JSON, for those who read them.
//!
//! Never puts a player's text anywhere but in a JSON string, and never a number that does not fit
//! the numbers of JSON: accounts and logs are strings.

use serde_json::{Value, json};
use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::wire::{Line, Role};

use crate::engine::storage::Millis;

/// A report with the lines around the one it is about.
pub(super) fn report(
    now: Millis,
    by: AccountId,
    (log, offset): (LogId, u64),
    why: &str,
    lines: &[Line],
) -> String {
    let lines: Vec<Value> = lines.iter().map(line).collect();
    json!({
        "at": now.0,
        "by": by.0.to_string(),
        "log": log.0.to_string(),
        "offset": offset,
        "why": why,
        "lines": lines,
    })
    .to_string()
}

/// What somebody with a role did.
pub(super) fn audit(now: Millis, by: AccountId, what: &str) -> String {
    json!({ "at": now.0, "by": by.0.to_string(), "what": what }).to_string()
}

fn line(line: &Line) -> Value {
    json!({
        "offset": line.offset,
        "from": line.from.0.to_string(),
        "name": line.name.as_str(),
        "role": role_name(line.role),
        "at": line.at,
        "text": line.text.as_str(),
    })
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Player => "player",
        Role::Bot => "bot",
        Role::Moderator => "moderator",
        Role::Admin => "admin",
    }
}
