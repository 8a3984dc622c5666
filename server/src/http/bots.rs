//! Operators' bots: who may call the gateway, and a word to everybody.
//!
//! Never shows a token again: whoever lost it makes another, and the one before is good no more.
//!
//! ```text
//! POST   /bots {"name": "Herald"}   -> {"account": "123", "name": "Herald", "token": "twb_..."}
//! DELETE /bots/Herald               -> its token is good no more; what uses it ends at once
//! POST   /announcements {"text": "..."} -> 201 once it is stored and everybody is told
//! ```

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{delete, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tickwire_shared::chat::check_line;
use tickwire_shared::wire::ChatRefusal;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::roles::{Office, Operator, Refused};
use crate::auth::{BotError, BotRequest};
use crate::limits::GATEWAY_TIME_MAX;

/// Which bot.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: String,
}

/// What everybody is told.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Notice {
    text: String,
}

/// A line for everybody, and where it is said what became of it.
pub struct Announcement {
    /// The line.
    pub text: String,
    /// Whether it is stored, or why not.
    pub reply: oneshot::Sender<Result<(), ChatRefusal>>,
}

const RULE: &str = "an announcement is 1 to 512 bytes of text without control characters\n";

const BUSY: Refused = (StatusCode::SERVICE_UNAVAILABLE, "busy: try again\n");

/// The routes, for those who show the token.
pub(super) fn routes() -> Router<Office> {
    Router::new()
        .route("/bots", post(make))
        .route("/bots/{name}", delete(revoke))
        .route("/announcements", post(announce))
}

async fn make(
    State(office): State<Office>,
    _: Operator,
    Json(Wanted { name }): Json<Wanted>,
) -> impl IntoResponse {
    let (reply, answer) = oneshot::channel();
    let request = BotRequest::Make { name, reply };
    if office.bots.try_send(request).is_err() {
        return BUSY.into_response();
    }
    match answer.await {
        Ok(Ok(bot)) => {
            let json = json!({
                "account": bot.account.0.to_string(),
                "name": bot.name,
                "token": bot.token.reveal(),
            });
            ([(header::CACHE_CONTROL, "no-store")], Json(json)).into_response()
        }
        Ok(Err(error)) => {
            let status = match error {
                BotError::Name(_) => StatusCode::BAD_REQUEST,
                BotError::Taken => StatusCode::CONFLICT,
                BotError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            };
            (status, format!("{error}\n")).into_response()
        }
        Err(_) => BUSY.into_response(),
    }
}

async fn revoke(
    State(office): State<Office>,
    _: Operator,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refused> {
    let (reply, answer) = oneshot::channel();
    let request = BotRequest::Revoke { name, reply };
    office.bots.try_send(request).map_err(|_| BUSY)?;
    match answer.await {
        Ok(Ok(Some(account))) => Ok(Json(json!({ "account": account.0.to_string() }))),
        Ok(Ok(None)) => Err((StatusCode::NOT_FOUND, "no bot has this name\n")),
        Ok(Err(fault)) => Err(unstored(fault.text())),
        Err(_) => Err(BUSY),
    }
}

async fn announce(
    State(office): State<Office>,
    _: Operator,
    Json(Notice { text }): Json<Notice>,
) -> Result<StatusCode, Refused> {
    check_line(&text).map_err(|_| (StatusCode::BAD_REQUEST, RULE))?;
    let (reply, answer) = oneshot::channel();
    let announcement = Announcement { text, reply };
    office
        .announcements
        .try_send(announcement)
        .map_err(|_| BUSY)?;
    match timeout(GATEWAY_TIME_MAX, answer).await {
        Ok(Ok(Ok(()))) => Ok(StatusCode::CREATED),
        Ok(Ok(Err(refusal))) => Err(unstored(refusal.text())),
        Ok(Err(_)) | Err(_) => Err(BUSY),
    }
}

/// What the operator is told when the store did nothing.
pub(super) fn unstored(why: &'static str) -> Refused {
    (StatusCode::SERVICE_UNAVAILABLE, why)
}
