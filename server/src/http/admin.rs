//! What the admin listener answers: health, figures and the list of rooms.
//!
//! Never shows a player's name, address or text.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::{Value, json};

use crate::limits::HTTP_BODY_BYTES_MAX;
use crate::metrics::{Metrics, certificate_text};
use crate::runtime::clock;
use crate::runtime::worker::RoomFigures;
use crate::transport::tls::Certificates;

/// What this server was built from.
#[derive(Clone, Debug)]
pub struct Build {
    /// Version of the crate.
    pub version: &'static str,
    /// Version of the wire.
    pub protocol: u16,
    /// Hash of the game's schema.
    pub schema: u64,
}

/// One room as operators see it.
#[derive(Clone, Debug)]
pub struct RoomRow {
    /// Number of the room.
    pub id: u32,
    /// Name of the room.
    pub name: String,
    /// Sessions that have a seat, those without a link included.
    pub sessions: u64,
    /// Seats in all.
    pub seats: u16,
    /// What its worker counts.
    pub figures: Arc<RoomFigures>,
}

/// What the answers are made from; the network thread keeps it up to date.
#[derive(Debug)]
pub struct AdminState {
    /// Everything counted.
    pub metrics: Arc<Metrics>,
    build: Build,
    certificates: Arc<Certificates>,
    rooms: Mutex<Arc<[RoomRow]>>,
}

impl AdminState {
    /// A server without rooms.
    #[must_use]
    pub fn new(
        metrics: Arc<Metrics>,
        build: Build,
        certificates: Arc<Certificates>,
    ) -> Arc<AdminState> {
        Arc::new(AdminState {
            metrics,
            build,
            certificates,
            rooms: Mutex::default(),
        })
    }

    /// Replaces the list of rooms.
    pub fn set_rooms(&self, rooms: Vec<RoomRow>) {
        *self.rooms.lock().unwrap_or_else(PoisonError::into_inner) = rooms.into();
    }

    /// The list of rooms as it was set last.
    pub(super) fn rooms(&self) -> Arc<[RoomRow]> {
        let rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&rooms)
    }
}

/// The routes of the admin listener.
pub(super) fn routes(state: Arc<AdminState>) -> Router {
    Router::new()
        .route("/livez", get("alive\n"))
        .route("/readyz", get(ready))
        .route("/health", get(ready))
        .route("/metrics", get(metrics))
        .route("/version", get(version))
        .route("/debug/rooms", get(rooms))
        .route("/debug/stats", get(stats))
        .layer(DefaultBodyLimit::max(HTTP_BODY_BYTES_MAX))
        .with_state(state)
}

/// Whether players may come. A server that cannot store anything takes them all the same: they
/// play, and what they say is refused with the reason.
async fn ready(State(state): State<Arc<AdminState>>) -> (StatusCode, String) {
    let metrics = &state.metrics;
    if metrics.draining.get() != 0 {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n".to_owned());
    }
    if metrics.starting.get() != 0 {
        return (StatusCode::SERVICE_UNAVAILABLE, "starting\n".to_owned());
    }
    if metrics.overloaded.get() != 0 {
        return (StatusCode::SERVICE_UNAVAILABLE, "overloaded\n".to_owned());
    }
    match metrics.store.degraded() {
        Some(fault) => (StatusCode::OK, format!("degraded: {fault}\n")),
        None => (StatusCode::OK, "ready\n".to_owned()),
    }
}

async fn metrics(State(state): State<Arc<AdminState>>) -> impl IntoResponse {
    let build = &state.build;
    let mut text = (state.metrics).prometheus(build.version, build.protocol, build.schema);
    let current = state.certificates.current();
    text.push_str(&certificate_text(current.sha256(), current.not_after()));
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}

async fn version(State(state): State<Arc<AdminState>>) -> Json<Value> {
    let (build, certificate) = (&state.build, state.certificates.current());
    Json(json!({
        "version": build.version,
        "protocol": build.protocol,
        "schema": format!("{:016x}", build.schema),
        "certificate_sha256": certificate.sha256(),
        "certificate_expires": certificate.not_after().0,
        "certificate_hashes": state.certificates.hashes(),
    }))
}

async fn rooms(State(state): State<Arc<AdminState>>) -> Json<Value> {
    let rooms = state.rooms();
    let rooms = rooms.iter().map(|room| {
        json!({
            "id": room.id,
            "name": room.name,
            "sessions": room.sessions,
            "seats": room.seats,
            "ticks": room.figures.ticks.load(Ordering::Relaxed),
            "overruns": room.figures.overruns.load(Ordering::Relaxed),
            "cpu_s": room.figures.cpu_micros.load(Ordering::Relaxed) as f64 / 1e6,
        })
    });
    Json(rooms.collect())
}

/// Percentiles count from the last reset, everything else from the start.
async fn stats(State(state): State<Arc<AdminState>>) -> Json<Value> {
    let metrics = &state.metrics;
    let recent = &metrics.ticks.cpu_recent;
    let quantile = |share| (recent.count() > 0).then(|| recent.quantile_micros(share));
    Json(json!({
        "tick_us": { "p50": quantile(0.5), "p99": quantile(0.99) },
        "ticks": metrics.ticks.cpu.count(),
        "overruns": metrics.ticks.overruns.get(),
        "skipped_ticks": metrics.ticks.skipped.get(),
        "cpu_s": clock::process_cpu().as_secs_f64(),
        "rooms": metrics.rooms.get(),
        "sessions": metrics.sessions.get(),
        "links": metrics.links.open.total(),
        "chat_messages": metrics.lobby.chat_lines.get(),
        "datagrams_dropped": metrics.links.datagrams_dropped.get(),
        "mailbox_dropped": metrics.mailbox_dropped.get(),
    }))
}

/// Starts a new measurement.
pub(super) fn start_over(state: &AdminState) {
    state.metrics.ticks.reset_recent();
}
