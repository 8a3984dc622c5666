//! `cargo xtask demo`: a server, bots that play on it, and how a person joins.
//!
//! It never looks inside the game: that the bots joined and fought is read from their report.

mod check;
mod invite;

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use self::check::{State, Way};
use crate::{web, workspace};

/// The port players know; another is taken when it is in use.
const PORT_DEFAULT: u16 = 7777;

/// How many bots play.
const BOTS: &str = "24";

/// How long they play when the demo has no end of its own.
const BOTS_PLAY_ENDLESSLY: Duration = Duration::from_secs(24 * 3600);

/// How long a server may take to drain before it is killed.
const DRAIN_MAX: Duration = Duration::from_secs(20);

/// Builds, starts and, when `lasts` is given, ends the demo; true when every way in that the server
/// offers works, and bots joined over each of them and fought.
///
/// # Errors
///
/// What could not be built or started.
pub fn run(lasts: Option<Duration>) -> Result<bool, String> {
    println!("building the server and the bots; the first time takes some minutes");
    let [program, bots] = workspace::build_programs(["tickwire-server", "bots"])?;
    // Without the tools for wasm32 there is no page; everything else is worth seeing all the same.
    let page = web::run(None);
    let folder = workspace::target_dir()?;
    let data = folder.join("demo-data");
    let (mut server, address) = start_server(&program, &data, page.as_deref().ok())?;
    let played = host(address, &bots, &folder, lasts, &page);
    let stopped = stop(&mut server);
    let (ways, report) = played?;
    stopped?;
    judge(&ways, &report)
}

/// What happens while the server runs: the ways in are tried, told, and played over.
fn host(
    address: SocketAddr,
    bots: &Path,
    folder: &Path,
    lasts: Option<Duration>,
    page: &Result<PathBuf, String>,
) -> Result<(Vec<Way>, PathBuf), String> {
    let report = folder.join("demo-report.json");
    // An old report must not speak for this run; that there is none is as good.
    let _ = std::fs::remove_file(&report);
    let ways = check::ways(address, bots, folder)?;
    let page = page.as_ref().map(|_| ()).map_err(String::as_str);
    println!("{}", welcome(address, lasts, &ways, page));
    let lasts = lasts.unwrap_or(BOTS_PLAY_ENDLESSLY);
    if !play(address, bots, lasts, &ways, &report)? {
        println!("demo: the bots ended with an error");
    }
    Ok((ways, report))
}

/// Starts the server and reads the address it listens on from its first line.
fn start_server(
    program: &Path,
    data: &Path,
    page: Option<&Path>,
) -> Result<(Child, SocketAddr), String> {
    let asked = SocketAddr::from((Ipv4Addr::UNSPECIFIED, free_port()));
    let mut command = Command::new(program);
    if let Some(page) = page {
        command.arg("--web-dir").arg(page);
    }
    let mut server = command
        .args(["--listen", &asked.to_string()])
        .arg("--data-dir")
        .arg(data)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
    let port = server.stdout.take().and_then(|output| {
        let mut lines = BufReader::new(output).lines();
        let first = lines.next()?.ok()?;
        // Whatever else it prints is shown; nobody reading would stop it in the end.
        std::thread::spawn(move || {
            lines
                .map_while(Result::ok)
                .for_each(|line| println!("{line}"))
        });
        port_in(&first)
    });
    match port {
        Some(port) => Ok((server, SocketAddr::from((Ipv4Addr::LOCALHOST, port)))),
        None => {
            let _ = server.kill();
            let _ = server.wait();
            Err("the server did not say where it listens".to_owned())
        }
    }
}

/// The known port if nobody has it, or 0, which lets the system pick one.
fn free_port() -> u16 {
    let known = (Ipv4Addr::UNSPECIFIED, PORT_DEFAULT);
    let admin = (Ipv4Addr::LOCALHOST, PORT_DEFAULT + 1);
    let free = UdpSocket::bind(known).is_ok()
        && TcpListener::bind(known).is_ok()
        && TcpListener::bind(admin).is_ok();
    if free { PORT_DEFAULT } else { 0 }
}

/// The port in a line such as `listening on 127.0.0.1:7777`, or one that is only a number.
fn port_in(line: &str) -> Option<u16> {
    line.split_whitespace().find_map(|word| {
        let word = word.trim_matches(|symbol: char| !symbol.is_ascii_digit() && symbol != '[');
        let address = word.parse::<SocketAddr>().map(|address| address.port());
        address
            .ok()
            .or_else(|| word.parse().ok())
            .filter(|port| *port != 0)
    })
}

