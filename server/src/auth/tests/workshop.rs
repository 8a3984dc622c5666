//! A door's parts around a store in memory, on a runtime of its own.

use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use tickwire_shared::id::AccountId;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::LocalSet;

use crate::auth::{
    Accounts, AccountsParts, Gate, Helpers, Keep, LoggedIn, LoginAct, LoginError, LoginRates,
    LoginRequest, NamesSink, Passwords, Registry, Secret, SigningKey, Tokens,
};
use crate::engine::name_book::NameBook;
use crate::engine::storage::{Found, Query, StoreFault, Write, Written};
use crate::engine::{Admission, AdmitOrder, Refusal};
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
    pub(super) registry: Rc<Registry>,
}

/// A store in memory whose answers to queries wait for permits, as do writes before they are
/// carried out, and that can refuse writes or be deaf to them.
#[derive(Clone)]
pub(super) struct Slow {
    pub(super) memory: SharedMemory,
    pub(super) answers: Rc<Semaphore>,
    pub(super) writes: Rc<Semaphore>,
    pub(super) fault: Rc<Cell<Option<StoreFault>>>,
    pub(super) is_deaf: Rc<Cell<bool>>,
    /// What came meanwhile.
    pub(super) unheard: Rc<RefCell<Vec<Write>>>,
}

impl Default for Slow {
    fn default() -> Slow {
        Slow {
            memory: SharedMemory::default(),
            answers: Rc::new(Semaphore::new(99)),
            writes: Rc::new(Semaphore::new(99)),
            fault: Rc::default(),
            is_deaf: Rc::default(),
            unheard: Rc::default(),
        }
    }
}

impl Keep for Slow {
    async fn write(&self, writes: Vec<Write>) -> Result<Vec<Written>, StoreFault> {
        if self.is_deaf.get() {
            self.unheard.borrow_mut().extend(writes);
            return std::future::pending().await;
        }
        let permit = self.writes.acquire().await;
        permit.expect("never closed").forget();
        if let Some(fault) = self.fault.get() {
            return Err(fault);
        }
        Keep::write(&self.memory, writes).await
    }

    async fn find(&self, query: Query) -> Result<Found, StoreFault> {
        let found = Keep::find(&self.memory, query).await;
        let permit = self.answers.acquire().await;
        permit.expect("never closed").forget();
        found
    }
}

/// Accounts whose names were told, and those that were told to have another role.
#[derive(Default)]
pub(super) struct Registered(
    pub(super) RefCell<Vec<AccountId>>,
    pub(super) RefCell<Vec<(AccountId, bool)>>,
);

impl NamesSink for Registered {
    fn registered(&self, _skeleton: &str, account: AccountId) {
        self.0.borrow_mut().push(account);
    }

    fn role_changed(&self, account: AccountId, keys_dropped: bool) {
        self.1.borrow_mut().push((account, keys_dropped));
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
            gate: Gate::new(
                store.clone(),
                Arc::clone(&tokens),
                helpers,
                Rc::clone(&registry),
            ),
            store,
            tokens,
            accounts,
            passwords,
            registered,
            registry,
        }
    }

    /// Whether somebody would be let in: whoever is found is.
    pub(super) async fn find_out(&self, order: AdmitOrder) -> Result<Admission, Refusal> {
        let mut told = None;
        let let_in = |found: Result<Admission, Refusal>| {
            let is_in = found.is_ok();
            told = Some(found);
            is_in
        };
        self.gate.serve(order, let_in).await;
        told.expect("an answer")
    }

    pub(super) async fn register(&self, name: &str) -> Result<LoggedIn, LoginError> {
        self.ask(LoginAct::Register, name, "correct horse", 1).await
    }

    /// Somebody at the last byte of an address tries, for the room `main`.
    pub(super) async fn ask(
        &self,
        act: LoginAct,
        name: &str,
        password: &str,
        from: u8,
    ) -> Result<LoggedIn, LoginError> {
        let (reply, _) = oneshot::channel();
        let request = LoginRequest {
            act,
            name: name.to_owned(),
            password: Secret::new(password.to_owned()),
            room: "main".to_owned(),
            from: IpAddr::from([192, 0, 2, from]),
            reply,
        };
        self.accounts.answer(&request).await
    }
}

/// Runs something that waits for helpers.
pub(super) fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, work)
}
