//! The command line of the bots.
//!
//! Never starts anything: a wrong flag is one line and exit status 2.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Parser;
use tickwire_link::{Address, CertificateHash, Trust};
use tickwire_shared::transport::Transport;
use tickwire_shared::wire::Credential;

use super::ledger::Place;
use crate::flags::{Net, duration, room_name, trust};
use crate::secrets::Secrets;

/// Bots one process drives at the most.
pub const BOTS_MAX: u32 = 1_000;

/// Plays the arena with many bots and reports how the server and the network did
#[derive(Clone, Debug, Parser)]
#[command(name = "bots", version, max_term_width = 100, after_help = Cli::STATUS)]
pub struct Cli {
    /// Server to play on, as HOST:PORT
    #[arg(long, default_value = "127.0.0.1:7777", value_parser = Address::parse)]
    pub server: Address,
    /// How many bots
    #[arg(long, default_value_t = 8, value_parser = count)]
    pub count: u32,
    /// How long to play: 90s, 2m, 1h
    #[arg(long, default_value = "30s", value_parser = duration)]
    pub duration: Duration,
    /// Seed of brains, chat and the simulated network
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Chat messages a second and bot
    #[arg(long, default_value_t = 0.0, value_parser = chat_rate, value_name = "RATE")]
    #[arg(allow_negative_numbers = true)]
    pub chat: f64,
    /// Where to say them, in turn at random: room, team, near, whisper, party, group; or all
    #[arg(long, default_value = "room", value_parser = Scopes::from_str, value_name = "NAMES")]
    pub scopes: Scopes,
    /// Cut each bot's link about every so often, as a changed network does: 5s, 1m
    #[arg(long, value_parser = duration, value_name = "TIME")]
    pub cut_every: Option<Duration>,
    /// Simulate a network on both directions: lan, broadband, wifi, 4g, train, satellite, bad
    #[arg(long, value_parser = Net::from_str, value_name = "PRESET")]
    pub net: Option<Net>,
    /// Room to join; without it, any room with a free seat
    #[arg(long, value_parser = room_name, value_name = "NAME")]
    pub room: Option<String>,
    /// File with admission tokens, one a line, as POST /login gives them for the room: the first
    /// bot comes with the first one, and so on; bots beyond are guests
    #[arg(long, value_parser = Secrets::from_str, value_name = "FILE")]
    pub token_file: Option<Secrets>,
    /// Transport to play over: quic, webtransport, webrtc, websocket, or mix for all in turn
    #[arg(long, default_value = "quic", value_parser = Choice::from_str, value_name = "NAME")]
    pub transport: Choice,
    /// Write the report to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Admin listener for the server's own figures [default: the server's host, its port + 1]
    #[arg(long, value_parser = Address::parse, value_name = "HOST:PORT")]
    pub admin: Option<Address>,
    /// File with the admin listener's token, admin.token in the server's data directory: then the
    /// server's figures begin with this run
    #[arg(long, value_parser = Secrets::from_str, value_name = "FILE")]
    pub admin_token: Option<Secrets>,
    /// Accept only the certificate with this SHA-256 (64 hexadecimal digits)
    #[arg(long, value_parser = CertificateHash::from_str, value_name = "HASH")]
    pub pin: Option<CertificateHash>,
    /// Accept any certificate, also beyond this machine (development only)
    #[arg(long, conflicts_with = "pin")]
    pub insecure: bool,
}

/// Which transports the bots play over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// All bots over this one.
    One(Transport),
    /// One bot after the other over the next of all.
    Mix,
}

impl Choice {
    /// What the bot with this index plays over.
    #[must_use]
    pub fn of(self, bot: usize) -> Transport {
        match self {
            Choice::One(transport) => transport,
            Choice::Mix => Transport::ALL[bot % Transport::ALL.len()],
        }
    }
}

impl FromStr for Choice {
    type Err = String;

    /// # Errors
    /// One sentence that lists the names.
    fn from_str(name: &str) -> Result<Choice, String> {
        match name {
            "mix" => Ok(Choice::Mix),
            _ => name
                .parse()
                .map(Choice::One)
                .map_err(|error| format!("{error}; mix plays over all of them")),
        }
    }
}

/// Where the bots talk; at least one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scopes(pub Vec<Place>);

impl FromStr for Scopes {
    type Err = String;

