//! Slash commands: what a player types, read into what is meant.
//!
//! Never sends anything and never runs on the server, which knows typed commands only: a text that
//! looks like a command is a text there. What a command holds is checked like any other line before
//! it is sent.

#[cfg(test)]
mod tests;

use core::fmt;

/// What a player typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// A line; `//` at its start stands for one slash.
    Line(String),
    /// A command.
    Command(Slash),
}

/// Where a command's line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Everybody in the room.
    Room,
    /// The own team.
    Team,
    /// Whoever is near.
    Near,
    /// The own party.
    Party,
    /// The group that was used last.
    Group,
    /// Everybody on the server; for admins.
    Server,
}

/// What a moderator does to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// For so many seconds nobody hears what they say; 0 ends it.
    Shadow(u32),
    /// For so many seconds they say nothing; 0 ends it.
    Mute(u32),
    /// They are sent away once.
    Kick,
    /// For so many seconds they are not let in; 0 ends it.
    Ban(u32),
}

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slash {
    /// `/w NAME TEXT`: to one player.
    Whisper {
        /// Whom.
        to: String,
        /// What.
        text: String,
    },
    /// `/r TEXT`: to whoever whispered last.
    Reply(String),
    /// `/team TEXT` and the like: said in one place, whatever is open.
    Say(Place, String),
    /// `/me TEXT`: what the player does, where it would say something now.
    Emote(String),
    /// `/party` alone: a new party.
    NewParty,
    /// `/group NAME`: a new group.
    NewGroup(String),
    /// `/invite NAME`: into the party or group that is open.
    Invite(String),
    /// `/accept`: the newest invitation.
    Accept,
    /// `/leave`: the party or group that is open.
    Leave,
    /// `/block NAME` and `/unblock NAME`.
    Block(String, bool),
    /// `/blocked`: who is.
    Blocked,
    /// `/follow NAME` and `/unfollow NAME`.
    Follow(String, bool),
    /// `/report WHY`: the newest line of somebody else.
    Report(String),
    /// `/react SIGN`: under the newest line of what is open, or away again.
    React(String),
    /// `/people`: who is there.
    People,
    /// `/mute NAME 10m WHY` and the like.
    Moderate {
        /// Whom.
        whom: String,
        /// What happens to them.
        deed: Deed,
        /// Why; may be empty.
        why: String,
    },
    /// `/slow 10s`: seconds between two lines of one player in what is open; 0 for none.
    Slow(u16),
    /// `/help`.
    Help,
}

/// Why a command is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlashFault {
    /// There is no such command.
    Unknown(String),
    /// Something is missing; this is how to write it.
    Usage(&'static str),
    /// That is no time; and how to write the command.
    Time(String, &'static str),
}

impl fmt::Display for SlashFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SlashFault::Unknown(word) => write!(
                f,
                "There is no command /{word}. /help lists them; begin with // to say it."
            ),
            SlashFault::Usage(usage) => {
                write!(f, "Write it as {usage}.")?;
                if usage.contains("NAME") {
                    write!(f, " A name with spaces goes in quotes.")?;
                }
                Ok(())
            }
            SlashFault::Time(word, usage) => write!(
                f,
                "\"{word}\" is no time: write 30s, 10m, 2h or 7d, as in {usage}."
            ),
        }
    }
}

impl core::error::Error for SlashFault {}

/// Whom a command is offered. The server judges who may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Least {
    /// Everybody.
    Player,
    /// Moderators.
    Moderator,
    /// Admins.
    Admin,
}

use Least::{Admin, Moderator, Player};

