//! The simulator: the real engine and real clients in virtual time.
//!
//! It opens no socket, starts no thread and never sleeps: it jumps from wake-up to wake-up, so a
//! minute of eight players takes a fraction of a second. Everything is drawn from one seed.

mod peer;
mod server;

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use tickwire_shared::client::Sabotage as ClientSabotage;
use tickwire_shared::conditioner::Network;
use tickwire_shared::game::{Frame, Source, Visible};
use tickwire_shared::id::{EntityId, LinkId, PlayerId, Tick};
use tickwire_shared::rng::Rng;
use tickwire_shared::time::Instant;

pub use peer::Peer;
pub use server::{Plan, Sent, Server};

use crate::games::SimGame;
use crate::games::witness;
use crate::log::LogHash;
use crate::oracles::{ChatBook, Checked, Progress, converged};
use crate::route::Route;
use crate::scenario::{Fault, Mishap, Scenario};

/// How a run differs from the plain one.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Bugs to plant in the server.
    pub plan: Plan,
    /// A bug to plant in every client.
    pub client: ClientSabotage,
    /// Replace the game by `new` and `load` every so many ticks.
    pub forget_every: Option<u32>,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Folds every packet with its time: equal for equal seeds.
    pub log_hash: u64,
    /// Folds the mirror of every tick: equal also when the game forgets.
    pub world_hash: u64,
    /// What the oracles counted.
    pub checked: Checked,
    /// Mispredictions of all clients, explained ones included.
    pub mispredictions: u64,
    /// Inputs that came in time, of all inputs judged, in 1/1,000,000.
    pub in_time_ppm: u64,
    /// Virtual seconds.
    pub seconds: f64,
}

/// A run in progress.
pub struct Sim<G: SimGame> {
    scenario: Scenario,
    options: Options,
    server: Server<G>,
    peers: Vec<Peer<G>>,
    chat: ChatBook,
    progress: Progress,
    log: LogHash,
    world: LogHash,
    now: Instant,
    tick: Tick,
    told: Vec<Tick>,
    checked: Checked,
    /// What has not happened yet, soonest last.
    mishaps: Vec<Mishap>,
    /// Links that were opened.
    links: u64,
    /// How many looks saw each entity for each player.
    seen: BTreeMap<(PlayerId, EntityId), u32>,
}

/// Virtual time after the network has healed.
const HEALED: Duration = Duration::from_secs(5);

/// Looks at who sees what before the end is judged, one a tick. What all of them saw must be known
/// by then, what none of them saw must not.
const LOOKS: u32 = 75;
const LOOKS_APART: Duration = Duration::from_micros(16_667);

/// The least share of inputs that reach the server in time, in 1/1,000,000, joining and healing
/// included: far below the goals for one network, enough to notice a clock that runs late.
const IN_TIME_PPM_MIN: u64 = 930_000;

impl<G: SimGame> Sim<G> {
    /// A run of this scenario before its first moment.
    #[must_use]
    pub fn new(scenario: Scenario, options: Options) -> Sim<G> {
        let seed = scenario.seed;
        let mut server = Server::new(seed, options.plan);
        let dial = |(at, network): (usize, &Network)| {
            let route = Route::new(
                *network,
                Rng::of(seed, &[0x726F_7574, at as u64]).next_u64(),
            );
            Peer::new(at, seed, route, options.client, Instant(0))
        };
        let peers: Vec<Peer<G>> = scenario.networks.iter().enumerate().map(dial).collect();
        for peer in &peers {
            server.opened(Instant(0), peer.link, &mut |_, sent| {
                panic!("I8: at once {sent:?}")
            });
        }
        let _ = witness::take();
        let peers_count = peers.len() as u64;
        let mut mishaps = scenario.mishaps.clone();
        mishaps.reverse();
        Sim {
            scenario,
            options,
            server,
            peers,
            chat: ChatBook::default(),
            progress: Progress::default(),
            log: LogHash::default(),
            world: LogHash::default(),
            now: Instant(0),
            tick: Tick::ZERO,
            told: Vec::new(),
            checked: Checked::default(),
            mishaps,
            links: peers_count,
            seen: BTreeMap::new(),
        }
    }

