//! A link with a simulated network in front of it, in both directions.
//!
//! Never looks into a packet. Datagram lanes lose, double and reorder packets; the Ordered lane
//! only stalls. The handshake of the transport itself is over by then and suffers nothing.

use std::collections::VecDeque;

use tickwire_link::{Link, LinkEnd, SendError, Traffic};
use tickwire_shared::close::CloseReason;
use tickwire_shared::conditioner::{Conditioner, Delivery, Network};
use tickwire_shared::id::Lane;
use tickwire_shared::limits::CONDITIONER_PACKETS_MAX;
use tickwire_shared::time::Instant;

use crate::clock::Clock;

/// A link, with or without a simulated network.
#[derive(Debug)]
pub struct Route {
    link: Link,
    clock: Clock,
    simulated: Option<Simulated>,
}

/// The simulated network of one link.
#[derive(Debug)]
struct Simulated {
    up: Way,
    down: Way,
    /// Ordered packets a full stream gave back; they go first when it has room. At
    /// [`CONDITIONER_PACKETS_MAX`] the link counts as broken.
    waiting: VecDeque<(Direction, Vec<u8>)>,
    /// Why the link below ended; told when everything on its way has arrived.
    ended: Option<LinkEnd>,
}

/// One direction: its datagrams and its stream.
#[derive(Debug)]
struct Way {
    datagrams: Conditioner,
    stream: Conditioner,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

impl Way {
    fn new(network: Network, seed: u64) -> Way {
        Way {
            datagrams: Conditioner::new(network, Delivery::Datagrams, seed),
            stream: Conditioner::new(network, Delivery::Stream, seed),
        }
    }

    fn next_wake(&self) -> Option<Instant> {
        [self.datagrams.next_wake(), self.stream.next_wake()]
            .into_iter()
            .flatten()
            .min()
    }
}

impl Route {
    /// A route over `link`; with `network` both directions suffer its figures, drawn from `seed`.
    #[must_use]
    pub fn new(link: Link, clock: Clock, network: Option<(Network, u64)>) -> Route {
        let simulated = network.map(|(network, seed)| Simulated::new(network, seed));
        Route {
            link,
            clock,
            simulated,
        }
    }

    /// Hands a packet to the network; never waits.
    ///
    /// # Errors
    /// [`SendError`] as [`Link::send`].
    pub fn send(&mut self, lane: Lane, bytes: Vec<u8>) -> Result<(), SendError> {
        let now = self.clock.now();
        match &mut self.simulated {
            None => self.link.send(lane, &bytes),
            Some(simulated) => {
                simulated.push(now, Direction::Up, lane, bytes)?;
                self.forward(now)
            }
        }
    }

    /// The next packet from the server.
    ///
    /// # Errors
    /// [`LinkEnd`] when the link is over and what was on its way down has arrived.
    pub async fn recv(&mut self) -> Result<(Lane, Vec<u8>), LinkEnd> {
        loop {
            let now = self.clock.now();
            // A link that is over takes nothing more; its end is told below.
            self.forward(now).map_err(broken)?;
            let Some(simulated) = &mut self.simulated else {
                return self.link.recv().await;
            };
            if let Some(arrived) = simulated.arrived(now) {
                return Ok(arrived);
            }
            if let (Some(end), None) = (&simulated.ended, simulated.down.next_wake()) {
                return Err(end.clone());
            }
            let wake = simulated.next_wake();
            tokio::select! {
                packet = self.link.recv(), if simulated.ended.is_none() => match packet {
                    Ok((lane, bytes)) => simulated
                        .push(self.clock.now(), Direction::Down, lane, bytes)
                        .map_err(broken)?,
                    Err(end) => simulated.ended = Some(end),
                },
                () = self.clock.sleep_until(wake.unwrap_or_default()), if wake.is_some() => {}
            }
        }
    }

    /// Closes the link; see [`Link::close`].
    pub async fn close(self, reason: CloseReason) {
        self.link.close(reason).await;
    }

    /// Closes the link without waiting for the goodbye to leave.
    pub fn close_now(&self, reason: CloseReason) {
        self.link.close_now(reason);
    }

    /// What the link below carried.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.link.traffic()
    }

    /// Gives the link what has passed the simulated way up.
    fn forward(&mut self, now: Instant) -> Result<(), SendError> {
        let Some(simulated) = &mut self.simulated else {
            return Ok(());
        };
        simulated.retry(now);
        while let Some(bytes) = simulated.up.datagrams.poll(now) {
            self.link.send(Lane::Input, &bytes)?;
        }
        while let Some(bytes) = simulated.up.stream.poll(now) {
            self.link.send(Lane::Ordered, &bytes)?;
        }
        Ok(())
    }
}

impl Simulated {
    fn new(network: Network, seed: u64) -> Simulated {
        Simulated {
            up: Way::new(network, seed),
            down: Way::new(network, seed.wrapping_add(1)),
            waiting: VecDeque::new(),
            ended: None,
        }
    }

    fn push(
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

    /// Offers the streams what waits, in order; a full one ends the attempt.
    fn retry(&mut self, now: Instant) {
        while let Some((direction, bytes)) = self.waiting.pop_front() {
            if let Err(bytes) = self.way(direction).stream.send(now, bytes) {
                self.waiting.push_front((direction, bytes));
                return;
            }
        }
    }

    fn arrived(&mut self, now: Instant) -> Option<(Lane, Vec<u8>)> {
        if let Some(bytes) = self.down.stream.poll(now) {
            return Some((Lane::Ordered, bytes));
        }
        let bytes = self.down.datagrams.poll(now)?;
        Some((Lane::Snapshot, bytes))
    }

    fn next_wake(&self) -> Option<Instant> {
        [self.up.next_wake(), self.down.next_wake()]
            .into_iter()
            .flatten()
            .min()
    }

    fn way(&mut self, direction: Direction) -> &mut Way {
        match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }
}

fn broken(error: SendError) -> LinkEnd {
    LinkEnd::Lost(error.to_string())
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
            simulated.arrived(MS(50)),
            None,
            "RTT 200 ms, half of it one way"
        );
        assert!(simulated.next_wake() > Some(MS(50)));
        let (mut ordered, mut datagrams) = (Vec::new(), 0);
        while let Some((lane, bytes)) = simulated.arrived(MS(60_000)) {
            match lane {
                Lane::Ordered => ordered.extend(bytes),
                _ => datagrams += 1,
            }
        }
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
}
