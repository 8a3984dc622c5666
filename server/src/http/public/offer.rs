//! Offers of WebRTC: a bounded body in, an answer out.
//!
//! Never looks into an offer: whoever takes it does, and says what is wrong with it.

use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Request, Response, StatusCode};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::arriving::Arriving;
use super::routes::Arrival;
use super::{Answer, body, text, whole};
use crate::limits::OFFER_TIME_MAX;
use crate::metrics::Metrics;
use crate::transport::{OfferError, OfferRequest};

/// Answers a request that carries an offer.
pub(super) async fn answer(
    metrics: &Metrics,
    offers: &mpsc::Sender<OfferRequest>,
    arrival: Arrival,
    request: Request<Arriving>,
) -> Answer {
    let offer = match body::read(metrics, request, "an offer").await {
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

fn accepted(answer: String) -> Answer {
    let mut answer = Response::new(whole(answer));
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
