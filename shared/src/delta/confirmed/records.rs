//! Reads the records of a snapshot packet: the prediction group and the blocks.
//!
//! It never decodes a row itself: it finds out whose row comes next and checks that it may.

use super::{Confirmed, Group, GroupMember};
use crate::bits::BitReader;
use crate::delta::DeltaError;
use crate::delta::record::{KIND_BITS, SEAT_BITS, SLOT_BITS, take_base, take_gamma, take_mask};
use crate::id::{EntityId, KindId, PlayerId, Tick};
use crate::limits::{BLOCK_SLOTS, ENTITIES_MAX, PREDICTION_GROUP_MAX};
use crate::schema::{Audience, Level};
use crate::snapshot::{SpawnKey, slots_of};

impl Confirmed {
    /// Returns whether the group is newer than the one before.
    pub(super) fn read_group(
        &mut self,
        from: &mut BitReader<'_>,
        tick: Tick,
    ) -> Result<bool, DeltaError> {
        let base = take_base(from, tick)?;
        let count = from.take(6)? as usize;
        if count > PREDICTION_GROUP_MAX {
            return Err(DeltaError::Malformed("group size"));
        }
        let mut members = Vec::with_capacity(count);
        for _ in 0..count {
            let slot = from.take(SLOT_BITS)?;
            if members
                .last()
                .is_some_and(|last: &GroupMember| last.id.slot >= slot)
            {
                return Err(DeltaError::Malformed("group order"));
            }
            members.push(self.read_member(from, tick, base, slot)?);
        }
        if tick <= self.group.tick {
            return Ok(false);
        }
        let group = core::mem::replace(&mut self.group, Group { tick, members });
        for member in group.members {
            if !self.group.has(member.id)
                && self.track(member.id).is_some_and(|track| track.in_group)
            {
                // One tick short: this very packet may let it enter again, among what is shown.
                self.forget(member.id.slot, tick.minus(1));
            }
        }
        Ok(true)
    }

    fn read_member(
        &mut self,
        from: &mut BitReader<'_>,
        tick: Tick,
        base: Tick,
        slot: u32,
    ) -> Result<GroupMember, DeltaError> {
        let what = from.take(2)?;
        let mut key = None;
        let id = match what {
            0 => {
                let track = self.tracks.get(slot as usize).and_then(Option::as_deref);
                track
                    .filter(|track| track.in_force(base).is_some())
                    .ok_or(DeltaError::Stale)?
                    .id
            }
            1 => self.read_changed(
                from,
                tick,
                base,
                slot,
                (Level::Exact, Audience::Owner),
                true,
            )?,
            2 => {
                let (kind, generation) = self.read_kind(from)?;
                key = take_key(from, tick)?;
                let id = EntityId { slot, generation };
                self.read_entered(from, tick, id, kind, Some(self.player), true)?;
                id
            }
            _ => return Err(DeltaError::Malformed("group member")),
        };
        let known = self.group.members.iter().find(|member| member.id == id);
        let kind = self.track(id).map(|track| track.kind);
        let kind = kind
            .or(known.map(|member| member.kind))
            .ok_or(DeltaError::Stale)?;
        Ok(GroupMember {
            id,
            kind,
            key: key.or(known.and_then(|member| member.key)),
        })
    }

    pub(super) fn read_blocks(
        &mut self,
        from: &mut BitReader<'_>,
        tick: Tick,
    ) -> Result<(), DeltaError> {
        let mut block = 0u32;
        let mut base = Tick::ZERO;
        let mut first = true;
        while from.take_bool()? {
            let gap = take_gamma(from)? - 1;
            block = block
                .checked_add(gap)
                .ok_or(DeltaError::Malformed("block"))?;
            if block >= ENTITIES_MAX / BLOCK_SLOTS as u32 {
                return Err(DeltaError::Malformed("block"));
            }
            if !from.take_bool()? {
                base = take_base(from, tick)?;
            } else if first {
                return Err(DeltaError::Malformed("no baseline to repeat"));
            }
            first = false;
            self.read_block(from, tick, base, block * BLOCK_SLOTS as u32)?;
        }
        Ok(())
    }

    fn read_block(
        &mut self,
        from: &mut BitReader<'_>,
        tick: Tick,
        base: Tick,
        first_slot: u32,
    ) -> Result<(), DeltaError> {
        let changed = take_mask(from)?;
        let (mut entered, mut left) = (0, 0);
        if from.take_bool()? {
            (entered, left) = (take_mask(from)?, take_mask(from)?);
        }
        if changed & entered | changed & left | entered & left != 0 {
            return Err(DeltaError::Malformed("masks overlap"));
        }
        for bit in slots_of(left) {
            let slot = first_slot + bit as u32;
            let track = self.tracks.get(slot as usize).and_then(Option::as_deref);
            if track.is_some_and(|track| !track.in_group && track.entered < tick) {
                self.forget(slot, tick);
            } else {
                self.note_left(slot, tick);
            }
        }
        let rare = changed != 0 && from.take_bool()?;
        let shown = (Level::Full, Audience::All);
        for bit in slots_of(changed) {
            self.read_changed(from, tick, base, first_slot + bit as u32, shown, rare)?;
        }
        for bit in slots_of(entered) {
            let slot = first_slot + bit as u32;
            let (kind, generation) = self.read_kind(from)?;
            let owner = if from.take_bool()? {
                Some(PlayerId(from.take(SEAT_BITS)? as u16))
            } else {
                None
            };
            self.read_entered(
                from,
                tick,
                EntityId { slot, generation },
                kind,
                owner,
                false,
            )?;
        }
        Ok(())
    }

    fn read_kind(&self, from: &mut BitReader<'_>) -> Result<(KindId, u16), DeltaError> {
        let kind = KindId(from.take(KIND_BITS)? as u8);
        if self.schema.entity(kind).is_none() {
            return Err(DeltaError::Malformed("kind"));
        }
        Ok((kind, from.take(16)? as u16))
    }
}

fn take_key(from: &mut BitReader<'_>, tick: Tick) -> Result<Option<SpawnKey>, DeltaError> {
    if !from.take_bool()? {
        return Ok(None);
    }
    let (age, ordinal) = (from.take(7)?, from.take(8)? as u8);
    Ok((age < 127).then_some(SpawnKey {
        tick: tick.minus(age),
        ordinal,
    }))
}
