//! Squares in a `hecs` world.
//!
//! No rule of the game is here, only the storage.

use std::collections::BTreeMap;

use tickwire_shared::game::{Frame, Game, Step};
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{EntityId, PlayerId};
use tickwire_shared::rng::Rng;
use tickwire_shared::time::TickRate;

use super::{Bounced, EARSHOT, Ground, Push, Square, team_of};
use crate::games::SimGame;

/// The world as an archetype store; the map goes from the wire's names to its own.
pub struct HecsSquares {
    grip: u16,
    world: ::hecs::World,
    names: BTreeMap<EntityId, ::hecs::Entity>,
}

impl HecsSquares {
    fn upsert(&mut self, id: EntityId, square: Square) {
        match self.names.get(&id) {
            Some(entity) => drop(self.world.insert_one(*entity, square)),
            None => drop(self.names.insert(id, self.world.spawn((square,)))),
        }
    }

    fn remove(&mut self, id: EntityId) {
        if let Some(entity) = self.names.remove(&id) {
            drop(self.world.despawn(entity));
        }
    }
}

impl Game for HecsSquares {
    const TICK_RATE: TickRate = TickRate::hz(60);
    const EARSHOT: f32 = EARSHOT;
    type Input = Push;
    type Entity = Square;
    type Event = Bounced;
    type Rules = Ground;

    fn new(rules: &Ground, _seed: u64) -> HecsSquares {
        HecsSquares {
            grip: rules.grip,
            world: ::hecs::World::new(),
            names: BTreeMap::new(),
        }
    }

    fn step(&mut self, cx: &mut Step<'_, Self>) {
        for (id, entity) in &self.names {
            let Ok(mut square) = self.world.get::<&mut Square>(*entity) else {
                continue;
            };
            if !cx.steps(*id) {
                continue;
            }
            let way = cx
                .input(square.who)
                .map_or(Vec2::ZERO, |seat| seat.input.way);
            if square.glide(way, self.grip, cx.dt()) {
                cx.emit(Bounced { who: square.who }, Some(*id));
            }
        }
    }

    fn save(&self, out: &mut Frame<Square>) {
        for (id, entity) in &self.names {
            if let Ok(square) = self.world.get::<&Square>(*entity) {
                out.put(*id, &square);
            }
        }
    }

    fn load(&mut self, from: &Frame<Square>) {
        for (id, square) in from.iter() {
            self.upsert(id, square);
        }
        for id in from.removed() {
            self.remove(*id);
        }
    }

    fn join(&mut self, cx: &mut Step<'_, Self>, player: PlayerId) {
        if let Some(id) = cx.spawn(Some(player)) {
            self.upsert(id, Square::new(player));
        }
    }

    fn leave(&mut self, cx: &mut Step<'_, Self>, player: PlayerId) {
        let owned = |entity: &::hecs::Entity| {
            self.world
                .get::<&Square>(*entity)
                .is_ok_and(|square| square.who == player)
        };
        let gone: Vec<EntityId> = self
            .names
            .iter()
            .filter(|(_, entity)| owned(entity))
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            self.remove(id);
            cx.despawn(id);
        }
    }

    fn team(&self, player: PlayerId) -> Option<u8> {
        team_of(player)
    }
}

impl SimGame for HecsSquares {
    fn rules(seed: u64) -> Ground {
        super::rules(seed)
    }

    fn intent(rng: &mut Rng, held: &Push) -> Push {
        super::intent(rng, held)
    }
}
