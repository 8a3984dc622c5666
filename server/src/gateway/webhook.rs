//! The webhook: tells a program of the operator's of whispers to those who are offline.
//!
//! Never calls another URL than the operator's, never follows a redirect, and never keeps the game
//! waiting: what does not fit the queue is dropped and counted. A message may come twice, under the
//! same id; one that is lost with the server still waits in its inbox.
//!
//! ```text
//! POST URL
//! Tickwire-Id:         whisper-LOG-OFFSET, the same with each try
//! Tickwire-Timestamp:  seconds since 1970 of this try
//! Tickwire-Signature:  v1=HEX, HMAC-SHA256 by the secret of ID.TIMESTAMP.BODY
//! {"type": "whisper", "to": {...}, "from": {...}, "text": "...", "at_ms": 0, ...}
//! ```

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;

use aws_lc_rs::hmac;
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use crate::engine::desk::Missed;
use crate::limits::{
    WEBHOOK_AT_ONCE_MAX, WEBHOOK_PAUSE, WEBHOOK_SECRET_BYTES_MAX, WEBHOOK_SECRET_BYTES_MIN,
    WEBHOOK_TIME_MAX, WEBHOOK_TRIES_MAX, WEBHOOK_WAITING_MAX,
};
use crate::metrics::Metrics;
use crate::runtime::clock::WallTime;

/// What the program is called with.
#[derive(Clone, Debug)]
struct Message {
    id: String,
    body: String,
}

/// Where messages for the program go.
#[derive(Debug)]
pub struct Webhook {
    queue: mpsc::Sender<Message>,
    metrics: Arc<Metrics>,
}

/// How the program is called.
struct Courier {
    url: Uri,
    key: hmac::Key,
    tls: Option<TlsConnector>,
    metrics: Arc<Metrics>,
}

impl Webhook {
    /// Starts telling the program at `url`, for as long as the network thread lives; needs a local
    /// task set.
    ///
    /// # Errors
    /// A sentence for the operator: no secret, or not a good one.
    pub fn start(url: &str, secret: &Path, metrics: Arc<Metrics>) -> Result<Webhook, String> {
        let url: Uri = (url.parse()).map_err(|_| format!("webhook.url: {url} is no URL"))?;
        let secret = read_secret(secret)?;
        let courier = Courier {
            tls: (url.scheme_str() == Some("https"))
                .then(|| connector(public_roots()))
                .transpose()?,
            key: hmac::Key::new(hmac::HMAC_SHA256, &secret),
            url,
            metrics: Arc::clone(&metrics),
        };
        let (queue, messages) = mpsc::channel(WEBHOOK_WAITING_MAX);
        spawn_local(carry_all(Rc::new(courier), messages));
        Ok(Webhook { queue, metrics })
    }

    /// Tells of a whisper; when too many wait it is dropped and counted.
    pub fn tell(&self, missed: &Missed) {
        let figures = &self.metrics.gateway;
        figures.webhook_waiting.inc();
        if self.queue.try_send(message(missed)).is_err() {
            figures.webhook_waiting.dec();
            figures.webhook_dropped.inc();
        }
    }
}

fn message(missed: &Missed) -> Message {
    let line = &missed.line;
    let body = json!({
        "type": "whisper",
        "to": { "account": missed.to.0.to_string() },
        "from": { "account": line.from.0.to_string(), "name": line.name.as_str() },
        "offset": line.offset,
        "at_ms": line.at,
        "text": line.text.as_str(),
    });
    Message {
        id: format!("whisper-{:016x}-{}", missed.log.0, line.offset),
        body: body.to_string(),
    }
}

/// What the file of the secret says, without space at its ends.
fn read_secret(path: &Path) -> Result<Vec<u8>, String> {
    let shown = path.display();
    let mut bytes = Vec::new();
    let most = WEBHOOK_SECRET_BYTES_MAX as u64 + 1;
    File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(|error| format!("webhook.secret_file: cannot read {shown}: {error}"))?;
    let secret = bytes.trim_ascii();
    let fits = (WEBHOOK_SECRET_BYTES_MIN..=WEBHOOK_SECRET_BYTES_MAX).contains(&secret.len());
    if !fits {
        let bounds = format!("{WEBHOOK_SECRET_BYTES_MIN} to {WEBHOOK_SECRET_BYTES_MAX}");
        return Err(format!(
            "webhook.secret_file: {shown} must hold {bounds} bytes"
        ));
    }
    Ok(secret.to_vec())
}

