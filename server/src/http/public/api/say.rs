//! Saying a line: in a room, to one account, to everybody.
//!
//! Never answers before the line is on the disk, and never judges it: the desk does, as for
//! everybody.

use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, StatusCode};
use tickwire_shared::id::AccountId;
use tickwire_shared::wire::{
    Address, BoundedStr, ChatCommand, ChatNews, ChatRefusal, Manner, Role, ServerControl, Whom,
};
use tokio::time::timeout;

use super::problem::{Fault, refused};
use super::problems::{KNOWN, NAMED, Problems, SAYS, SENT};
use super::shapes::{Said, Say, SayManner};
use super::{Call, shown};
use crate::auth::digest_number;
use crate::engine::lobby::Goal;
use crate::gateway::Visitor;
use crate::http::public::Answer;
use crate::http::public::arriving::Arriving;
use crate::limits::{CLIENT_ID_BYTES_MAX, GATEWAY_TIME_MAX};

/// Says a line in a room.
#[utoipa::path(
    post, path = "/api/v1/rooms/{room}/lines", tag = "rooms", security(("bot" = [])),
    params(("room" = String, Path, description = "The name of a room.")),
    request_body = Say,
    responses(
        (status = 201, body = Said, description = "It is stored."),
        Problems<KNOWN>, Problems<NAMED>, Problems<SENT>, Problems<SAYS>,
    ),
)]
pub(super) async fn in_room(
    call: &Call<'_>,
    name: String,
    request: Request<Arriving>,
) -> Result<Answer, Fault> {
    let say: Say = call.body(request).await?;
    say_to(call, Goal::Room(name), Address::Room, say).await
}

/// Whispers a line to an account, whether it is there or not.
#[utoipa::path(
    post, path = "/api/v1/whispers/{account}/lines", tag = "whispers", security(("bot" = [])),
    params(
        ("account" = String, Path, description = "The other account.", pattern = "^[0-9]{1,20}$"),
    ),
    request_body = Say,
    responses(
        (status = 201, body = Said, description = "It is stored."),
        Problems<KNOWN>, Problems<NAMED>, Problems<SENT>, Problems<SAYS>,
    ),
)]
pub(super) async fn whisper(
    call: &Call<'_>,
    with: AccountId,
    request: Request<Arriving>,
) -> Result<Answer, Fault> {
    let say: Say = call.body(request).await?;
    let to = Address::Whisper(Whom::Account(with));
    say_to(call, Goal::Whisper(with), to, say).await
}

/// Announces a line to everybody; for admins.
#[utoipa::path(
    post, path = "/api/v1/announcements", tag = "bots", security(("bot" = [])),
    request_body = Say,
    responses(
        (status = 201, body = Said, description = "It is stored."),
        Problems<KNOWN>, Problems<SENT>, Problems<SAYS>,
    ),
)]
pub(super) async fn announce(call: &Call<'_>, request: Request<Arriving>) -> Result<Answer, Fault> {
    if call.caller.role < Role::Admin {
        return Err(Fault::forbidden("only accounts of the role admin announce"));
    }
    let say: Say = call.body(request).await?;
    say_to(call, Goal::Server, Address::Server, say).await
}

async fn say_to(call: &Call<'_>, goal: Goal, to: Address, say: Say) -> Result<Answer, Fault> {
    let id = say.client_id.as_bytes();
    let printable = id.iter().all(u8::is_ascii_graphic);
    if id.is_empty() || id.len() > CLIENT_ID_BYTES_MAX || !printable {
        let rule = format!("client_id is 1 to {CLIENT_ID_BYTES_MAX} visible ASCII characters");
        return Err(Fault::bad(rule));
    }
    if say.text.is_empty() {
        return Err(refused(ChatRefusal::Empty, 0));
    }
    let client_id = digest_number(id);
    let text = BoundedStr::new(&say.text);
    let text = text.map_err(|_| refused(ChatRefusal::TooLong, 0))?;
    let manner = match say.manner {
        SayManner::Said => Manner::Said,
        SayManner::Emote => Manner::Emote,
    };
    let mut visitor = call.gateway.visit(&call.caller, goal, None).await?;
    visitor.say(ChatCommand::Say {
        client_id,
        to,
        manner,
        text,
    });
    let stored = timeout(GATEWAY_TIME_MAX, outcome(&mut visitor, client_id)).await;
    let offset = stored.unwrap_or_else(|_| Err(Fault::late()))?;
    let mut answer = shown(&Said { offset })?;
    *answer.status_mut() = StatusCode::CREATED;
    let kind = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(answer)
}

/// Waits until a line is stored or refused.
async fn outcome(visitor: &mut Visitor, line: u64) -> Result<u64, Fault> {
    loop {
        match visitor.next().await? {
            ServerControl::Talk(ChatNews::Acked {
                client_id, offset, ..
            }) if client_id == line => return Ok(offset),
            ServerControl::Talk(ChatNews::Refused {
                client_id,
                reason,
                seconds,
            }) if client_id == line => return Err(refused(reason, seconds)),
            _ => {}
        }
    }
}
