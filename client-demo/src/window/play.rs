//! One game in progress: a pilot, what was seen and said, and the hands that steer.
//!
//! Never draws: `app` does. It turns what the client tells into lines, effects and figures.

use std::time::Duration;
use tickwire_arena::kinds::{Event, Input, Item, Pickup};
use tickwire_arena::{Arena, Brain, Skill, View};
use tickwire_shared::client::{Certainty, ClientEvent, TalkEvent};
use tickwire_shared::conditioner::Network;
use tickwire_shared::id::PlayerId;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::Scope;

use super::camera::{Camera, Eye};
use super::effects::{Effects, What};
use super::hands::Hands;
use super::history::History;
use super::scene::Scene;
use super::talk::{Author, Talk};
use crate::panel::{Act, NoticeKind, Panel, tag};
use crate::pilot::Pilot;

/// How long the list of those who are there already may take to come; they are not announced.
const ROSTER_TAKES: Duration = Duration::from_secs(2);

/// One game in progress.
pub struct Play {
    /// The client and its links.
    pub pilot: Pilot,
    /// What there is to draw.
    pub scene: Scene,
    /// What just happened.
    pub effects: Effects,
    /// Chat at a glance and feed.
    pub talk: Talk,
    /// Chat as a whole.
    pub panel: Panel,
    /// The last ten seconds in figures.
    pub history: History,
    /// The player's hands.
    pub hands: Hands,
    /// What the camera follows.
    pub eye: Eye,
    /// Plays in the player's place, when asked to.
    brain: Option<Brain>,
    by_itself: bool,
    /// Held in the player's place by a test; `None` leaves it to the hands.
    held: Option<Input>,
    room: String,
    announce_from: Instant,
    framed: Instant,
}

impl Play {
    /// A game that begins with this pilot; `by_itself` lets a brain play.
    #[must_use]
    pub fn new(pilot: Pilot, by_itself: bool, now: Instant) -> Play {
        Play {
            pilot,
            scene: Scene::default(),
            effects: Effects::default(),
            talk: Talk::default(),
            panel: Panel::default(),
            history: History::default(),
            hands: Hands::default(),
            eye: Eye::default(),
            brain: None,
            by_itself,
            held: None,
            room: String::new(),
            announce_from: now,
            framed: now,
        }
    }

    /// Everything but drawing: links, packets, what happened, steering. Returns the seconds since
    /// the last frame, at most a quarter.
    pub fn update(&mut self, now: Instant, camera: &Camera, shake: bool) -> f32 {
        let seconds = now.since(self.framed).as_secs_f32().min(0.25);
        self.framed = now;
        self.steer(camera);
        self.pilot.frame(now);
        while let Some(event) = self.pilot.poll_event() {
            self.panel.hear(self.pilot.client_mut(), &event);
            self.hear(now, event);
        }
        self.panel.frame(now, self.pilot.client_mut());
        if self.talk.outside.is_none() {
            self.hear_notices(now);
        }
        while let Some(notice) = self.pilot.poll_notice() {
            self.talk.tell(now, &notice);
        }
        self.scene.look(self.pilot.client());
        let lost = self.effects.observe(now, &self.scene);
        if lost > 0 && shake {
            self.eye.jolt(0.35 + f32::from(lost) / 100.0);
        }
        self.talk.prune(now);
        self.history.note(now, &self.pilot);
        seconds
    }

    /// Lets the camera follow the own fighter.
    pub fn follow(&mut self, camera: &Camera, seconds: f32) {
        if let Some(own) = self.scene.own() {
            let lean = self.hands.lean(&self.scene, camera);
            self.eye.follow(own.pos, lean, seconds);
        }
    }

    /// Holds this input in the player's place; `None` gives the hands back.
    pub fn hold(&mut self, input: Option<Input>) {
        self.held = input;
    }

    /// Says a line; tells the player when that is not possible now.
    pub fn say(&mut self, now: Instant, text: &str) -> bool {
        let said = self.pilot.chat(text);
        if !said {
            let words = "Not said: there is no link now, or too much is unsaid already.";
            self.talk.tell(now, words);
        }
        said
    }

    /// Changes the simulated network and says so.
    pub fn set_network(&mut self, network: Option<Network>) {
        self.pilot.set_network(network);
    }

    /// Whether the last frame had a fighter of one's own.
    #[must_use]
    pub fn is_seated(&self) -> bool {
        self.scene.own().is_some()
    }

    /// The room; empty before the first join.
    #[must_use]
    pub fn room(&self) -> &str {
        &self.room
    }

    /// The player's own name, as the server gave it; empty before the first join.
    #[must_use]
    pub fn name(&self) -> &str {
        let names = &self.scene.names;
        names.get(&self.scene.me).map_or("", String::as_str)
    }

    fn steer(&mut self, camera: &Camera) {
        let input = match (&self.held, self.by_itself) {
            (Some(held), _) => held.clone(),
            (None, true) => self.think(),
            (None, false) => self.hands.input(&self.scene, camera),
        };
        self.pilot.hold(&input);
        // A dash is a tap: held on, it is given once.
        if let Some(held) = &mut self.held {
            held.dash = false;
        }
    }

