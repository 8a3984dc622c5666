//! The transport against quinn clients over loopback.

use std::future::Future;
use std::time::Duration;

use quinn::ConnectionError;
use quinn::crypto::rustls::QuicClientConfig;
use rustls::pki_types::CertificateDer;
use tickwire_shared::id::{Lane, LinkId};
use tickwire_shared::limits::ORDERED_BYTES_MAX;
use tickwire_shared::transport::Transport;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;
use crate::limits::{DATAGRAM_BURST_MAX, ORDERED_QUEUE_BYTES_MAX, PROBE_ECHOES_MAX};
use crate::runtime::clock::WallTime;
use crate::transport::origin::Origin;
use crate::transport::tls::{ALPN, Certificates};

mod webtransport;

#[derive(Debug, PartialEq)]
enum Seen {
    Opened(LinkId, Transport),
    Received(LinkId, Lane, Vec<u8>),
    Closed(LinkId, CloseReason),
}

struct Recorder(tokio::sync::mpsc::UnboundedSender<Seen>);

impl LinkSink for Recorder {
    fn opened(&self, link: LinkId, transport: Transport, from: SocketAddr) {
        assert!(from.ip().is_loopback());
        let _ = self.0.send(Seen::Opened(link, transport));
    }

    fn received(&self, link: LinkId, lane: Lane, bytes: &[u8]) {
        let _ = self.0.send(Seen::Received(link, lane, bytes.to_vec()));
    }

    fn closed(&self, link: LinkId, reason: CloseReason) {
        let _ = self.0.send(Seen::Closed(link, reason));
    }
}

struct Bench {
    quic: Quic,
    links: Rc<Links>,
    seen: UnboundedReceiver<Seen>,
    metrics: Arc<Metrics>,
    trusted: CertificateDer<'static>,
    client: quinn::Endpoint,
}

const FIRST: LinkId = LinkId(1);

impl Bench {
    fn start(named: Vec<Origin>) -> Bench {
        let certificates = Certificates::development(&[], WallTime::now()).unwrap();
        let trusted = certificates.current().chain()[0].clone();
        let (sender, seen) = unbounded_channel();
        let (links, metrics) = (Rc::new(Links::default()), Arc::new(Metrics::default()));
        let options = options("127.0.0.1:0".parse().unwrap(), certificates, named);
        let sink = Rc::new(Recorder(sender));
        let quic = Quic::start(options, Rc::clone(&links), sink, Arc::clone(&metrics)).unwrap();
        Bench {
            quic,
            links,
            seen,
            metrics,
            client: client(trusted.clone(), &[ALPN]),
            trusted,
        }
    }

    async fn dial(&self) -> Connection {
        let dialing = self.client.connect(self.quic.address(), "localhost");
        within(dialing.unwrap()).await.unwrap()
    }

    /// A link that is open on both sides, with its Ordered stream.
    async fn open(&mut self) -> (Connection, quinn::SendStream, quinn::RecvStream) {
        let connection = self.dial().await;
        let (mut send, receive) = connection.open_bi().await.unwrap();
        send.write_all(&[2, 0, 10, 11]).await.unwrap();
        assert_eq!(self.next().await, Seen::Opened(FIRST, Transport::Quic));
        let hello = Seen::Received(FIRST, Lane::Ordered, vec![10, 11]);
        assert_eq!(self.next().await, hello);
        (connection, send, receive)
    }

    async fn next(&mut self) -> Seen {
        within(self.seen.recv()).await.unwrap()
    }

    /// Waits until the client hears why it was closed, and returns reason and text.
    async fn told(&self, connection: &Connection) -> (u32, String) {
        match within(connection.closed()).await {
            ConnectionError::ApplicationClosed(closed) => (
                closed.error_code.into_inner().try_into().unwrap(),
                String::from_utf8(closed.reason.to_vec()).unwrap(),
            ),
            other => panic!("closed by {other}"),
        }
    }
}

fn options(listen: SocketAddr, certificates: Arc<Certificates>, named: Vec<Origin>) -> QuicOptions {
    QuicOptions {
        listen,
        certificates,
        origins: OriginRule::new(named),
        transports: vec![Transport::Quic, Transport::WebTransport],
        reset_key: ResetKey([7; 64]),
        seats: Seats::new(1),
        sabotage: Sabotage::None,
    }
}

fn client(trusted: CertificateDer<'static>, protocols: &[&[u8]]) -> quinn::Endpoint {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(trusted).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    let tls = QuicClientConfig::try_from(tls).unwrap();
    let mut endpoint = quinn::Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
    endpoint.set_default_client_config(quinn::ClientConfig::new(Arc::new(tls)));
    endpoint
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), future)
        .await
        .expect("nothing happened for 20 s")
}

