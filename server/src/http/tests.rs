//! The admin listener over loopback, asked by hand.

use std::future::Future;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use tickwire_shared::id::{AccountId, LogId};

use super::*;
use crate::engine::storage::{LogKey, Millis, NewLine, StoreFault, Write};
use crate::limits::RECORDS_PAGE_MAX;
use crate::runtime::clock::WallTime;
use crate::runtime::{Clock, Wake};
use crate::store::{SharedMemory, StoreHalves, StoreRules, StoreThreads};
use crate::transport::tls::Certificates;

const TOKEN: &str = "00112233445566778899aabbccddeeff";

struct Bench {
    address: SocketAddr,
    state: std::sync::Arc<AdminState>,
    store: StoreThreads,
}

impl Bench {
    fn start() -> Bench {
        let build = Build {
            version: "0.1.0",
            protocol: 3,
            schema: 0xAB,
        };
        let certificates = Certificates::development(&[], WallTime::now()).unwrap();
        let state = AdminState::new(std::sync::Arc::default(), build, certificates);
        let listener = AdminListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.address();
        let token = crate::auth::Secret::new(TOKEN.to_owned());
        let memory = SharedMemory::default();
        let store = StoreThreads::start(
            StoreHalves::new(memory.clone(), memory),
            StoreRules::default(),
            (Clock::start(), || Millis(7)),
            Wake::new(|| ()),
            std::sync::Arc::default(),
        )
        .unwrap();
        let queues = OfficeQueues {
            roles: tokio::sync::mpsc::channel(1).0,
            bots: tokio::sync::mpsc::channel(1).0,
            announcements: tokio::sync::mpsc::channel(1).0,
            records: store.handle(),
        };
        listener.serve(state.clone(), queues, token);
        Bench {
            address,
            state,
            store,
        }
    }

    async fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        timeout(Duration::from_secs(20), read)
            .await
            .unwrap()
            .unwrap();
        answer
    }

    async fn get(&self, path: &str) -> String {
        let head = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        self.send(&head).await
    }
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
fn roles_are_given_by_whoever_shows_the_token_alone() {
    on_network_thread(|bench| async move {
        let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
        let wrong = bearer.replace('f', "e");
        let cut = bearer.replace("ff", "");
        let page = format!("{bearer}Origin: https://evil.example\r\n");
        for (headers, status) in [
            ("", 401),
            ("Authorization: Bearer \r\n", 401),
            (wrong.as_str(), 401),
            (cut.as_str(), 401),
            (page.as_str(), 403),
            // Nobody takes requests on.
            (bearer.as_str(), 503),
        ] {
            let body = r#"{"name": "Ann", "role": "admin"}"#;
            let length = body.len();
            let head = "POST /accounts/role HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
            let kind = "Content-Type: application/json";
            let told = bench
                .send(&format!(
                    "{head}{kind}\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
                ))
                .await;
            assert!(told.starts_with(&format!("HTTP/1.1 {status}")), "{told}");
            assert_eq!(told.contains("admin.token"), status == 401, "{told}");
        }
    });
}

/// What a player wrote to harm whoever reads it.
const HARM: &str = "</script><script>alert(1)</script>\u{1b}[2J\"}, \u{202e}";

fn harmful_records() -> Vec<Write> {
    let (by, log) = (AccountId(u64::MAX), LogId(7));
    let (text, why, name) = (HARM.to_owned(), HARM.to_owned(), String::new());
    let key = LogKey::Server;
    let line = NewLine {
        logs: vec![log],
        text,
        ..NewLine::default()
    };
    let report = Write::Report {
        by,
        log,
        offset: 0,
        why,
    };
    let open = Write::Open {
        key,
        log,
        epoch: 1,
        name,
    };
    let audits = (1..=RECORDS_PAGE_MAX + 1).map(|number| Write::Audit {
        by,
        what: format!("did {number}"),
    });
    [open, Write::Line(line), report]
        .into_iter()
        .chain(audits)
        .collect()
}

