//! The whole client, sans-IO: bytes in, bytes out, time as an argument.
//!
//! Never opens a socket, reads a clock or draws a pixel. Window, browser, bots and tests drive the
//! same [`Client`]: [`Client::receive`] packets, [`Client::frame`] at each frame, hand what
//! [`Client::poll_transmit`] gives to the link, and draw [`Client::view`].
//!
//! ```text
//! session      phases, handshake, roster, desync checks
//! talk         the book of chat
//! resume       what takes a session up again
//! live         a client in a room, made of:
//!   clock        how far ahead it runs and which instant it draws
//!   latch        what the player wants at the next tick
//!   predict      the game stepped ahead, with the rows of what this player owns
//!   reconcile    confirmed against predicted
//!   interpolate  shown entities at the drawn instant
//!   smooth       the visible rest of a correction
//!   events       predicted, confirmed, rejected
//! ```

mod clock;
mod config;
mod event;
mod events;
mod interpolate;
mod latch;
mod live;
mod own;
mod predict;
mod reconcile;
mod resume;
mod samples;
mod session;
mod smooth;
mod stats;
mod talk;
mod view;
mod window;

pub use config::{ClientConfig, Transmit};
pub use event::ClientEvent;
pub use events::Certainty;
pub use reconcile::Misprediction;
pub use resume::{BadResumeToken, ResumeToken};
pub use session::Client;
pub use stats::ClientStats;
pub use talk::{Book, Invitation, Log, Outgoing, TalkEvent};
pub use view::{Drawn, View};

/// A planted bug, by which a test proves that it would catch one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sabotage {
    /// No bug.
    #[default]
    None,
    /// Differences are seen but not corrected.
    SkipReconcile,
    /// The newest input is forgotten when ticks are replayed.
    ForgetReplayedInput,
    /// The clock believes that inputs come 45 ms earlier than they do.
    LateClock,
    /// Every packet that piled up is decoded.
    ReadBacklog,
}
