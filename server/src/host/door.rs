//! The door: finds out who players are, and answers those who log in or register.
//!
//! Never lets anybody in by itself: the lobby hears who somebody is, and decides.
//!
//! ```text
//! hub --AdmitOrder--> door --> gate --> helper, store --Admission or Refusal--> hub
//! POST --LoginRequest--> door --> accounts --> helper, store --LoggedIn or LoginError--> POST
//! ```

use std::fs::File;
use std::io::Read;
use std::rc::Rc;
use std::sync::Arc;

use tickwire_shared::id::{AccountId, LinkId};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::spawn_local;
use tokio::time::sleep;

use crate::auth::{
    Accounts, AccountsParts, BotRequest, Bots, Gate, Helpers, Keep, LoginRates, LoginRequest,
    NamesSink, Passwords, Registry, RoleRequest, SigningKey, Tokens,
};
use crate::config::{Config, Sabotage};
use crate::data_dir::DataDir;
use crate::engine::name_book::NameBook;
use crate::engine::storage::{Found, Query, StoreFault};
use crate::engine::{Admission, AdmitOrder, Refusal};
use crate::limits::{
    ADMISSIONS_WAITING_MAX, LOGINS_WAITING_MAX, OFFICE_WAITING_MAX, RESERVED_NAMES_BYTES_MAX,
    ROLES_WAITING_MAX, STORE_RETRY_TIME,
};
use crate::runtime::Clock;

/// Who hears what the door found out.
pub(super) trait DoorSink: NamesSink {
    /// Who a link's player is, or why it is not let in; whether it is in now.
    fn admitted(&self, link: LinkId, found: Result<Admission, Refusal>) -> bool;

    /// All names of the store were told.
    fn names_known(&self);

    /// The token of this account is good no more.
    fn revoked(&self, account: AccountId);
}

/// What waits at the door.
pub(super) struct DoorInbox {
    orders: mpsc::Receiver<AdmitOrder>,
    logins: mpsc::Receiver<LoginRequest>,
    roles: mpsc::Receiver<RoleRequest>,
    bots: mpsc::Receiver<BotRequest>,
}

/// How to reach the door.
#[derive(Clone)]
pub(super) struct DoorBell {
    /// Players on links.
    pub(super) orders: mpsc::Sender<AdmitOrder>,
    /// Players on the page.
    pub(super) logins: mpsc::Sender<LoginRequest>,
    /// Operators.
    pub(super) roles: mpsc::Sender<RoleRequest>,
    /// Operators again, about bots.
    pub(super) bots: mpsc::Sender<BotRequest>,
}

/// A door that nobody stands behind yet.
pub(super) fn door() -> (DoorBell, DoorInbox) {
    let (to_orders, orders) = mpsc::channel(ADMISSIONS_WAITING_MAX);
    let (to_logins, logins) = mpsc::channel(LOGINS_WAITING_MAX);
    let (to_roles, roles) = mpsc::channel(ROLES_WAITING_MAX);
    let (to_bots, bots) = mpsc::channel(OFFICE_WAITING_MAX);
    let bell = DoorBell {
        orders: to_orders,
        logins: to_logins,
        roles: to_roles,
        bots: to_bots,
    };
    let inbox = DoorInbox {
        orders,
        logins,
        roles,
        bots,
    };
    (bell, inbox)
}

/// The usual reserved names and those of the operator's list.
pub(super) fn names(config: &Config) -> Result<NameBook, String> {
    let Some(path) = &config.auth.reserved_names else {
        return Ok(NameBook::default());
    };
    let mut text = String::new();
    let shown = path.display();
    File::open(path)
        .and_then(|file| {
            file.take(RESERVED_NAMES_BYTES_MAX + 1)
                .read_to_string(&mut text)
        })
        .map_err(|error| format!("auth.reserved_names: cannot read {shown}: {error}"))?;
    if text.len() as u64 > RESERVED_NAMES_BYTES_MAX {
        let rule = format!("is longer than {RESERVED_NAMES_BYTES_MAX} bytes");
        return Err(format!("auth.reserved_names: {shown} {rule}"));
    }
    let lines = text.lines().map(str::trim);
    Ok(NameBook::new(
        lines.filter(|line| !line.is_empty() && !line.starts_with('#')),
    ))
}

