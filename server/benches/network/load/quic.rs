//! Players over QUIC: quinn, each with a socket of its own, all on one thread.
//!
//! Never checks who the server is: it is the one that was just started.

use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{Connection, RecvStream, SendStream};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::spawn_local;
use tokio::time::sleep;

use super::{Crowd, Tally, Turns};
use crate::subject::UP_BYTES;

/// How long all rest when nobody has anything to send.
const REST: Duration = Duration::from_millis(1);

/// Plays until no more lines come.
pub fn play(address: SocketAddr, crowd: Crowd, mut lines: UnboundedReceiver<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        let tally = Rc::new(Tally::default());
        spawn_local(play_all(address, crowd, Rc::clone(&tally)));
        while let Some(line) = lines.recv().await {
            tally.obey(&line);
        }
    });
}

/// All dial, one after the other so that no handshake waits for long; then one task sends for all,
/// which costs the machine less than a timer for each.
async fn play_all(address: SocketAddr, crowd: Crowd, tally: Rc<Tally>) {
    let (config, mut players) = (client_config(), Vec::with_capacity(crowd.count));
    for _ in 0..crowd.count {
        players.push(dial(address, &config, &tally).await);
    }
    let mut turns = Turns::start(crowd);
    loop {
        sleep(REST).await;
        while let Some(player) = turns.take() {
            let packet = Bytes::from_static(&[9; UP_BYTES]);
            let (connection, ..) = &players[player];
            if tally.plays.get() && connection.send_datagram(packet).is_ok() {
                tally.add_sent();
            }
        }
    }
}

/// Dials with a socket of its own, as players have.
async fn dial(
    address: SocketAddr,
    config: &quinn::ClientConfig,
    tally: &Rc<Tally>,
) -> (Connection, SendStream, RecvStream) {
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut endpoint = quinn::Endpoint::client(local).expect("a socket");
    endpoint.set_default_client_config(config.clone());
    let connection = endpoint.connect(address, "localhost").expect("it dials");
    let connection = connection.await.expect("it comes in");
    let (mut send, receive) = connection.open_bi().await.expect("a stream");
    send.write_all(&[1, 0, 1]).await.expect("a frame");
    let (reader, tally) = (connection.clone(), Rc::clone(tally));
    spawn_local(async move {
        while reader.read_datagram().await.is_ok() {
            tally.add_received();
        }
    });
    (connection, send, receive)
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
