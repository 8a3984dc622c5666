//! The mirror of a room: its slots, its rows and their history.
//!
//! It compares words and decides what changed. It never looks at a game type and never sends.

use std::sync::Arc;

use super::block::{Block, slots_of};
use super::history::History;
use super::motion::{advance, on_trajectory};
use super::slots::{Slots, SpawnKey};
use crate::game::{Frame, FrameRow};
use crate::id::{EntityId, KindId, PlayerId, Tick};
use crate::limits::{BLOCK_SLOTS, HISTORY_TICKS, ROW_WORDS_MAX};
use crate::replicate::Replicate;
use crate::schema::{Audience, Kind, Motion, Schema};

/// A row as it was at a tick.
#[derive(Clone, Copy, Debug)]
pub struct RowAt<'a> {
    /// Whose row.
    pub id: EntityId,
    /// Its kind.
    pub kind: KindId,
    /// Its owner.
    pub owner: Option<PlayerId>,
    /// The tick at which it became `words`; declared motion advances it from there.
    pub since: Tick,
    /// Its words at `since`, server words included.
    pub words: &'a [u32],
}

/// The quantised replicated state of a room.
#[derive(Clone, Debug)]
pub struct Mirror {
    schema: Arc<Schema>,
    tick: Tick,
    slots: Slots,
    history: History,
    teleports: Vec<u32>,
    shoves: Vec<u32>,
    spawns: Vec<(PlayerId, u8)>,
}

impl Mirror {
    /// An empty mirror.
    #[must_use]
    pub fn new(schema: Arc<Schema>) -> Mirror {
        let history = History::new(schema.stride);
        Mirror {
            schema,
            tick: Tick::ZERO,
            slots: Slots::default(),
            history,
            teleports: Vec::new(),
            shoves: Vec::new(),
            spawns: Vec::new(),
        }
    }

    /// What rows look like.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The last tick that was applied.
    #[must_use]
    pub fn tick(&self) -> Tick {
        self.tick
    }

    /// Creates an entity in `tick`; its row comes with the next [`Mirror::apply`].
    ///
    /// `None` at [`crate::limits::ENTITIES_MAX`].
    pub fn spawn(&mut self, tick: Tick, owner: Option<PlayerId>) -> Option<EntityId> {
        let key = owner.map(|owner| self.next_key(tick, owner));
        let id = self.slots.spawn(owner, key)?;
        self.history.grow(id.slot as usize / BLOCK_SLOTS + 1);
        Some(id)
    }

    /// Ends an entity in `tick`. Its slot stays in quarantine until it is released.
    pub fn despawn(&mut self, id: EntityId, tick: Tick) {
        if self.slots.despawn(id) {
            let (block, bit) = place(id.slot);
            let block = self.history.block_mut(block, tick);
            block.alive &= !(1 << bit);
            block.since[bit] = tick;
        }
    }

    /// Counts a teleport of an entity in the next [`Mirror::apply`].
    pub fn teleport(&mut self, id: EntityId) {
        if self.slots.exists(id) {
            self.teleports.push(id.slot);
        }
    }

    /// Counts a push that the owner could not predict in the next [`Mirror::apply`].
    pub fn shove(&mut self, id: EntityId) {
        if self.slots.exists(id) {
            self.shoves.push(id.slot);
        }
    }

    /// Takes over what a game saved and ends `tick`.
    ///
    /// A row with equal words, or one on its declared trajectory, is kept. Afterwards the frame
    /// holds what the mirror holds, ready for [`crate::game::Game::load`]: the write-back.
    pub fn apply<E: Replicate>(&mut self, frame: &mut Frame<E>, tick: Tick) {
        let schema = Arc::clone(&self.schema);
        for index in 0..frame.rows().len() {
            let row = frame.rows()[index];
            if let Some(kind) = schema
                .entity(row.kind)
                .filter(|_| self.slots.exists(row.id))
            {
                self.apply_row(kind, &row, frame.words_mut(&row), tick);
            }
        }
        self.count_bumps(&schema, tick);
        self.slots.drop_rowless();
        self.spawns.clear();
        self.history.commit(tick);
        self.tick = tick;
    }

