//! A player at a terminal, or a brain in the player's place.
//!
//! Never decides anything in the game: it turns what the client knows into pictures and what the
//! hands do into inputs.

use std::collections::VecDeque;
use std::time::Duration;

use tickwire_arena::kinds::{Entity, Event, Input};
use tickwire_arena::{Arena, Brain, Hud, Map, Skill};
use tickwire_shared::client::{Certainty, Client, ClientEvent, ClientStats};
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{EntityId, PlayerId};
use tickwire_shared::time::Instant;
use tickwire_shared::wire::Credential;

use super::camera::Camera;
use super::canvas::{Canvas, Rgb};
use super::chatter::Chatter;
use super::hands::{Act, Hands, Sight, Wish};
use super::panels::{Line, Panels};
use super::scene::{BLAST_SECONDS, Blast, Scene, draw};
use crate::clock::Clock;
use crate::driver::{Driver, Turn};
use crate::retry::why_again;

/// How long a line of the kill feed stays.
const FEED_STAYS: Duration = Duration::from_secs(6);

/// Lines of the kill feed at the most; the oldest goes.
const FEED_LINES: usize = 5;

/// How long help is shown at the start.
const HELP_STAYS: Duration = Duration::from_secs(8);

/// How long the list of those who are there already may take to come.
const ROSTER_TAKES: Duration = Duration::from_secs(2);

/// A player's client.
pub struct App {
    driver: Driver<Arena>,
    clock: Clock,
    hands: Hands,
    /// Plays in the player's place.
    brain: Option<Brain>,
    by_itself: bool,
    panels: Panels,
    chat: Chatter,
    feed: VecDeque<(Instant, Line)>,
    blasts: Vec<(Instant, Vec2, PlayerId)>,
    map: Option<(u8, Map)>,
    centre: Vec2,
    entities: Vec<(EntityId, Option<PlayerId>, Entity)>,
    /// When help goes away by itself.
    help_until: Option<Instant>,
    /// Players who come before this were there already: they are not announced.
    announce_from: Instant,
    notice: Option<String>,
    /// Why it is over, once it is.
    farewell: Option<String>,
}

impl App {
    /// A client that begins to dial at its first [`App::turn`]; `by_itself` lets a brain play.
    #[must_use]
    pub fn new(driver: Driver<Arena>, clock: Clock, exact_keys: bool, by_itself: bool) -> App {
        App {
            driver,
            clock,
            hands: Hands::new(exact_keys),
            brain: None,
            by_itself,
            panels: Panels {
                help: !by_itself,
                ..Panels::default()
            },
            chat: Chatter::default(),
            feed: VecDeque::new(),
            blasts: Vec::new(),
            map: None,
            centre: Vec2::ZERO,
            entities: Vec::new(),
            help_until: None,
            announce_from: clock.now(),
            notice: Some("dialing …".to_owned()),
            farewell: None,
        }
    }

    /// Why it is over; `None` while it goes on. Empty when the player left.
    #[must_use]
    pub fn farewell(&self) -> Option<&str> {
        self.farewell.as_deref()
    }

    /// What the client counts.
    #[must_use]
    pub fn stats(&self) -> &ClientStats {
        self.driver.client.stats()
    }

    /// Waits for something to happen, but not past `until`, and deals with it. May be dropped at
    /// any await.
    pub async fn turn(&mut self, until: Instant) {
        let turn = self.driver.turn(until).await;
        let now = self.clock.now();
        match turn {
            Turn::Due | Turn::Heard => {}
            Turn::Linked => self.notice = Some("joining …".to_owned()),
            Turn::Lost(end) => {
                self.notice = Some(format!("{} – dialing again …", why_again(&end)));
            }
            Turn::Over(why) => {
                self.farewell.get_or_insert(why);
            }
        }
        self.driver.client.frame(now);
        while let Some(event) = self.driver.client.poll_event() {
            self.chat.hear(now, &mut self.driver.client, &event);
            self.hear(now, event);
        }
        self.chat.frame(now, &mut self.driver.client);
    }

