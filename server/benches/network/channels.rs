//! The two data channels of a player, as str0m makes them: for the bare server and for players.
//!
//! Never drives anything: whoever has the [`Rtc`] does.

use std::sync::Arc;
use std::time::Instant;

use str0m::Rtc;
use str0m::RtcConfig;
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::config::DtlsCert;
use str0m::crypto::{CryptoProvider, from_feature_flags};
use tickwire_server::limits::{WEBRTC_DATAGRAM_BYTES, WEBRTC_SEND_BUFFER_BYTES};
use tickwire_shared::limits::ORDERED_BYTES_MAX;

/// A certificate that all connections of one side share.
pub struct Identity {
    crypto: Arc<CryptoProvider>,
    certificate: DtlsCert,
}

impl Identity {
    /// A new one.
    pub fn new() -> Identity {
        let crypto = from_feature_flags();
        let certificate = crypto.dtls_provider.generate_certificate();
        Identity {
            certificate: certificate.expect("a certificate"),
            crypto: Arc::new(crypto),
        }
    }

    /// The settings of our transport but for who is ICE-lite.
    pub fn config(&self) -> RtcConfig {
        Rtc::builder()
            .set_crypto_provider(Arc::clone(&self.crypto))
            .set_dtls_cert(self.certificate.clone())
            .clear_codecs()
            .set_mtu(WEBRTC_DATAGRAM_BYTES..=WEBRTC_DATAGRAM_BYTES + 80)
            .set_sctp_max_message_size(ORDERED_BYTES_MAX as u32)
            .set_sctp_max_buffered_amount(WEBRTC_SEND_BUFFER_BYTES)
    }

    /// A connection that waits to be dialled.
    pub fn passive(&self, now: Instant) -> Rtc {
        self.config().set_ice_lite(true).build(now)
    }

    /// A connection that dials.
    pub fn active(&self, now: Instant) -> Rtc {
        self.config().build(now)
    }
}

/// How the channel for snapshots and inputs is set.
pub fn unreliable() -> ChannelConfig {
    ChannelConfig {
        label: "unreliable".to_owned(),
        ordered: false,
        reliability: Reliability::MaxRetransmits { retransmits: 0 },
        negotiated: Some(0),
        protocol: String::new(),
    }
}

/// How the channel for everything else is set.
pub fn ordered() -> ChannelConfig {
    ChannelConfig {
        label: "ordered".to_owned(),
        ordered: true,
        reliability: Reliability::Reliable,
        negotiated: Some(1),
        protocol: String::new(),
    }
}

/// Makes both channels at once; returns the unreliable one.
pub fn create(rtc: &mut Rtc) -> ChannelId {
    let id = rtc.direct_api().create_data_channel(unreliable());
    rtc.direct_api().create_data_channel(ordered());
    id
}
