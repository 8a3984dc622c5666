//! What an operator may choose: default < TOML file < environment < flag.
//!
//! Never reads a file or the environment by itself; [`load`] is handed both, so that every rule
//! can be tested. One table of keys drives the file, the environment, the flags and the document.

mod command;
mod keys;
mod load;
mod parse;
mod report;
mod sabotage;
mod store;

pub use command::{Action, from_command_line};
pub use load::{ConfigError, Layers, Loaded, load};
pub use sabotage::Sabotage;
pub use store::{ChatConfig, StoreConfig, StorePlace};

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tickwire_shared::transport::Transport;

use crate::auth::Issuer;
use crate::limits::{AWAY_TIME_MAX, HTTP_REQUESTS_PER_SECOND, SESSION_GRACE};
use crate::transport::origin::Origin;

/// Everything an operator may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where players dial; port 0 picks one.
    pub listen: SocketAddr,
    /// Where operators ask; see [`Config::admin_address`].
    pub admin_listen: Option<SocketAddr>,
    /// How players reach this server, where that is not where it listens.
    pub public_addr: Option<PublicAddress>,
    /// The transports that are switched on, best first.
    pub transports: Vec<Transport>,
    /// What must survive a restart.
    pub data_dir: PathBuf,
    /// Where chat and accounts are kept.
    pub store: StoreConfig,
    /// What is kept of chat.
    pub chat: ChatConfig,
    /// Certificate chain and key in PEM; without them one is made for development.
    pub tls: TlsFiles,
    /// The page, and who may use it.
    pub web: WebConfig,
    /// Rooms and the threads that tick them.
    pub rooms: RoomsConfig,
    /// What one player may use.
    pub session: SessionConfig,
    /// Who may come, and who vouches for them.
    pub auth: AuthConfig,
    /// Who is told of whispers to those who are offline.
    pub webhook: WebhookConfig,
    /// What is logged, and how.
    pub log: LogConfig,
    /// How long players may finish after SIGTERM.
    pub shutdown_grace: Duration,
    /// A defence that is off; none outside tests, and no operator can choose one.
    pub sabotage: Sabotage,
}

/// How players reach a server behind NAT or a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicAddress {
    /// The address.
    pub ip: IpAddr,
    /// The port, where it is not the one listened at.
    pub port: Option<u16>,
}

/// The page, and who may use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebConfig {
    /// The folder of the page; see [`Config::web_dir`].
    pub dir: Option<PathBuf>,
    /// Pages elsewhere that may use this server.
    pub origins: Vec<Origin>,
    /// Public HTTP connections at a time; those that became a WebSocket are links.
    pub connections_max: usize,
    /// The same of one address; loopback is exempt.
    pub connections_per_address_max: usize,
    /// Requests of one address a second; loopback is exempt.
    pub requests_per_address_per_s: u32,
}

/// Paths of PEM files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificate chain, the server's own first.
    pub cert: Option<PathBuf>,
    /// Private key.
    pub key: Option<PathBuf>,
}

/// Rooms and the threads that tick them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomsConfig {
    /// Name of the first room that is made for players who ask for any.
    pub default: String,
    /// Seats in a room.
    pub seats_max: u16,
    /// Rooms at a time.
    pub count_max: u32,
    /// Whether a player who asks for an unknown name gets a new room.
    pub create: bool,
    /// Threads that tick rooms; 0 is one less than processors.
    pub workers: usize,
}

/// What one player may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionConfig {
    /// Bytes of snapshots a second to one player.
    pub budget_bytes_per_s: u32,
    /// How long a session without a link keeps its seat.
    pub grace: Duration,
    /// How long a session whose player is away may be silent.
    pub away: Duration,
    /// Links from one address; loopback is exempt.
    pub links_per_address_max: usize,
}

/// Who may come, and who vouches for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthConfig {
    /// Whether players nobody vouches for may come.
    pub guests: bool,
    /// Whether players may register by themselves.
    pub register: bool,
    /// Whose tokens are accepted beside the server's own.
    pub issuers: Vec<Issuer>,
    /// A list of names nobody may have beside the usual ones, one a line.
    pub reserved_names: Option<PathBuf>,
}

/// Who is told outside of whispers to those who are offline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookConfig {
    /// Where it listens; without one nobody is told.
    pub url: Option<String>,
    /// The file with the secret that each message is signed with.
    pub secret_file: Option<PathBuf>,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// Level, or a filter such as `info,tickwire_server=debug`.
    pub level: String,
    /// Text for people or JSON for programs.
    pub format: LogFormat,
}

/// Shape of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: SocketAddr::from((Ipv6Addr::UNSPECIFIED, 7777)),
            admin_listen: None,
            public_addr: None,
            transports: Transport::ALL.to_vec(),
            data_dir: PathBuf::from("tickwire-data"),
            store: StoreConfig::default(),
            chat: ChatConfig::default(),
            tls: TlsFiles::default(),
            web: WebConfig {
                dir: None,
                origins: Vec::new(),
                connections_max: 1_024,
                connections_per_address_max: 32,
                requests_per_address_per_s: HTTP_REQUESTS_PER_SECOND,
            },
            rooms: RoomsConfig {
                default: "lobby".to_owned(),
                seats_max: 128,
                count_max: 64,
                create: true,
                workers: 0,
            },
            session: SessionConfig {
                budget_bytes_per_s: 65_536,
                grace: SESSION_GRACE,
                away: AWAY_TIME_MAX,
                links_per_address_max: 32,
            },
            auth: AuthConfig {
                guests: true,
                register: true,
                issuers: Vec::new(),
                reserved_names: None,
            },
            webhook: WebhookConfig::default(),
            log: LogConfig {
                level: "info".to_owned(),
                format: LogFormat::Text,
            },
            shutdown_grace: Duration::from_secs(10),
            sabotage: Sabotage::None,
        }
    }
}

impl Config {
    /// The address of the admin listener when players dial `public`: loopback and the next port,
    /// or a picked one, unless one is configured.
    #[must_use]
    pub fn admin_address(&self, public: SocketAddr) -> SocketAddr {
        let loopback = match public.ip() {
            IpAddr::V6(ip) if !ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            _ => IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        // Next to a picked port another server may listen, so that both are picked.
        let port = match self.listen.port() {
            0 => 0,
            port => port.checked_add(1).unwrap_or(0),
        };
        self.admin_listen
            .unwrap_or(SocketAddr::from((loopback, port)))
    }

    /// The port players dial when this server listens at `listening`.
    #[must_use]
    pub fn public_port(&self, listening: SocketAddr) -> u16 {
        let named = self.public_addr.and_then(|public| public.port);
        named.unwrap_or(listening.port())
    }

    /// Whether a transport is switched on.
    #[must_use]
    pub fn has(&self, transport: Transport) -> bool {
        self.transports.contains(&transport)
    }

    /// The folder of the page: the configured one, or else a folder `web` with a page in it that
    /// stands beside the `program`, or beside the folder the program is in.
    #[must_use]
    pub fn web_dir(&self, program: Option<&Path>) -> Option<PathBuf> {
        let near = || {
            let folders = program?.ancestors().skip(1).take(2);
            let mut near = folders.map(|folder| folder.join("web"));
            near.find(|web| web.join("index.html").is_file())
        };
        self.web.dir.clone().or_else(near)
    }

    /// Threads that tick rooms on a machine with this many processors.
    #[must_use]
    pub fn workers(&self, processors: usize) -> usize {
        match self.rooms.workers {
            0 => processors.saturating_sub(1).max(1),
            count => count,
        }
    }
}

#[cfg(test)]
mod tests;
