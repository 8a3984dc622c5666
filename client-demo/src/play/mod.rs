//! A player's client for the terminal: pictures from half blocks, steering by keys and mouse.
//!
//! Never decides anything in the game. What needs a terminal is in `terminal` and is only built
//! with the feature `play`.

pub mod app;
pub mod camera;
pub mod canvas;
mod chatter;
pub mod hands;
pub mod held;
pub mod panels;
pub mod scene;
#[cfg(feature = "play")]
pub mod terminal;

#[cfg(test)]
mod tests;
