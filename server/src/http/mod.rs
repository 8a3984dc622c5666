//! HTTP: the public listener for players' pages and offers, and for bots and dashboards with a
//! token; and the private one that operators ask.
//!
//! Never changes a game, and never mixes the two: what operators ask for is nowhere on the public
//! port.

mod admin;
mod bots;
mod listener;
mod public;
mod records;
mod roles;

pub use admin::{AdminState, Build, RoomRow};
pub use bots::Announcement;
pub use listener::AdminListener;
pub use public::{Assets, ConnectInfo, PublicListener, PublicOptions, RequestRates};
pub use roles::OfficeQueues;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Where to listen when `listen` is configured: all addresses of IPv4 alone where the system has no
/// IPv6, which is how it takes both.
pub(crate) fn usable(listen: SocketAddr) -> SocketAddr {
    let all_v6 = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
    let wanted = listen.ip() == all_v6.ip();
    if !wanted || UdpSocket::bind(all_v6).is_ok() {
        return listen;
    }
    tracing::info!("this system has no IPv6: listening on IPv4 alone");
    SocketAddr::from((Ipv4Addr::UNSPECIFIED, listen.port()))
}

/// Why a listener could not start, in a sentence that says what to do.
pub(crate) fn listen_error(kind: &str, flag: &str, at: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "{kind} port {} is in use: stop the program that uses it or choose another with {flag}",
            at.port()
        ),
        io::ErrorKind::AddrNotAvailable => format!(
            "this machine has no address {}: choose one it has, or 0.0.0.0 for all, with {flag}",
            at.ip()
        ),
        io::ErrorKind::PermissionDenied => format!(
            "not allowed to use {kind} port {}: choose a port above 1023 with {flag}",
            at.port()
        ),
        _ => format!("cannot listen on {kind} {at}: {error}; choose another address with {flag}"),
    }
}

#[cfg(test)]
mod tests;
