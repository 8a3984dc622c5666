//! Who has the two ports: nobody, a Tickwire server, or another program.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::time::Duration;

use tickwire_shared::transport::Transport;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::server::{self, Server};
use crate::config::Config;
use crate::doctor::ANSWER_TIME_MAX;
use crate::http::listen_error;
use crate::runtime::{Clock, entropy};
use crate::transport::socket::udp_socket;

/// Who has a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::doctor) enum PortState {
    /// Nobody.
    Free,
    /// A server of this kind.
    Tickwire,
    /// It cannot be had; a sentence says why and what to do.
    Refused(String),
}

/// Both ports of a number, and what was learned on them.
pub(in crate::doctor) struct Ports {
    pub(in crate::doctor) udp: PortState,
    pub(in crate::doctor) tcp: PortState,
    /// How long a datagram took over loopback, or what kept it.
    pub(in crate::doctor) passage: Result<Duration, String>,
    /// The server that answers there.
    pub(in crate::doctor) server: Option<Server>,
}

/// Tries to take both ports; where somebody has them, asks who.
pub(in crate::doctor) async fn ports(config: &Config) -> Ports {
    let listen = config.listen;
    let bound = udp_socket(listen).and_then(|socket| {
        socket.set_nonblocking(true)?;
        UdpSocket::from_std(socket)
    });
    match bound {
        Ok(socket) => Ports {
            udp: PortState::Free,
            tcp: tcp(listen, false),
            passage: passage(&socket).await,
            server: None,
        },
        Err(error) => {
            let taken = error.kind() == ErrorKind::AddrInUse;
            let by_quic = config.has(Transport::Quic) || config.has(Transport::WebTransport);
            let server = match taken {
                true if by_quic => server::find(near(listen)).await,
                true => server::find_without_quic(near(listen)).await,
                false => None,
            };
            let refused = || PortState::Refused(listen_error("UDP", "--listen", listen, &error));
            Ports {
                udp: server
                    .as_ref()
                    .map_or_else(refused, |_| PortState::Tickwire),
                tcp: tcp(listen, server.as_ref().is_some_and(|it| it.info.is_ok())),
                passage: any_passage(listen).await,
                server,
            }
        }
    }
}

fn tcp(listen: SocketAddr, answered: bool) -> PortState {
    match TcpListener::bind(listen) {
        _ if answered => PortState::Tickwire,
        Ok(_) => PortState::Free,
        Err(error) => PortState::Refused(listen_error("TCP", "--listen", listen, &error)),
    }
}

/// Where to reach what listens there from this machine.
fn near(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// Sends a datagram to a socket that listens as the server would.
async fn passage(socket: &UdpSocket) -> Result<Duration, String> {
    let arrival = async {
        let to = near(socket.local_addr()?);
        let sender = UdpSocket::bind((to.ip(), 0)).await?;
        let (clock, word) = (Clock::start(), entropy::bytes::<16>());
        sender.send_to(&word, to).await?;
        let mut arrived = [0; 32];
        loop {
            let (length, _) = socket.recv_from(&mut arrived).await?;
            // Somebody else may send here meanwhile.
            if arrived.get(..length) == Some(&word[..]) {
                return Ok::<_, std::io::Error>(Duration::from_micros(clock.now().0));
            }
        }
    };
    match timeout(ANSWER_TIME_MAX, arrival).await {
        Ok(outcome) => outcome.map_err(|error| error.to_string()),
        Err(_) => Err(format!("nothing for {} s", ANSWER_TIME_MAX.as_secs())),
    }
}

/// The same on a port that the system picks.
async fn any_passage(listen: SocketAddr) -> Result<Duration, String> {
    let socket = UdpSocket::bind((listen.ip(), 0)).await;
    passage(&socket.map_err(|error| error.to_string())?).await
}
