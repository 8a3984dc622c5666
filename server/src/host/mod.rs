//! A whole server: the network thread, its listeners, the workers, from start to drain.
//!
//! Never decides anything about players or rooms: the engine does, and the hub carries it out.

mod attendance;
mod door;
mod game;
mod hub;
mod lazy;
mod lounge;
mod page;
mod rooms;
mod serve;
mod signals;
mod vault;
mod ways;
mod words;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc as std_mpsc;
use std::thread::JoinHandle;

use tickwire_shared::game::Game;
use tokio::sync::mpsc;

use self::game::GameMaker;
use crate::config::Config;
use crate::limits::COMMANDS_WAITING_MAX;
use crate::metrics::Metrics;

/// Why a server could not start, in a sentence for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError(String);

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ServerError {}

impl From<String> for ServerError {
    fn from(sentence: String) -> ServerError {
        ServerError(sentence)
    }
}

/// Whether the signals of the process are for this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signals {
    /// SIGTERM and Ctrl-C drain it.
    Obeyed,
    /// It is a guest in a program that handles them itself.
    Ignored,
}

/// What the owner of a server may ask of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    /// As the first SIGTERM: tell players, refuse new ones, end when the grace is over.
    Drain,
    /// End at once.
    Stop,
}

/// What is known once the listeners are bound.
struct Bound {
    public: SocketAddr,
    admin: SocketAddr,
    certificate: Vec<u8>,
    metrics: Arc<Metrics>,
}

/// A server that runs; dropping it stops it.
pub struct RunningServer {
    bound: Bound,
    commands: mpsc::Sender<Command>,
    thread: Option<JoinHandle<()>>,
}

impl RunningServer {
    /// Where players dial, with the port that was picked for port 0.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.bound.public
    }

    /// Where operators ask, with the port that was picked for port 0.
    #[must_use]
    pub fn admin_address(&self) -> SocketAddr {
        self.bound.admin
    }

    /// The server's own certificate (DER), for clients that trust no authority.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.bound.certificate
    }

    /// What the server counts, for whoever wants it finer than the admin listener shows it.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.bound.metrics
    }

    /// Tells players that the server goes down and refuses new ones, as SIGTERM does.
    pub fn drain(&self) {
        let _ = self.commands.try_send(Command::Drain);
    }

    /// Ends the server at once and waits until it is gone.
    pub fn stop(self) {
        drop(self);
    }

    /// Waits until the server ends by a signal or a drain.
    pub fn wait(mut self) {
        self.join();
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the network thread panicked");
        }
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        let _ = self.commands.try_send(Command::Stop);
        self.join();
    }
}

/// Starts the network thread and waits until it listens.
pub(crate) fn start<G: Game<Rules: Default>>(
    config: Config,
    signals: Signals,
) -> Result<RunningServer, ServerError> {
    start_any(config, signals, game::maker::<G>)
}

/// As [`start`], for a game that only the maker knows.
fn start_any(
    config: Config,
    signals: Signals,
    game: GameMaker,
) -> Result<RunningServer, ServerError> {
    let (commands, inbox) = mpsc::channel(COMMANDS_WAITING_MAX);
    let (tell, told) = std_mpsc::channel();
    let thread = std::thread::Builder::new()
        .name("network".to_owned())
        .spawn(move || serve::network_thread(config, game, signals, inbox, &tell))
        .map_err(|error| ServerError(format!("cannot start the network thread: {error}")))?;
    match told.recv() {
        Ok(Ok(bound)) => Ok(RunningServer {
            bound,
            commands,
            thread: Some(thread),
        }),
        Ok(Err(sentence)) => Err(ServerError(sentence)),
        Err(_) => Err(ServerError("the network thread ended at once".to_owned())),
    }
}
