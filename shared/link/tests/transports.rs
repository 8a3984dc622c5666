//! A link over each transport against a tiny peer: lanes, endings, and what may not be trusted.

mod peers;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use peers::web::{self, Port};
use peers::{quic, webtransport};
use tickwire_link::{Dial, DialError, Link, LinkEnd, SendError, Trust, connect_info, dial};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::limits::ORDERED_BYTES_MAX;
use tickwire_shared::transport::Transport;

fn web_port() -> Port {
    Port {
        websocket: true,
        webrtc: true,
        ..Port::default()
    }
}

/// A peer for this transport.
async fn listen(transport: Transport) -> SocketAddr {
    match transport {
        Transport::Quic => quic::start(),
        Transport::WebTransport => webtransport::start().0,
        Transport::WebRtc | Transport::WebSocket => web::start(web_port()).await,
    }
}

async fn linked(transport: Transport) -> Link {
    let at = listen(transport).await;
    let link = dial(&Dial::to(&at.to_string()).over(transport)).await;
    let link = link.unwrap_or_else(|error| panic!("{transport}: {error}"));
    assert_eq!(link.transport(), transport);
    link
}

async fn recv(link: &mut Link) -> (Lane, Vec<u8>) {
    let waited = tokio::time::timeout(Duration::from_secs(5), link.recv()).await;
    waited.expect("within 5 s").expect("a live link")
}

#[tokio::test]
async fn lanes_carry_packets_both_ways() {
    for transport in Transport::ALL {
        let mut link = linked(transport).await;
        let long = vec![9; ORDERED_BYTES_MAX];
        for packet in [&b"first"[..], &long, b"last"] {
            link.send(Lane::Ordered, packet).unwrap();
        }
        for packet in [&b"first"[..], &long, b"last"] {
            assert_eq!(recv(&mut link).await, (Lane::Ordered, packet.to_vec()));
        }
        link.send(Lane::Input, b"steer").unwrap();
        let echo = (Lane::Snapshot, b"steer".to_vec());
        assert_eq!(recv(&mut link).await, echo, "{transport}");
        // What counts bytes on the wire may look only now and then.
        let end = Instant::now() + Duration::from_secs(5);
        while link.traffic().wire_bytes_in < ORDERED_BYTES_MAX as u64 && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let traffic = link.traffic();
        assert_eq!(traffic.bytes_out, ORDERED_BYTES_MAX as u64 + 14);
        assert_eq!(traffic.bytes_in, traffic.bytes_out, "{transport}");
        assert!(traffic.wire_bytes_in > traffic.bytes_in, "{transport}");
    }
}

/// A caller that selects between a link and something else gives up `recv` all the time.
#[tokio::test]
async fn giving_up_a_recv_loses_and_doubles_nothing() {
    for transport in Transport::ALL {
        let mut link = linked(transport).await;
        let (mut sent, mut got) = (0_u32, Vec::new());
        while got.len() < 500 {
            if sent < 500 {
                link.send(Lane::Ordered, &sent.to_le_bytes()).unwrap();
                sent += 1;
            }
            let turn = Duration::from_micros(200);
            match tokio::time::timeout(turn, link.recv()).await {
                Ok(Ok((Lane::Ordered, bytes))) => got.push(bytes),
                Ok(other) => panic!("{transport}: {other:?}"),
                Err(_) => {}
            }
        }
        let all: Vec<Vec<u8>> = (0..500_u32).map(|n| n.to_le_bytes().to_vec()).collect();
        assert!(got == all, "{transport}");
    }
}

