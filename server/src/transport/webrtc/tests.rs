//! The transport against an independent stack (the `webrtc` crate) over loopback.

mod bench;
mod distant;
mod hostile;
mod native;
mod relay;

use std::time::Duration;

use bench::{Bench, FIRST, Seen, on_network_thread, within};
use native::{NativePeer, Options, Told};
use tickwire_shared::id::LinkId;
use tickwire_shared::limits::{ORDERED_BYTES_MAX, PACKET_BYTES_MAX};

use super::*;
use crate::limits::{
    ORDERED_QUEUE_BYTES_MAX, WEBRTC_SEND_BUFFER_BYTES, WEBRTC_UNRELIABLE_BYTES_MAX,
};

#[test]
fn both_lanes_carry_packets_both_ways() {
    on_network_thread(async |mut bench: Bench| {
        let mut peer = bench.open().await;
        let longest = vec![7; PACKET_BYTES_MAX];
        peer.send(Lane::Input, &longest).await;
        let input = Seen::Received(FIRST, Lane::Input, longest.clone());
        assert_eq!(bench.next().await, input);
        peer.send(Lane::Ordered, &[9; ORDERED_BYTES_MAX]).await;
        let hello = Seen::Received(FIRST, Lane::Ordered, vec![9; ORDERED_BYTES_MAX]);
        assert_eq!(bench.next().await, hello);

        bench.links.send(FIRST, Lane::Snapshot, &longest);
        assert_eq!(peer.next().await, Told::Packet(Lane::Snapshot, longest));
        bench.links.send(FIRST, Lane::Ordered, &[6]);
        bench
            .links
            .send(FIRST, Lane::Ordered, &[8; ORDERED_BYTES_MAX]);
        assert_eq!(peer.next().await, Told::Packet(Lane::Ordered, vec![6]));
        let long = Told::Packet(Lane::Ordered, vec![8; ORDERED_BYTES_MAX]);
        assert_eq!(peer.next().await, long);

        let room = bench.links.packet_bytes_max(FIRST);
        assert_eq!(room, Some(PACKET_BYTES_MAX));
        let metrics = &bench.metrics.links;
        assert_eq!(metrics.open.of(Transport::WebRtc).get(), 1);
        assert_eq!(metrics.opened.of(Transport::WebRtc).get(), 1);
        assert_eq!(metrics.sent_packets.of(Lane::Ordered).get(), 2);
        assert_eq!(metrics.received_packets.of(Lane::Input).get(), 1);
    });
}

#[test]
fn a_panic_over_one_connection_ends_that_one_only() {
    on_network_thread(async |mut bench: Bench| {
        let _broken = bench.open().await;
        let mut other = bench.dial(Options::default()).await;
        let second = LinkId(2);
        assert_eq!(bench.next().await, Seen::Opened(second));
        within(other.opened()).await;
        let shared = Rc::clone(&bench.webrtc.shared);
        let first = shared.connections.borrow().values().next().map(Rc::clone);
        let first = first.expect("it is there");
        shared.spare_the_others(&first, clock::instant(), || panic!("as a library might"));
        let end = Seen::Closed(FIRST, CloseReason::Malformed);
        assert_eq!(bench.next().await, end);
        assert_eq!(shared.connections.borrow().len(), 1);
        bench.links.send(FIRST, Lane::Snapshot, &[1]);
        bench.links.send(second, Lane::Snapshot, &[2]);
        let packet = Told::Packet(Lane::Snapshot, vec![2]);
        assert_eq!(other.next().await, packet);
    });
}

#[test]
fn a_close_delivers_what_was_sent_before_and_says_why() {
    on_network_thread(async |mut bench: Bench| {
        let mut peer = bench.open().await;
        let last = vec![9; 10_000];
        bench.links.send(FIRST, Lane::Ordered, &last);
        let detail = "no seat in lobby";
        bench.links.close(FIRST, CloseReason::RoomFull, detail);
        assert_eq!(peer.next().await, Told::Packet(Lane::Ordered, last));
        let told = Told::Text("close 7 no seat in lobby".to_owned());
        assert_eq!(peer.next().await, told);
        within(bench.webrtc.shared.all_gone()).await;
        assert_eq!(bench.metrics.links.open.total(), 0);
        // The one who closed is not told about it; the next event is another link's.
        let _other = bench.dial(Options::default()).await;
        assert_eq!(bench.next().await, Seen::Opened(LinkId(2)));
    });
}

#[test]
fn a_client_says_why_it_goes() {
    on_network_thread(async |mut bench: Bench| {
        let peer = bench.open().await;
        peer.send_text("close 17 over").await;
        let gone = Seen::Closed(FIRST, CloseReason::UnknownSession);
        assert_eq!(bench.next().await, gone);
        assert!(bench.links.is_empty());
    });
}

#[test]
fn a_client_that_closes_without_a_word_said_goodbye() {
    on_network_thread(async |mut bench: Bench| {
        let peer = bench.open().await;
        peer.close().await;
        let seen = bench.next().await;
        let Seen::Closed(FIRST, reason) = seen else {
            panic!("{seen:?}");
        };
        // Its stack ends the channels first or the connection, as it likes.
        assert!(matches!(reason, CloseReason::Bye | CloseReason::OutOfPhase));
        within(bench.webrtc.shared.all_gone()).await;
    });
}

