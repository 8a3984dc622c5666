//! Players who are not there: their link is gone, or it lives and they look elsewhere.
//!
//! Never gives a seat away before its time: who comes back finds the same entity.
//!
//! A link that dies may belong to a tab that was frozen while its player was away. Its session
//! waits as long as it could have been silent on a living link, so that a closed lid costs no seat.

use std::time::Duration;

use tickwire_shared::id::{SessionId, Tick};
use tickwire_shared::limits::INPUT_AHEAD_TICKS_MAX;
use tickwire_shared::time::Instant;

use super::Lobby;
use crate::engine::port::{Effect, Inbound};
use crate::engine::session::Live;
use crate::limits::SILENCE_TIME_MAX;

impl Lobby {
    /// Whether a live link was silent for too long.
    pub(super) fn is_silent(&self, now: Instant, live: &Live) -> bool {
        now.since(live.heard()) >= self.silence_max(live.session)
    }

    /// The session's link is gone: it keeps its seat for the grace period, and for as long as it
    /// could have been silent from when it was last `heard`.
    pub(super) fn park(&mut self, now: Instant, id: SessionId, heard: Instant) {
        let silence_max = self.silence_max(id);
        if let Some(session) = self.sessions.get_mut(&id) {
            session.link = None;
            session.until = Some((now + self.config.grace).max(heard + silence_max));
            let detach = Inbound::Detach {
                player: session.player,
            };
            self.effects.push_back(Effect::ToRoom(session.room, detach));
        }
        self.at_desk(|desk| desk.detach(now, id));
    }

    /// The player said to be away or back; only a change is passed on.
    pub(super) fn set_away(&mut self, id: SessionId, away: bool) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        if session.away.is_some() == away {
            return;
        }
        let (room, player) = (session.room, session.player);
        let tick = self.directory.get(room).map(|room| room.tick);
        session.away = away.then(|| tick.unwrap_or_default());
        self.at_desk(|desk| desk.set_away(id, away));
        self.pass_on(room, Inbound::Away { player, away });
    }

    /// Inputs of a session that is away came. Those made before it went may still arrive; one for a
    /// later tick than any of them proves that the player is back.
    pub(super) fn look_for_return(&mut self, id: SessionId, newest: Tick) {
        let session = self.sessions.get(&id);
        let went = session.and_then(|session| session.away);
        if went.is_some_and(|tick| newest > tick.plus(INPUT_AHEAD_TICKS_MAX)) {
            self.set_away(id, false);
        }
    }

    fn silence_max(&self, id: SessionId) -> Duration {
        let session = self.sessions.get(&id);
        match session.is_some_and(|session| session.away.is_some()) {
            true => self.config.away.max(SILENCE_TIME_MAX),
            false => SILENCE_TIME_MAX,
        }
    }
}
