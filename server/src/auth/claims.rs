//! What a token says, whatever its form, and whether that holds.
//!
//! Never looks at a signature: claims come here once somebody vouched for them.

use std::fmt;

use tickwire_shared::chat::check_room_name;
use tickwire_shared::wire::Role;

use super::checks::checks;
use super::issuer::{Issuer, IssuerKind};
use crate::engine::OTHER_ROOM;
use crate::limits::{
    JWT_TIME_MAX, TOKEN_ID_BYTES_MAX, TOKEN_LEEWAY, TOKEN_SUBJECT_BYTES_MAX, TOKEN_TIME_MAX,
};
use crate::runtime::clock::WallTime;

/// The room of a token that is good for all; no room is called that.
const ANY_ROOM: &str = "*";

/// Why a token is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// It is longer than any good one.
    TooLong,
    /// It is no token, or its claims are missing or of the wrong kind.
    Shape,
    /// Nobody known says to have made it.
    Issuer,
    /// It is signed in another way than its issuer's are, or asks for something unknown.
    Algorithm,
    /// It is not signed with its issuer's key.
    Signature,
    /// It is for another server.
    Audience,
    /// It is for another room.
    Room,
    /// It is for no room alone, as its issuer's must be.
    NoRoom,
    /// Its time is over.
    Expired,
    /// Its time has not come, as far as its issuer's clock can be trusted.
    Early,
    /// It would be good for too long.
    Lasting,
    /// Its subject, number, name or role is none.
    Claim,
}

impl fmt::Display for TokenFault {
    /// For the player; no more than what helps an honest one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TokenFault::Expired => "The login has expired: log in again.",
            TokenFault::Early | TokenFault::Lasting => {
                "The login is not good at this time: a clock may be wrong."
            }
            TokenFault::Room => OTHER_ROOM,
            TokenFault::NoRoom => {
                "The login is for no room, and must be for one: log in for the one you join."
            }
            _ => "This login is not good here.",
        })
    }
}

/// Claims as a token holds them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Raw {
    pub(super) subject: String,
    pub(super) audiences: Vec<String>,
    /// Seconds since 1970.
    pub(super) expires: u64,
    pub(super) issued: Option<u64>,
    pub(super) not_before: Option<u64>,
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) role: Option<String>,
    pub(super) room: Option<String>,
}

/// What a good token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Who made it.
    pub issuer: String,
    /// Whom it is about, in its issuer's words.
    pub subject: String,
    /// What that player is called there.
    pub name: Option<String>,
    /// What it may do.
    pub role: Role,
    /// The only room it is good for.
    pub room: Option<String>,
    /// Its number, different from that of any other token of any issuer.
    pub id: String,
    /// When it is not good any more, whatever the clocks.
    pub until: WallTime,
}

impl Raw {
    /// Whether these claims of an issuer hold now, for whoever wants this room.
    pub(super) fn judge(
        self,
        issuer: &Issuer,
        now: WallTime,
        wanted: Option<&str>,
    ) -> Result<Claims, TokenFault> {
        let room = self.room_of(issuer)?;
        self.check_times(issuer.kind, now)?;
        check_opens(room.as_deref(), wanted)?;
        let role = (self.role.as_deref()).map_or(Some(Role::Player), role_of);
        let allowed = role.is_some_and(|role| role <= issuer.role_max);
        let id = self.id.unwrap_or_default();
        let words =
            is_word(&id, TOKEN_ID_BYTES_MAX) && is_word(&self.subject, TOKEN_SUBJECT_BYTES_MAX);
        if !(allowed && words) && checks(TokenFault::Claim) {
            return Err(TokenFault::Claim);
        }
        let role = role.unwrap_or(Role::Player);
        Ok(Claims {
            id: format!("{}\n{id}", issuer.name),
            issuer: issuer.name.clone(),
            subject: self.subject,
            name: self.name,
            role,
            room,
            until: WallTime(self.expires).after(2 * TOKEN_LEEWAY),
        })
    }

    /// The one room it is for, if it is for one, and whether it is for this server at all.
    fn room_of(&self, issuer: &Issuer) -> Result<Option<String>, TokenFault> {
        let room = self.room.as_deref().unwrap_or(ANY_ROOM);
        let only = Some(room).filter(|room| *room != ANY_ROOM);
        if only.is_none() && !issuer.any_room && checks(TokenFault::NoRoom) {
            return Err(TokenFault::NoRoom);
        }
        let audience = match issuer.kind {
            IssuerKind::Paseto => format!("{}/{room}", issuer.audience),
            IssuerKind::JwtEdDsa | IssuerKind::JwtRs256 => issuer.audience.clone(),
        };
        if !self.audiences.contains(&audience) && checks(TokenFault::Audience) {
            return Err(TokenFault::Audience);
        }
        let is_none = only.is_some_and(|room| check_room_name(room).is_err());
        if is_none && checks(TokenFault::Claim) {
            return Err(TokenFault::Claim);
        }
        Ok(only.map(str::to_owned))
    }

    fn check_times(&self, kind: IssuerKind, now: WallTime) -> Result<(), TokenFault> {
        let longest = match kind {
            IssuerKind::Paseto => TOKEN_TIME_MAX,
            IssuerKind::JwtEdDsa | IssuerKind::JwtRs256 => JWT_TIME_MAX,
        };
        let starts = [self.issued, self.not_before].into_iter().flatten();
        let start = starts.max().ok_or(TokenFault::Shape)?;
        if WallTime(start) > now.after(TOKEN_LEEWAY) && checks(TokenFault::Early) {
            return Err(TokenFault::Early);
        }
        if WallTime(self.expires).after(TOKEN_LEEWAY) <= now && checks(TokenFault::Expired) {
            return Err(TokenFault::Expired);
        }
        let first = self.issued.unwrap_or(start).min(start);
        let lasts = self.expires.saturating_sub(first);
        if lasts > longest.as_secs() && checks(TokenFault::Lasting) {
            return Err(TokenFault::Lasting);
        }
        Ok(())
    }
}

/// Whether what is good in one room alone, if it is, opens the room that is wanted. Whoever wants
/// any gets that one.
pub(super) fn check_opens(only: Option<&str>, wanted: Option<&str>) -> Result<(), TokenFault> {
    let elsewhere = only.is_some_and(|only| wanted.is_some_and(|wanted| wanted != only));
    match elsewhere && checks(TokenFault::Room) {
        true => Err(TokenFault::Room),
        false => Ok(()),
    }
}

/// Text that can be compared and kept: not empty, not too long, nothing invisible.
fn is_word(text: &str, bytes_max: usize) -> bool {
    (1..=bytes_max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The role of this name.
#[must_use]
pub(crate) fn role_of(name: &str) -> Option<Role> {
    [Role::Player, Role::Bot, Role::Moderator, Role::Admin]
        .into_iter()
        .find(|role| role_name(*role) == name)
}

/// A role as tokens, configuration and requests write it.
#[must_use]
pub(crate) const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Player => "player",
        Role::Bot => "bot",
        Role::Moderator => "moderator",
        Role::Admin => "admin",
    }
}
