//! Which slots are taken: allocation, generations, quarantine and who owns what.
//!
//! A slot is free, alive, or departed: after a despawn it stays in quarantine until nobody holds
//! its entity any more, so that a code can never meet an entity of another generation.

use crate::id::{EntityId, PlayerId};
use crate::limits::ENTITIES_MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Free,
    Spawned,
    Alive,
    Departed,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    generation: u16,
    owner: Option<PlayerId>,
    key: Option<SpawnKey>,
    usage: Use,
}

/// How a client that predicted a spawn recognises it: the tick of the input that caused it and
/// which of its player's spawns of that tick it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpawnKey {
    /// The tick that spawned it.
    pub tick: crate::id::Tick,
    /// Which of its owner's spawns of that tick, from 0.
    pub ordinal: u8,
}

/// All slots of a room.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    slots: Vec<Slot>,
    /// One bit a slot, set when free.
    free: Vec<u64>,
    first_free_hint: usize,
    owned: Vec<Vec<u32>>,
    departed: Vec<u32>,
    spawned: Vec<u32>,
}

impl Slots {
    /// Takes the lowest free slot; `None` at [`ENTITIES_MAX`].
    pub fn spawn(&mut self, owner: Option<PlayerId>, key: Option<SpawnKey>) -> Option<EntityId> {
        let slot = self.take_free()?;
        let entry = &mut self.slots[slot as usize];
        entry.generation = entry.generation.wrapping_add(1);
        entry.owner = owner;
        entry.key = key;
        entry.usage = Use::Spawned;
        self.spawned.push(slot);
        Some(EntityId {
            slot,
            generation: entry.generation,
        })
    }

    /// Marks a spawned entity as alive: it has a row now.
    pub fn enliven(&mut self, slot: u32) {
        let entry = &mut self.slots[slot as usize];
        entry.usage = Use::Alive;
        if let Some(owner) = entry.owner {
            let seat = usize::from(owner.0);
            if self.owned.len() <= seat {
                self.owned.resize_with(seat + 1, Vec::new);
            }
            self.owned[seat].push(slot);
        }
    }

    /// Ends an entity. Returns whether it was alive (had a row).
    pub fn despawn(&mut self, id: EntityId) -> bool {
        if !self.exists(id) {
            return false;
        }
        let entry = &mut self.slots[id.slot as usize];
        let had_row = entry.usage == Use::Alive;
        if let Some(list) = entry
            .owner
            .and_then(|owner| self.owned.get_mut(usize::from(owner.0)))
        {
            list.retain(|&slot| slot != id.slot);
        }
        if had_row {
            entry.usage = Use::Departed;
            self.departed.push(id.slot);
        } else {
            self.release(id.slot);
        }
        had_row
    }

    /// Frees a slot for reuse.
    pub fn release(&mut self, slot: u32) {
        self.slots[slot as usize].usage = Use::Free;
        self.free[slot as usize / 64] |= 1 << (slot % 64);
        self.first_free_hint = self.first_free_hint.min(slot as usize / 64);
    }

    /// Frees the departed slots for which `held` says no.
    pub fn release_departed(&mut self, mut held: impl FnMut(u32) -> bool) {
        let mut departed = core::mem::take(&mut self.departed);
        departed.retain(|&slot| {
            let keep = held(slot);
            if !keep {
                self.release(slot);
            }
            keep
        });
        self.departed = departed;
    }

    /// Frees the slots of entities that were spawned in this tick and never got a row.
    pub fn drop_rowless(&mut self) {
        while let Some(slot) = self.spawned.pop() {
            if self.slots[slot as usize].usage == Use::Spawned {
                self.release(slot);
            }
        }
    }

    /// Whether this very entity exists, with or without a row yet.
    #[must_use]
    pub fn exists(&self, id: EntityId) -> bool {
        self.slots.get(id.slot as usize).is_some_and(|slot| {
            slot.generation == id.generation && matches!(slot.usage, Use::Spawned | Use::Alive)
        })
    }

    /// Whether a slot's entity has a row.
    #[must_use]
    pub fn is_alive(&self, slot: u32) -> bool {
        self.slots
            .get(slot as usize)
            .is_some_and(|slot| slot.usage == Use::Alive)
    }

    /// The owner of a slot's entity.
    #[must_use]
    pub fn owner(&self, slot: u32) -> Option<PlayerId> {
        self.slots.get(slot as usize).and_then(|slot| slot.owner)
    }

    /// The spawn key of a slot's entity.
    #[must_use]
    pub fn key(&self, slot: u32) -> Option<SpawnKey> {
        self.slots.get(slot as usize).and_then(|slot| slot.key)
    }

    /// The slots a player owns, oldest first.
    #[must_use]
    pub fn owned_by(&self, player: PlayerId) -> &[u32] {
        self.owned
            .get(usize::from(player.0))
            .map_or(&[], Vec::as_slice)
    }

    fn take_free(&mut self) -> Option<u32> {
        for word in self.first_free_hint..self.free.len() {
            if self.free[word] != 0 {
                let bit = self.free[word].trailing_zeros();
                self.free[word] &= !(1 << bit);
                self.first_free_hint = word;
                return Some((word * 64) as u32 + bit);
            }
        }
        let slot = self.slots.len() as u32;
        if slot >= ENTITIES_MAX {
            return None;
        }
        self.first_free_hint = self.free.len();
        self.slots.push(Slot {
            generation: 0,
            owner: None,
            key: None,
            usage: Use::Free,
        });
        if self.free.len() * 64 < self.slots.len() {
            self.free.push(0);
        }
        Some(slot)
    }
}
