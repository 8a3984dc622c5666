//! The threads of the store: one commits, one looks up, one carries on beside them.
//!
//! Never touches the network thread but to wake it. Dropping it commits whatever waits, as far as
//! the store lets it, and joins all.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::Duration;

use super::handle::{Shared, StoreHandle};
use super::lookup::Lookup;
use super::writer::Writer;
use super::{Backfill, Reader, Store};
use crate::engine::storage::Millis;
use crate::limits::STORE_LOCKED_TIME_MAX;
use crate::metrics::StoreMetrics;
use crate::runtime::{Clock, Wake};

/// How the threads treat what they keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreRules {
    /// Lines of each log that are kept at the most.
    pub keep_lines: u64,
    /// How long a line is kept; `None` for ever.
    pub keep_time: Option<Duration>,
    /// How long somebody else may hold the store.
    pub locked_time_max: Duration,
}

impl Default for StoreRules {
    fn default() -> StoreRules {
        StoreRules {
            keep_lines: u64::MAX,
            keep_time: None,
            locked_time_max: STORE_LOCKED_TIME_MAX,
        }
    }
}

/// A store in parts, one for each thread.
pub struct StoreHalves {
    store: Box<dyn Store>,
    reader: Box<dyn Reader>,
    backfill: Option<Box<dyn Backfill>>,
}

impl StoreHalves {
    /// A store, and what reads what it commits.
    #[must_use]
    pub fn new(store: impl Store + 'static, reader: impl Reader + 'static) -> StoreHalves {
        StoreHalves {
            store: Box::new(store),
            reader: Box::new(reader),
            backfill: None,
        }
    }

    /// With something to do beside commits.
    #[must_use]
    pub fn with_backfill(self, backfill: impl Backfill + 'static) -> StoreHalves {
        StoreHalves {
            backfill: Some(Box::new(backfill)),
            ..self
        }
    }
}

/// The threads; whoever owns them owns the store.
pub struct StoreThreads {
    handle: StoreHandle,
    threads: Vec<JoinHandle<()>>,
}

impl StoreThreads {
    /// Starts the threads. `wake` is called when answers wait for
    /// [`StoreHandle::take_done`]; `wall` is what the machine's clock shows.
    ///
    /// # Errors
    /// When the operating system starts no more threads.
    pub fn start(
        halves: StoreHalves,
        rules: StoreRules,
        (clock, wall): (Clock, fn() -> Millis),
        wake: Wake,
        metrics: Arc<StoreMetrics>,
    ) -> std::io::Result<StoreThreads> {
        let handle = StoreHandle::new(clock, metrics, wake);
        // One word is enough, however many commits there were.
        let (tell, told) = sync_channel(1);
        let mut writer = Writer::new(halves.store, rules, wall, Arc::clone(handle.shared()));
        let lookup = Lookup::new(halves.reader, rules, Arc::clone(handle.shared()));
        let mut threads = StoreThreads {
            handle,
            threads: Vec::new(),
        };
        if let Some(mut backfill) = halves.backfill {
            writer.tell_of_commits(tell);
            // Ends with the writer.
            let carry = move || told.iter().for_each(|()| backfill.carry_on());
            threads.spawn("store-backfill", carry)?;
        }
        threads.spawn("store", move || writer.run())?;
        threads.spawn("store-reads", move || lookup.run())?;
        Ok(threads)
    }

    fn spawn(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        let builder = std::thread::Builder::new().name(name.to_owned());
        self.threads.push(builder.spawn(run)?);
        Ok(())
    }

    /// A handle for whoever asks.
    #[must_use]
    pub fn handle(&self) -> StoreHandle {
        self.handle.clone()
    }

    fn shared(&self) -> &Shared {
        self.handle.shared()
    }
}

impl Drop for StoreThreads {
    fn drop(&mut self) {
        self.shared().writes.close();
        self.shared().queries.close();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
    }
}
