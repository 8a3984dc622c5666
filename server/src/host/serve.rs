//! The network thread: binds everything, then waits for whatever comes next and passes it on.
//!
//! Never computes anything itself, so that it is back at the sockets at once.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc as std_mpsc;
use std::time::Duration;

use tickwire_shared::close::CloseReason;
use tickwire_shared::schema::Schema;
use tokio::sync::{Notify, mpsc};
use tokio::task::spawn_local;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::door::{self, DoorInbox, DoorParts, DoorSink};
use super::game::GameMaker;
use super::hub::{Hub, HubParts};
use super::page::Page;
use super::signals::{Signal, SignalStream};
use super::vault;
use super::ways::{WayParts, Ways};
use super::words::WordFiles;
use super::{Bound, Command, Signals};
use crate::auth::{BotRequest, RoleRequest, Secret};
use crate::config::{Config, WebhookConfig};
use crate::data_dir::DataDir;
use crate::engine::account::GuestSecret;
use crate::engine::name_book::NameBook;
use crate::gateway::{Front, Gateway, Webhook};
use crate::http::{AdminListener, AdminState, Announcement, Build, OfficeQueues, PublicListener};
use crate::limits::{CERTIFICATE_TURN, OFFICE_WAITING_MAX};
use crate::metrics::Metrics;
use crate::runtime::clock::WallTime;
use crate::runtime::drain::Drain;
use crate::runtime::{Clock, Wake, WorkerPool};
use crate::store::StoreThreads;
use crate::transport::tls::Certificates;
use crate::transport::{LinkSink, Links};

/// How often the lobby looks at its deadlines.
const TURN: Duration = Duration::from_millis(50);

/// How long a start waits for the store at the most, and how often it looks.
const WARM_UP_TIME: Duration = Duration::from_secs(1);
const WARM_UP_STEP: Duration = Duration::from_millis(2);

/// Everything that lives on the network thread.
struct Server {
    hub: Rc<Hub>,
    ways: Ways,
    admin: SocketAddr,
    certificates: Arc<Certificates>,
    clock: Clock,
    /// Ended last, once nobody writes any more.
    store: StoreThreads,
    /// Workers call it after a tick, the store when it has answers.
    wake: Arc<Notify>,
    metrics: Arc<Metrics>,
    words: WordFiles,
    shutdown_grace: Duration,
}

/// Runs a server from its first bind to its end, and says how the start went.
pub(super) fn network_thread(
    config: Config,
    game: GameMaker,
    signals: Signals,
    inbox: mpsc::Receiver<Command>,
    tell: &std_mpsc::Sender<Result<Bound, String>>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = tell.send(Err(format!("cannot start the network thread: {error}")));
            return;
        }
    };
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        let opened = SignalStream::new(signals)
            .map_err(|error| format!("cannot listen to signals: {error}"))
            .and_then(|signals| Ok((signals, Server::open(&config, game)?)));
        match opened {
            Ok((signals, server)) => {
                server.warm_up().await;
                let _ = tell.send(Ok(server.bound()));
                server.serve(inbox, signals).await;
            }
            Err(sentence) => {
                let _ = tell.send(Err(sentence));
            }
        }
    });
}

