//! What became of tokens that were shown here of late: somebody is in by one, or nobody yet.
//!
//! Never lets two at one token at a time, and never decides alone that one is good: the store has
//! it as used before anybody is in. It knows of all; here is only what saves it the question, and
//! what it cannot know: that the link was given up before the store had answered.
//!
//! ```text
//! Fresh --the store has it as used--> Stored --somebody is in--> Spent
//!                                       | ^
//!                                       +-+ nobody is: whoever shows it next takes it over
//! ```

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use tickwire_shared::wire::Token;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::claims::Claims;
use crate::limits::TOKENS_SPENT_MAX;
use crate::runtime::clock::WallTime;

/// How far a token was used.
#[derive(Debug, Default)]
enum Use {
    /// Not at all, as far as is known here.
    #[default]
    Fresh,
    /// The store has it as used and keeps this key for it, and nobody is in by it.
    Stored(Token),
    /// Somebody is in by it, or was before the start.
    Spent,
}

/// The tokens, by their numbers; clones share them.
#[derive(Clone, Default)]
pub(super) struct Uses(Rc<RefCell<BTreeMap<String, Shown>>>);

/// A token that was shown.
struct Shown {
    until: WallTime,
    so_far: Arc<Mutex<Use>>,
}

/// One who shows a token: others who show the same wait until this is dropped.
pub(super) struct Turn(OwnedMutexGuard<Use>);

impl Uses {
    /// Waits until nobody else is being let in by this token. That takes as long as the store does,
    /// and no longer.
    pub(super) async fn turn(&self, claims: &Claims) -> Turn {
        let so_far = self.so_far(claims);
        Turn(so_far.lock_owned().await)
    }

    /// Past [`TOKENS_SPENT_MAX`] the ones that end first are forgotten.
    fn so_far(&self, claims: &Claims) -> Arc<Mutex<Use>> {
        let mut all = self.0.borrow_mut();
        let shown = all.entry(claims.id.clone()).or_insert_with(|| Shown {
            until: claims.until,
            so_far: Arc::default(),
        });
        let so_far = Arc::clone(&shown.so_far);
        if all.len() > TOKENS_SPENT_MAX {
            let mut ends: Vec<WallTime> = all.values().map(|shown| shown.until).collect();
            let (_, middle, _) = ends.select_nth_unstable(TOKENS_SPENT_MAX / 2);
            let middle = *middle;
            all.retain(|_, shown| shown.until > middle);
        }
        so_far
    }
}

impl Turn {
    /// Whether somebody is in by this token already.
    pub(super) fn is_spent(&self) -> bool {
        matches!(*self.0, Use::Spent)
    }

    /// The key that the store keeps for it, where nobody got that yet.
    pub(super) fn stored_key(&self) -> Option<Token> {
        match *self.0 {
            Use::Stored(key) => Some(key),
            Use::Fresh | Use::Spent => None,
        }
    }

    /// The store has the token as used, and keeps this key for it.
    pub(super) fn stored(&mut self, key: Token) {
        *self.0 = Use::Stored(key);
    }

    /// Nobody gets in by this token any more.
    pub(super) fn spend(&mut self) {
        *self.0 = Use::Spent;
    }
}
