//! Certificates over weeks of virtual time, and files that are replaced under a running server.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::crypto::verify_tls13_signature;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use x509_cert::der::Decode;

use super::minted::Minted;
use super::*;
use crate::runtime::clock::WallTime;
use crate::runtime::entropy;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);
const START: WallTime = WallTime(1_800_000_000);

/// Judges a certificate as a browser does that was given hashes.
#[derive(Debug)]
struct Browser {
    hashes: Vec<String>,
    now: WallTime,
}

impl ServerCertVerifier for Browser {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let fields = x509_cert::Certificate::from_der(certificate).unwrap();
        let validity = fields.tbs_certificate().validity();
        let seconds = |time: x509_cert::time::Time| time.to_unix_duration().as_secs();
        let valid = seconds(validity.not_before)..=seconds(validity.not_after);
        let refused = |why: &str| Err(Error::General(why.to_owned()));
        if !self.hashes.contains(&sha256_hex(certificate)) {
            return refused("a hash that was not announced");
        }
        if valid.end() - valid.start() > 14 * DAY.as_secs() {
            return refused("valid for more than 14 days");
        }
        if !valid.contains(&self.now.0) {
            return refused("not valid now");
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("QUIC has no TLS 1.2".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = default_provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        // No other key than this is good with a hash.
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}

/// A whole TLS handshake, in memory.
fn handshake(server: &Arc<rustls::ServerConfig>, browser: Browser) -> Result<(), Error> {
    let mut client = rustls::ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(browser))
        .with_no_client_auth();
    client.alpn_protocols = vec![ALPN_HTTP3.to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = rustls::ClientConnection::new(Arc::new(client), name)?;
    let mut server = rustls::ServerConnection::new(Arc::clone(server))?;
    let mut wire = Vec::new();
    while client.is_handshaking() || server.is_handshaking() {
        wire.clear();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut &wire[..]).unwrap();
        server.process_new_packets()?;
        wire.clear();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut &wire[..]).unwrap();
        client.process_new_packets()?;
    }
    Ok(())
}

/// Moves the clock for 30 days in steps of an hour, and connects at each with what a page was told
/// now, and with what one was told an hour ago. `announced` is how many hashes pages are told.
fn thirty_days(used_for: Duration, announced: usize) -> Result<usize, String> {
    let minted = Minted::used_for(vec!["localhost".to_owned()], START, used_for)?;
    let certificates = Certificates::of_minted(minted);
    let server = Arc::new(certificates.for_quic(&[ALPN, ALPN_HTTP3])?);
    let told = || certificates.hashes().into_iter().take(announced).collect();
    let mut told_before: Vec<String> = told();
    let mut used = vec![certificates.current().sha256().to_owned()];
    for hour in 0..=30 * 24 {
        let now = START.after(HOUR * hour);
        certificates.turn(now);
        let told_now: Vec<String> = told();
        for hashes in [told_before, told_now.clone()] {
            handshake(&server, Browser { hashes, now })
                .map_err(|error| format!("hour {hour}: {error}"))?;
        }
        let current = certificates.current().sha256().to_owned();
        if !used.contains(&current) {
            used.push(current);
        }
        told_before = told_now;
    }
    Ok(used.len())
}

#[test]
fn a_page_that_was_told_hashes_always_connects() {
    let used = thirty_days(crate::limits::CERTIFICATE_USE_TIME_MAX, 2);
    // Days 0, 6, 12, 18, 24 and 30.
    assert_eq!(used, Ok(6));
}

#[test]
fn without_the_change_or_without_its_announcement_it_would_not() {
    let unchanged = thirty_days(20 * DAY, 2).unwrap_err();
    assert!(unchanged.contains("not valid now"), "{unchanged}");
    let unannounced = thirty_days(crate::limits::CERTIFICATE_USE_TIME_MAX, 1).unwrap_err();
    let rule = "hour 144: unexpected error: a hash that was not announced";
    assert_eq!(unannounced, rule);
}

#[test]
fn a_clock_that_jumps_gets_a_certificate_that_is_valid() {
    let certificates = Certificates::development(&[], START).unwrap();
    let mut last = certificates.current();
    for now in [
        START.after(40 * DAY),
        START.before(400 * DAY),
        START.before(400 * DAY).after(12 * DAY),
    ] {
        certificates.turn(now);
        let current = certificates.current();
        assert!(current.not_before() <= now && now < current.not_after());
        assert_ne!(current.sha256(), last.sha256());
        last = current;
    }
    // A clock that is set back a little changes nothing.
    certificates.turn(START.before(400 * DAY).after(12 * DAY).before(HOUR / 2));
    assert_eq!(certificates.current().sha256(), last.sha256());
}

