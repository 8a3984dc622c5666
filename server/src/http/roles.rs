//! What an operator changes: who moderates, and since when is measured.
//!
//! Never answers a page: a browser always says where a request like this comes from, and whoever
//! says so is refused, also under a name that somebody made lead to this machine. Never answers
//! anybody who does not show the token of the data directory either.
//!
//! ```text
//! POST /accounts/role {"name": "Ann", "role": "admin"} -> {"account": "123", "role": "admin"}
//! POST /debug/stats/reset                              -> 204
//! ```

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::admin::{AdminState, start_over};
use super::bots::{self, Announcement};
use super::records;
use crate::auth::{BotRequest, RoleRequest, Secret, role_of};
use crate::store::StoreHandle;

/// What an operator sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Promotion {
    name: String,
    role: String,
}

pub(super) type Refused = (StatusCode, &'static str);

/// Where operators' requests go.
#[derive(Clone)]
pub struct OfficeQueues {
    /// About roles.
    pub roles: mpsc::Sender<RoleRequest>,
    /// About bots.
    pub bots: mpsc::Sender<BotRequest>,
    /// What everybody is told.
    pub announcements: mpsc::Sender<Announcement>,
    /// Where reports and the audit log are.
    pub records: StoreHandle,
}

/// The same, and what must be shown.
#[derive(Clone)]
pub(super) struct Office {
    state: Arc<AdminState>,
    pub(super) roles: mpsc::Sender<RoleRequest>,
    pub(super) bots: mpsc::Sender<BotRequest>,
    pub(super) announcements: mpsc::Sender<Announcement>,
    pub(super) records: StoreHandle,
    token: Arc<Secret>,
}

/// Somebody who showed the token and is no page.
pub(super) struct Operator;

impl FromRequestParts<Office> for Operator {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, office: &Office) -> Result<Self, Refused> {
        if parts.headers.contains_key(header::ORIGIN) {
            return Err((StatusCode::FORBIDDEN, "not for pages\n"));
        }
        let shown = parts.headers.get(header::AUTHORIZATION);
        let shown = shown.and_then(|shown| shown.as_bytes().strip_prefix(b"Bearer "));
        let token = office.token.reveal().as_bytes();
        if shown.is_some_and(|shown| verify_slices_are_equal(shown, token).is_ok()) {
            return Ok(Operator);
        }
        let rule = "send Authorization: Bearer and what admin.token in the data directory says\n";
        Err((StatusCode::UNAUTHORIZED, rule))
    }
}

/// The routes; requests of whoever shows the token go to where accounts are.
pub(super) fn routes(state: Arc<AdminState>, queues: OfficeQueues, token: Secret) -> Router {
    let office = Office {
        state,
        roles: queues.roles,
        bots: queues.bots,
        announcements: queues.announcements,
        records: queues.records,
        token: Arc::new(token),
    };
    Router::new()
        .route("/accounts/role", post(promote))
        .route("/debug/stats/reset", post(reset))
        .merge(bots::routes())
        .merge(records::routes())
        .with_state(office)
}

/// Starts a new measurement. The body is read so that a long one is refused.
async fn reset(State(office): State<Office>, _: Operator, _body: Bytes) -> StatusCode {
    start_over(&office.state);
    StatusCode::NO_CONTENT
}

async fn promote(
    State(office): State<Office>,
    _: Operator,
    Json(Promotion { name, role }): Json<Promotion>,
) -> Result<Json<Value>, Refused> {
    let rule = "a role is player, bot, moderator or admin\n";
    let wanted = role_of(&role).ok_or((StatusCode::BAD_REQUEST, rule))?;
    let (reply, answer) = oneshot::channel();
    let request = RoleRequest {
        name,
        role: wanted,
        reply,
    };
    let busy = (StatusCode::SERVICE_UNAVAILABLE, "busy: try again\n");
    office.roles.try_send(request).map_err(|_| busy)?;
    match answer.await {
        Ok(Ok(Some(account))) => Ok(Json(json!({
            "account": account.0.to_string(),
            "role": role,
        }))),
        Ok(Ok(None)) => Err((StatusCode::NOT_FOUND, "nobody registered this name\n")),
        Ok(Err(fault)) => Err(bots::unstored(fault.text())),
        Err(_) => Err(busy),
    }
}
