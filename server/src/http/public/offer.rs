//! Offers of WebRTC: a bounded body in, an answer out.
//!
//! Never looks into an offer: whoever takes it does, and says what is wrong with it.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::{Request, Response, StatusCode};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::routes::Arrival;
use super::{Answer, text};
use crate::limits::{HTTP_BODY_BYTES_MAX, HTTP_BODY_TIME_MAX, OFFER_TIME_MAX};
use crate::metrics::{Metrics, Rejection};
use crate::transport::{OfferError, OfferRequest};

/// Answers a request that carries an offer.
pub(super) async fn answer(
    metrics: &Metrics,
    offers: &mpsc::Sender<OfferRequest>,
    arrival: Arrival,
    request: Request<Incoming>,
) -> Answer {
    let offer = match read(metrics, request).await {
        Ok(offer) => offer,
        Err(refused) => return refused,
    };
    let (reply, answered) = oneshot::channel();
    let request = OfferRequest {
        offer,
        at: arrival.at,
        from: arrival.from.ip().to_canonical(),
        reply,
    };
    if offers.try_send(request).is_err() {
        return refusal(OfferError::Full);
    }
    match timeout(OFFER_TIME_MAX, answered).await {
        Ok(Ok(Ok(answer))) => accepted(answer),
        Ok(Ok(Err(error))) => refusal(error),
        Ok(Err(_)) | Err(_) => refusal(OfferError::Full),
    }
}

/// The body as text, or what to answer instead.
async fn read(metrics: &Metrics, request: Request<Incoming>) -> Result<String, Answer> {
    let too_long = || {
        metrics.http.rejected(Rejection::TooLong).inc();
        let line = format!("an offer has at most {HTTP_BODY_BYTES_MAX} bytes");
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
        return Err(text(StatusCode::REQUEST_TIMEOUT, "the offer took too long"));
    };
    let body = body.map_err(|error| match error.downcast_ref::<LengthLimitError>() {
        Some(_) => too_long(),
        None => text(StatusCode::BAD_REQUEST, "the offer did not arrive whole"),
    })?;
    String::from_utf8(body.to_bytes().into())
        .map_err(|_| text(StatusCode::BAD_REQUEST, "an offer is text"))
}

fn accepted(answer: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(answer)));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/sdp"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn refusal(error: OfferError) -> Answer {
    match error {
        OfferError::Bad(wrong) => {
            let line = format!("this is no usable offer: {wrong}");
            text(StatusCode::BAD_REQUEST, &line)
        }
        OfferError::TooMany => text(
            StatusCode::TOO_MANY_REQUESTS,
            "too many links from this address: close one or try again in a moment",
        ),
        OfferError::Full => text(
            StatusCode::SERVICE_UNAVAILABLE,
            "the server has no free place: try again in a moment",
        ),
    }
}
