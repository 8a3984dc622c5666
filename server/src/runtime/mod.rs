//! Threads and time: what makes a pure room tick.
//!
//! Never imports transport, HTTP or store, and knows of a room only what the trait
//! [`RoomTask`](crate::engine::port::RoomTask) says. The one clock
//! read and the one source of entropy of production code stand here.

pub mod clock;
pub mod drain;
pub mod entropy;
pub mod mailbox;
pub mod outlet;
pub mod pacer;
pub mod sluice;
pub mod worker;

pub use clock::Clock;
pub use mailbox::{Full, Mailbox};
pub use outlet::{Batch, Outlet};
pub use pacer::Pacer;
pub use sluice::Sluice;
pub use worker::{RoomEnd, RoomPort, Wake, WorkerPool};
