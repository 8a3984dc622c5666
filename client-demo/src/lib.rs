//! Clients of the demo arena: bots that measure a server, a player's client for the terminal, and
//! one for a window or a browser.
//!
//! Nothing here decides what happens in a game, and nothing here is needed to host one.

#[cfg(not(target_arch = "wasm32"))]
pub mod bots;
#[cfg(not(target_arch = "wasm32"))]
pub mod chatbot;
#[cfg(not(target_arch = "wasm32"))]
pub mod clock;
#[cfg(not(target_arch = "wasm32"))]
pub mod driver;
#[cfg(not(target_arch = "wasm32"))]
pub mod flags;
#[cfg(not(target_arch = "wasm32"))]
pub mod histogram;
pub mod limits;
pub mod panel;
pub mod pilot;
#[cfg(not(target_arch = "wasm32"))]
pub mod play;
#[cfg(not(target_arch = "wasm32"))]
pub mod relay;
pub mod retry;
pub mod route;
#[cfg(not(target_arch = "wasm32"))]
pub mod secrets;
#[cfg(all(target_arch = "wasm32", feature = "window"))]
pub mod web;
#[cfg(feature = "window")]
pub mod window;
