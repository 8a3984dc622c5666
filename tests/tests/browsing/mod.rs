//! One browser test: a server, a relay where one is wanted, and the program that drives Chromium.
//!
//! Never looks at a page.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use clap::Parser;
use tickwire_arena::Arena;
use tickwire_client_demo::bots::cli::Cli;
use tickwire_client_demo::bots::fleet;
use tickwire_client_demo::bots::report::Report;
use tickwire_client_demo::relay::{Knobs, Options, Order, Relay};
use tickwire_server::RunningServer;
use tickwire_server::config::{Config, PublicAddress};
use tokio::runtime::Runtime;

/// What a browser test may take on a busy machine; then its Chromium is ended.
const PATIENCE: Duration = Duration::from_secs(240);

/// One case runs at a time, from its server's start on: pages are drawn by the processor here, so
/// that two cases would measure each other, and bots would play before their page may come.
static ALONE: Mutex<()> = Mutex::new(());

/// What a page may take until it plays among bots.
const COMING_IN: Duration = Duration::from_secs(15);

/// A server with a page, and what stands in front of it.
pub struct Stage {
    config: Config,
    server: Option<RunningServer>,
    relay: Option<(Runtime, Relay)>,
    bots: Option<JoinHandle<Report>>,
    _alone: MutexGuard<'static, ()>,
}

impl Stage {
    /// A server that pages reach directly.
    pub fn direct(name: &str) -> Stage {
        Stage::with(name, |_| ())
    }

    /// The same with a server that is configured otherwise.
    pub fn with(name: &str, change: impl FnOnce(&mut Config)) -> Stage {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stage = Stage::new(name, free_port(), None, alone);
        change(&mut stage.config);
        stage.start();
        stage
    }

    /// A server that pages reach directly or through a relay; what it says of its ports names the
    /// relay's.
    pub fn relayed(name: &str) -> Stage {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let server = free_port();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let options = Options {
            listen: "127.0.0.1:0".parse().expect("an address"),
            to: server,
            knobs: Knobs::default(),
            seed: 1,
        };
        let relay = runtime.block_on(Relay::start(options)).expect("a relay");
        let mut stage = Stage::new(name, server, Some((runtime, relay)), alone);
        stage.start();
        stage
    }

    /// Nothing runs yet.
    fn new(
        name: &str,
        listen: SocketAddr,
        relay: Option<(Runtime, Relay)>,
        alone: MutexGuard<'static, ()>,
    ) -> Stage {
        let data = format!("tickwire-browser-{name}-{}", std::process::id());
        let mut config = Config {
            listen,
            data_dir: std::env::temp_dir().join(data),
            shutdown_grace: Duration::from_secs(1),
            ..Config::default()
        };
        config.web.dir = Some(page());
        config.public_addr = relay.as_ref().map(|(_, relay)| PublicAddress {
            ip: relay.address().ip(),
            port: Some(relay.address().port()),
        });
        Stage {
            config,
            server: None,
            relay,
            bots: None,
            _alone: alone,
        }
    }

    /// Lets bots play beside the page: as long as it plays, and the time it may take to come in.
    pub fn add_bots(&mut self, flags: &str, seconds: u64) {
        let server = self.server.as_ref().expect("it runs");
        let (to, admin) = (server.address(), server.admin_address());
        let lasts = seconds + COMING_IN.as_secs();
        let line = format!("bots --server {to} --admin {admin} --duration {lasts}s {flags}");
        let cli = Cli::try_parse_from(line.split(' ')).expect("good flags");
        self.bots = Some(std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.expect("a runtime").block_on(fleet::run(cli))
        }));
    }

    /// Runs a case of `tests/browser/` and demands that it passes; returns what the bots report.
    pub fn run(mut self, case: &str, arguments: &[&str]) -> Option<Report> {
        let folder = workspace().join("tests").join("browser");
        assert!(
            folder.join("node_modules").is_dir(),
            "Playwright is not installed: run `cargo xtask browser`"
        );
        let mut command = Command::new("node");
        command.arg("run.mjs").arg(case).args(arguments);
        command.current_dir(folder);
        command.env("TICKWIRE_SERVER", page_at(self.config.listen));
        if let Some((_, relay)) = &self.relay {
            command.env("TICKWIRE_RELAY", page_at(relay.address()));
        }
        command.env("TICKWIRE_SHOTS", target().join("browser"));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is installed: run `cargo xtask browser`");
        self.serve(&mut child);
        let status = child.wait().expect("it ends");
        assert!(status.success(), "{case} {arguments:?} failed: see above");
        self.bots
            .take()
            .map(|bots| bots.join().expect("bots do not panic"))
    }

    /// Does what the program asks for until it ends; past [`PATIENCE`] it is ended.
    fn serve(&mut self, child: &mut Child) {
        let mut answers = child.stdin.take().expect("piped");
        let output = child.stdout.take().expect("piped");
        let (lines, heard) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || {
            let all = BufReader::new(output).lines().map_while(Result::ok);
            all.take_while(|line| lines.send(line.clone()).is_ok())
                .for_each(drop);
        });
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(std::time::Instant::now());
            match heard.recv_timeout(left) {
                Ok(line) => self.hear(&line, &mut answers),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                    child.kill().expect("it can be ended");
                    break;
                }
            }
        }
        drop(heard);
        reader.join().expect("it only reads");
    }

    fn hear(&mut self, line: &str, answers: &mut ChildStdin) {
        let Some(asked) = line.strip_prefix("ask: ") else {
            println!("{line}");
            return;
        };
        let answer = self.obey(asked);
        writeln!(answers, "{answer}").expect("it listens");
    }

    fn obey(&mut self, asked: &str) -> String {
        match (asked, asked.strip_prefix("relay "), &self.relay) {
            ("server stop", ..) => {
                self.server = None;
                "stopped".to_owned()
            }
            ("server start", ..) => {
                self.start();
                "started".to_owned()
            }
            (_, Some(order), Some((_, relay))) => match order.parse::<Order>() {
                Ok(order) => relay.obey(&order),
                Err(problem) => format!("no: {problem}"),
            },
            _ => format!("no: nothing here can {asked:?}"),
        }
    }

    fn start(&mut self) {
        let started = tickwire_server::start::<Arena>(self.config.clone());
        self.server = Some(started.expect("the server starts"));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.server = None;
        let _ = std::fs::remove_dir_all(&self.config.data_dir);
    }
}

fn page_at(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// A port that is free over UDP and TCP, and that a server can come back to.
fn free_port() -> SocketAddr {
    for _ in 0..32 {
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = tcp.local_addr().expect("bound");
        if UdpSocket::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no port is free over both UDP and TCP");
}

/// The page that `cargo xtask web` built.
fn page() -> PathBuf {
    let folder = target().join("web");
    assert!(
        folder.join("index.html").is_file(),
        "the page is not built: run `cargo xtask browser`"
    );
    folder
}

/// The folder cargo builds into: this program lies in `target/PROFILE/deps/`.
fn target() -> PathBuf {
    let program = std::env::current_exe().expect("it runs");
    let folder = program.ancestors().nth(3).expect("it lies that deep");
    folder.to_path_buf()
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a workspace")
}
