//! A visitor's end of its link to the desk.
//!
//! Never outlives its request: when it is dropped the visitor is gone.

use std::rc::Rc;
use std::sync::Arc;

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::LinkId;
use tickwire_shared::wire::{ChatCommand, ServerControl, decode};
use tokio::sync::mpsc;

use super::Front;

/// What a visitor is told.
#[derive(Clone, Debug)]
pub enum Told {
    /// A packet, as every client gets it.
    Packet(Arc<[u8]>),
    /// It has to go.
    Closed(CloseReason),
}

/// Somebody at the desk.
pub struct Visitor {
    front: Rc<dyn Front>,
    link: LinkId,
    news: mpsc::Receiver<Told>,
}

impl Visitor {
    pub(super) fn new(front: Rc<dyn Front>, link: LinkId, news: mpsc::Receiver<Told>) -> Visitor {
        Visitor { front, link, news }
    }

    /// The next thing it is told; waits for it.
    ///
    /// # Errors
    /// Why it is not told any more; [`CloseReason::SlowConsumer`] when too much waited for it.
    pub async fn next(&mut self) -> Result<ServerControl, CloseReason> {
        loop {
            match self.news.recv().await {
                // Typing is a packet of another kind, and worth nothing here.
                Some(Told::Packet(bytes)) => {
                    if let Ok(control) = decode(&bytes) {
                        return Ok(control);
                    }
                }
                Some(Told::Closed(reason)) => return Err(reason),
                None => return Err(CloseReason::SlowConsumer),
            }
        }
    }

    /// Wants something of chat.
    pub fn say(&self, command: ChatCommand) {
        self.front.say(self.link, command);
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        self.front.depart(self.link);
    }
}
