//! A room that is made on its worker.
//!
//! Never runs a game's code on the network thread: making a world may take long, and a panic in it
//! must end that room and nothing else.

use tickwire_shared::game::Game;
use tickwire_shared::time::{Instant, TickRate};

use crate::engine::{Inbound, Outbox, Room, RoomConfig, RoomTask};

/// A room, or what it will be made from.
pub(super) struct LazyRoom<G: Game> {
    order: Option<RoomConfig<G>>,
    room: Option<Room<G>>,
}

impl<G: Game> LazyRoom<G> {
    /// A room of this configuration, made when it is first used.
    pub(super) fn new(config: RoomConfig<G>) -> LazyRoom<G> {
        LazyRoom {
            order: Some(config),
            room: None,
        }
    }

    fn room(&mut self) -> Option<&mut Room<G>> {
        if let Some(config) = self.order.take() {
            self.room = Some(Room::new(config));
        }
        self.room.as_mut()
    }
}

impl<G: Game> RoomTask for LazyRoom<G> {
    fn rate(&self) -> TickRate {
        G::TICK_RATE
    }

    fn handle(&mut self, inbound: Inbound) {
        if let Some(room) = self.room() {
            room.handle(inbound);
        }
    }

    fn tick(&mut self, due: Instant, out: &mut Outbox) {
        if let Some(room) = self.room() {
            room.tick(due, out);
        }
    }
}
