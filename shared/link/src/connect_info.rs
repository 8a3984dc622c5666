//! What a server says of itself before a client dials: `GET /connect-info`.
//!
//! Asks nobody: this is the answer, read strictly enough that a stranger's bytes do no harm and
//! loosely enough that a newer server may say more.

use core::fmt;

use serde::{Deserialize, Serialize};
use tickwire_shared::limits::CERTIFICATE_HASHES_MAX;
use tickwire_shared::limits::HTTP_ANSWER_BYTES_MAX;
use tickwire_shared::transport::Transport;

/// Characters of a path or a version that are read at the most.
const TEXT_CHARS_MAX: usize = 200;

/// What a client must know before it dials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectInfo {
    /// Version of the wire.
    pub protocol: u32,
    /// Hash of the schema, 16 hexadecimal digits.
    pub schema: String,
    /// Version of the server.
    pub server: String,
    /// What it listens to.
    pub transports: Offers,
}

/// What a server listens to; a transport that is switched off is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offers {
    /// QUIC, for native clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quic: Option<QuicOffer>,
    /// WebTransport.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webtransport: Option<WebTransportOffer>,
    /// WebRTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webrtc: Option<PathOffer>,
    /// WebSocket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub websocket: Option<PathOffer>,
}

/// Where QUIC is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuicOffer {
    /// The public port.
    pub port: u16,
}

/// Where WebTransport is, and which certificates a browser may accept by hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebTransportOffer {
    /// The public port.
    pub port: u16,
    /// Path of the session.
    pub path: String,
    /// SHA-256 of certificates for development, 64 hexadecimal digits each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificate_hashes: Vec<String>,
}

/// Where a transport is that begins with a request to the page's own host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathOffer {
    /// Path of the request.
    pub path: String,
}

/// The bytes are no such answer; the text says what is wrong with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadConnectInfo(String);

impl ConnectInfo {
    /// Reads the body of the answer.
    ///
    /// # Errors
    /// [`BadConnectInfo`] for what is too long, no JSON of this shape, or out of bounds.
    pub fn parse(body: &[u8]) -> Result<ConnectInfo, BadConnectInfo> {
        if body.len() > HTTP_ANSWER_BYTES_MAX {
            return Err(BadConnectInfo(format!("{} bytes", body.len())));
        }
        let info: ConnectInfo =
            serde_json::from_slice(body).map_err(|error| BadConnectInfo(error.to_string()))?;
        match info.fault() {
            Some(what) => Err(BadConnectInfo(what.to_owned())),
            None => Ok(info),
        }
    }

    /// Whether the server listens to this transport.
    #[must_use]
    pub fn offers(&self, transport: Transport) -> bool {
        let all = &self.transports;
        match transport {
            Transport::Quic => all.quic.is_some(),
            Transport::WebTransport => all.webtransport.is_some(),
            Transport::WebRtc => all.webrtc.is_some(),
            Transport::WebSocket => all.websocket.is_some(),
        }
    }

    fn fault(&self) -> Option<&'static str> {
        let all = &self.transports;
        let webtransport = all.webtransport.as_ref();
        let paths = [
            webtransport.map(|offer| &offer.path),
            all.webrtc.as_ref().map(|offer| &offer.path),
            all.websocket.as_ref().map(|offer| &offer.path),
        ];
        let hashes = webtransport.map_or(&[][..], |offer| &offer.certificate_hashes);
        if !is_hex(&self.schema, 16) {
            return Some("the schema's hash");
        }
        if self.server.len() > TEXT_CHARS_MAX || self.server.chars().any(char::is_control) {
            return Some("the server's version");
        }
        if !paths.into_iter().flatten().all(|path| is_path(path)) {
            return Some("a path");
        }
        if hashes.len() > CERTIFICATE_HASHES_MAX || !hashes.iter().all(|hash| is_hex(hash, 64)) {
            return Some("the certificate hashes");
        }
        None
    }
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// An absolute path of plain characters: what could lead to another host is none.
fn is_path(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    text.starts_with('/')
        && !text.starts_with("//")
        && text.len() <= TEXT_CHARS_MAX
        && text.bytes().all(plain)
}

impl fmt::Display for BadConnectInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server's connect-info is not usable: {}", self.0)
    }
}

impl core::error::Error for BadConnectInfo {}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"protocol":3,"schema":"00ab00ab00ab00ab","server":"0.1.0","transports":{
        "quic":{"port":7777},
        "webtransport":{"port":7777,"path":"/wt","certificate_hashes":["HASH"]},
        "websocket":{"path":"/ws"}},"news":true}"#;

    fn good() -> String {
        GOOD.replace("HASH", &"0f".repeat(32))
    }

    #[test]
    fn what_is_missing_is_switched_off_and_what_is_new_is_ignored() {
        let info = ConnectInfo::parse(good().as_bytes()).expect("a good answer");
        assert!(info.offers(Transport::Quic) && info.offers(Transport::WebSocket));
        assert!(!info.offers(Transport::WebRtc));
        let said = serde_json::to_vec(&info).expect("JSON");
        assert_eq!(ConnectInfo::parse(&said), Ok(info), "reads what it writes");
    }

    #[test]
    fn a_strangers_answer_is_refused() {
        for (part, other) in [
            ("\"/ws\"", "\"//evil.example/ws\""),
            ("\"/ws\"", "\"/ws?x=@evil\""),
            ("00ab00ab00ab00ab", "00ab"),
            ("0.1.0", "\\u001b[2J"),
            ("0f0f", "0g0f"),
            ("7777", "77777"),
            ("\"protocol\":3,", ""),
        ] {
            let text = good().replacen(part, other, 1);
            assert!(ConnectInfo::parse(text.as_bytes()).is_err(), "{text}");
        }
        let long = " ".repeat(HTTP_ANSWER_BYTES_MAX) + &good();
        assert!(ConnectInfo::parse(long.as_bytes()).is_err(), "too long");
    }
}
