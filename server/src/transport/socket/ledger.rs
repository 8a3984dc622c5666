//! How much may be sent to an address that began a QUIC handshake and has not answered yet.
//!
//! Never more than [`ANSWER_FACTOR`] times what came from there, to the byte: who sends with a
//! forged address must gain little by it (RFC 9000, section 8.1). QUIC itself keeps to that but for
//! the last datagram, which may be a whole one too many. Costs nothing while no handshake is under
//! way.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::MuxSocket;

/// Bytes sent for each that was received, at the most.
const ANSWER_FACTOR: u64 = 3;

/// Bytes of the datagram that begins a handshake, at the least; a shorter one is no beginning.
const FIRST_BYTES: u64 = 1_200;

/// The accounts of addresses with QUIC connections.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    // Locked for moments only: everything that uses it runs on the network thread.
    accounts: Mutex<BTreeMap<SocketAddr, Account>>,
    /// Handshakes under way with addresses that have not answered.
    unproven: AtomicUsize,
}

#[derive(Debug, Default)]
struct Account {
    /// Connections to it by whether it answered in their handshake.
    unproven: usize,
    proven: usize,
    received: u64,
    sent: u64,
}

/// One connection's part in the account of its address, for as long as it lives.
pub(in crate::transport) struct Standing {
    socket: Arc<MuxSocket>,
    address: SocketAddr,
    proven: bool,
}

impl Standing {
    /// A connection begins; `proven` when its address showed a token.
    pub(in crate::transport) fn begin(
        socket: Arc<MuxSocket>,
        address: SocketAddr,
        proven: bool,
    ) -> Standing {
        socket.ledger.begin(address, proven);
        Standing {
            socket,
            address,
            proven,
        }
    }

    /// The address answered: from now on it may be sent anything.
    pub(in crate::transport) fn prove(&mut self) {
        if !self.proven {
            self.proven = true;
            self.socket.ledger.begin(self.address, true);
            self.socket.ledger.end(self.address, false);
        }
    }

    /// Whether it did.
    pub(in crate::transport) fn is_proven(&self) -> bool {
        self.proven
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        self.socket.ledger.end(self.address, self.proven);
    }
}

impl Ledger {
    /// Notes bytes that came from an address.
    pub(super) fn receive(&self, address: SocketAddr, bytes: usize) {
        if self.unproven.load(Ordering::Relaxed) > 0
            && let Some(account) = self.accounts().get_mut(&address)
        {
            account.received += bytes as u64;
        }
    }

    /// Whether so many bytes may be sent to an address; if so, they are noted.
    pub(super) fn may_send(&self, address: SocketAddr, bytes: usize) -> bool {
        if self.unproven.load(Ordering::Relaxed) == 0 {
            return true;
        }
        match self.accounts().get_mut(&address) {
            Some(account) if account.proven == 0 => account.spend(bytes as u64),
            _ => true,
        }
    }

    fn begin(&self, address: SocketAddr, proven: bool) {
        let mut accounts = self.accounts();
        let account = accounts.entry(address).or_default();
        if proven {
            account.proven += 1;
        } else {
            // The datagram that began the first came before the account was opened.
            if account.proven + account.unproven == 0 {
                account.received += FIRST_BYTES;
            }
            account.unproven += 1;
            self.unproven.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn end(&self, address: SocketAddr, proven: bool) {
        let mut accounts = self.accounts();
        let Some(account) = accounts.get_mut(&address) else {
            return;
        };
        if proven {
            account.proven = account.proven.saturating_sub(1);
        } else {
            account.unproven = account.unproven.saturating_sub(1);
            self.unproven.fetch_sub(1, Ordering::Relaxed);
        }
        if account.proven + account.unproven == 0 {
            accounts.remove(&address);
        }
    }

    fn accounts(&self) -> MutexGuard<'_, BTreeMap<SocketAddr, Account>> {
        // Nothing panics while it is locked, and half a change does no harm here.
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    fn spend(&mut self, bytes: u64) -> bool {
        let fits = self.sent + bytes <= ANSWER_FACTOR * self.received;
        if fits {
            self.sent += bytes;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_further_beginning_counts_as_what_came_and_no_more() {
        let ledger = Ledger::default();
        ledger.begin(address(), false);
        ledger.receive(address(), 1_200);
        ledger.begin(address(), false);
        assert!(ledger.may_send(address(), 7_200));
        assert!(!ledger.may_send(address(), 1));
    }

    fn address() -> SocketAddr {
        "192.0.2.1:5555".parse().unwrap()
    }

    #[test]
    fn an_address_that_has_not_answered_gets_three_times_what_it_sent() {
        let ledger = Ledger::default();
        assert!(ledger.may_send(address(), 100_000), "there is no account");
        ledger.begin(address(), false);
        assert!(ledger.may_send(address(), 3_000));
        assert!(!ledger.may_send(address(), 601));
        assert!(ledger.may_send(address(), 600));
        assert!(!ledger.may_send(address(), 1));
        ledger.receive(address(), 100);
        assert!(ledger.may_send(address(), 300));
        assert!(!ledger.may_send(address(), 1));
        let other = "192.0.2.2:5555".parse().unwrap();
        assert!(ledger.may_send(other, 100_000), "it has no account");
    }

    #[test]
    fn one_that_answered_once_may_be_sent_anything_while_it_is_connected() {
        let ledger = Ledger::default();
        ledger.begin(address(), true);
        ledger.begin(address(), false);
        assert!(ledger.may_send(address(), 100_000));
        ledger.end(address(), true);
        assert!(!ledger.may_send(address(), 100_000));
        ledger.end(address(), false);
        assert!(ledger.may_send(address(), 100_000));
        assert!(ledger.accounts().is_empty());
        assert_eq!(ledger.unproven.load(Ordering::Relaxed), 0);
    }
}
