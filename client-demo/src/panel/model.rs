//! The panel itself: what is open, what the player looks at, and what there is to tell.
//!
//! Never counts unread lines itself: the book of chat does.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tickwire_arena::Arena;
use tickwire_shared::client::Client;
use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{Address, Scope};

use super::shelf::Before;
use super::{Item, Notice, NoticeKind, Place, Shelf, printable};
use crate::limits::{FAILED_MAX, NAMES_MAX, NOTICES_MAX, OLDER_RESTS, SHELF_CLOSED_MAX, SHELF_MAX};

/// How long after coming in a place may take to open before it counts as gone.
const OPENING_TAKES: Duration = Duration::from_secs(8);

/// A line that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Its id.
    pub client_id: u64,
    /// Where it was said.
    pub place: Option<Place>,
    /// What it says.
    pub text: String,
    /// Why it was not taken, and what to do.
    pub why: String,
}

/// Chat as one player sees it.
#[derive(Debug, Default)]
pub struct Panel {
    pub(super) shelves: BTreeMap<LogId, Shelf>,
    pub(super) open: Option<Place>,
    /// Lines from this offset on were unread when the open place was opened.
    pub(super) fresh: Option<u64>,
    /// Whether the player sees the newest lines of the open place.
    pub(super) watched: bool,
    /// Whether what the player types leaves open what is open, as where places are not shown.
    pub(super) stays: bool,
    /// Whispers that have no log yet.
    pub(super) drafts: BTreeMap<AccountId, String>,
    /// Where lines on their way out were said, by their ids.
    pub(super) said: BTreeMap<u64, Option<Place>>,
    pub(super) failed: VecDeque<Failed>,
    pub(super) names: BTreeMap<AccountId, Named>,
    /// Counts what was heard of people, to know of whom longest ago.
    heard_of: u64,
    /// Who whispered last.
    pub(super) last_whisper: Option<AccountId>,
    pub(super) notices: VecDeque<Notice>,
    pub(super) notes: u64,
    /// Parties and groups the player was asked into, the newest last.
    pub(super) invited: Vec<LogId>,
    /// The commands, once they were asked for where places are not shown.
    pub(super) help: Option<Vec<(&'static str, &'static str)>>,
    /// The player's name in the room.
    pub(super) name: String,
    joined_at: Option<Instant>,
    /// Whether places that did not open again since then were forgotten.
    swept: bool,
    /// Since when no older lines of what is open can be had.
    resting: Option<Instant>,
    /// Rises whenever something that is shown has changed.
    pub(super) revision: u64,
    print: Print,
}

/// What somebody is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    heard_of: u64,
}

/// What changes in the book without an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Print {
    live: bool,
    unread: u64,
    waiting: usize,
    newest: u64,
    typists: Vec<AccountId>,
    invitations: usize,
}

impl Panel {
    /// A panel in which commands leave open what is open.
    #[must_use]
    pub fn staying() -> Panel {
        Panel {
            stays: true,
            ..Panel::default()
        }
    }

    /// Rises whenever something that is shown has changed.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// What is open.
    #[must_use]
    pub fn open(&self) -> Option<Place> {
        self.open
    }

    /// The log that is open.
    #[must_use]
    pub fn open_log(&self) -> Option<LogId> {
        match self.open? {
            Place::Log(log) => Some(log),
            Place::New(_) => None,
        }
    }

    /// The lines of what is open.
    #[must_use]
    pub fn open_shelf(&self) -> Option<&Shelf> {
        self.shelves.get(&self.open_log()?)
    }

    /// The lines of a log.
    #[must_use]
    pub fn shelf(&self, log: LogId) -> Option<&Shelf> {
        self.shelves.get(&log)
    }

    /// The next thing to tell the player.
    pub fn take_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// The commands, if the player asked for them and they are not lines of a place.
    pub fn take_help(&mut self) -> Option<Vec<(&'static str, &'static str)>> {
        self.help.take()
    }

    /// Opens a place.
    pub fn show(&mut self, client: &Client<Arena>, place: Place) {
        if self.open == Some(place) {
            return;
        }
        if let Some(left) = self.open_log().and_then(|log| self.shelves.get_mut(&log)) {
            left.trim(SHELF_CLOSED_MAX);
        }
        self.open = Some(place);
        let log = self.open_log().and_then(|log| client.talk().log(log));
        self.fresh = log.filter(|log| log.unread() > 0).map(|log| log.read());
        self.changed();
    }

    /// Opens the whispers with somebody.
    pub fn whisper(&mut self, client: &Client<Arena>, account: AccountId) {
        let log = client.talk().whisper_with(account);
        let place = log.map_or(Place::New(account), |(id, _)| Place::Log(id));
        if place == Place::New(account) {
            self.drafts.insert(account, self.name_of(account));
        }
        self.show(client, place);
    }

    /// Whether the player sees the newest lines of what is open from now on.
    pub fn watch(&mut self, on: bool) {
        self.watched = on;
    }

    /// Everything there is to do at `now`, after the client's own frame.
    pub fn frame(&mut self, now: Instant, client: &mut Client<Arena>) {
        let since = *self.joined_at.get_or_insert(now);
        if !self.swept && now.since(since) > OPENING_TAKES && client.is_live() {
            self.swept = true;
            self.forget_gone(client);
        }
        self.rest(now);
        if self.watched
            && let Some(log) = self.open_log()
            && let Some(known) = client.talk().log(log)
            && known.read() < known.next()
        {
            let next = known.next();
            client.read(log, next);
        }
        let print = self.print(client);
        if print != self.print {
            self.print = print;
            self.changed();
        }
    }

