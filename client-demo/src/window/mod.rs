//! The player's client in a window and in a browser: one source for both.
//!
//! Nothing here decides what happens in the game, and nothing here opens a link: a
//! [`Pilot`](crate::pilot::Pilot) does, and its dialer is an argument.
//!
//! ```text
//! app       the program: keys, panels, pictures
//! play      one game in progress
//! picture   ground, bodies, effects, hud, chip, crosshair: painted, never clicked
//! panels    board, graph, chat, menu, conditioner, banner, start: widgets
//! theme     colours and spacing of everything but the arena; palette: colours of players
//! ```

mod app;
mod banner;
mod board;
mod bodies;
mod camera;
mod chat;
mod chatter;
mod conditioner;
mod effects;
mod graph;
mod ground;
mod hands;
mod history;
mod hud;
mod ink;
mod menu;
mod palette;
mod people;
mod picture;
mod play;
mod scene;
mod settings;
mod signs;
mod start;
mod state;
mod talk;
mod theme;
mod touch;

#[cfg(test)]
mod tests;

pub use app::{Connect, WindowApp};
pub use palette::Colours;
pub use play::Play;
pub use settings::Settings;
pub use start::Form;
pub use state::{ChatState, WindowState};
pub use talk::Outside;
