//! What an answer says when something is not done: RFC 9457, with a code for programs.
//!
//! Never repeats what was sent.

use hyper::header::WWW_AUTHENTICATE;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde::Serialize;
use tickwire_shared::close::CloseReason;
use tickwire_shared::wire::ChatRefusal;
use utoipa::ToSchema;

use crate::engine::lobby::NotLetIn;
use crate::engine::storage::StoreFault;
use crate::gateway::NoVisit;
use crate::http::public::{Answer, whole};

/// Why something was not done, as RFC 9457 has it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status.
    status: u16,
    /// What to do about it, for people.
    detail: String,
    /// Which problem it is, for programs.
    #[schema(example = "unauthorized")]
    code: &'static str,
}

/// Why something was not done.
#[derive(Debug)]
pub(super) struct Fault {
    status: StatusCode,
    code: &'static str,
    detail: String,
    /// Seconds after which it makes sense again.
    retry: Option<u32>,
    /// The methods that there are.
    allow: Option<&'static str>,
}

impl Fault {
    /// One of this status.
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Fault {
        Fault {
            status,
            code,
            detail: detail.into(),
            retry: None,
            allow: None,
        }
    }

    /// The same, that goes by.
    pub(super) fn after(self, seconds: u32) -> Fault {
        let retry = Some(seconds.max(1));
        Fault { retry, ..self }
    }

    /// Something in the request is not as described.
    pub(super) fn bad(detail: impl Into<String>) -> Fault {
        Fault::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    /// There is nothing of that name.
    pub(super) fn missing(detail: impl Into<String>) -> Fault {
        Fault::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// The role is not enough.
    pub(super) fn forbidden(detail: impl Into<String>) -> Fault {
        Fault::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// It took too long.
    pub(super) fn late() -> Fault {
        let detail = "the server did not get to it in time: try again, with the same client_id";
        Fault::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).after(2)
    }

    /// Nobody knows the token.
    pub(super) fn unknown() -> Fault {
        let detail = "send Authorization: Bearer and a bot's token, which the operator makes \
                      with POST /bots on the admin listener; this one is missing, wrong or revoked";
        Fault::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    /// These are the methods.
    pub(super) fn not_with(allow: &'static str) -> Fault {
        let detail = format!("not with this method: use {allow}");
        let allow = Some(allow);
        Fault {
            allow,
            ..Fault::new(StatusCode::METHOD_NOT_ALLOWED, "method", detail)
        }
    }

    /// The answer.
    pub(super) fn into_answer(self) -> Answer {
        let problem = Problem {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Problem"),
            status: self.status.as_u16(),
            detail: self.detail,
            code: self.code,
        };
        let json = serde_json::to_vec(&problem).unwrap_or_default();
        let mut answer = Response::new(whole(json));
        *answer.status_mut() = self.status;
        let headers = answer.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(CONTENT_TYPE, kind);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            headers.insert(WWW_AUTHENTICATE, bearer);
        }
        answer
    }
}

impl From<StoreFault> for Fault {
    fn from(fault: StoreFault) -> Fault {
        Fault::new(StatusCode::SERVICE_UNAVAILABLE, "store", fault.to_string()).after(2)
    }
}

impl From<NoVisit> for Fault {
    fn from(why: NoVisit) -> Fault {
        match why {
            NoVisit::Refused(NotLetIn::Closed(reason)) => reason.into(),
            NoVisit::Refused(NotLetIn::TooManyOfAccount) => {
                let detail = "this bot has too many streams and requests open: end some";
                Fault::new(StatusCode::TOO_MANY_REQUESTS, "too_many", detail).after(1)
            }
            NoVisit::Refused(NotLetIn::TooMany) => {
                let detail = "all bots together have too many streams and requests open: try again";
                Fault::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).after(2)
            }
            NoVisit::Revoked => Fault::unknown(),
            NoVisit::Store(fault) => fault.into(),
        }
    }
}

impl From<CloseReason> for Fault {
    fn from(reason: CloseReason) -> Fault {
        let unavailable = StatusCode::SERVICE_UNAVAILABLE;
        match reason {
            CloseReason::NoSuchRoom => {
                Fault::missing("no such room is open: GET /api/v1/rooms lists those that are")
            }
            CloseReason::Banned => Fault::forbidden("this bot is banned from the server"),
            CloseReason::Kicked => Fault::forbidden("a moderator has sent this bot away"),
            CloseReason::BadCredential => Fault::unknown(),
            CloseReason::SlowConsumer => {
                let detail = "too much was said meanwhile: go on from your cursor";
                Fault::new(unavailable, "slow", detail).after(1)
            }
            other => Fault::new(unavailable, "unavailable", other.text()).after(2),
        }
    }
}

/// What became of a line that was not taken, `seconds` long.
pub(super) fn refused(reason: ChatRefusal, seconds: u32) -> Fault {
    let of = |status, code| Fault::new(status, code, reason.text());
    match reason {
        ChatRefusal::TooFast => of(StatusCode::TOO_MANY_REQUESTS, "too_fast").after(seconds),
        ChatRefusal::Repeated => of(StatusCode::TOO_MANY_REQUESTS, "repeated").after(seconds),
        ChatRefusal::SlowMode => of(StatusCode::TOO_MANY_REQUESTS, "slow_mode").after(seconds),
        ChatRefusal::TooMany => of(StatusCode::TOO_MANY_REQUESTS, "too_many").after(seconds),
        ChatRefusal::Empty => of(StatusCode::UNPROCESSABLE_ENTITY, "empty"),
        ChatRefusal::BadText => of(StatusCode::UNPROCESSABLE_ENTITY, "bad_text"),
        ChatRefusal::TooLong => of(StatusCode::UNPROCESSABLE_ENTITY, "too_long"),
        ChatRefusal::Words => of(StatusCode::UNPROCESSABLE_ENTITY, "words"),
        ChatRefusal::Stale => of(StatusCode::CONFLICT, "stale"),
        ChatRefusal::Muted => of(StatusCode::FORBIDDEN, "muted"),
        ChatRefusal::NotAllowed => of(StatusCode::FORBIDDEN, "forbidden"),
        ChatRefusal::Blocked => of(StatusCode::FORBIDDEN, "blocked"),
        ChatRefusal::NotMember => of(StatusCode::NOT_FOUND, "not_found"),
        ChatRefusal::NoSuchPlayer => of(StatusCode::NOT_FOUND, "no_such_player"),
        ChatRefusal::StoreBusy => of(StatusCode::SERVICE_UNAVAILABLE, "store_busy").after(1),
        ChatRefusal::StoreFull => of(StatusCode::SERVICE_UNAVAILABLE, "store_full").after(10),
        ChatRefusal::StoreFailed => of(StatusCode::SERVICE_UNAVAILABLE, "store_failed").after(5),
    }
}
