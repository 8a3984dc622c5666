//! The gate in front of WebRTC: who may reach it through the shared port.
//!
//! Never lets a stranger's DTLS near a connection. What carries WebRTC takes DTLS from any address
//! while its handshake runs, so that one forged hello or alert ends it; an address is believed
//! only after a STUN message from it proved that its sender knows what was said over HTTP:
//!
//! 1. an answered offer makes its user known ([`Gate::expect`]);
//! 2. STUN for a known user passes, and its connection checks the integrity;
//! 3. it admits the address the message came from ([`Gate::admit`]);
//! 4. DTLS, and STUN that answers, pass from admitted addresses, to the connection they belong to.
//!
//! An address stays with its connection until that is gone: who can prove one user could otherwise
//! take somebody else's address over with a forged sender.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::mpsc;

use super::sort::Protocol;
use super::stun;
use crate::limits::{
    DTLS_RECORDS_BURST, DTLS_RECORDS_PER_SECOND, FOREIGN_QUEUE_MAX, STUN_MESSAGES_BURST,
    STUN_MESSAGES_PER_SECOND, WEBRTC_ADDRESSES_MAX,
};
use crate::metrics::DropCause;

/// A number for each connection of WebRTC that ever was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::transport) struct ConnectionId(pub(in crate::transport) u64);

/// The two ends of a datagram as the socket names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transport) struct Path {
    /// The other side.
    pub(in crate::transport) remote: SocketAddr,
    /// The address of this machine it was sent to; answers leave from there.
    pub(in crate::transport) local: Option<IpAddr>,
}

/// A datagram that passed the gate.
#[derive(Debug)]
pub(in crate::transport) struct Foreign {
    pub(in crate::transport) to: ConnectionId,
    pub(in crate::transport) path: Path,
    pub(in crate::transport) bytes: Box<[u8]>,
}

/// What a test breaks, to show what it is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sabotage {
    /// Nothing.
    #[default]
    None,
    /// The gate keeps nobody out: DTLS from anywhere reaches every connection that is not open yet,
    /// as if each had a socket of its own.
    GateOpen,
    /// Addresses are believed without an answer.
    Gullible,
    /// A client may take any amount of time.
    Patient,
    /// What waits for a client over QUIC has no bound.
    EndlessQueues,
}

/// Who may reach which connection.
#[derive(Debug, Default)]
pub(in crate::transport) struct Gate {
    // Locked for moments only: everything that uses it runs on the network thread.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    queue: Option<mpsc::Sender<Foreign>>,
    users: BTreeMap<Box<[u8]>, ConnectionId>,
    addresses: BTreeMap<SocketAddr, Admitted>,
    sabotage: Sabotage,
}

#[derive(Debug)]
struct Admitted {
    to: ConnectionId,
    stun: Budget,
    records: Budget,
}

/// Datagrams of a kind that an admitted address may still send now: requests of STUN, or all else.
#[derive(Debug)]
struct Budget {
    burst: u32,
    per_second: u32,
    left: u32,
    full_at: Instant,
}

impl Gate {
    /// Lets datagrams pass from now on; they arrive here.
    pub(in crate::transport) fn open(&self, sabotage: Sabotage) -> mpsc::Receiver<Foreign> {
        let (sender, receiver) = mpsc::channel(FOREIGN_QUEUE_MAX);
        let mut state = self.state();
        state.queue = Some(sender);
        state.sabotage = sabotage;
        receiver
    }

    /// Lets STUN for `user` pass to a connection.
    pub(in crate::transport) fn expect(&self, user: &str, to: ConnectionId) {
        self.state().users.insert(user.as_bytes().into(), to);
    }

    /// Lets DTLS from an address pass to a connection that has `held` addresses. False when the
    /// connection has its maximum, or when the address is another's.
    pub(in crate::transport) fn admit(
        &self,
        address: SocketAddr,
        to: ConnectionId,
        held: usize,
        now: Instant,
    ) -> bool {
        let mut state = self.state();
        if let Some(admitted) = state.addresses.get(&address) {
            return admitted.to == to;
        }
        let fits = held < WEBRTC_ADDRESSES_MAX;
        if fits {
            let admitted = Admitted {
                to,
                stun: Budget::full(STUN_MESSAGES_BURST, STUN_MESSAGES_PER_SECOND, now),
                records: Budget::full(DTLS_RECORDS_BURST, DTLS_RECORDS_PER_SECOND, now),
            };
            state.addresses.insert(address, admitted);
        }
        fits
    }

