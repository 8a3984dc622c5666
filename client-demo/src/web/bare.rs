//! A client without a picture, for finding out whether a transport works.
//!
//! Never draws: its owner calls [`Bare::turn`] and reads [`Bare::state`].

use std::collections::VecDeque;

use serde_json::{Value, json};
use tickwire_arena::{Arena, Entity, Input};
use tickwire_link::{Attempt, DialOrder, Dialer, PolledLink, WebDialer};
use tickwire_shared::client::{Client, ClientConfig, ClientEvent};
use tickwire_shared::close::CloseReason;
use tickwire_shared::time::Instant;
use wasm_bindgen::prelude::*;

/// Lines of chat and of notices that are kept.
const LINES_MAX: usize = 100;

/// A client without a picture.
#[wasm_bindgen]
pub struct Bare {
    client: Client<Arena>,
    dialer: WebDialer,
    link: Option<Box<dyn PolledLink>>,
    order: DialOrder,
    attempts: Vec<Attempt>,
    chat: VecDeque<Value>,
    notices: VecDeque<String>,
    dial_at: f64,
    input: Input,
}

#[wasm_bindgen]
impl Bare {
    /// A client that begins to dial.
    #[wasm_bindgen(constructor)]
    pub fn new(name: String, room: Option<String>, transport: &str) -> Result<Bare, JsValue> {
        let config = ClientConfig {
            name,
            room,
            ..ClientConfig::default()
        };
        let client = Client::new(config, now()).map_err(|e| JsValue::from_str(&e.to_string()))?;
        let mut bare = Bare {
            client,
            dialer: WebDialer::new(),
            link: None,
            order: DialOrder {
                only: transport.parse().ok(),
                first: None,
            },
            attempts: Vec::new(),
            chat: VecDeque::new(),
            notices: VecDeque::new(),
            dial_at: f64::INFINITY,
            input: Input::default(),
        };
        bare.dialer.start(bare.order);
        Ok(bare)
    }

    /// Does what there is to do now.
    pub fn turn(&mut self) {
        let now = now();
        if now.micros() as f64 >= self.dial_at {
            self.dial_at = f64::INFINITY;
            self.dialer.start(self.order);
        }
        match self.dialer.poll() {
            Some(Ok(dialed)) => {
                self.link = Some(dialed.link);
                self.attempts = dialed.attempts;
                self.client.reconnect(now);
            }
            Some(Err(failed)) => {
                self.note(failed.words);
                self.attempts = failed.attempts;
                self.dial_at = now.micros() as f64 + 1e6;
            }
            None => {}
        }
        self.receive(now);
        self.client.set_input(&self.input);
        self.client.frame(now);
        self.send();
        self.events();
    }

    fn receive(&mut self, now: Instant) {
        while let Some(came) = self.link.as_mut().and_then(|link| link.try_recv()) {
            match came {
                Ok((lane, bytes)) => self.client.receive(now, lane, &bytes),
                Err(end) => {
                    self.note(end.to_string());
                    self.link = None;
                    self.client.link_closed(end.reason());
                    self.dial_at = now.micros() as f64 + 5e5;
                }
            }
        }
    }

    fn send(&mut self) {
        let Some(link) = &mut self.link else {
            return;
        };
        while let Some(packet) = self.client.poll_transmit() {
            if link.send(packet.lane, &packet.bytes).is_err() {
                return link.close(CloseReason::LinkLost);
            }
        }
    }

    fn events(&mut self) {
        while let Some(event) = self.client.poll_event() {
            match event {
                ClientEvent::Chat {
                    from, name, text, ..
                } => {
                    self.chat
                        .push_back(json!({"from": from.0, "name": name, "text": text}));
                    self.chat.truncate(LINES_MAX);
                }
                ClientEvent::Closed { text, .. } => self.note(text),
                _ => {}
            }
        }
    }

    fn note(&mut self, words: String) {
        self.notices.push_back(words);
        self.notices.truncate(LINES_MAX);
    }

    /// What tests ask, as JSON.
    #[must_use]
    pub fn state(&self) -> String {
        let view = self.client.view();
        let me = view.me();
        let fighters: Vec<Value> = view
            .entities()
            .filter_map(|drawn| match drawn.entity {
                Entity::Fighter(fighter) => Some(json!({
                    "player": fighter.player.0, "x": fighter.pos.x, "y": fighter.pos.y,
                    "me": Some(fighter.player) == me,
                })),
                _ => None,
            })
            .collect();
        let stats = self.client.stats();
        json!({
            "phase": if self.client.is_live() { "live" } else { "dialing" },
            "transport": self.link.as_ref().map(|link| link.transport().name()),
            "attempts": self.attempts.iter().map(|attempt| json!({
                "transport": attempt.transport.name(),
                "echo_ms": attempt.outcome.as_ref().ok().map(|d| d.as_secs_f64() * 1e3),
                "words": attempt.outcome.as_ref().err(),
            })).collect::<Vec<_>>(),
            "player": me.map(|me| me.0),
            "fighters": fighters,
            "tick": view.tick().0,
            "roster": self.client.roster().values().collect::<Vec<_>>(),
            "chat": self.chat,
            "notices": self.notices,
            "rtt_ms": stats.rtt.as_secs_f64() * 1e3,
            "desync_checks": stats.desync_checks,
            "desyncs": stats.desyncs,
        })
        .to_string()
    }

    /// Moves there from now on.
    pub fn hold(&mut self, x: i8, y: i8) {
        (self.input.move_x, self.input.move_y) = (x, y);
    }

    /// Says something.
    pub fn chat(&mut self, text: &str) {
        self.client.chat(text);
    }

    /// Changes the transport.
    pub fn switch(&mut self, transport: &str) {
        self.order.only = transport.parse().ok();
        self.dialer.start(self.order);
    }
}

fn now() -> Instant {
    let performance = web_sys::window().and_then(|window| window.performance());
    Instant((performance.map_or(0.0, |p| p.now()) * 1e3) as u64)
}
