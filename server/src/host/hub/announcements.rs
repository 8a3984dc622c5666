//! Announcements of operators, who learn what became of them.
//!
//! Never answers before the line is on the disk or refused.

use std::cell::RefCell;
use std::collections::BTreeMap;

use tickwire_shared::wire::ChatRefusal;
use tokio::sync::oneshot;

use super::Hub;
use crate::engine::desk::Announced;
use crate::http::Announcement;
use crate::limits::OFFICE_WAITING_MAX;

/// Who waits, by the number of the announcement.
#[derive(Default)]
pub(super) struct Announcements {
    waiting: RefCell<BTreeMap<u64, oneshot::Sender<Result<(), ChatRefusal>>>>,
}

impl Announcements {
    /// Whether as many wait as may. Who has given up waits no more, whatever became of the line.
    fn is_full(&self) -> bool {
        let mut waiting = self.waiting.borrow_mut();
        waiting.retain(|_, reply| !reply.is_closed());
        waiting.len() >= OFFICE_WAITING_MAX
    }

    /// Tells those who wait.
    pub(super) fn tell(&self, announced: Vec<Announced>) {
        for Announced { number, outcome } in announced {
            if let Some(reply) = self.waiting.borrow_mut().remove(&number) {
                let _ = reply.send(outcome);
            }
        }
    }
}

impl Hub {
    /// Tells everybody something, and whoever asked for it what became of that. Where too many wait
    /// it is refused at once.
    pub(in crate::host) fn announce(&self, Announcement { text, reply }: Announcement) {
        if self.announcements.is_full() {
            let _ = reply.send(Err(ChatRefusal::StoreBusy));
            return;
        }
        let now = self.clock.now();
        let number = self.lobby.borrow_mut().announce(now, &text);
        let mut waiting = self.announcements.waiting.borrow_mut();
        waiting.insert(number, reply);
        drop(waiting);
        self.drive(|_| {});
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_given_up_leaves_its_place_to_others() {
        let announcements = Announcements::default();
        let mut waiting = Vec::new();
        for number in 0..OFFICE_WAITING_MAX as u64 {
            assert!(!announcements.is_full(), "{number} wait");
            let (reply, outcome) = oneshot::channel();
            announcements.waiting.borrow_mut().insert(number, reply);
            waiting.push(outcome);
        }
        assert!(announcements.is_full());
        waiting.pop();
        assert!(!announcements.is_full());
        assert_eq!(announcements.waiting.borrow().len(), waiting.len());
    }
}
