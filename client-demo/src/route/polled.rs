//! A link that is asked, with a network in front of it that may change while the game goes on.
//!
//! Never reads a clock: whoever draws says what time it is.

use tickwire_link::{LinkEnd, PolledLink, SendError, Traffic};
use tickwire_shared::close::CloseReason;
use tickwire_shared::conditioner::Network;
use tickwire_shared::id::Lane;
use tickwire_shared::time::Instant;
use tickwire_shared::transport::Transport;

use super::simulated::{Direction, Simulated};

/// Packets taken from the link at one time at the most, so that a frame ends; the rest waits in the
/// link's own inbox, which has a bound.
const TAKEN_MAX: usize = 1_024;

/// A link, with or without a simulated network. Give it a turn each frame by
/// [`PolledRoute::try_recv`], also while nothing is expected: what is on its way up leaves then.
pub struct PolledRoute {
    link: Box<dyn PolledLink>,
    /// `None` until a network was asked for; from then on packets pass it even when it is perfect,
    /// so that none overtakes those on their way.
    simulated: Option<Simulated>,
    /// Why the link below ended; told when everything on its way has arrived.
    ended: Option<LinkEnd>,
}

impl PolledRoute {
    /// A route over `link`; with `network` both directions suffer its figures, drawn from the seed.
    #[must_use]
    pub fn new(link: Box<dyn PolledLink>, network: Option<(Network, u64)>) -> PolledRoute {
        PolledRoute {
            link,
            simulated: network.map(|(network, seed)| Simulated::new(network, seed)),
            ended: None,
        }
    }

    /// Changes the network for packets from now on; `None` takes it away. What is on its way
    /// arrives as it would have.
    pub fn set_network(&mut self, network: Option<(Network, u64)>) {
        match (&mut self.simulated, network) {
            (None, None) => {}
            (None, Some((network, seed))) => self.simulated = Some(Simulated::new(network, seed)),
            (Some(simulated), Some((network, seed))) => simulated.set_network(network, seed),
            (Some(simulated), None) => simulated.set_network(Network::PERFECT, 0),
        }
    }

    /// Hands a packet to the network; never waits.
    ///
    /// # Errors
    /// [`SendError`] as [`PolledLink::send`].
    pub fn send(&mut self, now: Instant, lane: Lane, bytes: Vec<u8>) -> Result<(), SendError> {
        match &mut self.simulated {
            None => self.link.send(lane, &bytes),
            Some(simulated) => {
                simulated.push(now, Direction::Up, lane, bytes)?;
                self.forward(now)
            }
        }
    }

    /// The next packet that has come by `now`, or the end of the link once everything on its way
    /// has; `None` when nothing waits.
    pub fn try_recv(&mut self, now: Instant) -> Option<Result<(Lane, Vec<u8>), LinkEnd>> {
        if self.simulated.is_none() {
            return self.link.try_recv();
        }
        let moved = self.forward(now).and_then(|()| self.take(now));
        if let Err(error) = moved {
            self.ended.get_or_insert(LinkEnd::Lost(error.to_string()));
        }
        let simulated = self.simulated.as_mut()?;
        if let Some(arrived) = simulated.arrived(now, Direction::Down) {
            return Some(Ok(arrived));
        }
        let end = self.ended.clone()?;
        simulated.is_drained().then_some(Err(end))
    }

    /// What carries it.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.link.transport()
    }

    /// What the link below carried.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.link.traffic()
    }

    /// Closes the link; the server is told the reason.
    pub fn close(&mut self, reason: CloseReason) {
        self.link.close(reason);
    }

    /// Gives the link what has passed the simulated way up.
    fn forward(&mut self, now: Instant) -> Result<(), SendError> {
        let Some(simulated) = &mut self.simulated else {
            return Ok(());
        };
        while let Some((lane, bytes)) = simulated.arrived(now, Direction::Up) {
            self.link.send(lane, &bytes)?;
        }
        Ok(())
    }

    /// Gives the simulated way down what the link has got.
    fn take(&mut self, now: Instant) -> Result<(), SendError> {
        let Some(simulated) = &mut self.simulated else {
            return Ok(());
        };
        for _ in 0..TAKEN_MAX {
            if self.ended.is_some() {
                return Ok(());
            }
            match self.link.try_recv() {
                None => return Ok(()),
                Some(Err(end)) => self.ended = Some(end),
                Some(Ok((lane, bytes))) => simulated.push(now, Direction::Down, lane, bytes)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::collections::VecDeque;
    use std::rc::Rc;

    const MS: fn(u64) -> Instant = Instant::from_millis;

    type Sent = Rc<RefCell<Vec<(Lane, Vec<u8>)>>>;

    /// A link that ends when its inbox is empty.
    struct Canned {
        inbox: VecDeque<(Lane, Vec<u8>)>,
        sent: Sent,
    }

    impl PolledLink for Canned {
        fn send(&mut self, lane: Lane, bytes: &[u8]) -> Result<(), SendError> {
            self.sent.borrow_mut().push((lane, bytes.to_vec()));
            Ok(())
        }

        fn try_recv(&mut self) -> Option<Result<(Lane, Vec<u8>), LinkEnd>> {
            Some(self.inbox.pop_front().ok_or(LinkEnd::TimedOut))
        }

        fn transport(&self) -> Transport {
            Transport::WebSocket
        }

        fn traffic(&self) -> Traffic {
            Traffic::default()
        }

        fn close(&mut self, _reason: CloseReason) {}
    }

    fn canned() -> (Box<Canned>, Sent) {
        let sent = Sent::default();
        let inbox = [(Lane::Ordered, vec![1]), (Lane::Ordered, vec![2])].into();
        let link = Canned {
            inbox,
            sent: Rc::clone(&sent),
        };
        (Box::new(link), sent)
    }

    #[test]
    fn the_end_comes_after_what_was_on_its_way() {
        let (link, _) = canned();
        let mut route = PolledRoute::new(link, Some((Network::BAD, 5)));
        assert_eq!(route.try_recv(MS(0)), None, "RTT 200 ms");
        let later = MS(60_000);
        assert_eq!(route.try_recv(later), Some(Ok((Lane::Ordered, vec![1]))));
        assert_eq!(route.try_recv(later), Some(Ok((Lane::Ordered, vec![2]))));
        assert_eq!(route.try_recv(later), Some(Err(LinkEnd::TimedOut)));
        assert_eq!(route.try_recv(later), Some(Err(LinkEnd::TimedOut)), "again");
    }

    #[test]
    fn a_network_comes_and_goes_while_packets_are_on_their_way() {
        let (link, sent) = canned();
        let mut route = PolledRoute::new(link, None);
        let send = |route: &mut PolledRoute, at, byte| {
            let sent = route.send(MS(at), Lane::Ordered, vec![byte]);
            sent.expect("there is room");
        };
        send(&mut route, 0, 1);
        assert_eq!(sent.borrow().len(), 1, "at once");
        route.set_network(Some((Network::BAD, 5)));
        send(&mut route, 1, 2);
        route.set_network(None);
        send(&mut route, 2, 3);
        assert_eq!(sent.borrow().len(), 1, "both are on their way");
        let _ = route.try_recv(MS(60_000));
        let bytes: Vec<u8> = sent.borrow().iter().flat_map(|(_, b)| b.clone()).collect();
        assert_eq!(bytes, [1, 2, 3], "in order");
        send(&mut route, 60_001, 4);
        assert_eq!(sent.borrow().len(), 4, "no delay any more");
    }
}
