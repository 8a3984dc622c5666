//! A copy-on-write ring of the last mirrors.
//!
//! Each tick keeps a table of block versions; a still block has one version however many ticks
//! refer to it. Versions are superseded in the order of ticks, so a queue frees them: the version
//! replaced at tick T is last referred to by tick T - 1, which leaves the ring with tick
//! T - 1 + HISTORY_TICKS.

use std::collections::VecDeque;

use super::block::Block;
use crate::id::Tick;
use crate::limits::HISTORY_TICKS;

/// Names one version of one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version(u32);

/// The current blocks and those of the last [`HISTORY_TICKS`] ticks.
#[derive(Clone, Debug)]
pub struct History {
    stride: usize,
    current: Vec<Version>,
    written: Vec<Tick>,
    versions: Vec<Block>,
    free: Vec<Version>,
    retired: VecDeque<(Tick, Version)>,
    ring: Vec<(Tick, Vec<Version>)>,
}

impl History {
    /// An empty history of rows of `stride` words.
    #[must_use]
    pub fn new(stride: usize) -> History {
        History {
            stride,
            current: Vec::new(),
            written: Vec::new(),
            versions: Vec::new(),
            free: Vec::new(),
            retired: VecDeque::new(),
            ring: vec![(Tick::ZERO, Vec::new()); HISTORY_TICKS as usize],
        }
    }

    /// How many blocks there are.
    #[must_use]
    pub fn blocks(&self) -> usize {
        self.current.len()
    }

    /// Adds empty blocks until there are `count`.
    pub fn grow(&mut self, count: usize) {
        while self.current.len() < count {
            let version = self.fresh_version();
            let stride = self.stride;
            self.versions[version.0 as usize] = Block::empty(stride);
            self.current.push(version);
            self.written.push(Tick::ZERO);
        }
    }

    /// The newest version of a block.
    #[inline]
    #[must_use]
    pub fn block(&self, block: usize) -> &Block {
        &self.versions[self.current[block].0 as usize]
    }

    /// The newest version of a block, to write in `tick`: the first write of a tick copies it.
    pub fn block_mut(&mut self, block: usize, tick: Tick) -> &mut Block {
        if self.written[block] != tick {
            let old = self.current[block];
            let new = self.fresh_version();
            self.copy(old, new);
            self.retired.push_back((tick, old));
            self.current[block] = new;
            self.written[block] = tick;
        }
        &mut self.versions[self.current[block].0 as usize]
    }

    /// The last tick in which a block was written.
    #[inline]
    #[must_use]
    pub fn written(&self, block: usize) -> Tick {
        self.written[block]
    }

    /// Ends `tick`: remembers its table and frees what fell out of the ring.
    pub fn commit(&mut self, tick: Tick) {
        let (slot_tick, table) = &mut self.ring[(tick.0 % HISTORY_TICKS) as usize];
        *slot_tick = tick;
        table.clear();
        table.extend_from_slice(&self.current);
        while let Some(&(replaced, version)) = self.retired.front() {
            if tick.since(replaced) + 1 < HISTORY_TICKS {
                break;
            }
            self.retired.pop_front();
            self.free.push(version);
        }
    }

    /// A block as it was at the end of `tick`; `None` when that tick is not in the ring.
    #[inline]
    #[must_use]
    pub fn block_at(&self, block: usize, tick: Tick) -> Option<&Block> {
        let (slot_tick, table) = &self.ring[(tick.0 % HISTORY_TICKS) as usize];
        if *slot_tick != tick || tick == Tick::ZERO {
            return None;
        }
        let version = table.get(block)?;
        self.versions.get(version.0 as usize)
    }

    fn fresh_version(&mut self) -> Version {
        if self.free.is_empty() {
            // Growing by half keeps warm ticks free of allocations.
            let first = self.versions.len() as u32;
            let more = (first / 2).max(8);
            self.versions
                .extend((0..more).map(|_| Block::empty(self.stride)));
            self.free.extend((first..first + more).rev().map(Version));
        }
        self.free.pop().expect("the free list was just filled")
    }

    fn copy(&mut self, from: Version, to: Version) {
        let (from, to) = (from.0 as usize, to.0 as usize);
        let [from, to] = self
            .versions
            .get_disjoint_mut([from, to])
            .expect("a fresh version differs from a current one");
        to.copy_from(from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_remembers_what_each_tick_held_and_reuses_versions() {
        let mut history = History::new(1);
        history.grow(2);
        for tick in (1..500).map(Tick) {
            if tick.0 % 3 == 0 {
                history.block_mut(0, tick).row_mut(5)[0] = tick.0;
            }
            history.commit(tick);
            for age in 0..HISTORY_TICKS.min(tick.0) {
                let then = tick.minus(age);
                let row = history.block_at(0, then).map(|block| block.row(5)[0]);
                assert_eq!(row, Some(then.0 / 3 * 3), "at {tick}, looking at {then}");
            }
            assert!(history.block_at(0, tick.minus(HISTORY_TICKS)).is_none());
        }
        assert!(
            history.versions.len() <= 2 + HISTORY_TICKS as usize,
            "versions are reused"
        );
    }
}