#[test]
fn a_development_certificate_is_for_loopback_and_what_is_named() {
    let names = ["192.0.2.7", "localhost", "play.example.org"].map(String::from);
    let certificates = Certificates::development(&names, START).unwrap();
    let (current, hashes) = (certificates.current(), certificates.hashes());
    let all = [
        "localhost",
        "127.0.0.1",
        "::1",
        "192.0.2.7",
        "play.example.org",
    ];
    assert_eq!(current.names(), all);
    assert_eq!(hashes.len(), 2);
    assert_eq!(hashes[0], sha256_hex(current.certificate()));
    assert_eq!(current.not_before(), START.before(HOUR));
    assert_eq!(current.not_after(), START.after(13 * DAY));
    let shown = format!("{certificates:?} {current:?}");
    assert!(
        shown.len() < 200 && shown.contains(current.sha256()),
        "{shown}"
    );
}

/// Two PEM files in a directory of their own, each newer than what was there before.
struct Pair {
    directory: PathBuf,
    written: Mutex<SystemTime>,
}

impl Pair {
    fn new() -> Pair {
        let name = format!("tickwire-tls-{:016x}", entropy::number());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir_all(&directory).unwrap();
        let written = Mutex::new(SystemTime::UNIX_EPOCH + DAY);
        Pair { directory, written }
    }

    fn chain(&self) -> PathBuf {
        self.directory.join("chain.pem")
    }

    fn key(&self) -> PathBuf {
        self.directory.join("key.pem")
    }

    fn write(&self, path: PathBuf, text: &str) {
        fs::write(&path, text).unwrap();
        let mut written = self.written.lock().unwrap();
        *written += Duration::from_secs(1);
        File::options()
            .write(true)
            .open(path)
            .and_then(|file| file.set_modified(*written))
            .unwrap();
    }

    fn open(&self) -> Result<Arc<Certificates>, String> {
        Certificates::from_pem_files(&self.chain(), &self.key())
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Chain, key and hash of a certificate that ends then.
fn pem(end: WallTime) -> (String, String, String) {
    let mut params = rcgen::CertificateParams::new(["play.example.org".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(1970, 1, 1) + end.since_epoch();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let hash = sha256_hex(certificate.der());
    (certificate.pem(), key.serialize_pem(), hash)
}

/// What is logged while `act` runs.
fn logged(act: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, act);
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn replaced_files_are_read_and_a_broken_pair_keeps_the_old_one() {
    let (pair, end) = (Pair::new(), START.after(90 * DAY));
    let (first, second) = (pem(end), pem(end));
    pair.write(pair.chain(), &first.0);
    pair.write(pair.key(), &first.1);
    let certificates = pair.open().unwrap();
    assert!(certificates.hashes().is_empty());
    let shows = |hash: &String| certificates.current().sha256() == hash;
    let turn_twice = || {
        certificates.turn(START);
        certificates.turn(START);
    };
    assert!(logged(turn_twice).is_empty() && shows(&first.2));

    // Half of the new pair, as seen by a look between two writes.
    pair.write(pair.chain(), &second.0);
    certificates.turn(START);
    assert!(shows(&first.2));
    let told = logged(turn_twice);
    assert!(
        told.contains("tls.cert and tls.key cannot be used"),
        "{told}"
    );
    assert!(told.contains("put a good pair there") && shows(&first.2));
    assert!(logged(turn_twice).is_empty(), "it is told once");

    pair.write(pair.key(), &second.1);
    assert!(logged(turn_twice).contains("another certificate is in use"));
    assert!(shows(&second.2));

    fs::remove_file(pair.key()).unwrap();
    let told = logged(turn_twice);
    assert!(told.contains("key.pem") && shows(&second.2), "{told}");

    // A signal does not wait until the files have settled.
    pair.write(pair.chain(), &first.0);
    pair.write(pair.key(), &first.1);
    certificates.reload(START);
    assert!(shows(&first.2));
}

#[test]
fn the_end_of_a_certificate_is_announced_once_a_day() {
    let pair = Pair::new();
    let end = START.after(20 * DAY);
    let (chain, key, _) = pem(end);
    pair.write(pair.chain(), &chain);
    pair.write(pair.key(), &key);
    let certificates = pair.open().unwrap();
    let told = |now| logged(|| certificates.turn(now));
    assert!(told(START).is_empty());
    assert!(told(end.before(10 * DAY)).contains("days=10"));
    assert!(told(end.before(10 * DAY).after(HOUR)).is_empty());
    assert!(told(end.before(9 * DAY)).contains("renew it"));
    assert!(told(end.after(DAY)).contains("has expired"));
}

#[test]
fn what_is_wrong_with_files_is_said_in_words() {
    let pair = Pair::new();
    let (one, other) = (pem(START), pem(START));
    let told = || pair.open().unwrap_err();
    assert!(told().contains("tls.cert") && told().contains("chain.pem"));
    pair.write(pair.chain(), "no PEM at all");
    assert!(told().contains("no certificate in it"));
    pair.write(pair.chain(), &one.0);
    assert!(told().contains("tls.key") && told().contains("key.pem"));
    pair.write(pair.key(), &other.1);
    assert!(told().contains("do not fit"), "{}", told());
    pair.write(
        pair.key(),
        &"x".repeat(crate::limits::PEM_BYTES_MAX as usize + 1),
    );
    assert!(told().contains("longer than"));
    pair.write(pair.key(), &one.1);
    assert_eq!(pair.open().unwrap().current().names(), ["play.example.org"]);
}
