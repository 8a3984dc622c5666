//! A link against a small QUIC endpoint: lanes, endings and the words of a failed dial.

mod peers;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use quinn::crypto::rustls::QuicServerConfig;
use quinn::{Endpoint, ServerConfig, VarInt};
use tickwire_link::{ALPN, CertificateHash, Dial, DialError, Link, LinkEnd, SendError, Trust};
use tickwire_link::{Frames, dial_quic};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;

/// A listening endpoint and its certificate's hash.
fn listen(alpn: &[u8]) -> (Endpoint, SocketAddr, CertificateHash) {
    let (tls, hash) = peers::tls(&[alpn]);
    let config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).unwrap()));
    let endpoint = Endpoint::server(config, (Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let at = endpoint.local_addr().unwrap();
    (endpoint, at, hash)
}

/// Sends everything back on its lane until a packet says "close".
async fn echo(endpoint: Endpoint, reason: u32) {
    let connection = endpoint.accept().await.unwrap().await.unwrap();
    let datagrams = connection.clone();
    tokio::spawn(async move {
        while let Ok(bytes) = datagrams.read_datagram().await {
            let _ = datagrams.send_datagram(bytes);
        }
    });
    let (mut outbox, mut inbox) = connection.accept_bi().await.unwrap();
    let mut frames = Frames::default();
    while let Ok(Some(chunk)) = inbox.read_chunk(1_000, true).await {
        frames.push(&chunk.bytes);
        while let Some(packet) = frames.next_packet().unwrap() {
            if packet == b"close" {
                connection.close(VarInt::from_u32(reason), b"come back\x07 later");
                return;
            }
            outbox
                .write_all(&Frames::head(packet.len()).unwrap())
                .await
                .unwrap();
            outbox.write_all(&packet).await.unwrap();
        }
    }
}

async fn linked(reason: u32) -> Link {
    let (endpoint, at, _) = listen(ALPN);
    tokio::spawn(echo(endpoint, reason));
    dial_quic(&Dial::to(&at.to_string())).await.expect("a link")
}

async fn recv(link: &mut Link) -> (Lane, Vec<u8>) {
    let waited = tokio::time::timeout(Duration::from_secs(5), link.recv()).await;
    waited.expect("within 5 s").expect("a live link")
}

#[tokio::test]
async fn lanes_carry_packets_both_ways() {
    let mut link = linked(0).await;
    let long = vec![9; 16_384];
    for packet in [&b"first"[..], &long, b"last"] {
        link.send(Lane::Ordered, packet).unwrap();
    }
    for packet in [&b"first"[..], &long, b"last"] {
        assert_eq!(recv(&mut link).await, (Lane::Ordered, packet.to_vec()));
    }
    link.send(Lane::Input, b"steer").unwrap();
    assert_eq!(recv(&mut link).await, (Lane::Snapshot, b"steer".to_vec()));
    let traffic = link.traffic();
    assert_eq!(traffic.bytes_out, 16_384 + 14);
    assert_eq!(traffic.bytes_in, traffic.bytes_out);
    assert!(traffic.wire_bytes_in > traffic.bytes_in);
}

#[tokio::test]
async fn the_servers_reason_arrives_with_its_words_made_safe() {
    let mut link = linked(CloseReason::Draining.number()).await;
    link.send(Lane::Ordered, b"close").unwrap();
    let end = link.recv().await.expect_err("the server closed");
    let words = "come back later".to_owned();
    let reason = CloseReason::Draining;
    assert_eq!(end, LinkEnd::Closed { reason, words });
    assert!(end.to_string().contains("come back later"), "{end}");
    assert_eq!(link.recv().await, Err(end), "asked again");
}

#[tokio::test]
async fn what_came_before_a_close_is_read_before_it() {
    // Which of the two is looked at first is chance, so once proves little.
    for _ in 0..20 {
        let (endpoint, at, _) = listen(ALPN);
        let (opened, is_opened) = tokio::sync::oneshot::channel();
        let (closed, is_closed) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            let connection = endpoint.accept().await.unwrap().await.unwrap();
            let (mut outbox, _inbox) = connection.accept_bi().await.unwrap();
            opened.send(()).unwrap();
            let farewell = [&Frames::head(3).unwrap()[..], b"bye"].concat();
            outbox.write_all(&farewell).await.unwrap();
            outbox.finish().unwrap();
            outbox.stopped().await.unwrap();
            connection.close(VarInt::from_u32(CloseReason::RoomFull.number()), b"");
            endpoint.wait_idle().await;
            closed.send(()).unwrap();
        });
        let mut link = dial_quic(&Dial::to(&at.to_string())).await.expect("a link");
        // The stream opens with its first bytes; nobody reads what comes while this is not awaited.
        link.send(Lane::Ordered, b"hello").unwrap();
        tokio::select! {
            biased;
            opened = is_opened => opened.unwrap(),
            _ = link.recv() => panic!("nothing was sent"),
        }
        is_closed.await.unwrap();
        assert_eq!(recv(&mut link).await, (Lane::Ordered, b"bye".to_vec()));
        let end = link.recv().await.expect_err("the server closed");
        assert_eq!(end.reason(), CloseReason::RoomFull);
    }
}

