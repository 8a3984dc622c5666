//! The predicted world: the game stepped ahead of the server with this player's inputs.
//!
//! Never steps what this player does not own, and never decides whether a prediction was right:
//! that is `reconcile`. Every step saves, quantises and loads back as the server does.

use std::sync::Arc;

use super::own::{OwnRow, OwnRows};
use crate::game::{Emitted, Frame, Game, Host, Role, SeatInput, Source, Step};
use crate::id::{EntityId, KindId, PlayerId, Tick};
use crate::input::fetch_row;
use crate::limits::{GHOSTS_MAX, PREDICT_TICKS_MAX, PREDICTION_GROUP_MAX};
use crate::rng::Rng;
use crate::schema::{Audience, Kind, Schema};

const RING: usize = PREDICT_TICKS_MAX as usize;

/// What the client remembers of one predicted tick.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// Which tick; [`Tick::ZERO`] for an unused place.
    pub tick: Tick,
    /// The row of words this player's input was.
    pub input: Vec<u32>,
    /// Where that input came from.
    pub source: Option<Source>,
    /// The prediction group after the tick.
    pub own: OwnRows,
    /// Whether the step read a shown entity.
    pub read_shown: bool,
}

/// The game as this client predicts it.
pub struct Prediction<G: Game> {
    game: G,
    schema: Arc<Schema>,
    seed: u64,
    me: PlayerId,
    tick: Tick,
    own: OwnRows,
    ring: Vec<Past>,
    saved: Frame<G::Entity>,
    back: Frame<G::Entity>,
    emitted: Vec<Emitted<G::Event>>,
    /// Shown entities that a step wrongly ended; they come back with the next confirmed state.
    pub(super) ghosts: Vec<EntityId>,
    words: Vec<u32>,
}

impl<G: Game> Prediction<G> {
    /// An empty world of these rules.
    #[must_use]
    pub fn new(schema: Arc<Schema>, rules: &G::Rules, seed: u64, me: PlayerId) -> Prediction<G> {
        Prediction {
            game: G::new(rules, seed),
            own: OwnRows::new(schema.stride),
            ring: vec![Past::default(); RING],
            saved: Frame::new(Arc::clone(&schema)),
            back: Frame::new(Arc::clone(&schema)),
            schema,
            seed,
            me,
            tick: Tick::ZERO,
            emitted: Vec::new(),
            ghosts: Vec::new(),
            words: Vec::new(),
        }
    }

    /// The newest predicted tick.
    #[must_use]
    pub fn tick(&self) -> Tick {
        self.tick
    }

    /// The prediction group at the newest predicted tick.
    #[must_use]
    pub fn own(&self) -> &OwnRows {
        &self.own
    }

    /// What is remembered of `tick`; `None` when it was not predicted or is too long ago.
    #[must_use]
    pub fn past(&self, tick: Tick) -> Option<&Past> {
        let past = &self.ring[tick.0 as usize % RING];
        (past.tick == tick && tick != Tick::ZERO).then_some(past)
    }

    /// Notes the input of `tick` before it is stepped.
    pub fn note_input(&mut self, tick: Tick, input: &[u32], source: Source) {
        let past = &mut self.ring[tick.0 as usize % RING];
        past.tick = tick;
        past.input.clear();
        past.input.extend_from_slice(input);
        past.source = Some(source);
        past.read_shown = false;
        past.own.clear();
    }

    /// Steps one tick with its noted input. Events go to `out`, as (event, ordinal).
    pub fn step(&mut self, tick: Tick, out: &mut Vec<(G::Event, u8)>) {
        let place = tick.0 as usize % RING;
        let mut seat = [self.seat_input(place)];
        if !self.game.accept(self.me, &mut seat[0].input) {
            seat[0].input = G::Input::default();
            seat[0].source = Source::Missing;
        }
        let mut host = PredictHost::new(&self.own, self.me, tick);
        self.emitted.clear();
        let mut step = Step::new(tick, self.seed, &seat, &mut self.emitted, &mut host);
        self.game.step(&mut step);
        let done = host.done();
        self.finish(tick, &done);
        let past = &mut self.ring[place];
        past.read_shown = done.read_shown;
        past.own.copy_from(&self.own);
        self.tick = tick;
        for emitted in self.emitted.drain(..) {
            if emitted.by == Some(self.me) {
                out.push((emitted.event, emitted.ordinal));
            }
        }
    }

    /// Replaces the prediction group by confirmed rows of `tick` and goes back to that tick.
    pub fn rewind_to(&mut self, tick: Tick, group: &OwnRows) {
        self.back.clear();
        for row in self.own.rows() {
            if group.find(row.id).is_none() {
                self.back.push_removed(row.id);
            }
        }
        for at in 0..self.own.rows().len() {
            let id = self.own.rows()[at].id;
            if group.find(id).is_none() && !id.is_predicted() {
                self.haunt(id);
            }
        }
        for (at, row) in group.rows().iter().enumerate() {
            group.at_tick(&self.schema, at, tick, &mut self.words);
            let me = Some(self.me);
            self.back
                .push_row(row.id, row.kind, Audience::Owner, me, &self.words);
        }
        self.game.load(&self.back);
        self.own.copy_from(group);
        self.tick = tick;
        let past = &mut self.ring[tick.0 as usize % RING];
        if past.tick != tick {
            *past = Past::default();
        }
        past.tick = tick;
        past.own.copy_from(group);
    }

