//! What the browser keeps for this page.
//!
//! Never complains: where nothing is kept, the usual values hold.

/// In front of every key, since other pages of the same server may keep things too.
const PREFIX: &str = "tickwire.";

/// What was kept under this key.
pub fn get(key: &str) -> Option<String> {
    let storage = web_sys::window()?.local_storage().ok()??;
    storage.get_item(&format!("{PREFIX}{key}")).ok()?
}

/// Keeps this from now on.
pub fn set(key: &str, value: &str) {
    let storage = web_sys::window().and_then(|window| window.local_storage().ok().flatten());
    if let Some(storage) = storage {
        let _ = storage.set_item(&format!("{PREFIX}{key}"), value);
    }
}
