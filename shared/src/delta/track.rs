//! The rows a client holds of one entity: each version with the tick it was received for.
//!
//! The version in force at a tick is the newest one that is not newer. That holds for a baseline
//! too: a packet for tick A sent every row that changed since its own, older baseline, so what it
//! did not send was still in force (by induction over baselines).

use std::collections::VecDeque;

use crate::id::{EntityId, KindId, PlayerId, Tick};
use crate::limits::{VERSIONS_KEPT, VERSIONS_MAX};
use crate::schema::{Audience, Level};

/// One received row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// The tick of the packet that carried it.
    pub tick: Tick,
    /// The tick at which it became what it is; differs from `tick` for declared motion only.
    pub since: Tick,
    /// The level it was sent at.
    pub level: Level,
    /// Up to which audience it is filled.
    pub known: Audience,
}

/// All rows held of one entity.
#[derive(Clone, Debug)]
pub struct Track {
    /// The entity.
    pub id: EntityId,
    /// Its kind.
    pub kind: KindId,
    /// Its owner.
    pub owner: Option<PlayerId>,
    /// The first tick it was held for.
    pub entered: Tick,
    /// Whether it came with the prediction group last.
    pub in_group: bool,
    stride: usize,
    versions: VecDeque<Version>,
    words: VecDeque<u32>,
}

impl Track {
    /// A track without rows; its rows have `stride` words.
    pub fn new(
        id: EntityId,
        kind: KindId,
        owner: Option<PlayerId>,
        entered: Tick,
        stride: usize,
    ) -> Track {
        let (versions, words) = (VecDeque::new(), VecDeque::new());
        Track {
            id,
            kind,
            owner,
            entered,
            in_group: false,
            stride,
            versions,
            words,
        }
    }

    /// Adds a row. Returns whether it is the newest now.
    pub fn add(&mut self, version: Version, words: &[u32]) -> bool {
        let at = self
            .versions
            .partition_point(|there| there.tick < version.tick);
        if self
            .versions
            .get(at)
            .is_some_and(|there| there.tick == version.tick)
        {
            return false;
        }
        let newest = at == self.versions.len();
        self.versions.insert(at, version);
        if newest {
            self.words
                .extend(words.iter().chain(core::iter::repeat(&0)).take(self.stride));
        } else {
            self.insert_words(at, words);
        }
        if self.versions.len() > VERSIONS_MAX {
            self.drop_oldest();
        }
        newest
    }

    /// The version in force at `tick`, with its place for [`Track::words`].
    pub fn in_force(&self, tick: Tick) -> Option<(usize, Version)> {
        let at = self
            .versions
            .iter()
            .rposition(|version| version.tick <= tick)?;
        Some((at, self.versions[at]))
    }

    /// The newest version, with its place.
    pub fn newest(&self) -> Option<(usize, Version)> {
        let at = self.versions.len().checked_sub(1)?;
        Some((at, self.versions[at]))
    }

    /// How many versions are held.
    pub fn len(&self) -> usize {
        self.versions.len()
    }

    /// The version at a place, oldest first.
    pub fn version(&self, at: usize) -> Option<Version> {
        self.versions.get(at).copied()
    }

    /// Copies the words at a place to the start of `out`, as many as fit.
    pub fn copy_words(&self, at: usize, out: &mut [u32]) {
        let (start, count) = (at * self.stride, self.stride.min(out.len()));
        let (first, second) = self.words.as_slices();
        if let Some(words) = first.get(start..start + count) {
            out[..count].copy_from_slice(words);
            return;
        }
        let split = first.len().saturating_sub(start).min(count);
        let rest = (start + split).saturating_sub(first.len());
        out[..split].copy_from_slice(&first[start.min(first.len())..][..split]);
        out[split..count].copy_from_slice(&second[rest..][..count - split]);
    }

    /// Forgets what a baseline at `base` or later can no longer need, but keeps enough to draw.
    pub fn prune(&mut self, base: Tick) {
        while self.versions.len() > VERSIONS_KEPT
            && self
                .versions
                .get(1)
                .is_some_and(|second| second.tick <= base)
        {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        self.versions.pop_front();
        self.words.drain(..self.stride);
    }

    fn insert_words(&mut self, at: usize, words: &[u32]) {
        for offset in 0..self.stride {
            let word = words.get(offset).copied().unwrap_or(0);
            self.words.insert(at * self.stride + offset, word);
        }
    }
}
