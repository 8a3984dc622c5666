//! What a client tells its caller.

use super::Certainty;
use crate::close::CloseReason;
use crate::game::Game;
use crate::id::{PlayerId, Tick};
use crate::wire::ChatRefusal;

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
    /// A line of chat, the client's own included; each offset comes once.
    Chat {
        /// Its place in the room's chat.
        offset: u64,
        /// Who wrote it.
        from: PlayerId,
        /// Under which name.
        name: String,
        /// The room's tick when it was taken.
        tick: Tick,
        /// The text.
        text: String,
    },
    /// A line this client wrote has an offset.
    ChatAcked {
        /// As returned by [`super::Client::chat`].
        client_id: u32,
        /// Its place in the room's chat.
        offset: u64,
    },
    /// A line this client wrote was not taken.
    ChatRefused {
        /// As returned by [`super::Client::chat`].
        client_id: u32,
        /// Why.
        reason: ChatRefusal,
    },
    /// So many lines of chat will never come: history was cut while the client was away.
    ChatMissed {
        /// How many.
        lines: u64,
    },
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
