//! From facts to findings: pure, so that each judgement stands in a table of the tests.
//!
//! Never asks anything. A judgement that is not good says what to do.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use super::ask::{Buffers, Pem, PortState, Server};
use super::finding::Finding;
use crate::runtime::clock::WallTime;

mod certificate;

pub(super) use certificate::certificate;

/// A clock that shows an earlier time was never set: this program is younger.
const EARLIEST: WallTime = WallTime(1_735_689_600);

/// A clock that shows a later time (2100) is as wrong.
const LATEST: WallTime = WallTime(4_102_444_800);

/// How far apart the clocks of this process and of the server may be: they are the same clock, so
/// that more means that something else answers.
const CLOCK_DIFFERENCE_MAX: Duration = Duration::from_secs(5);

/// Open files below which a full server runs out: each WebSocket and each HTTP request is one.
const OPEN_FILES_MIN: u64 = 10_240;

/// UDP buffers below this lose packets whenever the machine stalls for a few milliseconds.
const BUFFER_BYTES_MIN: usize = 1_024 * 1_024;

pub(super) fn udp_port(listen: SocketAddr, state: &PortState) -> Finding {
    port("UDP port", listen, state)
}

pub(super) fn tcp_port(listen: SocketAddr, state: &PortState) -> Finding {
    port("TCP port", listen, state)
}

fn port(subject: &'static str, listen: SocketAddr, state: &PortState) -> Finding {
    match state {
        PortState::Free if listen.port() == 0 => {
            Finding::ok(subject, "the system picks one (--listen has port 0)")
        }
        PortState::Free => Finding::ok(subject, format!("{listen} is free")),
        PortState::Tickwire => {
            Finding::ok(subject, format!("a Tickwire server answers at {listen}"))
        }
        PortState::Refused(sentence) => Finding::fault(subject, sentence),
    }
}

pub(super) fn buffers(buffers: &Result<Buffers, String>) -> Finding {
    let subject = "UDP buffers";
    let granted = match buffers {
        Ok(granted) => granted,
        Err(error) => return Finding::warning(subject, format!("cannot be asked for: {error}")),
    };
    let kib = |bytes: usize| bytes / 1_024;
    let least = granted.receive.min(granted.send);
    let shown = format!(
        "{} KiB in and {} KiB out of the {} KiB asked for",
        kib(granted.receive),
        kib(granted.send),
        kib(granted.asked)
    );
    if least >= granted.asked {
        return Finding::ok(subject, shown);
    }
    let asked = granted.asked;
    let remedy = format!(
        "{shown}: run `sysctl -w net.core.rmem_max={asked} net.core.wmem_max={asked}` and put both \
         into /etc/sysctl.d"
    );
    match least < BUFFER_BYTES_MIN {
        true => Finding::warning(subject, remedy),
        false => Finding::ok(subject, format!("{shown}; enough for about 300 players")),
    }
}

pub(super) fn datagram(passage: &Result<Duration, String>) -> Finding {
    let subject = "UDP passes";
    match passage {
        Ok(time) => Finding::ok(subject, format!("over loopback in {} µs", time.as_micros())),
        Err(error) => Finding::fault(
            subject,
            format!(
                "no datagram came through, not even over loopback ({error}): look for a firewall \
                 on this machine"
            ),
        ),
    }
}

/// `set` is what the operator says, `outward` where this machine's own packets come from.
pub(super) fn public_address(
    listen: IpAddr,
    set: Option<IpAddr>,
    outward: Option<IpAddr>,
) -> Finding {
    let subject = "public address";
    if let Some(set) = set {
        return match is_reachable(set) {
            true => Finding::ok(subject, format!("{set}, as --public-addr says")),
            false => Finding::warning(
                subject,
                format!(
                    "--public-addr says {set}, which only this machine or its own network \
                     reaches: give the address that players outside see"
                ),
            ),
        };
    }
    if listen.is_loopback() {
        return Finding::warning(
            subject,
            format!("--listen is {listen}: nobody but this machine can play; use [::] for all"),
        );
    }
    match outward {
        Some(outward) if is_reachable(outward) => {
            Finding::ok(subject, format!("{outward}, guessed from the way out"))
        }
        Some(outward) => Finding::warning(
            subject,
            format!(
                "not set, and this machine's own is {outward}, behind a router: browsers outside \
                 cannot reach WebRTC; set --public-addr to the router's address and forward the \
                 port, UDP and TCP"
            ),
        ),
        None => Finding::warning(
            subject,
            "not set, and this machine has no way out: set --public-addr if players come from \
             outside",
        ),
    }
}

