//! Dials the page's own server for a program with frames.
//!
//! Never retries: whoever dials knows whether it is worth it.

use tickwire_shared::transport::Transport;

use super::task::Task;
use super::{info, memory, race};
use crate::polled::{DialOrder, Dialed, Dialer, NotDialed};

/// Dials the server this page came from, over whatever this browser and the way there allow.
#[derive(Default)]
pub struct WebDialer {
    dialing: Option<Task<Result<Dialed, NotDialed>>>,
}

impl WebDialer {
    /// A dialer that has not begun.
    #[must_use]
    pub fn new() -> WebDialer {
        WebDialer::default()
    }
}

impl Dialer for WebDialer {
    fn start(&mut self, order: DialOrder) {
        // The attempt before ends first, and with it its half-open links.
        self.dialing = None;
        self.dialing = Some(Task::start(dial(order)));
    }

    fn poll(&mut self) -> Option<Result<Dialed, NotDialed>> {
        let outcome = self.dialing.as_ref()?.outcome()?;
        self.dialing = None;
        Some(outcome)
    }
}

async fn dial(mut order: DialOrder) -> Result<Dialed, NotDialed> {
    let info = info::ask().await.map_err(|words| NotDialed {
        attempts: Vec::new(),
        words,
    })?;
    order.first = order.first.or_else(memory::recall);
    let dialed = race::run(order, info).await?;
    let winner = dialed.link.transport();
    // What a player chose by hand says nothing about the next time; and a WebSocket that won
    // because it was given the start has not shown again that UDP is blocked.
    let renewed = winner == Transport::WebSocket && order.first == Some(winner);
    if order.only.is_none() && !renewed {
        memory::keep(winner);
    }
    Ok(dialed)
}
