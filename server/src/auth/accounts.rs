//! Registering and logging in with a password.
//!
//! Never says whether a name is known to whoever has the wrong password, and never does more for
//! one than for the other.

use std::cell::RefCell;
use std::fmt;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use tickwire_shared::id::AccountId;
use tickwire_shared::limits::NAME_BYTES_MAX;
use tickwire_shared::wire::Role;
use tokio::sync::oneshot;

use super::claims::role_name;
use super::helpers::{Busy, Helpers};
use super::keep::Keep;
use super::passwords::{Passwords, problem_of};
use super::rates::LoginRates;
use super::registry::Registry;
use super::secret::Secret;
use super::tokens::Tokens;
use crate::engine::names::{NameFault, skeleton_of};
use crate::engine::storage::{Account, Found, Query, StoreFault, Write, Written};
use crate::runtime::clock::WallTime;
use crate::runtime::{Clock, entropy};

/// What somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginAct {
    /// A token for an account that is there.
    Login,
    /// A new account, and a token for it.
    Register,
}

/// Somebody who wants a token.
#[derive(Debug)]
pub struct LoginRequest {
    /// What for.
    pub act: LoginAct,
    /// The name.
    pub name: String,
    /// The password.
    pub password: Secret,
    /// The room to join; one that a room may be called.
    pub room: String,
    /// From where.
    pub from: IpAddr,
    /// Takes the answer.
    pub reply: oneshot::Sender<Result<LoggedIn, LoginError>>,
}

/// Another role for an account, as its operator wants it.
#[derive(Debug)]
pub struct RoleRequest {
    /// Its name.
    pub name: String,
    /// What it may do from now on.
    pub role: Role,
    /// Takes the answer: the account, or that nobody is called that.
    pub reply: oneshot::Sender<Result<Option<AccountId>, StoreFault>>,
}

/// A token for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedIn {
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// Lets it into that room, once, within a minute.
    pub token: Secret,
}

/// Why somebody gets no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginError {
    /// The name cannot be registered.
    Name(NameFault),
    /// The password is none.
    Password(&'static str),
    /// The name, or one that looks like it, is registered.
    Taken,
    /// Nobody may register by themselves.
    Closed,
    /// The name or the password is wrong.
    Wrong,
    /// It was tried too often; not for so many seconds.
    TooMany(u32),
    /// So many others try that nobody can count one more; not for so many seconds.
    Crowded(u32),
    /// Too many log in at the same time.
    Busy,
    /// The store did nothing.
    Store(StoreFault),
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoginError::Name(fault) => write!(f, "this name cannot be had: {fault}"),
            LoginError::Password(rule) => f.write_str(rule),
            LoginError::Taken => f.write_str("somebody has this name, or one that looks like it"),
            LoginError::Closed => f.write_str("players cannot register by themselves here"),
            LoginError::Wrong => f.write_str("the name or the password is wrong"),
            LoginError::TooMany(seconds) => {
                write!(f, "tried too often: wait {seconds} s and try again")
            }
            LoginError::Crowded(seconds) => {
                write!(f, "too many try to log in: wait {seconds} s and try again")
            }
            LoginError::Busy => f.write_str("too many log in at the moment: try again"),
            LoginError::Store(fault) => fault.fmt(f),
        }
    }
}

impl From<StoreFault> for LoginError {
    fn from(fault: StoreFault) -> LoginError {
        LoginError::Store(fault)
    }
}

impl From<Busy> for LoginError {
    fn from(_: Busy) -> LoginError {
        LoginError::Busy
    }
}

/// What accounts are made from.
pub struct AccountsParts<K> {
    /// Where they are kept.
    pub keep: K,
    /// Makes the tokens.
    pub tokens: Arc<Tokens>,
    /// Hashes the passwords.
    pub passwords: Passwords,
    /// Signs the tokens.
    pub signers: Helpers,
    /// The names.
    pub registry: Rc<Registry>,
    /// How often one may try.
    pub rates: LoginRates,
    /// When somebody tries.
    pub clock: Clock,
    /// Whether players may register by themselves.
    pub may_register: bool,
}

/// Accounts with passwords.
pub struct Accounts<K> {
    parts: AccountsParts<K>,
    rates: RefCell<LoginRates>,
}

impl<K: Keep> Accounts<K> {
    /// Around a store.
    #[must_use]
    pub fn new(mut parts: AccountsParts<K>) -> Rc<Accounts<K>> {
        let rates = RefCell::new(std::mem::take(&mut parts.rates));
        Rc::new(Accounts { parts, rates })
    }

    /// Answers a request, for as long as that takes.
    pub async fn serve(self: Rc<Self>, request: LoginRequest) {
        let answer = self.answer(&request).await;
        let _ = request.reply.send(answer);
    }

