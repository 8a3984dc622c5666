//! The game that a server hosts, as everything but its rooms sees it.
//!
//! Never names the game to those who ask: the whole shell is compiled once, with the server, and
//! not again in each program that hosts a game. What is made here is all that knows it.

use std::sync::Arc;

use tickwire_shared::delta::Tables;
use tickwire_shared::game::{Game, schema_of};
use tickwire_shared::schema::Schema;
use tickwire_shared::wire::TooLong;

use super::lazy::LazyRoom;
use crate::engine::account::GuestSecret;
use crate::engine::replication::ReplicationConfig;
use crate::engine::room::Sabotage;
use crate::engine::{LobbyConfig, RoomConfig, RoomTask};

/// Makes a game on the thread that needs it; [`maker`] is one.
pub(super) type GameMaker = fn() -> Result<Box<dyn HostedGame>, String>;

/// Seeds of one room's randomness.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoomSeeds {
    /// Of what clients share.
    pub(super) seed: u64,
    /// Of what they do not.
    pub(super) secret: u64,
}

/// What a server needs of its game.
pub(super) trait HostedGame {
    /// Its schema.
    fn schema(&self) -> &Schema;

    /// The usual lobby for its rooms.
    ///
    /// # Errors
    /// [`TooLong`] as [`LobbyConfig::of`].
    fn lobby(&self, guest_secret: GuestSecret) -> Result<LobbyConfig, TooLong>;

    /// A new room, made in full when it is first used.
    fn room(&self, seeds: RoomSeeds, replication: ReplicationConfig) -> Box<dyn RoomTask>;
}

/// A game and what all its rooms have in common.
struct Hosted<G: Game> {
    rules: G::Rules,
    schema: Arc<Schema>,
    tables: Arc<Tables>,
}

/// Makes game `G`, with its usual rules.
///
/// # Errors
/// A sentence for whoever wrote the game: its schema breaks a rule, or its tables do not fit it.
pub(super) fn maker<G: Game<Rules: Default>>() -> Result<Box<dyn HostedGame>, String> {
    let schema = schema_of::<G>().map_err(|error| format!("the game's schema: {error}"))?;
    let tables = Tables::from_bytes(&schema, G::TABLES)
        .map_err(|_| "the game's code tables are of another schema: train them anew".to_string())?;
    Ok(Box::new(Hosted::<G> {
        rules: G::Rules::default(),
        schema: Arc::new(schema),
        tables: Arc::new(tables),
    }))
}

impl<G: Game> HostedGame for Hosted<G> {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn lobby(&self, guest_secret: GuestSecret) -> Result<LobbyConfig, TooLong> {
        let schema = Arc::clone(&self.schema);
        LobbyConfig::of::<G>(schema, &self.tables, &self.rules, guest_secret)
    }

    fn room(&self, seeds: RoomSeeds, replication: ReplicationConfig) -> Box<dyn RoomTask> {
        Box::new(LazyRoom::new(RoomConfig::<G> {
            rules: self.rules.clone(),
            schema: Arc::clone(&self.schema),
            tables: Arc::clone(&self.tables),
            seed: seeds.seed,
            secret: seeds.secret,
            replication,
            sabotage: Sabotage::None,
        }))
    }
}
