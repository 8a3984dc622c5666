//! Which names are taken, and who is about to take one.
//!
//! Never gives the same look to two at once, also while one of them is not stored yet.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use tickwire_shared::id::AccountId;

use crate::engine::name_book::NameBook;
use crate::engine::names::{Name, NameFault, keys};
use crate::limits::ACCOUNTS_MAX;

/// Who is told of names.
pub trait NamesSink {
    /// A name of this skeleton is the account's from now on.
    fn registered(&self, skeleton: &str, account: AccountId);

    /// The account has another role: sessions with the one from before end. Where its keys were
    /// dropped it must log in again.
    fn role_changed(&self, account: AccountId, keys_dropped: bool);
}

/// Names of accounts, stored and about to be.
pub struct Registry {
    book: RefCell<NameBook>,
    claimed: RefCell<BTreeSet<String>>,
    /// How many accounts there are.
    accounts: Cell<usize>,
    /// How many roles were changed.
    role_changes: Cell<u64>,
    sink: Rc<dyn NamesSink>,
}

/// A name that nobody else gets until this is dropped.
pub(super) struct Claim {
    registry: Rc<Registry>,
    pub(super) name: Name,
}

impl Registry {
    /// The names that are in the book already. `sink` is told of each further one.
    #[must_use]
    pub fn new(book: NameBook, sink: Rc<dyn NamesSink>) -> Rc<Registry> {
        Rc::new(Registry {
            book: RefCell::new(book),
            claimed: RefCell::default(),
            accounts: Cell::default(),
            role_changes: Cell::default(),
            sink,
        })
    }

    /// An account has a name of this skeleton already.
    pub fn known(&self, skeleton: &str, account: AccountId) {
        self.book.borrow_mut().register(skeleton, account);
        self.accounts.set(self.accounts.get() + 1);
        self.sink.registered(skeleton, account);
    }

    /// Whether there are as many accounts as there may be.
    pub(super) fn is_full(&self) -> bool {
        self.accounts.get() >= ACCOUNTS_MAX
    }

    /// As if there were so many accounts.
    #[cfg(test)]
    pub(super) fn count_as(&self, accounts: usize) {
        self.accounts.set(accounts);
    }

    /// An account has another role in the store.
    pub(super) fn role_changed(&self, account: AccountId, keys_dropped: bool) {
        self.role_changes.set(self.role_changes.get() + 1);
        self.sink.role_changed(account, keys_dropped);
    }

    /// How many roles were changed so far: what was read of one before the last change may be old.
    pub(super) fn role_changes(&self) -> u64 {
        self.role_changes.get()
    }

    /// Holds a name for a new account.
    pub(super) fn claim(self: &Rc<Self>, name: &str) -> Result<Claim, NameFault> {
        let name = self.book.borrow().check(name, None)?;
        let mut claimed = self.claimed.borrow_mut();
        if keys(&name.skeleton).any(|key| claimed.contains(key)) {
            return Err(NameFault::Registered);
        }
        claimed.extend(keys(&name.skeleton).map(str::to_owned));
        Ok(Claim {
            registry: Rc::clone(self),
            name,
        })
    }
}

impl Claim {
    /// It is stored: it is the account's for good.
    pub(super) fn stored(&self, account: AccountId) {
        self.registry.known(&self.name.skeleton, account);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut claimed = self.registry.claimed.borrow_mut();
        keys(&self.name.skeleton).for_each(|key| {
            claimed.remove(key);
        });
    }
}