    /// Takes note of what the player did.
    pub fn act(&mut self, act: Act) {
        // Any key takes the list of commands away.
        if matches!(act, Act::Down(_)) {
            self.chat.help.clear();
        }
        match self.hands.act(self.clock.now(), act) {
            None => {
                let typed = self.hands.entry().unwrap_or_default();
                self.chat.typing(&mut self.driver.client, typed);
            }
            Some(Wish::Quit) => self.farewell = Some(String::new()),
            Some(Wish::Help) => self.panels.help = !self.panels.help,
            Some(Wish::Board) => self.panels.board = !self.panels.board,
            Some(Wish::Say(text)) => {
                let now = self.clock.now();
                self.chat.enter(now, &mut self.driver.client, &text);
            }
        }
    }

    /// Steers: to be called about as often as pictures are drawn.
    pub fn steer(&mut self, columns: usize, lines: usize) {
        let now = self.clock.now();
        self.look();
        let view = self.driver.client.view();
        let (Some(me), Some(rules)) = (view.me(), view.rules()) else {
            return;
        };
        let input = if self.by_itself {
            let make = || Brain::new(rules, 1, Skill::default());
            let brain = self.brain.get_or_insert_with(make);
            brain.think(&tickwire_arena::View {
                tick: view.tick().next(),
                me,
                entities: &self.entities,
            })
        } else {
            self.input_of_hands(now, me, columns, lines)
        };
        self.driver.client.set_input(&input);
    }

    /// The picture of now.
    #[must_use]
    pub fn picture(&mut self, columns: usize, lines: usize) -> Canvas {
        let now = self.clock.now();
        self.refresh_panels(now);
        let view = self.driver.client.view();
        let (Some(me), Some((_, map))) = (view.me(), &self.map) else {
            let mut canvas = Canvas::new(columns, lines, Rgb(4, 5, 8));
            self.panels.draw(&mut canvas, PlayerId(0), &Hud::default());
            return canvas;
        };
        let entities: Vec<Entity> = self
            .entities
            .iter()
            .map(|(_, _, one)| one.clone())
            .collect();
        let camera = Camera::new(self.centre, columns, lines);
        let blasts = self.blasts_at(now);
        let scene = Scene {
            map,
            tick: view.tick(),
            me,
            entities: &entities,
            blasts: &blasts,
        };
        let mut canvas = draw(&scene, &camera, columns, lines);
        self.panels.draw_names(&mut canvas, &camera, me, &entities);
        let hud = Hud::of(me, view.tick(), entities.iter());
        self.panels.draw(&mut canvas, me, &hud);
        canvas
    }

    /// Leaves the room and closes the link.
    pub async fn leave(self) {
        self.driver.leave().await;
    }

    /// Takes over what the client knows now.
    fn look(&mut self) {
        let view = self.driver.client.view();
        self.entities.clear();
        let drawn = view.entities().map(|one| (one.id, one.owner, one.entity));
        self.entities.extend(drawn);
        if let Some(rules) = view.rules()
            && self
                .map
                .as_ref()
                .is_none_or(|(number, _)| *number != rules.map)
        {
            self.map = Some((rules.map, Map::of(rules.map)));
        }
        let me = view.me();
        let own = self
            .entities
            .iter()
            .find_map(|(_, _, entity)| match entity {
                Entity::Fighter(body) if Some(body.player) == me => Some(body.pos),
                _ => None,
            });
        self.centre = own.unwrap_or(self.centre);
        if own.is_some() {
            self.notice = None;
        }
    }

    fn input_of_hands(
        &mut self,
        now: Instant,
        me: PlayerId,
        columns: usize,
        lines: usize,
    ) -> Input {
        let Some((_, map)) = &self.map else {
            return Input::default();
        };
        let entities: Vec<Entity> = self
            .entities
            .iter()
            .map(|(_, _, one)| one.clone())
            .collect();
        let sight = Sight {
            me,
            entities: &entities,
            map,
            camera: Camera::new(self.centre, columns, lines),
        };
        self.hands.input(now, &sight)
    }

