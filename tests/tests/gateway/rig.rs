//! A server with bots, and players who talk in threads of their own while a test asks over HTTP.
//!
//! Never sleeps to wait for something: it asks again until a condition holds, or gives up.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::Value;
use tickwire_arena::Arena;
use tickwire_client_demo::chatbot::Trouble;
use tickwire_client_demo::chatbot::api::{Answer, Api, Event, Events};
use tickwire_client_demo::clock::Clock;
use tickwire_link::Dial;
use tickwire_server::config::Config;
use tickwire_shared::client::ClientConfig;

use crate::live::{Hosted, PATIENCE, Player, run};

/// A server and what operators do with it.
pub struct Rig {
    pub hosted: Hosted,
    admin_token: String,
}

/// A bot as its operator was told of it.
pub struct Bot {
    pub account: String,
    pub api: Api,
}

impl Rig {
    pub fn start(name: &str, tune: impl FnOnce(&mut Config)) -> Rig {
        let hosted = Hosted::start::<Arena>(name, tune);
        let path = hosted.data().join("admin.token");
        let admin_token = std::fs::read_to_string(path).expect("a token");
        Rig {
            hosted,
            admin_token,
        }
    }

    /// Asks the admin listener for something; status and body.
    pub fn office(&self, method: &str, path: &str, token: &str, body: &str) -> (u16, Value) {
        let address = self.hosted.server().admin_address();
        let mut stream = TcpStream::connect(address).expect("the admin listener");
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
             Authorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(head.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let body = serde_json::from_str(body).unwrap_or_default();
        (status.expect("a status"), body)
    }

    /// The same with the operator's token.
    pub fn operate(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        self.office(method, path, &self.admin_token, body)
    }

    pub fn bot(&self, name: &str) -> Bot {
        let (status, made) = self.operate("POST", "/bots", &format!("{{\"name\":\"{name}\"}}"));
        assert_eq!(status, 200, "{made}");
        let text = |key: &str| made[key].as_str().expect("a text").to_owned();
        Bot {
            account: text("account"),
            api: self.api(&text("token")),
        }
    }

    pub fn api(&self, token: &str) -> Api {
        Api::new(&self.hosted.server().address().to_string(), token)
    }

    /// A player who is in a room and sees the game.
    pub fn person(&self, name: &str, room: &str) -> Person {
        let config = ClientConfig {
            name: name.to_owned(),
            room: Some(room.to_owned()),
            ..ClientConfig::default()
        };
        Person::start(self.hosted.dial(), config)
    }
}

type Errand = Box<dyn FnOnce(&mut Player<Arena>) + Send>;

/// A player in a thread of its own.
pub struct Person {
    errands: Option<Sender<Errand>>,
    heard: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
}

impl Person {
    fn start(dial: Dial, config: ClientConfig) -> Person {
        let (errands, inbox) = channel();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let notes = Arc::clone(&heard);
        let (tell, ready) = channel();
        let thread = std::thread::spawn(move || {
            live(Player::new(dial, config), &inbox, &notes, &tell);
        });
        ready.recv_timeout(PATIENCE).expect("the player is in");
        Person {
            errands: Some(errands),
            heard,
            thread: Some(thread),
        }
    }

    /// Lets the player do something.
    pub fn act(&self, errand: impl FnOnce(&mut Player<Arena>) + Send + 'static) {
        let errands = self.errands.as_ref().expect("it lives");
        errands.send(Box::new(errand)).expect("it lives");
    }

    /// What the player has to say to a question.
    pub fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Player<Arena>) -> T + Send + 'static,
    ) -> T {
        let (tell, told) = channel();
        self.act(move |player| {
            let _ = tell.send(question(player));
        });
        told.recv_timeout(PATIENCE).expect("the player lives")
    }

    pub fn says(&self, text: &str) {
        let text = text.to_owned();
        self.act(move |player| {
            player.driver.client.chat(&text).expect("it is in a room");
        });
    }

    /// Waits until the player was told a line of this text in its room.
    pub fn hears(&self, text: &str) {
        within(&format!("line {text:?}"), || {
            self.lines().iter().any(|line| line == text)
        });
    }

    pub fn lines(&self) -> Vec<String> {
        self.heard.lock().expect("no panic").clone()
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        self.errands.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn live(
    mut player: Player<Arena>,
    inbox: &Receiver<Errand>,
    notes: &Mutex<Vec<String>>,
    ready: &Sender<()>,
) {
    use std::sync::mpsc::TryRecvError;
    run(async {
        let mut told = false;
        loop {
            player.turn(2).await;
            if !told && player.is_playing() {
                told = true;
                let _ = ready.send(());
            }
            if told {
                match inbox.try_recv() {
                    Ok(errand) => errand(&mut player),
                    Err(TryRecvError::Disconnected) => break,
                    Err(TryRecvError::Empty) => {}
                }
            }
            let texts = player.lines.iter().map(|(_, text)| text.clone());
            *notes.lock().expect("no panic") = texts.collect();
        }
        player.driver.client.leave();
        player.turn(50).await;
    });
}

/// Asks until something holds.
pub fn within(what: &str, mut holds: impl FnMut() -> bool) {
    let clock = Clock::start();
    while !holds() {
        let waited = clock.now().micros();
        assert!(waited < PATIENCE.as_micros() as u64, "no {what}");
        std::thread::yield_now();
    }
}

/// A stream that the server opens.
pub fn follow(api: &Api, path: &str, last: Option<&str>) -> Events {
    match api.stream(path, last) {
        Ok(events) => events,
        Err(Trouble::Refused(answer)) => panic!("{}", answer.problem()),
        Err(Trouble::Broken) => panic!("the connection broke"),
    }
}

/// The next event of this name; others are let go.
pub fn next(events: &mut Events, name: &str) -> Event {
    loop {
        let event = events.next_event().expect("the stream lives");
        let event = event.expect("the stream goes on");
        if event.name == name {
            return event;
        }
    }
}

pub fn text(event: &Event) -> &str {
    event.data["text"].as_str().expect("a text")
}

/// Texts of the lines of an answer.
pub fn texts(answer: &Answer) -> Vec<String> {
    let lines = answer.json()["lines"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let texts = lines
        .iter()
        .map(|line| line["text"].as_str().expect("a text"));
    texts.map(str::to_owned).collect()
}
