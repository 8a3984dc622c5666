//! A server in a process of its own, which a test may kill.
//!
//! Never stops it kindly. It is the program that users run where `RESTART_SERVER` names one, as
//! `cargo xtask` does; else the test's own program once more, so that it is always one that these
//! sources make: then the test file has a test that calls [`serve_if_asked`].

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use tickwire_arena::Arena;
use tickwire_server::config::{Config, Sabotage};

/// Asks a test's program to be the server: its addresses and its data directory.
const SERVE: &str = "TICKWIRE_TEST_SERVE";

/// Names the program that is the server.
const PROGRAM: &str = "RESTART_SERVER";

/// Serves, if this program was started for that.
pub fn serve_if_asked() {
    let Ok(asked) = std::env::var(SERVE) else {
        return;
    };
    let words: Vec<&str> = asked.splitn(3, ' ').collect();
    let [public, admin, data] = words[..] else {
        panic!("{SERVE} is {asked:?}");
    };
    let usual = Config::default();
    let mut config = Config {
        listen: public.parse().expect("an address"),
        admin_listen: Some(admin.parse().expect("an address")),
        data_dir: PathBuf::from(data),
        ..usual
    };
    if std::env::var_os(FAST_TALK).is_some() {
        config.chat.lines_per_s = 0;
    }
    if std::env::var_os(ENDLESS).is_some() {
        config.sabotage = Sabotage::EndlessQueues;
    }
    tickwire_server::run::<Arena>(config).expect("it serves");
}

/// Lifts what one account may say a second.
const FAST_TALK: &str = "TICKWIRE_TEST_FAST_TALK";

/// Takes off the bound of what waits for a client.
const ENDLESS: &str = "TICKWIRE_TEST_ENDLESS";

/// What a server of a test is not as usual in.
#[derive(Clone, Copy, Default)]
struct Liberties {
    /// Everybody may say as much as they like.
    fast_talk: bool,
    /// What waits for a client has no bound: only the test's own program can be so.
    endless: bool,
}

/// A directory that is gone in the end.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Scratch {
        let name = format!("tickwire-{name}-{}", std::process::id());
        Scratch(std::env::temp_dir().join(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server in a process of its own.
pub struct Served {
    child: Child,
    /// Kept open: the server may write to it.
    _stdout: BufReader<ChildStdout>,
    pub public: SocketAddr,
    pub admin: SocketAddr,
    liberties: Liberties,
}

impl Served {
    fn start(data: &Path, public: &str, admin: &str, liberties: Liberties) -> Served {
        let mut command = command(data, public, admin, liberties);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let (public, admin) = loop {
            let mut line = String::new();
            let read = stdout.read_line(&mut line).expect("text");
            assert!(read > 0, "the server ended before it listened");
            // The harness has begun the line with the name of the test.
            let words: Vec<&str> = line.split_whitespace().collect();
            if let [.., "listening", public, "admin", admin] = words[..] {
                let address = |text: &str| text.parse().expect("an address");
                break (address(public), address(admin));
            }
        };
        Served {
            child,
            _stdout: stdout,
            public,
            admin,
            liberties,
        }
    }

    /// On picked ports.
    pub fn first(data: &Path) -> Served {
        Served::picked(data, Liberties::default())
    }

    /// The same, where everybody may say as much as they like.
    pub fn talkative(data: &Path) -> Served {
        let fast_talk = true;
        Served::picked(
            data,
            Liberties {
                fast_talk,
                ..Liberties::default()
            },
        )
    }

    /// The same, where whatever waits for a client goes on waiting.
    pub fn endless(data: &Path) -> Served {
        let (fast_talk, endless) = (true, true);
        Served::picked(data, Liberties { fast_talk, endless })
    }

    fn picked(data: &Path, liberties: Liberties) -> Served {
        Served::start(data, "127.0.0.1:0", "127.0.0.1:0", liberties)
    }

    /// kill -9, and the same again.
    pub fn restart(self, data: &Path) -> Served {
        let (public, admin) = (self.public.to_string(), self.admin.to_string());
        let liberties = self.liberties;
        drop(self);
        Served::start(data, &public, &admin, liberties)
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // On Unix this is SIGKILL.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What an admin listener answers.
pub fn get(admin: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(admin).expect("the admin listener");
    let head = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

fn command(data: &Path, public: &str, admin: &str, liberties: Liberties) -> Command {
    let Liberties { fast_talk, endless } = liberties;
    let Some(program) = std::env::var_os(PROGRAM).filter(|_| !endless) else {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command
            .args(["--exact", "serves_where_it_is_asked_to", "--nocapture"])
            .env(SERVE, format!("{public} {admin} {}", data.display()));
        if fast_talk {
            command.env(FAST_TALK, "1");
        }
        if endless {
            command.env(ENDLESS, "1");
        }
        return command;
    };
    let mut command = Command::new(program);
    // Whoever runs the tests may have a server of their own configured.
    for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("TICKWIRE_")) {
        command.env_remove(key);
    }
    command.args(["--listen", public, "--admin-listen", admin, "--data-dir"]);
    command.arg(data).args(["--log-level", "warn"]);
    if fast_talk {
        command.args(["--chat-lines-per-s", "0"]);
    }
    command
}