    /// Forgets a connection: its user and its addresses.
    pub(in crate::transport) fn forget(
        &self,
        user: &str,
        of: ConnectionId,
        addresses: impl IntoIterator<Item = Path>,
    ) {
        let mut state = self.state();
        state.users.remove(user.as_bytes());
        for path in addresses {
            let its_own = (state.addresses.get(&path.remote)).is_some_and(|known| known.to == of);
            if its_own {
                state.addresses.remove(&path.remote);
            }
        }
    }

    /// Passes a datagram on, or says why not. Called under the endpoint's lock: it looks two things
    /// up and copies the bytes.
    pub(super) fn pass(
        &self,
        protocol: Protocol,
        path: Path,
        bytes: &[u8],
        now: Instant,
    ) -> Result<(), DropCause> {
        let mut state = self.state();
        let to = match protocol {
            Protocol::Stun => state.stun(path.remote, bytes, now)?,
            Protocol::Dtls => match state.known(path.remote, now)? {
                Some(to) => to,
                None => return state.stranger(path, bytes),
            },
            Protocol::Quic | Protocol::Unknown => return Err(DropCause::Unknown),
        };
        state.queue(to, path, bytes)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is locked, and half a change does no harm here.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whom a STUN message is for.
    fn stun(
        &mut self,
        from: SocketAddr,
        bytes: &[u8],
        now: Instant,
    ) -> Result<ConnectionId, DropCause> {
        if stun::transaction_answered(bytes).is_some() {
            return self.known(from, now)?.ok_or(DropCause::StunUser);
        }
        let crowded = self.is_crowded();
        let user = stun::user_of(bytes).ok_or(DropCause::StunUser)?;
        let to = *self.users.get(user).ok_or(DropCause::StunUser)?;
        // By address: a stranger who knows the user's name must not use up the user's share. All
        // strangers together have what the queue has over.
        let admitted = self.addresses.get_mut(&from);
        let within_share = admitted.map_or(!crowded, |admitted| admitted.stun.take(now));
        within_share.then_some(to).ok_or(DropCause::StunRate)
    }

    /// Whom a DTLS record, or an answer, is for; `None` when nobody vouched for its sender.
    ///
    /// A budget counts only while the queue is crowded: somebody may forge a client's address, and
    /// it must not lose its own packets to that while there is room for all.
    fn known(&mut self, from: SocketAddr, now: Instant) -> Result<Option<ConnectionId>, DropCause> {
        let crowded = self.is_crowded();
        let Some(admitted) = self.addresses.get_mut(&from) else {
            return Ok(None);
        };
        let within_share = admitted.records.take(now);
        if crowded && !within_share {
            return Err(DropCause::DtlsRate);
        }
        Ok(Some(admitted.to))
    }

    /// Whether half of the queue is taken.
    fn is_crowded(&self) -> bool {
        let free = (self.queue.as_ref()).map_or(FOREIGN_QUEUE_MAX, mpsc::Sender::capacity);
        free <= FOREIGN_QUEUE_MAX / 2
    }

    fn queue(&self, to: ConnectionId, path: Path, bytes: &[u8]) -> Result<(), DropCause> {
        let queue = self.queue.as_ref().ok_or(DropCause::Stranger)?;
        let slot = queue.try_reserve().map_err(|_| DropCause::QueueFull)?;
        let bytes = bytes.into();
        slot.send(Foreign { to, path, bytes });
        Ok(())
    }

    /// DTLS from an address nobody vouched for.
    fn stranger(&self, path: Path, bytes: &[u8]) -> Result<(), DropCause> {
        if self.sabotage == Sabotage::GateOpen {
            for to in self.users.values() {
                self.queue(*to, path, bytes)?;
            }
        }
        Err(DropCause::Stranger)
    }
}

impl Budget {
    fn full(burst: u32, per_second: u32, now: Instant) -> Budget {
        Budget {
            burst,
            per_second,
            left: burst,
            full_at: now,
        }
    }

    /// False when nothing is left; whole messages come back with time.
    fn take(&mut self, now: Instant) -> bool {
        let span = now.saturating_duration_since(self.full_at);
        let back = span.as_millis() * u128::from(self.per_second) / 1_000;
        if back > 0 {
            let back = u32::try_from(back).unwrap_or(u32::MAX);
            self.left = self.left.saturating_add(back).min(self.burst);
            self.full_at = now;
        }
        let some = self.left > 0;
        self.left = self.left.saturating_sub(1);
        some
    }
}

#[cfg(test)]
mod tests;
