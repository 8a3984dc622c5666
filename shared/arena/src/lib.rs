//! The demo game of Tickwire: a small top-down arena for up to 128 players at 60 Hz.
//!
//! It performs no I/O and uses no maths that differs between platforms: + - * /, square roots and
//! libm only, so that native and wasm compute equal bits. Everything it replicates is declared in
//! [`kinds`]; the rules are [`world`] (what a client predicts) and what only the server decides.
//!
//! Fighters run, slide along walls, dash, shoot bullets that take their time, collect pick-ups and
//! score kills in rounds. Fighters do not collide with each other, so that a client which knows
//! its own fighter exactly predicts it exactly.

pub mod brain;
mod bullets;
pub mod geometry;
pub mod hud;
pub mod kinds;
mod layout;
pub mod map;
mod movement;
mod referee;
pub mod replay;
mod spawning;
mod table;
pub mod training;
pub mod tune;
pub mod world;

pub use brain::{Brain, Skill, View};
pub use hud::Hud;
pub use kinds::{Entity, Event, Input, Rules};
pub use map::Map;
pub use replay::{LocalRoom, amnesia_hash, replay_hash};
pub use world::Arena;

#[cfg(test)]
mod tests;
