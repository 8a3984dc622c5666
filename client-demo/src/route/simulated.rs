//! The simulated network of one link: both directions, all lanes.
//!
//! Opens nothing and reads no clock, so that it runs in a browser as well. Datagram lanes lose,
//! double and reorder packets; the Ordered lane only stalls.

use std::collections::VecDeque;

use tickwire_link::SendError;
use tickwire_shared::conditioner::{Conditioner, Delivery, Network};
use tickwire_shared::id::Lane;
use tickwire_shared::limits::CONDITIONER_PACKETS_MAX;
use tickwire_shared::time::Instant;

/// The simulated network of one link.
#[derive(Debug)]
pub struct Simulated {
    up: Way,
    down: Way,
    /// Ordered packets a full stream gave back; they go first when it has room. At
    /// [`CONDITIONER_PACKETS_MAX`] the link counts as broken.
    waiting: VecDeque<(Direction, Vec<u8>)>,
}

/// Where a packet is going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the server.
    Up,
    /// To the client.
    Down,
}

/// One direction: its datagrams and its stream.
#[derive(Debug)]
struct Way {
    datagrams: Conditioner,
    stream: Conditioner,
}

impl Way {
    fn new(network: Network, seed: u64) -> Way {
        Way {
            datagrams: Conditioner::new(network, Delivery::Datagrams, seed),
            stream: Conditioner::new(network, Delivery::Stream, seed),
        }
    }

    fn set_network(&mut self, network: Network, seed: u64) {
        self.datagrams.set_network(network, seed);
        self.stream.set_network(network, seed);
    }

    fn arrived(&mut self, now: Instant) -> Option<(Delivery, Vec<u8>)> {
        if let Some(bytes) = self.stream.poll(now) {
            return Some((Delivery::Stream, bytes));
        }
        let bytes = self.datagrams.poll(now)?;
        Some((Delivery::Datagrams, bytes))
    }

    fn next_wake(&self) -> Option<Instant> {
        [self.datagrams.next_wake(), self.stream.next_wake()]
            .into_iter()
            .flatten()
            .min()
    }
}

impl Simulated {
    /// A network whose directions both suffer these figures, drawn from `seed`.
    #[must_use]
    pub fn new(network: Network, seed: u64) -> Simulated {
        Simulated {
            up: Way::new(network, seed),
            down: Way::new(network, seed.wrapping_add(1)),
            waiting: VecDeque::new(),
        }
    }

    /// Changes the figures for packets handed in from now on; what is on its way arrives as it
    /// would have.
    pub fn set_network(&mut self, network: Network, seed: u64) {
        self.up.set_network(network, seed);
        self.down.set_network(network, seed.wrapping_add(1));
    }

    /// Hands in a packet. One that a datagram lane has no room for is dropped.
    ///
    /// # Errors
    /// [`SendError::QueueFull`] when the Ordered lane has stalled for too long: close the link.
    pub fn push(
        &mut self,
        now: Instant,
        direction: Direction,
        lane: Lane,
        bytes: Vec<u8>,
    ) -> Result<(), SendError> {
        if lane != Lane::Ordered {
            // A full datagram queue drops the packet and counts it itself.
            let _ = self.way(direction).datagrams.send(now, bytes);
            return Ok(());
        }
        if self.waiting.len() >= CONDITIONER_PACKETS_MAX {
            return Err(SendError::QueueFull);
        }
        self.waiting.push_back((direction, bytes));
        self.retry(now);
        Ok(())
    }

    /// The next packet that has come out at the far side: at the server's when `Up`.
    pub fn arrived(&mut self, now: Instant, direction: Direction) -> Option<(Lane, Vec<u8>)> {
        self.retry(now);
        let (delivery, bytes) = self.way(direction).arrived(now)?;
        let lane = match (delivery, direction) {
            (Delivery::Stream, _) => Lane::Ordered,
            (Delivery::Datagrams, Direction::Up) => Lane::Input,
            (Delivery::Datagrams, Direction::Down) => Lane::Snapshot,
        };
        Some((lane, bytes))
    }