/// Every command as it is written, what it does, and for whom it is.
pub const HELP: [(&str, &str, Least); 30] = [
    ("/w NAME TEXT", "whispers to somebody", Player),
    ("/r TEXT", "answers the last whisper", Player),
    ("/room TEXT", "says it to the room", Player),
    ("/team TEXT", "says it to your team", Player),
    ("/near TEXT", "says it to whoever is near", Player),
    (
        "/party TEXT",
        "says it to your party; alone it makes one",
        Player,
    ),
    ("/group NAME", "makes a group", Player),
    ("/g TEXT", "says it to the group you used last", Player),
    ("/me TEXT", "tells what you do", Player),
    (
        "/invite NAME",
        "asks somebody into your party or group",
        Player,
    ),
    ("/accept", "takes the newest invitation", Player),
    ("/leave", "leaves the party or group", Player),
    (
        "/block NAME",
        "hears nothing from somebody any more",
        Player,
    ),
    ("/unblock NAME", "hears from somebody again", Player),
    ("/blocked", "tells whom you hear nothing from", Player),
    ("/follow NAME", "shows whether somebody is there", Player),
    ("/unfollow NAME", "shows it no more", Player),
    ("/people", "tells who is there", Player),
    (
        "/react SIGN",
        "puts a sign under the newest line, or away",
        Player,
    ),
    (
        "/report WHY",
        "asks a moderator to look at the newest line",
        Player,
    ),
    (
        "/slow 10s",
        "makes everybody wait between two lines; /slow 0 ends it",
        Player,
    ),
    (
        "/mute NAME 10m WHY",
        "lets somebody say nothing for a time",
        Moderator,
    ),
    ("/unmute NAME", "ends that", Moderator),
    (
        "/shadow NAME 10m WHY",
        "lets nobody hear somebody for a time",
        Moderator,
    ),
    ("/unshadow NAME", "ends that", Moderator),
    ("/kick NAME WHY", "sends somebody away", Moderator),
    (
        "/ban NAME 1d WHY",
        "lets somebody not in for a time",
        Moderator,
    ),
    ("/unban NAME", "ends that", Moderator),
    (
        "/announce TEXT",
        "says it to everybody on the server",
        Admin,
    ),
    ("/help", "lists the commands", Player),
];

/// Reads what a player typed.
///
/// # Errors
/// When it begins with a slash and is no command, with what to do about it.
pub fn read(typed: &str) -> Result<Typed, SlashFault> {
    let typed = typed.trim();
    if let Some(line) = typed.strip_prefix("//") {
        return Ok(Typed::Line(format!("/{line}")));
    }
    let Some(command) = typed.strip_prefix('/') else {
        return Ok(Typed::Line(typed.to_owned()));
    };
    let (word, rest) = split_word(command);
    command_of(&word.to_lowercase(), rest).map(Typed::Command)
}

fn command_of(word: &str, rest: &str) -> Result<Slash, SlashFault> {
    Ok(match word {
        "w" | "whisper" | "msg" | "tell" => {
            let usage = "/w NAME TEXT";
            let (to, text) = name(rest, usage)?;
            let text = all(text, usage)?;
            Slash::Whisper { to, text }
        }
        "r" | "reply" => Slash::Reply(all(rest, "/r TEXT")?),
        "me" => Slash::Emote(all(rest, "/me TEXT")?),
        "party" | "p" if rest.is_empty() => Slash::NewParty,
        "group" => Slash::NewGroup(only_name(rest, "/group NAME")?),
        "invite" => Slash::Invite(only_name(rest, "/invite NAME")?),
        "accept" => Slash::Accept,
        "leave" => Slash::Leave,
        "block" => Slash::Block(only_name(rest, "/block NAME")?, true),
        "unblock" => Slash::Block(only_name(rest, "/unblock NAME")?, false),
        "blocked" => Slash::Blocked,
        "follow" => Slash::Follow(only_name(rest, "/follow NAME")?, true),
        "unfollow" => Slash::Follow(only_name(rest, "/unfollow NAME")?, false),
        "report" => Slash::Report(all(rest, "/report WHY")?),
        "react" => Slash::React(all(rest, "/react SIGN")?),
        "people" | "who" => Slash::People,
        "slow" => slow(rest)?,
        "help" | "?" => Slash::Help,
        _ => match place(word) {
            Some((place, usage)) => Slash::Say(place, all(rest, usage)?),
            None => moderate(word, rest)?,
        },
    })
}

