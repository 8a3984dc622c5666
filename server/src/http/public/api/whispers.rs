//! The caller's whispers: which hold something unread, and how far they are read.
//!
//! Never shows a whisper of others.

use std::time::Duration;

use hyper::{Request, Response, StatusCode};
use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::wire::{ChatCommand, ChatNews, ServerControl, Standing};
use tokio::time::timeout;

use super::lines::opened;
use super::problem::Fault;
use super::problems::{DESCRIBED, KNOWN, NAMED, Problems, SENT};
use super::shapes::{Mark, WaitQuery, Whisper, Whispers, cursor_of, cursor_text, wait_of};
use super::{Call, shown};
use crate::engine::lobby::Goal;
use crate::engine::storage::{Found, LogHead, LogKey, Membership, Query, StoreFault};
use crate::gateway::{Follower, Visitor};
use crate::http::public::arriving::Arriving;
use crate::http::public::{Answer, whole};
use crate::limits::{ACCOUNT_LOGS_MAX, GATEWAY_TIME_MAX};

/// Whispers that hold something unread, at most 256; with `wait` as soon as there is one.
#[utoipa::path(
    get, path = "/api/v1/whispers", tag = "whispers", security(("bot" = [])),
    params(WaitQuery),
    responses(
        (status = 200, body = Whispers),
        Problems<KNOWN>, Problems<DESCRIBED>,
    ),
)]
pub(super) async fn list(call: &Call<'_>, query: WaitQuery) -> Result<Answer, Fault> {
    let wait = Duration::from_secs(wait_of(query.wait)?.into());
    if wait.is_zero() {
        let whispers = unread(call).await?;
        return shown(&Whispers { whispers });
    }
    // It listens before it looks, so that nothing is said between.
    let mut visitor = call.gateway.visit(&call.caller, Goal::Inbox, None).await?;
    let mut whispers = unread(call).await?;
    if whispers.is_empty()
        && let Ok(outcome) = timeout(wait, whispered(&mut visitor)).await
    {
        outcome?;
        whispers = unread(call).await?;
    }
    shown(&Whispers { whispers })
}

/// Waits until somebody whispered something to the account.
async fn whispered(visitor: &mut Visitor) -> Result<(), Fault> {
    loop {
        if let ServerControl::Talk(ChatNews::Lines { .. }) = visitor.next().await? {
            return Ok(());
        }
    }
}

async fn unread(call: &Call<'_>) -> Result<Vec<Whisper>, Fault> {
    let me = call.caller.account;
    let logs = logs_of(call, me).await?;
    let whispers = logs.iter().filter_map(|(head, member)| {
        let other = other_of(&head.key, me)?;
        let unread = head.next.saturating_sub(member.read);
        (unread > 0 && member.standing == Standing::Member).then(|| Whisper {
            account: other.0.to_string(),
            cursor: cursor_text(head.epoch, member.read),
            unread,
        })
    });
    Ok(whispers.take(ACCOUNT_LOGS_MAX).collect())
}

async fn logs_of(call: &Call<'_>, account: AccountId) -> Result<Vec<(LogHead, Membership)>, Fault> {
    match call.gateway.find(Query::Desk(account)).await? {
        Found::Desk { logs, .. } => Ok(logs),
        _ => Err(StoreFault::Failed.into()),
    }
}

fn other_of(key: &LogKey, me: AccountId) -> Option<AccountId> {
    match *key {
        LogKey::Whisper(one, other) if one == me => Some(other),
        LogKey::Whisper(one, other) if other == me => Some(one),
        _ => None,
    }
}

/// Whether the caller has whispered with an account.
pub(super) async fn check(call: &Call<'_>, with: AccountId) -> Result<(), Fault> {
    let me = call.caller.account;
    let Found::Members(members) = call.gateway.find(Query::Whisper(me, with)).await? else {
        return Err(StoreFault::Failed.into());
    };
    let missing = "nothing was whispered between this bot and that account";
    match members.iter().any(|member| member.account == me) {
        true => Ok(()),
        false => Err(Fault::missing(missing)),
    }
}

/// Says how far the caller has read a whisper: those lines are unread no more.
#[utoipa::path(
    post, path = "/api/v1/whispers/{account}/read", tag = "whispers", security(("bot" = [])),
    params(
        ("account" = String, Path, description = "The other account.", pattern = "^[0-9]{1,20}$"),
    ),
    request_body = Mark,
    responses(
        (status = 204, description = "It is stored."),
        Problems<KNOWN>, Problems<NAMED>, Problems<SENT>,
    ),
)]
pub(super) async fn mark(
    call: &Call<'_>,
    with: AccountId,
    request: Request<Arriving>,
) -> Result<Answer, Fault> {
    let Mark { cursor } = call.body(request).await?;
    let cursor = cursor_of(&cursor)?;
    check(call, with).await?;
    let goal = Goal::Whisper(with);
    let visitor = call.gateway.visit(&call.caller, goal, Some(cursor)).await?;
    let mut follower = Follower::new(visitor, Some(cursor));
    let start = opened(&mut follower).await?;
    if (start.epoch, start.first) != cursor {
        let detail = "this cursor is of no line that is kept: read the whisper anew";
        return Err(Fault::new(StatusCode::CONFLICT, "stale", detail));
    }
    if start.read < start.first {
        let (log, read) = (follower.log(), start.first);
        follower.visitor().say(ChatCommand::Mark {
            log,
            delivered: read,
            read,
        });
        let me = call.caller.account;
        let marked = timeout(
            GATEWAY_TIME_MAX,
            marked(follower.visitor_mut(), (log, me), read),
        );
        let marked = marked.await;
        marked.unwrap_or_else(|_| Err(Fault::late()))?;
    }
    let mut answer = Response::new(whole(""));
    *answer.status_mut() = StatusCode::NO_CONTENT;
    Ok(answer)
}

/// Waits until the store has it: the desk tells readers of a mark once it is there.
async fn marked(
    visitor: &mut Visitor,
    (whisper, me): (LogId, AccountId),
    read: u64,
) -> Result<(), Fault> {
    loop {
        if let ServerControl::Talk(ChatNews::Receipts { log, receipts }) = visitor.next().await?
            && log == whisper
            && (receipts.iter()).any(|receipt| receipt.account == me && receipt.read >= read)
        {
            return Ok(());
        }
    }
}