    /// # Errors
    /// One sentence that lists the names.
    fn from_str(names: &str) -> Result<Scopes, String> {
        if names == "all" {
            return Ok(Scopes(Place::ALL.to_vec()));
        }
        let places: Result<Vec<Place>, String> = names.split(',').map(str::parse).collect();
        places.map(Scopes)
    }
}

impl Cli {
    /// What `--help` says last.
    pub const STATUS: &str = "Exit status: 0 when everything held; 1 when a bot did not get in, \
        chat was lost, doubled, reordered, skipped or leaked, or shown though it was refused, or a \
        client and the server disagreed about the game's state; 2 for a wrong flag. A line to a \
        team that its bot was dealt out of by a restart is counted, and is no failure.";

    /// Which certificate to accept.
    #[must_use]
    pub fn trust(&self) -> Trust {
        trust(self.pin, self.insecure)
    }

    /// As whom a bot comes.
    #[must_use]
    pub fn who(&self, bot: usize) -> Credential {
        let players = self.token_file.as_ref();
        players.map_or(Credential::New, |players| players.player(bot))
    }

    /// Where the server's figures are.
    #[must_use]
    pub fn admin(&self) -> Address {
        let next = self.server.port.saturating_add(1);
        self.admin
            .clone()
            .unwrap_or_else(|| self.server.with_port(next))
    }
}

fn count(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(count) if (1..=BOTS_MAX).contains(&count) => Ok(count),
        _ => Err(format!("a number from 1 to {BOTS_MAX}")),
    }
}

fn chat_rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.0..=100.0).contains(&rate) => Ok(rate),
        _ => Err("messages a second, from 0 to 100".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::one_line;
    use tickwire_shared::conditioner::Network;

    fn parse(line: &str) -> Result<Cli, String> {
        let words = std::iter::once("bots").chain(line.split_whitespace());
        Cli::try_parse_from(words).map_err(|error| one_line(&error))
    }

    #[test]
    fn the_promised_command_line_parses() {
        let line = "--server 127.0.0.1:7000 --count 64 --duration 30s --seed 1 --chat 0.5 \
                    --net lan --report out.json";
        let cli = parse(line).expect("good flags");
        assert_eq!((cli.count, cli.seed, cli.chat), (64, 1, 0.5));
        assert_eq!(cli.duration, Duration::from_secs(30));
        assert_eq!(cli.net.as_ref().map(|net| net.network), Some(Network::LAN));
        assert_eq!(cli.admin().to_string(), "127.0.0.1:7001");
        let cli = parse("--admin [::1]:9").expect("good flags");
        assert_eq!(cli.admin().to_string(), "[::1]:9");
    }

    #[test]
    fn a_mix_takes_every_transport_in_turn() {
        let cli = parse("--transport mix").expect("good flags");
        let first: Vec<Transport> = (0..4).map(|bot| cli.transport.of(bot)).collect();
        assert_eq!(first, Transport::ALL);
        assert_eq!(cli.transport.of(4), Transport::Quic);
        let cli = parse("--transport webrtc").expect("good flags");
        assert_eq!(cli.transport.of(3), Transport::WebRtc);
    }

    #[test]
    fn scopes_are_a_list_or_all() {
        let scopes = |line| parse(line).expect("good flags").scopes.0;
        assert_eq!(scopes(""), [Place::Room]);
        assert_eq!(
            scopes("--scopes near,whisper"),
            [Place::Near, Place::Whisper]
        );
        assert_eq!(scopes("--scopes all"), Place::ALL);
    }

    #[test]
    fn a_wrong_flag_is_one_line_that_names_it() {
        for (line, part) in [
            ("--cuont 3", "--cuont"),
            ("--count 0", "--count"),
            ("--count 5000", "1000"),
            ("--duration 30", "500ms, 90s"),
            ("--duration 0s", "more than nothing"),
            ("--chat -1", "--chat"),
            ("--chat 1e9", "from 0 to 100"),
            ("--scopes room,pub", "whisper"),
            ("--cut-every 5", "500ms, 90s"),
            ("--net dialup", "satellite"),
            ("--transport tcp", "websocket"),
            ("--server localhost", "host:port"),
            ("--room", "--room"),
            ("--pin abc", "64 hexadecimal"),
        ] {
            let said = parse(line).expect_err(line);
            assert!(said.contains(part), "{line}: {said}");
            assert!(!said.contains('\n'), "{line}: {said}");
        }
    }
}
