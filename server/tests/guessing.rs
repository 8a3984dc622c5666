//! Guesses at passwords, a thousand a second, against the program as an operator starts it: rooms
//! tick on, memory is bounded, and the time of an answer does not tell which names there are.
//!
//! Never guesses right. `GUESSING_SECONDS` sets for how long.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tickwire_arena::Arena;
use tickwire_link::{Dial, dial_quic};
use tickwire_shared::game::schema_of;
use tickwire_shared::id::Lane;
use tickwire_shared::wire::{
    BoundedStr, BoundedVec, ClientControl, Credential, Hello, PROTOCOL, RoomRequest, encode,
};
use tokio::time::timeout;

/// One at a time: each measures what the machine does meanwhile.
static ALONE: Mutex<()> = Mutex::new(());

/// Seconds of a test.
const SECONDS: u64 = 3;

/// Guesses a second, and on how many connections: more than may wait for a password to be hashed.
const PER_SECOND: u64 = 1_000;
const CONNECTIONS: u64 = 128;

/// Players in the room.
const PLAYERS: usize = 8;

/// By how much the 99th percentile of a tick's CPU time may grow.
const SLOWER_MAX_US: f64 = 1_000.0;

/// By how many KiB memory may grow.
const GROWTH_MAX_KIB: u64 = 64 * 1_024;

/// How far the times of answers may lie apart.
const APART_MAX: f64 = 0.05;

/// Accounts whose password is guessed, and how often each: no more than one may be asked a minute.
const ACCOUNTS: usize = 20;
const GUESSES: usize = 4;

/// How often two times that lie apart are measured again: the machine may have been busy.
const ROUNDS: usize = 3;

struct Server {
    child: Child,
    data: PathBuf,
    public: SocketAddr,
    admin: SocketAddr,
    /// What operators show.
    token: String,
}