    /// When the next packet comes out at either side; `None` while nothing is on its way.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        [self.up.next_wake(), self.down.next_wake()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether nothing is on its way to the client any more.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        let waits = |(direction, _): &(Direction, _)| *direction == Direction::Down;
        self.down.next_wake().is_none() && !self.waiting.iter().any(waits)
    }

    /// Offers the streams what waits, in order; a full one ends the attempt.
    fn retry(&mut self, now: Instant) {
        while let Some((direction, bytes)) = self.waiting.pop_front() {
            if let Err(bytes) = self.way(direction).stream.send(now, bytes) {
                self.waiting.push_front((direction, bytes));
                return;
            }
        }
    }

    fn way(&mut self, direction: Direction) -> &mut Way {
        match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_shared::conditioner::Rate;

    const MS: fn(u64) -> Instant = Instant::from_millis;

    #[test]
    fn the_ordered_lane_only_stalls_and_datagrams_get_lost() {
        let mut simulated = Simulated::new(Network::BAD, 3);
        for number in 0..200_u8 {
            for lane in [Lane::Ordered, Lane::Snapshot] {
                let sent = simulated.push(MS(0), Direction::Down, lane, vec![number]);
                sent.expect("there is room");
            }
        }
        assert_eq!(
            simulated.arrived(MS(50), Direction::Down),
            None,
            "RTT 200 ms, half of it one way"
        );
        assert!(simulated.next_wake() > Some(MS(50)) && !simulated.is_drained());
        let (mut ordered, mut datagrams) = (Vec::new(), 0);
        while let Some((lane, bytes)) = simulated.arrived(MS(60_000), Direction::Down) {
            match lane {
                Lane::Ordered => ordered.extend(bytes),
                _ => datagrams += 1,
            }
        }
        assert!(simulated.is_drained());
        assert_eq!(ordered, (0..200).collect::<Vec<u8>>());
        assert!(
            (120..200).contains(&datagrams),
            "{datagrams} of 200 at 15 % loss"
        );
    }

    #[test]
    fn a_full_stream_holds_packets_back_up_to_a_bound() {
        let rate = Rate {
            bytes_per_s: 1_000,
            queue_bytes_max: 1_000,
        };
        let network = Network {
            rate: Some(rate),
            ..Network::PERFECT
        };
        let mut simulated = Simulated::new(network, 1);
        let mut push = |at| simulated.push(at, Direction::Down, Lane::Ordered, vec![0; 500]);
        let accepted = (0..10_000).take_while(|_| push(MS(0)).is_ok()).count();
        assert_eq!(accepted, CONDITIONER_PACKETS_MAX + 2);
        simulated.retry(MS(1_000));
        assert_eq!(simulated.waiting.len(), CONDITIONER_PACKETS_MAX - 2);
    }

    #[test]
    fn new_figures_hold_from_then_on_and_keep_the_order() {
        let mut simulated = Simulated::new(Network::BAD, 7);
        let push = |simulated: &mut Simulated, at, byte| {
            let sent = simulated.push(MS(at), Direction::Up, Lane::Ordered, vec![byte]);
            sent.expect("there is room");
        };
        push(&mut simulated, 0, 1);
        simulated.set_network(Network::PERFECT, 7);
        push(&mut simulated, 1, 2);
        assert_eq!(
            simulated.arrived(MS(2), Direction::Up),
            None,
            "the second packet waits for the first"
        );
        let all: Vec<u8> = std::iter::from_fn(|| simulated.arrived(MS(60_000), Direction::Up))
            .flat_map(|(_, bytes)| bytes)
            .collect();
        assert_eq!(all, [1, 2]);
        push(&mut simulated, 60_001, 3);
        let arrived = simulated.arrived(MS(60_001), Direction::Up);
        assert_eq!(arrived, Some((Lane::Ordered, vec![3])), "no delay any more");
    }
}