#[tokio::test]
async fn the_servers_reason_arrives_with_its_words_made_safe() {
    for transport in Transport::ALL {
        let mut link = linked(transport).await;
        link.send(Lane::Ordered, b"close").unwrap();
        let end = link.recv().await.expect_err("the server closed");
        let words = "come back later".to_owned();
        let reason = CloseReason::Draining;
        assert_eq!(end, LinkEnd::Closed { reason, words }, "{transport}");
        assert_eq!(link.recv().await, Err(end), "asked again");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_told() {
    for transport in Transport::ALL {
        let mut link = linked(transport).await;
        assert_eq!(link.send(Lane::Snapshot, b"x"), Err(SendError::WrongLane));
        let empty = link.send(Lane::Ordered, &[]);
        assert!(matches!(empty, Err(SendError::Frame(_))), "{transport}");
        let full = (0..64).find_map(|_| link.send(Lane::Ordered, &[0; 16_000]).err());
        assert_eq!(full, Some(SendError::QueueFull), "{transport}");
    }
}

#[tokio::test]
async fn leaving_takes_no_longer_than_a_goodbye() {
    for transport in Transport::ALL {
        let link = linked(transport).await;
        let started = Instant::now();
        link.close(CloseReason::Bye).await;
        assert!(started.elapsed() < Duration::from_secs(2), "{transport}");
    }
}

#[tokio::test]
async fn a_port_that_speaks_https_is_spoken_to_by_tls() {
    let (at, hash) = web::start_tls(web_port()).await;
    for transport in [Transport::WebSocket, Transport::WebRtc] {
        for trust in [Trust::Automatic, Trust::Pinned(hash)] {
            let to = Dial {
                trust,
                ..Dial::to(&at.to_string()).over(transport)
            };
            let mut link = dial(&to).await.expect("a link");
            link.send(Lane::Ordered, b"hello").unwrap();
            assert_eq!(recv(&mut link).await, (Lane::Ordered, b"hello".to_vec()));
        }
        let to = Dial {
            trust: Trust::Public,
            ..Dial::to(&at.to_string()).over(transport)
        };
        let error = dial(&to).await.expect_err("not trusted");
        assert!(matches!(error, DialError::Certificate(_)), "{error}");
    }
}

#[tokio::test]
async fn nobody_is_talked_out_of_tls() {
    let at = web::start(web_port()).await;
    for transport in [Transport::WebSocket, Transport::WebRtc] {
        let to = Dial {
            trust: Trust::Public,
            ..Dial::to(&at.to_string()).over(transport)
        };
        assert_eq!(dial(&to).await.err(), Some(DialError::Plain(at)));
    }
}

#[tokio::test]
async fn webtransport_is_trusted_by_hash_too() {
    let (at, hash) = webtransport::start();
    let dialed = |trust| {
        let to = Dial::to(&at.to_string()).over(Transport::WebTransport);
        async move { dial(&Dial { trust, ..to }).await.map(|_| ()) }
    };
    assert_eq!(dialed(Trust::Pinned(hash)).await, Ok(()));
    let other = tickwire_link::CertificateHash([7; 32]);
    let error = dialed(Trust::Pinned(other)).await.expect_err("not trusted");
    assert!(matches!(error, DialError::Certificate(_)), "{error}");
}

#[tokio::test]
async fn a_transport_that_is_not_there_is_named() {
    let at = web::start(Port::default()).await;
    for transport in [Transport::WebSocket, Transport::WebRtc] {
        let error = dial(&Dial::to(&at.to_string()).over(transport)).await;
        let error = error.expect_err("not there");
        assert!(matches!(error, DialError::Status(404, _)), "{error}");
        assert!(error.to_string().contains("does not offer"), "{error}");
    }
}

#[tokio::test]
async fn a_closed_tcp_port_is_named() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = socket.local_addr().unwrap();
    drop(socket);
    for transport in [Transport::WebSocket, Transport::WebRtc] {
        let error = dial(&Dial::to(&at.to_string()).over(transport)).await.err();
        assert_eq!(error, Some(DialError::NobodyListensTcp(at)));
    }
}

#[tokio::test]
async fn what_a_server_says_of_itself_is_read_over_http_and_https() {
    let said = r#"{"protocol":3,"schema":"00ab00ab00ab00ab","server":"0.1.0",
        "transports":{"quic":{"port":7777}}}"#;
    let port = Port {
        connect_info: Some(said.to_owned()),
        ..Port::default()
    };
    let plain = web::start(port.clone()).await;
    let (secure, _) = web::start_tls(port).await;
    for at in [plain, secure] {
        let info = connect_info(&Dial::to(&at.to_string())).await;
        let info = info.expect("an answer");
        assert!(info.offers(Transport::Quic) && !info.offers(Transport::WebRtc));
    }
    let other = web::start(Port {
        connect_info: Some("<html>".to_owned()),
        ..Port::default()
    });
    let at = other.await;
    let error = connect_info(&Dial::to(&at.to_string())).await.err();
    assert_eq!(error, Some(DialError::NotTickwire(at)));
}
