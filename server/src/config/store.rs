//! Where chat and accounts are kept, for how long, and what may be said.
//!
//! Never opens anything.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Config;
use crate::limits::ACCOUNT_LINES_PER_SECOND;

/// What stands for a store in memory instead of a path.
const MEMORY: &str = "memory";

/// The file in the data directory.
const FILE: &str = "tickwire.db";

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorePlace {
    /// In memory: gone when the server ends.
    Memory,
    /// In this file and the files beside it.
    File(PathBuf),
}

/// The store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreConfig {
    /// Where it is; see [`Config::store_place`].
    pub path: Option<StorePlace>,
}

/// What is kept of chat, and what may be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatConfig {
    /// Lines of each room, whisper, party and group; older ones go.
    pub keep_lines: u64,
    /// Days until a line goes; 0 keeps it however old it is.
    pub keep_days: u32,
    /// Lines of one account a second; 0 for as many as it likes.
    pub lines_per_s: u32,
    /// Words that are shown as stars, one a line, in place of the list that is built in; see
    /// [`crate::engine::etiquette::filter`].
    pub mask_words: Option<PathBuf>,
    /// Words for which a line is refused, in place of the list that is built in.
    pub block_words: Option<PathBuf>,
}

impl Default for ChatConfig {
    fn default() -> ChatConfig {
        ChatConfig {
            keep_lines: 10_000,
            keep_days: 30,
            lines_per_s: ACCOUNT_LINES_PER_SECOND,
            mask_words: None,
            block_words: None,
        }
    }
}

impl ChatConfig {
    /// How long a line is kept; `None` for ever.
    #[must_use]
    pub fn keep_time(&self) -> Option<Duration> {
        let days = u64::from(self.keep_days);
        (days > 0).then(|| Duration::from_secs(days * 24 * 3_600))
    }
}

impl Config {
    /// Where the store is: the configured place, or else a file in the data directory.
    #[must_use]
    pub fn store_place(&self) -> StorePlace {
        let usual = || StorePlace::File(self.data_dir.join(FILE));
        self.store.path.clone().unwrap_or_else(usual)
    }
}

pub(super) fn place(text: &str) -> Result<StorePlace, String> {
    match text {
        "" => Err("must be a file, or memory".to_owned()),
        MEMORY => Ok(StorePlace::Memory),
        path => Ok(StorePlace::File(PathBuf::from(path))),
    }
}

/// As [`place`] reads it.
pub(super) fn shown_place(place: &StorePlace) -> &Path {
    match place {
        StorePlace::Memory => Path::new(MEMORY),
        StorePlace::File(path) => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_memory_or_a_file() {
        for text in ["memory", "other/chat.db"] {
            assert_eq!(shown_place(&place(text).unwrap()), Path::new(text));
        }
        assert!(place("").unwrap_err().contains("memory"));
        let config = Config::default();
        let file = StorePlace::File(config.data_dir.join("tickwire.db"));
        assert_eq!(config.store_place(), file);
    }

    #[test]
    fn lines_are_kept_for_days_or_for_ever() {
        let of = |keep_days| ChatConfig {
            keep_days,
            ..ChatConfig::default()
        };
        assert_eq!(of(2).keep_time(), Some(Duration::from_secs(172_800)));
        assert_eq!(of(0).keep_time(), None);
    }
}
