//! Bots: accounts that operators make, and the tokens they call with.
//!
//! Never keeps a token, only its digest, and never lets one in as a player: a token's digest is
//! made in another way than that of a key that brings a player back.
//!
//! ```text
//! token:   twb_ and 64 hexadecimal digits, 256 random bits
//! digest:  SHA-256("tickwire bot\n" and the token)
//! ```

use std::fmt;
use std::rc::Rc;

use aws_lc_rs::digest::{Context, SHA256};
use tickwire_shared::id::AccountId;
use tickwire_shared::limits::NAME_BYTES_MAX;
use tickwire_shared::wire::Role;
use tokio::sync::oneshot;

use super::keep::Keep;
use super::registry::Registry;
use super::secret::Secret;
use crate::engine::names::{NameFault, check, skeleton_of};
use crate::engine::storage::{Account, Found, Millis, Query, StoreFault, Write, Written};
use crate::runtime::entropy;

/// What every token begins with, so that people and scanners know one when they see it.
const TOKEN_START: &str = "twb_";

/// Digits after that.
const TOKEN_DIGITS: usize = 64;

/// What is put before a token for its digest: no other digest of the server begins so.
const DIGEST_START: &[u8] = b"tickwire bot\n";

/// Tokens of bots.
pub struct BotToken;

impl BotToken {
    /// A new one.
    #[must_use]
    pub fn new_one() -> Secret {
        let digits = entropy::bytes::<{ TOKEN_DIGITS / 2 }>();
        let digits = digits.map(|byte| format!("{byte:02x}")).concat();
        Secret::new(format!("{TOKEN_START}{digits}"))
    }

    /// What the store knows of a token; `None` for what cannot be one.
    #[must_use]
    pub fn digest_of(shown: &[u8]) -> Option<[u8; 32]> {
        let digits = shown.strip_prefix(TOKEN_START.as_bytes())?;
        if digits.len() != TOKEN_DIGITS {
            return None;
        }
        let mut context = Context::new(&SHA256);
        context.update(DIGEST_START);
        context.update(shown);
        context.finish().as_ref().try_into().ok()
    }
}

/// A number for a text that no other text has, but for a chance of 2^-64 with each.
#[must_use]
pub fn digest_number(text: &[u8]) -> u64 {
    let digest = aws_lc_rs::digest::digest(&SHA256, text);
    let first = digest.as_ref().first_chunk().copied().unwrap_or_default();
    u64::from_be_bytes(first)
}

/// A bot and its new token.
#[derive(Clone, Debug)]
pub struct NewBot {
    /// Its account.
    pub account: AccountId,
    /// Its name as it is shown.
    pub name: String,
    /// What it calls with; nobody can be told it again.
    pub token: Secret,
}

/// Why there is no new bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BotError {
    /// The name cannot be registered.
    Name(NameFault),
    /// A player has it.
    Taken,
    /// The store did nothing.
    Store(StoreFault),
}

impl fmt::Display for BotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BotError::Name(fault) => write!(f, "this name cannot be had: {fault}"),
            BotError::Taken => f.write_str("a player has this name, or one that looks like it"),
            BotError::Store(fault) => fault.fmt(f),
        }
    }
}

impl From<StoreFault> for BotError {
    fn from(fault: StoreFault) -> BotError {
        BotError::Store(fault)
    }
}

/// What an operator wants of bots.
#[derive(Debug)]
pub enum BotRequest {
    /// A bot of this name, or another token for it; the one before is good no more.
    Make {
        /// Its name.
        name: String,
        /// Takes the answer.
        reply: oneshot::Sender<Result<NewBot, BotError>>,
    },
    /// The token of this bot is good no more.
    Revoke {
        /// Its name.
        name: String,
        /// Takes the answer: the account, or that there is no such bot.
        reply: oneshot::Sender<Result<Option<AccountId>, StoreFault>>,
    },
}

/// The bots of a server.
pub struct Bots<K> {
    keep: K,
    registry: Rc<Registry>,
}

