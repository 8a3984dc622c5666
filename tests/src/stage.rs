//! A game on a mirror and nothing else: no network, no sessions.
//!
//! It stands beside the server's room on purpose: a second, smaller host of the same contract, so
//! that a rule both get wrong in the same way is unlikely.

use std::sync::Arc;

use tickwire_shared::game::{
    Authority, Emitted, Frame, Game, SeatInput, Source, Step, Visible, schema_of,
};
use tickwire_shared::id::{EntityId, KindId, PlayerId, Tick};
use tickwire_shared::limits::BLOCK_SLOTS;
use tickwire_shared::replicate::{Replicate, RowMut};
use tickwire_shared::rng::Rng;
use tickwire_shared::schema::{Audience, Schema};
use tickwire_shared::snapshot::{Mirror, RowAt, slots_of};

use crate::games::SimGame;

/// One game with its mirror, stepped by hand.
pub struct Stage<G: Game> {
    rules: G::Rules,
    seed: u64,
    game: G,
    mirror: Mirror,
    frame: Frame<G::Entity>,
    secret: Rng,
    seats: Vec<SeatInput<G::Input>>,
    events: Vec<Emitted<G::Event>>,
}

/// An event as replication takes it.
pub struct EventWords {
    /// Its kind.
    pub kind: KindId,
    /// Its words.
    pub words: Vec<u32>,
    /// Where it happened.
    pub at: Option<EntityId>,
    /// Whose input caused it, and which of that player's events it is.
    pub by: Option<(PlayerId, u8)>,
}

/// The compiled schema of a game.
///
/// # Panics
/// When the schema breaks a rule; the message says which.
#[must_use]
pub fn schema<G: Game>() -> Arc<Schema> {
    match schema_of::<G>() {
        Ok(schema) => Arc::new(schema),
        Err(why) => panic!("{}: {}", why.at, why.why),
    }
}

impl<G: SimGame> Stage<G> {
    /// An empty world before its first tick.
    #[must_use]
    pub fn new(seed: u64) -> Stage<G> {
        Stage::with(schema::<G>(), seed)
    }

    /// As [`Stage::new`] with a schema that many runs share.
    #[must_use]
    pub fn with(schema: Arc<Schema>, seed: u64) -> Stage<G> {
        let rules = G::rules(seed);
        Stage {
            game: G::new(&rules, seed),
            mirror: Mirror::new(Arc::clone(&schema)),
            frame: Frame::new(schema),
            secret: Rng::of(seed, &[0x5EC]),
            seats: Vec::new(),
            events: Vec::new(),
            rules,
            seed,
        }
    }

    /// The mirror after the last tick.
    #[must_use]
    pub fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// Runs one tick; `come` takes a seat before it and `go` leaves one. Inputs of seated players
    /// come from `intents`.
    pub fn tick(&mut self, come: Option<PlayerId>, go: Option<PlayerId>, intents: &mut Rng) {
        let tick = self.mirror.tick().next();
        for seat in &mut self.seats {
            seat.input = G::intent(intents, &seat.input);
            self.game.accept(seat.player, &mut seat.input);
        }
        self.events.clear();
        let mut host = Authority {
            tick,
            mirror: &mut self.mirror,
            secret: &mut self.secret,
            spawns_failed: &mut 0,
        };
        let mut cx = Step::new(tick, self.seed, &self.seats, &mut self.events, &mut host);
        if tick == Tick(1) {
            self.game.start(&mut cx);
        }
        if let Some(player) = go {
            self.game.leave(&mut cx, player);
        }
        if let Some(player) = come {
            self.game.join(&mut cx, player);
        }
        self.game.step(&mut cx);
        self.reseat(come, go);
        self.frame.clear();
        self.game.save(&mut self.frame);
        self.mirror.apply(&mut self.frame, tick);
        self.game.load(&self.frame);
    }

    /// The mirror, for replication to begin its tick.
    pub fn mirror_mut(&mut self) -> &mut Mirror {
        &mut self.mirror
    }

    /// Frees the slots of everything that is gone, as when nobody views the room.
    pub fn release(&mut self) {
        self.mirror.release_departed(|_| false);
    }

    /// What the game says about a viewer and an entity that exists.
    #[must_use]
    pub fn visible(&self, viewer: PlayerId, id: EntityId) -> Visible {
        let row = self
            .mirror
            .row_at(id.slot, self.mirror.tick())
            .filter(|row| row.id == id);
        row.map_or(Visible::Hidden, |row| self.visible_row(viewer, &row))
    }

    /// What the game says about a viewer and an entity as it was.
    #[must_use]
    pub fn visible_row(&self, viewer: PlayerId, row: &RowAt<'_>) -> Visible {
        let mut frame = Frame::<G::Entity>::new(Arc::clone(self.mirror.schema()));
        frame.push_row(row.id, row.kind, Audience::Server, row.owner, row.words);
        let seen = frame
            .iter()
            .next()
            .map(|(id, entity)| self.game.visible(viewer, id, &entity));
        seen.unwrap_or(Visible::Hidden)
    }

    /// The entities of a block.
    pub fn ids_of_block(&self, block: usize) -> impl Iterator<Item = EntityId> + '_ {
        let rows = self.mirror.block(block);
        slots_of(rows.alive).map(move |bit| EntityId {
            slot: (block * BLOCK_SLOTS + bit) as u32,
            generation: rows.generations[bit],
        })
    }

    /// The events of the last step as words.
    pub fn take_events(&mut self) -> Vec<EventWords> {
        let schema = Arc::clone(self.mirror.schema());
        let words_of = |emitted: Emitted<G::Event>| {
            let kind = emitted.event.kind();
            let mut words = vec![0; schema.events[usize::from(kind.0)].words.len()];
            let public = words.as_mut_slice();
            emitted.event.store(RowMut {
                public,
                owner: &mut [],
                server: &mut [],
            });
            let by = emitted.by.map(|by| (by, emitted.ordinal));
            EventWords {
                kind,
                words,
                at: emitted.at,
                by,
            }
        };
        self.events.drain(..).map(words_of).collect()
    }

    /// Replaces the game by a new one that knows only what the mirror holds.
    pub fn forget(&mut self) {
        let mut everything = Frame::new(Arc::clone(self.mirror.schema()));
        self.mirror.fill(&mut everything);
        self.game = G::new(&self.rules, self.seed);
        self.game.load(&everything);
    }

    fn reseat(&mut self, come: Option<PlayerId>, go: Option<PlayerId>) {
        self.seats.retain(|seat| Some(seat.player) != go);
        if let Some(player) = come {
            let input = G::Input::default();
            self.seats.push(SeatInput {
                player,
                input,
                source: Source::Real,
            });
            self.seats.sort_by_key(|seat| seat.player);
        }
    }
}