/// Runs a test the way the network thread runs.
fn on_network_thread<F: Future<Output = ()>>(test: impl FnOnce(Bench) -> F) {
    run_on_network_thread(Vec::new(), test);
}

/// The same, for a server that lets these pages in too.
fn run_on_network_thread<F: Future<Output = ()>>(
    named: Vec<Origin>,
    test: impl FnOnce(Bench) -> F,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async { test(Bench::start(named)).await });
}

#[test]
fn both_lanes_carry_packets_both_ways() {
    on_network_thread(|mut bench| async move {
        let (connection, _send, mut receive) = bench.open().await;
        connection.send_datagram(vec![1, 2, 3].into()).unwrap();
        let input = Seen::Received(FIRST, Lane::Input, vec![1, 2, 3]);
        assert_eq!(bench.next().await, input);

        bench.links.begin_round();
        bench.links.send(FIRST, Lane::Snapshot, &[4, 5]);
        assert_eq!(
            within(connection.read_datagram()).await.unwrap(),
            &[4, 5][..]
        );
        bench.links.send(FIRST, Lane::Ordered, &[6]);
        bench.links.send(FIRST, Lane::Ordered, &[7, 8]);
        let mut frames = [0; 7];
        within(receive.read_exact(&mut frames)).await.unwrap();
        assert_eq!(frames, [1, 0, 6, 2, 0, 7, 8]);

        let room = bench.links.packet_bytes_max(FIRST).unwrap();
        assert_eq!(room, tickwire_shared::limits::PACKET_BYTES_MAX);
        assert_eq!(bench.metrics.links.open.total(), 1);
        connection.close(VarInt::from_u32(CloseReason::Bye.number()), b"");
        assert_eq!(bench.next().await, Seen::Closed(FIRST, CloseReason::Bye));
        assert!(bench.links.is_empty());
    });
}

#[test]
fn a_close_delivers_what_was_sent_before_and_says_why() {
    on_network_thread(|mut bench| async move {
        let (connection, _send, mut receive) = bench.open().await;
        let last = vec![9; 10_000];
        bench.links.send(FIRST, Lane::Ordered, &last);
        bench
            .links
            .close(FIRST, CloseReason::RoomFull, "no seat in lobby");
        let read = within(receive.read_to_end(20_000)).await.unwrap();
        assert_eq!(read.len(), 2 + last.len());
        let told = bench.told(&connection).await;
        assert_eq!(told, (7, "no seat in lobby".to_owned()));
        // The one who closed is not told about it; the next event is another link's.
        connection.close(VarInt::from_u32(CloseReason::Bye.number()), b"");
        let (_connection, mut send, _receive) = {
            let connection = bench.dial().await;
            let (send, receive) = connection.open_bi().await.unwrap();
            (connection, send, receive)
        };
        send.write_all(&[1, 0, 1]).await.unwrap();
        let second = Seen::Opened(LinkId(2), Transport::Quic);
        assert_eq!(bench.next().await, second);
    });
}

#[test]
fn a_burst_keeps_its_first_datagrams() {
    on_network_thread(|mut bench| async move {
        let (connection, _send, _receive) = bench.open().await;
        let size = bench.links.packet_bytes_max(FIRST).unwrap();
        bench.links.begin_round();
        for part in 0..DATAGRAM_BURST_MAX + 2 {
            bench.links.send(FIRST, Lane::Snapshot, &vec![part; size]);
        }
        assert_eq!(bench.metrics.links.datagrams_dropped.get(), 2);
        for part in 0..DATAGRAM_BURST_MAX {
            let datagram = within(connection.read_datagram()).await.unwrap();
            assert_eq!(datagram.first(), Some(&part));
        }
    });
}

#[test]
fn answers_outside_of_a_round_all_leave_and_push_nothing_out() {
    on_network_thread(|mut bench| async move {
        let (connection, _send, _receive) = bench.open().await;
        // One after the other, as probes come: more than a round may have, and no round begins.
        for number in 0..PROBE_ECHOES_MAX {
            bench
                .links
                .send_alone(FIRST, Lane::Snapshot, &[number; 300]);
            let echo = within(connection.read_datagram()).await.unwrap();
            assert_eq!(echo.first(), Some(&number));
        }
        assert_eq!(bench.metrics.links.datagrams_dropped.get(), 0);
        // All at once: as many as the buffer holds, the first among them.
        for number in 0..PROBE_ECHOES_MAX {
            bench
                .links
                .send_alone(FIRST, Lane::Snapshot, &[number; 300]);
        }
        let dropped = bench.metrics.links.datagrams_dropped.get();
        assert!((1..64).contains(&dropped), "{dropped}");
        for number in 0..PROBE_ECHOES_MAX - dropped as u8 {
            let echo = within(connection.read_datagram()).await.unwrap();
            assert_eq!(echo.first(), Some(&number));
        }
    });
}

