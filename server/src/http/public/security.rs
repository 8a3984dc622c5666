//! The headers that tell a browser what a page may do.
//!
//! Never lets a page run a script from elsewhere, be framed, or talk to another host.

use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CONTENT_SECURITY_POLICY, HOST, HeaderMap, HeaderValue, REFERRER_POLICY,
    VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

/// What each answer carries.
pub(super) fn guard(headers: &mut HeaderMap) {
    let text = HeaderValue::from_static;
    headers.insert(X_CONTENT_TYPE_OPTIONS, text("nosniff"));
    headers.insert(REFERRER_POLICY, text("no-referrer"));
}

/// Lets the page of a named origin read an answer.
pub(super) fn share_with(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(VARY, HeaderValue::from_static("Origin"));
}

/// Says which requests the page of a named origin may make.
pub(super) fn allow_requests(headers: &mut HeaderMap) {
    let text = HeaderValue::from_static;
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, text("GET, POST"));
    let shown = text("Authorization, Content-Type, Last-Event-ID");
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, shown);
    headers.insert(ACCESS_CONTROL_MAX_AGE, text("600"));
}

/// What a page of this server may do, as seen from the request for it. Its scripts are files of
/// this server; WebAssembly may be compiled. WebTransport and WebSocket go to the same host, at the
/// page's port or at the public one.
pub(super) fn confine_page(headers: &mut HeaderMap, request: &HeaderMap, public_port: u16) {
    let host = request.get(HOST).and_then(|host| host.to_str().ok());
    let connect = host.map_or(String::new(), |host| connect_sources(host, public_port));
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; \
         style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; \
         media-src 'self' blob:; manifest-src 'self'; connect-src 'self'{connect}; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
}

/// Older browsers take `'self'` for the scheme of the page alone. A host in brackets (IPv6) has no
/// place in a policy; there `'self'` has to do.
fn connect_sources(host: &str, public_port: u16) -> String {
    let (name, port) = host.split_once(':').unwrap_or((host, ""));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    let good = !name.is_empty() && name.bytes().all(plain);
    if !good || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return String::new();
    }
    let mut sources = format!(" ws://{host} wss://{host} https://{host}");
    let public = format!("{name}:{public_port}");
    if public != host {
        sources.push_str(&format!(" https://{public}"));
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(host: &str) -> String {
        let (mut headers, mut request) = (HeaderMap::new(), HeaderMap::new());
        request.insert(HOST, HeaderValue::from_str(host).unwrap());
        confine_page(&mut headers, &request, 7_777);
        headers[CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn a_page_may_dial_its_own_host_only() {
        let own = "connect-src 'self' ws://a.example:7777 wss://a.example:7777 \
                   https://a.example:7777; ";
        assert!(policy("a.example:7777").contains(own));
        assert!(policy("a.example").contains("https://a.example https://a.example:7777; "));
        for odd in [
            "[::1]:7777",
            "",
            "a;script-src *",
            "a:b",
            "a b:1",
            "*",
            "a,b",
        ] {
            assert!(policy(odd).contains("connect-src 'self'; "), "{odd}");
        }
    }
}
