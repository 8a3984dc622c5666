//! The players: a process of its own that dials, sends an input a tick and counts what comes.
//!
//! Never measures. It does what the lines on its standard input say: `play`, `rest`, or `counts`,
//! which it answers. It ends with them.

mod quic;
mod webrtc;

use std::cell::Cell;
use std::io::BufRead;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

/// The first argument of this role.
pub const ROLE: &str = "--players";

/// Datagrams of all players.
#[derive(Default)]
pub struct Tally {
    pub sent: Cell<u64>,
    pub received: Cell<u64>,
    /// Whether inputs are sent now.
    plays: Cell<bool>,
}

impl Tally {
    fn add_sent(&self) {
        self.sent.set(self.sent.get() + 1);
    }

    fn add_received(&self) {
        self.received.set(self.received.get() + 1);
    }

    /// Does what a line says.
    fn obey(&self, line: &str) {
        match line {
            "play" => self.plays.set(true),
            "rest" => self.plays.set(false),
            _ => println!("{} {}", self.sent.get(), self.received.get()),
        }
    }
}

/// Plays until the standard input ends.
pub fn main(args: &[String]) -> ExitCode {
    let [transport, address, count, rate] = args else {
        eprintln!("{ROLE} needs a transport, an address, a count and a rate");
        return ExitCode::from(2);
    };
    let (Ok(address), Ok(count), Ok(rate)) = (address.parse(), count.parse(), rate.parse()) else {
        eprintln!("{ROLE}: {address}, {count} or {rate} cannot be read");
        return ExitCode::from(2);
    };
    let crowd = Crowd { count, rate };
    match transport.as_str() {
        "quic" => quic::play(address, crowd, lines()),
        "webrtc" => webrtc::play(crowd, lines()),
        other => {
            eprintln!("{ROLE}: the players speak quic or webrtc, not {other}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// The lines of the standard input, read by a thread that may wait.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (tell, told) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    told
}

/// How many players there are, and how often each sends.
#[derive(Clone, Copy)]
struct Crowd {
    count: usize,
    rate: u32,
}

/// Whose turn it is to send: the players are spread over the time between two ticks.
struct Turns {
    crowd: Crowd,
    start: Instant,
    next: usize,
}

/// Turns that are made up for at the most; a machine too busy for the players leaves out the rest.
const LATE_MAX: Duration = Duration::from_millis(100);

impl Turns {
    fn start(crowd: Crowd) -> Turns {
        Turns {
            crowd,
            start: Instant::now(),
            next: 0,
        }
    }

    /// The player whose turn has come, if any.
    fn take(&mut self) -> Option<usize> {
        let count = self.crowd.count;
        let turns_a_second = f64::from(self.crowd.rate) * count as f64;
        let due = self.start + Duration::from_secs_f64(self.next as f64 / turns_a_second);
        let late = Instant::now().checked_duration_since(due)?;
        self.start += late.saturating_sub(LATE_MAX);
        let player = self.next % count;
        self.next += 1;
        Some(player)
    }
}
