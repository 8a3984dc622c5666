//! What a client shows besides the bodies: leaderboard, clock, one's own state.
//!
//! Never computes rules: it only sums up entities that a client was told of.

use tickwire_shared::id::{PlayerId, Tick};

use crate::kinds::{Entity, Fighter, Round};
use crate::tune::TICK_RATE;

/// A line of the leaderboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    /// Whose.
    pub player: PlayerId,
    /// Kills in this round.
    pub kills: u16,
    /// Deaths in this round.
    pub deaths: u16,
}

/// One's own state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vitals {
    /// 0 means dead.
    pub health: u8,
    /// Seconds until the next life, while dead.
    pub respawn_seconds: Option<f32>,
    /// Seconds rapid fire still lasts; 0 without it.
    pub rapid_seconds: f32,
    /// Seconds until the next dash; 0 when it is ready.
    pub dash_seconds: f32,
    /// Place on the leaderboard, from 1.
    pub rank: u16,
}

/// A summary of what a client knows at a tick.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hud {
    /// Best first: more kills, then fewer deaths, then the smaller seat.
    pub board: Vec<Score>,
    /// The round being played, counted from 1; 0 when unknown.
    pub round: u16,
    /// Who leads, if anybody does.
    pub leader: Option<PlayerId>,
    /// Seconds left in the round, if time ends it.
    pub seconds_left: Option<f32>,
    /// Fighters alive.
    pub alive: u16,
    /// One's own state, when one has a fighter.
    pub own: Option<Vitals>,
}

impl Hud {
    /// Sums up what `me` knows at `tick`.
    #[must_use]
    pub fn of<'a>(me: PlayerId, tick: Tick, entities: impl Iterator<Item = &'a Entity>) -> Hud {
        let mut hud = Hud::default();
        let mut own = None;
        for entity in entities {
            match entity {
                Entity::Fighter(fighter) => {
                    hud.note(fighter);
                    if fighter.player == me {
                        own = Some(fighter);
                    }
                }
                Entity::Round(round) => hud.set_round(round, tick),
                Entity::Bullet(_) | Entity::Pickup(_) => {}
            }
        }
        hud.board
            .sort_unstable_by_key(|score| (u16::MAX - score.kills, score.deaths, score.player));
        hud.own = own.map(|fighter| hud.vitals(fighter, tick));
        hud
    }

    fn note(&mut self, fighter: &Fighter) {
        self.alive += u16::from(fighter.health > 0);
        self.board.push(Score {
            player: fighter.player,
            kills: fighter.kills,
            deaths: fighter.deaths,
        });
    }

    fn set_round(&mut self, round: &Round, tick: Tick) {
        self.round = round.number;
        self.leader = round.leader;
        self.seconds_left = (round.ends_at > 0).then(|| seconds(round.ends_at, tick));
    }

    fn vitals(&self, fighter: &Fighter, tick: Tick) -> Vitals {
        let place = self.board.iter().position(|s| s.player == fighter.player);
        let dead = fighter.health == 0;
        Vitals {
            health: fighter.health,
            respawn_seconds: fighter
                .respawn_at
                .filter(|_| dead)
                .map(|at| seconds(at, tick)),
            rapid_seconds: seconds(fighter.rapid_until, tick),
            dash_seconds: seconds(fighter.dash_at.unwrap_or(0), tick),
            rank: place.map_or(0, |at| at as u16 + 1),
        }
    }
}

/// A player's own colour, equal on every screen: hue in degrees, 0 to 359.
#[must_use]
pub fn hue(player: PlayerId) -> u16 {
    // Steps of the golden angle keep neighbours apart.
    ((u32::from(player.0) * 137 + 20) % 360) as u16
}

fn seconds(at: u32, tick: Tick) -> f32 {
    at.saturating_sub(tick.0) as f32 * TICK_RATE.dt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spawning::newborn;
    use tickwire_shared::glam::Vec2;

    #[test]
    fn ranks_by_kills_then_deaths() {
        let entities: Vec<Entity> = [(1, 3, 2), (2, 5, 9), (3, 3, 1)]
            .map(|(player, kills, deaths)| {
                Entity::Fighter(Fighter {
                    kills,
                    deaths,
                    ..newborn(PlayerId(player), Vec2::ZERO, Tick(1))
                })
            })
            .into();
        let hud = Hud::of(PlayerId(1), Tick(10), entities.iter());
        let order: Vec<u16> = hud.board.iter().map(|score| score.player.0).collect();
        assert_eq!(order, [2, 3, 1]);
        assert_eq!(hud.own.map(|own| own.rank), Some(3));
        assert_eq!(hud.alive, 3);
    }
}
