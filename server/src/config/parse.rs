//! How the text of a value is read, and how a value is shown as text.
//!
//! Never fixes a value up: what does not parse is refused with what a good one is.

use std::fmt::Display;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use tickwire_shared::chat::check_room_name;
use tickwire_shared::limits::ROOM_NAME_BYTES_MAX;

use crate::auth::{ISSUER_RULE, Issuer};
use crate::limits::ISSUERS_MAX;

use super::{LogFormat, PublicAddress};

pub(super) fn address<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| "must be an address and a port, such as 0.0.0.0:7777 or [::]:7777".to_owned())
}

pub(super) fn public_address(text: &str) -> Result<PublicAddress, String> {
    let whole = text
        .parse::<std::net::SocketAddr>()
        .map(|address| PublicAddress {
            ip: address.ip(),
            port: Some(address.port()),
        });
    let bare = || {
        text.parse::<IpAddr>()
            .map(|ip| PublicAddress { ip, port: None })
    };
    let good = whole.ok().or_else(|| bare().ok());
    good.filter(|public| !public.ip.is_unspecified() && public.port != Some(0))
        .ok_or_else(|| {
            "must be an IP address players can reach, alone or with a port, such as 203.0.113.5 or \
             203.0.113.5:7777"
                .to_owned()
        })
}

impl Display for PublicAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.port {
            Some(port) => std::net::SocketAddr::new(self.ip, port).fmt(f),
            None => self.ip.fmt(f),
        }
    }
}

/// At least `count_min` values with commas between; `rule` says what a good list is.
pub(super) fn list<T>(text: &str, count_min: usize, rule: &str) -> Result<Vec<T>, String>
where
    T: FromStr + PartialEq,
{
    let mut values = Vec::new();
    for part in text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let value = part.parse().map_err(|_| rule.to_owned())?;
        if !values.contains(&value) {
            values.push(value);
        }
    }
    let enough = values.len() >= count_min;
    enough.then_some(values).ok_or_else(|| rule.to_owned())
}

pub(super) fn issuers(text: &str) -> Result<Vec<Issuer>, String> {
    let issuers: Vec<Issuer> = list(text, 0, ISSUER_RULE)?;
    let few = issuers.len() <= ISSUERS_MAX;
    few.then_some(issuers)
        .ok_or_else(|| format!("must be {ISSUERS_MAX} issuers at the most"))
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("must not be empty".to_owned());
    }
    Ok(PathBuf::from(text))
}

pub(super) fn web_url(text: &str) -> Result<String, String> {
    let rule = "must be http:// or https:// with a host, without a name or a password in it";
    let url: Result<hyper::Uri, _> = text.parse();
    let good = url.is_ok_and(|url| {
        let host = url.host().is_some_and(|host| !host.is_empty());
        let secret = url.authority().is_some_and(|it| it.as_str().contains('@'));
        host && !secret && matches!(url.scheme_str(), Some("http" | "https"))
    });
    good.then(|| text.to_owned()).ok_or_else(|| rule.to_owned())
}

pub(super) fn room_name(text: &str) -> Result<String, String> {
    check_room_name(text).map_err(|fault| {
        format!("must be a room's name, {ROOM_NAME_BYTES_MAX} bytes at the most: {fault}")
    })?;
    Ok(text.to_owned())
}

pub(super) fn number<T>(text: &str, range: RangeInclusive<T>) -> Result<T, String>
where
    T: FromStr + PartialOrd + Display,
{
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("must be a number from {} to {}", range.start(), range.end()))
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    number(text, 0..=86_400).map(Duration::from_secs)
}

pub(super) fn truth(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "must be true or false".to_owned())
}

/// A lone word would be taken for a module's name, so that a misspelt level went unnoticed.
pub(super) fn filter(text: &str) -> Result<String, String> {
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

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be text or json".to_owned()),
    }
}

pub(super) fn shown_format(format: LogFormat) -> &'static str {
    match format {
        LogFormat::Text => "text",
        LogFormat::Json => "json",
    }
}

pub(super) fn shown_path(path: &Path) -> String {
    quoted(path.display())
}

pub(super) fn quoted(value: impl Display) -> String {
    toml::Value::String(value.to_string()).to_string()
}

pub(super) fn quoted_list(values: impl Iterator<Item: Display>) -> String {
    let values = values.map(quoted).collect::<Vec<_>>();
    format!("[{}]", values.join(", "))
}
