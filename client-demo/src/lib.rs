//! Clients of the demo arena: bots that measure a server, and a player's client for the terminal.
//!
//! Nothing here decides what happens in a game, and nothing here is needed to host one.

pub mod bots;
pub mod clock;
pub mod driver;
pub mod flags;
pub mod histogram;
pub mod play;
pub mod route;