    /// The server's name `to` of a predicted spawn `from` arrived and its row was right: renames
    /// it in the present and in every remembered tick from `since` on.
    pub fn rename(&mut self, from: EntityId, to: EntityId, since: Tick) {
        if let Some(at) = self.own.find(from) {
            let kind = self.own.rows()[at].kind;
            self.own
                .at_tick(&self.schema, at, self.tick, &mut self.words);
            self.back.clear();
            self.back.push_removed(from);
            let me = Some(self.me);
            self.back
                .push_row(to, kind, Audience::Owner, me, &self.words);
            self.game.load(&self.back);
            self.own.rename(from, to);
        }
        for past in self.ring.iter_mut().filter(|past| past.tick >= since) {
            past.own.rename(from, to);
        }
    }

    /// Starts a list of changes of shown entities; see [`Prediction::load_shown`].
    pub fn begin_shown(&mut self) {
        self.back.clear();
    }

    /// Adds a confirmed row of a shown entity to the list.
    pub fn put_shown(
        &mut self,
        id: EntityId,
        kind: KindId,
        known: Audience,
        owner: Option<PlayerId>,
        words: &[u32],
    ) {
        self.back.push_row(id, kind, known, owner, words);
    }

    /// Adds to the list that an entity is gone.
    pub fn remove_shown(&mut self, id: EntityId) {
        self.back.push_removed(id);
    }

    /// Gives the list to the game.
    pub fn load_shown(&mut self) {
        if !self.back.rows().is_empty() || !self.back.removed().is_empty() {
            self.game.load(&self.back);
        }
    }

    fn seat_input(&self, place: usize) -> SeatInput<G::Input> {
        let past = &self.ring[place];
        let input = fetch_row(KindId(0), &self.schema.input, &past.input);
        SeatInput {
            player: self.me,
            source: if input.is_some() { past.source } else { None }.unwrap_or(Source::Missing),
            input: input.unwrap_or_default(),
        }
    }

    /// The end of a step: what the mirror does on the server, in the same order.
    fn finish(&mut self, tick: Tick, done: &Done) {
        for &id in &done.spawned {
            self.own.put(fresh_row(id), &[]);
        }
        for &id in &done.despawned {
            if !self.own.remove(id) {
                self.haunt(id);
            }
        }
        self.saved.clear();
        self.game.save(&mut self.saved);
        self.back.clear();
        let (saved, back) = (&mut self.saved, &mut self.back);
        self.own.apply(&self.schema, saved, tick, self.me, back);
        self.game.load(back);
        for &id in &done.teleports {
            self.own.bump(&self.schema, id, tick, |_| Kind::TELEPORTS);
        }
        for &id in &done.shoves {
            self.own.bump(&self.schema, id, tick, Kind::shoves);
        }
        for &id in &done.spawned {
            self.drop_rowless(id);
        }
    }

    /// Notes an entity that the game forgot though it may still be confirmed. At [`GHOSTS_MAX`]
    /// the oldest note goes: that entity comes back with its next change only.
    fn haunt(&mut self, id: EntityId) {
        if self.ghosts.len() >= GHOSTS_MAX {
            self.ghosts.remove(0);
        }
        self.ghosts.push(id);
    }

    /// A spawn that the game never put does not exist.
    fn drop_rowless(&mut self, id: EntityId) {
        let at = self.own.find(id);
        if at.is_some_and(|at| self.own.rows()[at].since == Tick::ZERO) {
            self.own.remove(id);
        }
    }
}

fn fresh_row(id: EntityId) -> OwnRow {
    OwnRow {
        id,
        kind: KindId(0),
        since: Tick::ZERO,
    }
}

/// What a step did through its host.
#[derive(Debug, Default)]
struct Done {
    spawned: Vec<EntityId>,
    despawned: Vec<EntityId>,
    teleports: Vec<EntityId>,
    shoves: Vec<EntityId>,
    read_shown: bool,
}

/// The host of a predicted step.
struct PredictHost<'a> {
    own: &'a OwnRows,
    me: PlayerId,
    tick: Tick,
    ordinal: u8,
    done: Done,
}

impl<'a> PredictHost<'a> {
    fn new(own: &'a OwnRows, me: PlayerId, tick: Tick) -> PredictHost<'a> {
        PredictHost {
            own,
            me,
            tick,
            ordinal: 0,
            done: Done::default(),
        }
    }

    fn done(self) -> Done {
        self.done
    }

    fn is_own(&self, id: EntityId) -> bool {
        self.own.find(id).is_some() || self.done.spawned.contains(&id)
    }
}

impl Host for PredictHost<'_> {
    fn spawn(&mut self, owner: Option<PlayerId>) -> Option<EntityId> {
        let full = self.own.rows().len() + self.done.spawned.len() >= PREDICTION_GROUP_MAX;
        if owner != Some(self.me) || full {
            return None;
        }
        let id = EntityId::predicted(self.tick, self.ordinal);
        self.ordinal = self.ordinal.checked_add(1)?;
        self.done.spawned.push(id);
        Some(id)
    }

    fn despawn(&mut self, id: EntityId) {
        self.done.read_shown |= !self.is_own(id);
        self.done.despawned.push(id);
    }

    fn role(&self, id: EntityId) -> Role {
        match self.is_own(id) {
            true => Role::Predicted,
            false => Role::Shown,
        }
    }

    fn teleport(&mut self, id: EntityId) {
        self.done.teleports.push(id);
    }

    fn shove(&mut self, id: EntityId) {
        self.done.shoves.push(id);
    }

    fn read_shown(&mut self) {
        self.done.read_shown = true;
    }

    fn secret(&mut self) -> Option<&mut Rng> {
        None
    }

    fn is_server(&self) -> bool {
        false
    }
}
