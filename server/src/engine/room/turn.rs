//! The steps of one tick of a room, in the order in which they come.
//!
//! Never decides when a tick is due, nor takes a packet.

use tickwire_shared::game::{Authority, Game, SeatInput, Source, Step};
use tickwire_shared::id::{Lane, Tick};
use tickwire_shared::input::{fetch_row, store_row};
use tickwire_shared::replicate::Replicate;
use tickwire_shared::wire::{BoundedVec, ServerControl, encode};

use super::seat::{Pace, Seat};
use super::{Room, Sabotage, checks};
use crate::engine::port::{Outbox, RoomCounts};
use crate::engine::replication::Happened;

impl<G: Game> Room<G> {
    pub(super) fn take_inputs(&mut self, tick: Tick) {
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

    pub(super) fn step(&mut self, tick: Tick) {
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
    pub(super) fn write_back(&mut self, tick: Tick) {
        self.frame.clear();
        self.game.save(&mut self.frame);
        self.mirror.apply(&mut self.frame, tick);
        if self.config.sabotage != Sabotage::SkipWriteBack {
            self.game.load(&self.frame);
        }
    }

    pub(super) fn emit(&mut self, tick: Tick) {
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

    pub(super) fn look(&mut self, tick: Tick) {
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

    pub(super) fn send(&mut self, tick: Tick, out: &mut Outbox) {
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

    pub(super) fn answer_checks(&mut self, out: &mut Outbox) {
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
