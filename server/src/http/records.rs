//! What players reported and what those with a role did, for operators to read.
//!
//! Never changes anything, and never shows a text of a player but within a string of JSON, which no
//! program that reads it takes for anything else.
//!
//! ```text
//! GET /reports?count=20&before=117 -> {"reports": [{"number": 116, "at": ..}, ..], "before": 97}
//! GET /audit                       -> {"audit": [{"number": 5, "at": ..}, ..], "before": null}
//! ```
//!
//! Newest first. `before` of an answer asks for the next page; after the last it is null.

use axum::extract::{Query as Asked, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::roles::{Office, Operator, Refused};
use crate::engine::storage::{Found, Query, StoreFault};
use crate::limits::RECORDS_PAGE_MAX;

/// Which of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    /// Below this number.
    before: Option<u64>,
    /// How many at the most.
    count: Option<usize>,
}

impl Page {
    fn below(&self) -> u64 {
        self.before.unwrap_or(u64::MAX)
    }

    fn count(&self) -> usize {
        self.count.unwrap_or(RECORDS_PAGE_MAX).min(RECORDS_PAGE_MAX)
    }
}

/// The routes, for those who show the token.
pub(super) fn routes() -> Router<Office> {
    Router::new()
        .route("/reports", get(reports))
        .route("/audit", get(audit))
}

async fn reports(
    State(office): State<Office>,
    _: Operator,
    Asked(page): Asked<Page>,
) -> Result<Response, Refused> {
    let (below, count) = (page.below(), page.count());
    let query = Query::Reports { below, count };
    answer("reports", count, office.records.ask(query).await)
}

async fn audit(
    State(office): State<Office>,
    _: Operator,
    Asked(page): Asked<Page>,
) -> Result<Response, Refused> {
    let (below, count) = (page.below(), page.count());
    let query = Query::Audit { below, count };
    answer("audit", count, office.records.ask(query).await)
}

fn answer(
    kind: &'static str,
    count: usize,
    found: Result<Found, StoreFault>,
) -> Result<Response, Refused> {
    let unread = "the store cannot be read: see the server's log\n";
    let Ok(Found::Texts(texts)) = found else {
        return Err((StatusCode::SERVICE_UNAVAILABLE, unread));
    };
    let full = texts.len() == count;
    let before = texts.last().filter(|_| full).map(|(number, _)| *number);
    let texts: Vec<Value> = texts.iter().map(record).collect();
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, Json(json!({ kind: texts, "before": before }))).into_response())
}

/// What is stored, with its number.
fn record((number, text): &(u64, String)) -> Value {
    let mut record = match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    record.insert("number".to_owned(), (*number).into());
    Value::Object(record)
}
