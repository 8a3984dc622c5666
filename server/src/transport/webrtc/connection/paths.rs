//! The addresses of one connection, and which of them are known to be its client's.
//!
//! Never sends by itself: it says what may be sent.
//!
//! A STUN request proves that its sender knows the secrets of offer and answer, not that it sits at
//! the address it seems to come from, and a server of ICE-lite does not ask. A client with a forged
//! sender could thus aim the handshake, and then the snapshots, at somebody else. So each address
//! is asked, by a request of its own, as full ICE asks (RFC 8445, section 7.3.1.4): whoever answers
//! has read a number that nobody else was sent. Until then an address gets three times what came
//! from there, to the byte, as QUIC has it.

use std::net::SocketAddr;

use crate::limits::ANSWER_FACTOR;
use crate::runtime::entropy;
use crate::transport::socket::{Path, TRANSACTION_BYTES, transaction_answered};

/// A number that only the one it was sent to knows.
pub(super) type Question = [u8; TRANSACTION_BYTES];

/// The addresses a client named, in the order of their first request.
#[derive(Debug, Default)]
pub(super) struct Paths {
    known: Vec<Known>,
    /// All are believed; see [`Sabotage::Gullible`](crate::transport::socket::Sabotage::Gullible).
    pub(super) gullible: bool,
}

#[derive(Debug)]
struct Known {
    path: Path,
    question: Question,
    answered: bool,
    received: u64,
    sent: u64,
}

/// Whether something may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// It may, on this path.
    Granted(Path),
    /// It would be too much for an address that did not answer.
    TooMuch,
    /// Nobody is known there.
    Unknown,
}

impl Paths {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = Path> {
        self.known.iter().map(|known| known.path)
    }

    /// One more.
    pub(super) fn push(&mut self, path: Path) {
        self.known.push(Known {
            path,
            question: entropy::bytes(),
            answered: false,
            received: 0,
            sent: 0,
        });
    }

    /// Notes a datagram. False when it did not come from a known address.
    pub(super) fn receive(&mut self, path: Path, bytes: usize) -> bool {
        let known = self.of(canonical(path.remote));
        if let Some(known) = known {
            known.path.local = path.local;
            known.received += bytes as u64;
            return true;
        }
        false
    }

    /// What an address that did not answer yet is to be asked.
    pub(super) fn question(&mut self, remote: SocketAddr) -> Option<Question> {
        let known = self.of(canonical(remote))?;
        (!known.answered).then_some(known.question)
    }

    /// Takes a response in. False when it answers nothing that its sender was asked.
    pub(super) fn answer(&mut self, remote: SocketAddr, message: &[u8]) -> bool {
        let Some(known) = self.of(canonical(remote)) else {
            return false;
        };
        let fits = transaction_answered(message) == Some(&known.question[..]);
        known.answered |= fits;
        fits
    }

    /// Whether so many bytes may be sent; if so, they are noted.
    pub(super) fn leave(&mut self, to: SocketAddr, bytes: usize) -> Leave {
        let gullible = self.gullible;
        let Some(known) = self.of(to) else {
            return Leave::Unknown;
        };
        let sent = known.sent + bytes as u64;
        let fits = known.answered || gullible || sent <= ANSWER_FACTOR * known.received;
        if fits {
            known.sent = sent;
            return Leave::Granted(known.path);
        }
        Leave::TooMuch
    }

    /// The address its client is at: the last one that answered, or that spoke where none did.
    pub(super) fn client(&self) -> Option<SocketAddr> {
        let mut known = self.known.iter().rev();
        let answered = known.clone().find(|known| known.answered);
        (answered.or_else(|| known.next())).map(|known| canonical(known.path.remote))
    }

    fn of(&mut self, remote: SocketAddr) -> Option<&mut Known> {
        (self.known.iter_mut()).find(|known| canonical(known.path.remote) == remote)
    }
}

/// An address without the dress that a socket of both families gives to one of IPv4.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        ip if ip == address.ip() => address,
        ip => SocketAddr::new(ip, address.port()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::socket::tests::response;

    fn path(text: &str) -> Path {
        Path {
            remote: text.parse().unwrap(),
            local: None,
        }
    }

    #[test]
    fn an_address_gets_three_times_what_it_sent_until_it_answers() {
        let mut paths = Paths::default();
        let path = path("[::ffff:192.0.2.1]:9");
        let to = canonical(path.remote);
        assert!(!paths.receive(path, 100));
        assert_eq!(paths.leave(to, 1), Leave::Unknown);
        paths.push(path);
        assert!(paths.receive(path, 100));
        assert_eq!(paths.leave(to, 299), Leave::Granted(path));
        assert_eq!(paths.leave(to, 2), Leave::TooMuch);
        assert_eq!(paths.leave(to, 1), Leave::Granted(path));
        let question = paths.question(path.remote).unwrap();
        assert!(!paths.answer(path.remote, &response(&[0; TRANSACTION_BYTES])));
        assert!(!paths.answer("192.0.2.2:9".parse().unwrap(), &response(&question)));
        assert_eq!(paths.leave(to, 1), Leave::TooMuch);
        assert!(paths.answer(path.remote, &response(&question)));
        assert_eq!(paths.leave(to, 100_000), Leave::Granted(path));
        assert_eq!(paths.question(path.remote), None);
    }

    #[test]
    fn the_client_is_where_an_answer_came_from() {
        let mut paths = Paths::default();
        assert_eq!(paths.client(), None);
        let [first, second] = [path("192.0.2.1:1"), path("192.0.2.2:2")];
        for path in [first, second] {
            paths.push(path);
        }
        assert_eq!(paths.client(), Some(second.remote));
        let question = paths.question(first.remote).unwrap();
        assert!(paths.answer(first.remote, &response(&question)));
        assert_eq!(paths.client(), Some(first.remote));
        assert_eq!(paths.all().count(), 2);
    }
}