#[tokio::test]
async fn an_unknown_reason_is_not_an_error_of_ours() {
    let mut link = linked(4_242).await;
    link.send(Lane::Ordered, b"close").unwrap();
    assert_eq!(link.recv().await, Err(LinkEnd::ClosedUnknown(4_242)));
}

#[tokio::test]
async fn what_cannot_be_sent_is_told() {
    let mut link = linked(0).await;
    assert_eq!(link.send(Lane::Snapshot, b"x"), Err(SendError::WrongLane));
    assert!(matches!(
        link.send(Lane::Ordered, &[]),
        Err(SendError::Frame(_))
    ));
    link.send(Lane::Input, &[0; 60_000]).unwrap();
    assert_eq!(link.traffic().dropped, 1);
    let full = (0..64).find_map(|_| link.send(Lane::Ordered, &[0; 16_000]).err());
    assert_eq!(full, Some(SendError::QueueFull), "nobody awaited recv");
}

#[tokio::test]
async fn a_closed_port_is_named_quickly() {
    let socket = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let at = socket.local_addr().unwrap();
    drop(socket);
    let started = Instant::now();
    let error = dial_quic(&Dial::to(&at.to_string()))
        .await
        .expect_err("nobody is there");
    assert_eq!(error, DialError::NobodyListens(at));
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_silent_port_ends_at_the_timeout() {
    let socket = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let at = socket.local_addr().unwrap();
    let dial = Dial {
        timeout: Duration::from_millis(900),
        ..Dial::to(&at.to_string())
    };
    assert_eq!(dial_quic(&dial).await.err(), Some(DialError::NoAnswer(at)));
}

#[tokio::test]
async fn another_protocol_is_told_apart() {
    let (endpoint, at, _) = listen(b"h3");
    tokio::spawn(async move { endpoint.accept().await.unwrap().await.err() });
    let error = dial_quic(&Dial::to(&at.to_string()))
        .await
        .expect_err("no tickwire");
    assert_eq!(error, DialError::NotTickwire(at));
}

#[tokio::test]
async fn trust_is_by_hash_or_by_authority() {
    let (endpoint, at, hash) = listen(ALPN);
    tokio::spawn(async move {
        while let Some(incoming) = endpoint.accept().await {
            tokio::spawn(async move { Some(incoming.await.ok()?.closed().await) });
        }
    });
    let dial = |trust| Dial {
        trust,
        ..Dial::to(&at.to_string())
    };
    let other = CertificateHash([7; 32]);
    assert!(dial_quic(&dial(Trust::Pinned(hash))).await.is_ok());
    for trust in [Trust::Pinned(other), Trust::Public] {
        let error = dial_quic(&dial(trust)).await.expect_err("not trusted");
        assert!(
            matches!(error, DialError::Certificate(_)),
            "{trust:?}: {error}"
        );
    }
}

#[tokio::test]
async fn a_bad_address_says_what_to_write() {
    let error = dial_quic(&Dial::to("localhost"))
        .await
        .expect_err("no port");
    assert!(error.to_string().contains("host:port"), "{error}");
}
