//! Reading lines from a cursor on, and waiting for one.
//!
//! Never leaves a line out between two cursors: what is not there any more is said to be cut.

use std::time::Duration;

use tickwire_shared::wire::Line;
use tokio::time::timeout;

use super::problem::Fault;
use super::problems::{DESCRIBED, KNOWN, NAMED, Problems};
use super::shapes::{Lines, ReadQuery, cursor_of, cursor_text, wait_of};
use super::{Call, shown};
use crate::engine::lobby::Goal;
use crate::gateway::{Event, Follower, Opened};
use crate::http::public::Answer;
use crate::limits::{GATEWAY_TIME_MAX, LINES_PER_ANSWER_MAX};

/// Lines of a room after a cursor; with `wait` as soon as there is one.
#[utoipa::path(
    get, path = "/api/v1/rooms/{room}/lines", tag = "rooms", security(("bot" = [])),
    params(("room" = String, Path, description = "The name of a room."), ReadQuery),
    responses(
        (status = 200, body = Lines),
        Problems<KNOWN>, Problems<DESCRIBED>, Problems<NAMED>,
    ),
)]
pub(super) async fn read(call: &Call<'_>, goal: Goal, query: ReadQuery) -> Result<Answer, Fault> {
    let wait = Duration::from_secs(wait_of(query.wait)?.into());
    let cursor = query.after.as_deref().map(cursor_of).transpose()?;
    let visitor = call.gateway.visit(&call.caller, goal, cursor).await?;
    let mut follower = Follower::new(visitor, cursor);
    let start = opened(&mut follower).await?;
    let mut lines = Vec::new();
    // What is there already comes at once; otherwise the first line is waited for.
    let patience = match start.first < start.next {
        true => GATEWAY_TIME_MAX,
        false => wait,
    };
    if !patience.is_zero()
        && let Ok(outcome) = timeout(patience, collect(&mut follower, &mut lines)).await
    {
        outcome?;
    }
    let next = lines.last().map_or(start.first, |line| line.offset + 1);
    shown(&Lines {
        cursor: cursor_text(start.epoch, next),
        epoch: start.epoch,
        cut: start.cut,
        missed: start.missed,
        lines: lines.iter().map(Into::into).collect(),
    })
}

/// Waits until the log is open.
pub(super) async fn opened(follower: &mut Follower) -> Result<Opened, Fault> {
    let opening = async {
        loop {
            if let Event::Opened(start) = follower.next().await? {
                return Ok(start);
            }
        }
    };
    timeout(GATEWAY_TIME_MAX, opening)
        .await
        .unwrap_or_else(|_| Err(Fault::late()))
}

/// The next lines, and those after them that are there, as many as go into an answer.
async fn collect(follower: &mut Follower, lines: &mut Vec<Line>) -> Result<(), Fault> {
    loop {
        match follower.next().await? {
            Event::Lines(more) => {
                lines.extend(more);
                if !follower.has_more() || lines.len() >= LINES_PER_ANSWER_MAX {
                    return Ok(());
                }
            }
            // History was cut meanwhile: the next request is told so.
            Event::Opened(_) => return Ok(()),
            _ => {}
        }
    }
}

/// Lines of a whisper after a cursor; with `wait` as soon as there is one.
#[utoipa::path(
    get, path = "/api/v1/whispers/{account}/lines", tag = "whispers", security(("bot" = [])),
    params(
        ("account" = String, Path, description = "The other account.", pattern = "^[0-9]{1,20}$"),
        ReadQuery,
    ),
    responses(
        (status = 200, body = Lines),
        Problems<KNOWN>, Problems<DESCRIBED>, Problems<NAMED>,
    ),
)]
#[allow(dead_code, reason = "it describes what `read` answers for a whisper")]
pub(super) fn read_whisper() {}