fn welcome(
    address: SocketAddr,
    lasts: Option<Duration>,
    ways: &[Way],
    page: Result<(), &str>,
) -> String {
    let end = match lasts {
        Some(lasts) => format!("It ends by itself after {} s.", lasts.as_secs()),
        None => "It goes on until you press Ctrl-C.".to_owned(),
    };
    let lines: Vec<String> = ways
        .iter()
        .map(|way| format!("    {}", way.line()))
        .collect();
    let port = address.port();
    format!(
        "\nA room with {BOTS} bots runs on port {port}, UDP and TCP. {end}\n\n{}\n\n{}",
        lines.join("\n"),
        invite::invite(port, page)
    )
}

/// Lets the bots play to the end of their time, over every way in when all of them work; false when
/// they reported trouble.
fn play(
    address: SocketAddr,
    bots: &Path,
    lasts: Duration,
    ways: &[Way],
    report: &Path,
) -> Result<bool, String> {
    let (duration, server) = (format!("{}s", lasts.as_secs()), address.to_string());
    let status = Command::new(bots)
        .args(["--server", &server, "--count", BOTS, "--seed", "1"])
        .args(["--duration", &duration, "--transport", transport(ways)])
        .args(["--chat", "0.5", "--net", "lan", "--report"])
        .arg(report)
        .status()
        .map_err(|error| format!("{} cannot be started: {error}", bots.display()))?;
    Ok(status.success())
}

/// What the bots play over: all ways in, or the best one that works when some does not.
fn transport(ways: &[Way]) -> &'static str {
    let works = |way: &&Way| way.state == State::Works;
    if ways.iter().filter(works).count() == ways.len() {
        return "mix";
    }
    ways.iter().find(works).map_or("quic", |way| way.name)
}

/// Asks the server to drain and waits for it; kills it when it does not end in time.
fn stop(server: &mut Child) -> Result<(), String> {
    ask_to_end(server);
    let start = Instant::now();
    while start.elapsed() < DRAIN_MAX {
        match server.try_wait() {
            Ok(Some(status)) if status.success() || cfg!(windows) => return Ok(()),
            Ok(Some(status)) => return Err(format!("the server ended with {status}")),
            Ok(None) => std::thread::sleep(Duration::from_millis(50)),
            Err(error) => return Err(format!("the server was lost: {error}")),
        }
    }
    let _ = server.kill();
    let _ = server.wait();
    Err(format!(
        "the server did not drain within {} s",
        DRAIN_MAX.as_secs()
    ))
}

#[cfg(unix)]
fn ask_to_end(server: &mut Child) {
    // The standard library can only kill; a server that ignores this is killed by the caller.
    let _ = Command::new("kill")
        .args(["-TERM", &server.id().to_string()])
        .status();
}

#[cfg(not(unix))]
fn ask_to_end(server: &mut Child) {
    // There is no SIGTERM here: the server ends at once and its players see a lost link.
    let _ = server.kill();
}

/// Passes when bots joined and fought, and no way in fails that the server offers.
fn judge(ways: &[Way], report: &Path) -> Result<bool, String> {
    let figures = Figures::read(report)?;
    let fails = ways.iter().any(|way| way.state == State::Fails);
    println!(
        "\n{} bots joined, {} kills; the whole report: {}",
        figures.joined,
        figures.kills,
        report.display()
    );
    Ok(!fails && figures.joined > 0 && figures.kills > 0)
}

/// The two figures of the bots' report that the demo stands on.
#[derive(Debug, PartialEq, Eq)]
struct Figures {
    joined: u64,
    kills: u64,
}

impl Figures {
    fn read(report: &Path) -> Result<Figures, String> {
        let text = std::fs::read_to_string(report)
            .map_err(|error| format!("the bots left no report at {}: {error}", report.display()))?;
        Figures::parse(&text)
    }

    fn parse(text: &str) -> Result<Figures, String> {
        let report: Value = serde_json::from_str(text)
            .map_err(|error| format!("the bots' report is not JSON: {error}"))?;
        let figure = |name: &str| {
            report[name]
                .as_u64()
                .ok_or_else(|| format!("the bots' report has no `{name}`"))
        };
        Ok(Figures {
            joined: figure("joined")?,
            kills: figure("kills")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_port_in_a_first_line() {
        assert_eq!(port_in("listening on 127.0.0.1:41234"), Some(41234));
        assert_eq!(port_in("listening on [::1]:7777."), Some(7777));
        assert_eq!(port_in("41234"), Some(41234));
        assert_eq!(port_in("no address here"), None);
        assert_eq!(port_in("127.0.0.1:0"), None);
    }

    #[test]
    fn a_report_without_kills_is_refused() {
        let good = Figures::parse(r#"{"joined": 24, "kills": 7, "chat": {"kills": 1}}"#);
        assert_eq!(
            good,
            Ok(Figures {
                joined: 24,
                kills: 7
            })
        );
        assert!(Figures::parse(r#"{"joined": 24, "chat": {"kills": 1}}"#).is_err());
        assert!(Figures::parse("not JSON").is_err());
    }
}
