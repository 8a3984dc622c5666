//! A player who is not there: said to be away, or standing still without a word.
//!
//! Never replays what was missed: the client jumps to the present, and of the packets that piled up
//! meanwhile it reads the newest few.
//!
//! A browser gives a hidden tab one call a second or none, and then everything at once. So packets
//! that come long after the last frame, or too many between two frames, wait for the next frame in
//! a short queue that the oldest leave unread. The work of a frame is bounded, however long the
//! standstill was.

use core::time::Duration;

use super::{Client, Phase};
use crate::client::Sabotage;
use crate::game::Game;
use crate::limits::{
    BACKLOG_PACKETS_MAX, CLIENT_AWAY_MILLIS, CLIENT_IDLE_MILLIS, FRAME_PACKETS_MAX,
};
use crate::time::Instant;
use crate::wire::{ClientControl, decode_probe};

/// Longer after a frame than this, packets wait for the next one: the caller stood still.
const STANDSTILL: Duration = Duration::from_millis(250);

impl<G: Game> Client<G> {
    /// The player looks elsewhere (a hidden tab, a window out of sight) or is back. While away the
    /// client may stand still or be driven now and then: it sends no inputs, is sent next to
    /// nothing, and its session is kept for minutes. Back, it goes on in the present.
    pub fn set_away(&mut self, now: Instant, away: bool) {
        if self.away == away {
            return;
        }
        self.now = self.now.max(now);
        self.away = away;
        let Phase::Live(live) = &mut self.phase else {
            return;
        };
        live.set_away(away);
        self.stats.jumps += u64::from(!away);
        self.send(&ClientControl::Away { away });
    }

    /// Whether the player is away.
    #[must_use]
    pub fn is_away(&self) -> bool {
        self.away
    }

    /// The server knows nothing of a player on a new link: tells it who is away.
    pub(super) fn say_away(&mut self) {
        if let Phase::Live(live) = &mut self.phase
            && self.away
        {
            live.set_away(true);
            self.send(&ClientControl::Away { away: true });
        }
    }

    /// How long the client may have nothing to say.
    pub(super) fn idle(&self) -> Duration {
        Duration::from_millis(match self.away {
            true => CLIENT_AWAY_MILLIS,
            false => CLIENT_IDLE_MILLIS,
        })
    }

    /// A snapshot packet came: it is used, or waits for the next frame. The echo of a probe that
    /// was sent before the Hello may come after the answer to it, and says nothing any more.
    pub(super) fn snapshot(&mut self, now: Instant, bytes: &[u8]) {
        if decode_probe(bytes).is_some() || self.hear_typist(now, bytes) {
            return;
        }
        let stands_still = now.since(self.framed) >= STANDSTILL;
        let few = !stands_still && self.decoded < FRAME_PACKETS_MAX;
        if few || self.config.sabotage == Sabotage::ReadBacklog {
            self.decoded += 1;
            return self.use_snapshot(now, bytes);
        }
        if self.backlog.len() >= BACKLOG_PACKETS_MAX {
            self.backlog.pop_front();
            self.stats.packets_skipped += 1;
            self.skipped = true;
        }
        self.backlog.push_back((now, bytes.to_vec()));
    }

    /// Uses the packets that waited for this frame.
    pub(super) fn catch_up(&mut self) {
        self.decoded = 0;
        if core::mem::take(&mut self.skipped)
            && let Phase::Live(live) = &mut self.phase
        {
            live.skip_lost();
        }
        for (came, bytes) in core::mem::take(&mut self.backlog) {
            self.use_snapshot(came, &bytes);
        }
    }

    /// A new link: what waits is of the old one.
    pub(super) fn catch_up_anew(&mut self) {
        self.backlog.clear();
        (self.decoded, self.skipped) = (0, false);
    }

    fn use_snapshot(&mut self, came: Instant, bytes: &[u8]) {
        if let Phase::Live(live) = &mut self.phase
            && live.receive(came, bytes, &mut self.stats).is_err()
        {
            self.malformed();
        }
    }
}
