//! The players: a process of its own that dials, sends inputs at 60 Hz and counts what comes.
//!
//! Never measures. It answers each line on its standard input with its counts, and ends with it.

use std::cell::Cell;
use std::io::BufRead;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use quinn::crypto::rustls::QuicClientConfig;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use tokio::sync::mpsc;
use tokio::task::spawn_local;

use crate::subject::{RATE, UP_BYTES};

/// The first argument of this role.
pub const ROLE: &str = "--players";

/// Datagrams of all players.
#[derive(Default)]
pub struct Tally {
    pub sent: Cell<u64>,
    pub received: Cell<u64>,
}

/// Plays until the standard input ends.
pub fn main(args: &[String]) -> ExitCode {
    let [transport, address, count] = args else {
        eprintln!("{ROLE} needs a transport, an address and a count");
        return ExitCode::from(2);
    };
    let (Ok(address), Ok(count)) = (address.parse(), count.parse()) else {
        eprintln!("{ROLE}: {address} or {count} cannot be read");
        return ExitCode::from(2);
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, play(transport, address, count));
    ExitCode::SUCCESS
}

async fn play(transport: &str, address: SocketAddr, count: usize) {
    let (tally, mut lines) = (Rc::new(Tally::default()), lines());
    assert_eq!(transport, "quic", "the players speak quic");
    for at in 0..count {
        let phase = Duration::from_secs(1) * at as u32 / (RATE * count as u32);
        spawn_local(quic(address, phase, Rc::clone(&tally)));
    }
    while lines.recv().await.is_some() {
        println!("{} {}", tally.sent.get(), tally.received.get());
    }
}

/// The lines of the standard input, read by a thread that may wait.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (tell, told) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    told
}

async fn quic(address: SocketAddr, phase: Duration, tally: Rc<Tally>) {
    // A socket for each, as players have; a little apart, so that no handshake waits for long.
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut endpoint = quinn::Endpoint::client(local).expect("a socket");
    endpoint.set_default_client_config(client_config());
    tokio::time::sleep(phase * 60).await;
    let connection = endpoint.connect(address, "localhost").expect("it dials");
    let connection = connection.await.expect("it comes in");
    let (mut send, _receive) = connection.open_bi().await.expect("a stream");
    send.write_all(&[1, 0, 1]).await.expect("a frame");
    let (reader, received) = (connection.clone(), Rc::clone(&tally));
    spawn_local(async move {
        while reader.read_datagram().await.is_ok() {
            received.received.set(received.received.get() + 1);
        }
    });
    let (start, mut ticks) = (Instant::now() + phase, 0);
    loop {
        ticks += 1;
        let due = start + Duration::from_secs(1) * ticks / RATE;
        tokio::time::sleep_until(due.into()).await;
        let packet = Bytes::from_static(&[9; UP_BYTES]);
        if connection.send_datagram(packet).is_err() {
            return;
        }
        tally.sent.set(tally.sent.get() + 1);
    }
}

fn client_config() -> quinn::ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"tickwire/1".to_vec()];
    let tls = QuicClientConfig::try_from(tls).expect("TLS for QUIC");
    quinn::ClientConfig::new(Arc::new(tls))
}

/// Trusts the server that the same test has just started, whoever it is.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
