//! When each connection wants to be woken, for the one task that does it.
//!
//! Never wakes one too early, and seldom moves a time: a connection that wants to be woken later
//! than it asked before is asked then.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Instant;

use tokio::sync::Notify;
use tokio::time::sleep_until;

use crate::transport::socket::ConnectionId;

/// All times at which somebody wants to be woken.
#[derive(Default)]
pub(super) struct Timers {
    due: RefCell<BTreeSet<(Instant, ConnectionId)>>,
    /// The first of them changed.
    changed: Notify,
}

impl Timers {
    /// Notes when to wake a connection instead of `before`, when it was to be woken so far.
    pub(super) fn set(&self, id: ConnectionId, before: Option<Instant>, at: Instant) {
        let mut due = self.due.borrow_mut();
        if let Some(before) = before {
            due.remove(&(before, id));
        }
        due.insert((at, id));
        if due.first() == Some(&(at, id)) {
            self.changed.notify_one();
        }
    }

    /// Forgets a time.
    pub(super) fn remove(&self, id: ConnectionId, at: Instant) {
        self.due.borrow_mut().remove(&(at, id));
    }

    /// The next connection whose time has come; its time is forgotten.
    pub(super) fn next_due(&self, now: Instant) -> Option<ConnectionId> {
        let mut due = self.due.borrow_mut();
        let (at, id) = *due.first()?;
        if at > now {
            return None;
        }
        due.pop_first();
        Some(id)
    }

    /// Waits until the first time has come.
    pub(super) async fn wait(&self) {
        loop {
            let first = self.due.borrow().first().copied();
            let Some((at, _)) = first else {
                self.changed.notified().await;
                continue;
            };
            tokio::select! {
                () = sleep_until(at.into()) => return,
                () = self.changed.notified() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn connections_come_in_the_order_of_their_times() {
        let (timers, start) = (Timers::default(), crate::runtime::clock::instant());
        let at = |millis| start + Duration::from_millis(millis);
        timers.set(ConnectionId(1), None, at(20));
        timers.set(ConnectionId(2), None, at(10));
        timers.set(ConnectionId(3), None, at(30));
        timers.set(ConnectionId(3), Some(at(30)), at(5));
        timers.remove(ConnectionId(1), at(20));
        assert_eq!(timers.next_due(at(4)), None);
        assert_eq!(timers.next_due(at(100)), Some(ConnectionId(3)));
        assert_eq!(timers.next_due(at(100)), Some(ConnectionId(2)));
        assert_eq!(timers.next_due(at(100)), None);
    }
}
