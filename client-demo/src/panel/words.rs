//! Titles of places, and sentences about what became of a wish.
//!
//! Never names a secret, and never more of a stranger's text than a name.

use tickwire_shared::wire::{Ask, ChatRefusal, Reaction, Sanction, Scope, Whom};

/// Signs that are offered for a line; there is no other limit to them than their length.
pub const SIGNS: [&str; 6] = ["👍", "❤\u{fe0f}", "😂", "🎉", "😮", "👎"];

/// A stranger's words without what steers a terminal or turns the line around: a server may not
/// have looked at them.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().filter(|glyph| !steers(*glyph)).collect()
}

/// Whether a character steers what shows it.
#[must_use]
pub fn steers(glyph: char) -> bool {
    glyph.is_control() || matches!(glyph, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What a place is called.
#[must_use]
pub fn title(scope: &Scope) -> String {
    match scope {
        Scope::Room { name } => printable(name),
        Scope::Team { number } => format!("Team {number}"),
        Scope::Near => "Nearby".to_owned(),
        Scope::Whisper { name, .. } => printable(name),
        Scope::Party => "Party".to_owned(),
        Scope::Group { name } => printable(name),
        Scope::Server => "Server".to_owned(),
    }
}

/// The place of a line among those of other places; empty for the room. What players call a group
/// is told from what the program calls a place.
#[must_use]
pub fn tag(scope: &Scope) -> String {
    match scope {
        Scope::Room { .. } => String::new(),
        Scope::Whisper { .. } => "whisper".to_owned(),
        Scope::Group { .. } => format!("group {}", title(scope)),
        other => title(other),
    }
}

/// Signs under a line, in short.
#[must_use]
pub fn signs(reactions: &[Reaction]) -> String {
    let all = reactions.iter();
    let all = all.map(|known| format!("{} {}", printable(&known.sign), known.count));
    all.collect::<Vec<_>>().join("  ")
}

/// The kind of a place, for styles and tests.
#[must_use]
pub fn kind(scope: &Scope) -> &'static str {
    match scope {
        Scope::Room { .. } => "room",
        Scope::Team { .. } => "team",
        Scope::Near => "near",
        Scope::Whisper { .. } => "whisper",
        Scope::Party => "party",
        Scope::Group { .. } => "group",
        Scope::Server => "server",
    }
}

/// In which order places are listed.
#[must_use]
pub fn rank(scope: &Scope) -> u8 {
    match scope {
        Scope::Room { .. } => 0,
        Scope::Team { .. } => 1,
        Scope::Near => 2,
        Scope::Party => 3,
        Scope::Group { .. } => 4,
        Scope::Whisper { .. } => 5,
        Scope::Server => 6,
    }
}

/// What an invitation is to.
#[must_use]
pub fn invitation(scope: &Scope) -> String {
    match scope {
        Scope::Group { .. } => format!("the group {}", title(scope)),
        _ => "a party".to_owned(),
    }
}

/// What is said when a wish is granted; `None` where the player sees it anyway.
pub fn done(what: &Ask, name: &str) -> Option<String> {
    Some(match what {
        Ask::Party => "You made a party. Invite somebody with /invite NAME.".to_owned(),
        Ask::Group { name } => {
            format!("You made the group {name}. Invite somebody with /invite NAME.")
        }
        Ask::Invite { .. } => format!("{name} is invited."),
        Ask::Accept { .. } | Ask::Leave { .. } => return None,
        Ask::Block { on: true, .. } => {
            format!("You hear nothing from {name} any more; /unblock ends that.")
        }
        Ask::Block { .. } => format!("You hear from {name} again."),
        Ask::Follow { on: true, .. } => format!("You see when {name} is there."),
        Ask::Follow { .. } => format!("You do not see any more when {name} is there."),
        Ask::Report { .. } => "Thank you: a moderator will look at it.".to_owned(),
        Ask::Sanction {
            sanction, seconds, ..
        } => sanctioned(*sanction, *seconds, name),
        Ask::SlowMode { seconds: 0, .. } => "Slow mode is over.".to_owned(),
        Ask::SlowMode { seconds, .. } => {
            format!("Slow mode: {seconds} s between two lines of one player.")
        }
    })
}

fn sanctioned(sanction: Sanction, seconds: u32, name: &str) -> String {
    let what = match sanction {
        Sanction::Shadow => "heard by nobody",
        Sanction::Mute => "muted",
        Sanction::Kick => return format!("{name} was sent away."),
        Sanction::Ban => "not let in",
    };
    match seconds {
        0 => format!("{name} is no longer {what}."),
        _ => format!("{name} is {what} for {}.", span(seconds)),
    }
}

/// A time as people say it.
#[must_use]
pub fn span(seconds: u32) -> String {
    let (count, unit) = match seconds {
        0..60 => (seconds, "s"),
        60..3_600 => (seconds / 60, "min"),
        3_600..86_400 => (seconds / 3_600, "h"),
        _ => (seconds / 86_400, "d"),
    };
    format!("{count} {unit}")
}

/// Why something was not done, and what to do about it.
#[must_use]
pub fn refusal(reason: ChatRefusal, seconds: u32) -> String {
    match seconds {
        0 => reason.text().to_owned(),
        _ => format!("{} ({} left)", reason.text(), span(seconds)),
    }
}

/// Whom a wish is about.
#[must_use]
pub fn whom_of(what: &Ask) -> Option<&Whom> {
    match what {
        Ask::Invite { whom, .. }
        | Ask::Block { whom, .. }
        | Ask::Follow { whom, .. }
        | Ask::Sanction { whom, .. } => Some(whom),
        _ => None,
    }
}
