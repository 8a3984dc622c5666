//! Finds out who a link's player is: by a token, which is used up, or by the key of an earlier one.
//!
//! Never lets a token in twice, also not after a restart: its number is on the disk, with the new
//! key, before anybody is in.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::AccountId;
use tickwire_shared::limits::NAME_BYTES_MAX;
use tickwire_shared::wire::{Credential, Role, Token};
use tokio::task::spawn_local;

use super::claims::{Claims, TokenFault, check_opens};
use super::helpers::{Busy, Helpers};
use super::keep::{Keep, millis};
use super::registry::{Claim, Registry};
use super::tokens::Tokens;
use crate::engine::account::{key_digest, stored_key};
use crate::engine::storage::{Account, Found, KeyOwner, Millis, Query, StoreFault, Write, Written};
use crate::engine::{Admission, AdmitOrder, Refusal};
use crate::limits::{NAMES_TRIED_MAX, RETURN_KEY_TIME, TOKENS_SPENT_MAX};
use crate::runtime::clock::WallTime;
use crate::runtime::entropy;

/// Where everybody comes by who is no guest.
#[derive(Clone)]
pub struct Gate<K> {
    keep: K,
    tokens: Arc<Tokens>,
    verifiers: Helpers,
    registry: Rc<Registry>,
    /// Numbers of tokens that were used here of late, so that a replay costs no commit. The store
    /// decides; it knows of all.
    spent: Rc<RefCell<BTreeMap<String, WallTime>>>,
}

impl From<StoreFault> for Refusal {
    fn from(fault: StoreFault) -> Refusal {
        Refusal::new(CloseReason::ServerFull, format!("For logins, {fault}."))
    }
}

impl From<Busy> for Refusal {
    fn from(_: Busy) -> Refusal {
        Refusal::new(CloseReason::ServerFull, "Too many log in at the moment.")
    }
}

impl From<TokenFault> for Refusal {
    fn from(fault: TokenFault) -> Refusal {
        Refusal::new(CloseReason::BadCredential, fault.to_string())
    }
}

impl<K: Keep> Gate<K> {
    /// Around a store; `verifiers` look at signatures.
    #[must_use]
    pub fn new(
        keep: K,
        tokens: Arc<Tokens>,
        verifiers: Helpers,
        registry: Rc<Registry>,
    ) -> Gate<K> {
        Gate {
            keep,
            tokens,
            verifiers,
            registry,
            spent: Rc::default(),
        }
    }

    /// Who it is, or why it is not let in; needs a local task set.
    ///
    /// # Errors
    /// [`Refusal`], in words for the player.
    pub async fn find_out(&self, order: AdmitOrder) -> Result<Admission, Refusal> {
        let mut changes = self.registry.role_changes();
        let (mut admission, vouched) = self.identify(&order).await?;
        // Whoever is not in yet is not sent away when the role changes meanwhile.
        while changes != self.registry.role_changes() {
            changes = self.registry.role_changes();
            let account = self.account(Query::Account(admission.account)).await?;
            let stored = account.ok_or(CloseReason::BadCredential)?.role;
            admission.role = stored.max(vouched);
        }
        Ok(admission)
    }

    /// Who it is, and the role that somebody else vouches for.
    async fn identify(&self, order: &AdmitOrder) -> Result<(Admission, Role), Refusal> {
        match &order.who {
            Credential::New => Err(CloseReason::BadCredential.into()),
            Credential::Return { key } => {
                let wanted = order.room.as_deref();
                Ok((self.returning(*key, wanted).await?, Role::Player))
            }
            Credential::Admission { token } => {
                let claims = self.verify(token.to_string(), order.room.clone()).await?;
                let vouched = match self.is_own(&claims) {
                    true => Role::Player,
                    false => claims.role,
                };
                Ok((self.vouched_for(claims, &order.name).await?, vouched))
            }
        }
    }

    async fn verify(&self, token: String, wanted: Option<String>) -> Result<Claims, Refusal> {
        let tokens = Arc::clone(&self.tokens);
        let verify = move || tokens.verify(&token, wanted.as_deref(), WallTime::now());
        Ok(self.verifiers.run(verify).await??)
    }

    async fn returning(&self, key: Token, wanted: Option<&str>) -> Result<Admission, Refusal> {
        let (digest, now) = (key_digest(&key), WallTime::now());
        let half = now.after(RETURN_KEY_TIME / 2);
        let lasting = self.owner(Query::Key(digest, millis(half))).await?;
        let is_late = lasting.is_none();
        let owner = match lasting {
            Some(owner) => Some(owner),
            None => self.owner(Query::Key(digest, millis(now))).await?,
        };
        let KeyOwner { account, room } = owner.ok_or(CloseReason::BadCredential)?;
        check_opens(room.as_deref(), wanted)?;
        if is_late {
            // Nobody waits for that: a key that is not made to last longer is good all the same.
            // It may be dropped meanwhile, and then it stays so.
            let (keep, write) = (self.keep.clone(), prolonged(digest, account.account));
            spawn_local(async move { keep.write(vec![write]).await });
        }
        Ok(admission(&account, account.role, key, room))
    }

