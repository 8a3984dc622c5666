//! The program as an operator starts it, and how players come in.
//!
//! Never plays.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tickwire_arena::Arena;
use tickwire_link::{Dial, Link, dial_quic};
use tickwire_shared::close::CloseReason;
use tickwire_shared::game::schema_of;
use tickwire_shared::id::Lane;
use tickwire_shared::wire::{
    BoundedStr, BoundedVec, Credential, HandshakeReply, Hello, PROTOCOL, Refuse, RoomRequest,
    Welcome, decode, encode,
};
use tokio::time::timeout;

/// What logins are for.
pub const ROOM: &str = "duel";

/// A directory of its own for each server, gone with it.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new() -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tickwire-identity-{}-{number}", std::process::id());
        Scratch(std::env::temp_dir().join(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server that runs on picked ports and logs everything.
pub struct Server {
    child: Child,
    pub public: SocketAddr,
    pub admin: SocketAddr,
    /// What operators show.
    token: String,
}

impl Server {
    pub fn start(scratch: &Scratch, arguments: &[&str]) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tickwire-server"));
        // Whoever runs the tests may have a server of their own configured.
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("TICKWIRE_")) {
            command.env_remove(key);
        }
        command
            .args(["--listen", "127.0.0.1:0", "--log-level", "trace"])
            .args(arguments)
            .arg("--data-dir")
            .arg(&scratch.0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        std::fs::create_dir_all(&scratch.0).expect("a directory");
        let log = std::fs::File::options()
            .append(true)
            .create(true)
            .open(scratch.0.join("log"))
            .expect("a log");
        let mut child = command.stderr(log).spawn().expect("the server starts");
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
            token: std::fs::read_to_string(scratch.0.join("admin.token")).expect("a token"),
            child,
        }
    }

    /// Status and body.
    pub fn post(&self, at: SocketAddr, path: &str, headers: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(at).expect("a listener");
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(head.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let status = answer
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let body = answer.split_once("\r\n\r\n").expect("a body").1;
        (status.expect("a status"), body.to_owned())
    }

    pub fn log_in(
        &self,
        path: &str,
        name: &str,
        password: &str,
    ) -> Result<LoggedIn, (u16, String)> {
        let body = serde_json::json!({"name": name, "password": password, "room": ROOM});
        let (status, body) = self.post(self.public, path, "", &body.to_string());
        match status {
            200 => Ok(serde_json::from_str(&body).expect("a token")),
            _ => Err((status, body)),
        }
    }

    /// A new account.
    pub fn register(&self, name: &str, password: &str) -> LoggedIn {
        let registered = self.log_in("/register", name, password);
        registered.unwrap_or_else(|(status, words)| panic!("{status}: {words}"))
    }

    pub fn promote(&self, headers: &str, name: &str, role: &str) -> u16 {
        let body = serde_json::json!({"name": name, "role": role}).to_string();
        let headers = format!("{headers}Authorization: Bearer {}\r\n", self.token);
        self.post(self.admin, "/accounts/role", &headers, &body).0
    }

    /// Whoever logged in goes to the room of that login.
    pub async fn join(&self, name: &str, who: Credential) -> Result<(Link, Welcome), Refuse> {
        self.enter(RoomRequest::Any, name, who).await
    }

    pub async fn enter(
        &self,
        room: RoomRequest,
        name: &str,
        who: Credential,
    ) -> Result<(Link, Welcome), Refuse> {
        let mut link = self.knock(room, name, who).await;
        loop {
            let (lane, packet) = within(link.recv()).await.expect("the link lives");
            if lane == Lane::Ordered {
                return match decode(&packet).expect("a reply") {
                    HandshakeReply::Welcome(welcome) => Ok((link, welcome)),
                    HandshakeReply::Refuse(refuse) => Err(refuse),
                };
            }
        }
    }

    /// A link that has said hello.
    pub async fn knock(&self, room: RoomRequest, name: &str, who: Credential) -> Link {
        let dial = Dial::to(&self.public.to_string());
        let mut link = within(dial_quic(&dial)).await.expect("a link");
        let hello = Hello {
            protocol: PROTOCOL,
            schema_hash: schema_of::<Arena>().expect("a schema").hash,
            name: BoundedStr::cut(name),
            room,
            resume: None,
            who,
            cursors: BoundedVec::default(),
        };
        link.send(Lane::Ordered, &encode(&hello)).expect("it fits");
        link
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(serde::Deserialize)]
pub struct LoggedIn {
    pub account: String,
    pub name: String,
    pub token: String,
}

impl LoggedIn {
    pub fn shown(&self) -> Credential {
        Credential::Admission {
            token: BoundedStr::cut(&self.token),
        }
    }
}

pub async fn within<T>(future: impl Future<Output = T>) -> T {
    (timeout(Duration::from_secs(20), future).await).expect("nothing happened for 20 s")
}

pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(test);
}

pub fn reason(refused: Result<(Link, Welcome), Refuse>) -> CloseReason {
    let Err(refuse) = refused else {
        panic!("a refusal");
    };
    CloseReason::from_number(refuse.reason).expect("a reason")
}
