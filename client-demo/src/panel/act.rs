//! What a player does with buttons and keys.
//!
//! Never says whether it may be done: the server does, and what it says becomes a note.

use serde::Deserialize;
use tickwire_arena::Arena;
use tickwire_shared::client::Client;
use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::wire::{Ask, BoundedStr, Sanction, Whom};

use super::shelf::Before;
use super::{Panel, Place};
use crate::limits::SHELF_MAX;

/// Something a player does. Numbers that may not fit a script's own are texts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Opens a place.
    Open {
        /// Which, as [`Place`] writes itself.
        place: String,
    },
    /// Opens the whispers with somebody.
    Whisper {
        /// Whom.
        account: String,
    },
    /// Sees the newest lines of what is open, or does not.
    Watch {
        /// Whether from now on.
        on: bool,
    },
    /// Says or commands something.
    Enter {
        /// What was typed.
        text: String,
        /// What was open when it was, as [`Place`] writes itself; nothing is said anywhere else.
        #[serde(default)]
        place: Option<String>,
    },
    /// Types.
    Typing {
        /// Where: it must be open still.
        place: String,
    },
    /// Wants lines from before those that are here.
    Older,
    /// Closes a whisper that was never begun.
    Close {
        /// Which place.
        place: String,
    },
    /// Puts a sign under a line of what is open, or takes it away.
    React {
        /// Where the line stands: it must be open still.
        place: String,
        /// Which line.
        offset: u64,
        /// Which sign.
        sign: String,
        /// Whether it is there from now on.
        on: bool,
    },
    /// Takes an invitation, or does not.
    Answer {
        /// Into which log.
        log: String,
        /// Whether it is taken.
        accept: bool,
    },
    /// Hears nothing from somebody any more, or again.
    Block {
        /// Whom.
        account: String,
        /// Whether from now on.
        on: bool,
    },
    /// Asks somebody into the party or group that is open, or into the party.
    Invite {
        /// Whom.
        account: String,
    },
    /// Is told how somebody is present, or no more.
    Follow {
        /// Whom.
        account: String,
        /// Whether from now on.
        on: bool,
    },
    /// Asks a moderator to look at a line of what is open.
    Report {
        /// Where it stands: it must be open still.
        place: String,
        /// Which.
        offset: u64,
        /// Why.
        why: String,
    },
    /// Holds somebody to something; for moderators.
    Sanction {
        /// Whom.
        account: String,
        /// `shadow`, `mute`, `kick` or `ban`.
        deed: String,
        /// For how long.
        seconds: u32,
    },
    /// Says a line that was not taken once more.
    Again {
        /// Its id.
        id: String,
    },
    /// Looks no longer at a line that was not taken.
    Forget {
        /// Its id.
        id: String,
    },
}

impl Panel {
    /// Does something.
    ///
    /// # Errors
    /// What the player should do instead, as a sentence.
    pub fn act(&mut self, client: &mut Client<Arena>, act: Act) -> Result<(), String> {
        match act {
            Act::Open { place } => self.show(client, place.parse::<Place>()?),
            Act::Whisper { account } => self.whisper(client, account_of(&account)?),
            Act::Watch { on } => self.watch(on),
            Act::Enter { text, place } => {
                place.map_or(Ok(()), |place| self.still_open(&place))?;
                return self.enter(client, &text);
            }
            Act::Typing { place } => {
                self.still_open(&place)?;
                self.typing(client);
            }
            Act::Older => self.older(client),
            Act::Close { place } => self.close(client, place.parse::<Place>()?),
            Act::React {
                place,
                offset,
                sign,
                on,
            } => {
                self.still_open(&place)?;
                self.react(client, offset, &sign, on);
            }
            Act::Again { id } => return self.again(client, number(&id)?),
            Act::Forget { id } => self.forget_failed(number(&id)?),
            other => {
                let what = self.wish(client, other)?;
                return ask(client, what);
            }
        }
        Ok(())
    }

    /// Places open and close by themselves, too late for who is just pressing Enter.
    fn still_open(&self, place: &str) -> Result<(), String> {
        if self.open.is_some_and(|open| open.to_string() == place) {
            return Ok(());
        }
        Err("Another chat is open now: see where you are, and do it again.".to_owned())
    }

