//! The rule about the `Origin` header: which web pages may open a link or ask for a session.
//!
//! Never looks anything up and keeps nothing: a pure judgement that HTTP, WebSocket and
//! WebTransport share. It never accepts a spelling that no browser sends, so that there is exactly
//! one text for each page.

use std::net::IpAddr;
use std::str::FromStr;

/// Longest host name of the DNS, in bytes.
const HOST_BYTES_MAX: usize = 253;

/// The scheme, host and port of a page, as browsers write them: all lower case, without the port
/// that the scheme has anyway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    host: String,
    port: u16,
    secure: bool,
}

/// The text is not an origin as browsers write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoOrigin;

impl std::fmt::Display for NoOrigin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "must be a page's origin as browsers write it, such as https://play.example.org or \
             http://localhost:8080",
        )
    }
}

impl std::error::Error for NoOrigin {}

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Origin, NoOrigin> {
        let (scheme, authority) = text.split_once("://").ok_or(NoOrigin)?;
        let secure = match scheme {
            "https" => true,
            "http" => false,
            _ => return Err(NoOrigin),
        };
        let (host, port) = host_and_port(authority).ok_or(NoOrigin)?;
        let usual = usual_port(secure);
        // A browser leaves out the usual port and writes the host in lower case.
        if port == Some(usual) || host.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(NoOrigin);
        }
        Ok(Origin {
            host: host.to_owned(),
            port: port.unwrap_or(usual),
            secure,
        })
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == usual_port(self.secure) {
            return Ok(());
        }
        write!(f, ":{}", self.port)
    }
}

impl Origin {
    /// Whether a request to this authority (`Host`) goes to where the page came from. Without a
    /// port the authority means the usual one of the page's own scheme, because what stands in
    /// front of this server may have taken the TLS off.
    fn is_at(&self, authority: &str) -> bool {
        let Some((host, port)) = host_and_port(authority) else {
            return false;
        };
        let port = port.unwrap_or(usual_port(self.secure));
        host.eq_ignore_ascii_case(&self.host) && port == self.port
    }
}

/// Which pages may open links: the server's own, and those the operator named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OriginRule {
    named: Vec<Origin>,
}

impl OriginRule {
    /// The server's own page, and these.
    #[must_use]
    pub fn new(named: Vec<Origin>) -> OriginRule {
        OriginRule { named }
    }

    /// Whether a request may go on. `origins` are the values of all its `Origin` headers, and
    /// `authority` is what it was sent to: `Host`, or `:authority` with its port.
    ///
    /// Without the header it may: only browsers send it, and they always do where it matters. More
    /// than one header is nothing a browser sends.
    pub fn allows<'a>(
        &self,
        origins: impl IntoIterator<Item = &'a [u8]>,
        authority: Option<&str>,
    ) -> bool {
        let mut origins = origins.into_iter();
        match (origins.next(), origins.next()) {
            (None, _) => true,
            (Some(origin), None) => self.allows_page(origin, authority),
            (Some(_), Some(_)) => false,
        }
    }

    fn allows_page(&self, origin: &[u8], authority: Option<&str>) -> bool {
        let text = std::str::from_utf8(origin).ok();
        let Some(origin) = text.and_then(|text| text.parse::<Origin>().ok()) else {
            return false;
        };
        let own = authority.is_some_and(|authority| origin.is_at(authority));
        own || self.named.contains(&origin)
    }
}

fn usual_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

/// The parts of `host`, `host:port`, `[address]` and `[address]:port`; `None` for anything else.
fn host_and_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let bracket = authority.starts_with('[');
    let end = match bracket {
        true => authority.find(']')? + 1,
        false => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, rest) = authority.split_at_checked(end)?;
    let good = if bracket { is_v6(host) } else { is_name(host) };
    if !good {
        return None;
    }
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Some((host, None)),
        None => None,
        Some(digits) => Some((host, Some(port_of(digits)?))),
    }
}

fn port_of(digits: &str) -> Option<u16> {
    let plain = !digits.starts_with(['0', '+']);
    digits.parse().ok().filter(|_| plain)
}

fn is_v6(bracketed: &str) -> bool {
    let inner = bracketed
        .strip_prefix('[')
        .and_then(|b| b.strip_suffix(']'));
    matches!(
        inner.and_then(|text| text.parse().ok()),
        Some(IpAddr::V6(_))
    )
}

