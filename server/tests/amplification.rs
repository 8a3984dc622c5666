//! What strangers can make the server send: never more than they sent, and three times that at most
//! to one who begins a QUIC handshake.
//!
//! Each kind of first packet comes 10,000 times from sockets that never answer, so that whatever
//! comes back is what the address of a victim would get.

use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quinn_proto::crypto::rustls::QuicClientConfig;
use quinn_proto::{ClientConfig, Endpoint, EndpointConfig};
use tickwire_arena::Arena;
use tickwire_server::RunningServer;
use tickwire_server::config::Config;

/// First packets of each kind.
const PACKETS: usize = 10_000;

/// Sockets they come from.
const SOCKETS: usize = 16;

/// How long nothing must come before everything has come: longer than a handshake may take.
const QUIET: Duration = Duration::from_secs(6);

/// What was sent, and what came back.
#[derive(Debug, Default)]
struct Bytes {
    sent: u64,
    back: u64,
}

struct Stranger {
    sockets: Vec<UdpSocket>,
    bytes: Bytes,
}

impl Stranger {
    fn new(port: u16) -> Stranger {
        let sockets = (0..SOCKETS).map(|_| {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.connect(("127.0.0.1", port)).unwrap();
            socket.set_nonblocking(true).unwrap();
            socket
        });
        Stranger {
            sockets: sockets.collect(),
            bytes: Bytes::default(),
        }
    }

    /// Sends every packet and counts everything that comes back, `quiet` after the last included.
    fn send_all(&mut self, packets: impl Iterator<Item = Vec<u8>>, quiet: Duration) -> f64 {
        for (number, packet) in packets.enumerate() {
            let socket = &self.sockets[number % self.sockets.len()];
            // A refusal of the kernel is a packet that was not sent.
            if socket.send(&packet).is_ok() {
                self.bytes.sent += packet.len() as u64;
            }
            self.count();
        }
        let mut until = Instant::now() + quiet;
        while Instant::now() < until {
            if self.count() {
                until = Instant::now() + quiet;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        self.bytes.back as f64 / self.bytes.sent as f64
    }

    /// Whether anything came.
    fn count(&mut self) -> bool {
        let mut any = false;
        let mut buffer = [0; 65_536];
        for socket in &self.sockets {
            while let Ok(len) = socket.recv(&mut buffer) {
                self.bytes.back += len as u64;
                any = true;
            }
        }
        any
    }
}

/// A server with a directory of its own, gone with it.
struct Hosted {
    server: Option<RunningServer>,
    data: PathBuf,
}

impl Hosted {
    fn start(name: &str) -> Hosted {
        let id = std::process::id();
        let data = std::env::temp_dir().join(format!("tickwire-amplification-{name}-{id}"));
        let config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            data_dir: data.clone(),
            ..Config::default()
        };
        let server = tickwire_server::start::<Arena>(config).unwrap();
        Hosted {
            server: Some(server),
            data,
        }
    }

    fn port(&self) -> u16 {
        self.server.as_ref().unwrap().address().port()
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        drop(self.server.take());
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

/// Bytes out over bytes in for one kind of first packet.
fn ratio(name: &str, packets: impl Iterator<Item = Vec<u8>>, quiet: Duration) -> f64 {
    let hosted = Hosted::start(name);
    let mut stranger = Stranger::new(hosted.port());
    let ratio = stranger.send_all(packets.take(PACKETS), quiet);
    println!("{name}: {:?}, ratio {ratio:.3}", stranger.bytes);
    ratio
}

fn check_at_most_what_was_sent(name: &str, packet: impl FnMut(usize) -> Vec<u8>) {
    let ratio = ratio(name, (0..).map(packet), Duration::from_secs(1));
    assert!(ratio <= 1.0, "{name} is answered {ratio:.3} times");
}

/// Bytes without a pattern, the same in each run.
fn noise(seed: usize, len: usize) -> Vec<u8> {
    let mut state = seed as u64 + 1;
    let next = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    };
    (0..len).map(next).collect()
}

fn begins_with(head: &[u8], seed: usize, len: usize) -> Vec<u8> {
    let mut packet = noise(seed, len);
    packet[..head.len()].copy_from_slice(head);
    packet
}

/// First packets of real QUIC clients; each begins a handshake of its own.
fn initials() -> impl Iterator<Item = Vec<u8>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"tickwire/1".to_vec()];
    let tls = QuicClientConfig::try_from(tls).unwrap();
    let config = ClientConfig::new(Arc::new(tls));
    let mut endpoint = Endpoint::new(Arc::new(EndpointConfig::default()), None, true, None);
    std::iter::repeat_with(move || {
        let now = Instant::now();
        let server = "127.0.0.1:1".parse().unwrap();
        let connecting = endpoint.connect(now, config.clone(), server, "localhost");
        let (_, mut connection) = connecting.unwrap();
        let mut packet = Vec::new();
        let transmit = connection.poll_transmit(now, 1, &mut packet).unwrap();
        assert_eq!(transmit.size, packet.len());
        packet
    })
}

#[test]
fn a_valid_initial_is_answered_three_times_at_most() {
    let ratio = ratio("initial", initials(), QUIET);
    assert!(ratio > 0.0, "nothing answered: this is no test");
    assert!(ratio <= 3.0, "answered {ratio:.3} times");
}

