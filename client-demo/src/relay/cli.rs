//! The command line of the relay: its flags, and the orders it reads while it runs.
//!
//! Relays nothing itself.

use std::net::SocketAddr;
use std::thread;

use clap::{ArgAction, Args};
use tickwire_link::Address;
use tokio::sync::mpsc;

use super::knobs::{Knobs, Order, preset};
use super::{Options, Relay};
use crate::flags::Net;

/// What `--help` says last.
const ORDERS: &str = "While it runs it takes orders on its standard input, one a line, and answers \
    each with a line: net PRESET, block (nothing passes), unblock, udp off, udp on, quit.";

/// Lines that wait to be read at the most; whoever sends more waits.
const LINES_MAX: usize = 16;

/// Flags of `bots relay`.
#[derive(Clone, Debug, Args)]
#[command(after_help = ORDERS)]
pub struct RelayCli {
    /// Address and port for clients, over UDP and TCP; port 0 picks one
    #[arg(long, value_name = "ADDR")]
    pub listen: SocketAddr,
    /// The server, as HOST:PORT
    #[arg(long, value_parser = Address::parse, value_name = "ADDR")]
    pub to: Address,
    /// Network to simulate: none, lan, broadband, wifi, 4g, train, satellite, bad
    #[arg(long, default_value = "none", value_parser = preset, value_name = "PRESET")]
    pub net: Net,
    /// Seed of losses and jitter
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Whether datagrams pass: on, or off as behind a firewall that lets only TCP pass
    #[arg(long, default_value = "on", value_parser = on_off, value_name = "on|off")]
    #[arg(action = ArgAction::Set)]
    pub udp: bool,
}

fn on_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("on or off".to_owned()),
    }
}

/// Relays until it is told to quit or interrupted. Without a standard input it goes on.
///
/// # Errors
/// One sentence that says why it cannot.
pub async fn run(cli: &RelayCli) -> Result<(), String> {
    let to = cli.to.resolve().await.map_err(|error| error.to_string())?;
    let knobs = Knobs {
        network: cli.net.network,
        passes_udp: cli.udp,
        ..Knobs::default()
    };
    let options = Options {
        listen: cli.listen,
        to,
        knobs,
        seed: cli.seed,
    };
    let relay = Relay::start(options).await.map_err(|error| {
        let at = cli.listen;
        format!("the relay cannot listen at {at}: {error}; choose another port with --listen")
    })?;
    println!("relaying {} to {to}", relay.address());
    let mut lines = lines()?;
    loop {
        let line = tokio::select! {
            line = lines.recv() => line,
            _ = tokio::signal::ctrl_c() => return Ok(()),
        };
        let Some(line) = line else {
            let _ = tokio::signal::ctrl_c().await;
            return Ok(());
        };
        match line.parse::<Order>() {
            Ok(order) => {
                println!("{}", relay.obey(&order));
                if order == Order::Quit {
                    return Ok(());
                }
            }
            Err(words) => println!("error: {words}"),
        }
    }
}

/// Lines of the standard input. Reading it blocks, so that a thread does it, which ends with the
/// program.
fn lines() -> Result<mpsc::Receiver<String>, String> {
    let (sender, lines) = mpsc::channel(LINES_MAX);
    let read = move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    };
    let started = thread::Builder::new().name("orders".to_owned()).spawn(read);
    started.map_err(|error| format!("no thread for orders: {error}"))?;
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        relay: RelayCli,
    }

    fn parse(line: &str) -> Result<RelayCli, String> {
        let words = std::iter::once("relay").chain(line.split_whitespace());
        let line = Line::try_parse_from(words);
        line.map(|line| line.relay)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_promised_command_line_parses() {
        let cli = parse("--listen 127.0.0.1:9000 --to localhost:7777 --net bad --udp off");
        let cli = cli.expect("good flags");
        assert_eq!(
            (cli.net.name.as_str(), cli.udp, cli.seed),
            ("bad", false, 1)
        );
        assert_eq!(cli.to.port, 7_777);
    }

    #[test]
    fn a_wrong_flag_is_told_what_there_is() {
        for (line, part) in [
            ("--to localhost:1", "--listen"),
            ("--listen 127.0.0.1:1 --to localhost", "host:port"),
            ("--listen 127.0.0.1:1 --to a:1 --net dialup", "satellite"),
            ("--listen 127.0.0.1:1 --to a:1 --udp maybe", "on or off"),
        ] {
            let said = parse(line).expect_err(line);
            assert!(said.contains(part), "{line}: {said}");
        }
    }
}
