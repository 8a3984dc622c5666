//! Server-Sent Events: what happens in a room or a whisper, as it happens.
//!
//! Never makes an event before its reader has taken those before, and never leaves one out: a
//! reader that is too slow is ended, and goes on from its last id.
//!
//! ```text
//! event: open    id: EPOCH:OFFSET of the first line     data: epoch, first, next, cut, missed
//! event: roster                                         data: a list of players
//! event: line    id: EPOCH:OFFSET to go on from         data: the line
//! event: joined, left                                   data: the player
//! event: end                                            data: why nothing more comes
//! : alive                                               a sign of life
//! ```

use std::fmt::Write as _;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response};
use serde::Serialize;
use serde_json::json;
use tickwire_shared::time::Instant;
use tokio::sync::mpsc;
use tokio::task::spawn_local;
use tokio::time::sleep;

use super::problem::Fault;
use super::problems::{DESCRIBED, KNOWN, NAMED, Problems};
use super::shapes::{
    ChatLine, Opened, Player, StreamEvent, StreamQuery, cursor_of, cursor_text, seconds_of,
};
use super::{Call, query};
use crate::engine::lobby::Goal;
use crate::gateway::{Event, Follower};
use crate::http::public::Answer;
use crate::http::public::arriving::Arriving;
use crate::http::public::content::Content;
use crate::http::public::routes::Since;
use crate::limits::{
    PUBLIC_CONNECTION_TIME_MAX, STREAM_ALIVE_EVERY, STREAM_ENDS_BEFORE, STREAM_PARTS_MAX,
    STREAM_RETRY_MS,
};

