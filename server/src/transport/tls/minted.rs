//! Certificates for development: one in use, one ready, both announced by their hashes.
//!
//! Never outlives two weeks: browsers take a certificate by its hash only when it is ECDSA and
//! valid for at most 14 days. A page learns the hashes of the one in use and of the next, so that
//! what it was told still fits when the change comes between its reading and its dialling:
//!
//! ```text
//! day      0     6     12    18    24
//! first    |=====|.....:
//! second   ~~~~~~|=====|.....:
//! third          ~~~~~~|=====|.....:      ~ announced, = in use, . still valid
//! ```

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::PrivatePkcs8KeyDer;

use super::identity::Identity;
use crate::limits::{CERTIFICATE_BACKDATED, CERTIFICATE_TIME_MAX, CERTIFICATE_USE_TIME_MAX};
use crate::runtime::clock::WallTime;

/// The certificate in use and the next.
pub(super) struct Minted {
    names: Vec<String>,
    /// How long one is in use.
    used_for: Duration,
    current: Arc<Identity>,
    current_from: WallTime,
    next: Arc<Identity>,
}

impl Minted {
    /// Makes the first two, for hosts of these names and addresses.
    pub(super) fn new(names: Vec<String>, now: WallTime) -> Result<Minted, String> {
        Minted::used_for(names, now, CERTIFICATE_USE_TIME_MAX)
    }

    /// As [`Minted::new`], with another time of use: what a test shows to be too long.
    pub(super) fn used_for(
        names: Vec<String>,
        now: WallTime,
        used_for: Duration,
    ) -> Result<Minted, String> {
        Ok(Minted {
            current: mint(&names, now)?,
            current_from: now,
            next: mint(&names, now.after(used_for))?,
            used_for,
            names,
        })
    }

    pub(super) fn current(&self) -> &Arc<Identity> {
        &self.current
    }

    /// The one in use and the next.
    pub(super) fn announced(&self) -> [&Arc<Identity>; 2] {
        [&self.current, &self.next]
    }

    /// Changes the certificate when its time is over; says whether it did.
    pub(super) fn turn(&mut self, now: WallTime) -> Result<bool, String> {
        let next_from = self.current_from.after(self.used_for);
        let set_back = now < self.current.not_before();
        let slept = now >= next_from.after(self.used_for);
        if set_back || slept {
            // The clock was set, or the machine slept for days: what was announced is no use.
            *self = Minted::used_for(self.names.clone(), now, self.used_for)?;
            return Ok(true);
        }
        if now < next_from {
            return Ok(false);
        }
        let after_next = mint(&self.names, next_from.after(self.used_for))?;
        self.current = std::mem::replace(&mut self.next, after_next);
        self.current_from = next_from;
        Ok(true)
    }
}

/// A self-signed ECDSA P-256 certificate that is to be used from `from` on.
fn mint(names: &[String], from: WallTime) -> Result<Arc<Identity>, String> {
    let failed = |error| format!("cannot make a development certificate: {error}");
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let mut params = rcgen::CertificateParams::new(names).map_err(failed)?;
    params.not_before = epoch + from.before(CERTIFICATE_BACKDATED).since_epoch();
    params.not_after = epoch + from.after(CERTIFICATE_TIME_MAX).since_epoch();
    params.distinguished_name = rcgen::DistinguishedName::new();
    let subject = rcgen::DnType::CommonName;
    params
        .distinguished_name
        .push(subject, "Tickwire development");
    let key = rcgen::KeyPair::generate().map_err(failed)?;
    let certificate = params.self_signed(&key).map_err(failed)?;
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    Identity::new(vec![certificate.der().clone()], key.into()).map(Arc::new)
}
