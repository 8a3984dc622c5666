//! The connect check, as the join screen shows it.
//!
//! Never joins a game.

use serde_json::{Value, json};
use tickwire_link::Checked;
use wasm_bindgen::prelude::*;

/// Tries every transport for about two seconds; resolves to a JSON array with one entry each.
///
/// # Errors
/// Why the server was not even found, in words for a player.
#[wasm_bindgen]
pub async fn connect_check() -> Result<String, JsValue> {
    let checked = tickwire_link::connect_check().await;
    let checked = checked.map_err(|words| JsValue::from_str(&words))?;
    let rows: Vec<Value> = checked.iter().map(row).collect();
    Ok(Value::from(rows).to_string())
}

fn row(checked: &Checked) -> Value {
    let (name, title) = (checked.transport.name(), checked.transport.title());
    match &checked.outcome {
        Ok(figures) => json!({
            "transport": name,
            "title": title,
            "open_ms": figures.open.as_secs_f64() * 1e3,
            "rtt_ms": figures.rtt.as_secs_f64() * 1e3,
            "jitter_ms": figures.jitter.as_secs_f64() * 1e3,
            "loss": figures.loss,
        }),
        Err(words) => json!({ "transport": name, "title": title, "words": words }),
    }
}