impl<K: Keep> Bots<K> {
    /// Around a store.
    #[must_use]
    pub fn new(keep: K, registry: Rc<Registry>) -> Rc<Bots<K>> {
        Rc::new(Bots { keep, registry })
    }

    /// Answers a request, for as long as that takes. `revoked` hears of accounts whose token is
    /// good no more, before the operator does.
    pub async fn serve(self: Rc<Self>, request: BotRequest, revoked: impl Fn(AccountId)) {
        match request {
            BotRequest::Make { name, reply } => {
                let made = self.make(&name).await;
                if let Ok(bot) = &made {
                    revoked(bot.account);
                }
                let _ = reply.send(made);
            }
            BotRequest::Revoke { name, reply } => {
                let gone = self.revoke(&name).await;
                if let Ok(Some(account)) = gone {
                    revoked(account);
                }
                let _ = reply.send(gone);
            }
        }
    }

    async fn make(&self, name: &str) -> Result<NewBot, BotError> {
        let token = BotToken::new_one();
        if let Some(known) = self.bot_called(name).await? {
            // A name that only looks like a bot's must not end that bot's token; small and capital
            // letters are the same.
            let same = |own: &str| own.to_lowercase() == known.name.to_lowercase();
            if !check(name).is_ok_and(|asked| same(&asked.shown)) {
                return Err(BotError::Taken);
            }
            let what = format!("gave bot {} another token", known.account.0);
            self.set_token(&known, &token, vec![], what).await?;
            return Ok(new_bot(known, token));
        }
        let claim = self.registry.claim(name).map_err(|fault| match fault {
            NameFault::Registered => BotError::Taken,
            other => BotError::Name(other),
        })?;
        let account = Account {
            account: AccountId(entropy::number() & !AccountId::GUEST),
            name: claim.name.shown.clone(),
            skeleton: claim.name.skeleton.clone(),
            role: Role::Bot,
            password: String::new(),
            subject: String::new(),
        };
        let what = format!("made account {} a bot", account.account.0);
        let register = Write::Register(account.clone());
        let written = self.set_token(&account, &token, vec![register], what);
        match written.await?.first() {
            Some(Written::Done) => claim.stored(account.account),
            _ => return Err(BotError::Taken),
        }
        tracing::info!(account = account.account.0, "a bot was made");
        Ok(new_bot(account, token))
    }

    async fn set_token(
        &self,
        bot: &Account,
        token: &Secret,
        mut writes: Vec<Write>,
        what: String,
    ) -> Result<Vec<Written>, StoreFault> {
        let digest = BotToken::digest_of(token.reveal().as_bytes());
        writes.push(Write::DropKeys(bot.account));
        writes.push(Write::Key {
            digest: digest.ok_or(StoreFault::Failed)?,
            account: bot.account,
            room: None,
            until: Millis(u64::MAX),
        });
        let by = AccountId::default();
        writes.push(Write::Audit { by, what });
        self.keep.write(writes).await
    }

    async fn revoke(&self, name: &str) -> Result<Option<AccountId>, StoreFault> {
        let Some(bot) = self.bot_called(name).await? else {
            return Ok(None);
        };
        let (by, account) = (AccountId::default(), bot.account);
        let what = format!("revoked the token of bot {}", account.0);
        let writes = vec![Write::DropKeys(account), Write::Audit { by, what }];
        self.keep.write(writes).await?;
        tracing::info!(account = account.0, "a bot's token was revoked");
        Ok(Some(account))
    }

    /// The account of this name, if an operator made it: nobody logs in to it.
    async fn bot_called(&self, name: &str) -> Result<Option<Account>, StoreFault> {
        if name.len() > NAME_BYTES_MAX {
            return Ok(None);
        }
        let query = Query::Skeleton(skeleton_of(name));
        let Found::Account(known) = self.keep.find(query).await? else {
            return Err(StoreFault::Failed);
        };
        Ok(known.filter(|known| known.password.is_empty() && known.subject.is_empty()))
    }
}

fn new_bot(account: Account, token: Secret) -> NewBot {
    NewBot {
        account: account.account,
        name: account.name,
        token,
    }
}
