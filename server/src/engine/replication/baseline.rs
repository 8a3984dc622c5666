//! What one viewer holds of each block, and since when.
//!
//! Each slot of a block is, for this viewer, in one of four states, kept as bits of three masks:
//! absent -> entering (its full row is sent until acked) -> known (deltas) -> leaving (the leave is
//! sent until acked) -> absent. The baseline tick covers all known slots of the block, except
//! those that a partial record brought further.

use tickwire_shared::id::Tick;
use tickwire_shared::limits::BLOCK_SLOTS;
use tickwire_shared::snapshot::slots_of;

use super::Holders;
use super::flight::{Flights, Part, Special};

/// One block as one viewer holds it.
#[derive(Clone, Copy, Debug, Default)]
pub struct BlockState {
    /// Newest acked tick that carried every change of the block.
    pub base: Tick,
    /// Newest tick in which the block was sent.
    pub sent: Tick,
    /// Newest tick in which anything began to enter or leave.
    pub moved: Tick,
    /// Slots whose entity the viewer holds.
    pub known: u32,
    /// Slots whose entity is sent in full until acked.
    pub entering: u32,
    /// Slots whose leave is sent until acked.
    pub leaving: u32,
}

/// A slot that a partial record brought beyond its block's baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// The slot.
    pub slot: u32,
    /// Its own baseline tick.
    pub base: Tick,
}

/// All blocks of one viewer.
#[derive(Clone, Debug, Default)]
pub struct Baselines {
    blocks: Vec<BlockState>,
    ahead: Vec<Ahead>,
}

impl Baselines {
    /// Makes room for `count` blocks.
    pub fn grow(&mut self, count: usize) {
        if self.blocks.len() < count {
            self.blocks.resize(count, BlockState::default());
        }
    }

    /// The state of a block.
    pub fn block(&self, block: usize) -> BlockState {
        self.blocks.get(block).copied().unwrap_or_default()
    }

    /// The state of a block, to change.
    pub fn block_mut(&mut self, block: usize) -> &mut BlockState {
        &mut self.blocks[block]
    }

    /// The slots of a block that have a baseline of their own.
    pub fn ahead(&self, block: usize) -> impl Iterator<Item = Ahead> + '_ {
        let first = (block * BLOCK_SLOTS) as u32;
        let slots = first..first + BLOCK_SLOTS as u32;
        self.ahead
            .iter()
            .copied()
            .filter(move |ahead| slots.contains(&ahead.slot))
    }

    /// Whether any slot has a baseline of its own.
    pub fn any_ahead(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// Brings the masks of a block in line with the slots the viewer ought to hold. Returns whether
    /// anything began to enter or leave.
    pub fn follow(
        &mut self,
        block: usize,
        desired: u32,
        holders: &mut Holders,
        flights: &mut Flights,
    ) -> bool {
        let state = &mut self.blocks[block];
        let gone = (state.known | state.entering) & !desired;
        let new = desired & !(state.known | state.entering | state.leaving);
        if gone | new == 0 {
            return false;
        }
        state.known &= !gone;
        state.entering &= !gone;
        state.leaving |= gone;
        state.entering |= new;
        if gone != 0 {
            flights.forget_entered(block as u32, gone);
        }
        if new != 0 {
            flights.forget_left(block as u32, new);
        }
        let first = (block * BLOCK_SLOTS) as u32;
        slots_of(new).for_each(|bit| holders.hold(first + bit as u32));
        true
    }

    /// The planted bug `LeaveUnacked`: leaves sent before `tick` are forgotten.
    pub fn forget_sent_leaves(&mut self, block: usize, tick: Tick, holders: &mut Holders) {
        let state = &mut self.blocks[block];
        if state.sent != Tick::ZERO && state.sent < tick {
            let first = (block * BLOCK_SLOTS) as u32;
            slots_of(state.leaving).for_each(|bit| holders.release(first + bit as u32));
            state.leaving = 0;
        }
    }

    /// A packet of `tick` arrived.
    pub fn acked(&mut self, tick: Tick, part: &Part, holders: &mut Holders) {
        for &block in &part.blocks {
            self.advance(block as usize, tick);
        }
        for special in &part.specials {
            self.acked_special(tick, special, holders);
        }
    }

    /// Gives up every hold of this viewer.
    pub fn release_all(&mut self, holders: &mut Holders) {
        for (block, state) in self.blocks.drain(..).enumerate() {
            let first = (block * BLOCK_SLOTS) as u32;
            let held = state.known | state.entering | state.leaving;
            slots_of(held).for_each(|bit| holders.release(first + bit as u32));
        }
        self.ahead.clear();
    }

    fn acked_special(&mut self, tick: Tick, special: &Special, holders: &mut Holders) {
        let block = special.block as usize;
        let first = special.block * BLOCK_SLOTS as u32;
        let state = &mut self.blocks[block];
        let entered = special.entered & state.entering;
        state.entering &= !entered;
        state.known |= entered;
        let left = special.left & state.leaving;
        state.leaving &= !left;
        slots_of(left).for_each(|bit| holders.release(first + bit as u32));
        match special.partial {
            None => self.advance(block, tick),
            Some(slots) => self.advance_slots(first, slots, tick),
        }
    }

    fn advance(&mut self, block: usize, tick: Tick) {
        let state = &mut self.blocks[block];
        state.base = state.base.max(tick);
        if !self.ahead.is_empty() {
            let slots = (block * BLOCK_SLOTS) as u32..((block + 1) * BLOCK_SLOTS) as u32;
            self.ahead
                .retain(|ahead| !slots.contains(&ahead.slot) || ahead.base > tick);
        }
    }

    fn advance_slots(&mut self, first: u32, slots: u32, tick: Tick) {
        for slot in slots_of(slots).map(|bit| first + bit as u32) {
            match self.ahead.iter_mut().find(|ahead| ahead.slot == slot) {
                Some(ahead) => ahead.base = ahead.base.max(tick),
                None => self.ahead.push(Ahead { slot, base: tick }),
            }
        }
    }
}
