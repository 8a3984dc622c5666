//! The transport against clients over pipes in memory, so that a slow reader is as slow as wanted.

use std::future::Future;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{Lane, LinkId};
use tickwire_shared::limits::PACKET_BYTES_MAX;
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{spawn_local, yield_now};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::*;
use crate::limits::{ORDERED_QUEUE_BYTES_MAX, WEBSOCKET_CONTROL_PER_TURN_MAX};

#[derive(Debug, PartialEq)]
enum Seen {
    Opened(LinkId, Transport),
    Received(LinkId, Lane, Vec<u8>),
    Closed(LinkId, CloseReason),
}

struct Recorder(UnboundedSender<Seen>);

impl LinkSink for Recorder {
    fn opened(&self, link: LinkId, transport: Transport, _from: SocketAddr) {
        let _ = self.0.send(Seen::Opened(link, transport));
    }

    fn received(&self, link: LinkId, lane: Lane, bytes: &[u8]) {
        let _ = self.0.send(Seen::Received(link, lane, bytes.to_vec()));
    }

    fn closed(&self, link: LinkId, reason: CloseReason) {
        let _ = self.0.send(Seen::Closed(link, reason));
    }
}

const FIRST: LinkId = LinkId(1);

/// Bytes a pipe holds: what the kernel would.
const PIPE_BYTES: usize = 4_096;

type Client = WebSocketStream<DuplexStream>;

struct Bench {
    sockets: WebSockets,
    links: Rc<Links>,
    metrics: Arc<Metrics>,
    seen: UnboundedReceiver<Seen>,
}

impl Bench {
    fn start() -> Bench {
        let (sender, seen) = unbounded_channel();
        let (links, metrics) = (Rc::new(Links::default()), Arc::new(Metrics::default()));
        let sockets = WebSockets::new(
            Rc::clone(&links),
            Rc::new(Recorder(sender)),
            Arc::clone(&metrics),
            Seats::new(1),
        );
        Bench {
            sockets,
            links,
            metrics,
            seen,
        }
    }

    /// An open link, of which the sink was told.
    async fn open(&mut self) -> Client {
        let (near, far) = duplex(PIPE_BYTES);
        let from = "127.0.0.1:9".parse().unwrap();
        let sockets = self.sockets.clone();
        let admission = sockets.admit(from).unwrap();
        spawn_local(async move { sockets.serve(far, Bytes::new(), from, admission).await });
        let opened = Seen::Opened(FIRST, Transport::WebSocket);
        assert_eq!(self.next().await, opened);
        WebSocketStream::from_raw_socket(near, Role::Client, None).await
    }

    async fn next(&mut self) -> Seen {
        within(self.seen.recv()).await.unwrap()
    }

    /// The link ends for this reason, and the client is told so.
    async fn check_end(&mut self, client: &mut Client, reason: CloseReason) {
        assert_eq!(self.next().await, Seen::Closed(FIRST, reason));
        assert_eq!(told(client).await, (reason, reason.text().to_owned()));
        assert!(self.links.is_empty());
    }
}

async fn within<F: Future>(future: F) -> F::Output {
    timeout(Duration::from_secs(20), future).await.unwrap()
}

/// The next message that is not a ping.
async fn message(client: &mut Client) -> Message {
    loop {
        match within(client.next()).await.unwrap().unwrap() {
            Message::Ping(_) => {}
            message => return message,
        }
    }
}

/// Why the server says it closes, after whatever it has sent before.
async fn told(client: &mut Client) -> (CloseReason, String) {
    loop {
        if let Message::Close(frame) = message(client).await {
            let frame = frame.unwrap();
            let number = u32::from(u16::from(frame.code)) - 4_000;
            let reason = CloseReason::from_number(number).unwrap();
            return (reason, frame.reason.to_string());
        }
    }
}

fn binary(bytes: &[u8]) -> Message {
    Message::Binary(Bytes::copy_from_slice(bytes))
}

fn on_network_thread<F: Future<Output = ()>>(test: impl FnOnce(Bench) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async { test(Bench::start()).await });
}

