//! Carries out what a lobby wants of the store at once: for tests and simulations.
//!
//! Never used where players wait for the same thread: a commit takes as long as it takes.

use tickwire_shared::time::Instant;

use super::Store;
use crate::engine::storage::{Millis, StoreFault};
use crate::engine::{Effect, Lobby};

/// Carries out a write or a query and tells the lobby; gives back every other effect. `wall` is
/// the time a write happens at.
pub fn serve(
    lobby: &mut Lobby,
    store: &mut dyn Store,
    now: Instant,
    wall: Millis,
    effect: Effect,
) -> Option<Effect> {
    match effect {
        Effect::Write(ticket, write) => {
            let written = store.commit(wall, &[write]);
            let first = written.and_then(|all| all.into_iter().next().ok_or(StoreFault::Failed));
            lobby.written(now, ticket, first);
        }
        Effect::Find(ticket, query) => {
            let found = store.find(&query);
            lobby.found(now, ticket, found);
        }
        other => return Some(other),
    }
    None
}
