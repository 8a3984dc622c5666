//! The interface for bots, dashboards and bridges: `/api/v1`.
//!
//! Never does anything for a stranger but describe itself, never looks at a body before it knows
//! whose it is, and never answers an error without saying what to do.

mod lines;
mod openapi;
mod problem;
mod problems;
mod rooms;
mod say;
mod shapes;
mod stream;
mod target;
mod whispers;

use axum::extract::Query;
use hyper::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tickwire_shared::wire::Role;

use self::problem::Fault;
use self::target::Target;
use super::arriving::Arriving;
use super::routes::{Site, json_answer};
use super::{Answer, body};
use crate::engine::lobby::Goal;
use crate::gateway::{Caller, Gateway};

/// Whether a path is one of the interface.
pub(super) fn is_below(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// A request of somebody who is known.
struct Call<'a> {
    site: &'a Site,
    gateway: &'a Gateway,
    caller: Caller,
}

/// Answers a request.
pub(super) async fn answer(site: &Site, request: Request<Arriving>) -> Answer {
    let answer = route(site, request).await;
    answer.unwrap_or_else(Fault::into_answer)
}

/// What a request too many gets.
pub(super) fn too_many() -> Answer {
    let detail = "too many requests from this address: wait a second and try again";
    let fault = Fault::new(StatusCode::TOO_MANY_REQUESTS, "rate", detail);
    let mut answer = fault.after(1).into_answer();
    // What else waits in this connection is not worth reading.
    let close = HeaderValue::from_static("close");
    answer.headers_mut().insert(CONNECTION, close);
    answer
}

/// What a page of another origin gets.
pub(super) fn foreign(detail: &str) -> Answer {
    Fault::new(StatusCode::FORBIDDEN, "origin", detail).into_answer()
}

async fn route(site: &Site, request: Request<Arriving>) -> Result<Answer, Fault> {
    let nothing = || Fault::missing("there is nothing here: see /api/v1/openapi.json");
    let gateway = site.gateway.as_ref().ok_or_else(nothing)?;
    let target = Target::of(request.uri().path()).ok_or_else(nothing)?;
    if !target.has(request.method()) {
        return Err(Fault::not_with(target.methods()));
    }
    if target == Target::Description {
        return Ok(json_answer(openapi::json()));
    }
    let call = Call {
        site,
        gateway,
        caller: caller_of(site, gateway, &request).await?,
    };
    call.carry_out(target, request).await
}

/// Who sent a request.
async fn caller_of(
    site: &Site,
    gateway: &Gateway,
    request: &Request<Arriving>,
) -> Result<Caller, Fault> {
    let shown = request.headers().get(AUTHORIZATION);
    let shown = shown.and_then(|shown| shown.as_bytes().strip_prefix(b"Bearer "));
    let known = match shown {
        Some(shown) => gateway.identify(shown).await?,
        None => None,
    };
    match known {
        None => {
            site.metrics.gateway.unknown.inc();
            Err(Fault::unknown())
        }
        Some(caller) if caller.role < Role::Bot => Err(Fault::forbidden(
            "this account's role is not bot, moderator or admin: the operator can change that",
        )),
        Some(caller) => Ok(caller),
    }
}

impl Call<'_> {
    async fn carry_out(self, target: Target, request: Request<Arriving>) -> Result<Answer, Fault> {
        let get = *request.method() == Method::GET;
        match target {
            Target::Description | Target::Me => rooms::me(&self),
            Target::Rooms => rooms::list(&self),
            Target::Room(name) => rooms::one(&self, &name),
            Target::RoomLines(name) if get => {
                lines::read(&self, Goal::Room(name), query(request.uri())?).await
            }
            Target::RoomLines(name) => say::in_room(&self, name, request).await,
            Target::RoomEvents(name) => stream::open(&self, Goal::Room(name), request).await,
            Target::Announcements => say::announce(&self, request).await,
            Target::Whispers => whispers::list(&self, query(request.uri())?).await,
            Target::WhisperLines(with) if get => {
                whispers::check(&self, with).await?;
                lines::read(&self, Goal::Whisper(with), query(request.uri())?).await
            }
            Target::WhisperLines(with) => say::whisper(&self, with, request).await,
            Target::WhisperEvents(with) => {
                whispers::check(&self, with).await?;
                stream::open(&self, Goal::Whisper(with), request).await
            }
            Target::WhisperRead(with) => whispers::mark(&self, with, request).await,
        }
    }

    /// The body of a request, as it is described.
    async fn body<T: DeserializeOwned>(&self, request: Request<Arriving>) -> Result<T, Fault> {
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().map(str::trim).unwrap_or_default();
        if !kind.eq_ignore_ascii_case("application/json") {
            let rule = "the body is application/json";
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Fault::new(status, "media_type", rule));
        }
        let read = body::read(&self.site.metrics, request, "a body").await;
        let text = read.map_err(|refused| {
            let status = refused.status();
            Fault::new(status, "body", "the body is too long, too slow or no text")
        })?;
        serde_json::from_str(&text).map_err(|error| {
            // Where it is wrong, not what stands there.
            let (line, column) = (error.line(), error.column());
            let place = format!("line {line}, column {column}");
            Fault::bad(format!("the body is not as described, at {place}"))
        })
    }
}

/// The query of a request, as it is described.
fn query<T: DeserializeOwned>(uri: &Uri) -> Result<T, Fault> {
    let query = Query::try_from_uri(uri);
    let wrong = "the query is not as described: see /api/v1/openapi.json";
    query
        .map(|Query(query)| query)
        .map_err(|_| Fault::bad(wrong))
}

/// Something as JSON.
fn shown<T: Serialize>(value: &T) -> Result<Answer, Fault> {
    let json = serde_json::to_vec(value);
    json.map(json_answer).map_err(|_| Fault::late())
}
