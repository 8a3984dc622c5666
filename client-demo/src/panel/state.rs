//! The panel as plain data: what the page draws and tests read.
//!
//! Never holds more than is shown: the lines of what is open, and a few words of everything else.

use serde::{Serialize, Serializer};
use tickwire_arena::Arena;
use tickwire_shared::client::{Client, Log};
use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::wire::{Manner, Role, Scope};

use super::shelf::Before;
use super::words::{kind, rank, title};
use super::{Item, Panel, Part, PersonState, Place, Shelf, ShelfLine, parts, people, printable};
use crate::limits::SHELF_MAX;

/// Everything that is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PanelState {
    /// The panel's revision.
    pub revision: u64,
    /// The player's account; empty before the first join.
    pub me: String,
    /// The player's name; empty before the first join.
    pub name: String,
    /// Whether it is a guest's.
    pub guest: bool,
    /// `player`, `bot`, `moderator` or `admin`.
    pub role: &'static str,
    /// Whether the client is in a room.
    pub live: bool,
    /// What is open.
    #[serde(serialize_with = "place_text")]
    pub open: Option<Place>,
    /// Where the player can write or read.
    pub places: Vec<PlaceState>,
    /// The lines of what is open, oldest first.
    pub items: Vec<ItemState>,
    /// The first line that was unread when it was opened.
    pub fresh: Option<u64>,
    /// Whether there are older lines to ask for.
    pub more: bool,
    /// Whether they are on their way.
    pub loading: bool,
    /// Who writes in what is open.
    pub typing: Vec<String>,
    /// Who is there.
    pub people: Vec<PersonState>,
    /// Where the player may come in.
    pub invitations: Vec<InvitationState>,
}

/// What is shown while the chat is closed: what waits, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BriefState {
    /// The panel's revision.
    pub revision: u64,
    /// What is open.
    #[serde(serialize_with = "place_text")]
    pub open: Option<Place>,
    /// Where the player can write or read.
    pub places: Vec<PlaceState>,
    /// Where the player may come in.
    pub invitations: Vec<InvitationState>,
}

/// Where the player can write or read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlaceState {
    /// Its name for [`super::Act::Open`].
    #[serde(serialize_with = "place_text_of")]
    pub key: Place,
    /// `room`, `team`, `near`, `whisper`, `party`, `group` or `server`.
    pub kind: &'static str,
    /// What it is called.
    pub title: String,
    /// Lines the player has not seen.
    pub unread: u64,
    /// Lines among them that name the player.
    pub mentions: usize,
    /// How the other one of a whisper is present; empty elsewhere.
    pub status: &'static str,
    /// In which other room they are.
    pub room: String,
    /// Whether the player may write there.
    pub writable: bool,
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InvitationState {
    /// Into which log.
    pub log: String,
    /// By whom.
    pub by: String,
    /// To what.
    pub to: String,
}

/// Something among the lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "item", rename_all = "snake_case")]
pub enum ItemState {
    /// A line.
    Line(LineState),
    /// What the program says.
    Note {
        /// Its number.
        key: u64,
        /// The words.
        words: String,
    },
    /// Lines that are no longer kept.
    Cut {
        /// How many.
        lines: u64,
    },
    /// A line on its way out.
    Pending {
        /// Its id.
        id: String,
        /// What it says.
        text: String,
    },
    /// A line that was not taken.
    Failed {
        /// Its id.
        id: String,
        /// What it says.
        text: String,
        /// Why, and what to do.
        why: String,
        /// Whether it can be sent again as it is.
        again: bool,
    },
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineState {
    /// Its place in the log.
    pub offset: u64,
    /// Whose.
    pub from: String,
    /// Under which name.
    pub name: String,
    /// In which role.
    pub role: &'static str,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// `said`, `emote` or `notice`.
    pub manner: &'static str,
    /// Whether it is the player's own.
    pub mine: bool,
    /// Whether it names the player.
    pub mentioned: bool,
    /// The text.
    pub parts: Vec<Part>,
    /// Signs under it.
    pub reactions: Vec<ReactionState>,
    /// Of an own line: `sent`, `delivered` or `read`; empty for others.
    pub state: &'static str,
    /// By how many others it was read.
    pub read_by: usize,
}

/// A sign under a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReactionState {
    /// The sign.
    pub sign: String,
    /// How many put it there.
    pub count: u32,
    /// Whether the player is one of them.
    pub mine: bool,
}

impl Panel {
    /// Everything that is shown now.
    #[must_use]
    pub fn state(&self, client: &Client<Arena>) -> PanelState {
        let book = client.talk();
        let me = book.me();
        let shelf = self.open_shelf();
        PanelState {
            revision: self.revision,
            me: me.map(|me| me.0.to_string()).unwrap_or_default(),
            name: self.name.clone(),
            guest: me.is_some_and(AccountId::is_guest),
            role: role(book.role()),
            live: client.is_live(),
            open: self.open,
            places: self.places(client),
            items: self.items(client),
            fresh: self.fresh,
            more: shelf.is_some_and(|shelf| {
                shelf.older_than().is_some() && shelf.items().count() < SHELF_MAX
            }),
            loading: shelf.is_some_and(|shelf| shelf.before == Before::Asked),
            typing: self.typing_names(client),
            people: self.people(client),
            invitations: invitations(client),
        }
    }

    /// What is shown while the chat is closed: no line is looked at for it.
    #[must_use]
    pub fn brief(&self, client: &Client<Arena>) -> BriefState {
        BriefState {
            revision: self.revision,
            open: self.open,
            places: self.places(client),
            invitations: invitations(client),
        }
    }

