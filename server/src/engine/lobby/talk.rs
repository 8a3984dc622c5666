//! What sessions say once they are in: inputs go to the room, chat goes to the desk.
//!
//! Never waits for a tick.

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{LinkId, RoomId, SessionId};
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{ClientControl, ServerControl};

use super::Lobby;
use crate::engine::port::{Effect, Inbound};
use crate::engine::session::Heard;

impl Lobby {
    /// A live link said something.
    pub(super) fn hear(&mut self, now: Instant, link: LinkId, id: SessionId, heard: Heard) {
        let Some(session) = self
            .sessions
            .get_mut(&id)
            .filter(|_| heard != Heard::Nothing)
        else {
            return;
        };
        // Whoever talks on this link has read its Welcome, and with it the newer token.
        session.token_before = None;
        let (room, player) = (session.room, session.player);
        match heard {
            Heard::Nothing => {}
            Heard::Input(packet) => {
                self.look_for_return(id, packet.newest);
                let at = now;
                self.pass_on(room, Inbound::Input { player, at, packet });
            }
            Heard::Typing(log) => self.at_desk(|desk| desk.typing(now, id, log)),
            Heard::Control(ClientControl::Check { samples }) => {
                let samples = samples.into_inner();
                self.pass_on(room, Inbound::Check { player, samples });
            }
            Heard::Control(ClientControl::Ping { nonce }) => {
                let tick = self
                    .directory
                    .get(room)
                    .map(|room| room.tick)
                    .unwrap_or_default();
                self.tell(link, &ServerControl::Pong { nonce, tick });
            }
            Heard::Control(ClientControl::Away { away }) => self.set_away(id, away),
            Heard::Control(ClientControl::Talk(command)) => self.talk(now, id, command),
            Heard::Control(ClientControl::Leave) => {
                self.links.remove(&link);
                self.farewell(link, CloseReason::Bye);
                self.end(now, id);
            }
        }
    }

    pub(super) fn pass_on(&mut self, room: RoomId, inbound: Inbound) {
        self.effects.push_back(Effect::ToRoom(room, inbound));
    }
}
