//! Which request gets what.
//!
//! Never looks at a request before its origin was judged, and never at a body it has no use for.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, ORIGIN};
use hyper::{Method, Request, Response, StatusCode};
use tickwire_shared::time::Instant;
use tokio::sync::mpsc;

use super::arriving::Arriving;
use super::room_list::RoomList;
use super::{
    Answer, Assets, ConnectInfo, RequestRates, api, login, offer, rates, security, text, upgrade,
    whole,
};
use crate::auth::{LoginAct, LoginRequest};
use crate::gateway::Gateway;
use crate::http::AdminState;
use crate::metrics::{Metrics, Rejection};
use crate::runtime::Clock;
use crate::transport::OfferRequest;
use crate::transport::origin::OriginRule;
use crate::transport::websocket::WebSockets;

/// Everything the answers are made from.
pub(super) struct Site {
    pub(super) assets: Assets,
    pub(super) origins: OriginRule,
    pub(super) connect_info: ConnectInfo,
    pub(super) rooms: Arc<AdminState>,
    pub(super) room_list: RoomList,
    pub(super) offers: Option<mpsc::Sender<OfferRequest>>,
    pub(super) websockets: Option<WebSockets>,
    pub(super) gateway: Option<Gateway>,
    pub(super) logins: mpsc::Sender<LoginRequest>,
    pub(super) rates: RequestRates,
    pub(super) clock: Clock,
    pub(super) metrics: Arc<Metrics>,
}

/// How a request got here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    /// Who asks.
    pub(super) from: SocketAddr,
    /// The address of this machine that was asked.
    pub(super) at: IpAddr,
}

/// When the connection of a request began, which lasts [`PUBLIC_CONNECTION_TIME_MAX`]: an
/// extension of each request.
///
/// [`PUBLIC_CONNECTION_TIME_MAX`]: crate::limits::PUBLIC_CONNECTION_TIME_MAX
#[derive(Clone, Copy, Debug)]
pub(super) struct Since(pub(super) Instant);

impl Site {
    /// Answers one request.
    pub(super) async fn answer(
        self: Rc<Self>,
        arrival: Arrival,
        request: Request<Arriving>,
    ) -> Answer {
        let metrics = Arc::clone(&self.metrics);
        let origin = request.headers().get(ORIGIN).cloned();
        let allowed = self.allows(request.headers());
        let interface = api::is_below(request.uri().path());
        let in_time = (self.rates).admit(self.clock.now(), arrival.from.ip());
        let mut answer = if !in_time {
            metrics.http.rejected(Rejection::Rate).inc();
            match interface {
                true => api::too_many(),
                false => rates::too_many(),
            }
        } else if !allowed {
            metrics.http.rejected(Rejection::Origin).inc();
            let line = "this page may not use this server: web.origins names those that may";
            match interface {
                true => api::foreign(line),
                false => text(StatusCode::FORBIDDEN, line),
            }
        } else if request.method() == Method::OPTIONS && origin.is_some() {
            preflight()
        } else {
            self.route(arrival, request).await
        };
        security::guard(answer.headers_mut());
        if let Some(origin) = origin.filter(|_| allowed) {
            security::share_with(answer.headers_mut(), origin);
        }
        metrics.http.of_class(answer.status().as_u16() / 100).inc();
        answer
    }

    /// Several hosts are none that could be compared with.
    fn allows(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(HOST).into_iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().ok(),
            _ => None,
        };
        let origins = headers.get_all(ORIGIN).into_iter();
        self.origins
            .allows(origins.map(HeaderValue::as_bytes), host)
    }

    async fn route(self: Rc<Self>, arrival: Arrival, request: Request<Arriving>) -> Answer {
        let get = matches!(*request.method(), Method::GET | Method::HEAD);
        match request.uri().path() {
            path if api::is_below(path) => api::answer(&self, request).await,
            "/connect-info" if get => json_answer(self.connect_info.json().to_string()),
            "/rooms" if get => json_answer(self.room_list.json(self.rooms.rooms())),
            "/webrtc" => match &self.offers {
                None => text(StatusCode::NOT_FOUND, "WebRTC is switched off here"),
                Some(_) if request.method() != Method::POST => not_allowed("POST"),
                Some(offers) => offer::answer(&self.metrics, offers, arrival, request).await,
            },
            "/login" | "/register" if request.method() != Method::POST => not_allowed("POST"),
            "/login" => login::answer(&self, LoginAct::Login, arrival, request).await,
            "/register" => login::answer(&self, LoginAct::Register, arrival, request).await,
            "/ws" => match &self.websockets {
                None => text(StatusCode::NOT_FOUND, "WebSocket is switched off here"),
                Some(_) if request.method() != Method::GET => not_allowed("GET"),
                Some(websockets) => upgrade::answer(websockets, arrival, request),
            },
            "/connect-info" | "/rooms" => not_allowed("GET, HEAD"),
            path => match self.assets.find(path) {
                None => text(StatusCode::NOT_FOUND, "there is nothing here"),
                Some(_) if !get => not_allowed("GET, HEAD"),
                Some(asset) => {
                    let public_port = self.connect_info.port();
                    asset.answer(request.headers(), public_port)
                }
            },
        }
    }
}

pub(super) fn json_answer(json: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(whole(json));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn not_allowed(methods: &'static str) -> Answer {
    let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "not with this method");
    let headers = answer.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static(methods));
    answer
}

/// Browsers ask before they let a page elsewhere send an offer.
fn preflight() -> Answer {
    let mut answer = Response::new(whole(Bytes::new()));
    *answer.status_mut() = StatusCode::NO_CONTENT;
    security::allow_requests(answer.headers_mut());
    answer
}