/// What the door is made from.
pub(super) struct DoorParts<'a, K> {
    pub(super) config: &'a Config,
    pub(super) data: &'a DataDir,
    pub(super) keep: K,
    pub(super) names: NameBook,
    pub(super) clock: Clock,
    pub(super) sink: Rc<dyn DoorSink>,
}

/// Stands behind the door for as long as the network thread lives; needs a local task set.
pub(super) fn attend<K: Keep>(parts: DoorParts<'_, K>, inbox: DoorInbox) -> Result<(), String> {
    let key = SigningKey::from_seed(&parts.data.signing_seed()?)?;
    let tokens = Arc::new(Tokens::new(key, &parts.config.auth.issuers)?);
    tracing::info!(
        server = tokens.server_id(),
        "admission tokens are for this server"
    );
    for issuer in &parts.config.auth.issuers {
        let (issuer, any_room) = (&issuer.name, issuer.any_room);
        tracing::info!(%issuer, any_room, "tokens of this issuer let players in");
    }
    let no_thread = |error| format!("cannot start a thread for logins: {error}");
    let helpers = Helpers::start("tokens", 1, ADMISSIONS_WAITING_MAX).map_err(no_thread)?;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let passwords = match parts.config.sabotage {
        Sabotage::ManyPermits => Passwords::start_many(),
        _ => Passwords::start(processors),
    };
    let registry = Registry::new(parts.names, Rc::clone(&parts.sink) as Rc<dyn NamesSink>);
    let accounts = Accounts::new(AccountsParts {
        keep: parts.keep.clone(),
        tokens: Arc::clone(&tokens),
        passwords: passwords.map_err(no_thread)?,
        signers: helpers.clone(),
        registry: Rc::clone(&registry),
        rates: LoginRates::default(),
        clock: parts.clock,
        may_register: parts.config.auth.register,
    });
    let door = Door {
        gate: Gate::new(parts.keep.clone(), tokens, helpers, Rc::clone(&registry)),
        bots: Bots::new(parts.keep.clone(), Rc::clone(&registry)),
        keep: parts.keep,
        accounts,
        registry,
        sink: parts.sink,
    };
    spawn_local(door.serve(inbox));
    Ok(())
}

struct Door<K> {
    keep: K,
    gate: Gate<K>,
    accounts: Rc<Accounts<K>>,
    bots: Rc<Bots<K>>,
    registry: Rc<Registry>,
    sink: Rc<dyn DoorSink>,
}

impl<K: Keep> Door<K> {
    async fn serve(self, mut inbox: DoorInbox) {
        while let Err(fault) = self.learn().await {
            tracing::error!(%fault, "names are not known: nobody is let in");
            sleep(STORE_RETRY_TIME).await;
        }
        let places = Arc::new(Semaphore::new(ADMISSIONS_WAITING_MAX));
        loop {
            // Whoever is served has a place; the rest waits in the channels, which are bounded.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            tokio::select! {
                Some(order) = inbox.orders.recv() => {
                    let (gate, sink) = (self.gate.clone(), Rc::clone(&self.sink));
                    spawn_local(async move {
                        let link = order.link;
                        let let_in = |found| {
                            drop(place);
                            sink.admitted(link, found)
                        };
                        gate.serve(order, let_in).await;
                    });
                }
                Some(login) = inbox.logins.recv() => {
                    let accounts = Rc::clone(&self.accounts);
                    spawn_local(async move {
                        accounts.serve(login).await;
                        drop(place);
                    });
                }
                Some(role) = inbox.roles.recv() => {
                    let accounts = Rc::clone(&self.accounts);
                    spawn_local(async move {
                        accounts.promote(role).await;
                        drop(place);
                    });
                }
                Some(request) = inbox.bots.recv() => {
                    let (bots, sink) = (Rc::clone(&self.bots), Rc::clone(&self.sink));
                    spawn_local(async move {
                        bots.serve(request, |account| sink.revoked(account)).await;
                        drop(place);
                    });
                }
                else => return,
            }
        }
    }

    /// The names that must be known before anybody is let in; bans are the desk's to ask for.
    async fn learn(&self) -> Result<(), StoreFault> {
        let Found::Names(names) = self.keep.find(Query::Names).await? else {
            return Err(StoreFault::Failed);
        };
        for (skeleton, account) in names {
            self.registry.known(&skeleton, account);
        }
        self.sink.names_known();
        Ok(())
    }
}
