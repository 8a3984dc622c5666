//! The flight of bullets: walls end it on every side, fighters only on the server.
//!
//! A client's own bullet flies through fighters until the server says that it hit: only the server
//! knows where they are. It then counts a shove of the shooter's fighter, which explains to that
//! client why its bullet is gone.

use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{EntityId, PlayerId, Tick};

use crate::geometry::sweep_circle;
use crate::kinds::{Bullet, Fighter};
use crate::map::{CELLS, Map, cell_of};
use crate::table::Table;
use crate::tune::{BULLET_RADIUS, BULLET_SPEED, BULLET_TICKS, FIGHTER_RADIUS, MUZZLE};

/// A bullet that just left its muzzle.
pub(crate) fn fired(player: PlayerId, (pos, way): (Vec2, Vec2), tick: Tick) -> Bullet {
    Bullet {
        player,
        pos,
        vel: way * BULLET_SPEED,
        ends_at: Some(tick.plus(BULLET_TICKS).0),
    }
}

/// How a bullet's tick went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Flight {
    /// It flies on.
    On,
    /// It met a wall or its time is over.
    Ended,
    /// It struck this fighter.
    Struck(EntityId),
}

/// Advances one bullet by one tick of `dt` seconds. `targets` is given on the server only.
pub(crate) fn fly(
    bullet: &mut Bullet,
    tick: Tick,
    dt: f32,
    map: &Map,
    targets: Option<&Targets>,
) -> Flight {
    let from = bullet.pos;
    let to = from + bullet.vel * dt;
    let wall = map.strike(from, to, BULLET_RADIUS);
    let end = wall.map_or(to, |at| from + (to - from) * at);
    let start = from - first_tick_back(bullet, tick);
    if let Some(struck) = targets.and_then(|all| all.struck(bullet.player, start, end)) {
        return Flight::Struck(struck);
    }
    bullet.pos = to;
    if wall.is_some() || tick.0 >= bullet.ends_at.unwrap_or(u32::MAX) {
        return Flight::Ended;
    }
    Flight::On
}

/// From where a bullet's first flight can hurt: the shooter's centre, or whoever stands closer than
/// the muzzle would be safe.
fn first_tick_back(bullet: &Bullet, tick: Tick) -> Vec2 {
    if bullet.ends_at == Some(tick.plus(BULLET_TICKS - 1).0) {
        bullet.vel * (MUZZLE / BULLET_SPEED)
    } else {
        Vec2::ZERO
    }
}

/// The living fighters sorted into the cells of the map, so that a bullet asks few of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Targets {
    list: Vec<Target>,
    starts: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Target {
    cell: u32,
    id: EntityId,
    player: PlayerId,
    pos: Vec2,
}

impl Targets {
    /// Takes over where the fighters are now; keeps its memory.
    pub fn refresh(&mut self, fighters: &Table<Fighter>) {
        self.list.clear();
        let alive = fighters.iter().filter(|(_, fighter)| fighter.health > 0);
        self.list.extend(alive.map(|(id, fighter)| Target {
            cell: cell_of(fighter.pos) as u32,
            id,
            player: fighter.player,
            pos: fighter.pos,
        }));
        self.list
            .sort_unstable_by_key(|target| (target.cell, target.id));
        self.starts.clear();
        let mut at = 0;
        for cell in 0..=(CELLS * CELLS) as u32 {
            while self.list.get(at).is_some_and(|target| target.cell < cell) {
                at += 1;
            }
            self.starts.push(at as u32);
        }
    }

