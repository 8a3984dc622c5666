//! Ways around obstacles: a breadth-first search over the map's cells, remembered for a while.
//!
//! Never optimal, always cheap: one search over 1,024 cells at most every [`KEEP_TICKS`] ticks.

use tickwire_shared::glam::Vec2;
use tickwire_shared::id::Tick;

use crate::map::{CELLS, Map, cell_of, middle_of};
use crate::tune::FIGHTER_RADIUS;

/// A way is searched anew after so many ticks.
const KEEP_TICKS: u32 = 45;

/// Cells of a way that are tried as a straight short cut, the farthest first.
const SHORT_CUT_CELLS: usize = 6;

/// Room a bot keeps to walls on its way.
const BERTH: f32 = FIGHTER_RADIUS + 4.0;

/// Which cells can be walked, and the way being walked.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    open: Vec<bool>,
    /// Cell after cell to the goal, the last first.
    way: Vec<usize>,
    goal: usize,
    searched: Tick,
    /// Scratch of a search: from where each cell was reached, and the cells to look at.
    from: Vec<u16>,
    queue: Vec<u16>,
}

const NOWHERE: u16 = u16::MAX;

impl Paths {
    /// Finds the cells of this map a fighter can stand in the middle of.
    pub fn new(map: &Map) -> Paths {
        let cells = 0..CELLS * CELLS;
        Paths {
            open: cells
                .map(|cell| map.is_free(middle_of(cell), BERTH))
                .collect(),
            way: Vec::new(),
            goal: 0,
            searched: Tick::ZERO,
            from: vec![NOWHERE; CELLS * CELLS],
            queue: Vec::with_capacity(CELLS * CELLS),
        }
    }

    /// Forgets the way being walked.
    pub fn forget(&mut self) {
        self.way.clear();
    }

    /// Where to walk next on the way to `goal`; `goal` itself when the way is clear or unknown.
    pub fn next(&mut self, map: &Map, from: Vec2, goal: Vec2, tick: Tick) -> Vec2 {
        if map.is_clear(from, goal, BERTH) {
            self.way.clear();
            return goal;
        }
        let goal_cell = cell_of(goal);
        let moved = apart(goal_cell, self.goal) > 2;
        if self.way.is_empty() || moved || tick.since(self.searched) >= KEEP_TICKS {
            self.search(cell_of(from), goal_cell);
            self.searched = tick;
        }
        self.follow(map, from).unwrap_or(goal)
    }

    /// The farthest of the next cells that can be walked to straight; drops those behind it.
    fn follow(&mut self, map: &Map, from: Vec2) -> Option<Vec2> {
        let ahead = self.way.len().saturating_sub(SHORT_CUT_CELLS);
        let found = (ahead..self.way.len()).find(|&at| {
            let cell = self.way.get(at).copied().unwrap_or(0);
            map.is_clear(from, middle_of(cell), BERTH)
        });
        if let Some(at) = found {
            self.way.truncate(at + 1);
        }
        let next = middle_of(*self.way.last()?);
        if next.distance_squared(from) < 12.0 * 12.0 {
            self.way.pop();
        }
        Some(next)
    }

    fn search(&mut self, start: usize, goal: usize) {
        self.from.fill(NOWHERE);
        self.queue.clear();
        self.way.clear();
        self.goal = goal;
        self.reach(start, start);
        let mut at = 0;
        while let Some(&cell) = self.queue.get(at) {
            at += 1;
            if usize::from(cell) == goal {
                break;
            }
            self.spread(usize::from(cell), goal);
        }
        self.trace(start, goal);
    }

    fn spread(&mut self, cell: usize, goal: usize) {
        let (column, line) = (cell % CELLS, cell / CELLS);
        let sides = [
            (column > 0, cell.wrapping_sub(1)),
            (column + 1 < CELLS, cell + 1),
            (line > 0, cell.wrapping_sub(CELLS)),
            (line + 1 < CELLS, cell + CELLS),
        ];
        for (exists, next) in sides {
            let open = exists && (next == goal || self.open.get(next) == Some(&true));
            if open && self.from.get(next) == Some(&NOWHERE) {
                self.reach(next, cell);
            }
        }
    }

    fn reach(&mut self, cell: usize, from: usize) {
        if let Some(entry) = self.from.get_mut(cell) {
            *entry = from as u16;
            self.queue.push(cell as u16);
        }
    }

    fn trace(&mut self, start: usize, goal: usize) {
        let mut cell = goal;
        // A way never visits a cell twice.
        for _ in 0..CELLS * CELLS {
            match self.from.get(cell) {
                Some(&from) if from != NOWHERE => {
                    self.way.push(cell);
                    if cell == start {
                        return;
                    }
                    cell = usize::from(from);
                }
                _ => {
                    self.way.clear();
                    return;
                }
            }
        }
    }
}

/// Cells two cells are apart, along the longer axis.
fn apart(a: usize, b: usize) -> usize {
    let columns = (a % CELLS).abs_diff(b % CELLS);
    let lines = (a / CELLS).abs_diff(b / CELLS);
    columns.max(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tune::MAPS;

    #[test]
    fn every_spawn_and_pickup_can_be_walked_to() {
        for number in 0..MAPS {
            let map = Map::of(number);
            let mut paths = Paths::new(&map);
            let start = map.spawns()[0];
            let spots = map.pickups().iter().map(|(pos, _)| *pos);
            for goal in spots.chain(map.spawns().iter().copied()) {
                let mut at = start;
                for step in 0..4_000 {
                    let next = paths.next(&map, at, goal, Tick(step));
                    at += (next - at).clamp_length_max(4.0);
                    (at, _) = map.slide(at, Vec2::ZERO, FIGHTER_RADIUS);
                }
                assert!(
                    at.distance(goal) < 24.0,
                    "map {number}: {start} to {goal}, ends {at}"
                );
            }
        }
    }
}
