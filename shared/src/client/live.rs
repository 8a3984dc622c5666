//! A client in a room: what it received, what it predicts, what it draws and what it sends.
//!
//! Never dials, never shakes hands and never chats: that is `session`. It turns snapshot packets
//! and wanted inputs into input packets and drawn rows.

mod ahead;
mod arrive;
mod draw;
mod judge;

use core::time::Duration;
use std::sync::Arc;

use super::clock::{Clock, Issued};
use super::events::{Certainty, PredictedEvents};
use super::latch::Latch;
use super::own::OwnRows;
use super::predict::Prediction;
use super::reconcile::{ConfirmedGroup, Found, Misprediction};
use super::smooth::Smooth;
use super::stats::{ClientStats, LossCount};
use super::{ClientEvent, Sabotage};
use crate::bits::BitWriter;
use crate::delta::{Change, Confirmed, DeltaError, EventRow, Tables};
use crate::game::Game;
use crate::id::{EntityId, PlayerId, Tick};
use crate::input::{InputBatch, InputPacket, InputShape, Shown, Verdict, fetch_row, store_row};
use crate::limits::{CLIENT_QUEUE_MAX, PREDICT_TICKS_MAX};
use crate::schema::Schema;
use crate::time::Instant;

const RING: usize = PREDICT_TICKS_MAX as usize;

/// What the server said about a room at the handshake.
pub struct RoomTerms<G: Game> {
    /// The compiled schema of `G`.
    pub schema: Arc<Schema>,
    /// The code tables of this room.
    pub tables: Arc<Tables>,
    /// This client's seat.
    pub me: PlayerId,
    /// The room's seed.
    pub seed: u64,
    /// The room's rules.
    pub rules: G::Rules,
    /// Snapshots come every so many ticks.
    pub snapshot_every: u32,
    /// Round trip of the handshake.
    pub rtt: Duration,
    /// A planted bug, for tests.
    pub sabotage: Sabotage,
}

/// What the client notes about each tick it sent an input for.
#[derive(Clone, Copy, Debug)]
struct Sent {
    tick: Tick,
    issued: Issued,
    /// Whether the time to its snapshot was measured.
    answered: bool,
}

/// A client in a room.
pub struct Live<G: Game> {
    schema: Arc<Schema>,
    rules: G::Rules,
    confirmed: Confirmed,
    clock: Clock,
    prediction: Prediction<G>,
    /// Whether the prediction stands on a confirmed tick; if not, the next group sets it.
    anchored: bool,
    /// Whether the player is away: nothing is predicted.
    away: bool,
    /// Whether a confirmed group came that was not compared yet.
    group_pending: bool,
    group: ConfirmedGroup,
    /// The group at the last comparison.
    compared: OwnRows,
    compared_tick: Tick,
    found: Found,
    verdicts: Vec<(Tick, Verdict)>,
    sent: Vec<Option<Sent>>,
    latch: Latch,
    shape: InputShape,
    batch: InputBatch,
    smooth: Smooth,
    predicted_events: PredictedEvents<G::Event>,
    loss: LossCount,
    newest: Tick,
    shown: Option<Shown>,
    me: PlayerId,
    snapshot_every: u32,
    sabotage: Sabotage,
    changes: Vec<Change>,
    event_rows: Vec<EventRow>,
    step_events: Vec<(G::Event, u8)>,
    row: Vec<u32>,
    last_misprediction: Option<Misprediction>,
    latencies_micros: Vec<u32>,
    writer: BitWriter,
}

