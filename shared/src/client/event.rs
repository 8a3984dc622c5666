//! What a client tells its caller.

use super::Certainty;
use super::talk::TalkEvent;
use crate::close::CloseReason;
use crate::game::Game;
use crate::id::{PlayerId, Tick};

/// What a client tells its caller, in the order it happened.
pub enum ClientEvent<G: Game> {
    /// The server let this client in.
    Joined {
        /// The seat.
        me: PlayerId,
        /// The name the server gave; differs from the wanted one when that was taken.
        name: String,
        /// The room.
        room: String,
        /// Whether an earlier session goes on: same player, same entities.
        resumed: bool,
    },
    /// Another player is in the room, or came into it.
    PlayerJoined {
        /// Who.
        player: PlayerId,
        /// Under which name.
        name: String,
    },
    /// A player's session ended.
    PlayerLeft {
        /// Who.
        player: PlayerId,
        /// Under which name.
        name: String,
    },
    /// Something about chat.
    Talk(TalkEvent),
    /// The server goes down soon.
    Draining {
        /// Milliseconds until then.
        millis: u32,
    },
    /// The server said that a row this client holds is not what it sent: a bug.
    Desync {
        /// `Kind.field` of the first word that differs.
        field: String,
    },
    /// Something happened in the game.
    Game {
        /// What.
        event: G::Event,
        /// When.
        tick: Tick,
        /// How certain it is.
        certainty: Certainty,
    },
    /// The session or its link ended.
    Closed {
        /// Why.
        reason: CloseReason,
        /// What to tell the player.
        text: String,
    },
}
