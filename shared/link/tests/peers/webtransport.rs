//! A WebTransport endpoint that echoes.

use std::net::SocketAddr;

use tickwire_link::{CertificateHash, Frames};
use web_transport_quinn::{Request, Session};

/// Echoes to everybody who comes.
pub fn start() -> (SocketAddr, CertificateHash) {
    let (endpoint, at, hash) = super::quic::listen(&[b"h3"]);
    tokio::spawn(async move {
        while let Some(incoming) = endpoint.accept().await {
            tokio::spawn(async move {
                let request = Request::accept(incoming.await.ok()?).await.ok()?;
                assert_eq!(request.url.path(), "/wt");
                echo(request.ok().await.ok()?).await
            });
        }
    });
    (at, hash)
}

async fn echo(session: Session) -> Option<()> {
    let datagrams = session.clone();
    tokio::spawn(async move {
        while let Ok(bytes) = datagrams.read_datagram().await {
            let _ = datagrams.send_datagram(bytes);
        }
    });
    let (mut outbox, mut inbox) = session.accept_bi().await.ok()?;
    let mut frames = Frames::default();
    while let Ok(Some(chunk)) = inbox.read_chunk(1_000, true).await {
        frames.push(&chunk.bytes);
        while let Some(packet) = frames.next_packet().unwrap() {
            if packet == b"close" {
                session.close(super::REASON, super::WORDS.as_bytes());
                session.closed().await;
                return None;
            }
            let head = Frames::head(packet.len()).unwrap();
            outbox.write_all(&head).await.ok()?;
            outbox.write_all(&packet).await.ok()?;
        }
    }
    None
}