impl<G: Game> Live<G> {
    /// A client that has just been welcomed.
    #[must_use]
    pub fn new(terms: RoomTerms<G>) -> Live<G> {
        let schema = terms.schema;
        let shape = InputShape::of::<G::Input>(&schema);
        let mut clock = Clock::new(G::TICK_RATE, terms.snapshot_every);
        clock.guess_rtt(terms.rtt);
        if terms.sabotage == Sabotage::LateClock {
            clock.believe_early();
        }
        Live {
            confirmed: Confirmed::new(Arc::clone(&schema), terms.tables, terms.me),
            prediction: Prediction::new(Arc::clone(&schema), &terms.rules, terms.seed, terms.me),
            clock,
            anchored: false,
            away: false,
            group_pending: false,
            group: ConfirmedGroup {
                own: OwnRows::new(schema.stride),
                ..ConfirmedGroup::default()
            },
            compared: OwnRows::new(schema.stride),
            compared_tick: Tick::ZERO,
            found: Found::default(),
            verdicts: vec![(Tick::ZERO, Verdict::Missing); RING],
            sent: vec![None; RING],
            latch: Latch::new(shape.clone()),
            batch: InputBatch::new(shape.words()),
            shape,
            smooth: Smooth::default(),
            predicted_events: PredictedEvents::default(),
            loss: LossCount::default(),
            newest: Tick::ZERO,
            shown: None,
            me: terms.me,
            snapshot_every: terms.snapshot_every.max(1),
            sabotage: terms.sabotage,
            changes: Vec::new(),
            event_rows: Vec::new(),
            step_events: Vec::new(),
            row: Vec::new(),
            last_misprediction: None,
            latencies_micros: Vec::new(),
            writer: BitWriter::new(),
            rules: terms.rules,
            schema,
        }
    }

    /// The room's rules.
    #[must_use]
    pub fn rules(&self) -> &G::Rules {
        &self.rules
    }

    /// This client's seat.
    #[must_use]
    pub fn me(&self) -> PlayerId {
        self.me
    }

    /// The newest predicted tick; [`Tick::ZERO`] before the first snapshot.
    #[must_use]
    pub fn tick(&self) -> Tick {
        self.prediction.tick()
    }

    /// The newest tick a snapshot came for; [`Tick::ZERO`] before the first.
    #[must_use]
    pub fn newest(&self) -> Tick {
        self.newest
    }

    /// The instant at which shown entities are drawn; `None` before the first frame.
    #[must_use]
    pub fn shown(&self) -> Option<Shown> {
        self.shown
    }

    /// The rows received so far.
    #[must_use]
    pub fn confirmed(&self) -> &Confirmed {
        &self.confirmed
    }

    /// The compiled schema.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The last misprediction that nothing explained.
    #[must_use]
    pub fn last_misprediction(&self) -> Option<&Misprediction> {
        self.last_misprediction.as_ref()
    }

    /// Moves the times from sending an input to its snapshot that were measured since the last
    /// call to the end of `out`, in microseconds.
    pub fn take_latencies(&mut self, out: &mut Vec<u32>) {
        out.append(&mut self.latencies_micros);
    }

    /// The player wants this input from now on; see [`Latch::set`].
    pub fn set_input(&mut self, input: &G::Input) {
        store_row(input, &self.schema.input, &mut self.row);
        self.latch.set(&self.row);
    }

    /// Only the taps of this input; see [`Latch::press`].
    pub fn press(&mut self, input: &G::Input) {
        store_row(input, &self.schema.input, &mut self.row);
        self.latch.press(&self.row);
    }

    /// Uses events that came over the Ordered lane.
    ///
    /// # Errors
    /// When the bytes break the format: the server is broken.
    pub fn receive_events(&mut self, bytes: &[u8]) -> Result<(), DeltaError> {
        self.confirmed.receive_events(bytes)
    }

    /// The player goes, or is back: then prediction starts over from the newest confirmed group.
    pub fn set_away(&mut self, away: bool) {
        self.away = away;
        self.anchored = false;
    }

    /// Brings the client to `now`: takes over what was received, reconciles, and predicts up to
    /// the present tick, at most [`FRAME_TICKS_MAX`](crate::limits::FRAME_TICKS_MAX) ticks. True
    /// when an input packet should go.
    pub fn frame(
        &mut self,
        now: Instant,
        stats: &mut ClientStats,
        events: &mut Vec<ClientEvent<G>>,
    ) -> bool {
        if !self.clock.started() {
            return false;
        }
        self.clock.advance(now);
        self.take_shown_changes();
        if self.group_pending && !self.away {
            self.group_pending = false;
            self.reconcile(now, stats, events);
        }
        let stepped = !self.away && self.predict(now, stats, events);
        self.tell_events(events);
        self.smooth.prune(now);
        let shown = self.clock.shown(now);
        let dry = shown.tick >= self.newest && !self.away;
        if dry && self.shown.is_some_and(|last| last.tick != shown.tick) {
            stats.underruns += 1;
        }
        self.shown = Some(self.shown.map_or(shown, |last| last.max(shown)));
        self.fill_stats(now, stats);
        stepped
    }

