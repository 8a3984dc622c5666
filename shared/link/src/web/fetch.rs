//! Questions to the page's own server over HTTP.
//!
//! Never asks another host.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestInit, Response};

use super::page;

/// What an answer may take. Where packets are swallowed a browser would wait for minutes, and each
/// question that hangs keeps a connection from the next one.
const ANSWER_MILLIS: u32 = 4_000;

/// The body of a page of the server, as text. The server says itself what may be cached.
pub(super) async fn get_text(path: &str) -> Result<String, String> {
    let options = RequestInit::new();
    options.set_method("GET");
    send(path, &options).await
}

/// What the server answers to a body.
pub(super) async fn post_text(path: &str, kind: &str, body: &str) -> Result<String, String> {
    let headers = Headers::new().map_err(|error| page::words(&error))?;
    let named = headers.set("content-type", kind);
    named.map_err(|error| page::words(&error))?;
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_headers_headers(&headers);
    options.set_body(&JsValue::from_str(body));
    send(path, &options).await
}

async fn send(path: &str, options: &RequestInit) -> Result<String, String> {
    let window = web_sys::window().ok_or("there is no page")?;
    options.set_signal(Some(&AbortSignal::timeout_with_u32(ANSWER_MILLIS)));
    let sent = JsFuture::from(window.fetch_with_str_and_init(path, options)).await;
    let response: Response = sent
        .map_err(|_| "the server does not answer".to_owned())?
        .unchecked_into();
    let body = response.text().map_err(|error| page::words(&error))?;
    let body = JsFuture::from(body)
        .await
        .map_err(|error| page::words(&error))?;
    let body = body.as_string().unwrap_or_default();
    if response.ok() {
        return Ok(body);
    }
    let said: String = body.chars().filter(|c| !c.is_control()).take(200).collect();
    Err(format!("the server answered {} {said}", response.status())
        .trim_end()
        .to_owned())
}
