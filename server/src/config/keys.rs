//! The table of keys: name, flag, what it takes, what it is for, how to set and show it.
//!
//! Never sets anything half: a value that does not parse leaves the configuration as it was.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use tickwire_shared::limits::{ROOM_NAME_BYTES_MAX, SEATS_MAX};

use super::{Config, LogFormat};

/// One thing an operator may choose.
pub(super) struct Key {
    /// Name in the file, with the section before the dot.
    pub(super) path: &'static str,
    /// Name as a flag, without the dashes.
    pub(super) flag: &'static str,
    /// What the value is, for the usage.
    pub(super) value: &'static str,
    /// One sentence for the usage and the document.
    pub(super) help: &'static str,
    /// Sets it, or says what a good value is.
    pub(super) set: fn(&mut Config, &str) -> Result<(), String>,
    /// Its value in the file's syntax; `None` when it is not set.
    pub(super) show: fn(&Config) -> Option<String>,
}

impl Key {
    /// Name in the environment.
    pub(super) fn variable(&self) -> String {
        format!("TICKWIRE_{}", self.path.to_uppercase().replace('.', "__"))
    }
}

/// Every key, in the order of the document.
pub(super) static KEYS: &[Key] = &[
    Key {
        path: "listen",
        flag: "listen",
        value: "ADDRESS",
        help: "Where players dial (UDP); port 0 picks one and prints it.",
        set: |config, text| set(&mut config.listen, address(text)),
        show: |config| Some(quoted(config.listen)),
    },
    Key {
        path: "admin_listen",
        flag: "admin-listen",
        value: "ADDRESS",
        help: "Where operators ask for health and metrics (TCP); without it loopback, next port.",
        set: |config, text| set(&mut config.admin_listen, address(text).map(Some)),
        show: |config| config.admin_listen.map(quoted),
    },
    Key {
        path: "data_dir",
        flag: "data-dir",
        value: "DIR",
        help: "Directory for what must survive a restart; made when it is missing.",
        set: |config, text| set(&mut config.data_dir, path(text)),
        show: |config| Some(shown_path(&config.data_dir)),
    },
    Key {
        path: "tls.cert",
        flag: "tls-cert",
        value: "FILE",
        help: "Certificate chain in PEM; without it one is made for development.",
        set: |config, text| set(&mut config.tls.cert, path(text).map(Some)),
        show: |config| config.tls.cert.as_deref().map(shown_path),
    },
    Key {
        path: "tls.key",
        flag: "tls-key",
        value: "FILE",
        help: "Private key in PEM that belongs to tls.cert.",
        set: |config, text| set(&mut config.tls.key, path(text).map(Some)),
        show: |config| config.tls.key.as_deref().map(shown_path),
    },
    Key {
        path: "rooms.default",
        flag: "rooms-default",
        value: "NAME",
        help: "Name of the first room that is made for players who ask for any.",
        set: |config, text| set(&mut config.rooms.default, room_name(text)),
        show: |config| Some(quoted(&config.rooms.default)),
    },
    Key {
        path: "rooms.seats_max",
        flag: "rooms-seats-max",
        value: "COUNT",
        help: "Seats in a room.",
        set: |config, text| set(&mut config.rooms.seats_max, number(text, 1..=SEATS_MAX)),
        show: |config| Some(config.rooms.seats_max.to_string()),
    },
    Key {
        path: "rooms.count_max",
        flag: "rooms-count-max",
        value: "COUNT",
        help: "Rooms at a time.",
        set: |config, text| set(&mut config.rooms.count_max, number(text, 1..=4_096)),
        show: |config| Some(config.rooms.count_max.to_string()),
    },
    Key {
        path: "rooms.create",
        flag: "rooms-create",
        value: "BOOL",
        help: "Whether a player who asks for an unknown name gets a new room.",
        set: |config, text| set(&mut config.rooms.create, truth(text)),
        show: |config| Some(config.rooms.create.to_string()),
    },
    Key {
        path: "rooms.workers",
        flag: "rooms-workers",
        value: "COUNT",
        help: "Threads that tick rooms; 0 is one less than processors.",
        set: |config, text| set(&mut config.rooms.workers, number(text, 0..=256)),
        show: |config| Some(config.rooms.workers.to_string()),
    },
    Key {
        path: "session.budget_bytes_per_s",
        flag: "session-budget-bytes-per-s",
        value: "BYTES",
        help: "Snapshot bytes a second to one player.",
        set: |config, text| {
            let budget = number(text, 4_096..=16_777_216);
            set(&mut config.session.budget_bytes_per_s, budget)
        },
        show: |config| Some(config.session.budget_bytes_per_s.to_string()),
    },
    Key {
        path: "session.grace_s",
        flag: "session-grace-s",
        value: "SECONDS",
        help: "How long a player who lost the link keeps the seat.",
        set: |config, text| set(&mut config.session.grace, seconds(text)),
        show: |config| Some(config.session.grace.as_secs().to_string()),
    },
    Key {
        path: "session.away_s",
        flag: "session-away-s",
        value: "SECONDS",
        help: "How long a player who is away, as in a hidden tab, may be silent.",
        set: |config, text| set(&mut config.session.away, seconds(text)),
        show: |config| Some(config.session.away.as_secs().to_string()),
    },
    Key {
        path: "session.links_per_address_max",
        flag: "session-links-per-address-max",
        value: "COUNT",
        help: "Links from one address; loopback is exempt.",
        set: |config, text| {
            let count = number(text, 1..=65_536);
            set(&mut config.session.links_per_address_max, count)
        },
        show: |config| Some(config.session.links_per_address_max.to_string()),
    },
    Key {
        path: "log.level",
        flag: "log-level",
        value: "LEVEL",
        help: "error, warn, info, debug, trace, or a filter such as info,tickwire_server=debug.",
        set: |config, text| set(&mut config.log.level, filter(text)),
        show: |config| Some(quoted(&config.log.level)),
    },
    Key {
        path: "log.format",
        flag: "log-format",
        value: "FORMAT",
        help: "text for people, json for programs.",
        set: |config, text| set(&mut config.log.format, log_format(text)),
        show: |config| Some(quoted(shown_format(config.log.format))),
    },
    Key {
        path: "shutdown.grace_s",
        flag: "shutdown-grace-s",
        value: "SECONDS",
        help: "How long players may finish after SIGTERM; a second signal stops at once.",
        set: |config, text| set(&mut config.shutdown_grace, seconds(text)),
        show: |config| Some(config.shutdown_grace.as_secs().to_string()),
    },
];