    /// Runs the scenario, heals the network, and judges the end.
    ///
    /// # Panics
    /// When an oracle does.
    #[must_use]
    pub fn run(mut self) -> Outcome {
        self.run_until(Instant(0) + self.scenario.span);
        let healed = self.tick;
        for peer in &mut self.peers {
            peer.route.heal(self.now);
            peer.route.set_network(Network::LAN, 0);
            peer.hush();
            if let Some(me) = peer.client.me() {
                self.progress.healed(me, peer.newest());
            }
        }
        self.run_until(self.now + (HEALED - LOOKS_APART * LOOKS));
        for _ in 0..LOOKS {
            self.run_until(self.now + LOOKS_APART);
            self.look();
        }
        self.judge(healed);
        let outcome = self.outcome();
        let in_time = outcome.in_time_ppm;
        assert!(
            in_time >= IN_TIME_PPM_MIN,
            "only {in_time} ppm of inputs came in time"
        );
        outcome
    }

    /// Runs up to a moment.
    pub fn run_until(&mut self, end: Instant) {
        loop {
            let due = self.server.due();
            let wakes = self.peers.iter().map(Peer::wake);
            let next = wakes.chain(due).chain(self.next_mishap()).min();
            let Some(next) = next.filter(|next| *next <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            self.suffer();
            for at in 0..self.peers.len() {
                if self.peers[at].wake() <= self.now {
                    self.serve(at);
                }
            }
            if let Some(due) = due.filter(|due| *due <= self.now) {
                self.server_tick(due);
            }
        }
    }

    /// The peers.
    #[must_use]
    pub fn peers(&self) -> &[Peer<G>] {
        &self.peers
    }

    /// One peer's turn: what reached the server, what reached the client, a frame.
    fn serve(&mut self, at: usize) {
        let now = self.now;
        while let Some((lane, bytes)) = self.peers[at].route.poll_up(now) {
            let (link, peers) = (self.peers[at].link, &mut self.peers);
            self.server
                .receive(now, link, lane, &bytes, &mut |link, sent| {
                    carry(peers, now, link, sent);
                });
        }
        let peer = &mut self.peers[at];
        peer.receive(now, self.server.mirror(), &mut self.log);
        peer.frame(now, &mut self.chat, &mut self.log);
    }

    fn server_tick(&mut self, due: Instant) {
        let (peers, now) = (&mut self.peers, self.now);
        self.server
            .tick(due, &mut |link, sent| carry(peers, now, link, sent));
        self.tick = self.tick.next();
        let mirror = self.server.mirror();
        assert_eq!(
            mirror.tick(),
            self.tick,
            "I6: the room's ticks follow each other"
        );
        self.world.word(mirror.hash());
        self.compare_inputs();
        if self
            .options
            .forget_every
            .is_some_and(|every| self.tick.0.is_multiple_of(every))
        {
            self.server.forget();
        }
    }

    /// I7 and I15: what was applied as a player's own is what that player made for that tick.
    fn compare_inputs(&mut self) {
        let seen = witness::take();
        self.told.extend(seen.told);
        let mut last = None;
        for applied in seen.applied {
            assert!(
                last < Some(applied.player),
                "I15: one input a player and tick"
            );
            last = Some(applied.player);
            if applied.source != Source::Real {
                continue;
            }
            let owner = self
                .peers
                .iter()
                .find(|peer| peer.player() == Some(applied.player));
            let (tick, player, stamp) = (applied.tick, applied.player, applied.stamp);
            let made = owner.is_some_and(|peer| peer.made(tick, stamp));
            assert!(made, "I7: {player} did not make input {stamp} for {tick}");
            self.checked.inputs += 1;
        }
    }

    fn next_mishap(&self) -> Option<Instant> {
        self.mishaps.last().map(|mishap| mishap.at)
    }

    fn suffer(&mut self) {
        while let Some(mishap) = self.mishaps.pop_if(|mishap| mishap.at <= self.now) {
            let (peers, now) = (&mut self.peers, self.now);
            let peer = &mut peers[mishap.peer];
            let link = peer.link;
            match mishap.fault {
                Fault::Partition => peer.route.partition(),
                Fault::Heal => peer.route.heal(now),
                Fault::Cut => {
                    peer.cut();
                    let sink = &mut |link, sent: Sent<'_>| carry(peers, now, link, sent);
                    self.server.lost(now, link, sink);
                }
                Fault::Redial => {
                    self.links += 1;
                    peer.redial(now, LinkId(self.links));
                    let link = peer.link;
                    let sink = &mut |link, sent: Sent<'_>| carry(peers, now, link, sent);
                    self.server.opened(now, link, sink);
                }
            }
        }
    }

    /// What must hold after the network has healed.
    fn judge(&mut self, healed: Tick) {
        self.chat.settle();
        for peer in &self.peers {
            let Some(me) = peer.client.me() else {
                panic!("I18: a client never got in")
            };
            self.progress
                .check(me, peer.newest(), self.tick.since(healed));
            let stats = peer.client.stats();
            let why = peer.client.last_misprediction();
            let unexplained = stats.unexplained_mispredictions;
            assert_eq!(
                unexplained, 0,
                "a misprediction of {me} nothing explains: {why:?}"
            );
            assert_eq!(stats.desyncs, 0, "I5: {me} asked the server and differs");
            self.check_told(peer);
            self.check_known(me, peer);
        }
    }

    /// Counts which entities each player may see now.
    fn look(&mut self) {
        let Some(game) = self.server.game() else {
            return;
        };
        let mirror = self.server.mirror();
        let mut frame = Frame::new(Arc::clone(mirror.schema()));
        mirror.fill(&mut frame);
        for me in self.peers.iter().filter_map(Peer::player) {
            for (id, entity) in frame.iter() {
                let mine = mirror.owner(id) == Some(me);
                if mine || !G::HIDES || game.visible(me, id, &entity) == Visible::Full {
                    *self.seen.entry((me, id)).or_default() += 1;
                }
            }
        }
    }

    /// A client knows what all looks saw and nothing that none of them saw.
    fn check_known(&self, me: PlayerId, peer: &Peer<G>) {
        let Some(confirmed) = peer.client.confirmed() else {
            return;
        };
        let known: Vec<EntityId> = confirmed.ids().collect();
        let of_mine = self
            .seen
            .iter()
            .filter(|(key, looks)| key.0 == me && **looks == LOOKS);
        let entitled: Vec<EntityId> = of_mine.map(|(key, _)| key.1).collect();
        let fits = |id: &EntityId| self.seen.contains_key(&(me, *id));
        converged(me, &known, &entitled, fits);
    }

    /// Events for everybody reach everybody who was there, once each.
    fn check_told(&self, peer: &Peer<G>) {
        // A resumed session starts from a full snapshot: what happened meanwhile is over.
        let Some(first) = peer.first.filter(|_| peer.cuts == 0) else {
            return;
        };
        let span = first.plus(1)..self.tick.minus(60);
        let of = |ticks: &[Tick]| {
            let mut ticks: Vec<Tick> = ticks
                .iter()
                .copied()
                .filter(|tick| span.contains(tick))
                .collect();
            ticks.sort_unstable();
            ticks
        };
        let (got, sent) = (of(&peer.told), of(&self.told));
        let me = peer.client.me();
        assert_eq!(
            got.len(),
            sent.len(),
            "events for everybody that reached {me:?}"
        );
        // The wire says an event's age only up to 127 ticks; a longer outage makes it look younger.
        let older = got.iter().zip(&sent).find(|(got, sent)| got < sent);
        assert_eq!(older, None, "an event reached {me:?} before it happened");
    }

    fn outcome(self) -> Outcome {
        let mut checked = self.checked;
        let (mut mispredictions, mut in_time, mut judged) = (0, 0, 0);
        for peer in &self.peers {
            checked.rows += peer.checked.rows;
            checked.own_rows += peer.checked.own_rows;
            checked.chat += peer.checked.chat;
            checked.events += peer.checked.events;
            checked.too_old += peer.checked.too_old;
            let stats = peer.client.stats();
            mispredictions += stats.mispredictions;
            in_time += stats.inputs_in_time;
            judged += stats.inputs_in_time + stats.inputs_not_in_time;
        }
        Outcome {
            log_hash: self.log.finish(),
            world_hash: self.world.finish(),
            checked,
            mispredictions,
            in_time_ppm: in_time * 1_000_000 / judged.max(1),
            seconds: self.now.micros() as f64 / 1e6,
        }
    }
}

/// Hands what the server sends to the peer's link.
fn carry<G: SimGame>(peers: &mut [Peer<G>], now: Instant, link: LinkId, sent: Sent<'_>) {
    // What is sent to a link that broke is lost, as on a real one.
    let Some(peer) = peers.iter_mut().find(|peer| peer.link == link) else {
        return;
    };
    match sent {
        Sent::Packet(lane, bytes) => peer.route.send_down(now, lane, bytes.to_vec()),
        Sent::Close(reason) => panic!("I8: the server closed {link:?}: {reason}"),
    }
}
