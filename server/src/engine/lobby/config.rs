//! What a lobby is made from.
//!
//! Never changes while the lobby lives.

use std::sync::Arc;
use std::time::Duration;

use tickwire_shared::delta::Tables;
use tickwire_shared::game::Game;
use tickwire_shared::input::store_row;
use tickwire_shared::limits::{ROOM_NAME_BYTES_MAX, ROW_WORDS_MAX, TABLES_BYTES_MAX};
use tickwire_shared::replicate::Replicate;
use tickwire_shared::schema::Schema;
use tickwire_shared::wire::{BoundedStr, BoundedVec, TooLong};

use crate::engine::account::GuestSecret;
use crate::engine::desk::DeskConfig;
use crate::engine::name_book::NameBook;
use crate::limits::{AWAY_TIME_MAX, LINKS_MAX, ROOM_EMPTY_TIME_MAX, SESSION_GRACE, VISITORS_MAX};

/// What every room of this server has in common, and how many may come.
#[derive(Clone, Debug)]
pub struct LobbyConfig {
    /// The game's schema.
    pub schema: Arc<Schema>,
    /// Snapshots come every so many ticks.
    pub snapshot_every: u16,
    /// Which kind of the game's rules.
    pub rules_kind: u8,
    /// The rules' words.
    pub rules: BoundedVec<u32, ROW_WORDS_MAX>,
    /// Code tables of snapshots.
    pub tables: BoundedVec<u8, TABLES_BYTES_MAX>,
    /// Seats of each room; above [`SEATS_MAX`](tickwire_shared::limits::SEATS_MAX) it is that.
    pub seats: u16,
    /// Rooms at the most.
    pub rooms_max: usize,
    /// Sessions at the most, those without a link included.
    pub sessions_max: usize,
    /// Whether a player who names a room that is not there gets it made.
    pub create_rooms: bool,
    /// Visitors at the most; a further one is refused.
    pub visitors_max: usize,
    /// Name of the first room that is made for players who take any.
    pub default_room: BoundedStr<ROOM_NAME_BYTES_MAX>,
    /// How long a session outlives its link.
    pub grace: Duration,
    /// How long a session whose player is away may be silent on a link that lives.
    pub away: Duration,
    /// How long a room without anybody goes on.
    pub room_empty: Duration,
    /// What chat goes by.
    pub chat: DeskConfig,
    /// Whether players nobody vouches for may come.
    pub guests: bool,
    /// What accounts of guests follow from.
    pub guest_secret: GuestSecret,
    /// Names that are not free.
    pub names: NameBook,
    /// Whether there is nothing to learn from the store before somebody may come in.
    pub start_known: bool,
}

impl LobbyConfig {
    /// The usual lobby for rooms of game `G`. Guests are the same again where the secret is.
    ///
    /// # Errors
    /// [`TooLong`] when the code tables of so large a schema do not fit a Welcome.
    pub fn of<G: Game>(
        schema: Arc<Schema>,
        tables: &Tables,
        rules: &G::Rules,
        guest_secret: GuestSecret,
    ) -> Result<LobbyConfig, TooLong> {
        let rules_kind = rules.kind();
        let mut words = Vec::new();
        if let Some(kind) = schema.rules.get(usize::from(rules_kind.0)) {
            store_row(rules, kind, &mut words);
        }
        Ok(LobbyConfig {
            snapshot_every: u16::try_from(G::SNAPSHOT_EVERY).map_err(|_| TooLong)?,
            rules_kind: rules_kind.0,
            rules: words.try_into()?,
            tables: tables.to_bytes().try_into()?,
            seats: 128,
            rooms_max: 64,
            sessions_max: LINKS_MAX,
            visitors_max: VISITORS_MAX,
            create_rooms: true,
            default_room: BoundedStr::cut("main"),
            grace: SESSION_GRACE,
            away: AWAY_TIME_MAX,
            room_empty: ROOM_EMPTY_TIME_MAX,
            chat: DeskConfig {
                earshot: G::EARSHOT,
                ..DeskConfig::default()
            },
            guests: true,
            guest_secret,
            names: NameBook::default(),
            start_known: true,
            schema,
        })
    }
}
