//! One simulated player: a real client, its link and what the oracles remember of it.
//!
//! It never looks at the server but through its link; the oracles that compare both sides are
//! called with the mirror by the simulator.

use std::collections::BTreeMap;

use tickwire_shared::client::{Client, ClientConfig, ClientEvent, Sabotage, TalkEvent};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{Lane, LinkId, PlayerId, Tick};
use tickwire_shared::rng::Rng;
use tickwire_shared::snapshot::Mirror;
use tickwire_shared::time::Instant;

use crate::games::SimGame;
use crate::log::LogHash;
use crate::oracles::{ChatBook, Checked, Monotone, rows_of_tick};
use crate::route::Route;

/// How many ticks back a peer remembers which input it made.
const INPUTS_KEPT: u32 = 256;

/// A simulated player.
pub struct Peer<G: SimGame> {
    /// The client under test.
    pub client: Client<G>,
    /// Its link.
    pub route: Route,
    /// The link's name on the server.
    pub link: LinkId,
    /// What the oracles counted.
    pub checked: Checked,
    /// Ticks whose events for everybody reached this peer.
    pub told: Vec<Tick>,
    /// The tick of its first snapshot.
    pub first: Option<Tick>,
    /// How often its link broke.
    pub cuts: u32,
    /// Who it was before its link broke.
    before_cut: Option<PlayerId>,
    newest: Monotone,
    brain: Rng,
    held: G::Input,
    /// The stamps of the inputs this peer made for a tick: two, when its clock was set back.
    stamps: BTreeMap<Tick, Vec<u8>>,
    frame_at: Instant,
    frames: u64,
    /// Whether it draws at a screen's rate; otherwise it runs when the client asks to.
    screen: bool,
    said: u32,
    talks: bool,
}

impl<G: SimGame> Peer<G> {
    /// A player who dials at `now`.
    ///
    /// # Panics
    /// When the game's schema breaks a rule.
    pub fn new(at: usize, seed: u64, route: Route, sabotage: Sabotage, now: Instant) -> Peer<G> {
        let mut brain = Rng::of(seed, &[0x706C_6179, at as u64]);
        let name = format!("peer{at}");
        let config = ClientConfig {
            name,
            sabotage,
            ..ClientConfig::default()
        };
        let client = Client::new(config, now);
        let client = client.unwrap_or_else(|why| panic!("{}: {}", why.at, why.why));
        Peer {
            client,
            route,
            link: LinkId(at as u64 + 1),
            checked: Checked::default(),
            told: Vec::new(),
            first: None,
            cuts: 0,
            before_cut: None,
            newest: Monotone::default(),
            frame_at: now + core::time::Duration::from_micros(u64::from(brain.below(16_667))),
            brain,
            held: G::Input::default(),
            stamps: BTreeMap::new(),
            frames: 0,
            screen: at.is_multiple_of(2),
            said: 0,
            talks: true,
        }
    }

    /// Its seat, also while its link is broken.
    #[must_use]
    pub fn player(&self) -> Option<PlayerId> {
        self.client.me().or(self.before_cut)
    }

    /// When this peer, or a packet on its link, has something to do.
    #[must_use]
    pub fn wake(&self) -> Instant {
        self.route
            .next_wake()
            .map_or(self.frame_at, |arrival| arrival.min(self.frame_at))
    }

    /// The newest tick it has a snapshot of.
    #[must_use]
    pub fn newest(&self) -> Tick {
        self.newest.newest()
    }

    /// The link breaks.
    pub fn cut(&mut self) {
        self.cuts += 1;
        self.before_cut = self.client.me().or(self.before_cut);
        self.route.cut();
        self.client.link_closed(CloseReason::LinkLost);
    }

    /// Dials again over a new link.
    pub fn redial(&mut self, now: Instant, link: LinkId) {
        self.route.cut();
        self.link = link;
        self.client.reconnect(now);
        self.newest = Monotone::default();
    }

    /// Says nothing from now on, so that the end of a run can be judged.
    pub fn hush(&mut self) {
        self.talks = false;
    }

    /// Whether it made an input with this stamp for `tick`.
    #[must_use]
    pub fn made(&self, tick: Tick, stamp: u8) -> bool {
        self.stamps
            .get(&tick)
            .is_some_and(|stamps| stamps.contains(&stamp))
    }