    async fn vouched_for(&self, claims: Claims, wanted: &str) -> Result<Admission, Refusal> {
        if self.spent.borrow().contains_key(&claims.id) {
            return Err(used());
        }
        let query = match self.tokens.own_account(&claims) {
            Some(number) => Query::Account(number),
            None => Query::Subject(subject_of(&claims)),
        };
        let use_token = Write::UseToken {
            id: claims.id.clone(),
            until: millis(claims.until),
        };
        let account = match (self.account(query).await?, self.is_own(&claims)) {
            (Some(account), _) => account,
            (None, true) => return Err(CloseReason::BadCredential.into()),
            (None, false) => return self.newcomer(claims, wanted, use_token).await,
        };
        let key = stored_key(&mut entropy::number);
        let writes = vec![use_token, key_write(&key, account.account, &claims)];
        let written = self.keep.write(writes).await?;
        self.note_spent(&claims);
        match &written[..] {
            [Written::Taken, ..] => return Err(used()),
            written if written.iter().all(|one| *one == Written::Done) => {}
            _ => return Err(StoreFault::Failed.into()),
        }
        // What an issuer says of its player holds for this visit; the store knows nothing of it.
        let role = match self.is_own(&claims) {
            true => account.role,
            false => account.role.max(claims.role),
        };
        Ok(admission(&account, role, key, claims.room))
    }

    /// An account for a player of another issuer who was never here.
    async fn newcomer(
        &self,
        claims: Claims,
        wanted: &str,
        use_token: Write,
    ) -> Result<Admission, Refusal> {
        if self.registry.is_full() {
            let words = "It takes no more accounts.";
            return Err(Refusal::new(CloseReason::ServerFull, words));
        }
        let claim = self.free_name(&claims, wanted)?;
        let account = Account {
            account: AccountId(entropy::number() & !AccountId::GUEST),
            name: claim.name.shown.clone(),
            skeleton: claim.name.skeleton.clone(),
            role: Role::Player,
            password: String::new(),
            subject: subject_of(&claims),
        };
        let key = stored_key(&mut entropy::number);
        let register = Write::Register(account.clone());
        let key_write = key_write(&key, account.account, &claims);
        let writes = vec![use_token, register, key_write];
        let written = self.keep.write(writes).await?;
        self.note_spent(&claims);
        match &written[..] {
            [Written::Taken, ..] => return Err(used()),
            written if written.iter().all(|one| *one == Written::Done) => {
                claim.stored(account.account);
            }
            // Another link of the same player was quicker.
            _ => return Err(CloseReason::BadCredential.into()),
        }
        tracing::info!(account = account.account.0, "an account was registered");
        Ok(admission(&account, claims.role, key, claims.room))
    }

    /// Past [`TOKENS_SPENT_MAX`] the ones that end first are forgotten.
    fn note_spent(&self, claims: &Claims) {
        let mut spent = self.spent.borrow_mut();
        spent.insert(claims.id.clone(), claims.until);
        if spent.len() > TOKENS_SPENT_MAX {
            let mut ends: Vec<WallTime> = spent.values().copied().collect();
            let (_, middle, _) = ends.select_nth_unstable(TOKENS_SPENT_MAX / 2);
            let middle = *middle;
            spent.retain(|_, until| *until > middle);
        }
    }

    /// What the issuer calls the player, or what the player wants, with a number if need be.
    pub(super) fn free_name(&self, claims: &Claims, wanted: &str) -> Result<Claim, Refusal> {
        let wanted = claims.name.iter().map(String::as_str).chain([wanted]);
        let mut names = wanted.flat_map(|name| {
            let numbers = (2..=NAMES_TRIED_MAX).map(|number| format!(" {number}"));
            let ends = std::iter::once(String::new()).chain(numbers);
            ends.map(move |end| {
                let most = NAME_BYTES_MAX - end.len();
                format!("{}{end}", &name[..name.floor_char_boundary(most)])
            })
        });
        let claim = names.find_map(|name| self.registry.claim(&name).ok());
        let words = "Names like this one are all taken: pick another.";
        claim.ok_or_else(|| Refusal::new(CloseReason::BadName, words))
    }

    async fn account(&self, query: Query) -> Result<Option<Account>, StoreFault> {
        match self.keep.find(query).await? {
            Found::Account(account) => Ok(account),
            _ => Err(StoreFault::Failed),
        }
    }

    async fn owner(&self, query: Query) -> Result<Option<KeyOwner>, StoreFault> {
        match self.keep.find(query).await? {
            Found::Key(owner) => Ok(owner),
            _ => Err(StoreFault::Failed),
        }
    }

    fn is_own(&self, claims: &Claims) -> bool {
        claims.issuer == self.tokens.server_id()
    }
}

fn used() -> Refusal {
    let words = "This login was used before: log in again.";
    Refusal::new(CloseReason::BadCredential, words)
}

fn subject_of(claims: &Claims) -> String {
    format!("{}\n{}", claims.issuer, claims.subject)
}

fn prolonged(digest: [u8; 32], account: AccountId) -> Write {
    Write::ProlongKey {
        digest,
        account,
        until: key_end(),
    }
}

fn key_end() -> Millis {
    millis(WallTime::now().after(RETURN_KEY_TIME))
}

/// Keeps the key that brings a player back, into no other room than the token did.
fn key_write(key: &Token, account: AccountId, claims: &Claims) -> Write {
    Write::Key {
        digest: key_digest(key),
        account,
        room: claims.room.clone(),
        until: key_end(),
    }
}

fn admission(account: &Account, role: Role, key: Token, room: Option<String>) -> Admission {
    Admission {
        account: account.account,
        name: account.name.clone(),
        role,
        return_key: key,
        room,
    }
}