impl Server {
    fn start(name: &str) -> Server {
        let data = format!("tickwire-guessing-{name}-{}", std::process::id());
        let data = std::env::temp_dir().join(data);
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
            .arg(&data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        stdout.read_line(&mut line).expect("a first line");
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["listening", public, "admin", admin] = words[..] else {
            panic!("the first line is {line:?}");
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
    fn kib(&self, name: &str) -> u64 {
        let file = format!("/proc/{}/status", self.child.id());
        let text = std::fs::read_to_string(file).expect("a process");
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
        number.expect("a figure")
    }

    /// The 99th percentile of a tick's CPU time while something happens, in µs, and the ticks that
    /// were given up meanwhile.
    fn ticks<T>(&self, happens: impl FnOnce() -> T) -> (f64, u64, T) {
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

/// One request on a connection that is kept.
struct Asker {
    at: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Asker {
    fn new(at: SocketAddr) -> Asker {
        let stream = TcpStream::connect(at).expect("a listener");
        stream.set_nodelay(true).expect("a socket");
        let stream = BufReader::new(stream);
        Asker { at, stream }
    }

    /// The status; `None` when the connection is over.
    fn post(&mut self, path: &str, body: &str) -> Option<u16> {
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

fn ask(at: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
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

fn named(name: &str, password: &str) -> String {
    serde_json::json!({"name": name, "password": password, "room": "lobby"}).to_string()
}

/// Players who are in the room and stay there until told otherwise.
fn play(at: SocketAddr, over: &AtomicBool, inside: &AtomicU64) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let mut links = Vec::new();
        for number in 0..PLAYERS {
            let to = Dial::to(&at.to_string());
            let mut link = dial_quic(&to).await.expect("a link");
            let hello = Hello {
                protocol: PROTOCOL,
                schema_hash: schema_of::<Arena>().expect("a schema").hash,
                name: BoundedStr::cut(&format!("Player{number}")),
                room: RoomRequest::Any,
                resume: None,
                who: Credential::New,
                cursors: BoundedVec::default(),
            };
            link.send(Lane::Ordered, &encode(&hello)).expect("it fits");
            while link.recv().await.expect("a welcome").0 != Lane::Ordered {}
            inside.fetch_add(1, Ordering::SeqCst);
            links.push(link);
        }
        while !over.load(Ordering::SeqCst) {
            for link in &mut links {
                let ping = encode(&ClientControl::Ping { nonce: 1 });
                link.send(Lane::Ordered, &ping).expect("it fits");
                let wait = Duration::from_millis(50);
                let heard = async { while link.recv().await.is_ok() {} };
                let ended = timeout(wait, heard).await.is_ok();
                assert!(!ended, "a player lost its link");
            }
        }
    });
}

/// So many guesses a second for so long, at names nobody has; how many there were by status.
fn guess(at: SocketAddr, seconds: u64) -> Vec<(u16, u64)> {
    let counts = Mutex::new(std::collections::BTreeMap::<u16, u64>::new());
    let began = Instant::now();
    let each = Duration::from_secs(1) * CONNECTIONS as u32 / PER_SECOND as u32;
    thread::scope(|scope| {
        for connection in 0..CONNECTIONS {
            let counts = &counts;
            scope.spawn(move || {
                let mut asker = Asker::new(at);
                let mut number = 0;
                let offset = each * connection as u32 / CONNECTIONS as u32;
                while began.elapsed() < Duration::from_secs(seconds) {
                    let due = began + offset + each * number;
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    number += 1;
                    let body = named(&format!("n{connection}x{number}"), "guess after guess");
                    match asker.post("/login", &body) {
                        Some(status) => {
                            let mut counts = counts.lock().expect("no guess panics");
                            *counts.entry(status).or_default() += 1;
                        }
                        None => asker = Asker::new(at),
                    }
                }
            });
        }
    });
    counts
        .into_inner()
        .expect("no guess panics")
        .into_iter()
        .collect()
}

#[test]
fn a_flood_of_guesses_slows_no_tick_and_fills_no_memory() {
    let _alone = ALONE.lock().unwrap_or_else(|broken| broken.into_inner());
    let seconds = std::env::var("GUESSING_SECONDS").ok();
    let seconds = seconds
        .and_then(|text| text.parse().ok())
        .unwrap_or(SECONDS);
    let server = Server::start("flood");
    let (over, inside) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        let players = scope.spawn(|| play(server.public, &over, &inside));
        while inside.load(Ordering::SeqCst) < PLAYERS as u64 {
            assert!(!players.is_finished(), "players did not come in");
            thread::yield_now();
        }
        let quiet_time = Duration::from_secs(seconds.min(5));
        let (quiet, _, ()) = server.ticks(|| thread::sleep(quiet_time));
        let before = server.kib("VmRSS");
        let (busy, skipped, counts) = server.ticks(|| guess(server.public, seconds));
        // The highest it ever was, not what it is now.
        let grown = server.kib("VmHWM").saturating_sub(before);
        over.store(true, Ordering::SeqCst);
        println!(
            "{counts:?} in {seconds} s; tick p99 {quiet} us quiet, {busy} us meanwhile, {skipped} \
             ticks given up; {before} KiB, and {grown} KiB more"
        );
        let all: u64 = counts.iter().map(|(_, count)| count).sum();
        assert!(all > PER_SECOND * seconds / 2, "that was no flood");
        assert!(
            counts
                .iter()
                .all(|(status, _)| matches!(status, 401 | 429 | 503))
        );
        assert!(
            counts.iter().any(|(status, _)| *status == 401),
            "nothing was looked at"
        );
        assert!(busy <= quiet + SLOWER_MAX_US, "ticks are slower");
        assert!(grown < GROWTH_MAX_KIB, "memory is not bounded");
    });
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

/// Medians of the answers to two kinds of guesses, asked in turns, and each first as often.
fn times(server: &Server, guesses: impl Fn(usize) -> [String; 2]) -> [f64; 2] {
    let mut asker = Asker::new(server.public);
    let mut took = [Vec::new(), Vec::new()];
    for number in 0..ACCOUNTS {
        let bodies = guesses(number);
        for turn in 0..2 {
            let kind = (number + turn) % 2;
            let began = Instant::now();
            let status = asker.post("/login", &bodies[kind]);
            took[kind].push(began.elapsed());
            assert!(matches!(status, Some(400 | 401 | 422)), "{status:?}");
        }
    }
    took.map(median)
}

fn apart([one, other]: [f64; 2]) -> f64 {
    (one - other).abs() / one.max(other)
}

#[test]
fn the_time_of_an_answer_does_not_tell_whether_there_is_such_a_name() {
    let _alone = ALONE.lock().unwrap_or_else(|broken| broken.into_inner());
    let server = Server::start("time");
    for number in 0..ACCOUNTS {
        let body = named(&format!("Known{number}"), "a password that is right");
        assert_eq!(ask(server.public, "POST", "/register", "", &body).0, 200);
    }
    let wrong = "a password that is not";
    let mut measured = Vec::new();
    for round in 0..ROUNDS.min(GUESSES) {
        let times = times(&server, |number| {
            let unknown = format!("Nobody{round}x{number}");
            [
                named(&format!("Known{number}"), wrong),
                named(&unknown, wrong),
            ]
        });
        println!(
            "known {:.2} ms, unknown {:.2} ms",
            1e3 * times[0],
            1e3 * times[1]
        );
        measured.push(apart(times));
        if apart(times) < APART_MAX {
            break;
        }
    }
    let least = measured.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(least < APART_MAX, "{measured:?}");
    // What is not hashed is answered at once, and the same measurement sees it.
    let seen = times(&server, |number| {
        let name = format!("Known{number}");
        [named(&name, wrong), "{}".to_owned()]
    });
    assert!(apart(seen) > 10.0 * APART_MAX, "{seen:?}");
}