#[test]
fn packets_pass_on_both_lanes() {
    on_network_thread(|mut bench| async move {
        let mut client = bench.open().await;
        client.send(binary(&[0, 1, 2])).await.unwrap();
        client.send(binary(&[1, 3])).await.unwrap();
        let input = Seen::Received(FIRST, Lane::Input, vec![1, 2]);
        assert_eq!(bench.next().await, input);
        let ordered = Seen::Received(FIRST, Lane::Ordered, vec![3]);
        assert_eq!(bench.next().await, ordered);

        bench.links.begin_round();
        bench.links.send(FIRST, Lane::Snapshot, &[4, 5]);
        bench.links.send(FIRST, Lane::Ordered, &[6]);
        assert_eq!(message(&mut client).await, binary(&[1, 6]));
        assert_eq!(message(&mut client).await, binary(&[0, 4, 5]));
        assert_eq!(bench.links.packet_bytes_max(FIRST), Some(PACKET_BYTES_MAX));
        let open = || bench.metrics.links.open.of(Transport::WebSocket).get();
        assert_eq!(open(), 1);

        client.close(None).await.unwrap();
        let lost = Seen::Closed(FIRST, CloseReason::LinkLost);
        assert_eq!(within(bench.seen.recv()).await, Some(lost));
        assert_eq!(open(), 0);
        within(bench.sockets.stop()).await;
        assert_eq!(bench.sockets.0.alive.get(), 0);
    });
}

#[test]
fn a_client_says_why_it_leaves() {
    for (code, reason) in [
        (4_000, CloseReason::Bye),
        (4_014, CloseReason::Replaced),
        (1_000, CloseReason::Bye),
        (1_001, CloseReason::Bye),
        (4_999, CloseReason::LinkLost),
        (3_000, CloseReason::LinkLost),
    ] {
        on_network_thread(|mut bench| async move {
            let mut client = bench.open().await;
            let frame = CloseFrame {
                code: code.into(),
                reason: "".into(),
            };
            client.close(Some(frame)).await.unwrap();
            assert_eq!(bench.next().await, Seen::Closed(FIRST, reason), "{code}");
        });
    }
}

#[test]
fn a_close_delivers_what_was_sent_before_and_says_why() {
    on_network_thread(|mut bench| async move {
        let mut client = bench.open().await;
        let last = [9; 3 * PIPE_BYTES];
        bench.links.send(FIRST, Lane::Ordered, &last);
        let words = "The room is full: é".repeat(20);
        bench.links.close(FIRST, CloseReason::RoomFull, &words);
        let Message::Binary(got) = message(&mut client).await else {
            panic!("the packet comes first");
        };
        assert_eq!((got[0], &got[1..]), (1, &last[..]));
        let (reason, text) = told(&mut client).await;
        assert_eq!(reason, CloseReason::RoomFull);
        assert!(text.len() <= 123 && words.starts_with(&text), "{text}");
        within(bench.sockets.stop()).await;
        // Whoever closes a link is not told that it is gone.
        assert!(bench.seen.try_recv().is_err());
    });
}

#[test]
fn a_close_does_not_wait_for_a_client_that_does_not_read() {
    on_network_thread(|mut bench| async move {
        let _client = bench.open().await;
        bench.links.send(FIRST, Lane::Ordered, &[9; 3 * PIPE_BYTES]);
        bench.links.close(FIRST, CloseReason::Draining, "");
        within(async {
            while bench.sockets.0.alive.get() > 0 {
                bench.sockets.0.gone.notified().await;
            }
        })
        .await;
    });
}

#[test]
fn what_is_no_packet_ends_the_link() {
    let long = |lane: u8, bytes: usize| {
        let mut long = vec![7; bytes + 1];
        long[0] = lane;
        binary(&long)
    };
    for (message, reason) in [
        (Message::text("hello"), CloseReason::Malformed),
        (binary(&[]), CloseReason::Malformed),
        (binary(&[0]), CloseReason::Malformed),
        (binary(&[1]), CloseReason::Malformed),
        (binary(&[2, 1]), CloseReason::Malformed),
        (binary(&[255, 1]), CloseReason::Malformed),
        (long(0, PACKET_BYTES_MAX + 1), CloseReason::Oversize),
        (long(1, ORDERED_BYTES_MAX + 1), CloseReason::Oversize),
    ] {
        on_network_thread(|mut bench| async move {
            let mut client = bench.open().await;
            client.send(message).await.unwrap();
            bench.check_end(&mut client, reason).await;
        });
    }
}