#[test]
fn one_initial_alone_is_answered_three_times_at_most() {
    let ratio = ratio("one initial", initials().take(1), QUIET);
    assert!(ratio > 0.3, "nothing answered: this is no test");
    assert!(ratio <= 3.0, "answered {ratio:.3} times");
}

#[test]
fn further_initials_of_an_address_are_answered_three_times_at_most() {
    // Too few for the server to ask addresses to prove themselves.
    let hosted = Hosted::start("few initials");
    let mut stranger = Stranger::new(hosted.port());
    stranger.sockets.truncate(1);
    let ratio = stranger.send_all(initials().take(8), QUIET);
    println!("few initials: {:?}, ratio {ratio:.3}", stranger.bytes);
    assert!(ratio > 1.0, "nothing answered: this is no test");
    assert!(ratio <= 3.0, "answered {ratio:.3} times");
}

#[test]
fn junk_gets_less_than_it_brought() {
    check_at_most_what_was_sent("junk", |seed| noise(seed, 1_200));
}

#[test]
fn a_short_header_gets_less_than_it_brought() {
    check_at_most_what_was_sent("short header", |seed| {
        begins_with(&[0x40], seed, 30 + seed % 1_170)
    });
}

#[test]
fn an_unknown_version_gets_less_than_it_brought() {
    let head = [0xC0, 0x1A, 0x2A, 0x3A, 0x4A, 8];
    check_at_most_what_was_sent("unknown version", |seed| begins_with(&head, seed, 1_200));
    check_at_most_what_was_sent("unknown version, short", |seed| {
        begins_with(&head, seed, 40)
    });
}

#[test]
fn stun_without_a_user_gets_nothing() {
    check_nothing("stun without a user", |seed| stun(seed, &[]));
}

#[test]
fn stun_with_a_wrong_user_gets_nothing() {
    check_nothing("stun with a wrong user", |seed| {
        let user = *b"\x00\x06\x00\x0babcd:efghij\x00";
        stun(seed, &user)
    });
}

#[test]
fn a_dtls_hello_gets_nothing() {
    let head = [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 140, 1, 0, 0, 128];
    check_nothing("dtls hello", |seed| begins_with(&head, seed, 153));
}

fn check_nothing(name: &str, packet: impl FnMut(usize) -> Vec<u8>) {
    let ratio = ratio(name, (0..).map(packet), Duration::from_secs(1));
    assert!(ratio == 0.0, "{name} is answered {ratio:.3} times");
}

/// A binding request with these attributes.
fn stun(seed: usize, attributes: &[u8]) -> Vec<u8> {
    let mut message = vec![0, 1, 0, attributes.len() as u8, 0x21, 0x12, 0xA4, 0x42];
    message.extend(noise(seed, 12));
    message.extend_from_slice(attributes);
    message
}

/// First packets that come in a crowd.
const CROWD: usize = 2_000;

impl Stranger {
    /// Sends every packet and keeps all that comes back until nothing has come for a second. Waits
    /// a little where the server is behind: what its kernel drops is no answer.
    fn answers(&self, packets: impl Iterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
        let (mut answers, mut packets) = (Vec::new(), packets.zip(self.sockets.iter().cycle()));
        let (mut sent, mut last) = (0, Instant::now());
        while last.elapsed() < Duration::from_secs(1) {
            if let Some((packet, socket)) = packets.next() {
                let _ = socket.send(&packet);
                (sent, last) = (sent + 1, Instant::now());
            }
            if sent > answers.len() + 32 || sent == CROWD {
                std::thread::sleep(Duration::from_millis(1));
            }
            let mut buffer = [0; 65_536];
            for socket in &self.sockets {
                while let Ok(len) = socket.recv(&mut buffer) {
                    answers.push(buffer[..len].to_vec());
                    last = Instant::now();
                }
            }
        }
        answers
    }
}

/// Whom a Retry is for: the name that the client gave its connection (RFC 9000, 17.2.5).
fn retried(answer: &[u8]) -> Option<&[u8]> {
    let is_retry = answer[0] & 0xF0 == 0xF0 && answer[1..5] == [0, 0, 0, 1];
    is_retry.then(|| &answer[6..6 + usize::from(answer[5])])
}

#[test]
fn a_crowd_is_asked_to_prove_its_addresses_with_a_third_of_what_it_brought() {
    let hosted = Hosted::start("crowd");
    let stranger = Stranger::new(hosted.port());
    let crowd: Vec<Vec<u8>> = initials().take(CROWD).collect();
    let brought_each = crowd.iter().map(Vec::len).min().unwrap();
    let answers = stranger.answers(crowd.into_iter());
    let retries = answers.iter().filter(|answer| retried(answer).is_some());
    let back: usize = retries.map(Vec::len).sum();
    // Each Initial names a connection of its own: what is sent twice counts twice.
    let asked: BTreeSet<_> = answers
        .iter()
        .filter_map(|answer| retried(answer))
        .collect();
    let brought = asked.len() * brought_each;
    let ratio = back as f64 / brought as f64;
    println!(
        "retry: {} of {CROWD}, {back} for {brought} bytes, ratio {ratio:.3}",
        asked.len()
    );
    assert!(
        asked.len() > CROWD / 10,
        "hardly anybody was asked: this is no test"
    );
    assert!(ratio <= 0.35, "answered {ratio:.3} times");
}
