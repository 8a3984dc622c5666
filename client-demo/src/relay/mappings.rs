//! Which client a datagram belongs to, and the network between each client and the server.
//!
//! Opens no socket and reads no clock. A mapping is what a router would keep: a client's address, a
//! number that stands for a socket towards the server, and both directions between.
//!
//! A client that is silent for [`IDLE`] is forgotten; at [`CLIENTS_MAX`] clients a new one is
//! ignored until another is forgotten.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use tickwire_shared::conditioner::{Conditioner, Delivery};
use tickwire_shared::rng::Rng;
use tickwire_shared::time::Instant;

use super::knobs::Knobs;

/// Clients one relay serves over UDP at the most. Datagrams of further ones are dropped.
pub const CLIENTS_MAX: usize = 1_024;

/// Silence of a client after which it is forgotten.
pub const IDLE: Duration = Duration::from_secs(60);

/// A datagram that has passed the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parcel {
    /// Send it to the server from the socket of this mapping.
    Up(u64, Vec<u8>),
    /// Send it to this client.
    Down(SocketAddr, Vec<u8>),
}

/// All clients of a relay.
#[derive(Debug)]
pub struct Mappings {
    knobs: Knobs,
    seed: u64,
    /// Number of the next mapping.
    next: u64,
    numbers: BTreeMap<SocketAddr, u64>,
    mappings: BTreeMap<u64, Mapping>,
}

#[derive(Debug)]
struct Mapping {
    client: SocketAddr,
    heard: Instant,
    seed: u64,
    up: Conditioner,
    down: Conditioner,
}

impl Mapping {
    fn apply(&mut self, knobs: Knobs, now: Instant) {
        let seed = self.seed;
        for (way, seed) in [(&mut self.up, seed), (&mut self.down, seed.wrapping_add(1))] {
            way.set_network(knobs.network, seed);
            match knobs.is_blocked || !knobs.passes_udp {
                // What was on its way is lost too: nothing passes from now on.
                true => {
                    way.partition();
                    way.clear();
                }
                false => way.heal(now),
            }
        }
    }
}

impl Mappings {
    /// No client yet; each gets losses and jitter of its own from `seed`.
    #[must_use]
    pub fn new(knobs: Knobs, seed: u64) -> Mappings {
        Mappings {
            knobs,
            seed,
            next: 0,
            numbers: BTreeMap::new(),
            mappings: BTreeMap::new(),
        }
    }

    /// Takes a client's datagram. The number of its mapping comes back when that is new: then a
    /// socket towards the server is wanted.
    pub fn from_client(&mut self, now: Instant, client: SocketAddr, bytes: Vec<u8>) -> Option<u64> {
        let known = self.numbers.get(&client).copied();
        let number = known.or_else(|| self.add(now, client))?;
        let mapping = self.mappings.get_mut(&number)?;
        mapping.heard = now;
        // A full queue drops the datagram.
        let _ = mapping.up.send(now, bytes);
        known.is_none().then_some(number)
    }

    /// Takes the server's datagram for the client of this mapping.
    pub fn from_server(&mut self, now: Instant, number: u64, bytes: Vec<u8>) {
        if let Some(mapping) = self.mappings.get_mut(&number) {
            let _ = mapping.down.send(now, bytes);
        }
    }

    /// The next datagram that has passed the network by `now`.
    pub fn poll(&mut self, now: Instant) -> Option<Parcel> {
        self.mappings.iter_mut().find_map(|(&number, mapping)| {
            let up = mapping.up.poll(now).map(|bytes| Parcel::Up(number, bytes));
            up.or_else(|| {
                let bytes = mapping.down.poll(now)?;
                Some(Parcel::Down(mapping.client, bytes))
            })
        })
    }