/// Who vouches for the program: the same as for pages on the web, nobody else.
fn public_roots() -> RootCertStore {
    RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    }
}

fn connector(roots: RootCertStore) -> Result<TlsConnector, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("webhook.url: no TLS: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

async fn carry_all(courier: Rc<Courier>, mut messages: mpsc::Receiver<Message>) {
    let places = Arc::new(Semaphore::new(WEBHOOK_AT_ONCE_MAX));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let Some(message) = messages.recv().await else {
            return;
        };
        let courier = Rc::clone(&courier);
        spawn_local(async move {
            courier.carry(&message).await;
            courier.metrics.gateway.webhook_waiting.dec();
            drop(place);
        });
    }
}

impl Courier {
    /// Tries until the program has it, with longer and longer pauses.
    async fn carry(&self, message: &Message) {
        let figures = &self.metrics.gateway;
        let mut pause = WEBHOOK_PAUSE;
        for attempt in 1..=WEBHOOK_TRIES_MAX {
            let outcome = timeout(WEBHOOK_TIME_MAX, self.post(message)).await;
            let why = match outcome {
                Ok(Ok(status)) if (200..300).contains(&status) => {
                    figures.webhook_told.inc();
                    return;
                }
                Ok(Ok(status)) => format!("it answered {status}"),
                Ok(Err(error)) => error,
                Err(_) => "it took too long".to_owned(),
            };
            if attempt < WEBHOOK_TRIES_MAX {
                figures.webhook_retried.inc();
                tracing::debug!(why, attempt, "the webhook did not take a message");
                sleep(pause).await;
                pause = pause.saturating_mul(2);
            } else {
                figures.webhook_failed.inc();
                tracing::warn!(why, "a message for the webhook is given up");
            }
        }
    }

    /// The status of the answer to one try.
    async fn post(&self, message: &Message) -> Result<u16, String> {
        let host = self.url.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let usual = if self.tls.is_some() { 443 } else { 80 };
        let port = self.url.port_u16().unwrap_or(usual);
        let dialled = TcpStream::connect((host, port)).await;
        let tcp = dialled.map_err(|error| format!("it cannot be dialled: {error}"))?;
        match &self.tls {
            None => self.exchange(tcp, message).await,
            Some(tls) => {
                let name = ServerName::try_from(host.to_owned());
                let name = name.map_err(|_| "its host is none for TLS".to_owned())?;
                let stream = tls.connect(name, tcp).await;
                let stream = stream.map_err(|error| format!("no TLS with it: {error}"))?;
                self.exchange(stream, message).await
            }
        }
    }

    async fn exchange<S>(&self, stream: S, message: &Message) -> Result<u16, String>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let broken = |error: hyper::Error| format!("the connection broke: {error}");
        let shaken = http1::handshake::<_, Full<Bytes>>(TokioIo::new(stream));
        let (mut sender, connection) = shaken.await.map_err(broken)?;
        let request = self.request(message)?;
        let mut asking = pin!(sender.send_request(request));
        let answer = tokio::select! {
            answer = &mut asking => answer,
            // A connection may have brought the answer before it ended, however it did: many a
            // program answers and is gone.
            _ = connection => asking.await,
        };
        Ok(answer.map_err(broken)?.status().as_u16())
    }

    fn request(&self, Message { id, body }: &Message) -> Result<Request<Full<Bytes>>, String> {
        let at = WallTime::now().0;
        let path = self.url.path_and_query().map_or("/", |path| path.as_str());
        let host = self.url.authority().map_or("", |host| host.as_str());
        Request::post(path)
            .header(HOST, host)
            .header(USER_AGENT, concat!("tickwire/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, "application/json")
            .header("tickwire-id", id)
            .header("tickwire-timestamp", at)
            .header("tickwire-signature", signature(&self.key, id, at, body))
            .body(Full::new(Bytes::from(body.clone())))
            .map_err(|error| format!("no request: {error}"))
    }
}

/// What shows that a message is from whoever knows the secret, and when.
fn signature(key: &hmac::Key, id: &str, at: u64, body: &str) -> String {
    let tag = hmac::sign(key, format!("{id}.{at}.{body}").as_bytes());
    let digits = tag.as_ref().iter().map(|byte| format!("{byte:02x}"));
    format!("v1={}", digits.collect::<String>())
}

#[cfg(test)]
mod tests;
