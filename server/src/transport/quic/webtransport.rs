//! From an HTTP/3 connection to a session of WebTransport, or to a refusal.
//!
//! Never answers anything but the one CONNECT request, and keeps nothing of a client it refused.

use quinn::crypto::rustls::HandshakeData;
use quinn::{Connection, VarInt};
use tickwire_shared::close::CloseReason;
use tokio::time::timeout;
use web_transport_quinn::http::{StatusCode, header};
use web_transport_quinn::proto::{ConnectRequest, error_to_http3};
use web_transport_quinn::{Request, Session};

use crate::limits::CLOSE_LINGER_TIME_MAX;
use crate::transport::origin::OriginRule;
use crate::transport::tls::ALPN_HTTP3;

/// Where sessions are asked for.
pub const PATH: &str = "/wt";

/// Whether the client chose HTTP/3 in its handshake.
pub(super) fn is_asked_for(connection: &Connection) -> bool {
    let data = connection.handshake_data();
    let data = data.and_then(|data| data.downcast::<HandshakeData>().ok());
    data.is_some_and(|data| data.protocol.as_deref() == Some(ALPN_HTTP3))
}

/// The error code of a reason, where HTTP/3 has no session that could carry it.
pub(super) fn code(reason: CloseReason) -> VarInt {
    VarInt::from_u64(error_to_http3(reason.number())).unwrap_or(VarInt::MAX)
}

/// Exchanges settings and answers the request.
pub(super) async fn accept(
    connection: &Connection,
    origins: &OriginRule,
) -> Result<Session, &'static str> {
    let Ok(request) = Request::accept(connection.clone()).await else {
        let reason = CloseReason::Malformed;
        connection.close(code(reason), reason.text().as_bytes());
        return Err("the client spoke HTTP/3, but asked for no session of WebTransport");
    };
    match refusal(&request, origins) {
        None => (request.ok().await).map_err(|_| "the client left before its session was there"),
        Some((status, words)) => {
            if request.reject(status).await.is_ok() {
                // A close would overtake the answer; a client that got it leaves.
                let _ = timeout(CLOSE_LINGER_TIME_MAX, connection.closed()).await;
            }
            let reason = CloseReason::Refused;
            connection.close(code(reason), words.as_bytes());
            Err(words)
        }
    }
}

/// Why a request gets no session.
fn refusal(request: &ConnectRequest, rule: &OriginRule) -> Option<(StatusCode, &'static str)> {
    if request.url.path() != PATH {
        return Some((StatusCode::NOT_FOUND, "the path of a session is /wt"));
    }
    let port = request.url.port_or_known_default();
    let authority = (request.url.host_str())
        .zip(port)
        .map(|(host, port)| format!("{host}:{port}"));
    let origins = request.headers.get_all(header::ORIGIN).iter();
    let allowed = rule.allows(origins.map(|value| value.as_bytes()), authority.as_deref());
    let foreign = "the page's origin is neither this server's nor in web.origins";
    (!allowed).then_some((StatusCode::FORBIDDEN, foreign))
}
