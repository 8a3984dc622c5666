//! Registering and logging in: a name, a password and a room in, a token out, both as JSON.
//!
//! Never judges a password, and never keeps one: they go to where accounts are.

use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Request, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tickwire_shared::chat::check_room_name;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::arriving::Arriving;
use super::routes::{Arrival, Site, json_answer};
use super::{Answer, body, text};
use crate::auth::{LoggedIn, LoginAct, LoginError, LoginRequest, Secret};
use crate::engine::storage::StoreFault;
use crate::limits::LOGIN_TIME_MAX;
use crate::metrics::Rejection;

/// What is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    name: String,
    password: String,
    /// A text; looked at by itself, so that whoever left it out is told so.
    #[serde(default)]
    room: Value,
}

/// Answers a request with a name and a password.
pub(super) async fn answer(
    site: &Site,
    act: LoginAct,
    arrival: Arrival,
    request: Request<Arriving>,
) -> Answer {
    // A form of another page cannot say so without being asked about its origin first.
    let kind = request.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/json") {
        return text(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "a login is application/json",
        );
    }
    let body = match body::read(&site.metrics, request, "a login").await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    let Ok(login) = serde_json::from_str(&body) else {
        // What is wrong is not said: it would repeat parts of a password.
        let line = r#"a login is {"name": "...", "password": "...", "room": "..."}"#;
        return text(StatusCode::BAD_REQUEST, line);
    };
    let Login {
        name,
        password,
        room,
    } = login;
    let room = match room_of(room) {
        Ok(room) => room,
        Err(line) => return text(StatusCode::BAD_REQUEST, &line),
    };
    let (reply, answered) = oneshot::channel();
    let request = LoginRequest {
        act,
        name,
        password: Secret::new(password),
        room,
        from: arrival.from.ip().to_canonical(),
        reply,
    };
    if site.logins.try_send(request).is_err() {
        return refusal(LoginError::Busy);
    }
    match timeout(LOGIN_TIME_MAX, answered).await {
        Ok(Ok(Ok(logged_in))) => accepted(&logged_in),
        Ok(Ok(Err(error))) => {
            if matches!(error, LoginError::Crowded(_)) {
                site.metrics.http.rejected(Rejection::Logins).inc();
            }
            refusal(error)
        }
        Ok(Err(_)) => refusal(LoginError::Busy),
        Err(_) => refusal(LoginError::Store(StoreFault::Busy)),
    }
}

/// The one room that a login is for, or what to do about it.
fn room_of(room: Value) -> Result<String, String> {
    let Value::String(room) = room else {
        let line = r#"room is missing: add "room": "NAME", the one room to join"#;
        return Err(line.to_owned());
    };
    match check_room_name(&room) {
        Ok(()) => Ok(room),
        Err(fault) => Err(format!(
            "room is no name of a room, {fault}: give the name of the one room to join"
        )),
    }
}

/// The account is a text: its number has more digits than JSON's numbers are read with.
fn accepted(logged_in: &LoggedIn) -> Answer {
    let json = json!({
        "account": logged_in.account.0.to_string(),
        "name": logged_in.name,
        "token": logged_in.token.reveal(),
    });
    json_answer(json.to_string())
}

fn refusal(error: LoginError) -> Answer {
    let (status, seconds) = match error {
        LoginError::Name(_) | LoginError::Password(_) => (StatusCode::BAD_REQUEST, None),
        LoginError::Taken => (StatusCode::CONFLICT, None),
        LoginError::Closed => (StatusCode::FORBIDDEN, None),
        LoginError::Wrong => (StatusCode::UNAUTHORIZED, None),
        LoginError::TooMany(seconds) | LoginError::Crowded(seconds) => {
            (StatusCode::TOO_MANY_REQUESTS, Some(seconds))
        }
        LoginError::Busy => (StatusCode::TOO_MANY_REQUESTS, Some(2)),
        LoginError::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, Some(5)),
    };
    let mut answer = text(status, &error.to_string());
    if let Some(seconds) = seconds {
        let headers = answer.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}
