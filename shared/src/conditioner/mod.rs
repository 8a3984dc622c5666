//! A seeded network in memory: delay, jitter, loss, bursts, duplicates, reordering, a bottleneck,
//! outages and partitions.
//!
//! It opens no socket, reads no clock and looks at no byte it carries. One [`Conditioner`] is one
//! direction of one lane; a route is two of them. The simulator, the bots and the relay push real
//! packets through it, and equal seeds give equal schedules.
//!
//! As **datagrams** packets are lost, doubled and reordered. As a **stream** nothing is lost and
//! order stays: what would be a loss becomes the stall of a retransmission, for this packet and
//! for every one behind it.

mod fate;
mod network;

use std::collections::BinaryHeap;
use std::collections::VecDeque;

pub use self::network::{Network, Outages, Rate, UnknownNetwork};

use self::fate::{Calendar, Losses};
use crate::limits::{CONDITIONER_PACKETS_MAX, CONDITIONER_RETRANSMISSIONS_MAX};
use crate::rng::Rng;
use crate::time::Instant;

/// How a lane treats loss and order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Each packet for itself: lost, doubled, overtaken.
    Datagrams,
    /// Everything arrives once and in order, late if need be.
    Stream,
}

/// What became of packets so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Handed in and accepted.
    pub sent: u64,
    /// Handed out, duplicates included.
    pub delivered: u64,
    /// Lost on the way: loss, outage, partition. On a stream: retransmissions.
    pub lost: u64,
    /// Dropped (datagrams) or refused (stream) because the queue was full.
    pub refused: u64,
    /// Delivered a second time.
    pub duplicated: u64,
    /// Held back to be overtaken.
    pub reordered: u64,
}

/// One direction of one lane through a bad network.
#[derive(Clone, Debug)]
pub struct Conditioner {
    network: Network,
    delivery: Delivery,
    rng: Rng,
    losses: Losses,
    calendar: Option<Calendar>,
    /// Packets on their way, soonest first.
    flying: BinaryHeap<Flying>,
    /// Stream packets that wait for a partition to heal.
    held: VecDeque<Vec<u8>>,
    partitioned: bool,
    /// Makes equal due times leave in the order they came.
    order: u64,
    /// Nothing that keeps its order may be due before this.
    ordered_until: Instant,
    /// The bottleneck is busy until then.
    busy_until: Instant,
    carried: Carried,
}

impl Conditioner {
    /// One direction through `network`. Two lanes of a route may share a seed: their outages then
    /// coincide and everything else differs by lane only if the traffic does.
    #[must_use]
    pub fn new(network: Network, delivery: Delivery, seed: u64) -> Conditioner {
        Conditioner {
            network,
            delivery,
            rng: Rng::of(seed, &[0x7061_636B]),
            losses: Losses::new(&network),
            calendar: network.outages.map(|outages| Calendar::new(outages, seed)),
            flying: BinaryHeap::new(),
            held: VecDeque::new(),
            partitioned: false,
            order: 0,
            ordered_until: Instant::default(),
            busy_until: Instant::default(),
            carried: Carried::default(),
        }
    }

    /// Hands in a packet at `now`.
    ///
    /// # Errors
    /// A stream whose queue is full gives the packet back: try again later. The queue is full at
    /// the bytes of [`Rate::queue_bytes_max`] or at
    /// [`CONDITIONER_PACKETS_MAX`] packets. Datagrams are
    /// never given back: at a full queue they are dropped and counted.
    pub fn send(&mut self, now: Instant, bytes: Vec<u8>) -> Result<(), Vec<u8>> {
        if !self.has_room(now, bytes.len()) {
            self.carried.refused += 1;
            return match self.delivery {
                Delivery::Datagrams => Ok(()),
                Delivery::Stream => Err(bytes),
            };
        }
        self.carried.sent += 1;
        match self.delivery {
            Delivery::Datagrams => self.send_datagram(now, bytes),
            Delivery::Stream if self.partitioned => self.held.push_back(bytes),
            Delivery::Stream => self.send_on_stream(now, bytes),
        }
        Ok(())
    }

    /// The next packet that has arrived by `now`.
    pub fn poll(&mut self, now: Instant) -> Option<Vec<u8>> {
        if self.flying.peek()?.due > now {
            return None;
        }
        self.carried.delivered += 1;
        self.flying.pop().map(|flying| flying.bytes)
    }

