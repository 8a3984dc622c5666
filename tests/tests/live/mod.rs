//! A live server in this process and whole players on it, for tests over real QUIC.
//!
//! Never sleeps to wait for something: it drives players until a condition holds, or gives up after
//! a time that a busy machine does not need.

#![allow(dead_code, reason = "each test file uses its part")]

pub mod served;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tickwire_client_demo::clock::Clock;
use tickwire_client_demo::driver::{Driver, Turn, Way};
use tickwire_link::Dial;
use tickwire_server::RunningServer;
use tickwire_server::config::Config;
use tickwire_shared::client::{Client, ClientConfig, ClientEvent, TalkEvent};
use tickwire_shared::game::Game;
use tickwire_shared::id::PlayerId;

/// What nothing may take longer than.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A server with a directory of its own, gone with it.
pub struct Hosted {
    server: Option<RunningServer>,
    data: PathBuf,
}

impl Hosted {
    /// Hosts game `G` on picked ports.
    pub fn start<G: Game<Rules: Default>>(name: &str, tune: impl FnOnce(&mut Config)) -> Hosted {
        let data = format!("tickwire-live-{name}-{}", std::process::id());
        let data = std::env::temp_dir().join(data);
        let mut config = Config {
            listen: "127.0.0.1:0".parse().expect("an address"),
            data_dir: data.clone(),
            shutdown_grace: Duration::from_secs(1),
            ..Config::default()
        };
        tune(&mut config);
        let server = tickwire_server::start::<G>(config).expect("the server starts");
        Hosted {
            server: Some(server),
            data,
        }
    }

    /// The server.
    pub fn server(&self) -> &RunningServer {
        self.server.as_ref().expect("it runs")
    }

    /// Its data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// How to reach it.
    pub fn dial(&self) -> Dial {
        Dial::to(&self.server().address().to_string())
    }

    /// A player of `room`, not yet in it.
    pub fn player<G: Game>(&self, name: &str, room: &str) -> Player<G> {
        let config = ClientConfig {
            name: name.to_owned(),
            room: Some(room.to_owned()),
            ..ClientConfig::default()
        };
        Player::new(self.dial(), config)
    }

    /// The sum of all samples of one of the server's figures whose line starts so.
    pub fn figure(&self, starts: &str) -> f64 {
        let text = self.get("/metrics");
        let samples = text.lines().filter(|line| line.starts_with(starts));
        let numbers = samples.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        numbers.sum()
    }

    /// What the admin listener answers.
    pub fn get(&self, path: &str) -> String {
        let mut stream =
            TcpStream::connect(self.server().admin_address()).expect("the admin listener");
        let head = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        self.server.take();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

/// A whole client, its driver, and what it heard.
pub struct Player<G: Game> {
    pub driver: Driver<G>,
    clock: Clock,
    /// Seat and whether it was resumed, for each time the player came in.
    pub joined: Vec<(PlayerId, bool)>,
    /// Offsets and texts of the room's chat, in the order in which they came.
    pub lines: Vec<(u64, String)>,
    /// Everything it was told about chat.
    pub talk: Vec<TalkEvent>,
    /// Chat lines the client was told it cannot get any more.
    pub missed: u64,
    /// Fields that were out of sync.
    pub desyncs: Vec<String>,
    /// Words with which the client closed.
    pub farewells: Vec<String>,
    /// Times the server said that it goes down.
    pub drains: usize,
    /// Links that ended.
    pub losses: usize,
    /// Why there will be no further link.
    pub over: Option<String>,
}

impl<G: Game> Player<G> {
    pub fn new(dial: Dial, config: ClientConfig) -> Player<G> {
        let clock = Clock::start();
        let client = Client::new(config, clock.now()).expect("fair declarations");
        let way = Way {
            dial,
            network: None,
            patience: PATIENCE,
        };
        Player {
            driver: Driver::new(client, way, clock),
            clock,
            joined: Vec::new(),
            lines: Vec::new(),
            talk: Vec::new(),
            missed: 0,
            desyncs: Vec::new(),
            farewells: Vec::new(),
            drains: 0,
            losses: 0,
            over: None,
        }
    }

    /// Lives for about this many milliseconds.
    pub async fn turn(&mut self, millis: u64) {
        let until = self.clock.now() + Duration::from_millis(millis);
        if self.over.is_some() {
            return self.clock.sleep_until(until).await;
        }
        match self.driver.turn(until).await {
            Turn::Over(words) => self.over = Some(words),
            Turn::Lost(_) => self.losses += 1,
            Turn::Due | Turn::Heard | Turn::Linked => {}
        }
        self.driver.client.frame(self.clock.now());
        while let Some(event) = self.driver.client.poll_event() {
            self.note(event);
        }
    }

    fn note(&mut self, event: ClientEvent<G>) {
        match event {
            ClientEvent::Joined { me, resumed, .. } => self.joined.push((me, resumed)),
            ClientEvent::Talk(talk) => {
                if let TalkEvent::Missed { lines, .. } = &talk {
                    self.missed += lines;
                }
                let line = talk.room_line();
                let line = line.map(|line| (line.offset, line.text.to_string()));
                self.lines.extend(line);
                self.talk.push(talk);
            }
            ClientEvent::Desync { field } => self.desyncs.push(field),
            ClientEvent::Closed { text, .. } => self.farewells.push(text),
            ClientEvent::Draining { .. } => self.drains += 1,
            _ => {}
        }
    }

    /// Whether the player has a seat and has seen a snapshot.
    pub fn is_playing(&self) -> bool {
        self.driver.client.is_live() && self.driver.client.tick().0 > 0
    }

    /// The texts of the chat.
    pub fn texts(&self) -> Vec<&str> {
        self.lines.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// Asserts that client and server never disagreed, and that it was looked at.
    pub fn assert_in_sync(&self) {
        let stats = self.driver.client.stats();
        assert_eq!(stats.unexplained_mispredictions, 0, "{stats:?}");
        assert_eq!((stats.desyncs, self.desyncs.len()), (0, 0), "{stats:?}");
        assert!(stats.desyncs_none > 0, "rows were checked: {stats:?}");
    }
}

/// Drives all players until `done` holds of them.
///
/// # Panics
/// After [`PATIENCE`], naming what was waited for.
pub async fn until<G: Game>(
    players: &mut [&mut Player<G>],
    what: &str,
    mut done: impl FnMut(&mut [&mut Player<G>]) -> bool,
) {
    let clock = Clock::start();
    while !done(players) {
        let told: Vec<_> = players.iter().map(|player| &player.over).collect();
        assert!(
            clock.now().micros() < PATIENCE.as_micros() as u64,
            "no {what} in {PATIENCE:?}; over: {told:?}"
        );
        for player in &mut *players {
            player.turn(2).await;
        }
    }
}

/// Runs a test on a runtime of one thread.
pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(test);
}
