//! The gateway: how bots, dashboards and bridges reach chat without being players.
//!
//! Never speaks HTTP and never decides what somebody may do: it knows a bot by its token, and lets
//! it to the desk as a visitor, where the rules of everybody hold.
//!
//! ```text
//! HTTP request --token--> Gateway --store: whose?--> Caller
//!              --visit--> Front (the hub) --> lobby, desk ... --packets--> Visitor
//! ```

mod caller;
mod follower;
mod visitor;
mod webhook;

use std::rc::Rc;

use tickwire_shared::id::LinkId;
use tickwire_shared::wire::ChatCommand;
use tokio::sync::mpsc;
use tokio::time::timeout;

pub use caller::{Caller, NoVisit};
pub use follower::{Event, Follower, Opened};
pub use visitor::{Told, Visitor};
pub use webhook::Webhook;

use crate::engine::lobby::{NotLetIn, RoomView, Visit};
use crate::engine::storage::StoreFault;
use crate::engine::{RoomInfo, storage};
use crate::limits::GATEWAY_TIME_MAX;
use crate::store::StoreHandle;

/// What the gateway wants of the engine. All of it is on the network thread and returns at once.
pub trait Front {
    /// The rooms.
    fn rooms(&self) -> Vec<RoomInfo>;

    /// Who is in a room; `None` when it is not open.
    fn room(&self, name: &str) -> Option<RoomView>;

    /// Lets a visitor in, whose number is given here, and tells it everything through `told`.
    ///
    /// # Errors
    /// Why it cannot come.
    fn visit(&self, visit: Visit, told: mpsc::Sender<Told>) -> Result<LinkId, NotLetIn>;

    /// A visitor wants something of chat.
    fn say(&self, link: LinkId, command: ChatCommand);

    /// A visitor is gone.
    fn depart(&self, link: LinkId);

    /// How often tokens were revoked and roles changed so far: whoever was known before may be
    /// unknown now, or somebody else.
    fn revocations(&self) -> u64;
}

/// The way in for callers with a token; clones share it.
#[derive(Clone)]
pub struct Gateway {
    front: Rc<dyn Front>,
    store: StoreHandle,
}

impl Gateway {
    /// Between a store that knows tokens and the engine.
    #[must_use]
    pub fn new(front: Rc<dyn Front>, store: StoreHandle) -> Gateway {
        Gateway { front, store }
    }

    /// The engine.
    #[must_use]
    pub fn front(&self) -> &dyn Front {
        &*self.front
    }

    /// Looks something up in the store.
    ///
    /// # Errors
    /// [`StoreFault`]; [`StoreFault::Busy`] after [`GATEWAY_TIME_MAX`]: whoever asks holds a place
    /// of the listener meanwhile.
    pub async fn find(&self, query: storage::Query) -> Result<storage::Found, StoreFault> {
        let found = timeout(GATEWAY_TIME_MAX, self.store.ask(query)).await;
        found.unwrap_or(Err(StoreFault::Busy))
    }
}
