//! A map at work: its solids sorted into cells, and the questions a step and a brain ask of it.
//!
//! Never changes during a game and never depends on what happens in it, so that server and client
//! collide with equal walls.

use tickwire_shared::glam::Vec2;

use crate::geometry::Solid;
use crate::layout::{self, Layout};
use crate::tune::MAP_SIZE;

/// Side of a cell of the map's grid, in units.
pub const CELL: f32 = 64.0;

/// Cells along one side of the map.
pub const CELLS: usize = (MAP_SIZE / CELL) as usize;

/// How far from its cell a question may reach: a fighter's radius and one tick of anything's way.
const REACH: f32 = 48.0;

/// How far a fighter is kept from a surface beyond its radius, so that rounding into the mirror
/// never puts it inside.
const SKIN: f32 = 1.0 / 128.0;

/// A map: what stands in it, where fighters appear and where pick-ups lie.
#[derive(Clone, Debug)]
pub struct Map {
    layout: Layout,
    /// Indices of the solids within reach of each cell, one cell after the other.
    near: Vec<u16>,
    /// Where each cell's indices start in `near`; one more than there are cells.
    starts: Vec<u32>,
}

impl Map {
    /// The map of this number; an unknown number gives map 0.
    #[must_use]
    pub fn of(number: u8) -> Map {
        let layout = layout::of(number);
        let (mut near, mut starts) = (Vec::new(), vec![0]);
        for cell in 0..CELLS * CELLS {
            let (min, max) = bounds_of(cell);
            for (index, solid) in (0_u16..).zip(&layout.solids) {
                let (low, high) = solid.bounds();
                if low.cmple(max).all() && high.cmpge(min).all() {
                    near.push(index);
                }
            }
            starts.push(near.len() as u32);
        }
        Map {
            layout,
            near,
            starts,
        }
    }

    /// Its name, for people.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.layout.name
    }

    /// Everything solid, for drawing. The border of the map is solid too and not listed.
    #[must_use]
    pub fn solids(&self) -> &[Solid] {
        &self.layout.solids
    }

    /// Where fighters appear.
    #[must_use]
    pub fn spawns(&self) -> &[Vec2] {
        &self.layout.spawns
    }

    /// Where pick-ups lie and what they are.
    #[must_use]
    pub fn pickups(&self) -> &[(Vec2, crate::kinds::Item)] {
        &self.layout.pickups
    }

    /// Whether a circle stands free of everything solid and inside the border.
    #[must_use]
    pub fn is_free(&self, centre: Vec2, radius: f32) -> bool {
        let inside = centre.cmpge(Vec2::splat(radius)).all()
            && centre.cmple(Vec2::splat(MAP_SIZE - radius)).all();
        inside
            && !self
                .around(centre)
                .any(|solid| solid.overlaps(centre, radius))
    }

    /// Slides a circle that moved to `at` with `velocity` out of everything solid: where it ends
    /// up, and its velocity without the part that pointed into a surface.
    #[must_use]
    pub fn slide(&self, at: Vec2, velocity: Vec2, radius: f32) -> (Vec2, Vec2) {
        let radius = radius + SKIN;
        let (mut at, mut velocity) = (at, velocity);
        // Two surfaces can meet in a corner; the third pass settles what the second pushed back.
        for _ in 0..3 {
            for solid in self.around(at) {
                if let Some((way, length)) = solid.push(at, radius) {
                    at += way * length;
                    velocity -= way * velocity.dot(way).min(0.0);
                }
            }
        }
        keep_inside(at, velocity, radius)
    }

    /// Where along a way of at most one tick (0 to 1) a small circle first meets something solid.
    #[must_use]
    pub fn strike(&self, from: Vec2, to: Vec2, radius: f32) -> Option<f32> {
        first(self.around(from), from, to, radius)
    }

    /// Whether a circle can go straight from `from` to `to`, however far that is.
    #[must_use]
    pub fn is_clear(&self, from: Vec2, to: Vec2, radius: f32) -> bool {
        !self
            .layout
            .solids
            .iter()
            .any(|solid| solid.sweep(from, to, radius).is_some())
    }

    fn around(&self, point: Vec2) -> impl Iterator<Item = &Solid> {
        let cell = cell_of(point);
        let range = match (self.starts.get(cell), self.starts.get(cell + 1)) {
            (Some(&start), Some(&end)) => start as usize..end as usize,
            _ => 0..0,
        };
        let near = self.near.get(range).unwrap_or(&[]);
        near.iter()
            .filter_map(|&index| self.layout.solids.get(usize::from(index)))
    }
}