fn place(word: &str) -> Option<(Place, &'static str)> {
    Some(match word {
        "room" => (Place::Room, "/room TEXT"),
        "team" | "t" => (Place::Team, "/team TEXT"),
        "near" | "n" => (Place::Near, "/near TEXT"),
        "party" | "p" => (Place::Party, "/party TEXT"),
        "g" => (Place::Group, "/g TEXT"),
        "announce" => (Place::Server, "/announce TEXT"),
        _ => return None,
    })
}

fn moderate(word: &str, rest: &str) -> Result<Slash, SlashFault> {
    let (deed, usage): (fn(u32) -> Deed, _) = match word {
        "shadow" => (Deed::Shadow, "/shadow NAME 10m WHY"),
        "unshadow" => (|_| Deed::Shadow(0), "/unshadow NAME"),
        "mute" => (Deed::Mute, "/mute NAME 10m WHY"),
        "unmute" => (|_| Deed::Mute(0), "/unmute NAME"),
        "kick" => (|_| Deed::Kick, "/kick NAME WHY"),
        "ban" => (Deed::Ban, "/ban NAME 1d WHY"),
        "unban" => (|_| Deed::Ban(0), "/unban NAME"),
        _ => return Err(SlashFault::Unknown(word.to_owned())),
    };
    let (whom, mut why) = name(rest, usage)?;
    let mut seconds = 0;
    if matches!(word, "shadow" | "mute" | "ban") {
        let (time, rest) = split_word(why);
        if time.is_empty() {
            return Err(SlashFault::Usage(usage));
        }
        let no_time = || SlashFault::Time(time.to_owned(), usage);
        seconds = seconds_of(time)
            .filter(|&seconds| seconds > 0)
            .ok_or_else(no_time)?;
        why = rest;
    }
    Ok(Slash::Moderate {
        whom,
        deed: deed(seconds),
        why: why.to_owned(),
    })
}

fn slow(rest: &str) -> Result<Slash, SlashFault> {
    let usage = "/slow 10s";
    if rest.is_empty() {
        return Err(SlashFault::Usage(usage));
    }
    let seconds = if rest == "off" {
        Some(0)
    } else {
        seconds_of(rest)
    };
    let seconds = seconds.and_then(|seconds| u16::try_from(seconds).ok());
    let no_time = || SlashFault::Time(rest.to_owned(), usage);
    Ok(Slash::Slow(seconds.ok_or_else(no_time)?))
}

/// Seconds of a time such as 90, 30s, 10m, 2h or 7d.
fn seconds_of(time: &str) -> Option<u32> {
    let digits = time.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match time[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain
        .then(|| digits.parse::<u32>().ok()?.checked_mul(unit))
        .flatten()
}

/// The text, which must be there.
fn all(rest: &str, usage: &'static str) -> Result<String, SlashFault> {
    if rest.is_empty() {
        return Err(SlashFault::Usage(usage));
    }
    Ok(rest.to_owned())
}

/// A name that is all there is; then it needs no quotes.
fn only_name(rest: &str, usage: &'static str) -> Result<String, SlashFault> {
    if rest.starts_with('"') {
        let (name, rest) = name(rest, usage)?;
        return rest
            .is_empty()
            .then_some(name)
            .ok_or(SlashFault::Usage(usage));
    }
    all(rest.strip_prefix('@').unwrap_or(rest).trim_start(), usage)
}

/// A name, in quotes when it has spaces, and what follows.
fn name<'a>(rest: &'a str, usage: &'static str) -> Result<(String, &'a str), SlashFault> {
    let missing = SlashFault::Usage(usage);
    let rest = rest.strip_prefix('@').unwrap_or(rest);
    let (name, rest) = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or(missing.clone())?,
        None => split_word(rest),
    };
    let name = name.trim();
    if name.is_empty() {
        return Err(missing);
    }
    Ok((name.to_owned(), rest.trim_start()))
}

/// The first word, and what follows without the blanks between.
fn split_word(text: &str) -> (&str, &str) {
    match text.split_once(char::is_whitespace) {
        Some((word, rest)) => (word, rest.trim_start()),
        None => (text, ""),
    }
}
