//! How many links, or connections, one address may have at a time.
//!
//! Never counts loopback against anybody: a proxy on the same machine, or bots, are many behind one
//! address. Whoever has a whole IPv6 network is one address, because each host has one.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::rc::Rc;

/// The bits of an IPv6 address that name a network and not a host in it.
const NETWORK_BITS_V6: u32 = 64;

/// The seats of all addresses; the transports share one.
#[derive(Debug)]
pub struct Seats {
    per_address_max: usize,
    taken: RefCell<BTreeMap<IpAddr, usize>>,
    in_all: Cell<usize>,
}

/// Counts against its address for as long as it lives.
#[derive(Debug)]
pub struct Seat {
    seats: Rc<Seats>,
    address: IpAddr,
}

impl Seats {
    /// Nobody has a seat yet.
    #[must_use]
    pub fn new(per_address_max: usize) -> Rc<Seats> {
        Rc::new(Seats {
            per_address_max,
            taken: RefCell::default(),
            in_all: Cell::new(0),
        })
    }

    /// `None` when the address has all the seats it may have; loopback may have any number.
    pub fn take(self: &Rc<Self>, address: IpAddr) -> Option<Seat> {
        let address = network_of(address);
        let mut taken = self.taken.borrow_mut();
        let count = taken.entry(address).or_insert(0);
        if *count >= self.per_address_max && !address.is_loopback() {
            return None;
        }
        *count += 1;
        self.in_all.set(self.in_all.get() + 1);
        let seats = Rc::clone(self);
        Some(Seat { seats, address })
    }

    /// Whether half of the seats of an address are taken; never so for loopback.
    #[must_use]
    pub fn are_scarce(&self, address: IpAddr) -> bool {
        let address = network_of(address);
        let taken = self.taken.borrow();
        let count = taken.get(&address).copied().unwrap_or(0);
        2 * count >= self.per_address_max && !address.is_loopback()
    }

    /// Seats taken by all addresses together.
    #[must_use]
    pub fn in_all(&self) -> usize {
        self.in_all.get()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats
            .in_all
            .set(self.seats.in_all.get().saturating_sub(1));
        let mut taken = self.seats.taken.borrow_mut();
        if let Some(count) = taken.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

/// What counts as one address.
#[must_use]
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            let host_bits = u128::BITS - NETWORK_BITS_V6;
            let network = u128::from(address) >> host_bits << host_bits;
            IpAddr::V6(Ipv6Addr::from(network))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_seat_is_free_again_once_it_is_given_up() {
        let seats = Seats::new(2);
        let one = seats.take(address("192.0.2.1")).unwrap();
        let two = seats.take(address("::ffff:192.0.2.1")).unwrap();
        assert!(seats.take(address("192.0.2.1")).is_none());
        assert!(seats.take(address("192.0.2.2")).is_some());
        drop(one);
        assert!(seats.take(address("192.0.2.1")).is_some());
        drop(two);
        assert!(seats.taken.borrow().is_empty());
        assert_eq!(seats.in_all(), 0);
    }

    #[test]
    fn seats_are_scarce_once_half_are_taken() {
        let seats = Seats::new(4);
        let _one = seats.take(address("192.0.2.1")).unwrap();
        assert!(!seats.are_scarce(address("192.0.2.1")));
        let _two = seats.take(address("192.0.2.1")).unwrap();
        assert!(seats.are_scarce(address("192.0.2.1")));
        assert!(!seats.are_scarce(address("192.0.2.2")));
        let _host: Vec<_> = (0..4).map(|_| seats.take(address("::1"))).collect();
        assert!(!seats.are_scarce(address("::1")));
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_loopback_is_exempt() {
        let seats = Seats::new(1);
        let _one = seats.take(address("2001:db8::1")).unwrap();
        assert!(seats.take(address("2001:db8::ffff:1")).is_none());
        assert!(seats.take(address("2001:db8:0:1::1")).is_some());
        for loopback in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            let _one = seats.take(address(loopback)).unwrap();
            assert!(seats.take(address(loopback)).is_some(), "{loopback}");
        }
    }
}
