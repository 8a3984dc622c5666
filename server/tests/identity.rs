//! Accounts over real HTTP and QUIC, against the program as an operator starts it.
//!
//! Never plays: whoever is in has shown who it is.

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
    BoundedStr, BoundedVec, Credential, HandshakeReply, Hello, PROTOCOL, Refuse, Role, RoomRequest,
    Token, Welcome, decode, encode,
};
use tokio::time::timeout;

/// A directory of its own for each server, gone with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
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
struct Server {
    child: Child,
    public: SocketAddr,
    admin: SocketAddr,
    /// What operators show.
    token: String,
}

impl Server {
    fn start(scratch: &Scratch, arguments: &[&str]) -> Server {
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
    fn post(&self, at: SocketAddr, path: &str, headers: &str, body: &str) -> (u16, String) {
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

    fn log_in(&self, path: &str, name: &str, password: &str) -> Result<LoggedIn, (u16, String)> {
        let body = serde_json::json!({"name": name, "password": password, "room": ROOM});
        let (status, body) = self.post(self.public, path, "", &body.to_string());
        match status {
            200 => Ok(serde_json::from_str(&body).expect("a token")),
            _ => Err((status, body)),
        }
    }

    fn promote(&self, headers: &str, name: &str, role: &str) -> u16 {
        let body = serde_json::json!({"name": name, "role": role}).to_string();
        let headers = format!("{headers}Authorization: Bearer {}\r\n", self.token);
        self.post(self.admin, "/accounts/role", &headers, &body).0
    }

    /// Whoever logged in goes to the room of that login.
    async fn join(&self, name: &str, who: Credential) -> Result<(Link, Welcome), Refuse> {
        self.enter(RoomRequest::Any, name, who).await
    }

    async fn enter(
        &self,
        room: RoomRequest,
        name: &str,
        who: Credential,
    ) -> Result<(Link, Welcome), Refuse> {
        let mut link = within(dial_quic(&Dial::to(&self.public.to_string())))
            .await
            .expect("a link");
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
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(serde::Deserialize)]
struct LoggedIn {
    account: String,
    name: String,
    token: String,
}

impl LoggedIn {
    fn shown(&self) -> Credential {
        Credential::Admission {
            token: BoundedStr::cut(&self.token),
        }
    }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    (timeout(Duration::from_secs(20), future).await).expect("nothing happened for 20 s")
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(test);
}

fn reason(refused: Result<(Link, Welcome), Refuse>) -> CloseReason {
    let Err(refuse) = refused else {
        panic!("a refusal");
    };
    CloseReason::from_number(refuse.reason).expect("a reason")
}

const PASSWORD: &str = "planted-password-7f3a";

/// What logins are for.
const ROOM: &str = "duel";

#[test]
fn a_player_registers_logs_in_plays_and_comes_back() {
    run(async {
        let scratch = Scratch::new();
        let server = Server::start(&scratch, &[]);
        let ann = server
            .log_in("/register", "Ann", PASSWORD)
            .unwrap_or_else(|_| panic!("a new account"));
        let (_link, welcome) = server
            .join("Whoever", ann.shown())
            .await
            .unwrap_or_else(|_| panic!("in"));
        assert_eq!((&*welcome.name, ann.name.as_str()), ("Ann", "Ann"));
        assert_eq!(&*welcome.room, ROOM);
        assert_eq!(welcome.account.0.to_string(), ann.account);
        assert_eq!(welcome.role, Role::Player);
        let again = server.join("Whoever", ann.shown()).await;
        assert_eq!(reason(again), CloseReason::BadCredential);
        let key = welcome.return_key;
        let back = server.join("Whoever", Credential::Return { key }).await;
        assert_eq!(
            back.unwrap_or_else(|_| panic!("in")).1.account,
            welcome.account
        );
        let guest = server.join("ann", Credential::New).await;
        assert_eq!(reason(guest), CloseReason::BadName);
        let taken = server.log_in("/register", "ANN", PASSWORD).err();
        assert_eq!(taken.map(|(status, _)| status), Some(409));
        let wrong = server
            .log_in("/login", "Ann", "planted-password-7f3b")
            .err();
        assert_eq!(wrong.map(|(status, _)| status), Some(401));
    });
}

/// A login opens the room it was made for, and so does the key it leaves; one for all there is not.
#[test]
fn a_login_is_for_one_room() {
    run(async {
        let scratch = Scratch::new();
        let server = Server::start(&scratch, &[]);
        for room in ["", r#","room":"*""#] {
            let body = format!(r#"{{"name":"Ann","password":"{PASSWORD}"{room}}}"#);
            let (status, words) = server.post(server.public, "/register", "", &body);
            assert_eq!(status, 400, "{words}");
            assert!(words.starts_with("room is "), "{words}");
        }
        let ann = server
            .log_in("/register", "Ann", PASSWORD)
            .unwrap_or_else(|_| panic!("a new account"));
        let named = |room| RoomRequest::Named(BoundedStr::cut(room));
        let other = server.enter(named("arena"), "Ann", ann.shown()).await;
        assert_eq!(reason(other), CloseReason::BadCredential);
        let (_link, welcome) = server
            .enter(named(ROOM), "Ann", ann.shown())
            .await
            .unwrap_or_else(|_| panic!("in"));
        let back = || Credential::Return {
            key: welcome.return_key,
        };
        let Err(refuse) = server.enter(named("arena"), "Ann", back()).await else {
            panic!("a refusal");
        };
        assert!(refuse.detail.contains("another room"), "{refuse:?}");
        for room in [named(ROOM), RoomRequest::Any] {
            let again = server.enter(room, "Ann", back()).await;
            let (_link, again) = again.unwrap_or_else(|_| panic!("in"));
            assert_eq!((&*again.room, again.account), (ROOM, welcome.account));
        }
    });
}

/// The server is killed as hard as can be between the two.
#[test]
fn a_key_survives_a_restart_and_a_used_token_stays_used() {
    run(async {
        let scratch = Scratch::new();
        let server = Server::start(&scratch, &[]);
        let ann = server
            .log_in("/register", "Ann", PASSWORD)
            .unwrap_or_else(|_| panic!("a new account"));
        let (_link, welcome) = server
            .join("Ann", ann.shown())
            .await
            .unwrap_or_else(|_| panic!("in"));
        drop(server);
        let server = Server::start(&scratch, &[]);
        let replay = server.join("Ann", ann.shown()).await;
        assert_eq!(reason(replay), CloseReason::BadCredential);
        let guest = server.join("ANN", Credential::New).await;
        assert_eq!(reason(guest), CloseReason::BadName);
        let key = welcome.return_key;
        let back = server.join("Ann", Credential::Return { key }).await;
        assert_eq!(
            back.unwrap_or_else(|_| panic!("in")).1.account,
            welcome.account
        );
        let again = server
            .log_in("/login", "Ann", PASSWORD)
            .unwrap_or_else(|_| panic!("a token"));
        assert_eq!(again.account, ann.account);
    });
}

#[test]
fn an_operator_makes_the_first_admin_and_no_page_does() {
    run(async {
        let scratch = Scratch::new();
        let server = Server::start(&scratch, &["--auth-guests", "false"]);
        server
            .log_in("/register", "Ann", PASSWORD)
            .unwrap_or_else(|_| panic!("a new account"));
        let evil = "Origin: https://evil.example\r\n";
        assert_eq!(server.promote(evil, "Ann", "admin"), 403);
        let bare = server.post(server.admin, "/accounts/role", "", "{}").0;
        assert_eq!(bare, 401);
        assert_eq!(server.promote("", "Bob", "admin"), 404);
        assert_eq!(server.promote("", "Ann", "god"), 400);
        let public = server.post(server.public, "/accounts/role", "", "{}").0;
        assert_eq!(public, 404);
        assert_eq!(server.promote("", "ann", "admin"), 200);
        let ann = server
            .log_in("/login", "Ann", PASSWORD)
            .unwrap_or_else(|_| panic!("a token"));
        let (mut link, welcome) = server
            .join("Ann", ann.shown())
            .await
            .unwrap_or_else(|_| panic!("in"));
        assert_eq!(welcome.role, Role::Admin);
        // It is taken away: also from whoever is in, and from whoever comes with the key of then.
        assert_eq!(server.promote("", "Ann", "moderator"), 200);
        within(async { while link.recv().await.is_ok() {} }).await;
        let key = welcome.return_key;
        let back = server.join("Ann", Credential::Return { key }).await;
        assert_eq!(reason(back), CloseReason::BadCredential);
        let guest = server.join("Guest", Credential::New).await;
        assert_eq!(reason(guest), CloseReason::BadCredential);
    });
}

/// Passwords, tokens and keys of players and of the server, planted everywhere they can be, are in
/// no line of a log that holds everything. What is no secret is, so that the log is the right one.
#[test]
fn no_secret_is_logged() {
    run(async {
        let scratch = Scratch::new();
        let server = Server::start(&scratch, &[]);
        let mut secrets = vec![PASSWORD.to_owned(), "planted-password-wrong".to_owned()];
        let ann = server
            .log_in("/register", "Ann", PASSWORD)
            .unwrap_or_else(|_| panic!("a new account"));
        let _ = server.log_in("/login", "Ann", "planted-password-wrong");
        let (_, malformed) =
            server.post(server.public, "/login", "", "{\"password\":\"planted-half");
        assert!(!malformed.contains("planted"), "{malformed}");
        let (_link, welcome) = server
            .join("Ann", ann.shown())
            .await
            .unwrap_or_else(|_| panic!("in"));
        let _ = server.join("Ann", ann.shown()).await;
        let forged = format!("{}planted", &ann.token[..ann.token.len() - 8]);
        let token = BoundedStr::cut(&forged);
        let _ = server.join("Ann", Credential::Admission { token }).await;
        let key = Token(*b"planted key 1234");
        let _ = server.join("Ann", Credential::Return { key }).await;
        let (_guest, guest) = server
            .join("Bob", Credential::New)
            .await
            .unwrap_or_else(|_| panic!("in"));
        secrets.extend([ann.token, forged, "planted".to_owned()]);
        for key in [
            welcome.return_key,
            welcome.token,
            guest.return_key,
            guest.token,
            key,
        ] {
            let hexadecimal = key.0.iter().map(|byte| format!("{byte:02x}"));
            secrets.push(hexadecimal.collect());
            let list = key.0.iter().map(u8::to_string).collect::<Vec<_>>();
            secrets.push(list.join(", "));
        }
        let account = ann.account;
        drop(server);
        let log = std::fs::read_to_string(scratch.0.join("log")).expect("a log");
        assert!(
            log.contains(&account) && log.contains("TRACE"),
            "not the whole log"
        );
        for file in ["signing.key", "reset.key", "guests.key"] {
            let bytes = std::fs::read(scratch.0.join(file)).expect("a key");
            let list = bytes.iter().map(u8::to_string).collect::<Vec<_>>();
            secrets.push(list.join(", "));
        }
        assert!(secrets.len() >= 17);
        for secret in secrets {
            assert!(!log.contains(&secret), "{secret} is logged");
        }
    });
}