impl Server {
    /// Binds the listeners and opens the first room; needs the local task set.
    fn open(config: &Config, game: GameMaker) -> Result<Server, String> {
        let (data, certificates) = (DataDir::open(&config.data_dir)?, certificates(config)?);
        let game = game()?;
        let (clock, wake) = (Clock::start(), Arc::new(Notify::new()));
        let (metrics, build) = (Arc::new(Metrics::default()), build_of(game.schema()));
        let admin_state = AdminState::new(metrics.clone(), build.clone(), certificates.clone());
        let workers = start_workers(config, clock, &wake, &metrics)?;
        let store = vault::open(config, clock, &wake, &metrics)?;
        let (bell, door_inbox) = door::door();
        let (links, names) = (Rc::new(Links::default()), door::names(config)?);
        let hub = Hub::new(HubParts {
            config,
            game,
            clock,
            workers,
            links: Rc::clone(&links),
            metrics: Arc::clone(&metrics),
            admin: Arc::clone(&admin_state),
            store: store.handle(),
            guest_secret: GuestSecret::new(&data.guest_secret()?),
            names: names.clone(),
            webhook: webhook(config, &metrics)?,
            door: bell.orders,
        })?;
        attend_door((config, &data, names), &store, (clock, &hub), door_inbox)?;
        let flowing = Rc::clone(&hub);
        spawn_local(async move { flowing.let_out_in_turn().await });
        let public = PublicListener::bind(config.listen)?;
        let parts = WayParts {
            config,
            data: &data,
            certificates: Arc::clone(&certificates),
            links,
            sink: Rc::clone(&hub) as Rc<dyn LinkSink>,
            metrics: Arc::clone(&metrics),
        };
        let ways = Ways::open(&parts, public.address())?;
        let page = Page {
            build,
            certificates: Arc::clone(&certificates),
            rooms: Arc::clone(&admin_state),
            offers: ways.offers(),
            websockets: ways.websockets(),
            gateway: Gateway::new(Rc::clone(&hub) as Rc<dyn Front>, store.handle()),
            logins: bell.logins,
            clock,
            metrics: Arc::clone(&metrics),
        };
        page.serve(config, public)?;
        let queues = queues(bell.roles, bell.bots, &hub, &store);
        let at = config.admin_address(ways.address());
        Ok(Server {
            admin: serve_operators(at, admin_state, queues, data.admin_token()?)?,
            words: WordFiles::in_use(&config.chat, &hub)?,
            hub,
            ways,
            certificates,
            clock,
            store,
            wake,
            metrics,
            shutdown_grace: config.shutdown_grace,
        })
    }

    fn bound(&self) -> Bound {
        Bound {
            public: self.ways.address(),
            admin: self.admin,
            certificate: self.certificates.current().certificate().to_vec(),
            metrics: Arc::clone(&self.metrics),
        }
    }

    /// Waits until the store has told what keeps people out, so that who is told of the server is
    /// let in at once; not long, for a store that does not answer.
    async fn warm_up(&self) {
        let started = async {
            while !self.hub.has_started() {
                self.hub.turn();
                self.hub.take_answers();
                sleep(WARM_UP_STEP).await;
            }
        };
        let _ = timeout(WARM_UP_TIME, started).await;
        self.hub.turn();
    }

    /// Goes on until a signal, a command or the end of a drain.
    async fn serve(self, mut inbox: mpsc::Receiver<Command>, mut signals: SignalStream) {
        tracing::info!(public = %self.ways.address(), admin = %self.admin, "serving");
        let mut turns = interval(TURN);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut certificate_turns = interval(CERTIFICATE_TURN);
        certificate_turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut drain = Drain::default();
        while drain != Drain::Stopped {
            tokio::select! {
                () = self.wake.notified() => {
                    self.hub.forward_batches();
                    self.hub.take_answers();
                }
                _ = turns.tick() => self.hub.turn(),
                _ = certificate_turns.tick() => self.certificates.turn(WallTime::now()),
                signal = signals.next() => match signal {
                    Signal::End => drain = self.drain_further(drain),
                    Signal::Reload => {
                        tracing::info!("reading the certificate files and the word lists again");
                        self.certificates.reload(WallTime::now());
                        self.words.reload(&self.hub);
                    }
                },
                command = inbox.recv() => drain = match command {
                    Some(Command::Drain) => self.drain_further(drain),
                    Some(Command::Stop) | None => Drain::Stopped,
                },
            }
            drain = drain.at(self.clock.now(), self.hub.sessions());
        }
        tracing::info!("closing");
        self.hub.close();
        self.ways.stop(CloseReason::Draining).await;
        // Nobody writes any more; what waits is still stored.
        drop(self.store);
    }

