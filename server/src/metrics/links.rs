//! What is counted of links, by what carries them.
//!
//! Never counts by address: a label without a bound would fill the memory of whoever reads it.

use tickwire_shared::transport::Transport;

use super::{ByLane, Counter, Gauge};

/// One figure a transport.
#[derive(Debug, Default)]
pub struct ByTransport<T> {
    figures: [T; Transport::ALL.len()],
}

impl<T> ByTransport<T> {
    /// The figure of `transport`.
    #[must_use]
    pub fn of(&self, transport: Transport) -> &T {
        let [quic, web_transport, web_rtc, web_socket] = &self.figures;
        match transport {
            Transport::Quic => quic,
            Transport::WebTransport => web_transport,
            Transport::WebRtc => web_rtc,
            Transport::WebSocket => web_socket,
        }
    }
}

impl ByTransport<Gauge> {
    /// The figures of all transports together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.figures.iter().map(Gauge::get).sum()
    }
}

impl ByTransport<Counter> {
    /// The figures of all transports together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.figures.iter().map(Counter::get).sum()
    }
}

/// Sessions that one transport carries; written by the hub.
#[derive(Debug, Default)]
pub struct SessionGauges {
    /// Sessions whose player is there.
    pub here: Gauge,
    /// Sessions whose player is away.
    pub away: Gauge,
}

/// Figures of all links; written by the transports.
#[derive(Debug, Default)]
pub struct LinkMetrics {
    /// Links that are open now; see [`LinkMetrics::open`].
    pub open: ByTransport<Gauge>,
    /// Links that finished their handshake.
    pub opened: ByTransport<Counter>,
    /// Attempts that were turned away or broke before that; one that never came to ask for
    /// WebTransport counts as QUIC's.
    pub failed: ByTransport<Counter>,
    /// New addresses that were asked to prove that they can be reached.
    pub retried: Counter,
    /// Bytes of packets received, without what the transport adds.
    pub received_bytes: ByLane,
    /// Packets received.
    pub received_packets: ByLane,
    /// Bytes of packets sent, without what the transport adds.
    pub sent_bytes: ByLane,
    /// Packets sent.
    pub sent_packets: ByLane,
    /// Datagrams that did not fit a burst or a path, and snapshots that a newer one replaced.
    pub datagrams_dropped: Counter,
    /// Links closed because their client did not read.
    pub slow_consumers: Counter,
}

impl LinkMetrics {
    /// Counts a link that has just opened, and counts it as open for as long as the guard lives.
    #[must_use]
    pub fn open(&self, transport: Transport) -> OpenLink<'_> {
        self.opened.of(transport).inc();
        let open = self.open.of(transport);
        open.inc();
        OpenLink { open }
    }
}

/// A link that is counted as open.
#[derive(Debug)]
pub struct OpenLink<'a> {
    open: &'a Gauge,
}

impl Drop for OpenLink<'_> {
    fn drop(&mut self) {
        self.open.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_link_is_counted_until_it_is_gone() {
        let links = LinkMetrics::default();
        let one = links.open(Transport::WebSocket);
        let two = links.open(Transport::Quic);
        assert_eq!(links.open.total(), 2);
        drop(one);
        assert_eq!(links.open.of(Transport::WebSocket).get(), 0);
        assert_eq!(links.open.of(Transport::Quic).get(), 1);
        drop(two);
        assert_eq!((links.open.total(), links.opened.total()), (0, 2));
    }
}
