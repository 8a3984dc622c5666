//! What a link asks of the page it runs in: the time, the address, and errors in words.
//!
//! Never keeps anything.

use js_sys::Reflect;
use wasm_bindgen::prelude::*;

/// Milliseconds since the page was opened; never goes back.
pub(super) fn now() -> f64 {
    let performance = web_sys::window().and_then(|window| window.performance());
    performance.map_or(0.0, |performance| performance.now())
}

/// Milliseconds since 1970, for what outlives the page.
pub(super) fn wall_clock() -> f64 {
    js_sys::Date::now()
}

/// Whether nobody can see the page.
pub(super) fn is_hidden() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_some_and(|document| document.hidden())
}

/// Whether the browser trusts the way the page came by, as WebTransport asks for.
pub(super) fn is_secure() -> bool {
    web_sys::window().is_some_and(|window| window.is_secure_context())
}

/// Whether the browser has a class of this name.
pub(super) fn has_class(name: &str) -> bool {
    Reflect::has(&js_sys::global(), &JsValue::from_str(name)).unwrap_or(false)
}

/// Host of the page's address, brackets of IPv6 included, and whether it came over TLS.
pub(super) fn host() -> Option<(String, bool)> {
    let location = web_sys::window()?.location();
    let host = location.hostname().ok().filter(|host| !host.is_empty())?;
    let protocol = location.protocol().ok()?;
    Some((host, protocol == "https:"))
}

/// Host and port of the page's address.
pub(super) fn host_and_port() -> Option<String> {
    web_sys::window()?.location().host().ok()
}

/// A field of an object; `undefined` where there is none.
pub(super) fn field(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// What went wrong, in the browser's words.
pub(super) fn words(error: &JsValue) -> String {
    let said = error
        .as_string()
        .or_else(|| field(error, "message").as_string());
    let said = said.filter(|text| !text.is_empty());
    said.unwrap_or_else(|| "the browser does not say why".to_owned())
}
