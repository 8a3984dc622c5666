//! Many bots in one process, and what they find out about a server.
//!
//! They are real clients and never know more than a player could.

pub mod admin;
pub mod bot;
mod circle;
pub mod cli;
pub mod fleet;
pub mod ledger;
pub mod report;
pub mod shared;
pub mod talk;
pub mod tally;
