//! The core of Tickwire: everything that server, clients, bots, replays and tests share.
//!
//! This crate performs no I/O, reads no clock, starts no thread and draws no entropy: time and
//! randomness are arguments. It builds for native targets and for wasm32.
//!
//! A game implements [`game::Game`]; everything else sees only its *mirror*, rows of integer words
//! described by a [`schema::Schema`].

// The derive writes paths that start with `::tickwire_shared`, also inside this crate.
extern crate self as tickwire_shared;

pub mod ack;
pub mod bits;
pub mod chat;
pub mod client;
pub mod close;
pub mod conditioner;
pub mod delta;
pub mod game;
pub mod id;
pub mod input;
pub mod limits;
pub mod quantise;
pub mod replicate;
pub mod rng;
pub mod schema;
pub mod snapshot;
pub mod time;
pub mod transport;
pub mod wire;

pub use glam;
pub use replicate::Replicate;
pub use tickwire_derive::Replicate;
