//! The listener itself: bounded connections, bounded time, one task each.
//!
//! Never waits for a slow client longer than [`crate::limits`] says.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};

use super::admin::{AdminState, routes};
use super::roles::OfficeQueues;
use super::{listen_error, roles};
use crate::auth::Secret;
use crate::limits::{
    ADMIN_CONNECTIONS_MAX, HTTP_ACCEPT_PAUSE, HTTP_BODY_BYTES_MAX, HTTP_CONNECTION_TIME_MAX,
    HTTP_HEADER_TIME_MAX,
};

/// A bound admin listener that does not answer yet.
pub struct AdminListener {
    listener: TcpListener,
    address: SocketAddr,
}

impl AdminListener {
    /// Binds the port.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn bind(at: SocketAddr) -> Result<AdminListener, String> {
        let bound = StdListener::bind(at).and_then(|listener| {
            listener.set_nonblocking(true)?;
            let listener = TcpListener::from_std(listener)?;
            let address = listener.local_addr()?;
            Ok(AdminListener { listener, address })
        });
        bound.map_err(|error| listen_error("TCP", "--admin-listen", at, &error))
    }

    /// The address operators ask, with the port that was picked for port 0.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers for as long as the network thread lives; needs a local task set. `queues` take
    /// what operators want who show the token.
    pub fn serve(self, state: Arc<AdminState>, queues: OfficeQueues, token: Secret) {
        let routes = routes(Arc::clone(&state))
            .merge(roles::routes(state, queues, token))
            .layer(DefaultBodyLimit::max(HTTP_BODY_BYTES_MAX));
        spawn_local(accept_all(self.listener, routes));
    }
}

async fn accept_all(listener: TcpListener, routes: Router) {
    let places = Arc::new(Semaphore::new(ADMIN_CONNECTIONS_MAX));
    // Nobody closes the semaphore, so that this goes on for ever.
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let routes = routes.clone();
                spawn_local(async move {
                    answer(stream, routes).await;
                    drop(place);
                });
            }
            Err(error) => {
                // Most likely too many open files: somebody must close one first.
                tracing::warn!(%error, "the admin listener cannot accept");
                sleep(HTTP_ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn answer(stream: TcpStream, routes: Router) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HTTP_HEADER_TIME_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    match timeout(HTTP_CONNECTION_TIME_MAX, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "an admin connection broke"),
        Err(_) => tracing::debug!("an admin connection took too long"),
    }
}
