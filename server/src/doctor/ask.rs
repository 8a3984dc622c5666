//! Facts about this machine and about a server that may run on it.
//!
//! Never judges, and leaves nothing behind: what it binds it lets go, what it writes it removes.

mod client;
mod ports;
mod server;

pub(super) use ports::{PortState, ports};
pub(super) use server::Server;
#[cfg(test)]
pub(super) use server::{Info, parse};

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{ServerName, UnixTime};

use crate::config::Config;
use crate::data_dir::DataDir;
use crate::limits::UDP_SOCKET_BUFFER_BYTES;
use crate::runtime::clock::WallTime;
use crate::transport::socket::udp_socket;
use crate::transport::tls::{Certificates, Identity};

/// What the kernel gives a UDP socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Buffers {
    /// Bytes asked for, each way.
    pub(super) asked: usize,
    /// Bytes granted for what comes in.
    pub(super) receive: usize,
    /// Bytes granted for what goes out.
    pub(super) send: usize,
}

/// The certificate files of the configuration.
#[derive(Debug)]
pub(super) enum Pem {
    /// None are configured.
    None,
    /// They cannot be used; a sentence says why.
    Bad(String),
    /// They can; and whether an authority that browsers know vouches for them.
    Good(Arc<Identity>, Result<(), String>),
}

/// Asks the kernel for what the server will ask for.
pub(super) fn buffers(listen: SocketAddr) -> Result<Buffers, String> {
    let socket = udp_socket(SocketAddr::new(listen.ip(), 0)).map_err(|error| error.to_string())?;
    let socket = socket2::Socket::from(socket);
    // Linux counts its own bookkeeping in and says twice of what was granted.
    let granted = |bytes: usize| bytes / if cfg!(target_os = "linux") { 2 } else { 1 };
    let receive = socket.recv_buffer_size();
    let send = socket.send_buffer_size();
    Ok(Buffers {
        asked: UDP_SOCKET_BUFFER_BYTES,
        receive: granted(receive.map_err(|error| error.to_string())?),
        send: granted(send.map_err(|error| error.to_string())?),
    })
}

/// The address this machine sends from when it talks to the world. Nothing is sent.
pub(super) fn outward_address() -> Option<IpAddr> {
    // Addresses of documentation: to learn the way there, any do.
    let ways = [
        (Ipv4Addr::UNSPECIFIED.into(), "192.0.2.1:9"),
        (IpAddr::from(Ipv6Addr::UNSPECIFIED), "[2001:db8::1]:9"),
    ];
    ways.into_iter().find_map(|(from, to)| {
        let socket = UdpSocket::bind((from, 0)).ok()?;
        socket.connect(to).ok()?;
        socket.local_addr().ok().map(|address| address.ip())
    })
}

/// Reads the certificate files, if there are any, and asks whether browsers would trust them.
pub(super) fn certificate(config: &Config, now: WallTime) -> Pem {
    let (Some(chain), Some(key)) = (&config.tls.cert, &config.tls.key) else {
        return Pem::None;
    };
    match Certificates::from_pem_files(chain, key) {
        Err(sentence) => Pem::Bad(sentence),
        Ok(certificates) => {
            let identity = certificates.current();
            let vouched = vouched(&identity, now);
            Pem::Good(identity, vouched)
        }
    }
}

/// Whether a root that browsers know leads to this certificate.
fn vouched(identity: &Identity, now: WallTime) -> Result<(), String> {
    use rustls::client::danger::ServerCertVerifier;
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = Arc::new(default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| error.to_string())?;
    let (leaf, rest) = identity.chain().split_first().ok_or("it is empty")?;
    let name = identity.names().first().ok_or("it names no host")?;
    // Any host below it stands for a wildcard.
    let name = name.replacen('*', "any", 1);
    let name = ServerName::try_from(name).map_err(|error| error.to_string())?;
    let now = UnixTime::since_unix_epoch(now.since_epoch());
    let verified = verifier.verify_server_cert(leaf, rest, &name, &[], now);
    verified.map(drop).map_err(|error| error.to_string())
}

/// How many files a process of this user may have open, where the system says so.
pub(super) fn open_files() -> Option<u64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))?;
    let soft = line.split_whitespace().nth(3)?;
    match soft {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

/// Whether the data directory can be written, or made.
pub(super) fn data_dir(config: &Config) -> Result<(), String> {
    DataDir::try_out(&config.data_dir)
}
