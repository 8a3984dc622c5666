//! The ways in: every transport that is switched on, on one public port.
//!
//! Never looks at what a link carries: links go to the sink, whatever they came over.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use tickwire_shared::close::CloseReason;
use tickwire_shared::transport::Transport;
use tokio::sync::mpsc;

use crate::config::{self, Config};
use crate::data_dir::DataDir;
use crate::metrics::Metrics;
use crate::transport::origin::OriginRule;
use crate::transport::quic::{Quic, QuicOptions};
use crate::transport::seats::Seats;
use crate::transport::socket::Sabotage;
use crate::transport::tls::Certificates;
use crate::transport::webrtc::{WebRtc, WebRtcOptions};
use crate::transport::websocket::WebSockets;
use crate::transport::{LinkSink, Links, OfferRequest};

/// What the transports are made from.
pub(super) struct WayParts<'a> {
    pub(super) config: &'a Config,
    pub(super) data: &'a DataDir,
    pub(super) certificates: Arc<Certificates>,
    pub(super) links: Rc<Links>,
    pub(super) sink: Rc<dyn LinkSink>,
    pub(super) metrics: Arc<Metrics>,
}

/// The transports of a server.
pub(super) struct Ways {
    /// QUIC and WebTransport, and the socket that WebRTC shares.
    quic: Quic,
    /// `None` where it is switched off.
    webrtc: Option<WebRtc>,
    websockets: WebSockets,
}

impl Ways {
    /// Opens the UDP half of the public port, whose TCP half is bound at `listen` already.
    pub(super) fn open(parts: &WayParts<'_>, listen: SocketAddr) -> Result<Ways, String> {
        // An address has so many links, whatever they come over.
        let seats = Seats::new(parts.config.session.links_per_address_max);
        let links = || Rc::clone(&parts.links);
        let sink = || Rc::clone(&parts.sink);
        let metrics = || Arc::clone(&parts.metrics);
        let options = parts.quic(listen, &seats)?;
        let quic = Quic::start(options, links(), sink(), metrics())?;
        let options = parts.webrtc(&quic, &seats);
        let webrtc = options.map(|options| WebRtc::start(options, links(), sink(), metrics()));
        Ok(Ways {
            webrtc: webrtc.transpose()?,
            websockets: WebSockets::new(links(), sink(), metrics(), seats),
            quic,
        })
    }

    /// Where they listen.
    pub(super) fn address(&self) -> SocketAddr {
        self.quic.address()
    }

    /// Where offers of WebRTC go, unless it is switched off.
    pub(super) fn offers(&self) -> Option<mpsc::Sender<OfferRequest>> {
        self.webrtc.as_ref().map(WebRtc::offers)
    }

    /// Where upgraded sockets go.
    pub(super) fn websockets(&self) -> WebSockets {
        self.websockets.clone()
    }

    /// Lets links that are being closed say goodbye, for a short while, and ends the rest.
    pub(super) async fn stop(&self, reason: CloseReason) {
        let webrtc = async {
            if let Some(webrtc) = &self.webrtc {
                webrtc.stop(reason).await;
            }
        };
        tokio::join!(self.quic.stop(reason), webrtc, self.websockets.stop());
    }
}

impl WayParts<'_> {
    fn quic(&self, listen: SocketAddr, seats: &Rc<Seats>) -> Result<QuicOptions, String> {
        Ok(QuicOptions {
            listen,
            certificates: Arc::clone(&self.certificates),
            origins: OriginRule::new(self.config.web.origins.clone()),
            transports: self.config.transports.clone(),
            reset_key: self.data.reset_key()?,
            seats: Rc::clone(seats),
            sabotage: match self.config.sabotage {
                config::Sabotage::EndlessQueues => Sabotage::EndlessQueues,
                _ => Sabotage::None,
            },
        })
    }

    fn webrtc(&self, quic: &Quic, seats: &Rc<Seats>) -> Option<WebRtcOptions> {
        let config = self.config;
        config.has(Transport::WebRtc).then(|| WebRtcOptions {
            socket: quic.socket(),
            public_ip: config.public_addr.map(|public| public.ip),
            public_port: config.public_port(quic.address()),
            seats: Rc::clone(seats),
            sabotage: Sabotage::None,
        })
    }
}
