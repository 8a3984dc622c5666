//! The pure engine: links, sessions, rooms and chat as functions of what came and when.
//!
//! Never reads a clock, opens a socket, draws entropy, starts a thread or imports another part of
//! the server than its limits: time and randomness are arguments, so that a simulated hour takes
//! seconds and equal seeds give equal runs.

pub mod account;
pub mod admission;
pub mod desk;
pub mod etiquette;
pub mod limiter;
pub mod lobby;
pub mod name_book;
pub mod names;
pub mod port;
pub mod replication;
pub mod room;
pub mod roster;
pub mod session;
pub mod storage;
#[cfg(test)]
mod yard;

pub use admission::{Admission, AdmitOrder, OTHER_ROOM, Refusal};
pub use lobby::{Lobby, LobbyConfig, LobbyCounts, RoomInfo};
pub use port::{Effect, Inbound, Outbound, Outbox, RoomCounts, RoomOrder, RoomTask, Whereabouts};
pub use room::{Room, RoomConfig};
