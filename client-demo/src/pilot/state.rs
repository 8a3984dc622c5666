//! A pilot as plain data: what tests and the page around a canvas read.
//!
//! Never changes anything, and holds no secret: the resume token stays out of it.

use serde::Serialize;
use tickwire_arena::kinds::{Entity, Fighter};
use tickwire_link::Attempt;
use tickwire_shared::client::ClientStats;
use tickwire_shared::time::Instant;

use super::Pilot;

/// Everything there is to know about a pilot at one frame.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PilotState {
    /// `dialing`, `joining`, `playing`, `waiting` or `over`.
    pub phase: &'static str,
    /// Headline and sentence shown to the player; empty when all is well.
    pub words: String,
    /// The name of what carries the link, as in flags; `None` without a link.
    pub transport: Option<&'static str>,
    /// How the transports did that were tried last.
    pub attempts: Vec<AttemptState>,
    /// Links opened so far.
    pub links: u32,
    /// The own seat; `None` before the first join.
    pub player: Option<u16>,
    /// The newest predicted tick.
    pub tick: u32,
    /// The newest tick a snapshot came for.
    pub snapshot_tick: u32,
    /// The own fighter as drawn.
    pub own: Option<Place>,
    /// The other fighters as drawn.
    pub others: Vec<Place>,
    /// Who is in the room.
    pub roster: Vec<RosterState>,
    /// Figures of the client.
    pub stats: StatsState,
}

/// How one transport did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttemptState {
    /// Its name, as in flags.
    pub transport: &'static str,
    /// Milliseconds to the first echo, when there was one.
    pub echo_ms: Option<f64>,
    /// Why there was none.
    pub why: Option<String>,
}

/// A fighter as drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Place {
    /// Whose.
    pub player: u16,
    /// In units.
    pub x: f32,
    /// In units.
    pub y: f32,
    /// Where its weapon points, in radians.
    pub aim: f32,
    /// 0 means dead.
    pub health: u8,
    /// Kills in this round.
    pub kills: u16,
}

/// A player in the room.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RosterState {
    /// The seat.
    pub player: u16,
    /// The name.
    pub name: String,
}

/// Figures of the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct StatsState {
    /// Round trip, in milliseconds.
    pub rtt_ms: f64,
    /// Jitter of the way down, in milliseconds.
    pub jitter_ms: f64,
    /// Share of snapshots that did not come, 0 to 1.
    pub loss: f32,
    /// How far ahead the client runs.
    pub lead_ticks: f32,
    /// How far behind others are drawn, in milliseconds.
    pub interpolation_ms: f64,
    /// How long ago the newest snapshot came, in milliseconds.
    pub snapshot_age_ms: f64,
    /// Snapshot ticks of which something came.
    pub snapshots_received: u64,
    /// Snapshot ticks that did not come.
    pub snapshots_lost: u64,
    /// Corrections of which a predicted word was wrong.
    pub mispredictions: u64,
    /// Mispredictions that nothing explains.
    pub unexplained_mispredictions: u64,
    /// Rows whose hash the server was asked to check.
    pub desync_checks: u64,
    /// Answers that the rows differ.
    pub desyncs: u64,
    /// Inputs that came in time.
    pub inputs_in_time: u64,
    /// Inputs in whose place another was applied.
    pub inputs_not_in_time: u64,
    /// Ticks skipped because the program stood still.
    pub jumps: u64,
    /// Chat lines sent.
    pub chat_sent: u64,
    /// Chat lines the server acked.
    pub chat_acked: u64,
    /// Chat lines that came.
    pub chat_delivered: u64,
    /// Bytes of packets received.
    pub bytes_down: u64,
    /// Bytes of packets sent.
    pub bytes_up: u64,
}

impl Pilot {
    /// Everything there is to know at `now`, after a frame.
    #[must_use]
    pub fn state(&self, now: Instant) -> PilotState {
        let client = self.client();
        let me = client.me();
        let places: Vec<Place> = client
            .view()
            .entities()
            .filter_map(|drawn| match drawn.entity {
                Entity::Fighter(body) => Some(Place::of(&body)),
                _ => None,
            })
            .collect();
        let is_own = |place: &&Place| me.is_some_and(|me| me.0 == place.player);
        let words = self.words(now);
        PilotState {
            phase: self.stage().name(),
            words: words.map_or_else(String::new, |(head, rest)| format!("{head} {rest}")),
            transport: self.transport().map(|one| one.name()),
            attempts: self.attempts().iter().map(AttemptState::of).collect(),
            links: self.links(),
            player: me.map(|me| me.0),
            tick: client.tick().0,
            snapshot_tick: client.newest_snapshot().0,
            own: places.iter().find(is_own).copied(),
            others: places
                .iter()
                .filter(|place| !is_own(place))
                .copied()
                .collect(),
            roster: self.roster_state(),
            stats: StatsState::of(
                client.stats(),
                self.snapshot_age(now).as_secs_f64() * 1_000.0,
            ),
        }
    }

    fn roster_state(&self) -> Vec<RosterState> {
        let names = self.client().roster().iter();
        let entry = names.map(|(player, name)| RosterState {
            player: player.0,
            name: name.clone(),
        });
        entry.collect()
    }
}

impl AttemptState {
    fn of(attempt: &Attempt) -> AttemptState {
        let outcome = attempt.outcome.as_ref();
        AttemptState {
            transport: attempt.transport.name(),
            echo_ms: outcome.ok().map(|took| took.as_secs_f64() * 1_000.0),
            why: outcome.err().cloned(),
        }
    }
}

impl Place {
    fn of(body: &Fighter) -> Place {
        Place {
            player: body.player.0,
            x: body.pos.x,
            y: body.pos.y,
            aim: body.aim,
            health: body.health,
            kills: body.kills,
        }
    }
}

impl StatsState {
    fn of(stats: &ClientStats, snapshot_age_ms: f64) -> StatsState {
        StatsState {
            rtt_ms: stats.rtt.as_secs_f64() * 1_000.0,
            jitter_ms: stats.jitter.as_secs_f64() * 1_000.0,
            loss: stats.loss,
            lead_ticks: stats.lead_ticks,
            interpolation_ms: stats.interpolation_delay.as_secs_f64() * 1_000.0,
            snapshot_age_ms,
            snapshots_received: stats.snapshots_received,
            snapshots_lost: stats.snapshots_lost,
            mispredictions: stats.mispredictions,
            unexplained_mispredictions: stats.unexplained_mispredictions,
            desync_checks: stats.desync_checks,
            desyncs: stats.desyncs,
            inputs_in_time: stats.inputs_in_time,
            inputs_not_in_time: stats.inputs_not_in_time,
            jumps: stats.jumps,
            chat_sent: stats.chat_sent,
            chat_acked: stats.chat_acked,
            chat_delivered: stats.chat_delivered,
            bytes_down: stats.bytes_down,
            bytes_up: stats.bytes_up,
        }
    }
}