/// Frames no client may send, as bytes.
fn malformed() -> Vec<(&'static str, Vec<u8>, CloseReason)> {
    use CloseReason::{Malformed, Oversize};
    let mut huge = vec![0x82, 0xFF];
    huge.extend((1u64 << 63).to_be_bytes());
    huge.extend([0; 4]);
    let mut long = vec![0x82, 0xFF];
    long.extend((1u64 << 30).to_be_bytes());
    long.extend([0; 4]);
    let mut long_ping = vec![0x89, 0xFE, 0, 200, 0, 0, 0, 0];
    long_ping.extend([0; 200]);
    vec![
        ("not masked", vec![0x82, 2, 0, 1], Malformed),
        (
            "reserved bits",
            vec![0xF2, 0x82, 0, 0, 0, 0, 0, 1],
            Malformed,
        ),
        ("fragmented ping", vec![0x09, 0x80, 0, 0, 0, 0], Malformed),
        ("fragmented close", vec![0x08, 0x80, 0, 0, 0, 0], Malformed),
        ("a ping of 200 bytes", long_ping, Malformed),
        ("unknown opcode", vec![0x83, 0x80, 0, 0, 0, 0], Malformed),
        ("unknown control", vec![0x8B, 0x80, 0, 0, 0, 0], Malformed),
        (
            "nothing to go on with",
            vec![0x80, 0x80, 0, 0, 0, 0],
            Malformed,
        ),
        (
            "text that is none",
            vec![0x81, 0x81, 0, 0, 0, 0, 0xFF],
            Malformed,
        ),
        ("2^63 bytes", huge, Oversize),
        ("2^30 bytes", long, Oversize),
    ]
}

#[test]
fn malformed_frames_end_the_link() {
    for (what, bytes, reason) in malformed() {
        on_network_thread(|mut bench| async move {
            let mut client = bench.open().await;
            client.get_mut().write_all(&bytes).await.unwrap();
            let closed = bench.next().await;
            assert_eq!(closed, Seen::Closed(FIRST, reason), "{what}");
            assert_eq!(told(&mut client).await.0, reason, "{what}");
        });
    }
}

#[test]
fn parts_of_a_message_count_together() {
    on_network_thread(|mut bench| async move {
        let mut client = bench.open().await;
        let near = client.get_mut();
        near.write_all(&[0x02, 0x81, 0, 0, 0, 0, 1]).await.unwrap();
        let part = [vec![0x00, 0xFE, 0x20, 0, 0, 0, 0, 0], vec![7; 0x2000]].concat();
        near.write_all(&part).await.unwrap();
        near.write_all(&part).await.unwrap();
        near.write_all(&part).await.unwrap();
        bench.check_end(&mut client, CloseReason::Oversize).await;
    });
}

#[test]
fn without_the_limits_the_long_messages_would_arrive() {
    on_network_thread(|_| async {
        let (near, far) = duplex(PIPE_BYTES);
        let mut client = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
        let mut server = WebSocketStream::from_raw_socket(far, Role::Server, None).await;
        let long = vec![0; LANE_BYTES + ORDERED_BYTES_MAX + 1];
        let sent = client.send(binary(&long));
        let (sent, got) = tokio::join!(sent, server.next());
        sent.unwrap();
        assert_eq!(got.unwrap().unwrap(), binary(&long));
    });
}

