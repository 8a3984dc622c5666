//! The certificate that is in use now, for every listener that speaks TLS.
//!
//! Never drops one that works for one that does not: what goes wrong is logged, with what to do,
//! and the old one stays.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};

use super::files::Files;
use super::identity::Identity;
use super::minted::Minted;
use crate::limits::CERTIFICATE_WARN_TIME;
use crate::runtime::clock::WallTime;

/// The names of this machine that only it can use.
const LOOPBACK_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// How often the end of a certificate is spoken of in the log.
const WARN_EVERY: Duration = Duration::from_secs(24 * 3_600);

/// The certificate in use, and where the next comes from.
pub struct Certificates {
    state: Mutex<State>,
}

struct State {
    source: Source,
    /// When the log last spoke of the certificate's end.
    warned: Option<WallTime>,
}

enum Source {
    Minted(Minted),
    Files(Files),
}

impl Certificates {
    /// Certificates for development, for loopback and `names` (host names and addresses).
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn development(names: &[String], now: WallTime) -> Result<Arc<Certificates>, String> {
        let loopback = LOOPBACK_NAMES.map(String::from);
        let new = names.iter().filter(|name| !loopback.contains(name));
        let names = loopback.iter().chain(new).cloned().collect();
        Ok(Certificates::of(Source::Minted(Minted::new(names, now)?)))
    }

    /// The certificate chain and the key of two PEM files.
    ///
    /// # Errors
    /// A sentence for the operator that names the file.
    pub fn from_pem_files(chain: &Path, key: &Path) -> Result<Arc<Certificates>, String> {
        Ok(Certificates::of(Source::Files(Files::open(chain, key)?)))
    }

    /// As [`Certificates::development`], with another plan.
    #[cfg(test)]
    pub(super) fn of_minted(minted: Minted) -> Arc<Certificates> {
        Certificates::of(Source::Minted(minted))
    }

    fn of(source: Source) -> Arc<Certificates> {
        let state = State {
            source,
            warned: None,
        };
        Arc::new(Certificates {
            state: Mutex::new(state),
        })
    }

    /// The one that clients are shown now.
    #[must_use]
    pub fn current(&self) -> Arc<Identity> {
        Arc::clone(self.lock().source.current())
    }

    /// SHA-256 of the certificates a browser may be told to accept, in lower-case hex: the one in
    /// use and the next. Empty when an authority vouches for the certificate.
    #[must_use]
    pub fn hashes(&self) -> Vec<String> {
        match &self.lock().source {
            Source::Minted(minted) => {
                let announced = minted.announced();
                announced.map(|one| one.sha256().to_owned()).to_vec()
            }
            Source::Files(_) => Vec::new(),
        }
    }

    /// Changes the certificate when its time is over or its files changed, and speaks of its end
    /// when that is near. Call it every few seconds.
    pub fn turn(&self, now: WallTime) {
        let mut state = self.lock();
        let outcome = match &mut state.source {
            Source::Minted(minted) => minted.turn(now),
            Source::Files(files) => files.turn(),
        };
        state.conclude(outcome, now);
    }

    /// Reads the files again at once; without files it is as [`Certificates::turn`].
    pub fn reload(&self, now: WallTime) {
        let mut state = self.lock();
        let outcome = match &mut state.source {
            Source::Minted(minted) => minted.turn(now),
            Source::Files(files) => files.reload(),
        };
        state.conclude(outcome, now);
    }

    /// TLS 1.3 without early data, as QUIC wants it, for these application protocols.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn for_quic(self: &Arc<Self>, protocols: &[&[u8]]) -> Result<rustls::ServerConfig, String> {
        self.server_config(&[&TLS13], protocols)
    }

    /// TLS 1.2 and 1.3 for HTTP/1.1 over TCP.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn for_https(self: &Arc<Self>) -> Result<rustls::ServerConfig, String> {
        self.server_config(&[&TLS13, &TLS12], &[b"http/1.1"])
    }

    fn server_config(
        self: &Arc<Self>,
        versions: &[&'static rustls::SupportedProtocolVersion],
        protocols: &[&[u8]],
    ) -> Result<rustls::ServerConfig, String> {
        let resolver = Arc::clone(self) as Arc<dyn ResolvesServerCert>;
        let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(versions)
            .map_err(|error| format!("cannot set up TLS: {error}"))?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Ok(config)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.lock().source.current().certified_key())
    }
}

/// A key must not reach a log.
impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Certificates")
            .field(&self.current())
            .finish()
    }
}

impl Source {
    fn current(&self) -> &Arc<Identity> {
        match self {
            Source::Minted(minted) => minted.current(),
            Source::Files(files) => files.current(),
        }
    }
}

impl State {
    /// Writes to the log what an operator should know.
    fn conclude(&mut self, outcome: Result<bool, String>, now: WallTime) {
        let current = self.source.current();
        match outcome {
            Ok(false) => {}
            Ok(true) => {
                let (sha256, expires) = (current.sha256(), current.not_after());
                tracing::info!(sha256, %expires, "another certificate is in use");
                self.warned = None;
            }
            Err(sentence) => tracing::error!(
                "{sentence}; the old certificate stays in use: put a good pair there, it is read \
                 as soon as the files change"
            ),
        }
        self.warn_of_the_end(now);
    }

    fn warn_of_the_end(&mut self, now: WallTime) {
        let Source::Files(files) = &self.source else {
            return;
        };
        let end = files.current().not_after();
        let left = end.since(now);
        let told = self
            .warned
            .is_some_and(|at| now.since(at) < WARN_EVERY && now >= at);
        if told || left >= CERTIFICATE_WARN_TIME {
            return;
        }
        self.warned = Some(now);
        if left.is_zero() {
            tracing::error!(
                expired = %end,
                "the certificate has expired and clients refuse it: renew it and replace the files"
            );
        } else {
            let days = left.as_secs() / (24 * 3_600);
            tracing::warn!(days, expires = %end, "the certificate ends soon: renew it");
        }
    }
}
