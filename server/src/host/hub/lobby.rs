//! What the lobby of a configured server is made from.
//!
//! Never reads the configuration itself: it was read and judged before.

use tickwire_shared::wire::BoundedStr;

use crate::config::Config;
use crate::engine::LobbyConfig;
use crate::engine::account::GuestSecret;
use crate::engine::desk::DeskConfig;
use crate::host::game::HostedGame;
use crate::limits::CONNECTIONS_PER_VISITOR;

/// The lobby's configuration for a game.
///
/// # Errors
/// A sentence for the developer of the game.
pub(super) fn lobby_config(
    config: &Config,
    game: &dyn HostedGame,
    guest_secret: GuestSecret,
) -> Result<LobbyConfig, String> {
    let usual = game
        .lobby(guest_secret)
        .map_err(|error| format!("the game's schema or rules do not fit a Welcome: {error}"))?;
    Ok(LobbyConfig {
        seats: config.rooms.seats_max,
        rooms_max: config.rooms.count_max as usize,
        create_rooms: config.rooms.create,
        visitors_max: (config.web.connections_max / CONNECTIONS_PER_VISITOR).max(1),
        default_room: BoundedStr::cut(&config.rooms.default),
        grace: config.session.grace,
        away: config.session.away,
        chat: DeskConfig {
            lines_per_second: config.chat.lines_per_s,
            notes_missed: config.webhook.url.is_some(),
            ..usual.chat
        },
        guests: config.auth.guests,
        start_known: false,
        ..usual
    })
}
