//! Where visitors wait for what they are told.
//!
//! Never waits for one: a visitor that does not take what waits for it is forgotten, and learns it
//! when it has taken that.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::LinkId;
use tokio::sync::mpsc;

use crate::gateway::Told;

/// Set in the number of every visitor's link, and of no other.
const VISITOR: u64 = 1 << 63;

/// The visitors of the lobby, each with its queue; as many as the lobby lets in.
#[derive(Default)]
pub(super) struct Lounge {
    queues: RefCell<BTreeMap<LinkId, mpsc::Sender<Told>>>,
    made: Cell<u64>,
}

/// Whether a link is a visitor's.
pub(super) fn is_visitor(link: LinkId) -> bool {
    link.0 & VISITOR != 0
}

impl Lounge {
    /// A number for a visitor, whose queue this is.
    pub(super) fn open(&self, queue: mpsc::Sender<Told>) -> LinkId {
        self.made.set(self.made.get() + 1);
        let link = LinkId(self.made.get() | VISITOR);
        self.queues.borrow_mut().insert(link, queue);
        link
    }

    /// Puts a packet into a visitor's queue; false when that is full.
    pub(super) fn deliver(&self, link: LinkId, bytes: &Arc<[u8]>) -> bool {
        let queues = self.queues.borrow();
        let Some(queue) = queues.get(&link) else {
            return true;
        };
        let packet = Told::Packet(Arc::clone(bytes));
        !matches!(
            queue.try_send(packet),
            Err(mpsc::error::TrySendError::Full(_))
        )
    }

    /// Forgets a visitor, and tells it why if there is room for that.
    pub(super) fn close(&self, link: LinkId, reason: Option<CloseReason>) {
        let queue = self.queues.borrow_mut().remove(&link);
        if let (Some(queue), Some(reason)) = (queue, reason) {
            let _ = queue.try_send(Told::Closed(reason));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_is_told_of_and_what_waits_in_it_stays() {
        let (lounge, packet) = (Lounge::default(), Arc::from(&b"x"[..]));
        let (queue, mut told) = mpsc::channel(2);
        let link = lounge.open(queue);
        assert!(is_visitor(link) && !is_visitor(LinkId(7)));
        assert!(lounge.deliver(link, &packet) && lounge.deliver(link, &packet));
        assert!(!lounge.deliver(link, &packet), "there is no room");
        lounge.close(link, None);
        assert!(lounge.deliver(link, &packet), "nobody is there");
        assert!(matches!(told.try_recv(), Ok(Told::Packet(_))));
        assert!(matches!(told.try_recv(), Ok(Told::Packet(_))));
        assert!(told.try_recv().is_err());
    }
}