    fn think(&mut self) -> Input {
        let Some(rules) = self.scene.rules() else {
            return Input::default();
        };
        let make = || Brain::new(rules, 1, Skill::default());
        let brain = self.brain.get_or_insert_with(make);
        brain.think(&View {
            tick: self.scene.tick.next(),
            me: self.scene.me,
            entities: &self.scene.entities,
        })
    }

    fn hear(&mut self, now: Instant, event: ClientEvent<Arena>) {
        match event {
            ClientEvent::Joined {
                name,
                room,
                resumed,
                ..
            } => self.joined(now, &name, room, resumed),
            ClientEvent::PlayerJoined { name, .. } if now > self.announce_from => {
                self.talk.tell(now, &format!("{name} came."));
            }
            ClientEvent::PlayerLeft { name, .. } => {
                self.talk.tell(now, &format!("{name} left."));
            }
            ClientEvent::Talk(talk) => self.hear_talk(now, &talk),
            ClientEvent::Draining { millis } => {
                let text = format!("The server goes down in {} s.", millis / 1_000);
                self.talk.tell(now, &text);
            }
            ClientEvent::Game {
                event, certainty, ..
            } => self.happened(now, &event, certainty),
            ClientEvent::Closed { .. }
            | ClientEvent::PlayerJoined { .. }
            | ClientEvent::Desync { .. } => {}
        }
    }

    fn hear_talk(&mut self, now: Instant, talk: &TalkEvent) {
        match talk {
            TalkEvent::Line {
                line, scope, log, ..
            } => {
                let book = self.pilot.client().talk();
                let old = book.log(*log).is_some_and(|log| line.offset < log.read());
                let in_room = matches!(scope, Scope::Room { .. });
                // What was said elsewhere is not shown again to whoever has read it.
                if book.hides(line.from) || (old && !in_room) {
                    return;
                }
                let player = self.pilot.client().player_of(line.from);
                let from = Author {
                    player,
                    name: line.name.to_string(),
                    place: tag(scope),
                };
                self.talk.add(now, Some(from), &line.text);
            }
            TalkEvent::Refused { reason, .. } => {
                self.talk
                    .tell(now, &format!("Not said: {}.", reason.text()));
            }
            TalkEvent::Missed { lines, .. } => {
                self.talk
                    .tell(now, &format!("{lines} lines are no longer kept."));
            }
            _ => {}
        }
    }

    /// What is told wherever the player looks; a whisper and a mention are seen at a glance anyway.
    fn hear_notices(&mut self, now: Instant) {
        while let Some(notice) = self.panel.take_notice() {
            match notice.kind {
                NoticeKind::Waiting | NoticeKind::Invited => {
                    let words = format!("{}. Enter opens the chat.", notice.title);
                    self.talk.tell(now, &words);
                }
                NoticeKind::Answer => self.talk.tell(now, &notice.title),
                NoticeKind::Whisper | NoticeKind::Mention => {}
            }
        }
    }

    /// Does what the player wants in the chat; what to do instead is shown there.
    pub fn act(&mut self, act: Act) -> bool {
        let done = self.panel.act(self.pilot.client_mut(), act);
        let is_done = done.is_ok();
        if let Err(words) = done {
            self.talk.fault = words;
        }
        is_done
    }

    fn joined(&mut self, now: Instant, name: &str, room: String, resumed: bool) {
        if !resumed {
            self.talk
                .tell(now, &format!("You are in {room} as {name}."));
        }
        self.room = room;
        self.announce_from = now + ROSTER_TAKES;
    }

    fn happened(&mut self, now: Instant, event: &Event, certainty: Certainty) {
        if certainty == Certainty::Rejected {
            return;
        }
        match event {
            Event::Kill(kill) => {
                let (killer, victim) = (self.who(kill.killer), self.who(kill.victim));
                self.talk.kill(now, killer, victim);
            }
            // Told twice, predicted and confirmed, it is shown once.
            Event::Dash(_) if certainty == Certainty::Confirmed => {}
            Event::Dash(dash) => self.effects.happened(now, What::Dash, dash.player),
            Event::Taken(taken) => {
                let item = Pickup {
                    item: taken.item,
                    pos: Default::default(),
                    there: false,
                    back_at: None,
                };
                let what = match item.item() {
                    Item::Health => What::Healed,
                    Item::Rapid => What::Hastened,
                };
                self.effects.happened(now, what, taken.player);
            }
            Event::RoundOver(over) => {
                let winner = over.winner.map(|player| self.scene.name(player));
                let text = winner.map_or(format!("Round {} is over.", over.number), |name| {
                    format!(
                        "{name} wins round {} with {} kills.",
                        over.number, over.kills
                    )
                });
                self.talk.tell(now, &text);
            }
        }
    }

    fn who(&self, player: PlayerId) -> (PlayerId, String) {
        (player, self.scene.name(player))
    }
}
