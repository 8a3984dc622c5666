//! What requests and answers look like, in JSON.
//!
//! Never holds a number that JSON's numbers may not hold: accounts are texts.

use serde::{Deserialize, Serialize};
use tickwire_shared::wire::{self, Line, RosterEntry};
use utoipa::{IntoParams, ToSchema};

use super::problem::Fault;
use crate::auth::role_name;
use crate::engine::RoomInfo;
use crate::engine::lobby::Seated;
use crate::gateway;
use crate::limits::{LONG_POLL_SECONDS_MAX, STREAM_SECONDS_MAX};

/// Who the token stands for.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// The account; a number as a text.
    pub account: String,
    /// Its name.
    pub name: String,
    /// What it may do: bot, moderator or admin.
    pub role: String,
}

/// The rooms that are open.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rooms {
    /// Each of them.
    pub rooms: Vec<Room>,
}

/// A room.
#[derive(Debug, Serialize, ToSchema)]
pub struct Room {
    /// Its name.
    pub name: String,
    /// Seats taken.
    pub players: usize,
    /// Seats.
    pub seats: usize,
    /// Its newest tick.
    pub tick: u32,
}

impl From<RoomInfo> for Room {
    fn from(room: RoomInfo) -> Room {
        Room {
            name: room.name,
            players: room.players,
            seats: room.seats,
            tick: room.tick.0,
        }
    }
}

/// A room and who is in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Roster {
    /// Its name.
    pub name: String,
    /// Its newest tick.
    pub tick: u32,
    /// Who is there.
    pub players: Vec<Player>,
}

/// A player in a room.
#[derive(Debug, Serialize, ToSchema)]
pub struct Player {
    /// The seat.
    pub player: u16,
    /// The account; a number as a text.
    pub account: String,
    /// The name; unique in the room.
    pub name: String,
    /// What it may do: player, bot, moderator or admin.
    pub role: String,
    /// The team, in a game that has teams; not told in events.
    pub team: Option<u8>,
    /// The score, in a game that keeps one; not told in events.
    pub score: Option<i64>,
}

impl From<&RosterEntry> for Player {
    fn from(entry: &RosterEntry) -> Player {
        Player {
            player: entry.player.0,
            account: entry.account.0.to_string(),
            name: entry.name.to_string(),
            role: role_name(entry.role).to_owned(),
            team: None,
            score: None,
        }
    }
}

impl From<&Seated> for Player {
    fn from(seated: &Seated) -> Player {
        Player {
            team: seated.team,
            score: seated.score,
            ..Player::from(&seated.entry)
        }
    }
}

/// Lines of a log, from a cursor on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Lines {
    /// Where to go on: the value of `after` for the next request.
    #[schema(example = "1234567890:42")]
    pub cursor: String,
    /// The epoch of the offsets; with another one, earlier cursors mean nothing.
    pub epoch: u32,
    /// Whether lines after the cursor of the request are not there any more.
    pub cut: bool,
    /// How many they are; null when nobody knows.
    pub missed: Option<u64>,
    /// The lines, without a gap.
    pub lines: Vec<ChatLine>,
}

/// A line.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChatLine {
    /// Its place in the log.
    pub offset: u64,
    /// Who wrote it; a number as a text.
    pub account: String,
    /// That account's name at the time.
    pub name: String,
    /// That account's role at the time.
    pub role: String,
    /// The server's time in milliseconds since 1970.
    pub at_ms: u64,
    /// The newest tick of its author's room at the time.
    pub tick: u32,
    /// How it is meant.
    pub manner: Manner,
    /// The text, as it was written: escape it where it is shown.
    pub text: String,
}

/// How a line is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Manner {
    /// Said.
    #[default]
    Said,
    /// What its author does.
    Emote,
    /// From the server itself.
    Notice,
}

impl From<wire::Manner> for Manner {
    fn from(manner: wire::Manner) -> Manner {
        match manner {
            wire::Manner::Said => Manner::Said,
            wire::Manner::Emote => Manner::Emote,
            wire::Manner::Notice => Manner::Notice,
        }
    }
}

impl From<&Line> for ChatLine {
    fn from(line: &Line) -> ChatLine {
        ChatLine {
            offset: line.offset,
            account: line.from.0.to_string(),
            name: line.name.to_string(),
            role: role_name(line.role).to_owned(),
            at_ms: line.at,
            tick: line.tick.0,
            manner: line.manner.into(),
            text: line.text.to_string(),
        }
    }
}

/// What a stream sends, one after the other.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "it describes what streams send as text")]
pub struct StreamEvent {
    /// open, roster, line, joined, left or end.
    pub event: String,
    /// The cursor after it; of open and line.
    pub id: Option<String>,
    /// JSON: of open an `Opened`, of roster a list of `Player`, of line a `ChatLine`, of joined and
    /// left a `Player`, of end an object with the reason.
    pub data: String,
}

/// Where a stream begins.
#[derive(Debug, Serialize, ToSchema)]
pub struct Opened {
    /// The epoch of the offsets.
    pub epoch: u32,
    /// The offset of the first line that comes.
    pub first: u64,
    /// The offset that the next line of all will have.
    pub next: u64,
    /// Whether lines after the reader's cursor are not there any more.
    pub cut: bool,
    /// How many they are; null when nobody knows.
    pub missed: Option<u64>,
}

