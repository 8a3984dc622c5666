//! From a request to a WebSocket, in the clear and under TLS.

use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::*;

/// Opens a WebSocket on a connected stream, as a client that is no browser does.
async fn upgrade<S>(stream: S) -> WebSocketStream<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut request = "ws://localhost/ws".into_client_request().unwrap();
    let protocol = "tickwire-1".parse().unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    let (socket, answer) = client_async(request, stream).await.unwrap();
    assert_eq!(answer.headers()["sec-websocket-protocol"], "tickwire-1");
    socket
}

async fn echo<S>(bench: &Bench, mut socket: WebSocketStream<S>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    socket.send(Message::from(vec![1, 2, 3])).await.unwrap();
    while bench.sink.received.borrow().is_empty() {
        tokio::task::yield_now().await;
    }
    let received = bench.sink.received.take();
    assert_eq!(received, [(Lane::Ordered, vec![2, 3])]);
    let link = bench.links.ids()[0];
    bench.links.send(link, Lane::Snapshot, &[4]);
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Ping(_) => {}
            message => {
                assert_eq!(message, Message::from(vec![0, 4]));
                return;
            }
        }
    }
}

#[test]
fn a_request_becomes_a_link() {
    on_network_thread(Setup::default(), |bench| async move {
        let stream = TcpStream::connect(bench.address).await.unwrap();
        echo(&bench, upgrade(stream).await).await;
        assert_eq!(bench.metrics.http.of_class(1).get(), 1);
    });
}

/// What a client has sent behind the head of its request belongs to the link.
#[test]
fn bytes_behind_the_head_are_not_lost() {
    on_network_thread(Setup::default(), |bench| async move {
        let head = "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\n\
                    Upgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n\
                    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                    Sec-WebSocket-Protocol: other, tickwire-1\r\n\r\n";
        let frame = [0x82, 0x82, 0, 0, 0, 0, 0, 9];
        let mut stream = TcpStream::connect(bench.address).await.unwrap();
        let request = [head.as_bytes(), &frame].concat();
        stream.write_all(&request).await.unwrap();
        while bench.sink.received.borrow().is_empty() {
            tokio::task::yield_now().await;
        }
        let received = bench.sink.received.take();
        assert_eq!(received, [(Lane::Input, vec![9])]);
    });
}

#[test]
fn what_is_no_upgrade_of_ours_is_refused_with_the_reason() {
    on_network_thread(Setup::default(), |bench| async move {
        let good = [
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: tickwire-1",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ];
        for (index, instead, status, words) in [
            (0, "Connection: close", 426, "WebSocket only"),
            (1, "Upgrade: h2c", 426, "WebSocket only"),
            (2, "Sec-WebSocket-Version: 8", 426, "version 13"),
            (3, "Sec-WebSocket-Protocol: chat", 400, "tickwire-1"),
            (3, "X: y", 400, "tickwire-1"),
            (4, "Sec-WebSocket-Key: short", 400, "key"),
            (4, "X: y", 400, "key"),
        ] {
            let mut lines = good;
            lines[index] = instead;
            let head = format!(
                "GET /ws HTTP/1.1\r\nHost: a\r\n{}\r\n\r\n",
                lines.join("\r\n")
            );
            let mut stream = TcpStream::connect(bench.address).await.unwrap();
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            let answer = read_all(stream).await;
            let start = format!("HTTP/1.1 {status} ");
            assert!(answer.starts_with(&start), "{instead}: {answer}");
            assert!(body(&answer).contains(words), "{instead}: {answer}");
        }
        assert_eq!(bench.sink.opened.get(), 0);
    });
}

async fn connect_tls(
    bench: &Bench,
    certificate: rustls::pki_types::CertificateDer<'static>,
    alpn: &[&[u8]],
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(bench.address).await?;
    speak_tls(stream, certificate, alpn).await
}

pub(super) async fn speak_tls(
    stream: TcpStream,
    certificate: rustls::pki_types::CertificateDer<'static>,
    alpn: &[&[u8]],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

pub(super) fn secured() -> (Setup, rustls::pki_types::CertificateDer<'static>) {
    let certificates = Certificates::development(&[], WallTime::now()).unwrap();
    let certificate = certificates.current().chain()[0].clone();
    let setup = Setup {
        certificates: Some(certificates),
        ..Setup::default()
    };
    (setup, certificate)
}

#[test]
fn with_a_certificate_only_tls_is_spoken_and_only_http_1() {
    let (setup, certificate) = secured();
    on_network_thread(setup, |bench| async move {
        let alpn: &[&[u8]] = &[b"h2", b"http/1.1"];
        let stream = connect_tls(&bench, certificate.clone(), alpn)
            .await
            .unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        echo(&bench, upgrade(stream).await).await;

        let only_h2 = connect_tls(&bench, certificate, &[b"h2"]).await;
        assert!(only_h2.is_err());
        let clear = bench.ask("GET", "/rooms", "").await;
        assert!(!clear.contains("200"), "{clear}");
        assert_eq!(bench.rejected(Rejection::Tls), 2);
    });
}

#[test]
fn a_tls_handshake_that_stands_still_is_cut_off() {
    let (setup, _) = secured();
    on_network_thread(setup, |bench| async move {
        let stream = TcpStream::connect(bench.address).await.unwrap();
        assert_eq!(read_all(stream).await, "");
        assert_eq!(bench.rejected(Rejection::Tls), 1);
    });
}
