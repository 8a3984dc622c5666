//! From an HTTP request to a WebSocket: RFC 6455, section 4.2.
//!
//! Never upgrades for a client that speaks another subprotocol or has no place: it learns that by
//! a status.

use bytes::Bytes;
use hyper::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::task::spawn_local;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::arriving::Arriving;
use super::routes::Arrival;
use super::stream::Stream;
use super::{Answer, text, whole};
use crate::transport::websocket::{SUBPROTOCOL, WebSockets};

/// The one version of the protocol there is.
const VERSION: &str = "13";

/// Characters of a client's key: 16 bytes in base64.
const KEY_CHARS: usize = 24;

/// Answers a request that wants to become a WebSocket, and serves it if it may.
pub(super) fn answer(
    websockets: &WebSockets,
    arrival: Arrival,
    request: Request<Arriving>,
) -> Answer {
    let accept = match accept_key(request.headers()) {
        Ok(accept) => accept,
        Err(refused) => return *refused,
    };
    let Some(admission) = websockets.admit(arrival.from) else {
        return text(
            StatusCode::TOO_MANY_REQUESTS,
            "too many links from this address: close one or try again in a moment",
        );
    };
    let websockets = websockets.clone();
    spawn_local(async move {
        let Ok(upgraded) = hyper::upgrade::on(request).await else {
            return;
        };
        if let Ok(parts) = upgraded.downcast::<TokioIo<Stream>>() {
            let stream = parts.io.into_inner();
            stream.hold_little();
            (websockets.serve(stream, parts.read_buf, arrival.from, admission)).await;
        }
    });
    switching(accept)
}

/// What proves to the client that this server understood it, or what to answer instead.
fn accept_key(headers: &HeaderMap) -> Result<HeaderValue, Box<Answer>> {
    if !has_token(headers, UPGRADE, "websocket") || !has_token(headers, CONNECTION, "upgrade") {
        let mut refused = text(StatusCode::UPGRADE_REQUIRED, "this is for WebSocket only");
        let websocket = HeaderValue::from_static("websocket");
        refused.headers_mut().insert(UPGRADE, websocket);
        return Err(Box::new(refused));
    }
    if headers
        .get(SEC_WEBSOCKET_VERSION)
        .map(HeaderValue::as_bytes)
        != Some(VERSION.as_bytes())
    {
        let mut refused = text(StatusCode::UPGRADE_REQUIRED, "this is for version 13 only");
        let version = HeaderValue::from_static(VERSION);
        refused.headers_mut().insert(SEC_WEBSOCKET_VERSION, version);
        return Err(Box::new(refused));
    }
    if !has_token(headers, SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
        let line = format!("ask for the subprotocol {SUBPROTOCOL}");
        return Err(Box::new(text(StatusCode::BAD_REQUEST, &line)));
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes);
    let key = key.filter(|key| key.len() == KEY_CHARS);
    let accept = key.and_then(|key| HeaderValue::from_str(&derive_accept_key(key)).ok());
    accept.ok_or_else(|| {
        let line = "the key of the WebSocket is missing";
        Box::new(text(StatusCode::BAD_REQUEST, line))
    })
}

/// Whether a header that holds a list holds this word, in letters of any case.
fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).into_iter();
    let mut tokens = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    tokens.any(|found| found.trim().eq_ignore_ascii_case(token))
}

fn switching(accept: HeaderValue) -> Answer {
    let mut answer = Response::new(whole(Bytes::new()));
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    headers.insert(
        SEC_WEBSOCKET_PROTOCOL,
        HeaderValue::from_static(SUBPROTOCOL),
    );
    answer
}
