//! The public port as browsers and strangers meet it: HTTP beside QUIC, and many slow sockets.
//!
//! Never joins a game; that is what the end-to-end tests do.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tickwire_arena::Arena;
use tickwire_server::RunningServer;
use tickwire_server::config::{Config, PublicAddress, WebConfig};

/// Sockets that start a request and never end it.
const SLOW: usize = 2_000;

/// A server with a directory of its own, gone with it.
struct Hosted {
    server: Option<RunningServer>,
    data: PathBuf,
}

impl Hosted {
    fn start(name: &str, adjust: impl FnOnce(&mut Config, &PathBuf)) -> Hosted {
        let data = format!("tickwire-public-{name}-{}", std::process::id());
        let data = std::env::temp_dir().join(data);
        let _ = std::fs::remove_dir_all(&data);
        std::fs::create_dir_all(&data).expect("a directory");
        let mut config = Config {
            listen: "127.0.0.1:0".parse().expect("an address"),
            data_dir: data.clone(),
            shutdown_grace: Duration::from_secs(1),
            ..Config::default()
        };
        adjust(&mut config, &data);
        let server = tickwire_server::start::<Arena>(config).expect("the server starts");
        Hosted {
            server: Some(server),
            data,
        }
    }

    fn server(&self) -> &RunningServer {
        self.server.as_ref().expect("it runs")
    }

    fn get(&self, path: &str) -> String {
        get(self.server().address(), path)
    }

    /// The value of a sample in the metrics.
    fn sample(&self, name: &str) -> u64 {
        let metrics = get(self.server().admin_address(), "/metrics");
        let mut lines = metrics.lines();
        let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.expect(name).parse().expect("a number")
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        self.server.take();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let head = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn http_answers_on_the_number_of_the_udp_port() {
    let hosted = Hosted::start("info", |config, _| {
        config.public_addr = Some(PublicAddress {
            ip: "192.0.2.1".parse().expect("an address"),
            port: Some(4_444),
        });
    });
    let info = hosted.get("/connect-info");
    assert!(info.starts_with("HTTP/1.1 200 "), "{info}");
    assert!(info.contains("\"quic\":{\"port\":4444}"), "{info}");
    assert!(info.contains("\"websocket\":{\"path\":\"/ws\"}"), "{info}");
    assert!(hosted.get("/rooms").ends_with("\r\n\r\n[]"));
    assert!(hosted.get("/").contains("cargo xtask web"));
    let counted = hosted.sample("tickwire_http_responses_total{class=\"2xx\"}");
    assert_eq!(counted, 3);
}

#[test]
fn a_folder_is_served_as_it_was_at_the_start() {
    let hosted = Hosted::start("folder", |config, data| {
        let web = data.join("web");
        std::fs::create_dir_all(web.join("js")).expect("a folder");
        let file = |name: &str, text: &str| std::fs::write(web.join(name), text).expect("a file");
        file("index.html", "<p>the page");
        file("js/client-0123456789abcdef.js", "run()");
        file(".hidden", "a secret");
        file("odd name.txt", "odd");
        config.web = WebConfig {
            dir: Some(web),
            ..Config::default().web
        };
    });
    let _ = std::fs::remove_file(hosted.data.join("web/index.html"));
    assert!(hosted.get("/").ends_with("\r\n\r\n<p>the page"));
    let script = hosted.get("/js/client-0123456789abcdef.js");
    assert!(script.contains("immutable") && script.contains("text/javascript"));
    for path in ["/.hidden", "/odd%20name.txt", "/js/../.hidden", "/js"] {
        assert!(hosted.get(path).starts_with("HTTP/1.1 404 "), "{path}");
    }
}

#[test]
fn a_folder_without_a_page_is_one_sentence() {
    let empty = std::env::temp_dir().join(format!("tickwire-empty-{}", std::process::id()));
    std::fs::create_dir_all(&empty).expect("a folder");
    let mut config = Config {
        listen: "127.0.0.1:0".parse().expect("an address"),
        data_dir: empty.join("data"),
        ..Config::default()
    };
    config.web.dir = Some(empty.clone());
    let told = tickwire_server::start::<Arena>(config).err();
    let told = told.expect("it does not start").to_string();
    assert!(
        told.contains("index.html") && told.contains("--web-dir"),
        "{told}"
    );
    std::fs::remove_dir_all(&empty).expect("it is there");
}

/// How long one request takes.
fn asked(hosted: &Hosted) -> Duration {
    let start = Instant::now();
    assert!(hosted.get("/connect-info").starts_with("HTTP/1.1 200 "));
    start.elapsed()
}

fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() * 99 / 100]
}

/// All of `sockets` that the server has not closed.
fn still_open(sockets: &mut [TcpStream]) -> usize {
    let open = |socket: &mut TcpStream| {
        let mut answer = [0; 256];
        loop {
            match socket.read(&mut answer) {
                Ok(0) => return false,
                Ok(_) => continue,
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
    };
    sockets.iter_mut().map(open).filter(|open| *open).count()
}

#[test]
fn two_thousand_slow_sockets_keep_nobody_out() {
    let hosted = Hosted::start("slow", |_, _| {});
    let alone = p99((0..200).map(|_| asked(&hosted)).collect());

    let opened = Instant::now();
    let slow = (0..SLOW).map(|_| {
        let mut socket = TcpStream::connect(hosted.server().address()).expect("a connection");
        socket.write_all(b"GET /connect-info HT").expect("a start");
        socket.set_nonblocking(true).expect("a mode");
        socket
    });
    let mut slow: Vec<TcpStream> = slow.collect();
    let all_open = opened.elapsed();
    let mut times = Vec::new();
    while still_open(&mut slow) > 0 {
        assert!(
            opened.elapsed() < all_open + Duration::from_secs(10),
            "{} slow sockets are open after 10 s",
            still_open(&mut slow)
        );
        times.push(asked(&hosted));
        sleep(Duration::from_millis(10));
    }
    let (closed, meanwhile) = (opened.elapsed(), p99(times));
    println!(
        "{SLOW} slow sockets: open after {all_open:?}, closed after {closed:?}; /connect-info p99 \
         {meanwhile:?}, without them {alone:?}"
    );
    // This machine may be busy with something else: then it was so before, too.
    assert!(
        meanwhile <= (alone * 3).max(Duration::from_millis(50)),
        "{meanwhile:?}"
    );
    // It was the defences that closed them, not chance.
    let rejected = |cause| {
        hosted.sample(&format!(
            "tickwire_http_rejected_total{{cause=\"{cause}\"}}"
        ))
    };
    assert_eq!(rejected("full") + rejected("slow"), SLOW as u64);
}
