//! From the configuration to what the public listener shows.
//!
//! Never fails for want of a page: a server without one says how to build it.

use std::sync::Arc;

use tickwire_shared::transport::Transport;
use tokio::sync::mpsc;

use crate::auth::LoginRequest;
use crate::config::Config;
use crate::gateway::Gateway;
use crate::http::{
    AdminState, Assets, Build, ConnectInfo, PublicListener, PublicOptions, RequestRates,
};
use crate::limits::HTTP_HEADER_TIME_MAX;
use crate::metrics::Metrics;
use crate::runtime::Clock;
use crate::transport::OfferRequest;
use crate::transport::origin::OriginRule;
use crate::transport::tls::Certificates;
use crate::transport::websocket::WebSockets;

/// What the public listener leads to.
pub(super) struct Page {
    pub(super) build: Build,
    pub(super) certificates: Arc<Certificates>,
    pub(super) rooms: Arc<AdminState>,
    /// Takes offers of WebRTC, where it was started.
    pub(super) offers: Option<mpsc::Sender<OfferRequest>>,
    pub(super) websockets: WebSockets,
    pub(super) gateway: Gateway,
    /// Takes those who log in or register.
    pub(super) logins: mpsc::Sender<LoginRequest>,
    pub(super) clock: Clock,
    pub(super) metrics: Arc<Metrics>,
}

impl Page {
    /// Lets a bound listener answer.
    pub(super) fn serve(self, config: &Config, public: PublicListener) -> Result<(), String> {
        let port = config.public_port(public.address());
        let mut transports = config.transports.clone();
        if self.offers.is_none() {
            transports.retain(|transport| *transport != Transport::WebRtc);
        }
        let tls = (config.tls.cert.is_some()).then(|| self.certificates.for_https());
        let certificates = self.certificates;
        let hashes = move || certificates.hashes();
        let room = config.rooms.default.clone();
        public.serve(PublicOptions {
            tls: tls.transpose()?,
            assets: assets(config)?,
            origins: OriginRule::new(config.web.origins.clone()),
            connect_info: ConnectInfo::new(self.build, port, transports, room, hashes),
            rooms: self.rooms,
            offers: self.offers,
            websockets: config.has(Transport::WebSocket).then_some(self.websockets),
            connections_max: config.web.connections_max,
            connections_per_address_max: config.web.connections_per_address_max,
            gateway: Some(self.gateway),
            logins: self.logins,
            rates: RequestRates::new(config.web.requests_per_address_per_s),
            clock: self.clock,
            head_time_max: HTTP_HEADER_TIME_MAX,
            metrics: self.metrics,
        });
        Ok(())
    }
}

/// The page: the folder that is configured, or the one beside the program, or a few words.
fn assets(config: &Config) -> Result<Assets, String> {
    let program = std::env::current_exe().ok();
    let Some(folder) = config.web_dir(program.as_deref()) else {
        tracing::info!("no page: `cargo xtask web` builds one, --web-dir says where it is");
        return Ok(Assets::none());
    };
    let assets = Assets::read(&folder)?;
    tracing::info!(folder = %folder.display(), files = assets.len(), "the page");
    Ok(assets)
}
