//! Who is there, as plain data.
//!
//! Never tells more of somebody than the book of chat knows.

use std::collections::BTreeSet;

use serde::Serialize;
use tickwire_arena::Arena;
use tickwire_shared::client::Client;
use tickwire_shared::id::AccountId;
use tickwire_shared::wire::{Scope, Standing, Status};

use super::{Panel, printable};
use crate::limits::{BLOCKED_LINES_MAX, PEOPLE_LINES_MAX, PEOPLE_MAX, PEOPLE_WORDS_MAX};

/// Somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PersonState {
    /// The account, as a text: scripts round large numbers.
    pub account: String,
    /// The name.
    pub name: String,
    /// `online`, `away`, `offline`, or empty when nobody knows.
    pub status: &'static str,
    /// The room; empty for that of the player, or none.
    pub room: String,
    /// `here` in the player's room, `member`, `owner` or `invited` in what is open, else `friend`,
    /// or `blocked`.
    pub stands: &'static str,
    /// Whether it is the player.
    pub me: bool,
    /// Whether the player hears nothing from them.
    pub blocked: bool,
    /// Whether the player is told how they are present because it follows them.
    pub followed: bool,
}

impl Panel {
    /// Who is in what is open, then who is in the room, who else is followed, and who is blocked.
    #[must_use]
    pub fn people(&self, client: &Client<Arena>) -> Vec<PersonState> {
        let book = client.talk();
        let mut known = BTreeSet::new();
        let mut people = Vec::new();
        let mut add = |account: AccountId, name: &str, stands| {
            if people.len() < PEOPLE_MAX && known.insert(account) {
                people.push(self.person(client, account, name, stands));
            }
        };
        if let Some(log) = self.open_log().and_then(|log| book.log(log)) {
            if let Scope::Whisper { with, name } = log.scope() {
                add(*with, name, "member");
            }
            for member in log.members().values() {
                add(member.account, &member.name, standing(member.standing));
            }
        }
        for (player, name) in client.roster() {
            if let Some(account) = client.account_of(*player) {
                add(account, name, "here");
            }
        }
        for presence in book.presence() {
            add(presence.account, &presence.name, "friend");
        }
        for one in book.neighbours() {
            let stands = if one.blocked { "blocked" } else { "friend" };
            add(one.account, &one.name, stands);
        }
        people
    }

    /// The same in a few lines of words; those who do not fit are counted.
    #[must_use]
    pub fn people_in_words(&self, client: &Client<Arena>) -> Vec<String> {
        let people = self.people(client);
        let words: Vec<String> = people.iter().map(PersonState::in_words).collect();
        in_lines(&words, PEOPLE_LINES_MAX)
    }

    /// Whom the player blocks, in lines of words, and how that ends.
    #[must_use]
    pub fn blocked_in_words(&self, client: &Client<Arena>) -> Vec<String> {
        let blocked = client.talk().neighbours().filter(|one| one.blocked);
        let names: Vec<String> = blocked.map(|one| called(&one.name)).collect();
        if names.is_empty() {
            return vec!["You block nobody. /block NAME hides what somebody says.".to_owned()];
        }
        let mut lines = vec!["You hear nothing from these; /unblock NAME ends that:".to_owned()];
        lines.extend(in_lines(&names, BLOCKED_LINES_MAX));
        lines
    }

    fn person(
        &self,
        client: &Client<Arena>,
        account: AccountId,
        name: &str,
        stands: &'static str,
    ) -> PersonState {
        let book = client.talk();
        PersonState {
            account: account.0.to_string(),
            name: called(name),
            status: status(client, account),
            room: printable(&room(client, account)),
            stands,
            me: book.me() == Some(account),
            blocked: book.hides(account),
            followed: book.follows(account),
        }
    }
}

impl PersonState {
    /// The name, and what there is to say of them.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self.detail() {
            detail if detail.is_empty() => self.name.clone(),
            detail => format!("{} ({detail})", self.name),
        }
    }

    /// What there is to say of them besides the name; may be empty.
    #[must_use]
    pub fn detail(&self) -> String {
        let how = match (self.me, self.blocked, self.stands, self.room.as_str()) {
            (true, ..) => "you".to_owned(),
            (_, true, ..) => "blocked".to_owned(),
            (.., "invited", _) => "invited".to_owned(),
            (.., "") if self.status == "online" => String::new(),
            (.., "") => self.status.to_owned(),
            (.., room) if self.status == "away" => format!("away, in {room}"),
            (.., room) => format!("in {room}"),
        };
        match (self.followed, how.as_str()) {
            (false, _) => how,
            (true, "") => "followed".to_owned(),
            (true, how) => format!("followed, {how}"),
        }
    }
}

/// A name as it is shown; some have none.
fn called(name: &str) -> String {
    match name {
        "" => "somebody".to_owned(),
        name => printable(name),
    }
}

/// Words side by side in at most so many lines; those that do not fit are counted.
fn in_lines(all: &[String], most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (at, words) in all.iter().enumerate() {
        let fits = |line: &&mut String| {
            line.chars().count() + words.chars().count() + 2 <= PEOPLE_WORDS_MAX
        };
        if let Some(line) = lines.last_mut().filter(fits) {
            line.push_str(", ");
            line.push_str(words);
        } else if lines.len() < most {
            lines.push(words.clone());
        } else {
            lines.push(format!("and {} more", all.len() - at));
            break;
        }
    }
    lines
}

/// How somebody is present: whoever is in the room is there, unless they look elsewhere. Of whoever
/// is blocked nothing is shown.
pub(super) fn status(client: &Client<Arena>, account: AccountId) -> &'static str {
    let told = client.talk().presence_of(account);
    let here = client.player_of(account).is_some() && !client.talk().hides(account);
    match (told.map(|presence| presence.status), here) {
        (Some(Status::Away), _) => "away",
        (Some(Status::Online), _) | (None, true) => "online",
        (Some(Status::Offline), _) => "offline",
        (None, false) => "",
    }
}

/// In which other room somebody is; empty for none.
pub(super) fn room(client: &Client<Arena>, account: AccountId) -> String {
    let told = client.talk().presence_of(account);
    let here = client.player_of(account).is_some();
    let told = told.filter(|_| !here);
    told.map(|presence| presence.room.to_string())
        .unwrap_or_default()
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Invited => "invited",
        Standing::Owner => "owner",
        Standing::Member | Standing::Left => "member",
    }
}
