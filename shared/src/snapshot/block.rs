//! A block: 32 slots side by side, the unit of history, baselines and packets.
//!
//! A block is only data; the mirror decides when to copy it.

use crate::id::{KindId, PlayerId, Tick};
use crate::limits::BLOCK_SLOTS;

/// The rows of 32 neighbouring slots at one tick.
#[derive(Clone, Debug)]
pub struct Block {
    /// Slots that hold an entity, one bit each.
    pub alive: u32,
    /// Kind of each slot.
    pub kinds: [KindId; BLOCK_SLOTS],
    /// Generation of each slot.
    pub generations: [u16; BLOCK_SLOTS],
    /// Owner of each slot.
    pub owners: [Option<PlayerId>; BLOCK_SLOTS],
    /// The tick at which each row became what it is. A row of a kind with declared motion is the
    /// row of that tick; what it is later follows from the trajectory.
    pub since: [Tick; BLOCK_SLOTS],
    words: Vec<u32>,
    stride: usize,
}

impl Block {
    /// A block of empty slots with rows of `stride` words.
    #[must_use]
    pub fn empty(stride: usize) -> Block {
        Block {
            alive: 0,
            kinds: [KindId(0); BLOCK_SLOTS],
            generations: [0; BLOCK_SLOTS],
            owners: [None; BLOCK_SLOTS],
            since: [Tick::ZERO; BLOCK_SLOTS],
            words: vec![0; BLOCK_SLOTS * stride],
            stride,
        }
    }

    /// The words of a slot of this block (0 to 31), as long as the schema's longest row.
    #[inline]
    #[must_use]
    pub fn row(&self, slot: usize) -> &[u32] {
        &self.words[slot * self.stride..(slot + 1) * self.stride]
    }

    /// As [`Block::row`], to write.
    #[inline]
    pub fn row_mut(&mut self, slot: usize) -> &mut [u32] {
        &mut self.words[slot * self.stride..(slot + 1) * self.stride]
    }

    /// Takes over everything from another block without allocating.
    pub fn copy_from(&mut self, other: &Block) {
        self.alive = other.alive;
        self.kinds = other.kinds;
        self.generations = other.generations;
        self.owners = other.owners;
        self.since = other.since;
        self.words.copy_from_slice(&other.words);
    }

    /// The slots whose row became what it is after `tick`, one bit each, dead ones included.
    #[inline]
    #[must_use]
    pub fn changed_since(&self, tick: Tick) -> u32 {
        let mut mask = 0u32;
        for (bit, since) in self.since.iter().enumerate() {
            mask |= u32::from(since.0 > tick.0) << bit;
        }
        mask
    }
}

/// The set bits of a mask of slots, lowest first.
pub fn slots_of(mut mask: u32) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let bit = (mask != 0).then(|| mask.trailing_zeros() as usize)?;
        mask &= mask - 1;
        Some(bit)
    })
}
