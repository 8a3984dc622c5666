//! How often logins may be tried: at one account, and from one address.
//!
//! Never reads a clock, and never remembers more than a bounded number of either.
//!
//! Whoever guesses at an account takes its tries from everybody, but not from those networks that
//! its owner has come from since the server was started: these have tries of their own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

use tickwire_shared::time::Instant;

use super::accounts::LoginError;
use crate::engine::limiter::Bucket;
use crate::limits::{
    LOGIN_HOMES_MAX, LOGINS_COUNTED_MAX, LOGINS_FORGET_EVERY, LOGINS_PER_ACCOUNT_AND_MINUTE,
    LOGINS_PER_ADDRESS_AND_MINUTE,
};
use crate::transport::seats::network_of;

/// One login in the units of its bucket, which gains what is allowed a minute each second.
const LOGIN: u32 = 60;

/// The logins of everybody.
#[derive(Debug)]
pub struct LoginRates {
    spares_loopback: bool,
    addresses: Tries<IpAddr>,
    /// Of each account: of all strangers together, and of each network it was logged in to from.
    accounts: Tries<(String, Option<IpAddr>)>,
    homes: Homes,
}

/// What is left to each.
#[derive(Debug)]
struct Tries<K> {
    per_minute: u32,
    left: BTreeMap<K, Bucket>,
    /// When those were forgotten last who may be.
    forgot: Option<Instant>,
}

/// From which networks accounts were logged in to.
#[derive(Debug, Default)]
struct Homes {
    known: BTreeSet<(String, IpAddr)>,
    /// The same, the oldest first.
    order: VecDeque<(String, IpAddr)>,
}

