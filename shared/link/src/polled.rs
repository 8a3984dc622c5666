//! A link that is asked instead of awaited: what a program with frames drives.
//!
//! Never waits and never looks into a packet. In a browser callbacks fill its inbox; in a window a
//! thread of its own does. Whoever draws asks it once a frame.

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::transport::Transport;

use crate::word::{Attempt, LinkEnd, SendError, Traffic};

/// One live connection to a server, asked instead of awaited. Dropping it closes it with
/// [`CloseReason::Bye`].
pub trait PolledLink {
    /// Hands a packet to the network; never waits.
    ///
    /// # Errors
    /// [`SendError`] for a packet that can never be sent, or when the Ordered queue is full: then
    /// close the link.
    fn send(&mut self, lane: Lane, bytes: &[u8]) -> Result<(), SendError>;

    /// The next packet that has come, or the end of the link once everything that came before it
    /// was taken; `None` when nothing waits. After the end it gives the end again.
    ///
    /// An inbox has a bound: of the Snapshot lane the oldest packets go unread, since a newer one
    /// says more, so that a program that stood still for a minute has no minute of work waiting.
    fn try_recv(&mut self) -> Option<Result<(Lane, Vec<u8>), LinkEnd>>;

    /// What carries it.
    fn transport(&self) -> Transport;

    /// What it carried so far.
    fn traffic(&self) -> Traffic;

    /// Closes it; the server is told the reason.
    fn close(&mut self, reason: CloseReason);
}

/// What a [`Dialer`] is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DialOrder {
    /// No other transport than this one.
    pub only: Option<Transport>,
    /// Try this one first: it won the last time.
    pub first: Option<Transport>,
}

/// A link, and how the transports did that were tried.
pub struct Dialed {
    /// The link that won.
    pub link: Box<dyn PolledLink>,
    /// Every transport that was tried, the winner included.
    pub attempts: Vec<Attempt>,
}

/// There is no link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotDialed {
    /// Every transport that was tried.
    pub attempts: Vec<Attempt>,
    /// Why, in words for a player.
    pub words: String,
}

/// Opens links for a program with frames: tries the transports it knows and hands out the winner.
pub trait Dialer {
    /// Begins to dial; an attempt under way is given up.
    fn start(&mut self, order: DialOrder);

    /// The outcome, once; `None` while there is none.
    fn poll(&mut self) -> Option<Result<Dialed, NotDialed>>;
}
