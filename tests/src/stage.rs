//! A game on a mirror and nothing else: no network, no sessions.
//!
//! It stands beside the server's room on purpose: a second, smaller host of the same contract, so
//! that a rule both get wrong in the same way is unlikely.

use std::sync::Arc;

use tickwire_shared::game::{Frame, Game, Host, Role, SeatInput, Source, Step, schema_of};
use tickwire_shared::id::{EntityId, PlayerId, Tick};
use tickwire_shared::rng::Rng;
use tickwire_shared::schema::Schema;
use tickwire_shared::snapshot::Mirror;

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
    /// Events of the last step.
    pub events: usize,
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
        let (rules, schema) = (G::rules(seed), schema::<G>());
        Stage {
            game: G::new(&rules, seed),
            mirror: Mirror::new(Arc::clone(&schema)),
            frame: Frame::new(schema),
            secret: Rng::of(seed, &[0x5EC]),
            seats: Vec::new(),
            events: 0,
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
        let mut events = Vec::new();
        let mut host = Server {
            tick,
            mirror: &mut self.mirror,
            secret: &mut self.secret,
        };
        let mut cx = Step::new(tick, self.seed, &self.seats, &mut events, &mut host);
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
        self.events = events.len();
        self.reseat(come, go);
        self.frame.clear();
        self.game.save(&mut self.frame);
        self.mirror.apply(&mut self.frame, tick);
        self.game.load(&self.frame);
        self.mirror.release_departed(|_| false);
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

/// What a step may do on a server.
struct Server<'a> {
    tick: Tick,
    mirror: &'a mut Mirror,
    secret: &'a mut Rng,
}

impl Host for Server<'_> {
    fn spawn(&mut self, owner: Option<PlayerId>) -> Option<EntityId> {
        self.mirror.spawn(self.tick, owner)
    }

    fn despawn(&mut self, id: EntityId) {
        self.mirror.despawn(id, self.tick);
    }

    fn role(&self, _id: EntityId) -> Role {
        Role::Authority
    }

    fn teleport(&mut self, id: EntityId) {
        self.mirror.teleport(id);
    }

    fn shove(&mut self, id: EntityId) {
        self.mirror.shove(id);
    }

    fn read_shown(&mut self) {}

    fn secret(&mut self) -> Option<&mut Rng> {
        Some(self.secret)
    }

    fn is_server(&self) -> bool {
        true
    }
}
