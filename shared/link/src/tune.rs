//! QUIC settings of the client side, the counterpart of the server's.
//!
//! Opens no socket.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quinn::congestion::{Controller, ControllerFactory, CubicConfig};
use quinn::{EndpointConfig, TransportConfig, VarInt};
use quinn_proto::RttEstimator;
use tickwire_shared::limits::LINK_ORDERED_QUEUE_BYTES_MAX;

/// What a client asks for in the TLS handshake; another server answers that it does not know it.
pub const ALPN: &[u8] = b"tickwire/1";

/// Bytes that may always be in flight.
const WINDOW_MIN: u64 = 65_536;

/// Silence after which a link counts as lost.
const IDLE: Duration = Duration::from_secs(10);

/// Keeps routers' tables alive while nothing is sent (a waiting client).
const KEEP_ALIVE: Duration = Duration::from_secs(3);

/// Cubic that never shrinks its window below 64 KiB.
///
/// Plain Cubic never grows while a game sends less than its window, and then holds datagrams back
/// for seconds after a few losses. A game's rate is bounded by its budget, not by this window.
pub struct Floor(Box<dyn Controller>);

/// Builds a [`Floor`] for each connection.
#[derive(Debug, Default)]
pub(crate) struct FloorConfig(Arc<CubicConfig>);

impl ControllerFactory for FloorConfig {
    fn build(self: Arc<Self>, now: Instant, mtu: u16) -> Box<dyn Controller> {
        Box::new(Floor(Arc::clone(&self.0).build(now, mtu)))
    }
}

impl Controller for Floor {
    fn on_sent(&mut self, now: Instant, bytes: u64, last_packet_number: u64) {
        self.0.on_sent(now, bytes, last_packet_number);
    }

    fn on_ack(
        &mut self,
        now: Instant,
        sent: Instant,
        bytes: u64,
        app_limited: bool,
        rtt: &RttEstimator,
    ) {
        self.0.on_ack(now, sent, bytes, app_limited, rtt);
    }

    fn on_end_acks(
        &mut self,
        now: Instant,
        in_flight: u64,
        app_limited: bool,
        largest: Option<u64>,
    ) {
        self.0.on_end_acks(now, in_flight, app_limited, largest);
    }

    fn on_congestion_event(&mut self, now: Instant, sent: Instant, persistent: bool, lost: u64) {
        self.0.on_congestion_event(now, sent, persistent, lost);
    }

    fn on_mtu_update(&mut self, mtu: u16) {
        self.0.on_mtu_update(mtu);
    }

    fn window(&self) -> u64 {
        self.0.window().max(WINDOW_MIN)
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(Floor(self.0.clone_box()))
    }

    fn initial_window(&self) -> u64 {
        self.0.initial_window().max(WINDOW_MIN)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// One socket's settings. The fixed bit stays set, so that the server can tell QUIC from STUN and
/// DTLS on its one port.
pub(crate) fn endpoint() -> EndpointConfig {
    let mut config = EndpointConfig::default();
    config.grease_quic_bit(false);
    config
}

/// One connection's settings under HTTP/3, whose server opens streams for itself: a control stream,
/// and two for a compression of headers that nobody uses.
pub(crate) fn http3_transport() -> TransportConfig {
    let mut config = transport();
    config.max_concurrent_uni_streams(VarInt::from_u32(4));
    config
}

/// One connection's settings. The server opens no stream; datagrams wait in small buffers only, so
/// that what arrives after an outage is not old.
pub(crate) fn transport() -> TransportConfig {
    let mut config = TransportConfig::default();
    config
        .congestion_controller_factory(Arc::new(FloorConfig::default()))
        .datagram_send_buffer_size(4_096)
        // A tick may come in up to 32 packets at once.
        .datagram_receive_buffer_size(Some(64 * 1_024))
        .max_concurrent_bidi_streams(VarInt::from_u32(0))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .stream_receive_window(VarInt::from_u32(64 * 1_024))
        .receive_window(VarInt::from_u32(128 * 1_024))
        .send_window(LINK_ORDERED_QUEUE_BYTES_MAX as u64)
        .keep_alive_interval(Some(KEEP_ALIVE))
        .max_idle_timeout(IDLE.try_into().ok());
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_do_not_shrink_the_window_below_the_floor() {
        let now = Instant::now();
        let mut floor = Arc::new(FloorConfig::default()).build(now, 1_200);
        let mut cubic = Arc::new(CubicConfig::default()).build(now, 1_200);
        for second in 1..10 {
            let at = now + Duration::from_secs(second);
            for controller in [&mut floor, &mut cubic] {
                controller.on_congestion_event(at, at, true, 10_000);
            }
        }
        assert!(cubic.window() < WINDOW_MIN, "or the floor tests nothing");
        assert_eq!(floor.window(), WINDOW_MIN);
    }
}
