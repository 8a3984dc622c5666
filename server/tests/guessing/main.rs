//! Guesses at passwords, a thousand a second, against the program as an operator starts it: rooms
//! tick on, memory is bounded, and the time of an answer does not tell which names there are.
//!
//! Never guesses right. `GUESSING_SECONDS` sets for how long. Where a defence is off the server is
//! this program once more: no operator can switch one off.

mod server;

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use server::{Asker, Server, ask};
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

/// Connections where each guess has its own memory to be looked at in.
const CONNECTIONS_UNBOUND: u64 = 16;

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

/// Not a test by itself: the server of another, where that asks for it.
#[test]
fn serves_without_a_defence() {
    server::serve_if_asked();
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
fn guess(at: SocketAddr, seconds: u64, connections: u64) -> Vec<(u16, u64)> {
    let counts = Mutex::new(std::collections::BTreeMap::<u16, u64>::new());
    let began = Instant::now();
    let each = Duration::from_secs(1) * connections as u32 / PER_SECOND as u32;
    thread::scope(|scope| {
        for connection in 0..connections {
            let counts = &counts;
            scope.spawn(move || {
                let mut asker = Asker::new(at);
                let mut number = 0;
                let offset = each * connection as u32 / connections as u32;
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
        let (busy, skipped, counts) = server.ticks(|| guess(server.public, seconds, CONNECTIONS));
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

/// The same where as many passwords are hashed at a time as may wait, and each in its own memory.
#[test]
fn without_a_bound_of_what_is_hashed_a_flood_fills_memory() {
    let _alone = ALONE.lock().unwrap_or_else(|broken| broken.into_inner());
    let server = Server::unbound("unbound");
    let before = server.kib("VmRSS");
    let counts = guess(server.public, SECONDS, CONNECTIONS_UNBOUND);
    let grown = server.kib("VmHWM").saturating_sub(before);
    println!("{counts:?}; {before} KiB, and {grown} KiB more");
    assert!(grown > 2 * GROWTH_MAX_KIB, "{grown} KiB");
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
