//! The lists of the word filter: read at the start, and again when a signal asks for it.
//!
//! Never gives up lists in use for ones that cannot be read, and never reads on the network thread
//! once the server runs.

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
#[derive(Clone, Debug)]
pub(super) struct WordFiles {
    mask: Option<PathBuf>,
    block: Option<PathBuf>,
}

impl WordFiles {
    /// Those that are configured; what is in them counts from now on.
    ///
    /// # Errors
    /// As [`WordFiles::read`].
    pub(super) fn in_use(config: &ChatConfig, hub: &Hub) -> Result<WordFiles, String> {
        let files = WordFiles {
            mask: config.mask_words.clone(),
            block: config.block_words.clone(),
        };
        hub.set_filter(files.read()?);
        Ok(files)
    }

    /// Reads both lists.
    ///
    /// # Errors
    /// A sentence that names the file, and the line if one of it is wrong.
    pub(super) fn read(&self) -> Result<Filter, String> {
        let (mask, block) = (
            text_of(self.mask.as_deref(), MASK)?,
            text_of(self.block.as_deref(), BLOCK)?,
        );
        Filter::of(&mask, &block).map_err(|fault| {
            let path = match fault.tier {
                Tier::Mask => &self.mask,
                Tier::Block => &self.block,
            };
            let path = path.as_deref().unwrap_or(Path::new(""));
            format!("{}, line {}: {}", path.display(), fault.line, fault.why)
        })
    }

    /// Reads both lists beside everything else; the filter is another one when they are fine.
    pub(super) fn reload(&self, hub: &Rc<Hub>) {
        let (files, hub) = (self.clone(), Rc::clone(hub));
        tokio::task::spawn_local(async move {
            match tokio::task::spawn_blocking(move || files.read()).await {
                Ok(Ok(filter)) => hub.set_filter(filter),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the word lists from before stay in use");
                }
                Err(error) => tracing::error!(%error, "the word lists were not read"),
            }
        });
    }
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
    fn lists_are_read_from_their_files_and_what_is_wrong_names_file_and_line() {
        let name = format!("tickwire-words-{:016x}", entropy::number());
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir(&dir).expect("a folder");
        let path = |name: &str, text: &str| {
            std::fs::write(dir.join(name), text).expect("a file");
            Some(dir.join(name))
        };
        let read = |mask, block| WordFiles { mask, block }.read();
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