    /// The first signal starts the drain, the second ends it.
    fn drain_further(&self, drain: Drain) -> Drain {
        let next = drain.signalled(self.clock.now(), self.shutdown_grace);
        if let Drain::Draining { .. } = next {
            let grace = self.shutdown_grace;
            tracing::info!(?grace, "draining: nobody may join, players may finish");
            self.metrics.draining.set(1);
            self.hub.drain(grace);
        }
        next
    }
}

/// Where operators' requests go.
fn queues(
    roles: mpsc::Sender<RoleRequest>,
    bots: mpsc::Sender<BotRequest>,
    hub: &Rc<Hub>,
    store: &StoreThreads,
) -> OfficeQueues {
    OfficeQueues {
        roles,
        bots,
        announcements: announcer(hub),
        records: store.handle(),
    }
}

/// Lets the admin listener answer: where it listens.
fn serve_operators(
    at: SocketAddr,
    state: Arc<AdminState>,
    queues: OfficeQueues,
    token: Secret,
) -> Result<SocketAddr, String> {
    let listener = AdminListener::bind(at)?;
    let address = listener.address();
    listener.serve(state, queues, token);
    Ok(address)
}

/// The webhook, where one is configured.
fn webhook(config: &Config, metrics: &Arc<Metrics>) -> Result<Option<Webhook>, String> {
    let WebhookConfig { url, secret_file } = &config.webhook;
    match (url, secret_file) {
        (None, None) => Ok(None),
        (Some(url), Some(file)) => {
            let webhook = Webhook::start(url, file, Arc::clone(metrics))?;
            tracing::info!("a webhook is told of whispers to those who are offline");
            Ok(Some(webhook))
        }
        _ => Err("webhook.url and webhook.secret_file belong together".to_owned()),
    }
}

/// Where operators' announcements go, which the lobby takes one by one.
fn announcer(hub: &Rc<Hub>) -> mpsc::Sender<Announcement> {
    let (sender, mut announcements) = mpsc::channel(OFFICE_WAITING_MAX);
    let hub = Rc::clone(hub);
    spawn_local(async move {
        while let Some(announcement) = announcements.recv().await {
            hub.announce(announcement);
        }
    });
    sender
}

/// Has somebody stand behind the door.
fn attend_door(
    (config, data, names): (&Config, &DataDir, NameBook),
    store: &StoreThreads,
    (clock, hub): (Clock, &Rc<Hub>),
    inbox: DoorInbox,
) -> Result<(), String> {
    let parts = DoorParts {
        config,
        data,
        keep: store.handle(),
        names,
        clock,
        sink: Rc::clone(hub) as Rc<dyn DoorSink>,
    };
    door::attend(parts, inbox)
}

fn build_of(schema: &Schema) -> Build {
    Build {
        version: env!("CARGO_PKG_VERSION"),
        protocol: tickwire_shared::wire::PROTOCOL,
        schema: schema.hash,
    }
}

fn certificates(config: &Config) -> Result<Arc<Certificates>, String> {
    let certificates = match (&config.tls.cert, &config.tls.key) {
        (Some(cert), Some(key)) => Certificates::from_pem_files(cert, key)?,
        _ => {
            tracing::warn!("no tls.cert: certificates for development are made");
            let public = config.public_addr.map(|public| public.ip.to_string());
            Certificates::development(public.as_slice(), WallTime::now())?
        }
    };
    let current = certificates.current();
    let (sha256, expires) = (current.sha256(), current.not_after());
    tracing::info!(sha256, %expires, "clients may pin this certificate");
    Ok(certificates)
}

fn start_workers(
    config: &Config,
    clock: Clock,
    wake: &Arc<Notify>,
    metrics: &Metrics,
) -> Result<WorkerPool, String> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let notify = Arc::clone(wake);
    let wake = Wake::new(move || notify.notify_one());
    WorkerPool::start(config.workers(processors), clock, &wake, &metrics.ticks)
        .map_err(|error| format!("cannot start the worker threads: {error}"))
}
