//! Who calls: an account, known by its token.
//!
//! Never keeps a token, and never says why one is not good: unknown, revoked and misspelt ones are
//! the same.

use tickwire_shared::id::AccountId;
use tickwire_shared::wire::Role;
use tokio::sync::mpsc;

use super::{Gateway, Visitor};
use crate::auth::{BotToken, millis};
use crate::engine::lobby::{Goal, NotLetIn, Visit};
use crate::engine::storage::{Found, KeyOwner, Query, StoreFault};
use crate::limits::VISITOR_PACKETS_MAX;
use crate::runtime::clock::WallTime;
use tickwire_shared::id::LinkId;

/// An account that showed its token.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Which.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    digest: [u8; 32],
    /// [`super::Front::revocations`] when it was found.
    known_at: u64,
}

/// Why a caller cannot come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoVisit {
    /// The lobby does not let it in.
    Refused(NotLetIn),
    /// Its token was revoked meanwhile.
    Revoked,
    /// It cannot be known whether it was.
    Store(StoreFault),
}

impl Gateway {
    /// Whose token it is; `None` when it is nobody's. Costs the same for all of a token's length.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn identify(&self, shown: &[u8]) -> Result<Option<Caller>, StoreFault> {
        match BotToken::digest_of(shown) {
            Some(digest) => self.of_digest(digest).await,
            None => Ok(None),
        }
    }

    async fn of_digest(&self, digest: [u8; 32]) -> Result<Option<Caller>, StoreFault> {
        let known_at = self.front().revocations();
        let query = Query::Key(digest, millis(WallTime::now()));
        let Found::Key(owner) = self.find(query).await? else {
            return Err(StoreFault::Failed);
        };
        Ok(owner.map(|KeyOwner { account, .. }| Caller {
            account: account.account,
            name: account.name,
            role: account.role,
            digest,
            known_at,
        }))
    }

    /// Lets a caller in for something; `cursor` says where it stands: epoch and next offset.
    ///
    /// # Errors
    /// Why it cannot come.
    pub async fn visit(
        &self,
        caller: &Caller,
        goal: Goal,
        cursor: Option<(u32, u64)>,
    ) -> Result<Visitor, NoVisit> {
        let mut caller = caller.clone();
        while caller.known_at != self.front().revocations() {
            let found = self.of_digest(caller.digest).await;
            let found = found.map_err(NoVisit::Store)?;
            caller = found.ok_or(NoVisit::Revoked)?;
        }
        let visit = Visit {
            link: LinkId(0),
            account: caller.account,
            name: caller.name,
            role: caller.role,
            goal,
            cursor,
        };
        let (told, news) = mpsc::channel(VISITOR_PACKETS_MAX);
        let link = self.front.visit(visit, told);
        let link = link.map_err(NoVisit::Refused)?;
        Ok(Visitor::new(std::rc::Rc::clone(&self.front), link, news))
    }
}