/// A name in ASCII (that of another script comes as `xn--`) or an IPv4 address.
fn is_name(host: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let edges = host.starts_with(['.', '-']) || host.ends_with(['.', '-']);
    (1..=HOST_BYTES_MAX).contains(&host.len()) && host.bytes().all(plain) && !edges
}

/// Pages that must not get in at `play.example.org:7777`, and why somebody might think they do.
#[cfg(test)]
pub(crate) const HOSTILE: [(&str, &str); 16] = [
    ("null", "a sandboxed frame or a file"),
    ("", "nothing at all"),
    ("https://evil.example", "another host"),
    (
        "https://play.example.org.evil.example:7777",
        "ours as its start",
    ),
    ("https://evilplay.example.org:7777", "ours as its end"),
    ("https://example.org:7777", "the domain above"),
    ("https://a.play.example.org:7777", "a domain below"),
    ("https://play.example.org:7778", "another port"),
    ("https://play.example.org", "the usual port"),
    (
        "https://PLAY.example.org:7777",
        "a spelling no browser sends",
    ),
    (
        "https://play.example.org:07777",
        "a port no browser writes so",
    ),
    ("https://pl\u{430}y.example.org:7777", "a Cyrillic letter"),
    (
        "https://xn--ply-7cd.example.org:7777",
        "the same in Punycode",
    ),
    (
        "https://play.example.org:7777@evil.example",
        "ours as a user's name",
    ),
    ("https://play.example.org:7777/", "a path"),
    ("ws://play.example.org:7777", "another scheme"),
];

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "play.example.org:7777";

    fn check(named: &[&str], origin: &str, authority: &str) -> bool {
        let named = named.iter().map(|text| text.parse().unwrap()).collect();
        OriginRule::new(named).allows([origin.as_bytes()], Some(authority))
    }

    #[test]
    fn the_own_page_may() {
        for (origin, authority) in [
            ("https://play.example.org:7777", HOST),
            ("http://play.example.org:7777", HOST),
            ("http://play.example.org:7777", "Play.Example.Org:7777"),
            ("http://localhost:7777", "localhost:7777"),
            ("http://127.0.0.1:7777", "127.0.0.1:7777"),
            ("http://[::1]:7777", "[::1]:7777"),
            ("https://play.example.org", "play.example.org"),
            ("https://play.example.org", "play.example.org:443"),
            ("http://play.example.org", "play.example.org"),
        ] {
            assert!(check(&[], origin, authority), "{origin} at {authority}");
        }
    }

    #[test]
    fn a_foreign_page_may_not() {
        for (origin, why) in HOSTILE {
            assert!(!check(&[], origin, HOST), "{origin}: {why}");
            let named = ["https://other.example", "http://localhost:8080"];
            assert!(!check(&named, origin, HOST), "{origin}: {why}");
        }
        assert!(!check(
            &[],
            "http://play.example.org",
            "play.example.org:443"
        ));
        assert!(!OriginRule::default().allows([&b"\xFF"[..]], Some(HOST)));
    }

    #[test]
    fn a_rule_that_looks_for_a_part_would_let_some_in() {
        let let_in = |rule: fn(&str) -> bool| HOSTILE.iter().filter(|(page, _)| rule(page)).count();
        assert!(let_in(|page| page.starts_with("https://play.example.org")) > 0);
        assert!(let_in(|page| page.ends_with("play.example.org:7777")) > 0);
        assert!(let_in(|page| page.to_lowercase() == "https://play.example.org:7777") > 0);
    }

    #[test]
    fn a_named_page_may() {
        let named = ["https://games.example", "http://localhost:8080"];
        assert!(check(&named, "https://games.example", HOST));
        assert!(check(&named, "http://localhost:8080", HOST));
        assert!(!check(&named, "http://games.example", HOST));
        assert!(!check(&named, "http://localhost", HOST));
    }

    #[test]
    fn without_the_header_it_is_no_browser_and_two_are_none_either() {
        let rule = OriginRule::default();
        let own = b"https://play.example.org:7777".as_slice();
        assert!(rule.allows([], Some(HOST)));
        assert!(rule.allows([], None));
        assert!(rule.allows([own], Some(HOST)));
        assert!(!rule.allows([own, own], Some(HOST)));
        assert!(!rule.allows([own], None));
    }

    #[test]
    fn what_an_operator_misspells_is_said() {
        for text in [
            "games.example",
            "https://games.example/",
            "https://games.example:443",
            "http://games.example:80",
            "https://*.games.example",
            "https://",
            "https://[::1",
            "https://games.example:",
            "https://games.example:99999",
            "*",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(NoOrigin), "{text}");
        }
    }
}