    /// The first fighter but the shooter's that a bullet meets on `from..to`, a way shorter than
    /// a cell; of two met at once the one with the smaller id.
    pub fn struck(&self, shooter: PlayerId, from: Vec2, to: Vec2) -> Option<EntityId> {
        let reach = Vec2::splat(FIGHTER_RADIUS + BULLET_RADIUS);
        let (low, high) = (cell_of(from.min(to) - reach), cell_of(from.max(to) + reach));
        let mut best: Option<(f32, EntityId)> = None;
        for line in low / CELLS..=high / CELLS {
            for target in self.cells(line * CELLS + low % CELLS, line * CELLS + high % CELLS) {
                if target.player == shooter {
                    continue;
                }
                let Some(at) = sweep_circle(from, to, target.pos, reach.x) else {
                    continue;
                };
                if best.is_none_or(|(first, id)| (at, target.id) < (first, id)) {
                    best = Some((at, target.id));
                }
            }
        }
        best.map(|(_, id)| id)
    }

    fn cells(&self, first: usize, last: usize) -> &[Target] {
        match (self.starts.get(first), self.starts.get(last + 1)) {
            (Some(&start), Some(&end)) => {
                self.list.get(start as usize..end as usize).unwrap_or(&[])
            }
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spawning::newborn;
    use crate::tune::TICK_RATE;
    use tickwire_shared::rng::Rng;

    fn id(slot: u32) -> EntityId {
        EntityId {
            slot,
            generation: 0,
        }
    }

    fn crowd(count: u32, seed: u64) -> Table<Fighter> {
        let mut rng = Rng::new(seed);
        let mut fighters = Table::new();
        for slot in 0..count {
            let pos = Vec2::new(rng.range(20.0, 2028.0), rng.range(20.0, 2028.0));
            fighters.put(id(slot), newborn(PlayerId(slot as u16), pos, Tick(1)));
        }
        fighters
    }

    #[test]
    fn a_bullet_flies_its_time_and_then_ends() {
        let map = Map::of(0);
        let mut bullet = fired(PlayerId(1), (Vec2::new(520.0, 60.0), Vec2::X), Tick(10));
        let mut tick = Tick(10);
        loop {
            tick = tick.next();
            if fly(&mut bullet, tick, TICK_RATE.dt(), &map, None) == Flight::Ended {
                break;
            }
        }
        assert_eq!(tick, Tick(10 + BULLET_TICKS));
        assert!((bullet.pos.x - 520.0 - 810.0).abs() < 1.0, "{}", bullet.pos);
    }

    #[test]
    fn a_wall_ends_a_bullet_before_the_fighter_behind_it() {
        let map = Map::of(0);
        let mut fighters = Table::new();
        fighters.put(
            id(1),
            newborn(PlayerId(1), Vec2::new(500.0, 200.0), Tick(1)),
        );
        let mut targets = Targets::default();
        targets.refresh(&fighters);
        let mut bullet = fired(PlayerId(2), (Vec2::new(400.0, 200.0), Vec2::X), Tick(1));
        let end = (2..60).find_map(|tick| {
            let flight = fly(
                &mut bullet,
                Tick(tick),
                TICK_RATE.dt(),
                &map,
                Some(&targets),
            );
            (flight != Flight::On).then_some(flight)
        });
        assert_eq!(end, Some(Flight::Ended));
        assert!(bullet.pos.x < 460.0, "{}", bullet.pos);
    }

    #[test]
    fn the_cells_find_whom_a_search_of_everybody_finds() {
        let fighters = crowd(400, 5);
        let mut targets = Targets::default();
        targets.refresh(&fighters);
        let mut rng = Rng::new(6);
        let mut hits = 0;
        for _ in 0..20_000 {
            let from = Vec2::new(rng.range(0.0, 2048.0), rng.range(0.0, 2048.0));
            let to = from + Vec2::new(rng.range(-15.0, 15.0), rng.range(-15.0, 15.0));
            let all = fighters
                .iter()
                .filter(|(_, fighter)| fighter.player != PlayerId(0))
                .filter_map(|(id, fighter)| Some((sweep_circle(from, to, fighter.pos, 20.0)?, id)))
                .reduce(|best, next| if next < best { next } else { best });
            let found = targets.struck(PlayerId(0), from, to);
            assert_eq!(found, all.map(|(_, id)| id));
            hits += u32::from(found.is_some());
        }
        assert!(hits > 500, "only {hits} of the drawn ways met anybody");
    }
}