    /// A token for whoever has the right password, or registers.
    ///
    /// # Errors
    /// [`LoginError`].
    pub async fn answer(&self, request: &LoginRequest) -> Result<LoggedIn, LoginError> {
        let now = self.parts.clock.now();
        let (name, password, from) = (&request.name, request.password.clone(), request.from);
        self.rates.borrow_mut().address(now, from)?;
        let account = match request.act {
            LoginAct::Login => self.login(name, password, from).await,
            LoginAct::Register => self.register(name, password).await,
        }?;
        let logged_in = self.token_for(account, request.room.clone()).await?;
        self.rates.borrow_mut().at_home(&skeleton_of(name), from);
        Ok(logged_in)
    }

    /// Gives an account another role, for as long as that takes.
    pub async fn promote(self: Rc<Self>, request: RoleRequest) {
        let answer = self.set_role(&request.name, request.role).await;
        let _ = request.reply.send(answer);
    }

    /// The account of this name has this role; its sessions end, and where the role is less than
    /// before its keys are no good any more. `None` when there is no such account.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn set_role(&self, name: &str, role: Role) -> Result<Option<AccountId>, StoreFault> {
        if name.len() > NAME_BYTES_MAX {
            return Ok(None);
        }
        let query = Query::Skeleton(skeleton_of(name));
        let Found::Account(Some(known)) = self.parts.keep.find(query).await? else {
            return Ok(None);
        };
        let account = known.account;
        let what = format!("gave account {} the role {}", account.0, role_name(role));
        tracing::info!(account = account.0, role = role_name(role), "another role");
        let by = AccountId::default();
        let mut writes = vec![Write::Role(account, role), Write::Audit { by, what }];
        let less = role < known.role;
        writes.extend(less.then_some(Write::DropKeys(account)));
        let written = self.parts.keep.write(writes).await?;
        let done = written.first() == Some(&Written::Done);
        if done {
            self.parts.registry.role_changed(account, less);
        }
        Ok(done.then_some(account))
    }

    async fn register(&self, name: &str, password: Secret) -> Result<Account, LoginError> {
        if !self.parts.may_register || self.parts.registry.is_full() {
            return Err(LoginError::Closed);
        }
        if let Some(rule) = problem_of(&password) {
            return Err(LoginError::Password(rule));
        }
        let claim = self.parts.registry.claim(name);
        let claim = claim.map_err(|fault| match fault {
            NameFault::Registered => LoginError::Taken,
            other => LoginError::Name(other),
        })?;
        let account = Account {
            account: AccountId(entropy::number() & !AccountId::GUEST),
            name: claim.name.shown.clone(),
            skeleton: claim.name.skeleton.clone(),
            role: Role::Player,
            password: self.parts.passwords.hash(password).await?,
            subject: String::new(),
        };
        let written = self
            .parts
            .keep
            .write(vec![Write::Register(account.clone())]);
        match written.await?.first() {
            Some(Written::Done) => claim.stored(account.account),
            Some(Written::Taken) => return Err(LoginError::Taken),
            _ => return Err(LoginError::Store(StoreFault::Failed)),
        }
        tracing::info!(account = account.account.0, "an account was registered");
        Ok(account)
    }

    async fn login(
        &self,
        name: &str,
        password: Secret,
        from: IpAddr,
    ) -> Result<Account, LoginError> {
        // Longer names were never given out; looking one up would cost more than a login does.
        if name.len() > NAME_BYTES_MAX {
            return Err(LoginError::Wrong);
        }
        let skeleton = skeleton_of(name);
        let now = self.parts.clock.now();
        self.rates.borrow_mut().account(now, &skeleton, from)?;
        let known = match self.parts.keep.find(Query::Skeleton(skeleton)).await? {
            Found::Account(account) => account,
            _ => None,
        };
        let hash = known.as_ref().map(|account| account.password.as_str());
        let right = self.parts.passwords.verify(password, hash).await?;
        known.filter(|_| right).ok_or(LoginError::Wrong)
    }

    async fn token_for(&self, account: Account, room: String) -> Result<LoggedIn, LoginError> {
        let (tokens, owner) = (Arc::clone(&self.parts.tokens), account.clone());
        let mint = move || {
            let number = u128::from_le_bytes(entropy::bytes());
            let now = WallTime::now();
            tokens.mint(owner.account, &owner.name, owner.role, &room, now, number)
        };
        let token = self.parts.signers.run(mint).await?;
        let token = token.map_err(|_| LoginError::Store(StoreFault::Failed))?;
        Ok(LoggedIn {
            account: account.account,
            name: account.name,
            token,
        })
    }
}