#[test]
fn reports_and_the_audit_log_are_read_newest_first_by_whoever_shows_the_token() {
    on_network_thread(|bench| async move {
        let stored = bench.store.handle().ask_write(harmful_records()).await;
        stored.expect("it is in memory");
        let get = async |path: &str, headers: &str| {
            let head = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n");
            bench.send(&format!("{head}{headers}\r\n")).await
        };
        let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
        for path in ["/reports", "/audit"] {
            assert!(get(path, "").await.starts_with("HTTP/1.1 401"));
            let page = format!("{bearer}Origin: https://evil.example\r\n");
            assert!(get(path, &page).await.starts_with("HTTP/1.1 403"));
            let faulty = get(&format!("{path}?before=x"), &bearer).await;
            assert!(faulty.starts_with("HTTP/1.1 400"), "{faulty}");
        }
        let told = get("/reports", &bearer).await;
        assert!(told.starts_with("HTTP/1.1 200"), "{told}");
        assert!(told.contains("content-type: application/json\r\n") && told.contains("nosniff"));
        assert!(
            !told.contains('\u{1b}'),
            "a terminal would act on it: {told}"
        );
        let json = |told: &str| -> serde_json::Value {
            serde_json::from_str(told.split_once("\r\n\r\n").unwrap().1).unwrap()
        };
        let report = &json(&told)["reports"][0];
        assert_eq!(report["number"], 1);
        assert_eq!(report["at"], 7);
        assert_eq!(report["why"], HARM);
        assert_eq!(report["lines"][0]["text"], HARM);
        assert_eq!(
            report["by"],
            u64::MAX.to_string(),
            "no number of JSON has it"
        );

        let first = json(&get("/audit", &bearer).await);
        let entries = first["audit"].as_array().unwrap();
        assert_eq!(entries.len(), RECORDS_PAGE_MAX);
        assert_eq!(entries[0]["what"], format!("did {}", RECORDS_PAGE_MAX + 1));
        assert_eq!(first["before"], 2);
        let last = json(&get("/audit?count=5000&before=2", &bearer).await);
        assert_eq!(last["audit"][0]["what"], "did 1");
        assert!(last["before"].is_null() && last["audit"].as_array().unwrap().len() == 1);
        let two = json(&get("/audit?count=2", &bearer).await);
        assert_eq!(two["audit"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn health_follows_the_server() {
    on_network_thread(|bench| async move {
        let metrics = std::sync::Arc::clone(&bench.state.metrics);
        assert!(bench.get("/livez").await.starts_with("HTTP/1.1 200"));
        assert!(bench.get("/readyz").await.ends_with("\r\n\r\nready\n"));
        let store = &bench.state.metrics.store;
        store.set_degraded(Some(StoreFault::Full));
        let answer = bench.get("/health").await;
        assert!(
            answer.starts_with("HTTP/1.1 200"),
            "they may play: {answer}"
        );
        assert!(
            answer.contains("degraded: the store has no space left"),
            "{answer}"
        );
        store.set_degraded(None);
        metrics.starting.set(1);
        let answer = bench.get("/readyz").await;
        assert!(answer.starts_with("HTTP/1.1 503") && answer.ends_with("starting\n"));
        metrics.starting.set(0);
        metrics.overloaded.set(1);
        let answer = bench.get("/health").await;
        assert!(answer.starts_with("HTTP/1.1 503") && answer.ends_with("overloaded\n"));
        metrics.draining.set(1);
        assert!(bench.get("/readyz").await.ends_with("draining\n"));
        assert!(bench.get("/livez").await.starts_with("HTTP/1.1 200"));
    });
}

#[test]
fn figures_are_json_and_prometheus() {
    on_network_thread(|bench| async move {
        let body = |answer: String| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
        let json = |answer| serde_json::from_str::<serde_json::Value>(&body(answer)).unwrap();
        let before = json(bench.get("/debug/stats").await);
        assert!(before["tick_us"]["p99"].is_null());
        bench.state.metrics.ticks.cpu_recent.record(40);
        let after = json(bench.get("/debug/stats").await);
        assert_eq!(after["tick_us"]["p99"], 40);
        let reset = "POST /debug/stats/reset HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
        let told = bench.send(&format!("{reset}\r\n")).await;
        assert!(told.starts_with("HTTP/1.1 401"), "{told}");
        assert_eq!(json(bench.get("/debug/stats").await)["tick_us"]["p99"], 40);
        let bearer = format!("Authorization: Bearer {TOKEN}\r\n\r\n");
        let told = bench.send(&format!("{reset}{bearer}")).await;
        assert!(told.starts_with("HTTP/1.1 204"), "{told}");
        assert!(json(bench.get("/debug/stats").await)["tick_us"]["p99"].is_null());

        assert_eq!(
            json(bench.get("/version").await)["schema"],
            "00000000000000ab"
        );
        let version = json(bench.get("/version").await);
        let hash = version["certificate_sha256"].as_str().unwrap();
        assert_eq!(version["certificate_hashes"][0], hash);
        assert_eq!(version["certificate_hashes"].as_array().unwrap().len(), 2);
        assert_eq!(json(bench.get("/debug/rooms").await), serde_json::json!([]));
        bench.state.set_rooms(vec![RoomRow {
            id: 1,
            name: "lobby".to_owned(),
            sessions: 2,
            seats: 128,
            figures: std::sync::Arc::default(),
        }]);
        assert_eq!(json(bench.get("/debug/rooms").await)[0]["name"], "lobby");
        let metrics = bench.get("/metrics").await;
        assert!(metrics.contains("protocol=\"3\"") && metrics.contains("text/plain"));
        let expires = version["certificate_expires"].as_u64().unwrap();
        let line = format!("tickwire_certificate_expiry_timestamp_seconds {expires}\n");
        assert!(
            metrics.contains(&line) && metrics.contains(hash),
            "{metrics}"
        );
    });
}

#[test]
fn what_is_not_there_or_too_long_is_refused() {
    on_network_thread(|bench| async move {
        assert!(bench.get("/nothing").await.starts_with("HTTP/1.1 404"));
        let long = format!(
            "POST /debug/stats/reset HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
             Authorization: Bearer {TOKEN}\r\nContent-Length: {length}\r\n\r\n{body}",
            length = crate::limits::HTTP_BODY_BYTES_MAX + 1,
            body = "x".repeat(crate::limits::HTTP_BODY_BYTES_MAX + 1),
        );
        assert!(bench.send(&long).await.starts_with("HTTP/1.1 413"));
        let header = "x".repeat(1_000_000);
        let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {header}\r\n\r\n");
        let mut stream = TcpStream::connect(bench.address).await.unwrap();
        let _ = stream.write_all(long.as_bytes()).await;
        assert!(bench.get("/livez").await.starts_with("HTTP/1.1 200"));
    });
}

#[test]
fn a_slow_head_is_cut_off() {
    on_network_thread(|bench| async move {
        let answer = bench.send("GET /livez HT").await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
            "{answer}"
        );
    });
}

#[test]
fn a_port_in_use_is_said_in_words() {
    on_network_thread(|bench| async move {
        let told = AdminListener::bind(bench.address).err().unwrap();
        assert!(
            told.contains("is in use") && told.contains("--admin-listen"),
            "{told}"
        );
    });
}