/// Whether somebody in another network can send to this address.
fn is_reachable(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, ..] = address.octets();
            let shared = a == 100 && (64..128).contains(&b);
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified()
                || address.is_multicast()
                || address.is_broadcast()
                || shared)
        }
        IpAddr::V6(address) => {
            !(address.is_loopback()
                || address.is_unspecified()
                || address.is_multicast()
                || address.is_unique_local()
                || address.is_unicast_link_local())
        }
    }
}

/// Whether what the server says over HTTP fits what answers over QUIC, where that is on.
pub(super) fn agreement(port: u16, server: &Server) -> Finding {
    let subject = "server";
    let info = match &server.info {
        Ok(info) => info,
        Err(error) => {
            return Finding::fault(
                subject,
                format!(
                    "it answers over QUIC, but /connect-info does not ({error}): pages cannot \
                     learn how to dial; look whether another program has the TCP port"
                ),
            );
        }
    };
    let version = &info.version;
    let Some(handshake) = server.handshake else {
        let text = format!("version {version} answers at /connect-info; QUIC is switched off");
        return Finding::ok(subject, text);
    };
    let (hashes, shown) = (&info.certificate_hashes, &server.certificate_sha256);
    let announced = |shown| hashes.is_empty() || hashes.contains(shown);
    if !shown.as_ref().is_some_and(announced) {
        return Finding::fault(
            subject,
            "the certificate it shows over QUIC is not among those of /connect-info: two servers \
             share this port; stop one",
        );
    }
    let answers = format!(
        "version {version} answers over QUIC in {} ms, and /connect-info agrees",
        handshake.as_millis()
    );
    match info.quic_port {
        Some(public) if public != port => Finding::ok(
            subject,
            format!("{answers}; players dial port {public}, which must lead to {port}"),
        ),
        _ => Finding::ok(subject, answers),
    }
}

/// `valid` is from when to when the certificate's files are good.
pub(super) fn clock(
    now: WallTime,
    valid: Option<(WallTime, WallTime)>,
    server: Option<&Server>,
) -> Finding {
    let subject = "clock";
    if now < EARLIEST || now > LATEST {
        return Finding::fault(
            subject,
            format!("it shows {now}: set it, best by NTP (`timedatectl set-ntp true`)"),
        );
    }
    if let Some((from, _)) = valid.filter(|(from, _)| now < *from) {
        return Finding::fault(
            subject,
            format!(
                "it shows {now}, before the certificate begins ({from}): one of the two is wrong; \
                 set the clock by NTP"
            ),
        );
    }
    let date = server.and_then(|server| server.info.as_ref().ok()?.date);
    match date {
        Some(date) if date.since(now).max(now.since(date)) > CLOCK_DIFFERENCE_MAX => {
            Finding::warning(
                subject,
                format!(
                    "it shows {now}, the server's answers say {date}: something between holds \
                     answers back, or the server runs elsewhere"
                ),
            )
        }
        _ => Finding::ok(subject, now.to_string()),
    }
}

pub(super) fn open_files(limit: Option<u64>) -> Finding {
    let subject = "open files";
    match limit {
        None => Finding::ok(subject, "this system does not say how many are allowed"),
        Some(limit) if limit < OPEN_FILES_MIN => Finding::warning(
            subject,
            format!(
                "{limit} are allowed, and each WebSocket player takes one: raise it with `ulimit \
                 -n {OPEN_FILES_MIN}` or LimitNOFILE={OPEN_FILES_MIN} in the service"
            ),
        ),
        Some(limit) => Finding::ok(subject, format!("{limit} are allowed")),
    }
}

pub(super) fn data_dir(path: &Path, outcome: Result<(), String>) -> Finding {
    let subject = "data directory";
    match outcome {
        Ok(()) => Finding::ok(subject, format!("{} can be written", path.display())),
        Err(sentence) => Finding::fault(subject, sentence),
    }
}

impl Pem {
    /// From when to when the files are good, if they can be read.
    pub(super) fn valid(&self) -> Option<(WallTime, WallTime)> {
        match self {
            Pem::Good(identity, _) => Some((identity.not_before(), identity.not_after())),
            Pem::None | Pem::Bad(_) => None,
        }
    }
}
