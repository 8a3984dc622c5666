//! The conditioner as a program of its own: a UDP and TCP relay in front of a server, for any
//! client or browser.
//!
//! Never looks into a packet: QUIC, WebRTC, HTTP and WebSocket pass alike. Datagrams are lost,
//! doubled, delayed and overtaken; streams only stall, as TCP does over such a network.
//!
//! [`Mappings`] and [`Knobs`] know no socket; [`Relay`] owns those.

pub mod cli;
mod knobs;
mod mappings;
mod tcp;
mod udp;

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use self::knobs::{Knobs, Order};
pub use self::mappings::{Mappings, Parcel};

use crate::clock::Clock;

/// Ports tried until one is free for UDP and TCP, when any will do.
const PORTS_TRIED: usize = 32;

/// Between whom a relay stands, and what it starts with.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Where clients come, over UDP and TCP; port 0 picks one that is free for both.
    pub listen: SocketAddr,
    /// The server.
    pub to: SocketAddr,
    /// What it does to packets.
    pub knobs: Knobs,
    /// Seed of losses and jitter.
    pub seed: u64,
}

/// A relay at work; dropping it ends it and every stream through it.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    knobs: watch::Sender<Knobs>,
    _tasks: JoinSet<()>,
}

impl Relay {
    /// Listens and begins to relay.
    ///
    /// # Errors
    /// When no such port is free.
    pub async fn start(options: Options) -> io::Result<Relay> {
        let (udp, tcp) = listen(options.listen).await?;
        let address = tcp.local_addr()?;
        let clock = Clock::start();
        let (knobs, heard) = watch::channel(options.knobs);
        let mut tasks = JoinSet::new();
        tasks.spawn(udp::relay(udp, options, clock, heard.clone()));
        tasks.spawn(tcp::relay(tcp, options, clock, heard));
        Ok(Relay {
            address,
            knobs,
            _tasks: tasks,
        })
    }

    /// Where clients come.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Does what it is told; returns what to say to who told it. [`Order::Quit`] is the caller's to
    /// obey.
    pub fn obey(&self, order: &Order) -> String {
        self.knobs.send_modify(|knobs| knobs.turn(order));
        order.to_string()
    }
}

/// The same port number over UDP and TCP.
async fn listen(at: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let mut failed = None;
    for _ in 0..PORTS_TRIED {
        let tcp = TcpListener::bind(at).await?;
        match UdpSocket::bind(tcp.local_addr()?).await {
            Ok(udp) => return Ok((udp, tcp)),
            Err(error) if at.port() != 0 => return Err(error),
            Err(error) => failed = Some(error),
        }
    }
    Err(failed.unwrap_or_else(|| io::Error::other("no port is free")))
}

#[cfg(test)]
mod tests;