    fn hear(&mut self, now: Instant, event: ClientEvent<Arena>) {
        match event {
            ClientEvent::Joined {
                name,
                room,
                resumed,
                ..
            } => {
                let how = if resumed { "back in" } else { "joined" };
                self.say_here(&format!("{how} {room} as {name}"));
                self.announce_from = now + ROSTER_TAKES;
                self.help_until = (!resumed).then_some(now + HELP_STAYS);
            }
            ClientEvent::PlayerJoined { name, .. } if now > self.announce_from => {
                self.say_here(&format!("{name} came"));
            }
            ClientEvent::PlayerLeft { name, .. } => self.say_here(&format!("{name} left")),
            ClientEvent::Draining { millis } => {
                self.say_here(&format!("the server goes down in {} s", millis / 1_000));
            }
            ClientEvent::Game {
                event, certainty, ..
            } => self.happened(now, &event, certainty),
            // Where a link ended the turn has said why.
            ClientEvent::Closed { text, .. } => {
                self.notice.get_or_insert(text);
            }
            ClientEvent::Talk(_)
            | ClientEvent::PlayerJoined { .. }
            | ClientEvent::Desync { .. } => {}
        }
    }

    fn happened(&mut self, now: Instant, event: &Event, certainty: Certainty) {
        let Event::Kill(kill) = event else {
            return;
        };
        if certainty == Certainty::Rejected {
            return;
        }
        let body = self
            .entities
            .iter()
            .find_map(|(_, _, entity)| match entity {
                Entity::Fighter(body) if body.player == kill.victim => Some(body.pos),
                _ => None,
            });
        if let Some(at) = body {
            self.blasts.push((now, at, kill.victim));
        }
        let text = format!(
            "{} ▸ {}",
            self.name_of(kill.killer),
            self.name_of(kill.victim)
        );
        let line = Line {
            player: Some(kill.killer),
            text,
        };
        self.feed.push_back((now, line));
        if self.feed.len() > FEED_LINES {
            self.feed.pop_front();
        }
    }

    fn name_of(&self, player: PlayerId) -> String {
        let known = self.driver.client.roster().get(&player).cloned();
        known.unwrap_or_else(|| player.to_string())
    }

    fn blasts_at(&self, now: Instant) -> Vec<Blast> {
        let blast = |&(since, at, player): &(Instant, Vec2, PlayerId)| Blast {
            at,
            age: now.since(since).as_secs_f32(),
            player,
        };
        self.blasts.iter().map(blast).collect()
    }

    fn say_here(&mut self, text: &str) {
        self.chat.tell(self.clock.now(), text);
    }

    fn refresh_panels(&mut self, now: Instant) {
        self.look();
        self.feed
            .retain(|(since, _)| now.since(*since) < FEED_STAYS);
        self.blasts
            .retain(|(since, ..)| now.since(*since).as_secs_f32() < BLAST_SECONDS);
        let lines =
            |kept: &VecDeque<(Instant, Line)>| kept.iter().map(|(_, line)| line.clone()).collect();
        self.panels.chat = self.chat.lines(&self.driver.client);
        self.panels.feed = lines(&self.feed);
        self.panels.entry = self.hands.entry().map(str::to_owned);
        self.panels.names = self.driver.client.roster().clone();
        let typing = self.chat.typing_line(&self.driver.client);
        self.panels.net = typing + &net_line(self.driver.client.stats());
        self.panels.notice = self.notice.clone();
        self.panels.commands.clone_from(&self.chat.help);
        if self.help_until.is_some_and(|until| now >= until) {
            self.panels.help = false;
            self.help_until = None;
        }
    }
}

/// One line about the network, for the bottom of the picture.
fn net_line(stats: &ClientStats) -> String {
    format!(
        "RTT {} ms ±{}  loss {:.1} %  lead {:.1}  delay {} ms  mispredicted {} ({} unexplained)",
        stats.rtt.as_millis(),
        stats.jitter.as_millis(),
        stats.loss * 100.0,
        stats.lead_ticks,
        stats.interpolation_delay.as_millis(),
        stats.mispredictions,
        stats.unexplained_mispredictions,
    )
}

/// A client of the arena over `driver`'s links.
///
/// # Errors
/// One sentence when the game's own declarations are broken.
pub fn client(
    name: &str,
    room: Option<String>,
    who: Credential,
    now: Instant,
) -> Result<Client<Arena>, String> {
    let config = tickwire_shared::client::ClientConfig {
        name: name.to_owned(),
        room,
        who,
        ..Default::default()
    };
    Client::new(config, now).map_err(|error| error.to_string())
}