impl From<gateway::Opened> for Opened {
    fn from(start: gateway::Opened) -> Opened {
        Opened {
            epoch: start.epoch,
            first: start.first,
            next: start.next,
            cut: start.cut,
            missed: start.missed,
        }
    }
}

/// A line to be said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Say {
    /// Any text that no other line of this bot has; the same again is the same line.
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]+$")]
    pub client_id: String,
    /// The text, of at most 512 bytes in UTF-8, without control characters.
    #[schema(min_length = 1, max_length = 512)]
    pub text: String,
    /// How it is meant; said without it.
    #[serde(default)]
    pub manner: SayManner,
}

/// How a bot may mean a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SayManner {
    /// Said.
    #[default]
    Said,
    /// What the bot does.
    Emote,
}

/// A line that is stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct Said {
    /// Its place in the log.
    pub offset: u64,
}

/// Whispers that hold something unread.
#[derive(Debug, Serialize, ToSchema)]
pub struct Whispers {
    /// Each of them.
    pub whispers: Vec<Whisper>,
}

/// A whisper between the bot and one other account.
#[derive(Debug, Serialize, ToSchema)]
pub struct Whisper {
    /// The other one; a number as a text.
    pub account: String,
    /// The value of `after` that gives what is unread.
    pub cursor: String,
    /// How many lines are unread, the bot's own among them.
    pub unread: u64,
}

/// How far a bot has read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Where it stands: the `cursor` of the lines it has read.
    #[schema(pattern = "^[0-9]{1,10}:[0-9]{1,20}$", example = "1234567890:42")]
    pub cursor: String,
}

/// Where to read from, and how long to wait for it.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReadQuery {
    /// A cursor, `EPOCH:OFFSET`: that of the answer before. Without it the last 32 lines come.
    #[param(pattern = "^[0-9]{1,10}:[0-9]{1,20}$")]
    pub after: Option<String>,
    /// Seconds to wait for a line when there is none.
    #[param(minimum = 0, maximum = 30)]
    pub wait: Option<u32>,
}

/// How long to wait.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WaitQuery {
    /// Seconds to wait for something unread when there is nothing.
    #[param(minimum = 0, maximum = 30)]
    pub wait: Option<u32>,
}

/// Where a stream begins, and how long it lasts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// A cursor, `EPOCH:OFFSET`; the header `Last-Event-ID` wins over it. Without both the last 32
    /// lines come.
    #[param(pattern = "^[0-9]{1,10}:[0-9]{1,20}$")]
    pub after: Option<String>,
    /// Seconds until it ends; it may be gone on with from its last id.
    #[param(minimum = 1, maximum = 540)]
    pub seconds: Option<u32>,
}

/// Epoch and the next offset of a cursor. Numbers that no log has are taken as such.
pub(super) fn cursor_of(text: &str) -> Result<(u32, u64), Fault> {
    let wrong = || Fault::bad("a cursor is EPOCH:OFFSET, as an answer or the id of an event says");
    let (epoch, next) = text.split_once(':').ok_or_else(wrong)?;
    let digits = |text: &str, most| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !digits(epoch, 10) || !digits(next, 20) {
        return Err(wrong());
    }
    let next = next.parse().unwrap_or(u64::MAX);
    // An epoch that is none fits no log: then the offset must not either.
    Ok(epoch.parse().map_or((0, u64::MAX), |epoch| (epoch, next)))
}

/// A cursor as text.
pub(super) fn cursor_text(epoch: u32, next: u64) -> String {
    format!("{epoch}:{next}")
}

/// Seconds to wait.
pub(super) fn wait_of(wait: Option<u32>) -> Result<u32, Fault> {
    let wait = wait.unwrap_or(0);
    if wait > LONG_POLL_SECONDS_MAX {
        let rule = format!("wait is at most {LONG_POLL_SECONDS_MAX} seconds");
        return Err(Fault::bad(rule));
    }
    Ok(wait)
}

/// Seconds a stream lasts.
pub(super) fn seconds_of(seconds: Option<u32>) -> Result<u32, Fault> {
    let seconds = seconds.unwrap_or(STREAM_SECONDS_MAX);
    if !(1..=STREAM_SECONDS_MAX).contains(&seconds) {
        let rule = format!("a stream lasts 1 to {STREAM_SECONDS_MAX} seconds");
        return Err(Fault::bad(rule));
    }
    Ok(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_two_numbers_and_nothing_else() {
        assert_eq!(cursor_of("7:42").ok(), Some((7, 42)));
        assert_eq!(cursor_of("4294967295:0").ok(), Some((u32::MAX, 0)));
        assert_eq!(cursor_of("9999999999:1").ok(), Some((0, u64::MAX)));
        let most = cursor_of("1:99999999999999999999").ok();
        assert_eq!(most, Some((1, u64::MAX)));
        for wrong in [
            "", "7", ":", "7:", ":7", "-1:2", "1:2:3", "1: 2", "+1:2", "1:2x",
        ] {
            assert!(cursor_of(wrong).is_err(), "{wrong}");
        }
    }
}
