//! One transport in a race: open it, then see whether a probe comes back.
//!
//! Never judges others: a race does.

use core::time::Duration;

use tickwire_shared::id::Lane;
use tickwire_shared::transport::Transport;
use tickwire_shared::wire::{decode_probe, encode_probe};

use super::info::Info;
use super::link::WebLink;
use super::{page, task, webrtc, websocket, webtransport};
use crate::polled::PolledLink;

/// How long a connection may take to open.
const OPEN_MILLIS: u32 = 5_000;

/// How long the first echo may take once it is open.
pub(super) const ECHO_MILLIS: u32 = 2_000;

/// Between two probes of a race.
const PROBE_EVERY_MILLIS: u32 = 100;

/// As long as a usual snapshot, so that the echo says something about those.
const PROBE_BYTES: usize = 300;

/// A link on which a probe came back.
pub(super) struct Proven {
    pub(super) link: WebLink,
    /// How long the first echo took.
    pub(super) echo: Duration,
}

/// Why a page cannot even try `transport`; `None` when it can.
pub(super) fn obstacle(transport: Transport, info: &Info) -> Option<&'static str> {
    let (offered, class) = match transport {
        Transport::Quic => return Some("a page cannot speak it"),
        Transport::WebTransport => (info.webtransport.is_some(), "WebTransport"),
        Transport::WebRtc => (info.webrtc.is_some(), "RTCPeerConnection"),
        Transport::WebSocket => (info.websocket.is_some(), "WebSocket"),
    };
    match (offered, page::has_class(class)) {
        (false, _) => Some("the server does not offer it"),
        (true, false) if transport == Transport::WebTransport && !page::is_secure() => {
            Some("this page is no secure context: open it over https, or on localhost")
        }
        (true, false) => Some("this browser does not have it"),
        (true, true) => None,
    }
}

/// Opens a link within the time it may take.
pub(super) async fn open(transport: Transport, info: &Info) -> Result<WebLink, String> {
    let opening = async {
        match (transport, info) {
            (
                Transport::WebTransport,
                Info {
                    webtransport: Some(way),
                    ..
                },
            ) => webtransport::open(way).await,
            (
                Transport::WebRtc,
                Info {
                    webrtc: Some(way), ..
                },
            ) => webrtc::open(way).await,
            (
                Transport::WebSocket,
                Info {
                    websocket: Some(way),
                    ..
                },
            ) => websocket::open(way).await,
            _ => Err("the server does not offer it".to_owned()),
        }
    };
    let opened = task::within(OPEN_MILLIS, opening).await;
    opened.unwrap_or_else(|| Err(no_answer(transport, OPEN_MILLIS)))
}

/// Opens a link and waits for an echo.
///
/// # Errors
/// Why there is none, in words for a player.
pub(super) async fn prove(transport: Transport, info: &Info) -> Result<Proven, String> {
    let mut link = open(transport, info).await?;
    let opened = page::now();
    match task::within(ECHO_MILLIS, first_echo(&mut link)).await {
        None => Err(no_echo(transport)),
        Some(Err(words)) => Err(words),
        Some(Ok(())) => Ok(Proven {
            echo: millis(page::now() - opened),
            link,
        }),
    }
}

/// Sends probes until one comes back.
async fn first_echo(link: &mut WebLink) -> Result<(), String> {
    for number in 0.. {
        let probe = encode_probe(number, PROBE_BYTES);
        let sent = link.send(Lane::Input, &probe);
        sent.map_err(|error| error.to_string())?;
        let echo = async {
            loop {
                match link.recv().await {
                    Ok((Lane::Snapshot, bytes)) if decode_probe(&bytes).is_some() => return Ok(()),
                    Ok(_) => {}
                    Err(end) => return Err(end.to_string()),
                }
            }
        };
        if let Some(outcome) = task::within(PROBE_EVERY_MILLIS, echo).await {
            return outcome;
        }
    }
    Ok(())
}

/// Words for a connection that did not open in time.
pub(super) fn no_answer(transport: Transport, millis: u32) -> String {
    let seconds = millis / 1_000;
    match transport {
        Transport::WebSocket => format!("no answer within {seconds} s"),
        _ => format!("no answer within {seconds} s: UDP is blocked on the way"),
    }
}

pub(super) fn no_echo(transport: Transport) -> String {
    let seconds = ECHO_MILLIS / 1_000;
    match transport {
        Transport::WebSocket => format!("no packet came back within {seconds} s"),
        _ => format!("no datagram came back within {seconds} s: UDP is blocked on the way"),
    }
}

/// A span of the page's clock.
pub(super) fn millis(span: f64) -> Duration {
    Duration::from_micros((span.max(0.0) * 1_000.0) as u64)
}
