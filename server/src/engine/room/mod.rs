//! A room: one running game, its mirror, the inputs of its seats and what each is sent.
//!
//! Never reads a clock, never knows a session, a name or a chat line, and never waits: it is told
//! things between ticks and answers with one outbox a tick.
//!
//! A tick in order: inputs are taken, the game starts, takes leave of who went, greets who came and
//! steps; it saves into the mirror and loads back what the mirror holds (write-back); events,
//! visibility and snapshots follow from the mirror alone.

mod checks;
mod seat;
mod sight;
#[cfg(test)]
mod tests;
mod turn;
mod whereabouts;

use std::sync::Arc;

use tickwire_shared::delta::Tables;
use tickwire_shared::game::{Emitted, Frame, Game, SeatInput};
use tickwire_shared::id::{LinkId, PlayerId, Tick};
use tickwire_shared::input::{InputPacket, InputShape, Put};
use tickwire_shared::limits::SEATS_MAX;
use tickwire_shared::rng::Rng;
use tickwire_shared::schema::Schema;
use tickwire_shared::snapshot::Mirror;
use tickwire_shared::time::{Instant, TickRate};
use tickwire_shared::wire::Sample;

use self::seat::Seat;
use self::sight::Sight;
use super::port::{Inbound, Outbox, RoomCounts, RoomTask};
use super::replication::{Replication, ReplicationConfig};

/// What a room is made of.
#[derive(Clone, Debug)]
pub struct RoomConfig<G: Game> {
    /// The game's rules.
    pub rules: G::Rules,
    /// The game's schema, compiled once for all rooms.
    pub schema: Arc<Schema>,
    /// Code tables of snapshots, the ones the Welcome carries.
    pub tables: Arc<Tables>,
    /// Seed of the randomness that clients share.
    pub seed: u64,
    /// Seed of the randomness that they do not.
    pub secret: u64,
    /// How snapshots are sent.
    pub replication: ReplicationConfig,
    /// For tests: plants a bug that the tests must find.
    #[doc(hidden)]
    pub sabotage: Sabotage,
}

/// A planted bug, to prove that tests would find it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sabotage {
    /// No bug.
    #[default]
    None,
    /// An input that came too late is applied at the next tick.
    ApplyLateInputs,
    /// The game's cheat gate is not asked.
    SkipAccept,
    /// The game keeps its own numbers instead of the mirror's.
    SkipWriteBack,
    /// A seat that is away or does not ack is sent as much as any other.
    NeverSlow,
}

/// A room of game `G`.
pub struct Room<G: Game> {
    config: RoomConfig<G>,
    shape: InputShape,
    game: G,
    mirror: Mirror,
    replication: Replication,
    frame: Frame<G::Entity>,
    /// By player.
    seats: Vec<Option<Seat>>,
    /// Who came (true) and went (false) since the last tick, in order.
    turnover: Vec<(PlayerId, bool)>,
    checks: Vec<(PlayerId, Vec<Sample>)>,
    inputs: Vec<SeatInput<G::Input>>,
    events: Vec<Emitted<G::Event>>,
    words: Vec<u32>,
    sight: Sight,
    secret: Rng,
    /// When the newest tick was due.
    due: Option<Instant>,
    counts: RoomCounts,
}

impl<G: Game> Room<G> {
    /// A room before its first tick.
    #[must_use]
    pub fn new(config: RoomConfig<G>) -> Room<G> {
        let (schema, tables) = (Arc::clone(&config.schema), Arc::clone(&config.tables));
        Room {
            shape: InputShape::of::<G::Input>(&schema),
            game: G::new(&config.rules, config.seed),
            mirror: Mirror::new(Arc::clone(&schema)),
            replication: Replication::new(Arc::clone(&schema), tables, config.replication),
            frame: Frame::new(schema),
            seats: Vec::new(),
            turnover: Vec::new(),
            checks: Vec::new(),
            inputs: Vec::new(),
            events: Vec::new(),
            words: Vec::new(),
            sight: Sight::default(),
            secret: Rng::new(config.secret),
            due: None,
            counts: RoomCounts::default(),
            config,
        }
    }

    /// The room's quantised state; for oracles and dashboards.
    #[must_use]
    pub fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// What the viewers hold; for oracles.
    #[must_use]
    pub fn replication(&self) -> &Replication {
        &self.replication
    }

    /// The game; for tests.
    #[must_use]
    pub fn game(&self) -> &G {
        &self.game
    }

    /// How the room is doing.
    #[must_use]
    pub fn counts(&self) -> RoomCounts {
        self.counts
    }

