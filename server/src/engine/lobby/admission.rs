//! Who somebody is: guests by their key, others by what the shell finds out.
//!
//! Never lets anybody in whose credential does not hold, whatever else the Hello says, and never
//! acts on a word of a link before its player is known.

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{AccountId, LinkId};
use tickwire_shared::limits::NAME_BYTES_MAX;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{BoundedStr, Credential, Hello, Role, RoomRequest, Token};

use super::{Lobby, Phase};
use crate::engine::account::guest_key;
use crate::engine::admission::{Admission, AdmitOrder, OTHER_ROOM, Refusal};
use crate::engine::port::Effect;
use crate::engine::session::Admitting;

/// Somebody who is known and wants a seat.
pub(super) struct Newcomer {
    pub(super) account: AccountId,
    pub(super) name: BoundedStr<NAME_BYTES_MAX>,
    pub(super) role: Role,
    pub(super) return_key: Token,
}

impl Lobby {
    /// What the shell found out about a link's player; whether it is in now. A link that is gone,
    /// or never asked, stays so.
    pub fn admitted(
        &mut self,
        now: Instant,
        link: LinkId,
        found: Result<Admission, Refusal>,
        entropy: &mut dyn FnMut() -> u64,
    ) -> bool {
        let Some(Phase::Admitting(admitting)) = self.links.get(&link) else {
            return false;
        };
        let hello = admitting.hello.clone();
        let entered = found.and_then(|admission| {
            let room = room_of(&admission, &hello.room)?;
            let newcomer = Newcomer {
                account: admission.account,
                name: BoundedStr::cut(&admission.name),
                role: admission.role,
                return_key: admission.return_key,
            };
            self.join(now, link, &newcomer, &room, entropy)
        });
        let is_in = entered.is_ok();
        self.let_in(now, link, entered, &hello, entropy);
        is_in
    }

    /// A name was registered: it is its account's alone from now on. Guests who have it, or one
    /// that looks like it, must go: what is said to its bearer would reach them.
    pub fn registered(&mut self, now: Instant, skeleton: &str, account: AccountId) {
        self.config.names.register(skeleton, account);
        for id in self.directory.bearers(skeleton) {
            let session = self.sessions.get(&id);
            if session.is_some_and(|session| session.account.is_guest()) {
                self.dismiss(now, id, CloseReason::BadName);
            }
        }
    }

    /// An account has another role: what its sessions may do is of the one from before. Clients
    /// come back by themselves, unless the account's keys are gone with the role: those are told to
    /// log in again at once.
    pub fn role_changed(&mut self, now: Instant, account: AccountId, keys_dropped: bool) {
        let reason = match keys_dropped {
            true => CloseReason::BadCredential,
            false => CloseReason::UnknownSession,
        };
        let theirs = self.sessions.iter().filter(|(_, s)| s.account == account);
        let theirs: Vec<_> = theirs.map(|(&id, _)| id).collect();
        (theirs.into_iter()).for_each(|id| self.dismiss(now, id, reason));
        self.turn_out(account);
    }

    /// The lobby was told all names that the store has.
    pub fn names_known(&mut self) {
        self.names_known = true;
    }

    /// Whether what keeps people out is known: names of others, and bans.
    #[must_use]
    pub fn has_started(&self) -> bool {
        self.config.start_known || (self.names_known && self.desk.has_started())
    }

    /// The guest that a Hello is from; `None` when the shell must find out who it is.
    pub(super) fn guest(
        &self,
        hello: &Hello,
        entropy: &mut dyn FnMut() -> u64,
    ) -> Result<Option<Newcomer>, Refusal> {
        self.has_place()?;
        let return_key = match &hello.who {
            Credential::New => guest_key(entropy),
            Credential::Return { key } => *key,
            Credential::Admission { .. } => return Ok(None),
        };
        let Some(account) = self.config.guest_secret.guest_of(&return_key) else {
            return Ok(None);
        };
        if !self.config.guests {
            let words = "This server takes no guests: log in first.";
            return Err(Refusal::new(CloseReason::BadCredential, words));
        }
        let name = self.config.names.check_guest(&hello.name);
        let name = name.map_err(|fault| {
            Refusal::new(CloseReason::BadName, format!("In this one, {fault}."))
        })?;
        Ok(Some(Newcomer {
            account,
            name: BoundedStr::cut(&name.shown),
            role: Role::Player,
            return_key,
        }))
    }

    /// Has the shell find out who a link's player is.
    pub(super) fn find_out(&mut self, now: Instant, link: LinkId, hello: Hello) {
        let order = AdmitOrder {
            link,
            who: hello.who.clone(),
            name: hello.name.to_string(),
            room: match &hello.room {
                RoomRequest::Any => None,
                RoomRequest::Named(name) => Some(name.to_string()),
            },
        };
        let admitting = Admitting::new(now, hello);
        self.links
            .insert(link, Phase::Admitting(Box::new(admitting)));
        self.effects.push_back(Effect::Admit(Box::new(order)));
    }
}

/// The room to enter: the one an admission is for, unless the player asked for another.
fn room_of(admission: &Admission, wanted: &RoomRequest) -> Result<RoomRequest, Refusal> {
    let Some(only) = &admission.room else {
        return Ok(wanted.clone());
    };
    match wanted {
        RoomRequest::Named(name) if **name != **only => {
            Err(Refusal::new(CloseReason::BadCredential, OTHER_ROOM))
        }
        _ => Ok(RoomRequest::Named(BoundedStr::cut(only))),
    }
}
