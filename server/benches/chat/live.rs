//! A real server in this process and players with sockets in others.
//!
//! Never goes around anything: what players send and hear goes over QUIC.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tickwire_server::RunningServer;
use tickwire_server::config::{ChatConfig, Config, RoomsConfig};
use tickwire_server::metrics::Metrics;
use tickwire_shared::transport::Transport;

use crate::crowd::ROLE;
use crate::ledger::Outcome;
use crate::moving_square::Squares;
use crate::peer::{Gaps, Place};
use crate::stage::{PLAYERS, READERS, Subject, thread_cpu};

/// A server and two crowds.
pub struct LiveServer {
    server: Option<RunningServer>,
    metrics: Arc<Metrics>,
    hall: Crowd,
    pit: Crowd,
    data: PathBuf,
}

/// A process of players.
struct Crowd {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl LiveServer {
    /// Starts everything and waits until all are in.
    ///
    /// # Errors
    /// A sentence that says what did not start.
    pub fn start(data: PathBuf) -> Result<LiveServer, String> {
        let _ = std::fs::remove_dir_all(&data);
        let usual = Config::default();
        let config = Config {
            listen: "127.0.0.1:0".parse().expect("an address"),
            data_dir: data.clone(),
            transports: vec![Transport::Quic],
            chat: ChatConfig {
                lines_per_s: 0,
                ..usual.chat
            },
            rooms: RoomsConfig {
                seats_max: READERS as u16,
                ..usual.rooms
            },
            ..usual
        };
        let server =
            tickwire_server::start::<Squares>(config).map_err(|error| error.to_string())?;
        let address = server.address();
        Ok(LiveServer {
            metrics: Arc::clone(server.metrics()),
            server: Some(server),
            hall: Crowd::start(address, Place::Hall, READERS)?,
            pit: Crowd::start(address, Place::Pit, PLAYERS)?,
            data,
        })
    }
}

impl Drop for LiveServer {
    fn drop(&mut self) {
        // Players do not like to be sent away.
        self.hall.end();
        self.pit.end();
        self.server.take();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

impl Subject for LiveServer {
    fn name(&self) -> &'static str {
        "over QUIC"
    }

    fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    fn speak(&mut self, lines_per_second: f64, lasts: Duration) -> Result<bool, String> {
        let order = format!("speak {lines_per_second} {}", lasts.as_secs_f64());
        Ok(self.hall.ask(&order)? == "1")
    }

    fn gaps(&mut self) -> Result<Gaps, String> {
        let answer = self.pit.ask("gaps")?;
        let numbers = answer.split(' ').map(str::parse::<f64>);
        let numbers: Vec<f64> = numbers.collect::<Result<_, _>>().unwrap_or_default();
        match numbers[..] {
            [p50_us, p99_us, max_us] => Ok(Gaps {
                p50_us,
                p99_us,
                max_us,
            }),
            _ => Err(format!("the players said `{answer}`")),
        }
    }

    fn outcome(&mut self) -> Result<Outcome, String> {
        let answer = self.hall.ask("report")?;
        Outcome::parse(&answer).ok_or_else(|| format!("the players said `{answer}`"))
    }

    fn network_cpu(&self) -> Duration {
        thread_cpu("network")
    }
}

impl Crowd {
    fn start(server: SocketAddr, place: Place, count: usize) -> Result<Crowd, String> {
        let problem = |error| format!("cannot start players: {error}");
        let program = std::env::current_exe().map_err(problem)?;
        let mut child = Command::new(program)
            .args([ROLE, &server.to_string(), place.name(), &count.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(problem)?;
        let (Some(orders), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("players have no pipes".to_owned());
        };
        let mut crowd = Crowd {
            child,
            orders,
            answers: BufReader::new(answers),
        };
        match crowd.answer()?.as_str() {
            "ready" => Ok(crowd),
            other => Err(format!("the players said `{other}`")),
        }
    }

    fn ask(&mut self, order: &str) -> Result<String, String> {
        writeln!(self.orders, "{order}").map_err(|_| "the players ended".to_owned())?;
        self.answer()
    }

    fn answer(&mut self) -> Result<String, String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(1..) => Ok(line.trim().to_owned()),
            _ => Err("the players ended".to_owned()),
        }
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.end();
    }
}