    /// When the next tick is due; at once when a snapshot waits to be started from, `None` when
    /// there is nothing to do before the next one.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        if self.away {
            return None;
        }
        if self.group_pending && !self.anchored {
            return Some(Instant::default());
        }
        self.anchored
            .then(|| self.clock.due(self.prediction.tick().next()))
    }

    /// The input packet of now; `None` before the first input.
    pub fn input_packet(&mut self) -> Option<&[u8]> {
        let newest = self.batch.newest()?;
        let lead = self.clock.lead_ticks().max(1.0) as u32 + 2;
        let count = self.batch.useful(self.loss.share(), lead);
        let mut packet = InputPacket {
            ack: self.confirmed.ack(),
            shown: self.shown,
            newest,
            count: count as u8,
            words: Vec::with_capacity(count * self.shape.words()),
        };
        self.batch.copy_newest_first(count, &mut packet.words);
        self.writer.clear();
        packet.encode(&self.schema.input, &mut self.writer);
        Some(self.writer.finish())
    }

    fn tell_events(&mut self, events: &mut Vec<ClientEvent<G>>) {
        self.confirmed.take_events(&mut self.event_rows);
        for row in self.event_rows.drain(..) {
            let Some(kind) = self.schema.events.get(usize::from(row.kind.0)) else {
                continue;
            };
            let certainty = row.own.map_or(Certainty::Remote, |ordinal| {
                self.predicted_events.confirmed(row.tick, ordinal)
            });
            let words = &row.words[..kind.words.len()];
            if let Some(event) = fetch_row(row.kind, kind, words) {
                push_event(events, event, row.tick, certainty);
            }
        }
        while let Some((tick, event)) = self.predicted_events.take_rejected(self.group.tick) {
            push_event(events, event, tick, Certainty::Rejected);
        }
    }

    fn take_shown_changes(&mut self) {
        self.confirmed.take_changes(&mut self.changes);
        if self.changes.is_empty() {
            return;
        }
        self.prediction.begin_shown();
        let group = self.confirmed.group();
        for change in &self.changes {
            match *change {
                Change::Entered(id) | Change::Updated(id) => {
                    let grouped = group.members.iter().any(|member| member.id == id);
                    if !grouped && self.prediction.own().find(id).is_none() {
                        put_shown(&mut self.prediction, &self.schema, &self.confirmed, id);
                    }
                }
                Change::Left(id)
                    if self.prediction.own().find(id).is_none()
                        && self.confirmed.row(id).is_none() =>
                {
                    self.prediction.remove_shown(id);
                }
                Change::Left(_) => {}
            }
        }
        self.changes.clear();
        self.prediction.load_shown();
    }

    fn fill_stats(&self, now: Instant, stats: &mut ClientStats) {
        stats.rtt = self.clock.rtt();
        stats.jitter = self.clock.jitter();
        stats.loss = self.loss.share();
        stats.lead_ticks = self.clock.lead_ticks();
        stats.interpolation_delay = self.clock.interpolation_delay();
        stats.prediction_error = self.smooth.visible_units(now);
    }
}

fn put_shown<G: Game>(
    prediction: &mut Prediction<G>,
    schema: &Schema,
    confirmed: &Confirmed,
    id: EntityId,
) {
    let Some(mut row) = confirmed.row(id) else {
        return;
    };
    let Some(kind) = schema.entity(row.kind) else {
        return;
    };
    let words = &mut row.words[..kind.row_words(row.known)];
    crate::snapshot::advance(kind, words, row.tick.since(row.since));
    prediction.put_shown(id, row.kind, row.known, row.owner, words);
}

/// Tells the caller an event; at [`CLIENT_QUEUE_MAX`] untaken ones it is dropped.
fn push_event<G: Game>(
    events: &mut Vec<ClientEvent<G>>,
    event: G::Event,
    tick: Tick,
    certainty: Certainty,
) {
    if events.len() < CLIENT_QUEUE_MAX {
        events.push(ClientEvent::Game {
            event,
            tick,
            certainty,
        });
    }
}
