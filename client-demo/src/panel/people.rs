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
use crate::limits::{PEOPLE_LINES_MAX, PEOPLE_MAX, PEOPLE_WORDS_MAX};

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
    /// `here` in the player's room, `member`, `owner` or `invited` in what is open, `friend`.
    pub stands: &'static str,
    /// Whether it is the player.
    pub me: bool,
    /// Whether the player hears nothing from them.
    pub blocked: bool,
}

impl Panel {
    /// Who is in what is open, then who is in the room, then who else is followed.
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
        for (account, presence) in book.presence() {
            add(*account, &presence.name, "friend");
        }
        people
    }

    /// The same in a few lines of words; those who do not fit are counted.
    #[must_use]
    pub fn people_in_words(&self, client: &Client<Arena>) -> Vec<String> {
        let people = self.people(client);
        let mut lines: Vec<String> = Vec::new();
        for (at, person) in people.iter().enumerate() {
            let words = person.in_words();
            let fits = |line: &&mut String| {
                line.chars().count() + words.chars().count() + 2 <= PEOPLE_WORDS_MAX
            };
            if let Some(line) = lines.last_mut().filter(fits) {
                line.push_str(", ");
                line.push_str(&words);
            } else if lines.len() < PEOPLE_LINES_MAX {
                lines.push(words);
            } else {
                lines.push(format!("and {} more", people.len() - at));
                break;
            }
        }
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
            name: printable(name),
            status: status(client, account),
            room: printable(&room(client, account)),
            stands,
            me: book.me() == Some(account),
            blocked: book.hides(account),
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
        match (self.me, self.blocked, self.stands, self.room.as_str()) {
            (true, ..) => "you".to_owned(),
            (_, true, ..) => "blocked".to_owned(),
            (.., "invited", _) => "invited".to_owned(),
            (.., "") if self.status == "online" => String::new(),
            (.., "") => self.status.to_owned(),
            (.., room) if self.status == "away" => format!("away, in {room}"),
            (.., room) => format!("in {room}"),
        }
    }
}

/// How somebody is present: whoever is in the room is there, unless they look elsewhere.
pub(super) fn status(client: &Client<Arena>, account: AccountId) -> &'static str {
    let told = client.talk().presence().get(&account);
    let here = client.player_of(account).is_some();
    match (told.map(|presence| presence.status), here) {
        (Some(Status::Away), _) => "away",
        (Some(Status::Online), _) | (None, true) => "online",
        (Some(Status::Offline), _) => "offline",
        (None, false) => "",
    }
}

/// In which other room somebody is; empty for none.
pub(super) fn room(client: &Client<Arena>, account: AccountId) -> String {
    let told = client.talk().presence().get(&account);
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
