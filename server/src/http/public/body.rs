//! The body of a request: bounded in length and in time.
//!
//! Never looks into it.

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::header::CONTENT_LENGTH;
use hyper::{Request, StatusCode};
use tokio::time::timeout;

use super::arriving::Arriving;
use super::{Answer, text};
use crate::limits::{HTTP_BODY_BYTES_MAX, HTTP_BODY_TIME_MAX};
use crate::metrics::{Metrics, Rejection};

/// The body as text, or what to answer instead. `what` it is, for people: "an offer".
pub(super) async fn read(
    metrics: &Metrics,
    request: Request<Arriving>,
    what: &str,
) -> Result<String, Answer> {
    let too_long = || {
        metrics.http.rejected(Rejection::TooLong).inc();
        let line = format!("{what} has at most {HTTP_BODY_BYTES_MAX} bytes");
        text(StatusCode::PAYLOAD_TOO_LARGE, &line)
    };
    let said = request.headers().get(CONTENT_LENGTH);
    let said = said.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|length| length > HTTP_BODY_BYTES_MAX) {
        return Err(too_long());
    }
    let body = Limited::new(request.into_body(), HTTP_BODY_BYTES_MAX);
    let Ok(body) = timeout(HTTP_BODY_TIME_MAX, body.collect()).await else {
        metrics.http.rejected(Rejection::Slow).inc();
        let line = format!("{what} took too long");
        return Err(text(StatusCode::REQUEST_TIMEOUT, &line));
    };
    let body = body.map_err(|error| match error.downcast_ref::<LengthLimitError>() {
        Some(_) => too_long(),
        None => text(
            StatusCode::BAD_REQUEST,
            &format!("{what} did not arrive whole"),
        ),
    })?;
    String::from_utf8(body.to_bytes().into())
        .map_err(|_| text(StatusCode::BAD_REQUEST, &format!("{what} is text")))
}
