//! A door's parts around a store in memory, on a runtime of its own.

use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use tickwire_shared::id::AccountId;

use crate::auth::{
    Accounts, AccountsParts, Gate, Helpers, Keep, LoggedIn, LoginAct, LoginError, LoginRates,
    NamesSink, Passwords, Registry, Secret, SigningKey, Tokens,
};
use crate::engine::name_book::NameBook;
use crate::runtime::Clock;
use crate::store::SharedMemory;

/// What answers logins and admissions; another one around the same store is a restart.
pub(super) struct Workshop<K = SharedMemory> {
    pub(super) store: K,
    pub(super) tokens: Arc<Tokens>,
    pub(super) gate: Gate<K>,
    pub(super) accounts: Rc<Accounts<K>>,
    pub(super) passwords: Passwords,
    pub(super) registered: Rc<Registered>,
}

/// Accounts whose names were told.
#[derive(Default)]
pub(super) struct Registered(pub(super) RefCell<Vec<AccountId>>);

impl NamesSink for Registered {
    fn registered(&self, _skeleton: &str, account: AccountId) {
        self.0.borrow_mut().push(account);
    }
}

impl<K: Keep> Workshop<K> {
    pub(super) fn new(store: K) -> Workshop<K> {
        let tokens = Tokens::new(SigningKey::from_seed(&[9; 32]).unwrap(), &[]).unwrap();
        let tokens = Arc::new(tokens);
        let helpers = Helpers::start("tokens", 1, 64).unwrap();
        let passwords = Passwords::start(2).unwrap();
        let registered = Rc::new(Registered::default());
        let registry = Registry::new(NameBook::default(), Rc::clone(&registered) as _);
        let accounts = Accounts::new(AccountsParts {
            keep: store.clone(),
            tokens: Arc::clone(&tokens),
            passwords: passwords.clone(),
            signers: helpers.clone(),
            registry: Rc::clone(&registry),
            rates: LoginRates::for_loopback_too(),
            clock: Clock::start(),
            may_register: true,
        });
        Workshop {
            gate: Gate::new(store.clone(), Arc::clone(&tokens), helpers, registry),
            store,
            tokens,
            accounts,
            passwords,
            registered,
        }
    }

    pub(super) async fn register(&self, name: &str) -> Result<LoggedIn, LoginError> {
        self.ask(LoginAct::Register, name, "correct horse", 1).await
    }

    /// Somebody at the last byte of an address tries.
    pub(super) async fn ask(
        &self,
        act: LoginAct,
        name: &str,
        password: &str,
        from: u8,
    ) -> Result<LoggedIn, LoginError> {
        let password = Secret::new(password.to_owned());
        let from = IpAddr::from([192, 0, 2, from]);
        self.accounts.answer(act, name, password, from).await
    }
}

/// Runs something that waits for helpers.
pub(super) fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(work)
}