/// Where a reader that comes back stands.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// What is said in a room and who comes and goes, as it happens.
#[utoipa::path(
    get, path = "/api/v1/rooms/{room}/events", tag = "rooms", security(("bot" = [])),
    params(
        ("room" = String, Path, description = "The name of a room."),
        ("Last-Event-ID" = Option<String>, Header, description = "The last id the reader got.",
         pattern = "^([0-9]{1,10}:[0-9]{1,20})?$"),
        StreamQuery,
    ),
    responses(
        (status = 200, body = StreamEvent, content_type = "text/event-stream",
            description = "Events, each of this shape."),
        Problems<KNOWN>, Problems<DESCRIBED>, Problems<NAMED>,
    ),
)]
pub(super) async fn open(
    call: &Call<'_>,
    goal: Goal,
    request: Request<Arriving>,
) -> Result<Answer, Fault> {
    let StreamQuery { after, seconds } = query(request.uri())?;
    let asked = Duration::from_secs(seconds_of(seconds)?.into());
    let lasts = asked.min(left_of(call.site.clock.now(), request.extensions().get()));
    let last = last_id(request.headers())?;
    // Both have to be cursors, also the one that is not used.
    let last = last.as_deref().map(cursor_of).transpose()?;
    let after = after.as_deref().map(cursor_of).transpose()?;
    let cursor = last.or(after);
    let visitor = call.gateway.visit(&call.caller, goal, cursor).await?;
    let (parts, queue) = mpsc::channel(STREAM_PARTS_MAX);
    spawn_local(run(Follower::new(visitor, cursor), parts, lasts));
    let mut answer = Response::new(Content::Parts {
        queue,
        _place: None,
    });
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

/// How long a stream may last on a connection that may have answered others before: so that it
/// ends first.
fn left_of(now: Instant, since: Option<&Since>) -> Duration {
    let age = since.map_or(Duration::ZERO, |since| now.since(since.0));
    (PUBLIC_CONNECTION_TIME_MAX - STREAM_ENDS_BEFORE).saturating_sub(age)
}

/// What the reader says it got last; a browser without anything says an empty text.
fn last_id(headers: &HeaderMap) -> Result<Option<String>, Fault> {
    let Some(id) = headers.get(LAST_EVENT_ID) else {
        return Ok(None);
    };
    let wrong = "Last-Event-ID is not one that a stream gave";
    let id = id.to_str().map_err(|_| Fault::bad(wrong))?;
    Ok(Some(id.to_owned()).filter(|id| !id.is_empty()))
}

/// Sends events until somebody ends it: the reader, the server, or its time.
async fn run(mut follower: Follower, parts: mpsc::Sender<Bytes>, lasts: Duration) {
    let mut over = pin!(sleep(lasts));
    let mut part = format!("retry: {STREAM_RETRY_MS}\n\n");
    loop {
        if parts.send(Bytes::from(part)).await.is_err() {
            return;
        }
        part = tokio::select! {
            () = parts.closed() => return,
            () = &mut over => return,
            event = follower.next() => match event {
                Ok(event) => text_of(&event, follower.epoch()),
                Err(reason) => {
                    let why = json!({ "reason": reason.text() });
                    let _ = parts.send(Bytes::from(written("end", None, &why))).await;
                    return;
                }
            },
            () = sleep(STREAM_ALIVE_EVERY) => String::from(": alive\n\n"),
        };
    }
}

/// An event as the stream has it.
fn text_of(event: &Event, epoch: u32) -> String {
    match event {
        Event::Opened(start) => {
            let id = cursor_text(start.epoch, start.first);
            written("open", Some(&id), &Opened::from(*start))
        }
        Event::Lines(lines) => {
            let lines = lines.iter().map(|line| {
                let id = cursor_text(epoch, line.offset + 1);
                written("line", Some(&id), &ChatLine::from(line))
            });
            lines.collect()
        }
        Event::Roster(players) => {
            let players: Vec<Player> = players.iter().map(Into::into).collect();
            written("roster", None, &players)
        }
        Event::Joined(player) => written("joined", None, &Player::from(player)),
        Event::Left(player) => written("left", None, &Player::from(player)),
    }
}

/// JSON has no line breaks outside its texts, and escapes those inside.
fn written<T: Serialize>(name: &str, id: Option<&str>, data: &T) -> String {
    let mut text = format!("event: {name}\n");
    if let Some(id) = id {
        let _ = writeln!(text, "id: {id}");
    }
    let data = serde_json::to_string(data).unwrap_or_default();
    let _ = write!(text, "data: {data}\n\n");
    text
}

/// What is whispered with an account, as it happens.
#[utoipa::path(
    get, path = "/api/v1/whispers/{account}/events", tag = "whispers", security(("bot" = [])),
    params(
        ("account" = String, Path, description = "The other account.", pattern = "^[0-9]{1,20}$"),
        ("Last-Event-ID" = Option<String>, Header, description = "The last id the reader got.",
         pattern = "^([0-9]{1,10}:[0-9]{1,20})?$"),
        StreamQuery,
    ),
    responses(
        (status = 200, body = StreamEvent, content_type = "text/event-stream",
            description = "Events, each of this shape."),
        Problems<KNOWN>, Problems<DESCRIBED>, Problems<NAMED>,
    ),
)]
#[allow(dead_code, reason = "it describes what `open` answers for a whisper")]
pub(super) fn open_whisper() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_ends_before_its_connection_does() {
        let at = |seconds: u64| Instant::from_millis(seconds * 1_000);
        let left = |now, since| left_of(at(now), Some(&Since(at(since)))).as_secs();
        assert_eq!((left(70, 70), left(170, 70)), (570, 470));
        assert_eq!((left(640, 70), left(9_999, 70)), (0, 0));
    }

    #[test]
    fn no_text_breaks_out_of_its_event() {
        let text = written(
            "line",
            Some("7:1"),
            &json!({ "text": "a\nevent: end\r\ndata: x" }),
        );
        assert_eq!(text.matches('\n').count(), 4, "{text}");
        assert!(!text.contains('\r') && text.ends_with("\n\n"), "{text}");
    }
}
