//! The public listener over loopback, asked by hand and by a WebSocket client.

mod downloads;
mod logins;
mod offers;
mod origins;
mod rates;
mod sockets;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{Lane, LinkId};
use tickwire_shared::transport::Transport;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::*;
use crate::auth::LoginRequest;
use crate::http::{AdminState, Build, RoomRow};
use crate::limits::{HTTP_HEADER_TIME_MAX, PUBLIC_CONNECTION_TIME_MAX};
use crate::metrics::{Metrics, Rejection};
use crate::runtime::Clock;
use crate::runtime::clock::{self, WallTime};
use crate::transport::origin::OriginRule;
use crate::transport::seats::Seats;
use crate::transport::tls::Certificates;
use crate::transport::websocket::WebSockets;
use crate::transport::{LinkSink, Links, OfferRequest};

/// Notes what happens on links.
#[derive(Default)]
struct Recorder {
    opened: Cell<u32>,
    received: RefCell<Vec<(Lane, Vec<u8>)>>,
}

impl LinkSink for Recorder {
    fn opened(&self, _link: LinkId, transport: Transport, from: SocketAddr) {
        assert_eq!(transport, Transport::WebSocket);
        assert!(from.ip().is_loopback());
        self.opened.set(self.opened.get() + 1);
    }

    fn received(&self, _link: LinkId, lane: Lane, bytes: &[u8]) {
        self.received.borrow_mut().push((lane, bytes.to_vec()));
    }

    fn closed(&self, _link: LinkId, _reason: CloseReason) {}
}

struct Bench {
    address: SocketAddr,
    links: Rc<Links>,
    sink: Rc<Recorder>,
    metrics: Arc<Metrics>,
    rooms: Arc<AdminState>,
    offers: mpsc::Receiver<OfferRequest>,
    logins: mpsc::Receiver<LoginRequest>,
}

/// What differs between benches.
#[derive(Default)]
struct Setup {
    named: &'static [&'static str],
    certificates: Option<Arc<Certificates>>,
    connections_max: Option<usize>,
    without_transports: bool,
    head_time_max: Option<Duration>,
    rates: Option<RequestRates>,
}

impl Bench {
    fn start(setup: Setup) -> Bench {
        let metrics = Arc::new(Metrics::default());
        let build = Build {
            version: "0.1.0",
            protocol: 3,
            schema: 0xAB,
        };
        let certificates = Certificates::development(&[], WallTime::now()).unwrap();
        let rooms = AdminState::new(Arc::clone(&metrics), build.clone(), certificates);
        let (links, sink) = (Rc::new(Links::default()), Rc::new(Recorder::default()));
        let websockets = WebSockets::new(
            Rc::clone(&links),
            Rc::clone(&sink) as _,
            Arc::clone(&metrics),
            Seats::new(8),
        );
        let (sender, offers) = mpsc::channel(1);
        let (to_logins, logins) = mpsc::channel(1);
        let listener = PublicListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.address();
        let named = setup.named.iter().map(|page| page.parse().unwrap());
        let transports = Transport::ALL.to_vec();
        let hashes = || vec!["ef".to_owned()];
        let connect_info = ConnectInfo::new(build, 7, transports, "lobby".to_owned(), hashes);
        let options = PublicOptions {
            tls: setup.certificates.map(|some| some.for_https().unwrap()),
            assets: Assets::none(),
            origins: OriginRule::new(named.collect()),
            connect_info,
            rooms: Arc::clone(&rooms),
            offers: (!setup.without_transports).then_some(sender),
            websockets: (!setup.without_transports).then_some(websockets),
            gateway: None,
            logins: to_logins,
            connections_max: setup.connections_max.unwrap_or(64),
            connections_per_address_max: 8,
            rates: (setup.rates).unwrap_or_else(|| RequestRates::new(1)),
            clock: Clock::start(),
            head_time_max: setup.head_time_max.unwrap_or(HTTP_HEADER_TIME_MAX),
            metrics: Arc::clone(&metrics),
        };
        listener.serve(options);
        Bench {
            address,
            links,
            sink,
            metrics,
            rooms,
            offers,
            logins,
        }
    }

