//! An example of a bot: greets who joins a room, and answers `!score`.
//!
//! Never needs more than HTTP: everything it knows comes from `/api/v1`, so that it shows what a
//! bot in any language does. It goes on after a break where it was, and answers each line once.

pub mod api;

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use self::api::{Answer, Api, Event};

/// What players type to be told their score.
pub const COMMAND: &str = "!score";

/// Pause before it dials again.
const PAUSE: Duration = Duration::from_millis(500);

/// Times it says the same line until it is taken.
const TRIES: u32 = 5;

/// Pause that it is ready to take when it is told to wait, at the most.
const PATIENCE_S: u64 = 10;

/// A bot in one room.
pub struct ChatBot {
    api: Api,
    room: String,
    /// Tells its greetings from those of an earlier run.
    run: u64,
    greetings: u64,
    /// Where it goes on: the id of the last event that has one.
    last: Option<String>,
    /// Lines below this were said before it came for the first time.
    from: Option<u64>,
}

impl ChatBot {
    /// A bot for this room. `run` is a number that no earlier run had.
    #[must_use]
    pub fn new(api: Api, room: &str, run: u64) -> ChatBot {
        ChatBot {
            api,
            room: api::escaped(room),
            run,
            greetings: 0,
            last: None,
            from: None,
        }
    }

    /// Goes on for as long as it may.
    ///
    /// # Errors
    /// What the server says to a bot that it does not take.
    pub fn run(&mut self, may_go_on: &dyn Fn() -> bool) -> Result<(), String> {
        while may_go_on() {
            match self.listen(may_go_on) {
                Ok(()) => {}
                // The room is not open yet, or the server is busy: it may be different soon.
                Err(Trouble::Refused(answer)) if matches!(answer.status, 404 | 429 | 503) => {
                    sleep(PAUSE);
                }
                Err(Trouble::Refused(answer)) => return Err(answer.problem()),
                Err(Trouble::Broken) => sleep(PAUSE),
            }
        }
        Ok(())
    }

    /// Hears what happens until the stream ends.
    fn listen(&mut self, may_go_on: &dyn Fn() -> bool) -> Result<(), Trouble> {
        let path = format!("/rooms/{}/events", self.room);
        let mut events = self.api.stream(&path, self.last.as_deref())?;
        while may_go_on() {
            let Some(event) = events.next_event()? else {
                return Ok(());
            };
            self.hear(&event)?;
            if event.id.is_some() {
                self.last = event.id;
            }
        }
        Ok(())
    }

    fn hear(&mut self, event: &Event) -> Result<(), Trouble> {
        match event.name.as_str() {
            "open" if self.from.is_none() => self.from = event.data["next"].as_u64(),
            "joined" => self.greet(&event.data)?,
            "line" => {
                let new = event.data["offset"].as_u64() >= self.from;
                let asks = event.data["text"].as_str().map(str::trim) == Some(COMMAND);
                if new && asks {
                    self.answer(event)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn greet(&mut self, player: &Value) -> Result<(), Trouble> {
        let name = player["name"].as_str().unwrap_or_default();
        self.greetings += 1;
        let id = format!("greeting-{}-{}", self.run, self.greetings);
        self.say(
            &id,
            &format!("Welcome, {name}! Say {COMMAND} for your score."),
        )
    }

    /// The id of a line makes the id of its answer: it is answered once, also when it comes again.
    fn answer(&mut self, asked: &Event) -> Result<(), Trouble> {
        let answer = self
            .api
            .ask("GET", &format!("/rooms/{}", self.room), None)?;
        let room = answer.json();
        let account = &asked.data["account"];
        let mut players = room["players"].as_array().into_iter().flatten();
        let player = players.find(|player| player["account"] == *account);
        let score = player.and_then(|player| player["score"].as_i64());
        let name = asked.data["name"].as_str().unwrap_or_default();
        let text = match score {
            Some(score) => format!("{name}: {score}"),
            None => format!("{name} has no score here."),
        };
        let id = asked.id.as_deref().unwrap_or_default().replace(':', "-");
        self.say(&format!("score-{id}"), &text)
    }

    /// Says a line, and says it again under the same id until the server has it.
    fn say(&self, id: &str, text: &str) -> Result<(), Trouble> {
        let path = format!("/rooms/{}/lines", self.room);
        let body = json!({ "client_id": id, "text": text });
        for _ in 0..TRIES {
            let answer = self.api.ask("POST", &path, Some(&body))?;
            match (answer.status, answer.header("retry-after")) {
                (429 | 503, Some(seconds)) => {
                    let seconds = seconds.parse().unwrap_or(1).min(PATIENCE_S);
                    sleep(Duration::from_secs(seconds));
                }
                (201, _) => return Ok(()),
                // What is refused for good, as by the word filter, is left unsaid.
                (422 | 403, _) => return Ok(()),
                _ => return Err(Trouble::Refused(answer)),
            }
        }
        Ok(())
    }
}

/// Why a bot cannot go on: it tries again, or says so and ends.
pub enum Trouble {
    /// The server says so.
    Refused(Answer),
    /// The connection broke.
    Broken,
}

impl From<std::io::Error> for Trouble {
    fn from(_: std::io::Error) -> Trouble {
        Trouble::Broken
    }
}
