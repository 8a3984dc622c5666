//! The prediction group of one viewer: what it owns, sent whole in part 0.
//!
//! Because the group is always sent whole, an acked group tick says everything: members that were
//! in it are known with their rows of that tick, and entities that were missing from it are gone.

use tickwire_shared::id::{EntityId, PlayerId, Tick};
use tickwire_shared::limits::BLOCK_SLOTS;
use tickwire_shared::snapshot::Mirror;

use super::{Holders, place};

/// A member and the tick of the first packet that had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The entity.
    pub id: EntityId,
    /// First tick it was a member.
    pub entered: Tick,
}

/// The group of one viewer.
#[derive(Clone, Debug)]
pub struct Group {
    player: PlayerId,
    size_max: usize,
    members: Vec<Member>,
    gone: Vec<(u32, Tick)>,
    touched: Vec<usize>,
    /// Newest acked tick whose packet carried the group.
    pub base: Tick,
    /// Newest tick in which the group was sent.
    pub sent: Tick,
    /// Newest tick in which the membership changed.
    changed: Tick,
}

impl Group {
    /// An empty group of at most `size_max` members.
    pub fn new(player: PlayerId, size_max: usize) -> Group {
        Group {
            player,
            size_max,
            members: Vec::new(),
            gone: Vec::new(),
            touched: Vec::new(),
            base: Tick::ZERO,
            sent: Tick::ZERO,
            changed: Tick::ZERO,
        }
    }

    /// The members by slot.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Takes over who owns what now: the oldest owned entities, by slot.
    pub fn follow(&mut self, mirror: &Mirror, holders: &mut Holders) {
        self.touched.clear();
        let owned = mirror.owned_by(self.player);
        let owned = &owned[..owned.len().min(self.size_max)];
        let tick = mirror.tick();
        let is_owned = |member: &Member| {
            owned.contains(&member.id.slot)
                && mirror
                    .row_at(member.id.slot, tick)
                    .is_some_and(|row| row.id == member.id)
        };
        for member in self.members.extract_if(.., |member| !is_owned(member)) {
            self.gone.push((member.id.slot, tick));
            self.touched.push(place(member.id.slot).0);
            self.changed = tick;
        }
        for &slot in owned {
            let Some(row) = mirror.row_at(slot, tick) else {
                continue;
            };
            if let Err(at) = self
                .members
                .binary_search_by_key(&slot, |member| member.id.slot)
            {
                self.members.insert(
                    at,
                    Member {
                        id: row.id,
                        entered: tick,
                    },
                );
                holders.hold(slot);
                self.touched.push(place(slot).0);
                self.changed = tick;
            }
        }
    }

    /// The slots of a block that belong to the group.
    pub fn mask(&self, block: usize) -> u32 {
        let in_block = |member: &&Member| place(member.id.slot).0 == block;
        self.members
            .iter()
            .filter(in_block)
            .fold(0, |mask, member| mask | 1 << place(member.id.slot).1)
    }

    /// The blocks of entities that joined or left the group in the last [`Group::follow`].
    pub fn touched(&self) -> &[usize] {
        &self.touched
    }

    /// Whether the group differs from what was sent last, or that was lost.
    pub fn is_due(&self, mirror: &Mirror, lost: impl Fn(Tick) -> bool) -> bool {
        let changed = self.members.iter().any(|member| {
            let row = mirror.row_at(member.id.slot, mirror.tick());
            row.is_some_and(|row| row.since > self.sent)
        });
        changed || self.changed > self.sent || (self.base < self.sent && lost(self.sent))
    }

    /// The packet of `tick` that carried the group arrived.
    pub fn acked(&mut self, tick: Tick, holders: &mut Holders) {
        self.base = self.base.max(tick);
        let base = self.base;
        self.gone.retain(|&(slot, at)| {
            let still_held = at > base;
            if !still_held {
                holders.release(slot);
            }
            still_held
        });
    }

    /// Gives up every hold.
    pub fn release_all(&mut self, holders: &mut Holders) {
        self.members
            .drain(..)
            .for_each(|member| holders.release(member.id.slot));
        self.gone
            .drain(..)
            .for_each(|(slot, _)| holders.release(slot));
    }

    /// Whether the viewer holds a slot through the group, or may hold it.
    pub fn may_hold(&self, slot: u32) -> bool {
        self.members.iter().any(|member| member.id.slot == slot)
            || self.gone.iter().any(|&(gone, _)| gone == slot)
    }
}

const _: () = assert!(BLOCK_SLOTS == 32, "masks have 32 bits");
