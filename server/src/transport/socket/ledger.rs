//! How much may be sent to an address that began a QUIC handshake and has not answered yet.
//!
//! Never more than three times what came from there, to the byte: who sends with a forged address
//! must gain little by it (RFC 9000, section 8.1). QUIC itself keeps to that but for the last
//! datagram, which may be a whole one too many. Retries and refusals go out before there is a
//! handshake; each is smaller than what it answers, and none is counted here. Costs one look at a
//! first byte while no handshake is under way.
//!
//! A client may begin with several datagrams, as one does whose first flight holds keys of more
//! than one kind. All of them can be read before the connection is there that the first one makes:
//! what may begin a handshake is therefore noted as it comes, for a bounded number of addresses.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::MuxSocket;
use crate::limits::{ANSWER_FACTOR, EARLY_ACCOUNTS_MAX};

/// Bytes of the datagram that begins a handshake, at the least; a shorter one is no beginning.
const FIRST_BYTES: u64 = 1_200;

/// The two bits that every packet of a QUIC handshake begins with.
const LONG_HEADER: u8 = 0xC0;

/// The accounts of addresses with QUIC connections.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    // Locked for moments only: everything that uses it runs on the network thread.
    books: Mutex<Books>,
    /// Handshakes under way with addresses that have not answered.
    unproven: AtomicUsize,
}

#[derive(Debug, Default)]
struct Books {
    /// Addresses with connections.
    accounts: BTreeMap<SocketAddr, Account>,
    /// Bytes of what may have begun a handshake at an address that has no connection yet.
    early: BTreeMap<SocketAddr, u64>,
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
    /// Notes datagrams that came from an address.
    pub(super) fn receive(&self, address: SocketAddr, datagrams: &[u8]) {
        let begins = is_long(datagrams) && datagrams.len() as u64 >= FIRST_BYTES;
        if begins || self.unproven.load(Ordering::Relaxed) > 0 {
            self.books()
                .receive(address, datagrams.len() as u64, begins);
        }
    }

    /// Whether so many bytes may be sent to an address; if so, they are noted.
    pub(super) fn may_send(&self, address: SocketAddr, bytes: usize) -> bool {
        if self.unproven.load(Ordering::Relaxed) == 0 {
            return true;
        }
        match self.books().accounts.get_mut(&address) {
            Some(account) if account.proven == 0 => account.spend(bytes as u64),
            _ => true,
        }
    }

    fn begin(&self, address: SocketAddr, proven: bool) {
        if !proven {
            self.unproven.fetch_add(1, Ordering::Relaxed);
        }
        self.books().begin(address, proven);
    }

    fn end(&self, address: SocketAddr, proven: bool) {
        if self.books().end(address, proven) && !proven {
            self.unproven.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // Nothing panics while it is locked, and half a change does no harm here.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    fn receive(&mut self, address: SocketAddr, bytes: u64, begins: bool) {
        if let Some(account) = self.accounts.get_mut(&address) {
            account.received += bytes;
        } else if begins {
            if self.early.len() >= EARLY_ACCOUNTS_MAX {
                self.early.clear();
            }
            *self.early.entry(address).or_insert(0) += bytes;
        }
    }

    fn begin(&mut self, address: SocketAddr, proven: bool) {
        let early = self.early.remove(&address);
        let account = (self.accounts.entry(address)).or_insert_with(|| Account {
            // Nothing begins without such a datagram, even where its note is gone.
            received: early.unwrap_or(FIRST_BYTES),
            ..Account::default()
        });
        account.count(proven, |count| count + 1);
    }

    /// Whether there was such a connection.
    fn end(&mut self, address: SocketAddr, proven: bool) -> bool {
        let Some(account) = self.accounts.get_mut(&address) else {
            return false;
        };
        account.count(proven, |count| count.saturating_sub(1));
        if account.proven + account.unproven == 0 {
            self.accounts.remove(&address);
        }
        true
    }
}

impl Account {
    fn count(&mut self, proven: bool, change: impl FnOnce(usize) -> usize) {
        let count = match proven {
            true => &mut self.proven,
            false => &mut self.unproven,
        };
        *count = change(*count);
    }

    fn spend(&mut self, bytes: u64) -> bool {
        let fits = self.sent + bytes <= ANSWER_FACTOR * self.received;
        if fits {
            self.sent += bytes;
        }
        fits
    }
}

/// Whether the first of these datagrams may belong to a handshake.
fn is_long(datagrams: &[u8]) -> bool {
    (datagrams.first()).is_some_and(|first| first & LONG_HEADER == LONG_HEADER)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Datagrams of so many bytes that may begin a handshake, in one batch.
    fn initials(bytes: usize) -> Vec<u8> {
        vec![0xC3; bytes]
    }

    #[test]
    fn what_came_before_the_connection_was_there_counts() {
        let ledger = Ledger::default();
        ledger.receive(address(), &initials(2_400));
        ledger.receive(address(), &initials(1_200));
        ledger.begin(address(), false);
        ledger.begin(address(), false);
        assert!(ledger.may_send(address(), 10_800));
        assert!(!ledger.may_send(address(), 1));
    }

    #[test]
    fn what_can_begin_nothing_is_not_noted_and_notes_are_bounded() {
        let ledger = Ledger::default();
        ledger.receive(address(), &initials(1_199));
        ledger.receive(address(), &[0x40; 1_200]);
        assert!(ledger.books().early.is_empty());
        for port in 1..=u16::MAX {
            ledger.receive(SocketAddr::new(address().ip(), port), &initials(1_200));
            assert!(ledger.books().early.len() <= EARLY_ACCOUNTS_MAX);
        }
    }

    #[test]
    fn a_further_beginning_counts_as_what_came_and_no_more() {
        let ledger = Ledger::default();
        ledger.begin(address(), false);
        ledger.receive(address(), &initials(1_200));
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
        ledger.receive(address(), &[0x40; 100]);
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
        assert!(ledger.books().accounts.is_empty());
        assert_eq!(ledger.unproven.load(Ordering::Relaxed), 0);
    }
}
