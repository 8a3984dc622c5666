//! What sessions say once they are in: inputs go to the room, chat goes round at once.
//!
//! Never waits for a tick: a chat line has its offset and is on its way before this returns.

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{LinkId, RoomId, SessionId};
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{BoundedStr, ChatLine, ClientControl, ServerControl};

use super::Lobby;
use crate::engine::chat::Judgement;
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
            Heard::Control(ClientControl::Check { samples }) => {
                let samples = samples.into_inner();
                self.pass_on(room, Inbound::Check { player, samples });
            }
            Heard::Control(ClientControl::Chat { client_id, text }) => {
                self.say(now, link, id, client_id, &text);
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

    fn say(&mut self, now: Instant, link: LinkId, id: SessionId, client_id: u32, text: &str) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let offset = match session.pen.judge(now, client_id, text) {
            Judgement::New => return self.publish(link, id, client_id, text),
            Judgement::Known(offset) => offset,
            Judgement::Refused(reason) => {
                self.counts.chat_refused += 1;
                return self.tell(link, &ServerControl::ChatRefused { client_id, reason });
            }
        };
        self.tell(link, &ServerControl::ChatAck { client_id, offset });
    }

    fn publish(&mut self, link: LinkId, id: SessionId, client_id: u32, text: &str) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let Some(room) = self.directory.get_mut(session.room) else {
            return;
        };
        let line = room.chat.push(ChatLine {
            offset: 0,
            from: session.player,
            name: session.name.clone(),
            tick: room.tick,
            text: BoundedStr::cut(text),
        });
        let (line, room) = (line.clone(), session.room);
        let offset = line.offset;
        session.pen.wrote(client_id, offset);
        self.counts.chat_lines += 1;
        self.tell(link, &ServerControl::ChatAck { client_id, offset });
        self.tell_room(room, &ServerControl::Chat(line), None);
    }

    pub(super) fn pass_on(&mut self, room: RoomId, inbound: Inbound) {
        self.effects.push_back(Effect::ToRoom(room, inbound));
    }
}