#[test]
fn a_flood_of_pings_ends_the_link_and_a_few_do_not() {
    on_network_thread(|mut bench| async move {
        let mut client = bench.open().await;
        for _ in 0..WEBSOCKET_CONTROL_PER_TURN_MAX / 2 {
            client.send(Message::Ping(Bytes::new())).await.unwrap();
        }
        client.send(binary(&[0, 1])).await.unwrap();
        let input = Seen::Received(FIRST, Lane::Input, vec![1]);
        assert_eq!(bench.next().await, input);
        for _ in 0..=WEBSOCKET_CONTROL_PER_TURN_MAX {
            let _ = client.send(Message::Ping(Bytes::new())).await;
        }
        bench
            .check_end(&mut client, CloseReason::TooManyPackets)
            .await;
    });
}

/// Sends rounds of three packets and lets the link write what the pipe takes.
async fn rounds(bench: &Bench, lane: Lane, count: u16) {
    for round in 0..count {
        bench.links.begin_round();
        for part in 0..3 {
            let mut packet = [part; 1_000];
            packet[..2].copy_from_slice(&round.to_le_bytes());
            bench.links.send(FIRST, lane, &packet);
        }
        yield_now().await;
    }
}

#[test]
fn a_reader_that_stood_still_gets_the_newest_round_whole() {
    const ROUNDS: u16 = 500;
    on_network_thread(|mut bench| async move {
        let mut client = bench.open().await;
        rounds(&bench, Lane::Snapshot, ROUNDS).await;
        let mut got = Vec::new();
        while got.last() != Some(&(ROUNDS - 1, 2)) {
            let packet = message(&mut client).await.into_data();
            got.push((u16::from_le_bytes([packet[1], packet[2]]), packet[3]));
        }
        let newest = [0, 1, 2].map(|part| (ROUNDS - 1, part));
        assert!(got.ends_with(&newest), "{got:?}");
        // What the pipe and one write held, and no more.
        assert!(got.len() <= 3 * 4, "{got:?}");
        let dropped = bench.metrics.links.datagrams_dropped.get();
        let sent = bench.metrics.links.sent_packets.of(Lane::Snapshot).get();
        assert_eq!(
            (dropped + sent, sent),
            (u64::from(ROUNDS) * 3, got.len() as u64)
        );
        assert_eq!(bench.metrics.links.open.total(), 1);
    });
}

#[test]
fn what_may_not_be_dropped_ends_the_link_of_a_reader_that_stands_still() {
    on_network_thread(|mut bench| async move {
        let _client = bench.open().await;
        let count = (ORDERED_QUEUE_BYTES_MAX / 3_000) as u16 + 20;
        rounds(&bench, Lane::Ordered, count).await;
        let slow = Seen::Closed(FIRST, CloseReason::SlowConsumer);
        assert_eq!(bench.next().await, slow);
        assert!(bench.links.is_empty());
        assert_eq!(bench.metrics.links.slow_consumers.get(), 1);
    });
}

#[test]
fn a_client_without_a_sign_of_life_is_lost_and_one_that_answers_pings_is_not() {
    on_network_thread(|mut bench| async move {
        let mut client = bench.open().await;
        // Reading answers the pings of the server.
        let reading = timeout(Duration::from_secs(14), client.next());
        let mut pings = 0;
        let mut outcome = reading.await;
        while pings < 3 {
            assert!(
                matches!(outcome, Ok(Some(Ok(Message::Ping(_))))),
                "{outcome:?}"
            );
            pings += 1;
            outcome = timeout(Duration::from_secs(14), client.next()).await;
        }
        assert!(bench.seen.try_recv().is_err());
        // Nobody reads any more.
        let lost = Seen::Closed(FIRST, CloseReason::TimedOut);
        assert_eq!(within(bench.seen.recv()).await, Some(lost));
    });
}

#[test]
fn an_address_has_so_many_links_and_no_more() {
    on_network_thread(|bench| async move {
        let from = |last: u8| SocketAddr::from(([192, 0, 2, last], 9));
        let one = bench.sockets.admit(from(1)).unwrap();
        assert!(bench.sockets.admit(from(1)).is_none());
        assert!(bench.sockets.admit(from(2)).is_some());
        drop(one);
        assert!(bench.sockets.admit(from(1)).is_some());
        assert_eq!(bench.metrics.links.failed.of(Transport::WebSocket).get(), 1);
    });
}
