//! A QUIC endpoint that echoes.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use quinn::crypto::rustls::QuicServerConfig;
use quinn::{Connection, Endpoint, ServerConfig, VarInt};
use tickwire_link::{ALPN, CertificateHash, Frames};

/// An endpoint that speaks one of these protocols.
pub fn listen(alpn: &[&[u8]]) -> (Endpoint, SocketAddr, CertificateHash) {
    let (tls, hash) = super::tls(alpn);
    let config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).unwrap()));
    let endpoint = Endpoint::server(config, (Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let at = endpoint.local_addr().unwrap();
    (endpoint, at, hash)
}

/// Echoes to everybody who comes.
pub fn start() -> SocketAddr {
    let (endpoint, at, _) = listen(&[ALPN]);
    tokio::spawn(async move {
        while let Some(incoming) = endpoint.accept().await {
            tokio::spawn(async move { echo(incoming.await.ok()?).await });
        }
    });
    at
}

async fn echo(connection: Connection) -> Option<()> {
    let datagrams = connection.clone();
    tokio::spawn(async move {
        while let Ok(bytes) = datagrams.read_datagram().await {
            let _ = datagrams.send_datagram(bytes);
        }
    });
    let (mut outbox, mut inbox) = connection.accept_bi().await.ok()?;
    let mut frames = Frames::default();
    while let Ok(Some(chunk)) = inbox.read_chunk(1_000, true).await {
        frames.push(&chunk.bytes);
        while let Some(packet) = frames.next_packet().unwrap() {
            if packet == b"close" {
                connection.close(VarInt::from_u32(super::REASON), super::WORDS.as_bytes());
                return None;
            }
            let head = Frames::head(packet.len()).unwrap();
            outbox.write_all(&head).await.ok()?;
            outbox.write_all(&packet).await.ok()?;
        }
    }
    None
}
