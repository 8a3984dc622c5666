//! The client's book of chat: its logs and how far it got in each, lines on their way out, and who
//! is there.
//!
//! Never keeps a line that came: it is told once, and kept by whoever draws it. Never decides what
//! a player may do: the server does, and says so.
//!
//! ```text
//! book       what the caller and the session ask of it
//! hear       what the server says, and what follows from it
//! log        one log: next, unread, read, members, receipts
//! outbox     lines the server has not answered, sent again after each new link
//! reopen     where a line goes on a link whose logs are not open yet
//! marks      what it says as often as is good: how far it got, and that there be more
//! pace       how often it says what can wait: pulls and marks
//! asks       questions that wait for their answer
//! typists    who writes at the moment
//! event      what is told of all that
//! ```

mod asks;
mod book;
mod event;
mod hear;
mod log;
mod marks;
mod outbox;
mod pace;
mod reopen;
mod typists;

pub use book::{Book, Invitation};
pub use event::TalkEvent;
pub use log::Log;
pub use outbox::Outgoing;

#[cfg(test)]
mod tests;
