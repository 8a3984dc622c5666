//! What a step may do where the game decides: on the server, and wherever a room runs alone.
//!
//! Never decides anything: it carries the game's wishes to the mirror.

use super::{Host, Role};
use crate::id::{EntityId, PlayerId, Tick};
use crate::rng::Rng;
use crate::snapshot::Mirror;

/// The deciding side of one step.
#[derive(Debug)]
pub struct Authority<'a> {
    /// The tick being computed.
    pub tick: Tick,
    /// Where entities live.
    pub mirror: &'a mut Mirror,
    /// Randomness that no client can know.
    pub secret: &'a mut Rng,
    /// Counts spawns that found the room full.
    pub spawns_failed: &'a mut u64,
}

impl Host for Authority<'_> {
    fn spawn(&mut self, owner: Option<PlayerId>) -> Option<EntityId> {
        let id = self.mirror.spawn(self.tick, owner);
        *self.spawns_failed += u64::from(id.is_none());
        id
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