/// One client that breaks a rule: what the server reports and what the client is told.
fn check_violation(reason: CloseReason, act: impl AsyncFnOnce(&NativePeer)) {
    on_network_thread(async |mut bench: Bench| {
        let mut peer = bench.open().await;
        act(&peer).await;
        assert_eq!(bench.next().await, Seen::Closed(FIRST, reason));
        let told = peer.next().await;
        let Told::Text(text) = &told else {
            panic!("{told:?}");
        };
        assert_eq!(farewell::reason_of(text.as_bytes()), Some(reason));
        within(bench.webrtc.shared.all_gone()).await;
    });
}

#[test]
fn an_oversize_datagram_ends_the_link() {
    check_violation(CloseReason::Oversize, async |peer| {
        peer.send(Lane::Input, &[0; PACKET_BYTES_MAX + 1]).await;
    });
}

#[test]
fn an_empty_message_ends_the_link() {
    check_violation(CloseReason::Malformed, async |peer| {
        peer.send(Lane::Ordered, &[]).await;
    });
}

#[test]
fn a_text_that_is_no_farewell_ends_the_link() {
    check_violation(CloseReason::Malformed, async |peer| {
        peer.send_text("hello").await;
    });
}

#[test]
fn a_further_channel_ends_the_link() {
    check_violation(CloseReason::OutOfPhase, async |peer| {
        peer.open_further_channel().await;
    });
}

#[test]
fn channels_that_are_negotiated_in_band_get_no_link_for_long() {
    on_network_thread(async |mut bench: Bench| {
        let options = Options {
            negotiated: false,
            ..Options::default()
        };
        let _peer = bench.dial(options).await;
        // SCTP itself opens the server's two channels; the client's own are refused then.
        assert_eq!(bench.next().await, Seen::Opened(FIRST));
        let refused = Seen::Closed(FIRST, CloseReason::OutOfPhase);
        assert_eq!(bench.next().await, refused);
    });
}

#[test]
fn a_client_that_does_not_read_loses_its_link_and_memory_stays_bounded() {
    on_network_thread(async |mut bench: Bench| {
        let peer = bench.open().await;
        peer.stop_reading().await;
        let packet = vec![1; ORDERED_BYTES_MAX];
        let bound = 4 * (ORDERED_QUEUE_BYTES_MAX + WEBRTC_SEND_BUFFER_BYTES);
        let mut sent = 0;
        while bench.metrics.links.slow_consumers.get() == 0 {
            bench.links.send(FIRST, Lane::Ordered, &packet);
            sent += packet.len();
            assert!(sent < bound, "nothing bounds the queue");
        }
        let closed = Seen::Closed(FIRST, CloseReason::SlowConsumer);
        assert_eq!(bench.next().await, closed);
        within(bench.webrtc.shared.all_gone()).await;
    });
}

#[test]
fn snapshots_are_skipped_while_old_ones_are_under_way() {
    on_network_thread(async |mut bench: Bench| {
        let _peer = bench.open().await;
        for _ in 0..100 {
            bench
                .links
                .send(FIRST, Lane::Snapshot, &[5; PACKET_BYTES_MAX]);
        }
        let dropped = bench.metrics.links.datagrams_dropped.get();
        let kept = WEBRTC_UNRELIABLE_BYTES_MAX / PACKET_BYTES_MAX + 2;
        assert!(dropped >= 100 - kept as u64, "only {dropped} skipped");
    });
}

#[test]
fn an_offer_without_a_client_is_forgotten_in_time() {
    on_network_thread(async |mut bench: Bench| {
        bench.answer(offer::tests::GOOD).await.unwrap();
        assert_eq!(bench.webrtc.shared.connections.borrow().len(), 1);
        let wait = crate::limits::WEBRTC_OPEN_TIME_MAX + Duration::from_secs(5);
        timeout(wait, bench.webrtc.shared.all_gone()).await.unwrap();
        assert_eq!(bench.metrics.links.failed.total(), 1);
        assert_eq!(bench.webrtc.shared.opening_seats.in_all(), 0);
        assert!(bench.seen.try_recv().is_err());
    });
}

#[test]
fn a_stop_refuses_offers_and_tells_clients_why() {
    on_network_thread(async |mut bench: Bench| {
        let mut peer = bench.open().await;
        bench.webrtc.stop(CloseReason::Draining).await;
        let told = peer.next().await;
        assert!(
            matches!(&told, Told::Text(text) if text.starts_with("close 16 ")),
            "{told:?}"
        );
        let refused = bench.answer(offer::tests::GOOD).await;
        assert_eq!(refused, Err(OfferError::Full));
    });
}

#[test]
fn the_answer_is_passive_and_names_one_address() {
    on_network_thread(async |bench: Bench| {
        let answer = bench.answer(offer::tests::GOOD).await.unwrap();
        assert!(answer.contains("a=setup:passive"), "{answer}");
        assert!(answer.contains("a=ice-lite"), "{answer}");
        assert!(answer.contains("a=max-message-size:16384"), "{answer}");
        let candidates: Vec<_> = (answer.lines())
            .filter(|line| line.starts_with("a=candidate:"))
            .collect();
        let place = format!(" 127.0.0.1 {} typ host", bench.port());
        assert!(
            candidates.len() == 1 && candidates[0].contains(&place),
            "{candidates:?}"
        );
    });
}
