//! Word lists of a running program: read at its start, and again at a signal.
//!
//! Never looks into the filter; what a player reads is what counts.

#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tickwire_arena::Arena;
use tickwire_link::{Dial, Link, dial_quic};
use tickwire_shared::game::schema_of;
use tickwire_shared::id::Lane;
use tickwire_shared::wire::{
    Address, BoundedStr, BoundedVec, ChatCommand, ChatNews, ClientControl, Credential, Hello,
    Manner, PROTOCOL, RoomRequest, Scope, ServerControl, decode, encode,
};
use tokio::time::timeout;

/// A server with a list of its own, and the folder it is in.
struct Server {
    child: Child,
    address: String,
    folder: PathBuf,
    /// What it logs.
    logged: Receiver<String>,
}

impl Server {
    fn start(words: &str) -> Server {
        let name = format!("tickwire-words-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("mask"), words).expect("a list");
        let mut command = Command::new(env!("CARGO_BIN_EXE_tickwire-server"));
        // Whoever runs the tests may have a server of their own configured.
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("TICKWIRE_")) {
            command.env_remove(key);
        }
        command
            .args(["--listen", "127.0.0.1:0", "--store-path", "memory"])
            .args(["--chat-lines-per-s", "0", "--chat-mask-words"])
            .arg(folder.join("mask"))
            .arg("--data-dir")
            .arg(folder.join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let (lines, logged) = channel();
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // The test may be over.
                let _ = lines.send(line);
            }
        });
        let address = line.split_whitespace().nth(1).expect("an address");
        Server {
            address: address.to_owned(),
            child,
            folder,
            logged,
        }
    }

    /// Other words, which the server is told to read.
    fn change(&self, words: &str) {
        std::fs::write(self.folder.join("mask"), words).expect("a list");
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-HUP", &id]).status();
        assert!(sent.expect("kill is there").success());
    }

    /// Waits until the log says something.
    fn until_logged(&self, what: &str) {
        let patience = Duration::from_secs(30);
        while !(self.logged.recv_timeout(patience))
            .expect("it is logged within half a minute")
            .contains(what)
        {}
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A player in a room who reads its log.
struct Player {
    link: Link,
    said: u64,
}

impl Player {
    async fn join(server: &Server) -> Player {
        let link = dial_quic(&Dial::to(&server.address)).await.expect("a link");
        let hello = Hello {
            protocol: PROTOCOL,
            schema_hash: schema_of::<Arena>().expect("a schema").hash,
            name: BoundedStr::cut("Ann"),
            room: RoomRequest::Any,
            resume: None,
            who: Credential::New,
            cursors: BoundedVec::default(),
        };
        let mut player = Player { link, said: 0 };
        player.send(&encode(&hello));
        let is_open = |news: &ChatNews| {
            let ChatNews::Opened { scope, .. } = news else {
                return None;
            };
            matches!(scope, Scope::Room { .. }).then_some(())
        };
        player.wait(is_open).await;
        player
    }

    fn send(&mut self, bytes: &[u8]) {
        self.link.send(Lane::Ordered, bytes).expect("it fits");
    }

    /// Waits for news of a kind.
    async fn wait<T>(&mut self, mut is_it: impl FnMut(&ChatNews) -> Option<T>) -> T {
        loop {
            let (lane, packet) = self.link.recv().await.expect("the link lives");
            let Ok(ServerControl::Talk(news)) = decode(&packet) else {
                continue;
            };
            if lane == Lane::Ordered
                && let Some(it) = is_it(&news)
            {
                return it;
            }
        }
    }

    /// Says something; how everybody reads it.
    async fn say(&mut self, text: &str) -> String {
        self.said += 1;
        let say = ChatCommand::Say {
            client_id: self.said,
            to: Address::Room,
            manner: Manner::Said,
            text: BoundedStr::cut(text),
        };
        self.send(&encode(&ClientControl::Talk(say)));
        let shown = |news: &ChatNews| match news {
            ChatNews::Lines { lines, .. } => lines.last().map(|line| line.text.to_string()),
            _ => None,
        };
        self.wait(shown).await
    }

    /// Says something until it is read like this.
    async fn say_until(&mut self, text: &str, shown: &str) {
        while self.say(text).await != shown {}
    }
}

#[test]
fn other_word_lists_are_in_use_after_a_signal_and_bad_ones_are_not() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let test = async {
        let server = Server::start("duck\n");
        let mut ann = Player::join(&server).await;
        assert_eq!(ann.say("a duck and a goose").await, "a **** and a goose");
        server.change("goose\n");
        ann.say_until("a duck and a goose", "a duck and a *****")
            .await;
        // A list with a fault is read, and changes nothing.
        server.change("two words\n");
        server.until_logged("mask, line 1: it is not one word");
        assert_eq!(ann.say("a duck and a goose").await, "a duck and a *****");
        server.change("goose\nswan\n");
        ann.say_until("a goose and a swan", "a ***** and a ****")
            .await;
    };
    let test = async { timeout(Duration::from_secs(60), test).await };
    (runtime.block_on(test)).expect("the lists were not read within a minute");
}
