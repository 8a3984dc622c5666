//! What is told, how it is signed, and to whom: never to a program that nobody vouches for.

use std::net::SocketAddr;

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tickwire_shared::id::{AccountId, LogId, Tick};
use tickwire_shared::wire::{BoundedStr, Line, Manner, Role};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

fn missed(offset: u64) -> Missed {
    Missed {
        to: AccountId(7),
        log: LogId(0xC0FFEE),
        line: Line {
            offset,
            from: AccountId(9),
            name: BoundedStr::cut("Ann"),
            role: Role::Player,
            at: 5,
            tick: Tick(1),
            manner: Manner::Said,
            text: BoundedStr::cut("call \"me\""),
        },
    }
}

#[test]
fn what_does_not_fit_is_dropped_and_counted() {
    let (queue, mut messages) = mpsc::channel(2);
    let metrics = Arc::<Metrics>::default();
    let webhook = Webhook {
        queue,
        metrics: Arc::clone(&metrics),
    };
    (0..5).for_each(|offset| webhook.tell(&missed(offset)));
    let figures = &metrics.gateway;
    let counted = (figures.webhook_waiting.get(), figures.webhook_dropped.get());
    assert_eq!(counted, (2, 3));
    let first = messages.try_recv().expect("a message");
    assert_eq!(first.id, "whisper-0000000000c0ffee-0");
    let body: serde_json::Value = serde_json::from_str(&first.body).expect("JSON");
    assert_eq!(body["text"], "call \"me\"");
}

/// By the tool of OpenSSL: printf '7.8.{}' | openssl dgst -sha256 -hmac 0123456789abcdef
#[test]
fn a_signature_is_over_id_time_and_body() {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"0123456789abcdef");
    let of = |id, at, body| signature(&key, id, at, body);
    let known = "v1=680709a7a088c7b9bfecbeeb8c3505d1cc6afd93f54349a327062efe55676a0d";
    assert_eq!(of("7", 8, "{}"), known);
    assert_ne!(of("7", 9, "{}"), known);
    assert_ne!(of("8", 8, "{}"), known);
    assert_ne!(of("7", 8, "{ }"), known);
}

/// A certificate for a name, which vouches for itself, and how a program speaks with it.
fn certificate(name: &str) -> (CertificateDer<'static>, TlsAcceptor) {
    let params = CertificateParams::new([name.to_owned()]).expect("a name");
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    let der = certificate.der().clone();
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![der.clone()], key);
    let config = Arc::new(config.expect("they fit"));
    (der, TlsAcceptor::from(config))
}

/// Whoever tells the program at this address, and trusts these roots.
fn courier(at: SocketAddr, roots: RootCertStore) -> Courier {
    Courier {
        url: format!("https://{at}/hook").parse().expect("a URL"),
        key: hmac::Key::new(hmac::HMAC_SHA256, b"0123456789abcdef"),
        tls: Some(connector(roots).expect("TLS")),
        metrics: Arc::default(),
    }
}

/// What the courier got to hear, and what the program read, if it got that far.
async fn told(acceptor: TlsAcceptor, roots: RootCertStore) -> (Result<u16, String>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let courier = courier(listener.local_addr().expect("bound"), roots);
    let message = message(&missed(4));
    let program = async {
        let (tcp, _) = listener.accept().await.expect("a call");
        let mut read = vec![0; 4_096];
        let Ok(mut stream) = acceptor.accept(tcp).await else {
            return String::new();
        };
        let mut all = String::new();
        while !all.ends_with('}') {
            let count = stream.read(&mut read).await.unwrap_or(0);
            if count == 0 {
                return all;
            }
            all.push_str(&String::from_utf8_lossy(&read[..count]));
        }
        let answer = b"HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(answer).await.expect("it listens");
        all
    };
    tokio::join!(courier.post(&message), program)
}

fn trusting(certificate: CertificateDer<'static>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).expect("a root");
    roots
}

#[tokio::test]
async fn a_program_is_told_over_tls_when_it_is_vouched_for() {
    let (der, acceptor) = certificate("127.0.0.1");
    let (outcome, read) = told(acceptor, trusting(der)).await;
    assert_eq!(outcome, Ok(204));
    let first = read.lines().next();
    assert_eq!(first, Some("POST /hook HTTP/1.1"), "{read}");
    assert!(read.contains("tickwire-signature: v1="), "{read}");
    assert!(read.contains(r#""text":"call \"me\"""#), "{read}");
}

#[tokio::test]
async fn one_that_nobody_vouches_for_is_told_nothing() {
    // Its own word is none: the public roots do not know it.
    let (_, acceptor) = certificate("127.0.0.1");
    let (outcome, read) = told(acceptor, public_roots()).await;
    assert!(is_no_tls(&outcome), "{outcome:?}");
    assert_eq!(read, "");
    // A good certificate of somebody else is none either.
    let (der, acceptor) = certificate("elsewhere.example");
    let (outcome, read) = told(acceptor, trusting(der)).await;
    assert!(is_no_tls(&outcome), "{outcome:?}");
    assert_eq!(read, "");
}

fn is_no_tls(outcome: &Result<u16, String>) -> bool {
    let error = outcome.as_ref().err();
    error.is_some_and(|error| error.starts_with("no TLS with it"))
}

#[tokio::test]
async fn what_is_meant_for_tls_is_never_said_in_the_clear() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let courier = courier(listener.local_addr().expect("bound"), public_roots());
    let message = message(&missed(4));
    let program = async {
        let (mut tcp, _) = listener.accept().await.expect("a call");
        let mut read = vec![0; 4_096];
        let count = tcp.read(&mut read).await.expect("something");
        read.truncate(count);
        let answer = b"HTTP/1.1 204 X\r\nConnection: close\r\n\r\n";
        let _ = tcp.write_all(answer).await;
        let _ = tcp.read_to_end(&mut read).await;
        read
    };
    let (outcome, read) = tokio::join!(courier.post(&message), program);
    assert!(is_no_tls(&outcome), "{outcome:?}");
    assert_eq!(read.first(), Some(&22), "a handshake of TLS");
    let said = |text: &str| read.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(said("\u{16}") && !said("call") && !said("HTTP/1.1") && !said("tickwire"));
}
