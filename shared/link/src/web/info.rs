//! `/connect-info`: what the server says about its transports before it is dialed.
//!
//! Never trusts a field: what is missing or of another kind is a transport that is not offered.

use js_sys::JSON;
use tickwire_shared::limits::CERTIFICATE_HASHES_MAX;
use tickwire_shared::wire::PROTOCOL;
use wasm_bindgen::JsValue;

use super::{fetch, page};

/// Where the server says all this.
const PATH: &str = "/connect-info";

/// The ways in that a page can take.
#[derive(Clone, Debug, Default)]
pub(super) struct Info {
    pub(super) webtransport: Option<WebTransportWay>,
    pub(super) webrtc: Option<WebRtcWay>,
    pub(super) websocket: Option<WebSocketWay>,
}

/// How to open WebTransport.
#[derive(Clone, Debug)]
pub(super) struct WebTransportWay {
    pub(super) port: u16,
    pub(super) path: String,
    /// SHA-256 of the certificates to accept; empty for one that an authority issued.
    pub(super) hashes: Vec<[u8; 32]>,
}

/// How to open WebRTC.
#[derive(Clone, Debug)]
pub(super) struct WebRtcWay {
    pub(super) path: String,
}

/// How to open a WebSocket.
#[derive(Clone, Debug)]
pub(super) struct WebSocketWay {
    pub(super) path: String,
}

/// Asks the page's server.
pub(super) async fn ask() -> Result<Info, String> {
    let text = fetch::get_text(PATH).await?;
    let json = JSON::parse(&text).map_err(|_| format!("{PATH} of this server is no JSON"))?;
    let protocol = page::field(&json, "protocol").as_f64();
    if protocol != Some(f64::from(PROTOCOL)) {
        return Err("page and server are of different versions: reload the page".to_owned());
    }
    let ways = page::field(&json, "transports");
    Ok(Info {
        webtransport: webtransport(&page::field(&ways, "webtransport")),
        webrtc: path_of(&page::field(&ways, "webrtc")).map(|path| WebRtcWay { path }),
        websocket: path_of(&page::field(&ways, "websocket")).map(|path| WebSocketWay { path }),
    })
}

fn webtransport(way: &JsValue) -> Option<WebTransportWay> {
    let port = page::field(way, "port").as_f64()?;
    let hashes = js_sys::Array::from(&match page::field(way, "certificate_hashes") {
        missing if missing.is_undefined() => js_sys::Array::new().into(),
        hashes => hashes,
    });
    let texts = hashes.iter().take(CERTIFICATE_HASHES_MAX);
    Some(WebTransportWay {
        port: u16::try_from(port as u32).ok()?,
        path: path_of(way)?,
        hashes: texts.filter_map(|text| hash(&text.as_string()?)).collect(),
    })
}

/// A path on the page's own server; anything else is no way in.
fn path_of(way: &JsValue) -> Option<String> {
    let path = page::field(way, "path").as_string()?;
    (path.starts_with('/') && !path.starts_with("//")).then_some(path)
}

/// Reads 64 hexadecimal digits.
fn hash(text: &str) -> Option<[u8; 32]> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits?;
    let bytes: Vec<u8> = digits
        .chunks_exact(2)
        .map(|pair| pair.iter().fold(0, |value, digit| value << 4 | digit))
        .collect();
    bytes.try_into().ok().filter(|_| digits.len() == 64)
}
