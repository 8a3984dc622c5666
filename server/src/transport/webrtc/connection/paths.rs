//! The addresses of one connection, and which of them are known to be its client's.
//!
//! Never sends by itself: it says what may be sent.
//!
//! A STUN request proves that its sender knows the secrets of offer and answer, not that it sits at
//! the address it seems to come from, and a server of ICE-lite does not ask. A client with a forged
//! sender could thus aim the handshake, and then the snapshots, at somebody else. So each address
//! is asked, by a request of its own, as full ICE asks (RFC 8445, section 7.3.1.4): whoever answers
//! has read a number that nobody else was sent, and signs with the client's password. Until then an
//! address gets three times what came from there, to the byte, as QUIC has it: once that in STUN,
//! so that a first message draws less than it brought and a few afford a question, and twice in
//! DTLS. What would be too much of that is held back, and sent when the answer is there.

use std::net::SocketAddr;

use crate::limits::{ANSWER_FACTOR, WEBRTC_HELD_BACK_MAX};
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
    /// Bytes in, and bytes out by kind.
    received: u64,
    sent_stun: u64,
    sent_dtls: u64,
    /// DTLS that waits for the answer.
    held_back: Vec<Vec<u8>>,
}

/// Whether something may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// It may, on this path.
    Granted(Path),
    /// It is kept until the address answers.
    Later,
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
            sent_stun: 0,
            sent_dtls: 0,
            held_back: Vec::new(),
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

    /// Takes a response in. What was held back until it came, which is to be sent now; `None` when
    /// it answers nothing that its sender was asked.
    pub(super) fn answer(&mut self, remote: SocketAddr, message: &[u8]) -> Option<Vec<Vec<u8>>> {
        let known = self.of(canonical(remote))?;
        let fits = transaction_answered(message) == Some(&known.question[..]);
        known.answered |= fits;
        fits.then(|| std::mem::take(&mut known.held_back))
    }

    /// Whether a datagram may be sent; if so, it is noted. DTLS that may not is kept until the
    /// address answers, as long as it is not too much.
    pub(super) fn leave(&mut self, to: SocketAddr, datagram: &[u8]) -> Leave {
        let gullible = self.gullible;
        let Some(known) = self.of(to) else {
            return Leave::Unknown;
        };
        let bytes = datagram.len() as u64;
        let stun = is_stun(datagram);
        let (sent, most) = if stun {
            (&mut known.sent_stun, known.received)
        } else {
            (&mut known.sent_dtls, (ANSWER_FACTOR - 1) * known.received)
        };
        if known.answered || gullible || *sent + bytes <= most {
            *sent += bytes;
            return Leave::Granted(known.path);
        }
        if stun || known.held_back.len() >= WEBRTC_HELD_BACK_MAX {
            return Leave::TooMuch;
        }
        known.held_back.push(datagram.to_vec());
        Leave::Later
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

/// Whether a datagram is STUN, and not DTLS.
pub(super) fn is_stun(datagram: &[u8]) -> bool {
    matches!(datagram.first(), Some(0..=3))
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

    fn datagram(first: u8, bytes: usize) -> Vec<u8> {
        vec![first; bytes]
    }

    const STUN: u8 = 1;
    const DTLS: u8 = 22;

    #[test]
    fn an_address_gets_three_times_what_it_sent_until_it_answers() {
        let mut paths = Paths::default();
        let path = path("[::ffff:192.0.2.1]:9");
        let to = canonical(path.remote);
        let granted = Leave::Granted(path);
        assert!(!paths.receive(path, 100));
        assert_eq!(paths.leave(to, &datagram(STUN, 1)), Leave::Unknown);
        paths.push(path);
        assert!(paths.receive(path, 100));
        assert_eq!(paths.leave(to, &datagram(STUN, 64)), granted);
        assert_eq!(paths.leave(to, &datagram(STUN, 37)), Leave::TooMuch);
        assert_eq!(paths.leave(to, &datagram(STUN, 36)), granted);
        assert_eq!(paths.leave(to, &datagram(DTLS, 150)), granted);
        for _ in 0..WEBRTC_HELD_BACK_MAX {
            assert_eq!(paths.leave(to, &datagram(DTLS, 51)), Leave::Later);
        }
        assert_eq!(paths.leave(to, &datagram(DTLS, 51)), Leave::TooMuch);
        let question = paths.question(path.remote).unwrap();
        let wrong = response(&[0; TRANSACTION_BYTES]);
        assert_eq!(paths.answer(path.remote, &wrong), None);
        let elsewhere = "192.0.2.2:9".parse().unwrap();
        assert_eq!(paths.answer(elsewhere, &response(&question)), None);
        assert_eq!(paths.leave(to, &datagram(STUN, 1)), Leave::TooMuch);
        let held_back = paths.answer(path.remote, &response(&question)).unwrap();
        assert_eq!(held_back, vec![datagram(DTLS, 51); WEBRTC_HELD_BACK_MAX]);
        assert_eq!(paths.leave(to, &datagram(DTLS, 100_000)), granted);
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
        let forged = paths.answer(second.remote, &response(&question));
        assert_eq!(forged, None, "each address has a number of its own");
        assert!(paths.answer(first.remote, &response(&question)).is_some());
        assert_eq!(paths.client(), Some(first.remote));
        assert_eq!(paths.all().count(), 2);
    }
}
