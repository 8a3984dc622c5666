//! The client as a page runs it: what its script calls, and what tests ask.
//!
//! Never touches the page's own elements: the join screen is plain HTML and a script of its own.

mod app;
mod chat;
mod check;
mod game;
mod kept;
mod time;

pub use check::connect_check;
pub use game::{Game, play};
