//! The ways a link can be carried. What a session is carried by changes nothing in it.
//!
//! Never opens anything: these are the names that flags, reports, figures and screens share.

use core::fmt;
use core::str::FromStr;

/// What carries a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// QUIC with datagrams, for native clients.
    Quic,
    /// WebTransport: HTTP/3 over the same endpoint, for browsers.
    WebTransport,
    /// WebRTC data channels.
    WebRtc,
    /// WebSocket over TCP, where UDP does not pass.
    WebSocket,
}

/// The text names no transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownTransport;

impl Transport {
    /// Every transport, best first.
    pub const ALL: [Transport; 4] = [
        Transport::Quic,
        Transport::WebTransport,
        Transport::WebRtc,
        Transport::WebSocket,
    ];

    /// Its name in flags, reports and figures.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Transport::Quic => "quic",
            Transport::WebTransport => "webtransport",
            Transport::WebRtc => "webrtc",
            Transport::WebSocket => "websocket",
        }
    }

    /// Its name as people write it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Transport::Quic => "QUIC",
            Transport::WebTransport => "WebTransport",
            Transport::WebRtc => "WebRTC",
            Transport::WebSocket => "WebSocket",
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

impl FromStr for Transport {
    type Err = UnknownTransport;

    fn from_str(name: &str) -> Result<Transport, UnknownTransport> {
        let known = Transport::ALL.into_iter().find(|one| one.name() == name);
        known.ok_or(UnknownTransport)
    }
}

impl fmt::Display for UnknownTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the transports are quic, webtransport, webrtc and websocket")
    }
}

impl core::error::Error for UnknownTransport {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for transport in Transport::ALL {
            assert_eq!(transport.name().parse(), Ok(transport));
        }
        assert_eq!("tcp".parse::<Transport>(), Err(UnknownTransport));
    }
}
