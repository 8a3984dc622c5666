//! One bot: a real client whose player is the arena's brain.
//!
//! Never knows more than its client was told.

mod speech;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use tickwire_arena::kinds::{Entity, Event};
use tickwire_arena::{Arena, Brain, Skill, View};
use tickwire_link::Traffic;
use tickwire_shared::client::{Certainty, Client, ClientConfig, ClientEvent, ClientStats};
use tickwire_shared::id::{EntityId, PlayerId, Tick};
use tickwire_shared::rng::Rng;
use tickwire_shared::time::Instant;

use super::circle::Circle;
use super::ledger::{MessageKey, Place};
use super::shared::Shared;
use super::talk::Talk;
use crate::driver::{Driver, Turn};

/// How often a bot looks up when nothing else wakes it.
const GLANCE: Duration = Duration::from_millis(50);

/// Ticks between two thoughts: 20 a second are more than a person has, and looking at everything
/// costs more than playing.
const THINK_TICKS: u32 = 3;

/// Ticks that a bot may have stepped ahead of what it was told, and still knows where it is.
const VIEW_TICKS: u32 = 30;

/// What one bot can tell when it is done.
#[derive(Clone, Debug, Default)]
pub struct Tale {
    /// Seconds from its first snapshot to its end; `None` when it never got one.
    pub played_s: Option<f64>,
    /// What its client counted.
    pub stats: ClientStats,
    /// What its links carried.
    pub traffic: Traffic,
}

/// A bot at play.
struct Bot {
    index: usize,
    shared: Rc<Shared>,
    driver: Driver<Arena>,
    brain: Option<Brain>,
    /// The tick of its last thought.
    thought: Tick,
    talk: Talk,
    dialed_at: Instant,
    joined_at: Option<Instant>,
    /// Messages that wait for the server's word, by the client's own number.
    said: BTreeMap<u64, MessageKey>,
    entities: Vec<(EntityId, Option<PlayerId>, Entity)>,
    latencies_micros: Vec<u32>,
    /// Why the client closed, in its own words.
    last_words: Option<String>,
    /// Parties and groups this bot is of.
    circles: Vec<Circle>,
    chance: Rng,
    /// When its link is cut next.
    cut_at: Option<Instant>,
    /// Whether it cut its link and has not been told yet that it is gone.
    was_cut: bool,
}

/// Plays until the run is over, then leaves.
pub async fn play(index: usize, shared: Rc<Shared>) -> Tale {
    let dialed_at = shared.clock.now();
    let config = ClientConfig {
        name: format!("bot {}", index + 1),
        room: shared.cli.room.clone(),
        who: shared.cli.who(index),
        ..ClientConfig::default()
    };
    let client = match Client::new(config, dialed_at) {
        Ok(client) => client,
        Err(error) => {
            shared.note_error(&error.to_string());
            return Tale::default();
        }
    };
    let mut bot = Bot {
        index,
        driver: Driver::new(client, shared.way(index), shared.clock),
        brain: None,
        thought: Tick::ZERO,
        talk: Talk::new(shared.seed_of(index), shared.cli.chat, dialed_at),
        dialed_at,
        joined_at: None,
        said: BTreeMap::new(),
        entities: Vec::new(),
        latencies_micros: Vec::new(),
        last_words: None,
        circles: circles(&shared),
        chance: Rng::of(shared.seed_of(index), &[0x6375_7473]),
        cut_at: None,
        was_cut: false,
        shared,
    };
    while !bot.shared.is_over() && bot.turn().await {}
    bot.end().await
}

impl Bot {
    /// Waits for something to do and does it; false when there is no way to go on.
    async fn turn(&mut self) -> bool {
        let until = self.shared.clock.now() + GLANCE;
        let turn = self.driver.turn(until).await;
        let now = self.shared.clock.now();
        if self.driver.client.next_wake() <= now {
            self.think();
            self.say(now);
        }
        self.driver.client.frame(now);
        self.note_join(now);
        self.hear(now);
        if matches!(turn, Turn::Heard) && self.driver.client.is_live() {
            self.shared.ledger.borrow_mut().told(self.index, now);
        }
        self.cut(now);
        match turn {
            Turn::Due | Turn::Heard | Turn::Linked => true,
            // The owner of that link was this bot.
            Turn::Lost(_) if std::mem::take(&mut self.was_cut) => true,
            Turn::Lost(end) => {
                self.shared.note_disconnect(self.index, &end.to_string());
                true
            }
            Turn::Over(why) => {
                self.over(&why);
                false
            }
        }
    }

