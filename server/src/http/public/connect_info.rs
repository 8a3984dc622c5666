//! What a client must know before it dials.
//!
//! Never says anything a stranger may not know: it is the first thing everybody asks.

use serde_json::{Map, Value, json};
use tickwire_shared::transport::Transport;

use crate::http::Build;

/// Makes the answers to `GET /connect-info`.
pub struct ConnectInfo {
    build: Build,
    port: u16,
    transports: Vec<Transport>,
    room: String,
    certificate_hashes: Box<dyn Fn() -> Vec<String>>,
}

impl ConnectInfo {
    /// `port` is the public one; `transports` are those that are switched on; `room` is the one
    /// that whoever asks for any opens where there is none.
    /// `certificate_hashes` gives the SHA-256 (hex) of the certificates for development: of the
    /// one in use and of the next; none with a certificate that browsers trust by themselves.
    #[must_use]
    pub fn new(
        build: Build,
        port: u16,
        transports: Vec<Transport>,
        room: String,
        certificate_hashes: impl Fn() -> Vec<String> + 'static,
    ) -> ConnectInfo {
        ConnectInfo {
            build,
            port,
            transports,
            room,
            certificate_hashes: Box::new(certificate_hashes),
        }
    }

    /// The public port.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The answer as it is now.
    pub(super) fn json(&self) -> Value {
        let transports = self.transports.iter();
        let transports: Map<String, Value> = transports
            .map(|transport| (transport.name().to_owned(), self.transport(*transport)))
            .collect();
        json!({
            "protocol": self.build.protocol,
            "schema": format!("{:016x}", self.build.schema),
            "server": self.build.version,
            "room": self.room,
            "transports": transports,
        })
    }

    fn transport(&self, transport: Transport) -> Value {
        match transport {
            Transport::Quic => json!({ "port": self.port }),
            Transport::WebRtc => json!({ "path": "/webrtc" }),
            Transport::WebSocket => json!({ "path": "/ws" }),
            Transport::WebTransport => {
                let mut about = json!({ "port": self.port, "path": "/wt" });
                let hashes = (self.certificate_hashes)();
                if let (false, Some(about)) = (hashes.is_empty(), about.as_object_mut()) {
                    about.insert("certificate_hashes".to_owned(), json!(hashes));
                }
                about
            }
        }
    }
}
