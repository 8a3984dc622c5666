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
mod whereabouts;

use std::sync::Arc;

use tickwire_shared::delta::Tables;
use tickwire_shared::game::{Authority, Emitted, Frame, Game, SeatInput, Source, Step};
use tickwire_shared::id::{Lane, LinkId, PlayerId, Tick};
use tickwire_shared::input::{InputPacket, InputShape, Put, fetch_row, store_row};
use tickwire_shared::limits::SEATS_MAX;
use tickwire_shared::replicate::Replicate;
use tickwire_shared::rng::Rng;
use tickwire_shared::schema::Schema;
use tickwire_shared::snapshot::Mirror;
use tickwire_shared::time::{Instant, TickRate};
use tickwire_shared::wire::{BoundedVec, Sample, ServerControl, encode};

use self::seat::{Pace, Seat};
use self::sight::Sight;
use super::port::{Inbound, Outbox, RoomCounts, RoomTask};
use super::replication::{Happened, Replication, ReplicationConfig};

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

    fn take_inputs(&mut self, tick: Tick) {
        self.inputs.clear();
        for seat in self.seats.iter_mut().flatten() {
            let (row, source) = seat.inputs.take(tick);
            let decoded = fetch_row(Default::default(), &self.config.schema.input, row);
            let mut taken = SeatInput {
                player: seat.player,
                input: decoded.unwrap_or_default(),
                source,
            };
            if source != Source::Missing && self.config.sabotage != Sabotage::SkipAccept {
                gate(&self.game, seat, &mut taken, &mut self.counts);
            }
            match taken.source {
                Source::Real => self.counts.inputs_real += 1,
                Source::Repeated => self.counts.inputs_repeated += 1,
                Source::Missing => self.counts.inputs_missing += 1,
            }
            self.inputs.push(taken);
        }
    }

    fn step(&mut self, tick: Tick) {
        self.events.clear();
        let mut host = Authority {
            tick,
            mirror: &mut self.mirror,
            secret: &mut self.secret,
            spawns_failed: &mut self.counts.spawns_failed,
        };
        let seed = self.config.seed;
        let mut cx = Step::new(tick, seed, &self.inputs, &mut self.events, &mut host);
        if tick == Tick::ZERO.next() {
            self.game.start(&mut cx);
        }
        for (player, came) in self.turnover.drain(..) {
            if came {
                self.game.join(&mut cx, player);
            } else {
                self.game.leave(&mut cx, player);
            }
        }
        self.game.step(&mut cx);
    }

    /// World to mirror, and back what the mirror holds.
    fn write_back(&mut self, tick: Tick) {
        self.frame.clear();
        self.game.save(&mut self.frame);
        self.mirror.apply(&mut self.frame, tick);
        if self.config.sabotage != Sabotage::SkipWriteBack {
            self.game.load(&self.frame);
        }
    }

    fn emit(&mut self, tick: Tick) {
        for event in &self.events {
            let kind_id = event.event.kind();
            let Some(kind) = self.config.schema.events.get(usize::from(kind_id.0)) else {
                continue;
            };
            store_row(&event.event, kind, &mut self.words);
            let happened = Happened {
                at: event.at,
                owner: event.at.and_then(|at| {
                    // An entity that ended in this tick had its owner until the one before.
                    self.mirror.owner(at).or_else(|| {
                        let row = self.mirror.row_at(at.slot, tick.minus(1));
                        row.filter(|row| row.id == at)?.owner
                    })
                }),
                by: event.by.map(|by| (by, event.ordinal)),
            };
            self.replication.emit(tick, kind_id, &self.words, happened);
        }
    }

    fn look(&mut self, tick: Tick) {
        if G::HIDES {
            let viewers = self.seats.iter().flatten().map(|seat| seat.player);
            self.frame.clear();
            let replication = &mut self.replication;
            let show = &mut |player, block, mask| replication.show_only(player, block, mask);
            self.sight.look(
                &self.game,
                &self.mirror,
                &mut self.frame,
                viewers,
                tick,
                show,
            );
        }
    }

    fn send(&mut self, tick: Tick, out: &mut Outbox) {
        for seat in self.seats.iter_mut().flatten() {
            let Some(link) = seat.link else { continue };
            let never_slow = self.config.sabotage == Sabotage::NeverSlow;
            let parts_max = match seat.pace(tick, G::TICK_RATE) {
                _ if never_slow => self.config.replication.parts_max,
                Pace::Full => self.config.replication.parts_max,
                Pace::One => 1,
                Pace::None => continue,
            };
            let report = seat.report();
            let mut sink = |packet: &[u8]| out.push(link, Lane::Snapshot, packet);
            let (mirror, player) = (&self.mirror, seat.player);
            self.replication
                .send_parts(mirror, player, report, parts_max, &mut sink);
            if let Some(bytes) = self.replication.take_overflow_events(seat.player, tick) {
                let bytes = BoundedVec::of_first(bytes);
                out.push(
                    link,
                    Lane::Ordered,
                    &encode(&ServerControl::Events { bytes }),
                );
            }
        }
    }

    fn answer_checks(&mut self, out: &mut Outbox) {
        for (player, samples) in std::mem::take(&mut self.checks) {
            let seat = self
                .seats
                .get(usize::from(player.0))
                .and_then(Option::as_ref);
            let Some(link) = seat.and_then(|seat| seat.link) else {
                continue;
            };
            let sight = G::HIDES.then_some(&self.sight);
            let results = checks::answer(&self.mirror, sight, player, &samples);
            self.counts.checks += results.len() as u64;
            self.counts.desyncs += checks::count_differing(&results);
            let results = BoundedVec::of_first(results);
            out.push(
                link,
                Lane::Ordered,
                &encode(&ServerControl::Checked { results }),
            );
        }
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

/// Asks the game whether it takes an input, a repeated one too. What it changes, the player's
/// client changed alike; what it refuses counts as missing, and the client is told.
fn gate<G: Game>(
    game: &G,
    seat: &mut Seat,
    taken: &mut SeatInput<G::Input>,
    counts: &mut RoomCounts,
) {
    if !game.accept(taken.player, &mut taken.input) {
        taken.input = G::Input::default();
        taken.source = Source::Missing;
        counts.inputs_refused += 1;
        seat.inputs.refuse();
    }
}
