//! Strangers at the port while clients come in, and clients that mean harm.

use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::interval;

use super::bench::on_network_thread_at;
use super::*;
use crate::limits::OFFER_BYTES_MAX;
use crate::metrics::DropCause;

const HANDSHAKES: usize = 50;
const HELLOS: usize = 200;

/// A DTLS 1.2 record in the clear with `body` of content type `kind`.
fn record(kind: u8, number: u8, body: &[u8]) -> Vec<u8> {
    let mut record = vec![kind, 254, 253, 0, 0, 0, 0, 0, 0, 0, number];
    record.extend_from_slice(&(body.len() as u16).to_be_bytes());
    record.extend_from_slice(body);
    record
}

/// A ClientHello as a client starts with, for one cipher suite of ECDSA.
fn hello(number: u8) -> Vec<u8> {
    let mut body = vec![254, 253];
    body.extend_from_slice(&[number; 32]);
    // No session, no cookie, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, no compression.
    body.extend_from_slice(&[0, 0, 0, 2, 0xC0, 0x2B, 1, 0]);
    let extensions = [
        &[0, 10, 0, 4, 0, 2, 0, 23][..],
        &[0, 11, 0, 2, 1, 0],
        &[0, 13, 0, 4, 0, 2, 4, 3],
        &[0, 14, 0, 5, 0, 2, 0, 7, 0],
        &[0, 23, 0, 0],
    ]
    .concat();
    body.extend_from_slice(&(extensions.len() as u16).to_be_bytes());
    body.extend_from_slice(&extensions);
    let length = (body.len() as u32).to_be_bytes();
    let mut handshake = vec![1, length[1], length[2], length[3], 0, 0, 0, 0, 0];
    handshake.extend_from_slice(&length[1..]);
    handshake.extend_from_slice(&body);
    record(22, number, &handshake)
}

/// A fatal alert: handshake failure.
fn alert(number: u8) -> Vec<u8> {
    record(21, number, &[2, 40])
}

/// Sends hellos and alerts to the port, spread over the time that handshakes take.
async fn attack(port: u16) {
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut pace = interval(Duration::from_millis(2));
    for number in 0..HELLOS {
        pace.tick().await;
        for packet in [hello(number as u8), alert(number as u8)] {
            let _ = stranger.send_to(&packet, ("127.0.0.1", port)).await;
        }
    }
}

/// Fifty clients and the attack at the same time; how many clients got a link.
async fn opened_under_attack(mut bench: Bench) -> usize {
    let mut peers = Vec::new();
    for _ in 0..HANDSHAKES {
        peers.push(NativePeer::new(Options::default()).await);
    }
    let attack = tokio::spawn(attack(bench.port()));
    for peer in &peers {
        let answer = bench.answer(&peer.offer().await).await.unwrap();
        peer.accept(answer).await;
    }
    attack.await.unwrap();
    let wait = crate::limits::WEBRTC_OPEN_TIME_MAX + Duration::from_secs(2);
    let mut opened = 0;
    let counting = async {
        while opened < HANDSHAKES {
            if let Some(Seen::Opened(_)) = bench.seen.recv().await {
                opened += 1;
            }
        }
    };
    let _ = timeout(wait, counting).await;
    let strangers = bench.metrics.foreign_dropped.get(DropCause::Stranger);
    assert!(
        strangers >= 2 * HELLOS as u64 * 9 / 10,
        "{strangers} arrived"
    );
    opened
}

#[test]
fn strangers_hellos_and_alerts_harm_no_handshake() {
    on_network_thread(async |bench: Bench| {
        assert_eq!(opened_under_attack(bench).await, HANDSHAKES);
    });
}

#[test]
fn without_the_gate_strangers_harm_handshakes() {
    on_network_thread_at("127.0.0.1:0", Sabotage::GateOpen, async |bench: Bench| {
        let opened = opened_under_attack(bench).await;
        assert!(
            opened < HANDSHAKES,
            "the attack harms nobody: what is the gate for?"
        );
    });
}

#[test]
fn bad_offers_are_refused_in_words_and_leave_nothing_behind() {
    on_network_thread(async |bench: Bench| {
        let candidate = "a=candidate:1 1 udp 1 1.1.1.1 1 typ host\r\n";
        let good = offer::tests::GOOD;
        for offer in [
            String::new(),
            "hello".to_owned(),
            "v=0\r\n".repeat(3_000),
            "v".repeat(OFFER_BYTES_MAX + 1),
            format!("{good}{}", candidate.repeat(1_000)),
            format!("{good}{}", candidate.repeat(200)),
            good.replace("sha-256 00", "sha-256 "),
            format!("{good}m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"),
        ] {
            let refused = bench.answer(&offer).await;
            assert!(matches!(refused, Err(OfferError::Bad(_))), "{refused:?}");
        }
        assert!(bench.webrtc.shared.connections.borrow().is_empty());
        assert_eq!(bench.webrtc.shared.opening_seats.in_all(), 0);
    });
}

#[test]
fn an_address_has_its_maximum_of_links_and_the_server_too() {
    on_network_thread(async |bench: Bench| {
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let good = offer::tests::GOOD;
        for _ in 0..2 {
            bench.answer_to(good, one).await.unwrap();
        }
        let third = bench.answer_to(good, one).await;
        assert_eq!(third, Err(OfferError::TooMany));
        bench.answer_to(good, other).await.unwrap();
        // Loopback is exempt from that bound, and from no other.
        for _ in 3..crate::limits::WEBRTC_OPENING_MAX {
            bench.answer(good).await.unwrap();
        }
        assert_eq!(bench.answer(good).await, Err(OfferError::Full));
    });
}
