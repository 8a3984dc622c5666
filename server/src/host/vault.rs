//! Opens the store and starts its threads.
//!
//! Never goes on without the store that the operator asked for.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::config::{Config, StorePlace};
use crate::engine::storage::Millis;
use crate::metrics::Metrics;
use crate::runtime::clock::wall_millis;
use crate::runtime::{Clock, Wake};
use crate::store::{SharedMemory, SqliteStore, StoreHalves, StoreRules, StoreThreads};

/// Opens the store; `wake` is notified when it has answers.
pub(super) fn open(
    config: &Config,
    clock: Clock,
    wake: &Arc<Notify>,
    metrics: &Metrics,
) -> Result<StoreThreads, String> {
    let rules = StoreRules {
        keep_lines: config.chat.keep_lines,
        keep_time: config.chat.keep_time(),
        ..StoreRules::default()
    };
    let notify = Arc::clone(wake);
    StoreThreads::start(
        halves(&config.store_place())?,
        rules,
        (clock, || Millis(wall_millis())),
        Wake::new(move || notify.notify_one()),
        Arc::clone(&metrics.store),
    )
    .map_err(|error| format!("cannot start the threads of the store: {error}"))
}

fn halves(place: &StorePlace) -> Result<StoreHalves, String> {
    match place {
        StorePlace::Memory => {
            tracing::warn!("store.path is memory: chat and accounts go when the server ends");
            let memory = SharedMemory::default();
            Ok(StoreHalves::new(memory.clone(), memory))
        }
        StorePlace::File(path) => {
            let store = SqliteStore::open(path)?;
            tracing::info!(path = %path.display(), "the store is open");
            let (reader, backfill) = (store.reader(), store.backfill());
            Ok(StoreHalves::new(store, reader).with_backfill(backfill))
        }
    }
}
