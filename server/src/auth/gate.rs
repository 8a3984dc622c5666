//! Finds out who a link's player is: by a token, which is used up, or by the key of an earlier one.
//!
//! Never lets a token in twice, also not after a restart: its number is on the disk, with the new
//! key, before anybody is in. One that let nobody in, because the disk was late, still does.

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
use super::uses::{Turn, Uses};
use crate::engine::account::{key_digest, stored_key};
use crate::engine::storage::{Account, Found, KeyOwner, Millis, Query, StoreFault, Write, Written};
use crate::engine::{Admission, AdmitOrder, Refusal};
use crate::limits::{NAMES_TRIED_MAX, RETURN_KEY_TIME};
use crate::runtime::clock::WallTime;
use crate::runtime::entropy;

/// Where everybody comes by who is no guest.
#[derive(Clone)]
pub struct Gate<K> {
    keep: K,
    tokens: Arc<Tokens>,
    verifiers: Helpers,
    registry: Rc<Registry>,
    /// What became of tokens that were shown here of late, so that a replay costs no commit.
    uses: Uses,
}

/// Somebody who is known, and may be let in.
struct Known {
    admission: Admission,
    /// The role that somebody else vouches for.
    vouched: Role,
    /// At the token that was shown: nobody else is let in by it meanwhile.
    turn: Option<Turn>,
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
            uses: Uses::default(),
        }
    }

    /// Finds out who it is, or why it is not let in, and tells `let_in`, which says whether
    /// somebody is in by that; needs a local task set. Where nobody is, a token is good as before:
    /// its link may have been given up while the store was held.
    pub async fn serve(
        &self,
        order: AdmitOrder,
        let_in: impl FnOnce(Result<Admission, Refusal>) -> bool,
    ) {
        let (found, turn) = match self.find_out(&order).await {
            Ok(known) => (Ok(known.admission), known.turn),
            Err(refusal) => (Err(refusal), None),
        };
        if let_in(found)
            && let Some(mut turn) = turn
        {
            turn.spend();
        }
    }

    async fn find_out(&self, order: &AdmitOrder) -> Result<Known, Refusal> {
        let mut changes = self.registry.role_changes();
        let mut known = self.identify(order).await?;
        // Whoever is not in yet is not sent away when the role changes meanwhile.
        while changes != self.registry.role_changes() {
            changes = self.registry.role_changes();
            let account = self
                .account(Query::Account(known.admission.account))
                .await?;
            let stored = account.ok_or(CloseReason::BadCredential)?.role;
            known.admission.role = stored.max(known.vouched);
        }
        Ok(known)
    }

    async fn identify(&self, order: &AdmitOrder) -> Result<Known, Refusal> {
        match &order.who {
            Credential::New => Err(CloseReason::BadCredential.into()),
            Credential::Return { key } => Ok(Known {
                admission: self.returning(*key, order.room.as_deref()).await?,
                vouched: Role::Player,
                turn: None,
            }),
            Credential::Admission { token } => {
                let claims = self.verify(token.to_string(), order.room.clone()).await?;
                let vouched = match self.is_own(&claims) {
                    true => Role::Player,
                    false => claims.role,
                };
                let mut turn = self.uses.turn(&claims).await;
                Ok(Known {
                    admission: self.vouched_for(claims, &order.name, &mut turn).await?,
                    vouched,
                    turn: Some(turn),
                })
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

    async fn vouched_for(
        &self,
        claims: Claims,
        wanted: &str,
        turn: &mut Turn,
    ) -> Result<Admission, Refusal> {
        if turn.is_spent() {
            return Err(used());
        }
        let query = match self.tokens.own_account(&claims) {
            Some(number) => Query::Account(number),
            None => Query::Subject(subject_of(&claims)),
        };
        let account = match (self.account(query).await?, self.is_own(&claims)) {
            (Some(account), _) => account,
            (None, true) => return Err(CloseReason::BadCredential.into()),
            (None, false) => return self.newcomer(claims, wanted, turn).await,
        };
        let key = match turn.stored_key() {
            Some(key) => key,
            None => self.use_up(&claims, account.account, None, turn).await?,
        };
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
        turn: &mut Turn,
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
        let number = account.account;
        let register = Some(Write::Register(account.clone()));
        let key = self.use_up(&claims, number, register, turn).await?;
        claim.stored(number);
        tracing::info!(account = number.0, "an account was registered");
        Ok(admission(&account, claims.role, key, claims.room))
    }

    /// Has the store note that a token is used, together with the key that it leaves and, for a
    /// newcomer, the account.
    async fn use_up(
        &self,
        claims: &Claims,
        account: AccountId,
        register: Option<Write>,
        turn: &mut Turn,
    ) -> Result<Token, Refusal> {
        let is_new = register.is_some();
        let key = stored_key(&mut entropy::number);
        let mut writes = vec![Write::UseToken {
            id: claims.id.clone(),
            until: millis(claims.until),
        }];
        writes.extend(register);
        writes.push(key_write(&key, account, claims));
        let written = self.keep.write(writes).await?;
        if written.iter().all(|one| *one == Written::Done) {
            turn.stored(key);
            return Ok(key);
        }
        turn.spend();
        match written.first() {
            Some(Written::Taken) => Err(used()),
            // Another link of the same player was quicker.
            _ if is_new => Err(CloseReason::BadCredential.into()),
            _ => Err(StoreFault::Failed.into()),
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