    /// Sends bytes and reads until the server closes.
    async fn send(&self, request: &[u8]) -> String {
        send(self.address, request).await
    }

    /// Asks with the headers every client sends, and asks to close.
    async fn ask(&self, method: &str, path: &str, headers: &str) -> String {
        self.send(&head(method, path, headers)).await
    }

    fn rejected(&self, cause: Rejection) -> u64 {
        self.metrics.http.rejected(cause).get()
    }
}

/// The name in the `Host` header of [`head`].
const HOST: &str = "play.example.org:7777";

fn head(method: &str, path: &str, headers: &str) -> Vec<u8> {
    format!("{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n{headers}\r\n")
        .into_bytes()
}

async fn send(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(request).await;
    read_all(stream).await
}

async fn read_all(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    let _ = timeout(Duration::from_secs(20), reading).await.unwrap();
    String::from_utf8(answer).unwrap()
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

fn on_network_thread<F: Future<Output = ()>>(setup: Setup, test: impl FnOnce(Bench) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async { test(Bench::start(setup)).await });
}

#[test]
fn each_path_has_its_methods() {
    on_network_thread(Setup::default(), |bench| async move {
        for (method, path, status) in [
            ("GET", "/", 200),
            ("HEAD", "/", 200),
            ("GET", "/index.html", 200),
            ("POST", "/", 405),
            ("GET", "/connect-info", 200),
            ("HEAD", "/connect-info", 200),
            ("DELETE", "/connect-info", 405),
            ("GET", "/rooms", 200),
            ("PUT", "/rooms", 405),
            ("GET", "/webrtc", 405),
            ("OPTIONS", "/webrtc", 405),
            ("GET", "/ws", 426),
            ("POST", "/ws", 405),
            ("GET", "/metrics", 404),
            ("GET", "/debug/rooms", 404),
            ("GET", "/../Cargo.toml", 404),
            ("GET", "/%2e%2e/Cargo.toml", 404),
            ("GET", "/index.html/", 404),
            ("BREW", "/nothing", 404),
        ] {
            let answer = bench.ask(method, path, "").await;
            let start = format!("HTTP/1.1 {status} ");
            assert!(answer.starts_with(&start), "{method} {path}: {answer}");
            assert!(answer.contains("x-content-type-options: nosniff"));
            assert_eq!(method == "HEAD", body(&answer).is_empty(), "{answer}");
        }
        assert_eq!(bench.metrics.http.of_class(2).get(), 6);
        assert_eq!(bench.metrics.http.of_class(4).get(), 13);
    });
}

#[test]
fn a_server_without_a_page_says_how_to_get_one() {
    on_network_thread(Setup::default(), |bench| async move {
        let page = bench.ask("GET", "/", "").await;
        assert!(page.contains("cargo xtask web") && page.contains("/connect-info"));
        let policy = "content-security-policy: default-src 'none'; script-src 'self' \
                      'wasm-unsafe-eval';";
        assert!(page.contains(policy), "{page}");
        assert!(page.contains("wss://play.example.org:7777"));
    });
}

#[test]
fn connect_info_is_as_documented_and_never_kept() {
    on_network_thread(Setup::default(), |bench| async move {
        let answer = bench.ask("GET", "/connect-info", "").await;
        assert!(answer.contains("cache-control: no-store\r\n"));
        assert!(answer.contains("content-type: application/json\r\n"));
        let expected = serde_json::json!({
            "protocol": 3,
            "schema": "00000000000000ab",
            "server": "0.1.0",
            "room": "lobby",
            "transports": {
                "quic": {"port": 7},
                "webtransport": {"port": 7, "path": "/wt", "certificate_hashes": ["ef"]},
                "webrtc": {"path": "/webrtc"},
                "websocket": {"path": "/ws"},
            },
        });
        let found: serde_json::Value = serde_json::from_str(body(&answer)).unwrap();
        assert_eq!(found, expected);
    });
}

