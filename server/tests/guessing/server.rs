//! The server whose passwords are guessed, and requests to it.
//!
//! Never stops it kindly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tickwire_arena::Arena;
use tickwire_server::config::{Config, Sabotage};

/// Asks this program to be a server whose defence is off: its data directory.
const SERVE: &str = "TICKWIRE_TEST_SERVE_UNBOUND";

pub struct Server {
    child: Child,
    data: PathBuf,
    pub public: SocketAddr,
    admin: SocketAddr,
    /// What operators show.
    token: String,
}

impl Server {
    pub fn start(name: &str) -> Server {
        let data = data_of(name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_tickwire-server"));
        // Whoever runs the tests may have a server of their own configured.
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("TICKWIRE_")) {
            command.env_remove(key);
        }
        command
            .args([
                "--listen",
                "127.0.0.1:0",
                "--log-level",
                "warn",
                "--data-dir",
            ])
            .arg(&data);
        Server::spawn(command, data)
    }

    /// As many passwords are hashed at the same time as may wait.
    pub fn unbound(name: &str) -> Server {
        let data = data_of(name);
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command
            .args(["--exact", "serves_without_a_defence", "--nocapture"])
            .env(SERVE, &data);
        Server::spawn(command, data)
    }

    fn spawn(mut command: Command, data: PathBuf) -> Server {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut text = String::new();
        let (public, admin) = loop {
            let from = text.len();
            let read = stdout.read_line(&mut text).expect("text");
            assert!(read > 0, "the server said {text:?} and ended");
            // The harness of a test has begun the line with the test's name.
            let words: Vec<&str> = text[from..].split_whitespace().collect();
            if let [.., "listening", public, "admin", admin] = words[..] {
                break (public.to_owned(), admin.to_owned());
            }
        };
        Server {
            public: public.parse().expect("the public address"),
            admin: admin.parse().expect("the admin address"),
            token: std::fs::read_to_string(data.join("admin.token")).expect("a token"),
            child,
            data,
        }
    }

    /// A figure of the process in KiB, as the system tells it.
    pub fn kib(&self, name: &str) -> u64 {
        let file = format!("/proc/{}/status", self.child.id());
        let text = std::fs::read_to_string(file).expect("a process");
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
        number.expect("a figure")
    }

    /// The 99th percentile of a tick's CPU time while something happens, in µs, and the ticks that
    /// were given up meanwhile.
    pub fn ticks<T>(&self, happens: impl FnOnce() -> T) -> (f64, u64, T) {
        let stats = || -> serde_json::Value {
            let (_, body) = ask(self.admin, "GET", "/debug/stats", "", "");
            serde_json::from_str(&body).expect("figures")
        };
        let skipped = |stats: &serde_json::Value| stats["skipped_ticks"].as_u64().expect("a count");
        let before = skipped(&stats());
        let shown = format!("Authorization: Bearer {}\r\n", self.token);
        let (status, _) = ask(self.admin, "POST", "/debug/stats/reset", &shown, "");
        assert_eq!(status, 204, "nothing is measured anew");
        let happened = happens();
        let stats = stats();
        let p99 = stats["tick_us"]["p99"].as_f64().expect("ticks");
        (p99, skipped(&stats) - before, happened)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

/// Serves with the defence off, if this program was started for that.
pub fn serve_if_asked() {
    let Some(data) = std::env::var_os(SERVE) else {
        return;
    };
    let mut config = Config {
        listen: "127.0.0.1:0".parse().expect("an address"),
        data_dir: PathBuf::from(data),
        sabotage: Sabotage::ManyPermits,
        ..Config::default()
    };
    config.log.level = "warn".to_owned();
    tickwire_server::run::<Arena>(config).expect("it serves");
}

fn data_of(name: &str) -> PathBuf {
    let data = format!("tickwire-guessing-{name}-{}", std::process::id());
    std::env::temp_dir().join(data)
}

/// One request on a connection that is kept.
pub struct Asker {
    at: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Asker {
    pub fn new(at: SocketAddr) -> Asker {
        let stream = TcpStream::connect(at).expect("a listener");
        stream.set_nodelay(true).expect("a socket");
        let stream = BufReader::new(stream);
        Asker { at, stream }
    }

    /// The status; `None` when the connection is over.
    pub fn post(&mut self, path: &str, body: &str) -> Option<u16> {
        let (at, length) = (self.at, body.len());
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {at}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes()).ok()?;
        let mut line = String::new();
        self.stream.read_line(&mut line).ok()?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line).ok()?;
            let head = line.trim().to_ascii_lowercase();
            match head.strip_prefix("content-length:") {
                Some(count) => length = count.trim().parse().ok()?,
                None if head.is_empty() => break,
                None => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).ok()?;
        Some(status)
    }
}

pub fn ask(at: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(at).expect("a listener");
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let status = answer.split(' ').nth(1).and_then(|text| text.parse().ok());
    let body = answer.split_once("\r\n\r\n").expect("a body").1;
    (status.expect("a status"), body.to_owned())
}