    /// Who writes in what is open.
    #[must_use]
    pub fn typing_names(&self, client: &Client<Arena>) -> Vec<String> {
        let log = self.open_log().into_iter();
        let typists = log.flat_map(|log| client.talk().typists(log));
        typists.map(|who| self.name_of(who)).collect()
    }

    /// Where the player can write or read, in order.
    #[must_use]
    pub fn places(&self, client: &Client<Arena>) -> Vec<PlaceState> {
        let mut logs: Vec<_> = self.shelves.iter().collect();
        logs.sort_by_cached_key(|(log, shelf)| (rank(&shelf.scope), title(&shelf.scope), log.0));
        let logs = logs.into_iter();
        let logs = logs.map(|(log, shelf)| self.place_state(client, *log, &shelf.scope));
        let drafts = self.drafts.iter().map(|(account, name)| PlaceState {
            key: Place::New(*account),
            kind: "whisper",
            title: name.clone(),
            unread: 0,
            mentions: 0,
            status: people::status(client, *account),
            room: printable(&people::room(client, *account)),
            writable: true,
        });
        logs.chain(drafts).collect()
    }

    fn place_state(&self, client: &Client<Arena>, log: LogId, scope: &Scope) -> PlaceState {
        let known = client.talk().log(log);
        let with = match scope {
            Scope::Whisper { with, .. } => Some(*with),
            _ => None,
        };
        let read = known.map_or(0, Log::read);
        let mentions = self.shelves.get(&log).map_or(0, |shelf| {
            let news = shelf.lines().rev();
            let news = news.take_while(|shown| shown.line.offset >= read);
            let shown = news.filter(|shown| !client.talk().hides(shown.line.from));
            shown.filter(|shown| shown.mentioned).count()
        });
        PlaceState {
            key: Place::Log(log),
            kind: kind(scope),
            title: title(scope),
            unread: known.map_or(0, Log::unread),
            mentions,
            status: with.map_or("", |with| people::status(client, with)),
            room: with.map_or(String::new(), |with| printable(&people::room(client, with))),
            writable: !matches!(scope, Scope::Server) || client.talk().role() == Role::Admin,
        }
    }

    /// The lines of what is open, then those on their way out, then those that were not taken.
    fn items(&self, client: &Client<Arena>) -> Vec<ItemState> {
        let book = client.talk();
        let log = self.open_log().and_then(|log| book.log(log));
        let shelf = self.open_shelf().into_iter().flat_map(Shelf::items);
        let hidden = |item: &&Item| match item {
            Item::Line(shown) => book.hides(shown.line.from),
            _ => false,
        };
        let shown = shelf.filter(|item| !hidden(item));
        let mut items: Vec<ItemState> = shown
            .map(|item| match item {
                Item::Line(shown) => ItemState::Line(self.line_state(shown, log)),
                Item::Note(key, words) => ItemState::Note {
                    key: *key,
                    words: words.clone(),
                },
                Item::Cut(lines) => ItemState::Cut { lines: *lines },
            })
            .collect();
        items.extend(self.outgoing(client));
        items
    }

    fn outgoing(&self, client: &Client<Arena>) -> Vec<ItemState> {
        let book = client.talk();
        let open = self.open;
        let waiting = book.waiting().filter(|line| {
            open.is_some_and(|open| self.is_at(&line.address(), open))
                || self.said.get(&line.client_id) == Some(&open)
        });
        let failed = self.failed.iter();
        let failed = failed.filter(|failed| failed.place.is_none() || failed.place == open);
        let pending = waiting.map(|line| ItemState::Pending {
            id: line.client_id.to_string(),
            text: printable(&line.text),
        });
        let failed = failed.map(|failed| ItemState::Failed {
            id: failed.client_id.to_string(),
            text: printable(&failed.text),
            why: failed.why.clone(),
            again: book
                .refused()
                .any(|line| line.client_id == failed.client_id),
        });
        failed.chain(pending).collect()
    }

    fn line_state(&self, shown: &ShelfLine, log: Option<&Log>) -> LineState {
        let line = &shown.line;
        let state = match log {
            _ if !shown.mine => "",
            Some(log) if log.read_by(line.offset) > 0 => "read",
            Some(log) if log.delivered_to(line.offset) > 0 => "delivered",
            _ => "sent",
        };
        let reactions = shown.reactions.iter().map(|reaction| ReactionState {
            sign: printable(&reaction.sign),
            count: reaction.count,
            mine: reaction.mine,
        });
        LineState {
            offset: line.offset,
            from: line.from.0.to_string(),
            name: printable(&line.name),
            role: role(line.role),
            at: line.at,
            manner: match line.manner {
                Manner::Said => "said",
                Manner::Emote => "emote",
                Manner::Notice => "notice",
            },
            mine: shown.mine,
            mentioned: shown.mentioned,
            parts: parts(&printable(&line.text), &self.name),
            reactions: reactions.collect(),
            state,
            read_by: log.map_or(0, |log| log.read_by(line.offset)),
        }
    }
}

fn invitations(client: &Client<Arena>) -> Vec<InvitationState> {
    let all = client.talk().invitations().iter();
    all.map(|(log, invitation)| InvitationState {
        log: log.0.to_string(),
        by: printable(&invitation.name),
        to: super::words::invitation(&invitation.scope),
    })
    .collect()
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Player => "player",
        Role::Bot => "bot",
        Role::Moderator => "moderator",
        Role::Admin => "admin",
    }
}

/// A place as its text, or nothing.
pub(super) fn place_text<S: Serializer>(place: &Option<Place>, to: S) -> Result<S::Ok, S::Error> {
    match place {
        Some(place) => to.collect_str(place),
        None => to.serialize_none(),
    }
}

fn place_text_of<S: Serializer>(place: &Place, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(place)
}
