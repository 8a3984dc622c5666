//! Who is there, as plain data.
//!
//! Never tells more of somebody than the book of chat knows.

use std::collections::BTreeSet;

use serde::Serialize;
use tickwire_arena::Arena;
use tickwire_shared::client::Client;
use tickwire_shared::id::AccountId;
use tickwire_shared::wire::{Scope, Standing, Status};

use super::Panel;

/// People that are listed at the most.
const PEOPLE_MAX: usize = 256;

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
            name: name.to_owned(),
            status: status(client, account),
            room: room(client, account),
            stands,
            me: book.me() == Some(account),
            blocked: book.hides(account),
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