    /// Whether this very entity exists.
    #[must_use]
    pub fn is_alive(&self, id: EntityId) -> bool {
        self.slots.exists(id)
    }

    /// The owner of an entity.
    #[must_use]
    pub fn owner(&self, id: EntityId) -> Option<PlayerId> {
        self.slots
            .exists(id)
            .then(|| self.slots.owner(id.slot))
            .flatten()
    }

    /// The slots a player owns, oldest first.
    #[must_use]
    pub fn owned_by(&self, player: PlayerId) -> &[u32] {
        self.slots.owned_by(player)
    }

    /// How a client that predicted this spawn recognises it.
    #[must_use]
    pub fn spawn_key(&self, slot: u32) -> Option<SpawnKey> {
        self.slots.key(slot)
    }

    /// Everything alive, in the order of slots.
    pub fn ids(&self) -> impl Iterator<Item = EntityId> + '_ {
        (0..self.history.blocks()).flat_map(move |at| {
            let block = self.history.block(at);
            slots_of(block.alive).map(move |bit| EntityId {
                slot: (at * BLOCK_SLOTS + bit) as u32,
                generation: block.generations[bit],
            })
        })
    }

    /// How many entities have a row.
    #[must_use]
    pub fn count(&self) -> usize {
        let blocks = 0..self.history.blocks();
        blocks
            .map(|at| self.history.block(at).alive.count_ones() as usize)
            .sum()
    }

    /// How many blocks there are.
    #[must_use]
    pub fn blocks(&self) -> usize {
        self.history.blocks()
    }

    /// The newest version of a block.
    #[inline]
    #[must_use]
    pub fn block(&self, block: usize) -> &Block {
        self.history.block(block)
    }

    /// A block at the end of `tick`; `None` when that is not in history.
    #[inline]
    #[must_use]
    pub fn block_at(&self, block: usize, tick: Tick) -> Option<&Block> {
        self.history.block_at(block, tick)
    }

    /// The last tick in which anything in a block changed.
    #[inline]
    #[must_use]
    pub fn block_written(&self, block: usize) -> Tick {
        self.history.written(block)
    }

    /// The oldest tick still in history.
    #[must_use]
    pub fn oldest(&self) -> Tick {
        Tick(self.tick.minus(HISTORY_TICKS - 1).0.max(1))
    }

    /// The newest row of an entity, advanced along its declared motion to the mirror's tick, in
    /// `words`; its kind. `None` when it does not exist or has no row yet.
    pub fn row(&self, id: EntityId, words: &mut Vec<u32>) -> Option<KindId> {
        if !self.slots.exists(id) || !self.slots.is_alive(id.slot) {
            return None;
        }
        let row = self.row_at(id.slot, self.tick)?;
        let kind = self.schema.entity(row.kind)?;
        words.clear();
        words.extend_from_slice(row.words);
        advance(kind, words, self.tick.since(row.since));
        Some(row.kind)
    }

    /// The row a slot held at the end of `tick`; `None` when it was empty or `tick` is not in
    /// history.
    #[must_use]
    pub fn row_at(&self, slot: u32, tick: Tick) -> Option<RowAt<'_>> {
        let (block, bit) = place(slot);
        let block = self.history.block_at(block, tick)?;
        if block.alive & 1 << bit == 0 {
            return None;
        }
        let kind = block.kinds[bit];
        let length = self.schema.entity(kind)?.words.len();
        Some(RowAt {
            id: EntityId {
                slot,
                generation: block.generations[bit],
            },
            kind,
            owner: block.owners[bit],
            since: block.since[bit],
            words: &block.row(bit)[..length],
        })
    }

    /// Puts everything alive into `frame`, in the order of slots.
    pub fn fill<E: Replicate>(&self, frame: &mut Frame<E>) {
        let mut words = Vec::with_capacity(ROW_WORDS_MAX);
        for id in self.ids() {
            if let Some(kind) = self.row(id, &mut words) {
                frame.push_row(
                    id,
                    kind,
                    Audience::Server,
                    self.slots.owner(id.slot),
                    &words,
                );
            }
        }
    }

    /// A hash of everything alive: equal mirrors have equal hashes on every platform.
    #[must_use]
    pub fn hash(&self) -> u64 {
        let mut hash = Fnv::default();
        let mut words = Vec::with_capacity(ROW_WORDS_MAX);
        for id in self.ids() {
            if let Some(kind) = self.row(id, &mut words) {
                hash.add(id.slot);
                hash.add(u32::from(id.generation));
                hash.add(u32::from(kind.0));
                words.iter().for_each(|&word| hash.add(word));
            }
        }
        hash.0
    }

    /// Frees the departed slots for which `held` says no.
    pub fn release_departed(&mut self, held: impl FnMut(u32) -> bool) {
        self.slots.release_departed(held);
    }

    fn next_key(&mut self, tick: Tick, owner: PlayerId) -> SpawnKey {
        let at = self
            .spawns
            .iter()
            .position(|&(player, _)| player == owner)
            .unwrap_or_else(|| {
                self.spawns.push((owner, 0));
                self.spawns.len() - 1
            });
        let ordinal = self.spawns[at].1;
        self.spawns[at].1 = ordinal.saturating_add(1);
        SpawnKey { tick, ordinal }
    }

    fn apply_row(&mut self, kind: &Kind, row: &FrameRow, words: &mut [u32], tick: Tick) {
        let (block, bit) = place(row.id.slot);
        if !self.slots.is_alive(row.id.slot) {
            return self.create_row(row, words, tick);
        }
        let current = self.history.block(block);
        let (stored, since) = (&current.row(bit)[..words.len()], current.since[bit]);
        words[Kind::TELEPORTS] = stored[Kind::TELEPORTS];
        words[kind.shoves()] = stored[kind.shoves()];
        if stored == words && kind.def.motion == Motion::Free {
            return;
        }
        if kind.def.motion != Motion::Free {
            let mut expected = [0u32; ROW_WORDS_MAX];
            let expected = &mut expected[..words.len()];
            expected.copy_from_slice(stored);
            advance(kind, expected, tick.since(since));
            if on_trajectory(kind, expected, words) {
                words.copy_from_slice(expected);
                return;
            }
        }
        let block = self.history.block_mut(block, tick);
        block.row_mut(bit)[..words.len()].copy_from_slice(words);
        block.since[bit] = tick;
    }

    fn create_row(&mut self, row: &FrameRow, words: &[u32], tick: Tick) {
        let (block, bit) = place(row.id.slot);
        self.slots.enliven(row.id.slot);
        let owner = self.slots.owner(row.id.slot);
        let block = self.history.block_mut(block, tick);
        block.alive |= 1 << bit;
        block.kinds[bit] = row.kind;
        block.generations[bit] = row.id.generation;
        block.owners[bit] = owner;
        block.since[bit] = tick;
        let stored = block.row_mut(bit);
        stored.fill(0);
        stored[..words.len()].copy_from_slice(words);
    }

    fn count_bumps(&mut self, schema: &Schema, tick: Tick) {
        while let Some(slot) = self.teleports.pop() {
            self.bump(schema, slot, tick, |_| Kind::TELEPORTS);
        }
        while let Some(slot) = self.shoves.pop() {
            self.bump(schema, slot, tick, Kind::shoves);
        }
    }

    fn bump(&mut self, schema: &Schema, slot: u32, tick: Tick, word: impl Fn(&Kind) -> usize) {
        if !self.slots.is_alive(slot) {
            return;
        }
        let (block, bit) = place(slot);
        let since = self.history.block(block).since[bit];
        let block = self.history.block_mut(block, tick);
        let Some(kind) = schema.entity(block.kinds[bit]) else {
            return;
        };
        let row = &mut block.row_mut(bit)[..kind.words.len()];
        advance(kind, row, tick.since(since));
        let at = word(kind);
        row[at] = (row[at] + 1) & kind.words[at].max;
        block.since[bit] = tick;
    }
}

/// Block and bit of a slot.
#[inline]
fn place(slot: u32) -> (usize, usize) {
    (slot as usize / BLOCK_SLOTS, slot as usize % BLOCK_SLOTS)
}

/// FNV-1a, 64 bits, over little-endian words.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xCBF2_9CE4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, word: u32) {
        for byte in word.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }
}
