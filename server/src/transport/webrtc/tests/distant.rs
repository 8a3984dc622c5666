//! Clients with proper secrets that mean harm: what they aim at somebody else, and what they make
//! the server's thread work.

use std::time::Duration;

use str0m::ice::StunMessage;
use tokio::net::UdpSocket;

use super::bench::on_network_thread_at;
use super::*;
use crate::metrics::DropCause;
use crate::runtime::clock::thread_cpu_micros;
use crate::transport::webrtc::channels::tests::client::Client;
use crate::transport::webrtc::channels::tests::sctp;

/// Priorities of a path in STUN; the server sends over the nominated one with the highest.
const LOW: u32 = 1_000;
const HIGH: u32 = 2_000;

/// Datagrams in which one client makes its packets dear, each with as many chunks as fit.
const FULL: Dear = Dear {
    datagrams: 600,
    chunks: 55,
};

/// The same with one chunk each: the dearest of them takes a fraction of a millisecond.
const SINGLE: Dear = Dear {
    datagrams: 30_000,
    chunks: 1,
};

/// So many datagrams, at the most, of so many chunks.
#[derive(Clone, Copy)]
struct Dear {
    datagrams: u32,
    chunks: u32,
}

/// What an address says to the server's questions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answers {
    Nothing,
    /// What any server of STUN says, and somebody who knows no password.
    Unsigned,
    /// What a client says.
    Signed,
}

/// An address, and what went to and fro.
struct Place {
    /// The same socket twice: one to wait at, one that sends without waiting.
    socket: UdpSocket,
    sender: std::net::UdpSocket,
    answers: Answers,
    sent: usize,
    back: usize,
}

impl Place {
    fn new(server_port: u16, answers: Answers) -> Place {
        let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        sender.connect(("127.0.0.1", server_port)).unwrap();
        sender.set_nonblocking(true).unwrap();
        let socket = UdpSocket::from_std(sender.try_clone().unwrap()).unwrap();
        Place {
            socket,
            sender,
            answers,
            sent: 0,
            back: 0,
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        self.sender.send(bytes).unwrap();
        self.sent += bytes.len();
    }

    /// Tells the server of this address; its answer shows that it knows it then.
    async fn name(&mut self, client: &Client, priority: u32) {
        self.send(&client.stun(true, 1, priority, true));
        while self.next(client).await[..2] != [1, 1] {}
    }

    /// The next datagram of the server; questions are answered on the way.
    async fn next(&mut self, client: &Client) -> Vec<u8> {
        let mut buffer = vec![0; 65_536];
        loop {
            let length = within(self.socket.recv(&mut buffer)).await.unwrap();
            let datagram = &buffer[..length];
            self.back += length;
            match StunMessage::parse(datagram) {
                Ok(message) if message.is_binding_request() => {
                    if self.answers != Answers::Nothing {
                        let signed = self.answers == Answers::Signed;
                        self.send(&client.reply(datagram, signed));
                    }
                }
                _ => return datagram.to_vec(),
            }
        }
    }

    /// Takes everything that has come already.
    fn count_all(&mut self) {
        let mut buffer = vec![0; 65_536];
        while let Ok(length) = self.sender.recv(&mut buffer) {
            self.back += length;
        }
    }
}

/// A client that has an answer to its offer, and an address.
struct Distant {
    client: Client,
    place: Place,
}

impl Distant {
    async fn new(bench: &Bench) -> Distant {
        let mut client = Client::new(clock::instant());
        let answer = bench.answer(&client.offer).await.unwrap();
        client.take_answer(&answer);
        let place = Place::new(bench.port(), Answers::Signed);
        Distant { client, place }
    }

    /// Names its address and, once that is known, begins DTLS.
    async fn knock(&mut self) {
        self.place.name(&self.client, LOW).await;
        self.client.begin(clock::instant());
        self.flush();
    }

    fn flush(&mut self) {
        for record in self.client.poll_records() {
            self.place.send(&record);
        }
    }

    async fn take_one(&mut self) {
        let datagram = self.place.next(&self.client).await;
        self.client.take(&datagram);
        self.flush();
    }

    fn send_chunks(&mut self, chunks: &[u8]) {
        self.client.push_chunks(chunks);
        self.flush();
    }

