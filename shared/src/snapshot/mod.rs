//! The mirror: the quantised state of a room at a tick, in slots and blocks, with its history.
//!
//! It knows rows of words described by a schema and never a game type, a session or a packet.

mod block;
mod history;
mod mirror;
mod motion;
mod slots;

pub use block::{Block, slots_of};
pub use mirror::{Mirror, RowAt};
pub use motion::{advance, on_trajectory};
pub use slots::SpawnKey;
