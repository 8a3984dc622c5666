//! The authoritative Tickwire server: a pure engine in a thin shell of threads and sockets.
//!
//! This crate hosts any game; it never knows one. [`run`] is a whole server:
//!
//! ```no_run
//! # use tickwire_arena::Arena as MyGame;
//! use tickwire_server::config::Config;
//!
//! fn main() -> Result<(), tickwire_server::ServerError> {
//!     tickwire_server::run::<MyGame>(Config::default())
//! }
//! ```
//!
//! [`start`] gives a server inside a program, for tests; [`main_of`] adds the command line.

pub mod auth;
pub mod config;
pub mod data_dir;
pub mod doctor;
pub mod engine;
pub mod gateway;
pub mod host;
pub mod http;
pub mod limits;
pub mod logging;
pub mod metrics;
pub mod runtime;
pub mod store;
pub mod transport;

use std::io::Write;
use std::process::ExitCode;

use tickwire_shared::game::Game;

use config::{Action, Config};
pub use host::{RunningServer, ServerError};

/// Exit status for a wrong flag or configuration.
const STATUS_USAGE: u8 = 2;

/// Starts a server in this process and returns once players can join.
///
/// # Errors
/// A sentence for the operator: a port in use, a directory that cannot be written, a schema that
/// breaks a rule.
pub fn start<G: Game<Rules: Default>>(config: Config) -> Result<RunningServer, ServerError> {
    host::start::<G>(config, host::Signals::Ignored)
}

/// Runs a server until SIGTERM or Ctrl-C; the first line on standard output is its address.
///
/// # Errors
/// As [`start`].
pub fn run<G: Game<Rules: Default>>(config: Config) -> Result<(), ServerError> {
    logging::start(&config.log);
    let server = host::start::<G>(config, host::Signals::Obeyed)?;
    let (public, admin) = (server.address(), server.admin_address());
    // Whoever started this may have closed the pipe; the server serves all the same.
    let _ = writeln!(std::io::stdout(), "listening {public} admin {admin}");
    server.wait();
    Ok(())
}

/// The `main` of a server program: command line, configuration, server, exit status.
#[must_use]
pub fn main_of<G: Game<Rules: Default>>() -> ExitCode {
    let arguments = std::env::args_os();
    let environment = std::env::vars_os().map(|(name, value)| {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        (text(name), text(value))
    });
    match config::from_command_line(arguments, environment.collect()) {
        Ok(Action::Serve(config)) => exit_status(run::<G>(*config)),
        Ok(Action::Doctor(config)) => examine(&config),
        Ok(Action::Print(text)) => {
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "tickwire-server: {error}");
            ExitCode::from(STATUS_USAGE)
        }
    }
}

/// Prints what the doctor found; a fault is a failure.
fn examine(config: &Config) -> ExitCode {
    let outcome = doctor::examine(config).map(|findings| doctor::report(&findings));
    let (text, good) = match outcome {
        Ok(report) => report,
        Err(sentence) => return exit_status(Err(ServerError::from(sentence))),
    };
    let _ = std::io::stdout().write_all(text.as_bytes());
    match good {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn exit_status(outcome: Result<(), ServerError>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "tickwire-server: {error}");
            ExitCode::FAILURE
        }
    }
}