    /// Only what has no log can be closed: the rest is left, or stays.
    fn close(&mut self, client: &Client<Arena>, place: Place) {
        let Place::New(account) = place else { return };
        self.drafts.remove(&account);
        self.leave_place(client, place);
    }

    /// The player types in what is open.
    pub fn typing(&mut self, client: &mut Client<Arena>) {
        if let Some(log) = self.open_log() {
            client.typing(log);
        }
    }

    /// Asks for lines before those of what is open, unless that was done already.
    pub fn older(&mut self, client: &mut Client<Arena>) {
        let Some(log) = self.open_log() else { return };
        let Some(shelf) = self.shelves.get_mut(&log) else {
            return;
        };
        let full = shelf.items().count() >= SHELF_MAX;
        if let Some(before) = shelf.older_than()
            && shelf.before == Before::Perhaps
            && !full
            && client.page(log, before)
        {
            shelf.before = Before::Asked;
            self.changed();
        }
    }

    pub(super) fn react(&self, client: &mut Client<Arena>, offset: u64, sign: &str, on: bool) {
        if let Some(log) = self.open_log() {
            client.react(log, offset, sign, on);
        }
    }

    fn again(&mut self, client: &mut Client<Arena>, id: u64) -> Result<(), String> {
        let place = self.failed.iter().find(|failed| failed.client_id == id);
        let place = place.and_then(|failed| failed.place);
        if !client.say_again(id) {
            return Err("It cannot be sent again: write it anew.".to_owned());
        }
        self.said.insert(id, place);
        self.forget_failed(id);
        Ok(())
    }

    fn forget_failed(&mut self, id: u64) {
        self.failed.retain(|failed| failed.client_id != id);
        self.changed();
    }

    fn wish(&self, client: &Client<Arena>, act: Act) -> Result<Ask, String> {
        let whom = |account: &str| account_of(account).map(Whom::Account);
        Ok(match act {
            Act::Answer { log, accept } => {
                let log = LogId(number(&log)?);
                match accept {
                    true => Ask::Accept { log },
                    false => Ask::Leave { log },
                }
            }
            Act::Block { account, on } => Ask::Block {
                whom: whom(&account)?,
                on,
            },
            Act::Follow { account, on } => Ask::Follow {
                whom: whom(&account)?,
                on,
            },
            Act::Invite { account } => Ask::Invite {
                log: self.circle(client)?,
                whom: whom(&account)?,
            },
            Act::Report { place, offset, why } => {
                self.still_open(&place)?;
                Ask::Report {
                    log: self.open_log().ok_or("Open the line first.")?,
                    offset,
                    why: BoundedStr::cut(&why),
                }
            }
            Act::Sanction {
                account,
                deed,
                seconds,
            } => Ask::Sanction {
                whom: whom(&account)?,
                sanction: sanction(&deed)?,
                seconds,
                why: BoundedStr::cut(""),
            },
            _ => return Err("There is nothing to ask.".to_owned()),
        })
    }

    /// The party or group that is open, else the party.
    pub(super) fn circle(&self, client: &Client<Arena>) -> Result<LogId, String> {
        use tickwire_shared::wire::Scope;
        let open = self.open_log().filter(|log| {
            let scope = self.shelves.get(log).map(|shelf| &shelf.scope);
            matches!(scope, Some(Scope::Party | Scope::Group { .. }))
        });
        let party = || client.talk().party().map(|(log, _)| log);
        let none = "Make a party first, with /party, or a group, with /group NAME.";
        open.or_else(party).ok_or_else(|| none.to_owned())
    }
}

/// Asks the server something.
pub(super) fn ask(client: &mut Client<Arena>, what: Ask) -> Result<(), String> {
    let asked = client.ask(what).is_some();
    let words = "Not now: there is no link, or too much waits for an answer.";
    asked.then_some(()).ok_or_else(|| words.to_owned())
}

fn sanction(deed: &str) -> Result<Sanction, String> {
    Ok(match deed {
        "shadow" => Sanction::Shadow,
        "mute" => Sanction::Mute,
        "kick" => Sanction::Kick,
        "ban" => Sanction::Ban,
        _ => return Err("There is no such deed.".to_owned()),
    })
}

fn account_of(text: &str) -> Result<AccountId, String> {
    number(text).map(AccountId)
}

fn number(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| format!("\"{text}\" is no number."))
}