    /// Takes what has arrived and compares it with the server's mirror.
    ///
    /// # Panics
    /// When an oracle does.
    pub fn receive(&mut self, now: Instant, mirror: &Mirror, log: &mut LogHash) {
        while let Some((lane, bytes)) = self.route.poll_down(now) {
            log.word(now.micros() << 4 | lane as u64);
            log.bytes(&bytes);
            self.client.receive(now, lane, &bytes);
            if lane == Lane::Snapshot {
                self.check_rows(mirror, &bytes);
            }
        }
    }

    /// Draws a frame when it is time and sends what the client has to send.
    pub fn frame(&mut self, now: Instant, chat: &mut ChatBook, log: &mut LogHash) {
        if now >= self.frame_at {
            self.play(now, chat);
        }
        while let Some(transmit) = self.client.poll_transmit() {
            log.bytes(&transmit.bytes);
            self.route.send_up(now, transmit.lane, transmit.bytes);
        }
        self.hear(chat);
    }

    fn play(&mut self, now: Instant, chat: &mut ChatBook) {
        self.held = G::intent(&mut self.brain, &self.held);
        self.client.set_input(&self.held);
        let before = self.client.tick();
        self.client.frame(now);
        self.note_stamps(before);
        self.talk(chat);
        self.frames += 1;
        let period = core::time::Duration::from_micros(16_667);
        self.frame_at = if self.screen {
            self.frame_at + period
        } else {
            self.client
                .next_wake()
                .max(now + core::time::Duration::from_micros(500))
        };
    }

    fn note_stamps(&mut self, before: Tick) {
        let (Some(stamp), now) = (G::stamp(&self.held), self.client.tick()) else {
            return;
        };
        let mut tick = now.minus(INPUTS_KEPT).max(before);
        while tick < now {
            tick = tick.next();
            self.stamps.entry(tick).or_default().push(stamp);
        }
        while self.stamps.len() > INPUTS_KEPT as usize {
            self.stamps.pop_first();
        }
    }

    fn talk(&mut self, chat: &mut ChatBook) {
        let Some(me) = self
            .client
            .me()
            .filter(|_| self.talks && self.brain.chance(0.004))
        else {
            return;
        };
        let text = format!("{me} says {}", self.said);
        if self.client.chat(&text).is_some() {
            self.said += 1;
            chat.say(me, &text);
        }
    }

    fn hear(&mut self, chat: &mut ChatBook) {
        let me = self
            .client
            .me()
            .or(self.before_cut)
            .unwrap_or(PlayerId(u16::MAX));
        while let Some(event) = self.client.poll_event() {
            match event {
                ClientEvent::Talk(talk) => self.hear_talk(me, &talk, chat),
                ClientEvent::Desync { field } => panic!("I5: {me} is out of sync in {field}"),
                ClientEvent::Joined { me, resumed, .. } => {
                    let before = self.before_cut.take();
                    assert_eq!(resumed, before.is_some(), "I18: {me} lost its session");
                    assert!(
                        before.is_none_or(|before| before == me),
                        "{before:?} is {me} now"
                    );
                }
                ClientEvent::Closed {
                    reason: CloseReason::LinkLost,
                    ..
                } => {}
                ClientEvent::Closed { reason, .. } => panic!("I8: {me} was closed: {reason}"),
                ClientEvent::Game { event, tick, .. } if G::is_told(&event) => {
                    self.told.push(tick);
                    self.checked.events += 1;
                }
                _ => {}
            }
        }
    }

    fn hear_talk(&mut self, me: PlayerId, talk: &TalkEvent, chat: &mut ChatBook) {
        match talk {
            TalkEvent::Missed { lines, .. } => panic!("I1: {me} missed {lines} lines"),
            TalkEvent::Refused { reason, .. } => panic!("I1: {me} refused: {reason:?}"),
            _ => {}
        }
        if let Some(line) = talk.room_line() {
            let from = self.client.player_of(line.from);
            let from = from.unwrap_or(PlayerId(u16::MAX));
            chat.hear(me, line.offset, from, &line.text);
            self.checked.chat += 1;
        }
    }

    fn check_rows(&mut self, mirror: &Mirror, bytes: &[u8]) {
        let (Some(me), Some(confirmed)) = (self.client.me(), self.client.confirmed()) else {
            return;
        };
        // The tick stands behind the packet's first byte.
        let Some(&tick) = bytes.get(1..).and_then(|rest| rest.first_chunk::<4>()) else {
            return;
        };
        let tick = Tick(u32::from_le_bytes(tick));
        self.first.get_or_insert(tick);
        rows_of_tick(mirror, confirmed, me, tick, &mut self.checked);
        self.newest.next(self.client.newest_snapshot(), "a client");
    }
}