/// The cell a point lies in; points outside the map belong to the nearest cell.
#[must_use]
pub fn cell_of(point: Vec2) -> usize {
    let last = (CELLS - 1) as f32;
    let column = (point.x / CELL).clamp(0.0, last) as usize;
    let line = (point.y / CELL).clamp(0.0, last) as usize;
    line * CELLS + column
}

/// The middle of a cell.
#[must_use]
pub fn middle_of(cell: usize) -> Vec2 {
    let (column, line) = ((cell % CELLS) as f32, (cell / CELLS) as f32);
    Vec2::new(column + 0.5, line + 0.5) * CELL
}

fn bounds_of(cell: usize) -> (Vec2, Vec2) {
    let half = Vec2::splat(CELL * 0.5 + REACH);
    (middle_of(cell) - half, middle_of(cell) + half)
}

fn first<'a>(
    solids: impl Iterator<Item = &'a Solid>,
    from: Vec2,
    to: Vec2,
    radius: f32,
) -> Option<f32> {
    let border = border(from, to, radius);
    solids
        .filter_map(|solid| solid.sweep(from, to, radius))
        .chain(border)
        .reduce(|best, at| if at < best { at } else { best })
}

/// Where along `from..to` a circle leaves the map.
fn border(from: Vec2, to: Vec2, radius: f32) -> Option<f32> {
    let (low, high) = (radius, MAP_SIZE - radius);
    let mut found: Option<f32> = None;
    for axis in 0..2 {
        let edge = if to[axis] < low {
            low
        } else if to[axis] > high {
            high
        } else {
            continue;
        };
        let way = to[axis] - from[axis];
        let at = if way.abs() < 1.0e-6 {
            0.0
        } else {
            ((edge - from[axis]) / way).clamp(0.0, 1.0)
        };
        found = Some(found.map_or(at, |best| if at < best { at } else { best }));
    }
    found
}

fn keep_inside(at: Vec2, velocity: Vec2, radius: f32) -> (Vec2, Vec2) {
    let (mut at, mut velocity) = (at, velocity);
    for axis in 0..2 {
        if at[axis] < radius {
            at[axis] = radius;
            velocity[axis] = velocity[axis].max(0.0);
        } else if at[axis] > MAP_SIZE - radius {
            at[axis] = MAP_SIZE - radius;
            velocity[axis] = velocity[axis].min(0.0);
        }
    }
    (at, velocity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tune::{FIGHTER_RADIUS, MAPS};

    #[test]
    fn spawns_and_pickups_stand_free() {
        for number in 0..MAPS {
            let map = Map::of(number);
            for &spot in map.spawns() {
                assert!(
                    map.is_free(spot, FIGHTER_RADIUS * 1.5),
                    "map {number} spawn {spot}"
                );
            }
            for &(spot, _) in map.pickups() {
                assert!(
                    map.is_free(spot, FIGHTER_RADIUS * 1.5),
                    "map {number} pick-up {spot}"
                );
            }
        }
    }

    #[test]
    fn the_grid_finds_what_a_search_of_all_solids_finds() {
        let map = Map::of(0);
        let mut rng = tickwire_shared::rng::Rng::new(3);
        for _ in 0..20_000 {
            let from = Vec2::new(rng.range(4.0, 2044.0), rng.range(4.0, 2044.0));
            let to = from + Vec2::new(rng.range(-16.0, 16.0), rng.range(-16.0, 16.0));
            let all = first(map.solids().iter(), from, to, 4.0);
            assert_eq!(map.strike(from, to, 4.0), all, "{from} to {to}");
        }
    }

    #[test]
    fn sliding_along_a_wall_keeps_the_speed_along_it() {
        let map = Map::of(0);
        let (at, velocity) = map.slide(Vec2::new(10.0, 300.0), Vec2::new(-100.0, 80.0), 16.0);
        assert!((at.x - 16.0).abs() < 0.01 && at.y == 300.0, "{at}");
        assert_eq!(velocity, Vec2::new(0.0, 80.0));
    }
}