    /// Replaces the game by a new one that knows only what the mirror holds. Nothing may change
    /// by it: that is what the amnesia tests prove.
    pub fn replace_game_with_loaded_copy(&mut self) {
        self.frame.clear();
        self.mirror.fill(&mut self.frame);
        self.game = G::new(&self.config.rules, self.config.seed);
        self.game.load(&self.frame);
    }

    fn join(&mut self, player: PlayerId, link: LinkId) {
        assert!(
            player.0 < SEATS_MAX,
            "the lobby gives out seats below the bound"
        );
        let at = usize::from(player.0);
        if self.seats.len() <= at {
            self.seats.resize_with(at + 1, || None);
        }
        self.leave(player);
        self.seats[at] = Some(Seat::new(
            player,
            link,
            self.shape.clone(),
            self.mirror.tick(),
        ));
        self.replication.join(player);
        self.turnover.push((player, true));
    }

    fn leave(&mut self, player: PlayerId) {
        if self
            .seats
            .get_mut(usize::from(player.0))
            .and_then(Option::take)
            .is_some()
        {
            self.replication.leave(player);
            self.sight.leave(player);
            self.turnover.push((player, false));
        }
    }

    fn attach(&mut self, player: PlayerId, link: LinkId) {
        let now = self.mirror.tick();
        if let Some(seat) = self.seat(player) {
            seat.link = Some(link);
            seat.set_away(false, now);
            self.replication.reset(player);
        }
    }

    fn seat(&mut self, player: PlayerId) -> Option<&mut Seat> {
        self.seats
            .get_mut(usize::from(player.0))
            .and_then(Option::as_mut)
    }

    fn input(&mut self, player: PlayerId, at: Instant, packet: &InputPacket) {
        let early = self.early_micros(packet.newest, at);
        let next = self.mirror.tick().next();
        let apply_late = self.config.sabotage == Sabotage::ApplyLateInputs;
        let Some(seat) = self.seat(player) else {
            return;
        };
        seat.ack(packet.ack.newest, next.minus(1));
        for (tick, row) in packet.rows().filter(|_| !seat.away) {
            let put = seat.inputs.put(tick, row);
            if put == Put::Late && apply_late {
                seat.inputs.put(next, row);
            }
        }
        if let Some(early) = early {
            seat.inputs.arrived(packet.newest, early, G::TICK_RATE);
        }
        self.replication.ack(player, &packet.ack);
    }

    /// How long before the deadline of `tick` the instant `at` is; `None` before the first tick.
    fn early_micros(&self, tick: Tick, at: Instant) -> Option<i64> {
        let now = self.mirror.tick();
        let span = |ticks: u32| G::TICK_RATE.micros_of(u64::from(ticks)) as i64;
        let offset = span(tick.since(now)) - span(now.since(tick));
        let since_due = at.0 as i64 - self.due?.0 as i64;
        Some(offset - since_due)
    }
}

impl<G: Game> RoomTask for Room<G> {
    fn rate(&self) -> TickRate {
        G::TICK_RATE
    }

    fn handle(&mut self, inbound: Inbound) {
        match inbound {
            Inbound::Join { player, link } => self.join(player, link),
            Inbound::Attach { player, link } => self.attach(player, link),
            Inbound::Detach { player } => {
                if let Some(seat) = self.seat(player) {
                    seat.link = None;
                }
            }
            Inbound::Away { player, away } => {
                let now = self.mirror.tick();
                if let Some(seat) = self.seat(player) {
                    seat.set_away(away, now);
                }
            }
            Inbound::Leave { player } => self.leave(player),
            Inbound::Input { player, at, packet } => self.input(player, at, &packet),
            Inbound::Check { player, samples } => self.checks.push((player, samples)),
        }
    }

    fn tick(&mut self, due: Instant, out: &mut Outbox) {
        let tick = self.mirror.tick().next();
        self.due = Some(due);
        self.take_inputs(tick);
        self.step(tick);
        self.write_back(tick);
        self.replication.begin_tick(&mut self.mirror);
        self.emit(tick);
        self.look(tick);
        if tick.0.is_multiple_of(G::SNAPSHOT_EVERY) {
            self.send(tick, out);
        }
        self.answer_checks(out);
        let (seats, words) = (&mut self.seats, &mut self.words);
        whereabouts::tell(&self.game, &self.mirror, seats, words, out);
        self.counts.seats = self.seats.iter().flatten().count() as u64;
        self.counts.entities = self.mirror.count() as u64;
        out.begin(tick, self.counts);
    }
}
