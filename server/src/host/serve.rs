//! The network thread: binds everything, then waits for whatever comes next and passes it on.
//!
//! Never computes anything itself, so that it is back at the sockets at once.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc as std_mpsc;
use std::time::Duration;

use tickwire_shared::close::CloseReason;
use tickwire_shared::game::{Game, schema_of};
use tickwire_shared::transport::Transport;
use tokio::sync::{Notify, mpsc};
use tokio::time::{MissedTickBehavior, interval};

use super::hub::{Hub, HubParts};
use super::page::{assets, connect_info};
use super::signals::SignalStream;
use super::{Bound, Command, Signals};
use crate::config::{Config, TlsFiles};
use crate::data_dir::DataDir;
use crate::http::{AdminListener, AdminState, Build, PublicListener, PublicOptions};
use crate::metrics::Metrics;
use crate::runtime::drain::Drain;
use crate::runtime::{Clock, Wake, WorkerPool};
use crate::transport::Links;
use crate::transport::origin::OriginRule;
use crate::transport::quic::{Quic, QuicOptions};
use crate::transport::seats::Seats;
use crate::transport::tls::Identity;
use crate::transport::websocket::WebSockets;

/// How often the lobby looks at its deadlines.
const TURN: Duration = Duration::from_millis(50);

/// Everything that lives on the network thread.
struct Server<G: Game> {
    hub: Rc<Hub<G>>,
    quic: Quic,
    websockets: WebSockets,
    admin: std::net::SocketAddr,
    certificate: Vec<u8>,
    clock: Clock,
    /// Workers call it after a tick.
    wake: Arc<Notify>,
    metrics: Arc<Metrics>,
    shutdown_grace: Duration,
}

/// Runs a server from its first bind to its end, and says how the start went.
pub(super) fn network_thread<G: Game<Rules: Default>>(
    config: Config,
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
            .and_then(|signals| Ok((signals, Server::<G>::open(&config)?)));
        match opened {
            Ok((signals, server)) => {
                let _ = tell.send(Ok(server.bound()));
                server.serve(inbox, signals).await;
            }
            Err(sentence) => {
                let _ = tell.send(Err(sentence));
            }
        }
    });
}

impl<G: Game<Rules: Default>> Server<G> {
    /// Binds the listeners and opens the first room; needs the local task set.
    fn open(config: &Config) -> Result<Server<G>, String> {
        let data = DataDir::open(&config.data_dir)?;
        let identity = identity(&config.tls)?;
        let own_certificate = identity.certificate().map(|der| der.to_vec());
        let schema = schema_of::<G>()
            .map(Arc::new)
            .map_err(|error| format!("the game's schema: {error}"))?;
        let sha256 = identity.sha256();
        tracing::info!(%sha256, "clients may pin this certificate");
        let (clock, metrics) = (Clock::start(), Arc::new(Metrics::default()));
        let build = Build {
            version: env!("CARGO_PKG_VERSION"),
            protocol: tickwire_shared::wire::PROTOCOL,
            schema: schema.hash,
            certificate_sha256: sha256.clone(),
        };
        let admin_state = AdminState::new(Arc::clone(&metrics), build.clone());
        let wake = Arc::new(Notify::new());
        let workers = start_workers(config, clock, &wake, &metrics)?;
        let links = Rc::new(Links::default());
        let hub = Hub::new(HubParts {
            config,
            schema,
            clock,
            workers,
            links: Rc::clone(&links),
            metrics: Arc::clone(&metrics),
            admin: Arc::clone(&admin_state),
        })?;
        let public = PublicListener::bind(config.listen)?;
        let secured = config.tls.cert.is_some();
        let certificate = identity.resolver()?;
        let options = QuicOptions {
            listen: public.address(),
            identity,
            reset_key: data.reset_key()?,
            links_per_address_max: config.session.links_per_address_max,
        };
        let sink = Rc::clone(&hub) as Rc<dyn crate::transport::LinkSink>;
        let quic = Quic::start(
            options,
            Rc::clone(&links),
            Rc::clone(&sink),
            Arc::clone(&metrics),
        )?;
        let seats = Seats::new(config.session.links_per_address_max);
        let websockets = WebSockets::new(links, sink, Arc::clone(&metrics), seats);
        let hashes = if secured { Vec::new() } else { vec![sha256] };
        let transports = [Transport::Quic, Transport::WebSocket];
        public.serve(PublicOptions {
            certificate: secured.then_some(certificate),
            assets: assets(config)?,
            origins: OriginRule::new(config.web.origins.clone()),
            connect_info: connect_info(config, build, quic.address(), &transports, move || {
                hashes.clone()
            }),
            rooms: Arc::clone(&admin_state),
            offers: None,
            websockets: (config.has(Transport::WebSocket)).then(|| websockets.clone()),
            connections_max: config.web.connections_max,
            connections_per_address_max: config.web.connections_per_address_max,
            metrics: Arc::clone(&metrics),
        })?;
        let admin = AdminListener::bind(config.admin_address(quic.address()))?;
        let admin_address = admin.address();
        admin.serve(admin_state);
        Ok(Server {
            hub,
            quic,
            websockets,
            admin: admin_address,
            certificate: own_certificate.unwrap_or_default(),
            clock,
            wake,
            metrics,
            shutdown_grace: config.shutdown_grace,
        })
    }

    fn bound(&self) -> Bound {
        Bound {
            public: self.quic.address(),
            admin: self.admin,
            certificate: self.certificate.clone(),
        }
    }

    /// Goes on until a signal, a command or the end of a drain.
    async fn serve(self, mut inbox: mpsc::Receiver<Command>, mut signals: SignalStream) {
        tracing::info!(public = %self.quic.address(), admin = %self.admin, "serving");
        let mut turns = interval(TURN);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut drain = Drain::default();
        while drain != Drain::Stopped {
            tokio::select! {
                () = self.wake.notified() => self.hub.forward_batches(),
                _ = turns.tick() => self.hub.turn(),
                () = signals.next() => drain = self.drain_further(drain),
                command = inbox.recv() => drain = match command {
                    Some(Command::Drain) => self.drain_further(drain),
                    Some(Command::Stop) | None => Drain::Stopped,
                },
            }
            drain = drain.at(self.clock.now(), self.hub.sessions());
        }
        tracing::info!("closing");
        self.hub.close();
        tokio::join!(
            self.quic.stop(CloseReason::Draining),
            self.websockets.stop()
        );
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

fn identity(files: &TlsFiles) -> Result<Identity, String> {
    match (&files.cert, &files.key) {
        (Some(cert), Some(key)) => Identity::from_pem_files(cert, key),
        _ => {
            tracing::warn!("no tls.cert: a certificate for development is made");
            Identity::development()
        }
    }
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
