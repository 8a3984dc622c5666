//! An example of a bot: greets who joins a room and answers `!score`, over a server's HTTP
//! interface.
//!
//! Never plays: it is no player, and takes no seat.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;
use tickwire_client_demo::chatbot::ChatBot;
use tickwire_client_demo::chatbot::api::Api;
use tickwire_client_demo::flags::parse_or_exit;

/// Greets who joins a room and answers `!score`
#[derive(Debug, Parser)]
#[command(name = "chatbot", version, max_term_width = 100)]
struct Cli {
    /// The server's public address, without TLS
    #[arg(long, default_value = "127.0.0.1:7777")]
    server: String,
    /// The room it is in
    #[arg(long, default_value = "lobby")]
    room: String,
    /// A file with its token, which the operator makes with POST /bots
    #[arg(long)]
    token_file: PathBuf,
}

fn main() -> ExitCode {
    let cli: Cli = parse_or_exit();
    let token = match std::fs::read_to_string(&cli.token_file) {
        Ok(token) => token,
        Err(error) => {
            eprintln!("error: cannot read {:?}: {error}", cli.token_file);
            return ExitCode::from(2);
        }
    };
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let run = since.map_or(0, |since| since.as_millis() as u64);
    let mut bot = ChatBot::new(Api::new(&cli.server, &token), &cli.room, run);
    match bot.run(&|| true) {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("error: {words}");
            ExitCode::FAILURE
        }
    }
}
