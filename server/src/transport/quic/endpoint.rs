//! The settings of the QUIC endpoint; each was measured or bounds what a stranger can cost.
//!
//! Never keeps a default that allows a connection megabytes: quinn's own allow about 250 MB.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use quinn::crypto::rustls::QuicServerConfig;
use quinn::{
    EndpointConfig, IdleTimeout, ServerConfig, TransportConfig, ValidationTokenConfig, VarInt,
};
use tickwire_shared::transport::Transport;

use crate::limits::{
    DATAGRAM_RECEIVE_BUFFER_BYTES, DATAGRAM_SEND_BUFFER_BYTES, LINK_IDLE_TIME_MAX,
    QUIC_INCOMING_BYTES_MAX, QUIC_INCOMING_BYTES_TOTAL_MAX, QUIC_INCOMING_MAX,
    QUIC_RECEIVE_WINDOW_BYTES, QUIC_SEND_WINDOW_BYTES, QUIC_STREAM_WINDOW_BYTES, QUIC_STREAMS_MAX,
};
use crate::metrics::Metrics;
use crate::transport::congestion::FloorConfig;
use crate::transport::origin::OriginRule;
use crate::transport::seats::Seats;
use crate::transport::socket::{MuxSocket, Sabotage};
use crate::transport::tls::{ALPN, ALPN_HTTP3, Certificates};

/// The secret that lets a restarted server tell clients of the old one to dial again at once.
#[derive(Clone, Copy)]
pub struct ResetKey(pub [u8; 64]);

/// What the QUIC endpoint needs to start.
pub struct QuicOptions {
    /// Where to listen; port 0 picks one.
    pub listen: SocketAddr,
    /// The certificate to show.
    pub certificates: Arc<Certificates>,
    /// Which pages may open a session of WebTransport.
    pub origins: OriginRule,
    /// Which of QUIC and WebTransport clients may ask for.
    pub transports: Vec<Transport>,
    /// Should stay the same over restarts.
    pub reset_key: ResetKey,
    /// Links of each address, over all transports.
    pub seats: Rc<Seats>,
    /// What a test breaks; nothing else does.
    pub sabotage: Sabotage,
}

/// Binds the socket and makes the endpoint.
pub(super) fn bind(
    options: QuicOptions,
    metrics: Arc<Metrics>,
) -> Result<(quinn::Endpoint, Arc<MuxSocket>, SocketAddr), String> {
    let listen = options.listen;
    let server = server_config(&options)?;
    let socket = MuxSocket::bind(listen, metrics).map_err(|error| in_words(listen, &error))?;
    let endpoint = quinn::Endpoint::new_with_abstract_socket(
        endpoint_config(&options.reset_key),
        server,
        Arc::clone(&socket) as Arc<dyn quinn::AsyncUdpSocket>,
        Arc::new(quinn::TokioRuntime),
    );
    let endpoint = endpoint.map_err(|error| in_words(listen, &error))?;
    let address = endpoint
        .local_addr()
        .map_err(|error| in_words(listen, &error))?;
    Ok((endpoint, socket, address))
}

fn in_words(listen: SocketAddr, error: &std::io::Error) -> String {
    crate::http::listen_error("UDP", "--listen", listen, error)
}

/// What every endpoint of this server is set to.
#[must_use]
pub fn endpoint_config(reset_key: &ResetKey) -> EndpointConfig {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &reset_key.0);
    let mut config = EndpointConfig::new(Arc::new(key));
    // The fixed bit tells QUIC from STUN and DTLS on a shared port.
    config.grease_quic_bit(false);
    config
}

/// What every connection of this server is set to; `None` where neither QUIC nor WebTransport is
/// switched on: then nobody gets in.
///
/// # Errors
/// When the certificate cannot be used for QUIC.
pub fn server_config(options: &QuicOptions) -> Result<Option<ServerConfig>, String> {
    let protocols = options.transports.iter().filter_map(protocol);
    let protocols = protocols.collect::<Vec<_>>();
    if protocols.is_empty() {
        return Ok(None);
    }
    let tls = options.certificates.for_quic(&protocols)?;
    let tls = QuicServerConfig::try_from(tls)
        .map_err(|error| format!("cannot set up TLS for QUIC: {error}"))?;
    let mut config = ServerConfig::with_crypto(Arc::new(tls));
    // No tokens for later: in a crowd each address proves itself anew.
    let mut tokens = ValidationTokenConfig::default();
    tokens.sent(0);
    config
        .validation_token_config(tokens)
        .transport_config(Arc::new(transport_config()))
        .max_incoming(QUIC_INCOMING_MAX)
        .incoming_buffer_size(QUIC_INCOMING_BYTES_MAX)
        .incoming_buffer_size_total(QUIC_INCOMING_BYTES_TOTAL_MAX);
    Ok(Some(config))
}

/// What a client of this transport asks for in its handshake.
fn protocol(transport: &Transport) -> Option<&'static [u8]> {
    match transport {
        Transport::Quic => Some(ALPN),
        Transport::WebTransport => Some(ALPN_HTTP3),
        Transport::WebRtc | Transport::WebSocket => None,
    }
}

fn transport_config() -> TransportConfig {
    let mut config = TransportConfig::default();
    let idle = IdleTimeout::try_from(LINK_IDLE_TIME_MAX).ok();
    config
        .max_idle_timeout(idle)
        .max_concurrent_bidi_streams(VarInt::from(QUIC_STREAMS_MAX))
        .max_concurrent_uni_streams(VarInt::from(QUIC_STREAMS_MAX))
        .stream_receive_window(VarInt::from_u32(QUIC_STREAM_WINDOW_BYTES))
        .receive_window(VarInt::from_u32(QUIC_RECEIVE_WINDOW_BYTES))
        .send_window(QUIC_SEND_WINDOW_BYTES)
        .datagram_send_buffer_size(DATAGRAM_SEND_BUFFER_BYTES)
        .datagram_receive_buffer_size(Some(DATAGRAM_RECEIVE_BUFFER_BYTES))
        .congestion_controller_factory(Arc::new(FloorConfig::default()));
    config
}
