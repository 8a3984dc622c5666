//! `cargo xtask demo`: a server, bots that play on it, and how a person joins.
//!
//! It never looks inside the game: that the bots joined and fought is read from their report.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::workspace;

/// The port players know; another is taken when it is in use.
const PORT_DEFAULT: u16 = 7777;

/// How many bots play.
const BOTS: &str = "24";

/// How long they play when the demo has no end of its own.
const BOTS_PLAY_ENDLESSLY: Duration = Duration::from_secs(24 * 3600);

/// How long a server may take to drain before it is killed.
const DRAIN_MAX: Duration = Duration::from_secs(20);

/// Builds, starts and, when `lasts` is given, ends the demo; true when bots joined and fought.
///
/// # Errors
///
/// What could not be built or started.
pub fn run(lasts: Option<Duration>) -> Result<bool, String> {
    build()?;
    let folder = workspace::target_dir()?;
    let report = folder.join("demo-report.json");
    // An old report must not speak for this run; that there is none is as good.
    let _ = std::fs::remove_file(&report);
    let (mut server, address) = start_server(&folder.join("demo-data"))?;
    println!("{}", welcome(address, lasts));
    let played = play(address, lasts.unwrap_or(BOTS_PLAY_ENDLESSLY), &report);
    let stopped = stop(&mut server);
    if !played? {
        println!("demo: the bots ended with an error");
    }
    stopped?;
    judge(&report)
}

fn build() -> Result<(), String> {
    println!("building the server and the bots; the first time takes some minutes");
    let status = workspace::cargo(&[
        "build",
        "--release",
        // Bots need no window.
        "--no-default-features",
        "--package",
        "tickwire-server",
        "--package",
        "tickwire-client-demo",
        "--bin",
        "tickwire-server",
        "--bin",
        "bots",
    ])
    .status()
    .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err("the build failed".to_owned())
    }
}

/// Starts the server and reads the address it listens on from its first line.
fn start_server(data: &Path) -> Result<(Child, SocketAddr), String> {
    let program = workspace::built_program("tickwire-server")?;
    let asked = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let mut server = Command::new(&program)
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
    let known = (Ipv4Addr::LOCALHOST, PORT_DEFAULT);
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

fn welcome(address: SocketAddr, lasts: Option<Duration>) -> String {
    let end = match lasts {
        Some(lasts) => format!("It ends by itself after {} s.", lasts.as_secs()),
        None => "It goes on until you press Ctrl-C.".to_owned(),
    };
    format!(
        "\nA room with {BOTS} bots runs at {address}. {end}\n\
         Join it from another terminal:\n\n    \
         cargo run --release -p tickwire-client-demo --features play --bin play -- \\\n        \
         --server {address}\n"
    )
}

/// Lets the bots play to the end of their time; false when they reported trouble.
fn play(address: SocketAddr, lasts: Duration, report: &Path) -> Result<bool, String> {
    let program = workspace::built_program("bots")?;
    let duration = format!("{}s", lasts.as_secs());
    let server = address.to_string();
    let status = Command::new(&program)
        .args([
            "--server",
            &server,
            "--count",
            BOTS,
            "--duration",
            &duration,
            "--seed",
            "1",
        ])
        .args(["--chat", "0.5", "--net", "lan"])
        .arg("--report")
        .arg(report)
        .status()
        .map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
    Ok(status.success())
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

/// Passes when bots joined and fought.
fn judge(report: &Path) -> Result<bool, String> {
    let figures = Figures::read(report)?;
    println!(
        "\n{} bots joined, {} kills; the whole report: {}",
        figures.joined,
        figures.kills,
        report.display()
    );
    Ok(figures.joined > 0 && figures.kills > 0)
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
