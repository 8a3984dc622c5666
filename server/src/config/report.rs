//! The configuration as text: what holds now, and what there is to choose.
//!
//! Never prints a secret, because no key holds one.

use std::fmt::Write;

use super::keys::KEYS;
use super::load::{Loaded, load};

/// The effective configuration as a TOML file, with the origin of each value.
pub(super) fn print(loaded: &Loaded) -> String {
    let mut text = String::new();
    let mut section = "";
    for (key, origin) in KEYS.iter().zip(&loaded.origins) {
        let (own_section, name) = key.path.split_once('.').unwrap_or(("", key.path));
        if own_section != section {
            section = own_section;
            let _ = writeln!(text, "\n[{section}]");
        }
        let origin = origin.as_deref().unwrap_or("default");
        let _ = match (key.show)(&loaded.config) {
            Some(value) => writeln!(text, "{name} = {value}  # {origin}"),
            None => writeln!(text, "# {name} is not set"),
        };
    }
    text
}

/// Every key with its names, default and purpose.
pub(super) fn doc() -> String {
    let mut text = String::from(
        "Each value comes from the strongest of: default < file (--config FILE or \
         TICKWIRE_CONFIG) < environment < flag.\n",
    );
    let defaults = load(&super::Layers::default());
    for key in KEYS {
        let default = defaults.as_ref().ok().and_then(|l| (key.show)(&l.config));
        let _ = write!(
            text,
            "\n{path}\n    {help}\n    file {path} = ..., environment {variable}, flag --{flag} \
             {value}\n    default {default}\n",
            path = key.path,
            help = key.help,
            variable = key.variable(),
            flag = key.flag,
            value = key.value,
            default = default.as_deref().unwrap_or("not set"),
        );
    }
    text
}