    /// Decides what to do in the tick to come.
    fn think(&mut self) {
        let client = &mut self.driver.client;
        let view = client.view();
        let (Some(me), Some(rules)) = (view.me(), view.rules()) else {
            return;
        };
        let tick = view.tick().next();
        if self.brain.is_some() && tick.since(self.thought) < THINK_TICKS {
            return;
        }
        self.thought = tick;
        let seed = self.shared.seed_of(self.index);
        let brain = self
            .brain
            .get_or_insert_with(|| Brain::new(rules, seed, skill()));
        self.entities.clear();
        let drawn = view.entities().map(|one| (one.id, one.owner, one.entity));
        self.entities.extend(drawn);
        let here = self.entities.iter().find_map(|(.., one)| match one {
            Entity::Fighter(body) if body.player == me && body.health > 0 => Some(body.pos),
            _ => None,
        });
        let here = here.filter(|_| tick.since(client.newest_snapshot()) <= VIEW_TICKS);
        let now = self.shared.clock.now();
        self.shared
            .ledger
            .borrow_mut()
            .stands(self.index, now, here);
        let input = brain.think(&View {
            tick,
            me,
            entities: &self.entities,
        });
        client.set_input(&input);
    }

    /// Cuts the link when it is time for that.
    fn cut(&mut self, now: Instant) {
        let Some(every) = self.shared.cli.cut_every else {
            return;
        };
        let due = *self
            .cut_at
            .get_or_insert_with(|| now + every.mul_f32(self.chance.range(0.0, 1.5)));
        if now < due || now >= self.shared.quiet_at.get() {
            return;
        }
        self.cut_at = Some(now + every.mul_f32(self.chance.range(0.5, 1.5)));
        if self.driver.client.is_live() {
            self.was_cut = true;
            self.shared.cuts.set(self.shared.cuts.get() + 1);
            self.driver.break_link();
        }
    }

    /// Notes the first snapshot and the times of inputs.
    fn note_join(&mut self, now: Instant) {
        let client = &mut self.driver.client;
        if self.joined_at.is_none() && client.tick() != Tick::ZERO {
            self.joined_at = Some(now);
            let shared = &self.shared;
            shared.playing.set(shared.playing.get() + 1);
            let (transport, took) = (shared.transport_of(self.index), now.since(self.dialed_at));
            shared.tally.borrow_mut().join(transport, took);
        }
        client.take_latencies(&mut self.latencies_micros);
        let mut input = self.shared.input.borrow_mut();
        for micros in self.latencies_micros.drain(..) {
            input.add(Duration::from_micros(u64::from(micros)));
        }
    }

    /// Takes note of everything the client tells.
    fn hear(&mut self, now: Instant) {
        while let Some(event) = self.driver.client.poll_event() {
            self.hear_one(now, event);
        }
    }

    fn hear_one(&mut self, now: Instant, event: ClientEvent<Arena>) {
        let shared = &self.shared;
        let mut ledger = shared.ledger.borrow_mut();
        match event {
            ClientEvent::Joined {
                me, room, resumed, ..
            } => {
                if !resumed {
                    self.brain = None;
                }
                if let Some(account) = self.driver.client.talk().me() {
                    ledger.join(self.index, &room, me, account, now);
                }
            }
            ClientEvent::Talk(talk) => {
                drop(ledger);
                self.hear_talk(now, talk);
            }
            ClientEvent::Desync { field } => shared.note_error(&format!("desync in {field}")),
            ClientEvent::Game {
                event, certainty, ..
            } => self.note_kill(&event, certainty),
            ClientEvent::Closed { text, .. } => self.last_words = Some(text),
            ClientEvent::PlayerJoined { .. }
            | ClientEvent::PlayerLeft { .. }
            | ClientEvent::Draining { .. } => {}
        }
    }

    fn note_kill(&self, event: &Event, certainty: Certainty) {
        if let Event::Kill(kill) = event
            && certainty == Certainty::Remote
            && Some(kill.killer) == self.driver.client.me()
        {
            self.shared.kills.set(self.shared.kills.get() + 1);
        }
    }

    /// There will be no link any more. The client may know better words for it than the link.
    fn over(&mut self, why: &str) {
        if self.joined_at.is_some() {
            self.shared.note_disconnect(self.index, why);
        } else {
            let words = self.last_words.take();
            self.shared.note_error(words.as_deref().unwrap_or(why));
        }
        self.shared.ledger.borrow_mut().leave(self.index);
    }

    async fn end(self) -> Tale {
        let shared = self.shared;
        let played = self
            .joined_at
            .map(|joined_at| shared.clock.now().since(joined_at));
        if played.is_some() {
            shared.playing.set(shared.playing.get().saturating_sub(1));
        }
        let client = &self.driver.client;
        if let Some(wrong) = client.last_misprediction() {
            shared.note_error(&format!("unexplained misprediction of {}", wrong.field));
        }
        Tale {
            played_s: played.map(|played| played.as_secs_f64()),
            stats: client.stats().clone(),
            traffic: self.driver.leave().await,
        }
    }
}

/// The parties and groups a bot is of, where the bots talk there.
fn circles(shared: &Shared) -> Vec<Circle> {
    let scopes = shared.cli.scopes.0.iter().copied();
    let circles = scopes.filter(|place| matches!(place, Place::Party | Place::Group));
    circles.map(Circle::new).collect()
}

/// As quick as the usual bot, with fewer thoughts.
fn skill() -> Skill {
    let usual = Skill::default();
    Skill {
        turn_max: usual.turn_max * THINK_TICKS as f32,
        ..usual
    }
}
