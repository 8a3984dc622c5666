//! Chat as a player sees it: one model for the page, the window and the terminal.
//!
//! Never draws, never reads a clock, and never knows better than the client's book of chat: unread
//! lines, receipts, typists and presence are asked of the book each time. What the book does not
//! keep is kept here: lines that came, and what there is to tell the player.
//!
//! ```text
//! model      the panel itself: what is open, what is watched, what there is to tell
//! place      where a player can write: a log, or a whisper that has none yet
//! shelf      the lines of one log as they are shown
//! hear       what happens in chat, and what follows for the player
//! act        what a player does with buttons
//! command    what a player types
//! parts      a text cut into words, links and mentions
//! words      titles and sentences
//! notice     what a player is told wherever they look
//! state      all of it as plain data
//! people     who is there, as plain data
//! ```

mod act;
mod command;
mod hear;
mod model;
mod notice;
mod parts;
mod people;
mod place;
mod shelf;
mod state;
mod words;

#[cfg(test)]
pub(crate) mod tests;

pub use act::Act;
pub use command::complete;
pub use model::Panel;
pub use notice::{Notice, NoticeKind};
pub use parts::{Part, PartKind, parts};
pub use people::PersonState;
pub use place::Place;
pub use shelf::{Item, Shelf, ShelfLine};
pub use state::{
    BriefState, InvitationState, ItemState, LineState, PanelState, PlaceState, ReactionState,
};
pub use words::{SIGNS, printable, signs, steers, tag};
