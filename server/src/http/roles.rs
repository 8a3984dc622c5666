//! Who moderates: an operator gives an account another role.
//!
//! Never answers a page: a browser always says where a request like this comes from, and whoever
//! says so is refused, also under a name that somebody made lead to this machine.
//!
//! ```text
//! POST /accounts/role {"name": "Ann", "role": "admin"} -> {"account": "123", "role": "admin"}
//! ```

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::auth::{RoleRequest, role_of};

/// What an operator sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Promotion {
    name: String,
    role: String,
}

type Refused = (StatusCode, &'static str);

/// The routes; requests go to where accounts are.
pub(super) fn routes(roles: mpsc::Sender<RoleRequest>) -> Router {
    Router::new()
        .route("/accounts/role", post(promote))
        .with_state(roles)
}

async fn promote(
    State(roles): State<mpsc::Sender<RoleRequest>>,
    headers: HeaderMap,
    Json(Promotion { name, role }): Json<Promotion>,
) -> Result<Json<Value>, Refused> {
    if headers.contains_key(header::ORIGIN) {
        return Err((StatusCode::FORBIDDEN, "not for pages\n"));
    }
    let rule = "a role is player, bot, moderator or admin\n";
    let wanted = role_of(&role).ok_or((StatusCode::BAD_REQUEST, rule))?;
    let (reply, answer) = oneshot::channel();
    let request = RoleRequest {
        name,
        role: wanted,
        reply,
    };
    let busy = (StatusCode::SERVICE_UNAVAILABLE, "busy: try again\n");
    roles.try_send(request).map_err(|_| busy)?;
    match answer.await {
        Ok(Ok(Some(account))) => Ok(Json(json!({
            "account": account.0.to_string(),
            "role": role,
        }))),
        Ok(Ok(None)) => Err((StatusCode::NOT_FOUND, "nobody registered this name\n")),
        Ok(Err(_)) | Err(_) => Err(busy),
    }
}
