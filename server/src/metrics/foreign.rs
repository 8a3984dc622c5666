//! Why datagrams at the shared port were dropped.
//!
//! Never counts one twice: a datagram is dropped once, at the first place that has a reason.

use super::Counter;

/// Why a datagram at the shared port went nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropCause {
    /// Its first byte belongs to no protocol of this port.
    Unknown,
    /// STUN that names no user this server answered an offer of.
    StunUser,
    /// STUN whose integrity does not prove that user, or that is no STUN after all.
    StunProof,
    /// STUN from an admitted address faster than anybody needs it.
    StunRate,
    /// DTLS, or answers of STUN, from an admitted address faster than anybody needs it, while the
    /// queue was crowded.
    DtlsRate,
    /// One more address for a connection that has its maximum, or one that is another's.
    Addresses,
    /// DTLS from an address that was not admitted.
    Stranger,
    /// The queue to the network thread's WebRTC task was full.
    QueueFull,
    /// Its connection could not read it.
    Unreadable,
    /// More than an address may be sent that has not answered yet.
    Unanswered,
    /// The socket took no more, or the kernel refused to send.
    NotSent,
    /// The kernel reported an error instead of a datagram.
    NotReceived,
}

impl DropCause {
    /// Every cause, in the order of their counters, with the label of each.
    pub(super) const ALL: [(DropCause, &'static str); 12] = [
        (DropCause::Unknown, "unknown"),
        (DropCause::StunUser, "stun_user"),
        (DropCause::StunProof, "stun_proof"),
        (DropCause::StunRate, "stun_rate"),
        (DropCause::DtlsRate, "dtls_rate"),
        (DropCause::Addresses, "addresses"),
        (DropCause::Stranger, "stranger"),
        (DropCause::QueueFull, "queue_full"),
        (DropCause::Unreadable, "unreadable"),
        (DropCause::Unanswered, "unanswered"),
        (DropCause::NotSent, "not_sent"),
        (DropCause::NotReceived, "not_received"),
    ];
}

/// One counter a cause.
#[derive(Debug, Default)]
pub struct ByDropCause {
    counters: [Counter; DropCause::ALL.len()],
}

impl ByDropCause {
    /// One more datagram.
    pub fn inc(&self, cause: DropCause) {
        if let Some(counter) = self.counters.get(cause as usize) {
            counter.inc();
        }
    }

    /// Datagrams dropped for this cause.
    #[must_use]
    pub fn get(&self, cause: DropCause) -> u64 {
        self.counters.get(cause as usize).map_or(0, Counter::get)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_own_counter() {
        let drops = ByDropCause::default();
        for (index, (cause, _)) in DropCause::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, index);
            drops.inc(cause);
            assert_eq!(drops.get(cause), 1);
        }
    }
}
