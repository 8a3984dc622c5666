//! The command line of a server: what was asked for, or one line that says what is wrong.
//!
//! Never ends the process and never prints: the caller does both.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, Command};

use super::keys::KEYS;
use super::load::{ConfigError, FILE_VARIABLE, Layers, load};
use super::{Config, report};
use crate::limits::CONFIG_BYTES_MAX;

/// What the command line asks for.
#[derive(Clone, Debug)]
pub enum Action {
    /// Run a server with this configuration.
    Serve(Box<Config>),
    /// Look at what a server of this configuration needs.
    Doctor(Box<Config>),
    /// Print this text and end.
    Print(String),
}

/// Reads the command line, the file it names and the environment.
///
/// # Errors
/// One line for the operator; the exit status is 2.
pub fn from_command_line(
    arguments: impl IntoIterator<Item = OsString>,
    environment: Vec<(String, String)>,
) -> Result<Action, ConfigError> {
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) if !error.use_stderr() => return Ok(Action::Print(error.to_string())),
        Err(error) => return Err(in_one_line(&error)),
    };
    let outer = matches.subcommand();
    let asked = outer.and_then(|(_, config)| config.subcommand());
    let innermost = asked.or(outer).map_or(&matches, |(_, inner)| inner);
    if let Some(("doc", _)) = asked {
        return Ok(Action::Print(report::doc()));
    }
    let loaded = load(&Layers {
        file: read_file(innermost, &environment)?,
        environment,
        flags: given_flags(innermost),
    })?;
    Ok(match (outer, asked) {
        (_, Some(("check", _))) => Action::Print("The configuration is good.\n".to_owned()),
        (_, Some(_)) => Action::Print(report::print(&loaded)),
        (Some(("doctor", _)), None) => Action::Doctor(Box::new(loaded.config)),
        _ => Action::Serve(Box::new(loaded.config)),
    })
}

fn command() -> Command {
    let config = Command::new("config")
        .about("Looks at the configuration and ends")
        .subcommand_required(true)
        .subcommand(Command::new("check").about("Says whether the configuration is good"))
        .subcommand(Command::new("print").about("Prints every value and where it comes from"))
        .subcommand(Command::new("doc").about("Lists every key, variable and flag"));
    let doctor = Command::new("doctor")
        .about("Looks at ports, addresses, certificate and clock, and says what to fix");
    let file = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .help("TOML file with the configuration")
        .global(true);
    let keys = KEYS.iter().map(|key| {
        Arg::new(key.flag)
            .long(key.flag)
            .value_name(key.value)
            .help(key.help)
            .global(true)
    });
    Command::new("tickwire-server")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Hosts rooms of a game; without a command it runs until SIGTERM")
        .arg(file)
        .args(keys)
        .subcommand(config)
        .subcommand(doctor)
        .disable_help_subcommand(true)
}

fn given_flags(matches: &ArgMatches) -> Vec<(String, String)> {
    let given = |flag: &'static str| matches.get_one::<String>(flag);
    let keys = KEYS
        .iter()
        .filter_map(|key| Some((key.flag, given(key.flag)?)));
    keys.map(|(flag, value)| (flag.to_owned(), value.clone()))
        .collect()
}

/// Name and text of the configuration file, if one is named.
fn read_file(
    matches: &ArgMatches,
    environment: &[(String, String)],
) -> Result<Option<(String, String)>, ConfigError> {
    let variable = environment.iter().find(|(name, _)| name == FILE_VARIABLE);
    let flag = matches.get_one::<String>("config");
    let Some(name) = flag.or(variable.map(|(_, value)| value)) else {
        return Ok(None);
    };
    let text = read_bounded(Path::new(name))
        .map_err(|error| ConfigError(format!("cannot read the configuration {name}: {error}")))?;
    Ok(Some((name.clone(), text)))
}

fn read_bounded(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let read = File::open(path)?
        .take(CONFIG_BYTES_MAX + 1)
        .read_to_string(&mut text)?;
    if read as u64 > CONFIG_BYTES_MAX {
        let rule = format!("it is longer than {CONFIG_BYTES_MAX} bytes");
        return Err(std::io::Error::other(rule));
    }
    Ok(text)
}

/// What clap found, without its usage block.
fn in_one_line(error: &clap::Error) -> ConfigError {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    };
    let argument = context(ContextKind::InvalidArg).unwrap_or_default();
    let flags = || KEYS.iter().map(|key| format!("--{}", key.flag));
    match error.kind() {
        ErrorKind::UnknownArgument => super::load::unknown(&argument, "flag", flags()),
        ErrorKind::InvalidSubcommand => {
            let name = context(ContextKind::InvalidSubcommand).unwrap_or_default();
            let known = ["config", "doctor", "check", "print", "doc"].map(String::from);
            super::load::unknown(&name, "command", known.into_iter())
        }
        _ => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            ConfigError(line.trim_start_matches("error: ").to_owned())
        }
    }
}
