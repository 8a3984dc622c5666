//! How many requests one address may make.
//!
//! Never counts loopback: a proxy on the same machine is everybody behind one address. Never reads
//! a clock, and never remembers more than a bounded number of addresses.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;

use hyper::StatusCode;
use hyper::header::{CONNECTION, HeaderValue, RETRY_AFTER};
use tickwire_shared::time::Instant;

use super::{Answer, text};
use crate::engine::limiter::Bucket;
use crate::limits::{HTTP_ADDRESSES_MAX, HTTP_REQUESTS_BURST_SECONDS};
use crate::transport::seats::network_of;

/// The requests of all addresses.
#[derive(Debug)]
pub struct RequestRates {
    per_second: u32,
    spares_loopback: bool,
    accounts: RefCell<BTreeMap<IpAddr, Account>>,
}

/// What is left to one address.
#[derive(Debug)]
struct Account {
    bucket: Bucket,
    /// When it asked last.
    asked: Instant,
}

impl RequestRates {
    /// Nobody has asked yet. An address may ask so often a second, and
    /// [`HTTP_REQUESTS_BURST_SECONDS`] times that at once.
    #[must_use]
    pub fn new(per_second: u32) -> RequestRates {
        RequestRates {
            per_second,
            spares_loopback: true,
            accounts: RefCell::default(),
        }
    }

    /// The same, but loopback counts: tests come from nowhere else.
    #[cfg(test)]
    pub(super) fn for_loopback_too(per_second: u32) -> RequestRates {
        RequestRates {
            spares_loopback: false,
            ..RequestRates::new(per_second)
        }
    }

    /// Whether an address may make one more request now.
    pub(super) fn admit(&self, now: Instant, from: IpAddr) -> bool {
        let address = network_of(from);
        if address.is_loopback() && self.spares_loopback {
            return true;
        }
        let mut accounts = self.accounts.borrow_mut();
        if accounts.len() >= HTTP_ADDRESSES_MAX && !accounts.contains_key(&address) {
            forget_one(&mut accounts);
        }
        let burst = self.per_second.saturating_mul(HTTP_REQUESTS_BURST_SECONDS);
        let account = accounts.entry(address).or_insert_with(|| Account {
            bucket: Bucket::new(self.per_second, burst, now),
            asked: now,
        });
        account.asked = now;
        account.bucket.take(now, 1)
    }
}

/// Forgets whoever has asked nothing for the longest time.
fn forget_one(accounts: &mut BTreeMap<IpAddr, Account>) {
    let longest = accounts.iter().min_by_key(|(_, account)| account.asked);
    if let Some(&address) = longest.map(|(address, _)| address) {
        accounts.remove(&address);
    }
}

/// What one request too many gets. After a second there is room for one again.
pub(super) fn too_many() -> Answer {
    let line = "too many requests from this address: wait a second and try again";
    let mut answer = text(StatusCode::TOO_MANY_REQUESTS, line);
    let headers = answer.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    // What else waits in this connection is not worth reading.
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;
    use crate::limits::HTTP_REQUESTS_PER_SECOND;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// How many of `offered` requests an address may make at this second.
    fn admitted(rates: &RequestRates, second: u64, from: &str, offered: u32) -> u32 {
        let now = Instant::from_millis(second * 1_000);
        let passed = (0..offered).filter(|_| rates.admit(now, address(from)));
        passed.count() as u32
    }

    #[test]
    fn an_address_has_its_burst_and_then_its_rate() {
        let rates = RequestRates::new(5);
        let burst = 5 * HTTP_REQUESTS_BURST_SECONDS;
        assert_eq!(admitted(&rates, 0, "192.0.2.1", 2 * burst), burst);
        assert_eq!(admitted(&rates, 1, "192.0.2.1", 100), 5);
        assert_eq!(admitted(&rates, 3, "::ffff:192.0.2.1", 100), 10);
        assert_eq!(admitted(&rates, 3, "192.0.2.2", 2 * burst), burst);
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_loopback_is_exempt() {
        let rates = RequestRates::new(1);
        let burst = HTTP_REQUESTS_BURST_SECONDS;
        assert_eq!(admitted(&rates, 0, "2001:db8::1", burst), burst);
        assert_eq!(admitted(&rates, 0, "2001:db8::ffff:1", 1), 0);
        assert_eq!(admitted(&rates, 0, "2001:db8:0:1::1", 1), 1);
        for loopback in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(admitted(&rates, 0, loopback, 10_000), 10_000, "{loopback}");
        }
    }

    /// A page is ten requests at the most, and asks for the rooms every few seconds.
    #[test]
    fn a_full_room_behind_one_address_loads_its_pages_at_once_and_stays() {
        let rates = RequestRates::new(HTTP_REQUESTS_PER_SECOND);
        assert_eq!(admitted(&rates, 0, "192.0.2.1", 128 * 10), 128 * 10);
        for second in 1..600 {
            assert_eq!(admitted(&rates, second, "192.0.2.1", 64), 64, "{second}");
        }
    }

    #[test]
    fn addresses_without_number_take_no_memory_without_bound() {
        let rates = RequestRates::new(1);
        let busy = Ipv4Addr::new(192, 0, 2, 1).into();
        let count = 2 * HTTP_ADDRESSES_MAX as u64;
        let mut passed = 0;
        for number in 0..count {
            let now = Instant::from_millis(number);
            let network = Ipv6Addr::from(u128::from(number + 1) << 64);
            assert!(rates.admit(now, network.into()));
            passed += u32::from(rates.admit(now, busy));
            assert!(rates.accounts.borrow().len() <= HTTP_ADDRESSES_MAX);
        }
        // Whoever goes on asking is not forgotten, whatever else comes.
        let seconds = count as u32 / 1_000;
        assert!(
            passed <= HTTP_REQUESTS_BURST_SECONDS + seconds + 1,
            "{passed}"
        );
    }
}
