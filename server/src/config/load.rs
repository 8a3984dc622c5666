//! From layers of text to one configuration.
//!
//! Never guesses: an unknown name is an error with the nearest known one, a bad value an error
//! that says what a good one is. Each error is one line.

use std::fmt;

use super::Config;
use super::keys::{KEYS, Key, by_path};

/// What is wrong with the configuration, in one line for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(pub String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// Where values come from, weakest first.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// Name and text of the TOML file, if there is one.
    pub file: Option<(String, String)>,
    /// The whole environment; names without the prefix `TICKWIRE_` are passed over.
    pub environment: Vec<(String, String)>,
    /// Flags that were given: name without dashes, and value.
    pub flags: Vec<(String, String)>,
}

/// Name of the one variable that is not a key: where the file is.
pub(super) const FILE_VARIABLE: &str = "TICKWIRE_CONFIG";

/// A configuration and where each value of it came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Origin of every key that was set, in the order of the table.
    pub(super) origins: Vec<Option<String>>,
}

/// Puts the layers over the defaults.
///
/// # Errors
/// The first thing that is wrong.
pub fn load(layers: &Layers) -> Result<Loaded, ConfigError> {
    let mut loaded = Loaded {
        config: Config::default(),
        origins: vec![None; KEYS.len()],
    };
    if let Some((name, text)) = &layers.file {
        for (path, value) in file_values(name, text)? {
            let origin = || format!("{name}: {path}");
            loaded.set(find_path(name, &path)?, &value, name, &origin())?;
        }
    }
    for (variable, value) in &layers.environment {
        if variable.starts_with("TICKWIRE_") && variable != FILE_VARIABLE {
            loaded.set(find_variable(variable)?, value, variable, variable)?;
        }
    }
    for (flag, value) in &layers.flags {
        let name = format!("--{flag}");
        let key = KEYS.iter().find(|key| key.flag == flag);
        let key = key.ok_or_else(|| unknown(&name, "flag", KEYS.iter().map(flag_of)))?;
        loaded.set(key, value, &name, &name)?;
    }
    loaded.check()?;
    Ok(loaded)
}

impl Loaded {
    fn set(
        &mut self,
        key: &Key,
        value: &str,
        origin: &str,
        place: &str,
    ) -> Result<(), ConfigError> {
        (key.set)(&mut self.config, value)
            .map_err(|rule| ConfigError(format!("{place} {rule}, not {value:?}")))?;
        let index = KEYS.iter().position(|other| other.path == key.path);
        if let Some(slot) = index.and_then(|index| self.origins.get_mut(index)) {
            *slot = Some(origin.to_owned());
        }
        Ok(())
    }

    /// Rules between keys.
    fn check(&self) -> Result<(), ConfigError> {
        match (&self.config.tls.cert, &self.config.tls.key) {
            (Some(_), None) => Err(ConfigError("tls.cert needs tls.key too".to_owned())),
            (None, Some(_)) => Err(ConfigError("tls.key needs tls.cert too".to_owned())),
            _ => Ok(()),
        }
    }
}

fn find_path(file: &str, path: &str) -> Result<&'static Key, ConfigError> {
    by_path(path).ok_or_else(|| {
        let known = KEYS.iter().map(|key| key.path.to_owned());
        let ConfigError(line) = unknown(path, "key", known);
        ConfigError(format!("{file}: {line}"))
    })
}

fn find_variable(variable: &str) -> Result<&'static Key, ConfigError> {
    let key = KEYS.iter().find(|key| key.variable() == variable);
    key.ok_or_else(|| unknown(variable, "variable", KEYS.iter().map(Key::variable)))
}

fn flag_of(key: &Key) -> String {
    format!("--{}", key.flag)
}

/// The line for a name that nobody knows, with the nearest one that somebody does.
pub(super) fn unknown(name: &str, what: &str, known: impl Iterator<Item = String>) -> ConfigError {
    let mut line = format!("unknown {what} {}", name.escape_debug());
    let nearest = known
        .map(|known| (strsim::jaro_winkler(name, &known), known))
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    match nearest {
        Some((likeness, known)) if likeness > 0.8 => {
            line.push_str(&format!("; did you mean {known}?"));
        }
        _ => line.push_str("; `tickwire-server config doc` lists what there is"),
    }
    ConfigError(line)
}

/// The keys and values of a TOML file, sections joined by dots.
fn file_values(name: &str, text: &str) -> Result<Vec<(String, String)>, ConfigError> {
    let table = text.parse::<toml::Table>().map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.unwrap_or_default().matches('\n').count() + 1;
        let message = error.message().replace('\n', ", ");
        ConfigError(format!("{name}, line {line}: {message}"))
    })?;
    let mut values = Vec::new();
    for (key, value) in table {
        match value {
            toml::Value::Table(section) => {
                for (inner, value) in section {
                    values.push(scalar(name, format!("{key}.{inner}"), value)?);
                }
            }
            value => values.push(scalar(name, key, value)?),
        }
    }
    Ok(values)
}

fn scalar(file: &str, path: String, value: toml::Value) -> Result<(String, String), ConfigError> {
    match value {
        toml::Value::String(text) => Ok((path, text)),
        toml::Value::Integer(number) => Ok((path, number.to_string())),
        toml::Value::Boolean(truth) => Ok((path, truth.to_string())),
        toml::Value::Array(values) if find_path(file, &path)?.is_list() => {
            let texts = values.iter().map(toml::Value::as_str);
            let texts = texts.collect::<Option<Vec<_>>>().ok_or_else(|| {
                ConfigError(format!("{file}: {path} must be an array of strings"))
            })?;
            Ok((path, texts.join(",")))
        }
        other => {
            find_path(file, &path)?;
            let kind = other.type_str();
            Err(ConfigError(format!(
                "{file}: {path} must not be a TOML {kind}"
            )))
        }
    }
}
