//! The signals a server obeys: two that end it, one that has it read its files again.
//!
//! Never installs a handler unless the program asked for it.

use std::future::pending;
use std::io;

use super::Signals;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// SIGTERM or Ctrl-C.
    End,
    /// SIGHUP.
    Reload,
}

/// Waits for signals, again and again.
pub(super) struct SignalStream {
    #[cfg(unix)]
    unix: Option<[tokio::signal::unix::Signal; 3]>,
    #[cfg(not(unix))]
    obeyed: bool,
}

#[cfg(unix)]
impl SignalStream {
    /// Installs the handlers, if they are wanted.
    pub(super) fn new(signals: Signals) -> io::Result<SignalStream> {
        use tokio::signal::unix::{SignalKind, signal};
        let unix = match signals {
            Signals::Ignored => None,
            Signals::Obeyed => Some([
                signal(SignalKind::terminate())?,
                signal(SignalKind::interrupt())?,
                signal(SignalKind::hangup())?,
            ]),
        };
        Ok(SignalStream { unix })
    }

    /// The next signal; never comes when none is wanted.
    pub(super) async fn next(&mut self) -> Signal {
        match &mut self.unix {
            None => pending().await,
            Some([terminate, interrupt, hangup]) => {
                tokio::select! {
                    _ = terminate.recv() => Signal::End,
                    _ = interrupt.recv() => Signal::End,
                    _ = hangup.recv() => Signal::Reload,
                }
            }
        }
    }
}

#[cfg(not(unix))]
impl SignalStream {
    /// Takes note whether Ctrl-C is wanted.
    pub(super) fn new(signals: Signals) -> io::Result<SignalStream> {
        let obeyed = signals == Signals::Obeyed;
        Ok(SignalStream { obeyed })
    }

    /// The next Ctrl-C; never comes when it is not wanted.
    pub(super) async fn next(&mut self) -> Signal {
        if !self.obeyed || tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
        Signal::End
    }
}
