//! A game made to exercise every part of the framework rather than to be fun.
//!
//! It never draws entropy of its own and keeps nothing outside its entities, so that it can be
//! replaced by `new` and `load` at any tick. Players walk and shoot bolts that fly straight; wisps
//! that only half of the players may see wander, push and drain them; crates come and go.

mod step;
mod things;

pub use things::{Bolt, Crate, Deed, Intent, Seat, Terms, Thing, Walker, Wisp};

use tickwire_shared::game::{Frame, Game, Step, Visible};
use tickwire_shared::id::{EntityId, PlayerId};
use tickwire_shared::rng::Rng;
use tickwire_shared::time::TickRate;

use super::SimGame;

/// Half the side of the square world, in units.
pub const HALF: f32 = 500.0;

/// How far a player sees other players, in units.
pub const SIGHT: f32 = 450.0;

/// The game's world: every entity, sorted by id.
#[derive(Clone, Debug, Default)]
pub struct Sandbox {
    pub(super) things: Vec<(EntityId, Thing)>,
    /// Still entities that were spawned and not saved yet.
    pub(super) fresh: Vec<EntityId>,
    pub(super) wisps: u16,
    pub(super) crates: u16,
}

impl Sandbox {
    /// The entity of this id.
    #[must_use]
    pub fn thing(&self, id: EntityId) -> Option<&Thing> {
        let at = self
            .things
            .binary_search_by_key(&id, |entry| entry.0)
            .ok()?;
        self.things.get(at).map(|entry| &entry.1)
    }

    fn insert(&mut self, id: EntityId, thing: Thing) {
        match self.things.binary_search_by_key(&id, |entry| entry.0) {
            Ok(at) => self.things[at].1 = thing,
            Err(at) => self.things.insert(at, (id, thing)),
        }
    }

    fn remove(&mut self, id: EntityId) {
        if let Ok(at) = self.things.binary_search_by_key(&id, |entry| entry.0) {
            self.things.remove(at);
        }
    }

    /// The walker of this player.
    #[must_use]
    pub fn walker_of(&self, player: PlayerId) -> Option<(EntityId, &Walker)> {
        self.things.iter().find_map(|(id, thing)| match thing {
            Thing::Walker(walker) if walker.who == player => Some((*id, walker)),
            _ => None,
        })
    }
}

impl Game for Sandbox {
    const TICK_RATE: TickRate = TickRate::hz(60);
    const HIDES: bool = true;
    const EARSHOT: f32 = SIGHT;

    type Input = Intent;
    type Entity = Thing;
    type Event = Deed;
    type Rules = Terms;

    fn new(rules: &Terms, _seed: u64) -> Sandbox {
        Sandbox {
            wisps: rules.wisps,
            crates: rules.crates,
            ..Sandbox::default()
        }
    }

    fn start(&mut self, cx: &mut Step<'_, Self>) {
        for number in 0..self.wisps {
            self.spawn_wisp(cx, u64::from(number));
        }
        for number in 0..self.crates {
            self.spawn_crate(cx, u64::from(number));
        }
    }

    fn step(&mut self, cx: &mut Step<'_, Self>) {
        self.advance(cx);
    }

    fn save(&self, out: &mut Frame<Thing>) {
        for (id, thing) in &self.things {
            let still = matches!(thing, Thing::Crate(_));
            if !still || self.fresh.contains(id) {
                out.put(*id, thing);
            }
        }
    }

    fn load(&mut self, from: &Frame<Thing>) {
        // Whatever was fresh has been saved by now.
        self.fresh.clear();
        for (id, thing) in from.iter() {
            self.insert(id, thing);
        }
        for id in from.removed() {
            self.remove(*id);
        }
    }

    fn join(&mut self, cx: &mut Step<'_, Self>, player: PlayerId) {
        self.seat(cx, player);
    }

    fn leave(&mut self, cx: &mut Step<'_, Self>, player: PlayerId) {
        self.unseat(cx, player);
    }

    fn accept(&self, _player: PlayerId, input: &mut Intent) -> bool {
        // Nobody walks faster along the diagonal.
        let length = input.walk.length();
        if length > 1.0 {
            input.walk /= length;
        }
        true
    }

    fn visible(&self, viewer: PlayerId, _id: EntityId, entity: &Thing) -> Visible {
        let seen = match entity {
            Thing::Seat(_) => false,
            Thing::Wisp(wisp) => wisp.haunts(viewer),
            Thing::Walker(walker) => self
                .walker_of(viewer)
                .is_some_and(|(_, own)| own.pos.distance(walker.pos) < SIGHT),
            Thing::Bolt(_) | Thing::Crate(_) => true,
        };
        if seen { Visible::Full } else { Visible::Hidden }
    }

    fn team(&self, player: PlayerId) -> Option<u8> {
        // Who holds no walker is in no team, and teams change with where a walker is.
        let (_, walker) = self.walker_of(player)?;
        Some(u8::from(walker.pos.x > 0.0))
    }
}

impl SimGame for Sandbox {
    fn rules(seed: u64) -> Terms {
        let mut rng = Rng::of(seed, &[1]);
        Terms {
            wisps: 4 + rng.below(12) as u16,
            crates: 6 + rng.below(40) as u16,
        }
    }

    fn intent(rng: &mut Rng, held: &Intent) -> Intent {
        let mut next = Intent {
            fire: rng.chance(0.03),
            dash: rng.chance(0.01),
            stamp: held.stamp.wrapping_add(1),
            ..held.clone()
        };
        if rng.chance(0.05) {
            let angle = rng.range(0.0, core::f32::consts::TAU);
            let speed = if rng.chance(0.3) { 0.0 } else { 1.0 };
            next.walk = tickwire_shared::glam::Vec2::from_angle(angle) * speed;
        }
        if rng.chance(0.1) {
            next.aim = rng.range(-core::f32::consts::PI, core::f32::consts::PI);
        }
        next
    }

    fn stamp(input: &Intent) -> Option<u8> {
        Some(input.stamp)
    }

    fn is_told(event: &Deed) -> bool {
        matches!(event, Deed::Picked(_))
    }
}
