//! A room without a network: arena and its bots in a plain loop over a mirror.
//!
//! Never needed by a server. It exists so that one number can say whether two machines, or a run
//! with and one without amnesia, computed the same world.

#[cfg(test)]
mod prediction;

use std::sync::Arc;

use tickwire_shared::game::{Authority, Emitted, Frame, Game, SeatInput, Source, Step, schema_of};
use tickwire_shared::id::{EntityId, PlayerId, Tick};
use tickwire_shared::rng::Rng;
use tickwire_shared::schema::SchemaError;
use tickwire_shared::snapshot::Mirror;

use crate::brain::{Brain, Skill, View};
use crate::kinds::{Entity, Event, Input, Rules};
use crate::world::Arena;

/// Bots in [`replay_hash`].
pub const REPLAY_BOTS: u16 = 16;

/// A room without a network.
pub struct LocalRoom {
    rules: Rules,
    seed: u64,
    tick: Tick,
    game: Arena,
    mirror: Mirror,
    frame: Frame<Entity>,
    secret: Rng,
    bots: Vec<(PlayerId, Brain)>,
    joining: Vec<PlayerId>,
    leaving: Vec<PlayerId>,
    events: Vec<Emitted<Event>>,
    /// What bots see: the world after the last tick.
    seen: Vec<(EntityId, Option<PlayerId>, Entity)>,
    inputs: Vec<SeatInput<Input>>,
}

impl LocalRoom {
    /// A room with these rules and `bots` bots; everything in it follows from the seed.
    ///
    /// # Errors
    /// [`SchemaError`] when arena's own declarations break a rule of schemas.
    pub fn new(rules: Rules, seed: u64, bots: u16) -> Result<LocalRoom, SchemaError> {
        let schema = Arc::new(schema_of::<Arena>()?);
        let brain = |seat| Brain::new(&rules, seed ^ u64::from(seat) << 32, Skill::default());
        let minds = (0..bots).map(|seat| (PlayerId(seat), brain(seat)));
        Ok(LocalRoom {
            game: Arena::new(&rules, seed),
            mirror: Mirror::new(Arc::clone(&schema)),
            frame: Frame::new(schema),
            secret: Rng::of(seed, &[1]),
            bots: minds.collect(),
            joining: (0..bots).map(PlayerId).collect(),
            leaving: Vec::new(),
            tick: Tick::ZERO,
            events: Vec::new(),
            seen: Vec::new(),
            inputs: Vec::new(),
            rules,
            seed,
        })
    }

    /// Computes the next tick: bots think, the game steps, the mirror is written back.
    pub fn advance(&mut self) {
        self.tick = self.tick.next();
        self.think();
        self.step();
        self.frame.clear();
        self.game.save(&mut self.frame);
        self.mirror.apply(&mut self.frame, self.tick);
        self.game.load(&self.frame);
        self.mirror.release_departed(|_| false);
        self.look();
    }

    /// Replaces the game by a new one that knows nothing but the mirror.
    pub fn forget(&mut self) {
        self.game = Arena::new(&self.rules, self.seed);
        self.frame.clear();
        self.mirror.fill(&mut self.frame);
        self.game.load(&self.frame);
    }

    /// Takes a seat in the next tick; without a bot the player stands still.
    pub fn join(&mut self, player: PlayerId) {
        self.joining.push(player);
    }

    /// Ends a session in the next tick, and its bot.
    pub fn leave(&mut self, player: PlayerId) {
        self.bots.retain(|(seat, _)| *seat != player);
        self.leaving.push(player);
    }

    /// The last tick that was computed.
    #[must_use]
    pub fn tick(&self) -> Tick {
        self.tick
    }

    /// The world as the mirror holds it, with owners.
    #[must_use]
    pub fn entities(&self) -> &[(EntityId, Option<PlayerId>, Entity)] {
        &self.seen
    }

    /// What happened in the last tick.
    #[must_use]
    pub fn events(&self) -> &[Emitted<Event>] {
        &self.events
    }

    /// The room's mirror.
    #[must_use]
    pub fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    fn think(&mut self) {
        self.inputs.clear();
        for (player, brain) in &mut self.bots {
            let input = brain.think(&View {
                tick: self.tick,
                me: *player,
                entities: &self.seen,
            });
            self.inputs.push(SeatInput {
                player: *player,
                input,
                source: Source::Real,
            });
        }
    }

    fn step(&mut self) {
        self.events.clear();
        let mut host = Authority {
            tick: self.tick,
            mirror: &mut self.mirror,
            secret: &mut self.secret,
            spawns_failed: &mut 0,
        };
        let mut cx = Step::new(
            self.tick,
            self.seed,
            &self.inputs,
            &mut self.events,
            &mut host,
        );
        if self.tick == Tick(1) {
            self.game.start(&mut cx);
        }
        for player in self.leaving.drain(..) {
            self.game.leave(&mut cx, player);
        }
        for player in self.joining.drain(..) {
            self.game.join(&mut cx, player);
        }
        self.game.step(&mut cx);
    }

    fn look(&mut self) {
        self.seen.clear();
        let mirror = &self.mirror;
        let all = self.game.entities();
        self.seen
            .extend(all.map(|(id, entity)| (id, mirror.owner(id), entity)));
    }
}

/// A hash over the words of every tick of a run with [`REPLAY_BOTS`] bots: equal on every
/// platform.
///
/// # Panics
/// When arena's own schema does not compile, which a test rules out.
#[must_use]
pub fn replay_hash(seed: u64, ticks: u32) -> u64 {
    hash_of_run(seed, ticks, None)
}

/// As [`replay_hash`], forgetting everything but the mirror every so many ticks; must give the
/// same number. `every` 0 counts as 1.
///
/// # Panics
/// As [`replay_hash`].
#[must_use]
pub fn amnesia_hash(seed: u64, ticks: u32, every: u32) -> u64 {
    hash_of_run(seed, ticks, Some(every.max(1)))
}

fn hash_of_run(seed: u64, ticks: u32, forget_every: Option<u32>) -> u64 {
    let room = LocalRoom::new(Rules::default(), seed, REPLAY_BOTS);
    let mut room = room.unwrap_or_else(|error| panic!("arena's schema: {error:?}"));
    let mut hash = 0_u64;
    for tick in 1..=ticks {
        room.advance();
        hash = hash.rotate_left(5).wrapping_mul(0x0100_0000_01B3) ^ room.mirror.hash();
        if forget_every.is_some_and(|every| tick % every == 0) {
            room.forget();
        }
    }
    hash
}
