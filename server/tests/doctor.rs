//! The doctor and the server it looks at, as an operator meets them: programs, files and signals.
//!
//! Never joins a game.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A directory of its own for each test, gone with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tickwire-doctor-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a scratch directory");
        Scratch(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// Writes a new certificate and its key; returns the flags for them.
    fn new_certificate(&self) -> [String; 4] {
        let made = rcgen::generate_simple_self_signed(["play.example.org".to_owned()]);
        let made = made.expect("a certificate");
        let [cert, key] = [self.path("chain.pem"), self.path("key.pem")];
        replace(Path::new(&cert), &made.cert.pem());
        replace(Path::new(&key), &made.signing_key.serialize_pem());
        ["--tls-cert".to_owned(), cert, "--tls-key".to_owned(), key]
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// As programs that renew certificates do it: whole or not at all.
fn replace(path: &Path, text: &str) {
    let draft = path.with_extension("draft");
    fs::write(&draft, text).expect("a draft");
    fs::rename(&draft, path).expect("a replaced file");
}

fn command(scratch: &Scratch, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickwire-server"));
    for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("TICKWIRE_")) {
        command.env_remove(key);
    }
    command
        .args(arguments)
        .args(["--data-dir", &scratch.path("data")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What the doctor says, and its exit status.
fn doctor(scratch: &Scratch, arguments: &[&str]) -> (String, Option<i32>) {
    let all = [&["doctor"], arguments].concat();
    let output = command(scratch, &all).output().expect("the doctor runs");
    assert!(output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    (text, output.status.code())
}

/// The grade and the rest of the line about a subject.
fn line<'a>(report: &'a str, subject: &str) -> (&'a str, &'a str) {
    let found = report.lines().find_map(|line| {
        let (grade, rest) = line.split_once(' ')?;
        let text = rest.trim_start().strip_prefix(subject)?;
        text.starts_with("  ").then(|| (grade, text.trim_start()))
    });
    found.unwrap_or_else(|| panic!("nothing about {subject} in:\n{report}"))
}

struct Server {
    child: Child,
    public: SocketAddr,
    admin: SocketAddr,
}

impl Server {
    fn start(scratch: &Scratch, arguments: &[&str]) -> Server {
        let all = [&["--listen", "127.0.0.1:0"], arguments].concat();
        let mut child = command(scratch, &all).spawn().expect("the server starts");
        let mut first = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        let read = BufReader::new(stdout).read_line(&mut first);
        read.expect("a first line");
        let words: Vec<&str> = first.split_whitespace().collect();
        let ["listening", public, "admin", admin] = words[..] else {
            panic!("the first line is {first:?}");
        };
        Server {
            public: public.parse().expect("the public address"),
            admin: admin.parse().expect("the admin address"),
            child,
        }
    }

    fn certificate(&self) -> String {
        let mut stream = TcpStream::connect(self.admin).expect("the admin listener");
        let head = "GET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (_, after) = answer
            .split_once("certificate_sha256\":\"")
            .expect("a hash");
        after.split('"').next().unwrap_or_default().to_owned()
    }

    /// Waits until another certificate than this one is in use.
    fn changes_from(&self, old: &str) -> String {
        let start = Instant::now();
        loop {
            let now = self.certificate();
            if now != old {
                return now;
            }
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "it never changed"
            );
            std::thread::yield_now();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_machine_without_a_server_is_looked_at() {
    let scratch = Scratch::new();
    let (report, status) = doctor(&scratch, &["--listen", "127.0.0.1:0"]);
    assert_eq!(status, Some(0), "{report}");
    for subject in [
        "UDP port",
        "TCP port",
        "UDP passes",
        "clock",
        "data directory",
    ] {
        assert_eq!(line(&report, subject).0, "ok", "{report}");
    }
    assert!(line(&report, "certificate").1.contains("--tls-cert"));
    assert!(line(&report, "public address").1.contains("[::]"));
    let left = fs::read_dir(&scratch.0).expect("the directory").count();
    assert_eq!(left, 0, "it left something behind");
}

#[test]
fn faults_are_named_and_fail() {
    let scratch = Scratch::new();
    fs::write(scratch.path("data"), "in the way").expect("a file");
    let [.., key] = scratch.new_certificate();
    let flags = [
        "--listen",
        "127.0.0.1:0",
        "--tls-cert",
        &key,
        "--tls-key",
        &key,
    ];
    let (report, status) = doctor(&scratch, &flags);
    assert_eq!(status, Some(1), "{report}");
    assert_eq!(line(&report, "data directory").0, "FAULT");
    let (grade, text) = line(&report, "certificate");
    assert!(
        grade == "FAULT" && text.contains("no certificate in it"),
        "{report}"
    );
    assert!(
        report.ends_with("\n") && report.contains("faults: 2"),
        "{report}"
    );
}

#[test]
fn a_server_that_runs_is_asked() {
    let scratch = Scratch::new();
    let server = Server::start(&scratch, &[]);
    let listen = server.public.to_string();
    let (report, status) = doctor(&scratch, &["--listen", &listen]);
    assert_eq!(status, Some(0), "{report}");
    assert!(
        line(&report, "UDP port")
            .1
            .contains("Tickwire server answers")
    );
    assert!(
        line(&report, "TCP port")
            .1
            .contains("Tickwire server answers")
    );
    assert_eq!(line(&report, "server").0, "ok");
    assert!(line(&report, "server").1.contains("/connect-info agrees"));
    assert_eq!(line(&report, "clock").0, "ok");
}

#[test]
fn a_server_without_quic_is_known_by_what_it_says() {
    for transports in ["webrtc,websocket", "websocket"] {
        let scratch = Scratch::new();
        let certificate = scratch.new_certificate();
        let certificate = certificate.each_ref().map(String::as_str);
        for tls in [&[][..], &certificate] {
            let flags = [&["--transports", transports], tls].concat();
            let server = Server::start(&scratch, &flags);
            let listen = server.public.to_string();
            let asked = [&["--listen", &listen], &flags[..]].concat();
            let (report, status) = doctor(&scratch, &asked);
            assert_eq!(status, Some(0), "{report}");
            for subject in ["UDP port", "TCP port"] {
                let (_, text) = line(&report, subject);
                assert!(text.contains("Tickwire server answers"), "{report}");
            }
            let (grade, text) = line(&report, "server");
            assert!(grade == "ok" && text.contains("QUIC is switched off"));
            assert!(!report.contains("certificate used"), "{report}");
        }
    }
}

#[test]
fn replaced_files_are_used_by_themselves_and_at_a_signal() {
    let scratch = Scratch::new();
    let flags = scratch.new_certificate();
    let flags = flags.each_ref().map(String::as_str);
    let server = Server::start(&scratch, &flags);
    let first = server.certificate();
    let listen = server.public.to_string();
    let asked = || doctor(&scratch, &[&["--listen", &listen], &flags[..]].concat());
    let (report, status) = asked();
    assert_eq!(status, Some(0), "{report}");
    assert!(line(&report, "server").1.contains("agrees"), "{report}");
    assert!(line(&report, "certificate").1.contains("play.example.org"));
    assert!(
        line(&report, "certificate chain")
            .1
            .contains("nobody but itself")
    );
    assert!(!report.contains("certificate used"), "{report}");

    scratch.new_certificate();
    let second = server.changes_from(&first);
    let (report, _) = asked();
    assert!(!report.contains("certificate used"), "{report}");

    #[cfg(unix)]
    {
        scratch.new_certificate();
        let id = server.child.id().to_string();
        let sent = Command::new("kill").args(["-HUP", &id]).status();
        assert!(sent.expect("kill is there").success());
        server.changes_from(&second);
    }
}
