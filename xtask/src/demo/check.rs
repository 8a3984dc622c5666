//! Which ways into the server work: each that it names is tried with a bot that really joins.
//!
//! Never takes an open port for an answer: a way works when a bot was in a room over it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// Bytes of an answer at the most; a longer one is cut and then is no JSON.
const ANSWER_BYTES_MAX: u64 = 64 * 1_024;

/// How long the server may take to answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(3);

/// How long a bot tries and plays: WebRTC alone may take more than a second to open.
const BOT_STAYS: &str = "4s";

/// The ways in, best first: the name in flags and answers, and the one for people.
const TRANSPORTS: [(&str, &str); 4] = [
    ("quic", "QUIC"),
    ("webtransport", "WebTransport"),
    ("webrtc", "WebRTC"),
    ("websocket", "WebSocket"),
];

/// How one way in is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A bot joined over it.
    Works,
    /// The server names it and a bot did not get in.
    Fails,
    /// The server does not name it.
    Off,
}

/// A way in and how it is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Its name in flags.
    pub name: &'static str,
    title: &'static str,
    /// How it is doing.
    pub state: State,
    /// Whether browsers take it on this machine only.
    local_only: bool,
}

/// Tries every way into the server at `address`.
///
/// # Errors
///
/// What was wrong with the server's answer, or that bots cannot be started.
pub fn ways(address: SocketAddr, bots: &Path, folder: &Path) -> Result<Vec<Way>, String> {
    let info = connect_info(address)?;
    // All bots go at once, so that the whole takes as long as one.
    let trials = TRANSPORTS.map(|(name, title)| {
        let offered = &info["transports"][name];
        let report = folder.join(format!("demo-check-{name}.json"));
        let bot = (!offered.is_null()).then(|| send_bot(address, bots, name, &report));
        let way = Way {
            name,
            title,
            state: State::Off,
            local_only: offered["certificate_hashes"].is_array(),
        };
        (way, bot, report)
    });
    let mut ways = Vec::with_capacity(trials.len());
    for (mut way, bot, report) in trials {
        if let Some(bot) = bot {
            way.state = match has_joined(bot?, &report) {
                true => State::Works,
                false => State::Fails,
            };
        }
        ways.push(way);
    }
    Ok(ways)
}

impl Way {
    /// A line for people.
    pub fn line(&self) -> String {
        let words = match (self.state, self.local_only) {
            (State::Works, false) => "ok",
            (State::Works, true) => "ok on this machine (its certificate is for development)",
            (State::Fails, _) => {
                "a bot did not get in: `tickwire-server doctor` looks for the cause"
            }
            (State::Off, _) => "switched off in the server",
        };
        format!("{:<13} {words}", self.title)
    }
}

/// A bot that joins over one transport and leaves.
fn send_bot(
    address: SocketAddr,
    bots: &Path,
    transport: &str,
    report: &Path,
) -> Result<Child, String> {
    // An old report must not speak for this run; that there is none is as good.
    let _ = std::fs::remove_file(report);
    Command::new(bots)
        .args(["--server", &address.to_string(), "--transport", transport])
        .args(["--count", "1", "--duration", BOT_STAYS, "--report"])
        .arg(report)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{} cannot be started: {error}", bots.display()))
}

/// Waits for the bot to end; whether it was in a room.
fn has_joined(mut bot: Child, report: &Path) -> bool {
    let ended = bot.wait();
    let text = std::fs::read_to_string(report).unwrap_or_default();
    let joined = |report: Value| report["joined"] == 1;
    ended.is_ok() && serde_json::from_str(&text).is_ok_and(joined)
}

/// What the server says a client must know.
fn connect_info(address: SocketAddr) -> Result<Value, String> {
    let answer = get(address, "/connect-info")
        .map_err(|error| format!("the server at {address} does not answer: {error}"))?;
    parse(&answer).ok_or_else(|| format!("the server's answer is no connect-info: {answer}"))
}

fn get(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_TIME_MAX)?;
    stream.set_read_timeout(Some(ANSWER_TIME_MAX))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer)?;
    Ok(answer)
}

/// The JSON in an answer of status 200.
fn parse(answer: &str) -> Option<Value> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200 ").then_some(())?;
    serde_json::from_str(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_good_answer_is_read() {
        let good = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"protocol\": 1}";
        assert_eq!(parse(good).map(|info| info["protocol"] == 1), Some(true));
        for bad in [
            "HTTP/1.1 404 Not Found\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\n\r\n<html>",
            "HTTP/1.1 200 OK\r\n",
            "",
        ] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn each_state_has_its_words() {
        let line = |state, local_only| {
            let (name, title) = TRANSPORTS[1];
            Way {
                name,
                title,
                state,
                local_only,
            }
            .line()
        };
        assert!(line(State::Works, true).ends_with("(its certificate is for development)"));
        assert!(line(State::Works, false).ends_with(" ok"));
        assert!(line(State::Fails, false).contains("doctor"));
        assert!(line(State::Off, false).ends_with("switched off in the server"));
    }
}
