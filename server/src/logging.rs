//! Where log lines go: to standard error, as text or as JSON.
//!
//! Never writes to standard output, whose first line is the server's address, and never formats
//! what a player sent.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// Warns of each client that leaves without a goodbye, so that strangers could fill the log.
const QUIET: &str = "web_transport_quinn=error";

/// Starts logging for the whole process. The first call wins; a second changes nothing.
pub fn start(config: &LogConfig) {
    // What comes first is weaker: the operator may ask for all of it.
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.level))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal());
    let outcome = match config.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    if outcome.is_err() {
        tracing::debug!("logging was started before");
    }
}
