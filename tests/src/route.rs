//! The four lanes between one client and the server.
//!
//! It knows nothing of what it carries.

use tickwire_shared::conditioner::{Carried, Conditioner, Delivery, Network};
use tickwire_shared::id::Lane;
use tickwire_shared::time::Instant;

/// One client's link: two unreliable lanes and both directions of the ordered one.
#[derive(Clone, Debug)]
pub struct Route {
    input: Conditioner,
    snapshot: Conditioner,
    ordered_up: Conditioner,
    ordered_down: Conditioner,
}

impl Route {
    /// A link through `network`; its lanes share outages and nothing else.
    #[must_use]
    pub fn new(network: Network, seed: u64) -> Route {
        Route {
            input: Conditioner::new(network, Delivery::Datagrams, seed),
            snapshot: Conditioner::new(network, Delivery::Datagrams, seed ^ 1),
            ordered_up: Conditioner::new(network, Delivery::Stream, seed ^ 2),
            ordered_down: Conditioner::new(network, Delivery::Stream, seed ^ 3),
        }
    }

    /// Hands in what the client sends.
    ///
    /// # Panics
    /// When the ordered lane's queue is full: a simulated client never gets that far behind.
    pub fn send_up(&mut self, now: Instant, lane: Lane, bytes: Vec<u8>) {
        let sent = match lane {
            Lane::Ordered => self.ordered_up.send(now, bytes),
            _ => self.input.send(now, bytes),
        };
        assert!(sent.is_ok(), "I10: the client's ordered lane is full");
    }

    /// Hands in what the server sends.
    ///
    /// # Panics
    /// When the ordered lane's queue is full.
    pub fn send_down(&mut self, now: Instant, lane: Lane, bytes: Vec<u8>) {
        let sent = match lane {
            Lane::Ordered => self.ordered_down.send(now, bytes),
            _ => self.snapshot.send(now, bytes),
        };
        assert!(sent.is_ok(), "I10: the server's ordered lane is full");
    }

    /// What has reached the server.
    pub fn poll_up(&mut self, now: Instant) -> Option<(Lane, Vec<u8>)> {
        let ordered = self
            .ordered_up
            .poll(now)
            .map(|bytes| (Lane::Ordered, bytes));
        ordered.or_else(|| self.input.poll(now).map(|bytes| (Lane::Input, bytes)))
    }

    /// What has reached the client.
    pub fn poll_down(&mut self, now: Instant) -> Option<(Lane, Vec<u8>)> {
        let ordered = self
            .ordered_down
            .poll(now)
            .map(|bytes| (Lane::Ordered, bytes));
        ordered.or_else(|| self.snapshot.poll(now).map(|bytes| (Lane::Snapshot, bytes)))
    }

    /// When the next packet arrives on either side.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        self.lanes()
            .into_iter()
            .filter_map(Conditioner::next_wake)
            .min()
    }

    /// From now on nothing passes.
    pub fn partition(&mut self) {
        self.lanes_mut()
            .into_iter()
            .for_each(Conditioner::partition);
    }

    /// Ends a partition.
    pub fn heal(&mut self, now: Instant) {
        self.lanes_mut().into_iter().for_each(|lane| lane.heal(now));
    }

    /// Changes the figures from now on.
    pub fn set_network(&mut self, network: Network, seed: u64) {
        self.lanes_mut()
            .into_iter()
            .for_each(|lane| lane.set_network(network, seed));
    }

    /// Forgets everything on its way, as a link that breaks does.
    pub fn cut(&mut self) {
        self.lanes_mut().into_iter().for_each(Conditioner::clear);
    }

    /// Counts of the lanes: input, snapshot, ordered up, ordered down.
    #[must_use]
    pub fn carried(&self) -> [Carried; 4] {
        self.lanes().map(Conditioner::carried)
    }

    fn lanes(&self) -> [&Conditioner; 4] {
        [
            &self.input,
            &self.snapshot,
            &self.ordered_up,
            &self.ordered_down,
        ]
    }

    fn lanes_mut(&mut self) -> [&mut Conditioner; 4] {
        [
            &mut self.input,
            &mut self.snapshot,
            &mut self.ordered_up,
            &mut self.ordered_down,
        ]
    }
}