    /// When the next packet arrives; `None` while nothing is on its way.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        self.flying.peek().map(|flying| flying.due)
    }

    /// From now on nothing passes: datagrams are lost, a stream holds them back. What is already
    /// on its way arrives.
    pub fn partition(&mut self) {
        self.partitioned = true;
    }

    /// Ends a partition at `now`; a stream sends what it held back.
    pub fn heal(&mut self, now: Instant) {
        self.partitioned = false;
        while let Some(bytes) = self.held.pop_front() {
            self.send_on_stream(now, bytes);
        }
    }

    /// Changes the figures for packets sent from now on; outages start over from `seed`.
    pub fn set_network(&mut self, network: Network, seed: u64) {
        self.network = network;
        self.losses = Losses::new(&network);
        self.calendar = network.outages.map(|outages| Calendar::new(outages, seed));
    }

    /// Forgets every packet on its way, as a link that ends does.
    pub fn clear(&mut self) {
        self.flying.clear();
        self.held.clear();
    }

    /// Counts since the start.
    #[must_use]
    pub fn carried(&self) -> Carried {
        self.carried
    }

    fn has_room(&self, now: Instant, bytes: usize) -> bool {
        if self.flying.len() + self.held.len() >= CONDITIONER_PACKETS_MAX {
            return false;
        }
        let Some(rate) = self.network.rate else {
            return true;
        };
        let waiting_us = self.busy_until.since(now).as_micros();
        let waiting_bytes = waiting_us * u128::from(rate.bytes_per_s) / 1_000_000;
        waiting_bytes + bytes as u128 <= u128::from(rate.queue_bytes_max)
    }

    fn send_datagram(&mut self, now: Instant, bytes: Vec<u8>) {
        let leaves = self.through_bottleneck(now, bytes.len());
        let lost = self.losses.next_is_lost(&mut self.rng);
        if lost || self.partitioned || self.outage_until(now).is_some() {
            self.carried.lost += 1;
            return;
        }
        if self.rng.chance(self.network.duplicates) {
            self.carried.duplicated += 1;
            let due = leaves + self.one_way() + self.held_back();
            self.fly(due, bytes.clone());
        }
        let arrives = leaves + self.one_way();
        if self.rng.chance(self.network.reorder) {
            self.carried.reordered += 1;
            let due = arrives + self.held_back();
            self.fly(due, bytes);
        } else {
            self.fly_in_order(arrives, bytes);
        }
    }

    fn send_on_stream(&mut self, now: Instant, bytes: Vec<u8>) {
        let mut leaves = self.through_bottleneck(now, bytes.len());
        let mut lost = self.losses.next_is_lost(&mut self.rng);
        for _ in 0..CONDITIONER_RETRANSMISSIONS_MAX {
            let outage = self.outage_until(leaves);
            if outage.is_none() && !lost {
                break;
            }
            self.carried.lost += 1;
            leaves = leaves.max(outage.unwrap_or(leaves)) + micros(self.retransmission_us());
            // A retransmission comes a round trip later: a burst of losses is over by then.
            lost = self.rng.chance(self.network.loss);
        }
        let arrives = leaves + self.one_way();
        self.fly_in_order(arrives, bytes);
    }

    /// The instant at which the last byte has passed the bottleneck.
    fn through_bottleneck(&mut self, now: Instant, bytes: usize) -> Instant {
        let Some(rate) = self.network.rate else {
            return now;
        };
        let span_us = bytes as u64 * 1_000_000 / u64::from(rate.bytes_per_s.max(1));
        self.busy_until = self.busy_until.max(now) + micros(span_us);
        self.busy_until
    }

    fn outage_until(&mut self, now: Instant) -> Option<Instant> {
        self.calendar.as_mut()?.outage_until(now)
    }

    fn one_way(&mut self) -> core::time::Duration {
        let base_us = self.network.rtt.as_micros() as f32 / 2.0;
        let jitter_us = self.network.jitter.as_micros() as f32 / 2.0;
        let drawn = base_us + jitter_us * self.rng.range(-1.0, 1.0);
        micros(drawn.max(0.0) as u64)
    }

    /// Long enough that a few packets at 60 Hz overtake, short enough to matter still.
    fn held_back(&mut self) -> core::time::Duration {
        micros(10_000 + u64::from(self.rng.below(50_000)))
    }

    /// A sender notices a loss after a round trip and a little more (RFC 9002: 9/8 of the RTT).
    fn retransmission_us(&self) -> u64 {
        let rtt_us = self.network.rtt.as_micros() as u64;
        rtt_us + rtt_us / 8 + self.network.jitter.as_micros() as u64 + 10_000
    }

    fn fly_in_order(&mut self, arrives: Instant, bytes: Vec<u8>) {
        self.ordered_until = self.ordered_until.max(arrives);
        self.fly(self.ordered_until, bytes);
    }

    fn fly(&mut self, due: Instant, bytes: Vec<u8>) {
        self.order += 1;
        self.flying.push(Flying {
            due,
            order: self.order,
            bytes,
        });
    }
}

/// A packet on its way; the greatest is the one that arrives first.
#[derive(Clone, Debug)]
struct Flying {
    due: Instant,
    order: u64,
    bytes: Vec<u8>,
}

impl Ord for Flying {
    fn cmp(&self, other: &Flying) -> core::cmp::Ordering {
        (other.due, other.order).cmp(&(self.due, self.order))
    }
}

impl PartialOrd for Flying {
    fn partial_cmp(&self, other: &Flying) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Flying {
    fn eq(&self, other: &Flying) -> bool {
        self.order == other.order
    }
}

impl Eq for Flying {}

fn micros(us: u64) -> core::time::Duration {
    core::time::Duration::from_micros(us)
}

#[cfg(test)]
mod tests;
