//! The server as an operator meets it: a program with flags, a first line, signals and a status.
//!
//! Never joins a game; that is what the end-to-end tests do.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory of its own for each server, gone with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tickwire-process-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a scratch directory");
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn command(scratch: &Scratch, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickwire-server"));
    // Whoever runs the tests may have a server of their own configured.
    for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("TICKWIRE_")) {
        command.env_remove(key);
    }
    command
        .args(arguments)
        .arg("--data-dir")
        .arg(scratch.0.join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A server that runs on picked ports.
struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    public: SocketAddr,
    admin: SocketAddr,
    _scratch: Scratch,
}

impl Server {
    fn start(arguments: &[&str]) -> Server {
        let scratch = Scratch::new();
        let all = [&["--listen", "127.0.0.1:0"], arguments].concat();
        let mut child = command(&scratch, &all).spawn().expect("the server starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a first line");
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["listening", public, "admin", admin] = words[..] else {
            panic!("the first line is {line:?}");
        };
        Server {
            public: public.parse().expect("the public address"),
            admin: admin.parse().expect("the admin address"),
            child,
            stdout,
            _scratch: scratch,
        }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.admin).expect("the admin listener");
        let head = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    #[cfg(unix)]
    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args([signal, &id]).status();
        assert!(status.expect("kill is there").success());
    }

    /// Waits for the end; the exit status and what was printed after the first line.
    fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).expect("the rest");
        let status = self.child.wait().expect("a status");
        (status.code(), rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a server that cannot start; its status and the one line it says.
fn failure(arguments: &[&str]) -> (Option<i32>, String) {
    let scratch = Scratch::new();
    let Output { status, stderr, .. } = command(&scratch, arguments).output().expect("it runs");
    let text = String::from_utf8(stderr).expect("text");
    let said: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("tickwire-server: "))
        .collect();
    assert_eq!(said.len(), 1, "one clear line, not: {text}");
    (status.code(), said[0].to_owned())
}

#[test]
fn serves_on_picked_ports_and_answers_operators() {
    let server = Server::start(&[]);
    assert!(server.public.port() != 0 && server.admin.ip().is_loopback());
    assert!(server.get("/readyz").starts_with("HTTP/1.1 200"));
    assert!(server.get("/metrics").contains("\ntickwire_rooms 0\n"));
    assert!(server.get("/debug/rooms").ends_with("\r\n\r\n[]"));
}

#[test]
fn a_wrong_flag_or_key_is_one_line_and_status_2() {
    let (status, line) = failure(&["--lisen", "127.0.0.1:0"]);
    assert_eq!(status, Some(2));
    assert_eq!(
        line,
        "tickwire-server: unknown flag --lisen; did you mean --listen?"
    );
    let (status, line) = failure(&["--rooms-seats-max", "many"]);
    assert_eq!(status, Some(2));
    assert!(
        line.contains("--rooms-seats-max must be a number from 1 to"),
        "{line}"
    );
}

#[test]
fn a_port_in_use_is_one_sentence_and_status_1() {
    let taken = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    let (status, line) = failure(&["--listen", &address]);
    assert_eq!(status, Some(1));
    assert!(
        line.contains("is in use: stop the program that uses it"),
        "{line}"
    );
}

#[test]
fn a_file_as_data_directory_is_one_sentence_and_status_1() {
    let scratch = Scratch::new();
    let file = scratch.0.join("data");
    std::fs::write(&file, b"in the way").expect("a file");
    let output = command(&scratch, &["--listen", "127.0.0.1:0"])
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).expect("text");
    assert!(
        text.contains("cannot write to the data directory"),
        "{text}"
    );
}

#[cfg(unix)]
#[test]
fn sigterm_drains_an_empty_server_at_once_with_status_0() {
    let server = Server::start(&["--shutdown-grace-s", "600"]);
    server.signal("-TERM");
    assert_eq!(server.end(), (Some(0), String::new()));
}