    /// Who somebody is, by name.
    #[must_use]
    pub fn name_of(&self, account: AccountId) -> String {
        let known = self.names.get(&account).map(|known| known.name.clone());
        known.unwrap_or_else(|| "somebody".to_owned())
    }

    /// Asks for older lines again some time after there were none to be had.
    fn rest(&mut self, now: Instant) {
        let shelf = self.open_log().and_then(|log| self.shelves.get_mut(&log));
        let Some(shelf) = shelf.filter(|shelf| shelf.before == Before::Late) else {
            self.resting = None;
            return;
        };
        let since = *self.resting.get_or_insert(now);
        if now.since(since) >= OLDER_RESTS {
            shelf.before = Before::Perhaps;
            self.resting = None;
            self.changed();
        }
    }

    /// Where a line goes that is written in a place.
    pub(super) fn address(&self, place: Place) -> Option<Address> {
        let log = match place {
            Place::New(account) => return Some(to_account(account)),
            Place::Log(log) => log,
        };
        Some(match &self.shelves.get(&log)?.scope {
            Scope::Room { .. } => Address::Room,
            Scope::Team { .. } => Address::Team,
            Scope::Near => Address::Near,
            Scope::Server => Address::Server,
            Scope::Whisper { with, .. } => to_account(*with),
            Scope::Party | Scope::Group { .. } => Address::Log(log),
        })
    }

    /// Whether a line to `to` belongs to a place.
    pub(super) fn is_at(&self, to: &Address, place: Place) -> bool {
        self.address(place).as_ref() == Some(to)
            || matches!((to, place), (Address::Log(log), Place::Log(other)) if *log == other)
    }

    pub(super) fn changed(&mut self) {
        self.revision += 1;
    }

    /// Somebody came in, or came back.
    pub(super) fn joined(&mut self, name: &str) {
        self.name = printable(name);
        (self.joined_at, self.swept) = (None, false);
        self.changed();
    }

    pub(super) fn learn(&mut self, account: AccountId, name: &str) {
        self.heard_of += 1;
        if self.names.len() >= NAMES_MAX && !self.names.contains_key(&account) {
            let oldest = self.names.iter().min_by_key(|(_, known)| known.heard_of);
            if let Some(oldest) = oldest.map(|(account, _)| *account) {
                self.names.remove(&oldest);
            }
        }
        let named = Named {
            name: printable(name),
            heard_of: self.heard_of,
        };
        self.names.insert(account, named);
    }

    /// Says something to this player alone, where they look: in what is open, else wherever.
    pub(super) fn note(&mut self, words: &str) {
        let open = self.open_log().filter(|log| self.shelves.contains_key(log));
        match open.filter(|_| !self.stays) {
            Some(log) => self.note_in(log, words),
            None => self.tell(Notice {
                kind: NoticeKind::Answer,
                title: words.to_owned(),
                text: String::new(),
                place: None,
            }),
        }
    }

    pub(super) fn note_in(&mut self, log: LogId, words: &str) {
        self.notes += 1;
        let note = Item::Note(self.notes, printable(words));
        self.put(log, note);
    }

    /// Puts something at the end of a log.
    pub(super) fn put(&mut self, log: LogId, item: Item) {
        let most = if self.open_log() == Some(log) {
            SHELF_MAX
        } else {
            SHELF_CLOSED_MAX
        };
        if let Some(shelf) = self.shelves.get_mut(&log) {
            shelf.push(item, most);
        }
        self.changed();
    }

    /// Tells the player something; at [`NOTICES_MAX`] untaken ones the oldest goes.
    pub(super) fn tell(&mut self, notice: Notice) {
        let notice = Notice {
            title: printable(&notice.title),
            text: printable(&notice.text),
            ..notice
        };
        if self.notices.len() >= NOTICES_MAX {
            self.notices.pop_front();
        }
        self.notices.push_back(notice);
        self.changed();
    }

    pub(super) fn fail(&mut self, failed: Failed) {
        if self.failed.len() >= FAILED_MAX {
            self.failed.pop_front();
        }
        self.failed.push_back(failed);
        self.changed();
    }

    /// Places that did not open again after a new link are no longer the player's.
    fn forget_gone(&mut self, client: &Client<Arena>) {
        let is_open = |log: &LogId| client.talk().log(*log).is_some_and(|log| log.is_open());
        let gone: Vec<LogId> = self.shelves.keys().copied().collect();
        for log in gone.into_iter().filter(|log| !is_open(log)) {
            self.forget(client, log);
        }
    }

    pub(super) fn forget(&mut self, client: &Client<Arena>, log: LogId) {
        self.shelves.remove(&log);
        self.leave_place(client, Place::Log(log));
    }

    /// A place is there no more: whoever has it open looks at the room.
    pub(super) fn leave_place(&mut self, client: &Client<Arena>, place: Place) {
        if self.open == Some(place) {
            self.open = None;
            if let Some((room, _)) = client.talk().room() {
                self.show(client, Place::Log(room));
            }
        }
        self.changed();
    }

    fn print(&self, client: &Client<Arena>) -> Print {
        let book = client.talk();
        let open = self.open_log();
        let typists = open.map(|log| book.typists(log).collect());
        Print {
            live: client.is_live(),
            unread: book.unread(),
            waiting: book.waiting().count(),
            newest: book.waiting().last().map_or(0, |line| line.client_id),
            typists: typists.unwrap_or_default(),
            invitations: book.invitations().len(),
        }
    }
}

pub(super) fn to_account(account: AccountId) -> Address {
    Address::Whisper(tickwire_shared::wire::Whom::Account(account))
}