#[test]
fn rooms_show_their_names_and_seats() {
    on_network_thread(Setup::default(), |bench| async move {
        assert_eq!(body(&bench.ask("GET", "/rooms", "").await), "[]");
        bench.rooms.set_rooms(vec![RoomRow {
            id: 1,
            name: "<b>\"lobby\"".to_owned(),
            sessions: 2,
            seats: 128,
            figures: Arc::default(),
        }]);
        let answer = bench.ask("GET", "/rooms", "").await;
        let found: serde_json::Value = serde_json::from_str(body(&answer)).unwrap();
        let room = serde_json::json!({"name": "<b>\"lobby\"", "players": 2, "seats": 128});
        assert_eq!(found, serde_json::json!([room]));
    });
}

#[test]
fn a_transport_that_is_switched_off_is_not_there() {
    let setup = Setup {
        without_transports: true,
        ..Setup::default()
    };
    on_network_thread(setup, |bench| async move {
        for (method, path) in [("POST", "/webrtc"), ("GET", "/ws")] {
            let answer = bench.ask(method, path, "").await;
            assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
            assert!(body(&answer).contains("switched off"));
        }
    });
}

#[test]
fn heads_without_end_are_cut_off() {
    on_network_thread(Setup::default(), |bench| async move {
        let long = "x".repeat(100_000);
        for request in [
            format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"),
            format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n"),
            format!(
                "GET / HTTP/1.1\r\nHost: a\r\n{}\r\n",
                "X: y\r\n".repeat(200)
            ),
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
            "\u{16}\u{3}\u{1}\u{2}garbage\r\n\r\n".to_owned(),
        ] {
            let answer = bench.send(request.as_bytes()).await;
            let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
            assert!(refused, "{answer}");
        }
        // A head that never ends gets no longer than its time.
        let answer = bench.send(b"GET /connect-info HT").await;
        assert!(!answer.contains("200"), "{answer}");
        assert_eq!(bench.rejected(Rejection::Slow), 1);
        assert!(bench.ask("GET", "/rooms", "").await.contains(" 200 "));
    });
}

/// Sends a head a byte at a time; when the server has had enough, or `None` while it still listens
/// after `patience`.
async fn dribble(address: SocketAddr, patience: Duration) -> Option<Duration> {
    let started = clock::instant();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream
        .write_all(b"GET /rooms HTTP/1.1\r\nHost: a\r\nX: ")
        .await;
    let mut answer = Vec::new();
    while started.elapsed() < patience {
        let more = timeout(Duration::from_millis(100), stream.read_buf(&mut answer)).await;
        if matches!(more, Ok(Ok(0) | Err(_))) {
            return Some(started.elapsed());
        }
        let _ = stream.write_all(b"x").await;
    }
    None
}

#[test]
fn a_head_that_comes_byte_by_byte_is_cut_off_in_time() {
    let patience = 2 * HTTP_HEADER_TIME_MAX;
    on_network_thread(Setup::default(), |bench| async move {
        let (cut_off, asked) = tokio::join!(
            dribble(bench.address, patience),
            bench.ask("GET", "/rooms", "")
        );
        let cut_off = cut_off.expect("it is cut off");
        assert!(cut_off >= HTTP_HEADER_TIME_MAX / 2, "after {cut_off:?}");
        assert_eq!(bench.rejected(Rejection::Slow), 1);
        assert!(asked.starts_with("HTTP/1.1 200 "), "{asked}");
    });
    // It is the time for a head that does it: without one nothing else cuts it off.
    let without = Setup {
        head_time_max: Some(PUBLIC_CONNECTION_TIME_MAX),
        ..Setup::default()
    };
    on_network_thread(without, |bench| async move {
        assert_eq!(dribble(bench.address, patience).await, None);
        assert_eq!(bench.rejected(Rejection::Slow), 0);
    });
}

#[test]
fn those_who_say_nothing_give_way_to_those_who_ask() {
    let setup = Setup {
        connections_max: Some(4),
        ..Setup::default()
    };
    on_network_thread(setup, |bench| async move {
        let mut silent = Vec::new();
        for _ in 0..12 {
            silent.push(TcpStream::connect(bench.address).await.unwrap());
        }
        let answer = bench.ask("GET", "/rooms", "").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(bench.rejected(Rejection::Full) >= 8);
        assert_eq!(read_all(silent.remove(0)).await, "");
    });
}