impl Default for LoginRates {
    fn default() -> LoginRates {
        LoginRates {
            spares_loopback: true,
            addresses: Tries::new(LOGINS_PER_ADDRESS_AND_MINUTE),
            accounts: Tries::new(LOGINS_PER_ACCOUNT_AND_MINUTE),
            homes: Homes::default(),
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
    /// [`LoginError::TooMany`], or [`LoginError::Crowded`] where it cannot be counted.
    pub fn address(&mut self, now: Instant, from: IpAddr) -> Result<(), LoginError> {
        let address = network_of(from);
        if address.is_loopback() && self.spares_loopback {
            return Ok(());
        }
        self.addresses.take(now, address)
    }

    /// Whether an account, known by the look of its name, may be tried once more from there.
    ///
    /// # Errors
    /// [`LoginError::TooMany`], or [`LoginError::Crowded`] where it cannot be counted.
    pub fn account(
        &mut self,
        now: Instant,
        skeleton: &str,
        from: IpAddr,
    ) -> Result<(), LoginError> {
        let from = (skeleton.to_owned(), network_of(from));
        let home = self.homes.known.contains(&from).then_some(from.1);
        self.accounts.take(now, (from.0, home))
    }

    /// Somebody logged in to an account from there.
    pub fn at_home(&mut self, skeleton: &str, from: IpAddr) {
        let home = (skeleton.to_owned(), network_of(from));
        if self.homes.known.insert(home.clone()) {
            self.homes.order.push_back(home);
        }
        if self.homes.order.len() > LOGIN_HOMES_MAX
            && let Some(oldest) = self.homes.order.pop_front()
        {
            self.homes.known.remove(&oldest);
        }
    }
}

impl<K: Ord + Clone> Tries<K> {
    fn new(per_minute: u32) -> Tries<K> {
        Tries {
            per_minute,
            left: BTreeMap::new(),
            forgot: None,
        }
    }

    fn take(&mut self, now: Instant, who: K) -> Result<(), LoginError> {
        let wait = LOGIN.div_ceil(self.per_minute);
        if self.left.len() >= LOGINS_COUNTED_MAX && !self.left.contains_key(&who) {
            self.forget(now);
            if self.left.len() >= LOGINS_COUNTED_MAX {
                return Err(LoginError::Crowded(wait));
            }
        }
        let full = || Bucket::new(self.per_minute, self.per_minute * LOGIN, now);
        let bucket = self.left.entry(who).or_insert_with(full);
        let taken = bucket.take(now, LOGIN);
        taken.then_some(()).ok_or(LoginError::TooMany(wait))
    }

    /// Forgets those who would begin anew anyway; no look at all of them for each try of a flood.
    fn forget(&mut self, now: Instant) {
        let looked = self.forgot.map(|at| now.since(at));
        if looked.is_none_or(|since| since >= LOGINS_FORGET_EVERY) {
            self.forgot = Some(now);
            self.left.retain(|_, bucket| !bucket.is_full(now));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9));

    fn passed(tries: impl Iterator<Item = Result<(), LoginError>>) -> usize {
        tries.filter(Result::is_ok).count()
    }

    #[test]
    fn five_a_minute_at_an_account_and_twenty_from_an_address() {
        let mut rates = LoginRates::default();
        let at = |seconds: u64| Instant::from_millis(seconds * 1_000);
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        assert_eq!(
            passed((0..1_000).map(|_| rates.account(at(1), "ann", THERE))),
            5
        );
        assert_eq!(
            passed((0..9).map(|_| rates.account(at(1), "bob", THERE))),
            5
        );
        assert_eq!(
            passed((0..1_000).map(|_| rates.address(at(1), address))),
            20
        );
        assert_eq!(
            rates.account(at(1), "ann", THERE),
            Err(LoginError::TooMany(12))
        );
        assert_eq!(rates.address(at(1), address), Err(LoginError::TooMany(3)));
        assert_eq!(
            passed((1..=600).map(|s| rates.account(at(s), "ann", THERE))),
            49
        );
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
        assert_eq!(
            passed((0..9).map(|_| rates.account(at(0), "ann", THERE))),
            5
        );
        let others = 2 * LOGINS_COUNTED_MAX as u64;
        let tries =
            (0..others).map(|number| rates.account(at(number), &format!("name {number}"), THERE));
        let tries: Vec<_> = tries.collect();
        assert_eq!(
            tries.last(),
            Some(&Err(LoginError::Crowded(12))),
            "too many were tried of late"
        );
        assert_eq!(rates.accounts.left.len(), LOGINS_COUNTED_MAX);
        assert_eq!(
            rates.account(at(others), "ann", THERE),
            Err(LoginError::TooMany(12)),
            "it is not forgotten"
        );
        let later = at(others + 12_000);
        assert_eq!(
            rates.account(later, "one more", THERE),
            Ok(()),
            "who tried once begins anew"
        );
        assert!(rates.accounts.left.len() < 10);
    }

    #[test]
    fn a_flood_is_not_looked_through_at_each_try() {
        let mut rates = LoginRates::default();
        let at = |millis| Instant::from_millis(millis);
        let name = |number: u64| format!("name {number}");
        let most = LOGINS_COUNTED_MAX as u64;
        let mut try_one = |millis, number| rates.account(at(millis), &name(number), THERE);
        assert!((0..most).all(|number| try_one(0, number).is_ok()));
        let crowded = Err(LoginError::Crowded(12));
        assert_eq!(try_one(11_900, most), crowded, "nobody may be forgotten");
        assert_eq!(try_one(12_500, most), crowded, "nobody looks so soon");
        assert_eq!(try_one(12_900, most), Ok(()));
    }

    #[test]
    fn who_guesses_at_an_account_does_not_lock_its_owner_out() {
        let mut rates = LoginRates::default();
        let now = Instant::from_millis(0);
        let home: IpAddr = "2001:db8::1".parse().unwrap();
        let beside: IpAddr = "2001:db8::2".parse().unwrap();
        rates.at_home("ann", home);
        assert_eq!(passed((0..99).map(|_| rates.account(now, "ann", THERE))), 5);
        assert_eq!(
            passed((0..99).map(|_| rates.account(now, "ann", beside))),
            5
        );
        assert_eq!(passed((0..99).map(|_| rates.account(now, "bob", home))), 5);
        assert!(
            rates.account(now, "bob", THERE).is_err(),
            "all strangers are one"
        );
        for number in 0..LOGIN_HOMES_MAX {
            rates.at_home(&format!("name {number}"), THERE);
        }
        assert_eq!(rates.homes.known.len(), LOGIN_HOMES_MAX);
        let later = Instant::from_millis(60_000);
        assert_eq!(
            passed((0..9).map(|_| rates.account(later, "ann", THERE))),
            5
        );
        assert!(
            rates.account(later, "ann", home).is_err(),
            "it is forgotten"
        );
    }
}
