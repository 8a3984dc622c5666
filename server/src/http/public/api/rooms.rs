//! Who is there: the caller, the rooms, and the players in one.
//!
//! Never waits.

use super::problem::Fault;
use super::problems::{KNOWN, NAMED, Problems};
use super::shapes::{Me, Player, Rooms, Roster};
use super::{Call, shown};
use crate::auth::role_name;
use crate::http::public::Answer;

/// Who the token stands for.
#[utoipa::path(
    get, path = "/api/v1/me", tag = "bots", security(("bot" = [])),
    responses(
        (status = 200, body = Me),
        Problems<KNOWN>,
    ),
)]
pub(super) fn me(call: &Call<'_>) -> Result<Answer, Fault> {
    let caller = &call.caller;
    shown(&Me {
        account: caller.account.0.to_string(),
        name: caller.name.clone(),
        role: role_name(caller.role).to_owned(),
    })
}

/// The rooms that are open.
#[utoipa::path(
    get, path = "/api/v1/rooms", tag = "rooms", security(("bot" = [])),
    responses(
        (status = 200, body = Rooms),
        Problems<KNOWN>,
    ),
)]
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Fault> {
    let rooms = call.gateway.front().rooms();
    let rooms = rooms.into_iter().map(Into::into).collect();
    shown(&Rooms { rooms })
}

/// A room and who is in it, with teams and scores.
#[utoipa::path(
    get, path = "/api/v1/rooms/{room}", tag = "rooms", security(("bot" = [])),
    params(("room" = String, Path, description = "The name of a room that is open.")),
    responses(
        (status = 200, body = Roster),
        Problems<KNOWN>, Problems<NAMED>,
    ),
)]
pub(super) fn one(call: &Call<'_>, name: &str) -> Result<Answer, Fault> {
    let missing = "no such room is open: GET /api/v1/rooms lists those that are";
    let room = call.gateway.front().room(name);
    let room = room.ok_or_else(|| Fault::missing(missing))?;
    shown(&Roster {
        name: name.to_owned(),
        tick: room.tick.0,
        players: room.players.iter().map(Player::from).collect(),
    })
}