    /// When [`Mappings::poll`] has something next.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        let ways = self.mappings.values().flat_map(|one| [&one.up, &one.down]);
        ways.filter_map(Conditioner::next_wake).min()
    }

    /// Changes what happens to datagrams from now on.
    pub fn set_knobs(&mut self, now: Instant, knobs: Knobs) {
        self.knobs = knobs;
        for mapping in self.mappings.values_mut() {
            mapping.apply(knobs, now);
        }
    }

    /// Forgets clients that have been silent; their sockets may go.
    pub fn forget_idle(&mut self, now: Instant) -> Vec<u64> {
        let idle = |mapping: &Mapping| now.since(mapping.heard) >= IDLE;
        let gone = self.mappings.extract_if(.., |_, mapping| idle(mapping));
        let gone: Vec<(u64, Mapping)> = gone.collect();
        for (_, mapping) in &gone {
            self.numbers.remove(&mapping.client);
        }
        gone.into_iter().map(|(number, _)| number).collect()
    }

    fn add(&mut self, now: Instant, client: SocketAddr) -> Option<u64> {
        if self.mappings.len() >= CLIENTS_MAX {
            return None;
        }
        let number = self.next;
        self.next += 1;
        let seed = Rng::of(self.seed, &[number]).next_u64();
        let way = |seed| Conditioner::new(self.knobs.network, Delivery::Datagrams, seed);
        let mut mapping = Mapping {
            client,
            heard: now,
            seed,
            up: way(seed),
            down: way(seed.wrapping_add(1)),
        };
        mapping.apply(self.knobs, now);
        self.numbers.insert(client, number);
        self.mappings.insert(number, mapping);
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_shared::conditioner::Network;

    const MS: fn(u64) -> Instant = Instant::from_millis;

    fn client(number: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], number))
    }

    fn mappings(network: Network) -> Mappings {
        let knobs = Knobs {
            network,
            ..Knobs::default()
        };
        Mappings::new(knobs, 1)
    }

    fn drained(mappings: &mut Mappings, now: Instant) -> Vec<Parcel> {
        std::iter::from_fn(|| mappings.poll(now)).collect()
    }

    #[test]
    fn each_client_has_its_own_way_and_suffers_the_figures() {
        let mut mappings = mappings(Network::BAD);
        assert_eq!(mappings.from_client(MS(0), client(1), vec![1]), Some(0));
        assert_eq!(mappings.from_client(MS(0), client(2), vec![2]), Some(1));
        for packet in 0..200 {
            let new = mappings.from_client(MS(0), client(1), vec![1, packet]);
            assert_eq!(new, None, "known");
            mappings.from_server(MS(0), 1, vec![3, packet]);
        }
        assert_eq!(drained(&mut mappings, MS(50)), [], "RTT 200 ms");
        let arrived = drained(&mut mappings, MS(60_000));
        let ups = arrived.iter().filter(|p| matches!(p, Parcel::Up(0, _)));
        let down = |parcel: &&Parcel| matches!(parcel, Parcel::Down(at, _) if *at == client(2));
        for count in [ups.count(), arrived.iter().filter(down).count()] {
            assert!((120..200).contains(&count), "{count} of 200 at 15 % loss");
        }
    }

    #[test]
    fn nothing_passes_while_it_is_blocked_or_udp_is_off() {
        for order in ["block", "udp off"] {
            let mut mappings = mappings(Network::LAN);
            let mut knobs = Knobs::default();
            mappings.from_client(MS(0), client(1), vec![1]);
            knobs.turn(&order.parse().expect("an order"));
            mappings.set_knobs(MS(0), knobs);
            mappings.from_client(MS(1), client(1), vec![2]);
            mappings.from_server(MS(1), 0, vec![3]);
            mappings.from_client(MS(1), client(2), vec![4]);
            assert_eq!(drained(&mut mappings, MS(9_000)), [], "{order}");
            mappings.set_knobs(MS(9_000), Knobs::default());
            mappings.from_server(MS(9_000), 0, vec![5]);
            let passed = drained(&mut mappings, MS(9_000));
            assert_eq!(passed, [Parcel::Down(client(1), vec![5])], "{order}");
        }
    }

    #[test]
    fn clients_are_bounded_and_the_silent_ones_forgotten() {
        let mut mappings = mappings(Network::PERFECT);
        for number in 0..CLIENTS_MAX {
            let new = mappings.from_client(MS(0), client(number as u16), vec![]);
            assert_eq!(new, Some(number as u64));
        }
        let late = client(CLIENTS_MAX as u16);
        assert_eq!(mappings.from_client(MS(1), late, vec![]), None, "ignored");
        mappings.from_client(MS(30_000), client(7), vec![]);
        let gone = mappings.forget_idle(MS(60_000));
        assert_eq!(gone.len(), CLIENTS_MAX - 1);
        assert!(!gone.contains(&7));
        let new = mappings.from_client(MS(60_000), late, vec![]);
        assert_eq!(new, Some(CLIENTS_MAX as u64), "a new mapping");
    }
}