    /// Goes on until its channels are open.
    async fn open(bench: &mut Bench) -> Distant {
        let mut distant = Distant::new(bench).await;
        distant.knock().await;
        while !distant.client.is_connected() {
            distant.take_one().await;
        }
        distant.send_chunks(&Client::init());
        let ack = loop {
            match distant.client.last_arrived() {
                Some(ack) => break ack,
                None => distant.take_one().await,
            }
        };
        let echo = distant.client.echo(&ack);
        distant.send_chunks(&echo);
        assert_eq!(bench.next().await, Seen::Opened(FIRST));
        distant
    }
}

/// A client names its own address and then another, and begins DTLS. What went to and fro at the
/// other until the server gave up.
fn aim_handshake(sabotage: Sabotage) -> (usize, usize) {
    let mut counts = (0, 0);
    on_network_thread_at("127.0.0.1:0", sabotage, async |bench: Bench| {
        let mut distant = Distant::new(&bench).await;
        distant.place.name(&distant.client, LOW).await;
        let mut other = Place::new(bench.port(), Answers::Nothing);
        other.name(&distant.client, HIGH).await;
        distant.client.begin(clock::instant());
        distant.flush();
        within(bench.webrtc.shared.all_gone()).await;
        other.count_all();
        let dropped = bench.metrics.foreign_dropped.get(DropCause::Unanswered);
        println!(
            "{} sent, {} back, {dropped} dropped",
            other.sent, other.back
        );
        counts = (other.sent, other.back);
    });
    counts
}

#[test]
fn a_handshake_is_not_aimed_at_an_address_that_does_not_answer() {
    let (sent, back) = aim_handshake(Sabotage::None);
    assert!(back <= 3 * sent, "{back} for {sent}");
    assert!(
        back <= sent,
        "one message of STUN drew more than it brought"
    );
}

#[test]
fn without_questions_a_handshake_is() {
    let (sent, back) = aim_handshake(Sabotage::Gullible);
    assert!(
        back > 3 * sent,
        "{back} for {sent}: what are the questions for?"
    );
}

/// A client opens its link at one address, names another, and is sent snapshots.
fn aim_snapshots(sabotage: Sabotage, check: impl AsyncFnOnce(&Distant, Place)) {
    on_network_thread_at("127.0.0.1:0", sabotage, async |mut bench: Bench| {
        let distant = Distant::open(&mut bench).await;
        let mut other = Place::new(bench.port(), Answers::Nothing);
        other.name(&distant.client, HIGH).await;
        bench.links.send(FIRST, Lane::Ordered, &[5; 1_000]);
        for _ in 0..100 {
            bench.links.send(FIRST, Lane::Snapshot, &[5; 1_000]);
        }
        other.count_all();
        check(&distant, other).await;
    });
}

#[test]
fn snapshots_are_not_aimed_at_an_address_that_does_not_answer() {
    aim_snapshots(
        Sabotage::None,
        async |distant: &Distant, mut other: Place| {
            // As where a server of STUN is, which answers anybody.
            other.answers = Answers::Unsigned;
            for _ in 0..3 {
                other.name(&distant.client, HIGH).await;
            }
            assert!(other.back <= 3 * other.sent, "{} back", other.back);
            // Whoever is there and says so may have everything: a client that changed its network.
            other.answers = Answers::Signed;
            for _ in 0..3 {
                other.name(&distant.client, HIGH).await;
            }
            // What was held back comes, and what was not acked.
            while other.back <= 3 * other.sent {
                other.next(&distant.client).await;
            }
        },
    );
}

#[test]
fn without_questions_snapshots_are() {
    aim_snapshots(Sabotage::Gullible, async |_, other| {
        let Place { sent, back, .. } = other;
        assert!(
            back > 3 * sent,
            "{back} for {sent}: what are the questions for?"
        );
    });
}

/// A client leaves a number out and sends single bytes after it, each a chunk, for as long as its
/// link lives. How many datagrams that were, and the processor time they took.
fn make_packets_dear(sabotage: Sabotage, dear: Dear) -> (u32, Duration) {
    let mut outcome = None;
    on_network_thread_at("127.0.0.1:0", sabotage, async |mut bench: Bench| {
        const FIRST_UNORDERED: u8 = 6;
        let mut distant = Distant::open(&mut bench).await;
        let first = distant.client.tsn() + 1;
        let before = thread_cpu_micros();
        let mut datagrams = 0;
        while datagrams < dear.datagrams && bench.seen.is_empty() {
            let from = first + datagrams * dear.chunks;
            let chunks = (from..from + dear.chunks)
                .flat_map(|tsn| sctp::fragment(FIRST_UNORDERED, tsn, 0, 0, 53, &[1]));
            distant.send_chunks(&chunks.collect::<Vec<u8>>());
            // The ack of it, if the server still acks.
            let _ = timeout(Duration::from_millis(200), distant.take_one()).await;
            datagrams += 1;
        }
        let spent = Duration::from_micros(thread_cpu_micros() - before);
        println!("{datagrams} datagrams took {spent:?} of the thread's time");
        if sabotage == Sabotage::None {
            let ended = Seen::Closed(FIRST, CloseReason::TooManyPackets);
            assert_eq!(bench.next().await, ended);
            within(bench.webrtc.shared.all_gone()).await;
        }
        outcome = Some((datagrams, spent));
    });
    outcome.unwrap()
}

#[test]
fn a_client_that_makes_its_packets_dear_loses_its_link() {
    let (datagrams, _) = make_packets_dear(Sabotage::None, FULL);
    assert!(datagrams > 10, "an honest client could send that");
}

#[test]
fn one_that_makes_each_a_little_dear_loses_it_too() {
    let (datagrams, _) = make_packets_dear(Sabotage::None, SINGLE);
    assert!(datagrams > 1_000, "an honest client could send that");
}

#[test]
fn without_a_bound_on_work_it_takes_what_it_likes() {
    let (datagrams, spent) = make_packets_dear(Sabotage::Patient, FULL);
    assert_eq!(datagrams, FULL.datagrams);
    assert!(
        spent > 2 * crate::limits::WEBRTC_WORK_BURST,
        "{spent:?}: what is the bound for?"
    );
}