/// The key with this name in the file.
pub(super) fn by_path(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

fn set<T>(place: &mut T, value: Result<T, String>) -> Result<(), String> {
    *place = value?;
    Ok(())
}

fn address<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| "must be an address and a port, such as 0.0.0.0:7777 or [::]:7777".to_owned())
}

fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("must not be empty".to_owned());
    }
    Ok(PathBuf::from(text))
}

fn room_name(text: &str) -> Result<String, String> {
    let fits = (1..=ROOM_NAME_BYTES_MAX).contains(&text.len());
    if !fits || text.chars().any(char::is_control) {
        return Err(format!(
            "must be 1 to {ROOM_NAME_BYTES_MAX} bytes of printable text"
        ));
    }
    Ok(text.to_owned())
}

fn number<T>(text: &str, range: RangeInclusive<T>) -> Result<T, String>
where
    T: FromStr + PartialOrd + Display,
{
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("must be a number from {} to {}", range.start(), range.end()))
}

fn seconds(text: &str) -> Result<Duration, String> {
    number(text, 0..=86_400).map(Duration::from_secs)
}

fn truth(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "must be true or false".to_owned())
}

/// A lone word would be taken for a module's name, so that a misspelt level went unnoticed.
fn filter(text: &str) -> Result<String, String> {
    let is_level = |part: &str| {
        let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
        level
            .parse::<tracing_subscriber::filter::LevelFilter>()
            .is_ok()
    };
    let good = text.split(',').all(is_level)
        && text.parse::<tracing_subscriber::filter::Targets>().is_ok();
    good.then(|| text.to_owned()).ok_or_else(|| {
        "must be error, warn, info, debug, trace, or a list of target=level".to_owned()
    })
}

fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be text or json".to_owned()),
    }
}

fn shown_format(format: LogFormat) -> &'static str {
    match format {
        LogFormat::Text => "text",
        LogFormat::Json => "json",
    }
}

fn shown_path(path: &Path) -> String {
    quoted(path.display())
}

fn quoted(value: impl Display) -> String {
    toml::Value::String(value.to_string()).to_string()
}