/// One client that breaks a rule: what the server reports and what the client is told.
fn check_violation(
    reason: CloseReason,
    act: impl AsyncFnOnce(&Connection, &mut quinn::SendStream),
) {
    on_network_thread(|mut bench| async move {
        let (connection, mut send, _receive) = bench.open().await;
        act(&connection, &mut send).await;
        assert_eq!(bench.next().await, Seen::Closed(FIRST, reason));
        assert_eq!(bench.told(&connection).await.0, reason.number());
    });
}

#[test]
fn an_oversize_frame_ends_the_link() {
    let length = (ORDERED_BYTES_MAX as u16 + 1).to_le_bytes();
    check_violation(CloseReason::Oversize, async |_, send| {
        send.write_all(&length).await.unwrap();
    });
}

#[test]
fn an_empty_frame_ends_the_link() {
    check_violation(CloseReason::Malformed, async |_, send| {
        send.write_all(&[0, 0]).await.unwrap();
    });
}

#[test]
fn half_a_frame_ends_the_link() {
    check_violation(CloseReason::Malformed, async |_, send| {
        send.write_all(&[5, 0, 1]).await.unwrap();
        send.finish().unwrap();
    });
}

#[test]
fn a_second_stream_ends_the_link() {
    check_violation(CloseReason::OutOfPhase, async |connection, _| {
        let (mut second, _receive) = connection.open_bi().await.unwrap();
        second.write_all(&[1]).await.unwrap();
    });
}

#[test]
fn a_one_way_stream_ends_the_link() {
    check_violation(CloseReason::OutOfPhase, async |connection, _| {
        let mut second = connection.open_uni().await.unwrap();
        second.write_all(&[1]).await.unwrap();
    });
}

#[test]
fn an_oversize_datagram_ends_the_link() {
    check_violation(CloseReason::Oversize, async |connection, _| {
        connection.send_datagram(vec![0; 1_130].into()).unwrap();
    });
}

#[test]
fn a_client_that_does_not_read_loses_its_link_and_memory_stays_bounded() {
    on_network_thread(|mut bench| async move {
        let (connection, _send, _receive) = bench.open().await;
        let packet = vec![1; ORDERED_BYTES_MAX];
        let mut sent = 0;
        while bench.metrics.links.slow_consumers.get() == 0 {
            bench.links.send(FIRST, Lane::Ordered, &packet);
            sent += packet.len();
            tokio::task::yield_now().await;
            assert!(
                sent < 8 * ORDERED_QUEUE_BYTES_MAX,
                "nothing bounds the queue"
            );
        }
        let closed = Seen::Closed(FIRST, CloseReason::SlowConsumer);
        assert_eq!(bench.next().await, closed);
        let told = bench.told(&connection).await.0;
        assert_eq!(told, CloseReason::SlowConsumer.number());
    });
}

#[test]
fn a_client_of_another_protocol_gets_no_link() {
    on_network_thread(|mut bench| async move {
        for protocols in [&[][..], &[&b"h2"[..]]] {
            let other = client(bench.trusted.clone(), protocols);
            let dialing = other.connect(bench.quic.address(), "localhost").unwrap();
            assert!(within(dialing).await.is_err());
        }
        assert!(bench.seen.try_recv().is_err());
    });
}

#[test]
fn a_port_in_use_is_said_in_words() {
    on_network_thread(|bench| async move {
        let certificates = Certificates::development(&[], WallTime::now()).unwrap();
        let options = options(bench.quic.address(), certificates, Vec::new());
        let (sender, _seen) = unbounded_channel();
        let links = Rc::new(Links::default());
        let outcome = Quic::start(options, links, Rc::new(Recorder(sender)), Arc::default());
        let told = outcome.err().unwrap();
        assert!(
            told.contains("is in use") && told.contains("--listen"),
            "{told}"
        );
    });
}

#[test]
fn a_crowd_of_handshakes_must_prove_its_addresses_and_is_sent_away_in_time() {
    on_network_thread(|mut bench| async move {
        let mut silent = Vec::new();
        for _ in 0..HANDSHAKES_OPEN_MAX {
            silent.push(bench.dial().await);
        }
        assert_eq!(bench.metrics.links.retried.get(), 0);
        // One more is asked to come back with a token, does so, and gets its link.
        let _link = bench.open().await;
        assert_eq!(bench.metrics.links.retried.get(), 1);
        for connection in &silent {
            let told = bench.told(connection).await.0;
            assert_eq!(told, CloseReason::HandshakeTimeout.number());
        }
        assert_eq!(
            bench.metrics.links.failed.total(),
            HANDSHAKES_OPEN_MAX as u64
        );
    });
}
