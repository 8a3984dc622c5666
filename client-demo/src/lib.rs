//! Clients of the demo arena: bots that measure a server, and a player's client for the terminal.
//!
//! Nothing here decides what happens in a game, and nothing here is needed to host one.

#[cfg(not(target_arch = "wasm32"))]
pub mod bots;
#[cfg(not(target_arch = "wasm32"))]
pub mod clock;
#[cfg(not(target_arch = "wasm32"))]
pub mod driver;
#[cfg(not(target_arch = "wasm32"))]
pub mod flags;
#[cfg(not(target_arch = "wasm32"))]
pub mod histogram;
#[cfg(not(target_arch = "wasm32"))]
pub mod play;
#[cfg(not(target_arch = "wasm32"))]
pub mod relay;
pub mod route;
#[cfg(all(target_arch = "wasm32", feature = "window"))]
pub mod web;
