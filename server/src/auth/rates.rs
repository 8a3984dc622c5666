//! How often logins may be tried: at one account, and from one address.
//!
//! Never reads a clock, and never remembers more than a bounded number of either.

use std::collections::BTreeMap;
use std::net::IpAddr;

use tickwire_shared::time::Instant;

use crate::engine::limiter::Bucket;
use crate::limits::{
    LOGINS_COUNTED_MAX, LOGINS_PER_ACCOUNT_AND_MINUTE, LOGINS_PER_ADDRESS_AND_MINUTE,
};
use crate::transport::seats::network_of;

/// One login in the units of its bucket, which gains what is allowed a minute each second.
const LOGIN: u32 = 60;

/// The logins of everybody.
#[derive(Debug)]
pub struct LoginRates {
    spares_loopback: bool,
    addresses: Tries<IpAddr>,
    accounts: Tries<String>,
}

/// What is left to each.
#[derive(Debug)]
struct Tries<K> {
    per_minute: u32,
    left: BTreeMap<K, Bucket>,
}

impl Default for LoginRates {
    fn default() -> LoginRates {
        LoginRates {
            spares_loopback: true,
            addresses: Tries::new(LOGINS_PER_ADDRESS_AND_MINUTE),
            accounts: Tries::new(LOGINS_PER_ACCOUNT_AND_MINUTE),
        }
    }
}

impl LoginRates {
    /// The same, but loopback counts: tests come from nowhere else.
    #[must_use]
    pub fn for_loopback_too() -> LoginRates {
        LoginRates {
            spares_loopback: false,
            ..LoginRates::default()
        }
    }

    /// Whether an address may try once more; if not, for how many seconds not.
    ///
    /// # Errors
    /// Seconds until there is room for one again.
    pub fn address(&mut self, now: Instant, from: IpAddr) -> Result<(), u32> {
        let address = network_of(from);
        if address.is_loopback() && self.spares_loopback {
            return Ok(());
        }
        self.addresses.take(now, address)
    }

    /// Whether an account, known by the look of its name, may be tried once more.
    ///
    /// # Errors
    /// Seconds until there is room for one again.
    pub fn account(&mut self, now: Instant, skeleton: &str) -> Result<(), u32> {
        self.accounts.take(now, skeleton.to_owned())
    }
}

impl<K: Ord + Clone> Tries<K> {
    fn new(per_minute: u32) -> Tries<K> {
        Tries {
            per_minute,
            left: BTreeMap::new(),
        }
    }

    fn take(&mut self, now: Instant, who: K) -> Result<(), u32> {
        let wait = LOGIN.div_ceil(self.per_minute);
        if self.left.len() >= LOGINS_COUNTED_MAX && !self.left.contains_key(&who) {
            // Whoever is forgotten begins anew: only those who would anyway may be.
            self.left.retain(|_, bucket| !bucket.is_full(now));
            if self.left.len() >= LOGINS_COUNTED_MAX {
                return Err(wait);
            }
        }
        let full = || Bucket::new(self.per_minute, self.per_minute * LOGIN, now);
        let bucket = self.left.entry(who).or_insert_with(full);
        bucket.take(now, LOGIN).then_some(()).ok_or(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(tries: impl Iterator<Item = Result<(), u32>>) -> usize {
        tries.filter(Result::is_ok).count()
    }

    #[test]
    fn five_a_minute_at_an_account_and_twenty_from_an_address() {
        let mut rates = LoginRates::default();
        let at = |seconds: u64| Instant::from_millis(seconds * 1_000);
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        assert_eq!(passed((0..1_000).map(|_| rates.account(at(1), "ann"))), 5);
        assert_eq!(passed((0..9).map(|_| rates.account(at(1), "bob"))), 5);
        assert_eq!(
            passed((0..1_000).map(|_| rates.address(at(1), address))),
            20
        );
        assert_eq!(rates.account(at(1), "ann"), Err(12));
        assert_eq!(rates.address(at(1), address), Err(3));
        assert_eq!(passed((1..=600).map(|s| rates.account(at(s), "ann"))), 49);
        let loopback = "127.0.0.1".parse().unwrap();
        assert_eq!(
            passed((0..999).map(|_| rates.address(at(1), loopback))),
            999
        );
    }

    #[test]
    fn names_without_number_take_no_memory_and_no_limit_away() {
        let mut rates = LoginRates::default();
        let at = |millis| Instant::from_millis(millis);
        assert_eq!(passed((0..9).map(|_| rates.account(at(0), "ann"))), 5);
        let others = 2 * LOGINS_COUNTED_MAX as u64;
        let tries = (0..others).map(|number| rates.account(at(number), &format!("name {number}")));
        let tries: Vec<_> = tries.collect();
        assert_eq!(tries.last(), Some(&Err(12)), "too many were tried of late");
        assert_eq!(rates.accounts.left.len(), LOGINS_COUNTED_MAX);
        assert_eq!(
            rates.account(at(others), "ann"),
            Err(12),
            "it is not forgotten"
        );
        let later = at(others + 12_000);
        assert_eq!(
            rates.account(later, "one more"),
            Ok(()),
            "who tried once begins anew"
        );
        assert!(rates.accounts.left.len() < 10);
    }
}
