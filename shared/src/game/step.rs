//! What a game can see and do during one step.
//!
//! Never reads a clock and never draws entropy: the host that runs the step hands both in.

use super::Game;
use crate::id::{EntityId, PlayerId, Tick};
use crate::rng::Rng;

/// Where the input of a player for this tick came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The player's own input for this tick.
    Real,
    /// None arrived in time: the last one again, its edges cleared.
    Repeated,
    /// None arrived for long: the neutral input.
    Missing,
}

/// What this side may do with an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// This is the server: step it.
    Authority,
    /// A client predicts it: step it.
    Predicted,
    /// A client merely knows it: read it, never step it.
    Shown,
}

/// One player's input for one tick.
#[derive(Clone, Debug, PartialEq)]
pub struct SeatInput<I> {
    /// Whose.
    pub player: PlayerId,
    /// What.
    pub input: I,
    /// Where it came from.
    pub source: Source,
}

/// An event a step emitted.
#[derive(Clone, Debug, PartialEq)]
pub struct Emitted<E> {
    /// What happened.
    pub event: E,
    /// The entity it happened at: who may not see the entity does not get the event.
    pub at: Option<EntityId>,
    /// The player whose input caused it, when that player's client predicts it too.
    pub by: Option<PlayerId>,
    /// Which of that player's events of this tick it is, from 0.
    pub ordinal: u8,
}

/// What runs the step: the server's room or a client's prediction.
pub trait Host {
    /// Creates an entity. `None` when the room is full ([`crate::limits::ENTITIES_MAX`]), or on a
    /// client for an owner it does not predict.
    fn spawn(&mut self, owner: Option<PlayerId>) -> Option<EntityId>;
    /// Ends an entity.
    fn despawn(&mut self, id: EntityId);
    /// What this side may do with it.
    fn role(&self, id: EntityId) -> Role;
    /// Counts a teleport of it.
    fn teleport(&mut self, id: EntityId);
    /// Counts a push that its owner could not predict.
    fn shove(&mut self, id: EntityId);
    /// Notes that the step read a shown entity.
    fn read_shown(&mut self);
    /// Randomness that clients cannot know; `None` on a client.
    fn secret(&mut self) -> Option<&mut Rng>;
    /// Whether this is the server.
    fn is_server(&self) -> bool;
}

/// One step of a game: the tick, the inputs and what the game may do.
pub struct Step<'a, G: Game> {
    tick: Tick,
    seed: u64,
    inputs: &'a [SeatInput<G::Input>],
    events: &'a mut Vec<Emitted<G::Event>>,
    host: &'a mut dyn Host,
}

impl<'a, G: Game> Step<'a, G> {
    /// A step of `tick`; `inputs` are sorted by player.
    pub fn new(
        tick: Tick,
        seed: u64,
        inputs: &'a [SeatInput<G::Input>],
        events: &'a mut Vec<Emitted<G::Event>>,
        host: &'a mut dyn Host,
    ) -> Step<'a, G> {
        Step {
            tick,
            seed,
            inputs,
            events,
            host,
        }
    }

    /// The tick being computed.
    #[must_use]
    pub fn tick(&self) -> Tick {
        self.tick
    }

    /// Seconds a tick lasts.
    #[must_use]
    pub fn dt(&self) -> f32 {
        G::TICK_RATE.dt()
    }

    /// The inputs of this tick, sorted by player. A client has its own player's only.
    #[must_use]
    pub fn inputs(&self) -> &'a [SeatInput<G::Input>] {
        self.inputs
    }

    /// The input of one player; `None` when this side has none.
    #[must_use]
    pub fn input(&self, player: PlayerId) -> Option<&'a SeatInput<G::Input>> {
        let at = self
            .inputs
            .binary_search_by_key(&player, |seat| seat.player)
            .ok()?;
        self.inputs.get(at)
    }

    /// Randomness that server and clients share: equal for equal (room, tick, salt).
    #[must_use]
    pub fn rand(&self, salt: u64) -> Rng {
        Rng::of(self.seed, &[u64::from(self.tick.0), salt])
    }

    /// Randomness that clients cannot know; `None` on a client.
    pub fn secret_rand(&mut self) -> Option<&mut Rng> {
        self.host.secret()
    }

    /// Creates an entity owned by `owner`; put it in the next [`Game::save`].
    ///
    /// `None` when the room is full, or on a client that does not predict this owner.
    pub fn spawn(&mut self, owner: Option<PlayerId>) -> Option<EntityId> {
        self.host.spawn(owner)
    }

    /// Ends an entity; the game forgets it itself.
    pub fn despawn(&mut self, id: EntityId) {
        self.host.despawn(id);
    }

    /// What this side may do with an entity.
    #[must_use]
    pub fn role(&self, id: EntityId) -> Role {
        self.host.role(id)
    }

    /// Whether this side advances the entity in this step.
    #[must_use]
    pub fn steps(&self, id: EntityId) -> bool {
        self.role(id) != Role::Shown
    }

    /// Whether this is the server: only it decides what clients cannot predict.
    #[must_use]
    pub fn is_server(&self) -> bool {
        self.host.is_server()
    }

    /// Says that the entity jumped: drawing snaps to its new place instead of sliding there.
    pub fn teleport(&mut self, id: EntityId) {
        self.host.teleport(id);
    }

    /// Says that something its owner could not predict changed this entity.
    pub fn shove(&mut self, id: EntityId) {
        self.host.shove(id);
    }

    /// Says that a predicted entity's step depended on a shown one, so that a misprediction that
    /// follows is explained.
    pub fn read_shown(&mut self) {
        self.host.read_shown();
    }

    /// Tells everybody who sees `at` (everybody, when `None`) that something happened.
    pub fn emit(&mut self, event: G::Event, at: Option<EntityId>) {
        self.events.push(Emitted {
            event,
            at,
            by: None,
            ordinal: 0,
        });
    }

    /// As [`Step::emit`], for what `by`'s own input caused: that player's client predicts it and
    /// is later told whether it came true.
    pub fn emit_by(&mut self, by: PlayerId, event: G::Event, at: Option<EntityId>) {
        let ordinal = self.events.iter().filter(|e| e.by == Some(by)).count();
        let ordinal = u8::try_from(ordinal).unwrap_or(u8::MAX);
        self.events.push(Emitted {
            event,
            at,
            by: Some(by),
            ordinal,
        });
    }
}
