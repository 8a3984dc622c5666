//! The lists of the word filter: read at the start, and again when a signal asks for it.
//!
//! Never gives up lists in use for ones that cannot be read, and never reads on the network thread
//! once the server runs.

use std::cell::Cell;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::hub::Hub;
use crate::config::ChatConfig;
use crate::engine::etiquette::filter::{Filter, Tier};
use crate::limits::WORD_LIST_BYTES_MAX;

/// The lists where no others are configured.
const MASK: &str = include_str!("../../words/mask.txt");
const BLOCK: &str = include_str!("../../words/block.txt");

/// Where the lists are; a list without a file is the one that is built in.
#[derive(Debug)]
pub(super) struct WordFiles {
    mask: Option<PathBuf>,
    block: Option<PathBuf>,
    readings: Readings,
}

/// How often the lists were read: of two readings at once the later one counts, whichever is done
/// last.
#[derive(Clone, Debug, Default)]
struct Readings(Rc<Cell<u64>>);

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reading(u64);

impl Readings {
    fn begin(&self) -> Reading {
        self.0.set(self.0.get() + 1);
        Reading(self.0.get())
    }

    fn is_newest(&self, reading: Reading) -> bool {
        reading == Reading(self.0.get())
    }
}

impl WordFiles {
    /// Those that are configured; what is in them counts from now on.
    ///
    /// # Errors
    /// As [`read`].
    pub(super) fn in_use(config: &ChatConfig, hub: &Hub) -> Result<WordFiles, String> {
        let files = WordFiles {
            mask: config.mask_words.clone(),
            block: config.block_words.clone(),
            readings: Readings::default(),
        };
        hub.set_filter(read(files.mask.as_deref(), files.block.as_deref())?);
        Ok(files)
    }

    /// Reads both lists beside everything else; the filter is another one when they are fine, and
    /// nobody asked again meanwhile.
    pub(super) fn reload(&self, hub: &Rc<Hub>) {
        let (mask, block, hub) = (self.mask.clone(), self.block.clone(), Rc::clone(hub));
        let (readings, reading) = (self.readings.clone(), self.readings.begin());
        tokio::task::spawn_local(async move {
            let lists =
                tokio::task::spawn_blocking(move || read(mask.as_deref(), block.as_deref())).await;
            if !readings.is_newest(reading) {
                return;
            }
            match lists {
                Ok(Ok(filter)) => hub.set_filter(filter),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the word lists from before stay in use");
                }
                Err(error) => tracing::error!(%error, "the word lists were not read"),
            }
        });
    }
}

/// Reads both lists.
///
/// # Errors
/// A sentence that names the file, and the line if one of it is wrong.
fn read(mask: Option<&Path>, block: Option<&Path>) -> Result<Filter, String> {
    let texts = (text_of(mask, MASK)?, text_of(block, BLOCK)?);
    Filter::of(&texts.0, &texts.1).map_err(|fault| {
        let path = match fault.tier {
            Tier::Mask => mask,
            Tier::Block => block,
        };
        let path = path.unwrap_or(Path::new(""));
        format!("{}, line {}: {}", path.display(), fault.line, fault.why)
    })
}

/// The text of a list; at most a little more than it may have.
fn text_of(path: Option<&Path>, built_in: &str) -> Result<String, String> {
    let Some(path) = path else {
        return Ok(built_in.to_owned());
    };
    let mut text = String::new();
    let most = WORD_LIST_BYTES_MAX as u64 + 1;
    File::open(path)
        .and_then(|file| file.take(most).read_to_string(&mut text))
        .map_err(|error| format!("cannot read the words of {}: {error}", path.display()))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::entropy;

    #[test]
    fn of_two_readings_the_later_one_counts_whichever_is_done_last() {
        let readings = Readings::default();
        let (first, second) = (readings.begin(), readings.clone().begin());
        assert!(readings.is_newest(second) && !readings.is_newest(first));
    }

    #[test]
    fn lists_are_read_from_their_files_and_what_is_wrong_names_file_and_line() {
        let name = format!("tickwire-words-{:016x}", entropy::number());
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir(&dir).expect("a folder");
        let path = |name: &str, text: &str| {
            std::fs::write(dir.join(name), text).expect("a file");
            Some(dir.join(name))
        };
        let read = |mask: Option<PathBuf>, block: Option<PathBuf>| {
            super::read(mask.as_deref(), block.as_deref())
        };
        let filter = read(path("mask", "# mild\nduck\n"), None).expect("it is fair");
        assert_eq!(filter.apply("a duck").expect("not blocked"), "a ****");
        let built_in = read(None, None).expect("they are fair");
        let masked = built_in.apply("Oh, 5HIT happens in Scunthorpe");
        assert_eq!(
            masked.expect("not blocked"),
            "Oh, **** happens in Scunthorpe"
        );
        assert!(built_in.apply("just k.y.s").is_ok() && built_in.apply("KYS").is_err());
        let other = read(path("none", ""), None).expect("it is fair");
        assert_eq!(other.apply("shit").expect("no such word"), "shit");
        let wrong = read(path("mask", "duck\n"), path("block", "ok\ntwo words\n"));
        let wrong = wrong.expect_err("two words");
        assert!(
            wrong.contains("block, line 2: it is not one word"),
            "{wrong}"
        );
        let gone = read(Some(dir.join("gone")), None).expect_err("no file");
        std::fs::remove_dir_all(&dir).expect("it is ours");
        assert!(gone.starts_with("cannot read the words of "), "{gone}");
    }
}
