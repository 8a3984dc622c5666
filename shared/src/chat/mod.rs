//! Chat: which texts and names are allowed and what a player's words mean.
//!
//! Never sends or stores a line. The checks are the same on both sides, so that a client can tell
//! its player at once what the server would refuse.

pub mod link;
pub mod mention;
pub mod slash;
mod text;

pub use text::{TextFault, check_line, check_name, check_reason, check_room_name};
