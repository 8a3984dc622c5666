//! What identity asks of the store, without blocking whoever asks.
//!
//! Never answers before what was asked for is on the disk.

use crate::engine::storage::{Found, Millis, Query, StoreFault, Write, Written};
use crate::runtime::clock::WallTime;
use crate::store::{SharedMemory, Store, StoreHandle};

/// A store that answers later.
pub trait Keep: Clone + 'static {
    /// Carries out writes in one commit.
    fn write(&self, writes: Vec<Write>) -> impl Future<Output = Result<Vec<Written>, StoreFault>>;

    /// Looks something up.
    fn find(&self, query: Query) -> impl Future<Output = Result<Found, StoreFault>>;
}

impl Keep for SharedMemory {
    async fn write(&self, writes: Vec<Write>) -> Result<Vec<Written>, StoreFault> {
        self.clone().commit(millis(WallTime::now()), &writes)
    }

    async fn find(&self, query: Query) -> Result<Found, StoreFault> {
        Store::find(&mut self.clone(), &query)
    }
}

impl Keep for StoreHandle {
    async fn write(&self, writes: Vec<Write>) -> Result<Vec<Written>, StoreFault> {
        self.ask_write(writes).await
    }

    async fn find(&self, query: Query) -> Result<Found, StoreFault> {
        self.ask(query).await
    }
}

/// Seconds as the store counts time.
pub(crate) fn millis(at: WallTime) -> Millis {
    Millis(at.0.saturating_mul(1_000))
}
