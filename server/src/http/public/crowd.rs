//! Who may be connected: so many in all, so many of one address.
//!
//! Never lets those who connect and say nothing keep others out: when every place is taken, the
//! oldest connection that is owed no answer gives up its own, or else the oldest that has not read
//! its answer yet.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use tokio::sync::Notify;

use super::stream::Backlog;
use crate::metrics::Rejection;
use crate::transport::seats::{Seat, Seats};

/// All connections that are no WebSocket.
pub(super) struct Crowd {
    connections_max: usize,
    seats: Rc<Seats>,
    /// By age: the oldest comes first.
    inside: RefCell<BTreeMap<u64, Rc<Connection>>>,
    next: Cell<u64>,
}

/// One connection as the crowd sees it.
#[derive(Default)]
struct Connection {
    /// Requests that are being answered, and answers that are made bit by bit.
    busy: Cell<u32>,
    /// Whether a part of an answer is not sent yet.
    backlog: Backlog,
    /// Told when the place is needed.
    sent_away: Notify,
}

/// One connection's place, for as long as it lives.
pub(super) struct Guest {
    crowd: Rc<Crowd>,
    number: u64,
    connection: Rc<Connection>,
    _seat: Seat,
}

/// A request whose answer is being made.
pub(super) struct Busy(Rc<Connection>);

/// What a request that is still coming has: its connection keeps its place once all of it is there.
#[derive(Clone)]
pub(super) struct Claim {
    connection: Rc<Connection>,
    busy: Rc<RefCell<Option<Busy>>>,
}

impl Crowd {
    /// Nobody is there yet. `per_address_max` does not hold for loopback.
    pub(super) fn new(connections_max: usize, per_address_max: usize) -> Rc<Crowd> {
        Rc::new(Crowd {
            connections_max,
            seats: Seats::new(per_address_max),
            inside: RefCell::default(),
            next: Cell::new(0),
        })
    }

    /// Lets a connection in.
    ///
    /// # Errors
    /// Its address has all its places, or all places are taken by connections with a request.
    pub(super) fn enter(self: &Rc<Self>, from: IpAddr) -> Result<Guest, Rejection> {
        let seat = self.seats.take(from).ok_or(Rejection::Address)?;
        let mut inside = self.inside.borrow_mut();
        if inside.len() >= self.connections_max {
            let idle = inside.iter().find(|(_, connection)| connection.is_idle());
            // Where nobody is idle, many may be reading slowly on purpose.
            let slow = || {
                inside
                    .iter()
                    .find(|(_, connection)| connection.busy.get() == 0)
            };
            let oldest = idle.or_else(slow).map(|(number, _)| *number);
            let oldest = oldest.ok_or(Rejection::Full)?;
            if let Some(connection) = inside.remove(&oldest) {
                connection.sent_away.notify_one();
            }
        }
        let number = self.next.get();
        self.next.set(number + 1);
        let connection = Rc::<Connection>::default();
        inside.insert(number, Rc::clone(&connection));
        Ok(Guest {
            crowd: Rc::clone(self),
            number,
            connection,
            _seat: seat,
        })
    }
}

impl Connection {
    /// Whether its client is owed nothing: neither an answer nor the rest of one.
    fn is_idle(&self) -> bool {
        self.busy.get() == 0 && self.backlog.is_empty()
    }
}

impl Guest {
    /// Where the connection's stream says whether it has something left to send.
    pub(super) fn backlog(&self) -> Backlog {
        self.connection.backlog.clone()
    }

    /// Ends when the place is needed.
    pub(super) async fn sent_away(&self) {
        self.connection.sent_away.notified().await;
    }

    /// For a request that keeps the place for as long as its answer is made; then the backlog
    /// keeps it.
    pub(super) fn claim(&self) -> Claim {
        Claim {
            connection: Rc::clone(&self.connection),
            busy: Rc::default(),
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.crowd.inside.borrow_mut().remove(&self.number);
    }
}

impl Claim {
    /// All of the request is there.
    pub(super) fn make(&self) {
        let mut busy = self.busy.borrow_mut();
        busy.get_or_insert_with(|| Busy::of(&self.connection));
    }

    /// What keeps the place; `None` when the request never came whole.
    pub(super) fn take(&self) -> Option<Busy> {
        self.busy.borrow_mut().take()
    }
}

impl Busy {
    /// Has the connection hold little: see [`Backlog::hold_little`].
    pub(super) fn hold_little(&self) {
        self.0.backlog.hold_little();
    }

    fn of(connection: &Rc<Connection>) -> Busy {
        connection.busy.set(connection.busy.get() + 1);
        Busy(Rc::clone(connection))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.set(self.0.busy.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn the_oldest_without_a_request_gives_way() {
        let crowd = Crowd::new(2, 8);
        let one = crowd.enter(address(1)).unwrap();
        let two = crowd.enter(address(2)).unwrap();
        let busy = |guest: &Guest| {
            let claim = guest.claim();
            claim.make();
            claim.take()
        };
        let answering = busy(&one);
        let three = crowd.enter(address(3)).unwrap();
        let numbers = || crowd.inside.borrow().keys().copied().collect::<Vec<_>>();
        assert_eq!(numbers(), [one.number, three.number]);
        let _also = busy(&three);
        assert_eq!(crowd.enter(address(4)).err(), Some(Rejection::Full));
        drop(answering);
        let four = crowd.enter(address(4)).unwrap();
        // One that was sent away leaves later, and takes nobody's place with it.
        drop(two);
        drop(one);
        assert_eq!(numbers(), [three.number, four.number]);
    }

    #[test]
    fn an_address_has_so_many_places_and_no_more() {
        let crowd = Crowd::new(8, 1);
        let one = crowd.enter(address(1)).unwrap();
        assert_eq!(crowd.enter(address(1)).err(), Some(Rejection::Address));
        drop(one);
        assert!(crowd.enter(address(1)).is_ok());
    }
}
