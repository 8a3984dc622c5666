//! Takes in rows: those that changed, and those of whoever comes into view.
//!
//! Never knows how records are laid out, and keeps no row of an entity that is known to have left.

use std::sync::Arc;

use super::{Change, Confirmed, row_age};
use crate::bits::BitReader;
use crate::delta::DeltaError;
use crate::delta::codecs::RowReader;
use crate::delta::record::take_motion_age;
use crate::delta::row::{RowContext, code_plain, code_row};
use crate::delta::track::{Track, Version};
use crate::id::{EntityId, KindId, PlayerId, Tick};
use crate::limits::ROW_WORDS_MAX;
use crate::schema::{Audience, Level};

impl Confirmed {
    pub(super) fn read_changed(
        &mut self,
        from: &mut BitReader<'_>,
        tick: Tick,
        base: Tick,
        slot: u32,
        (level, known): (Level, Audience),
        rare: bool,
    ) -> Result<EntityId, DeltaError> {
        let schema = Arc::clone(&self.schema);
        let tables = Arc::clone(&self.tables);
        let track = self
            .tracks
            .get_mut(slot as usize)
            .and_then(Option::as_deref_mut);
        let track = track.ok_or(DeltaError::Stale)?;
        let (at, version) = track.in_force(base).ok_or(DeltaError::Stale)?;
        let kind = schema
            .entity(track.kind)
            .ok_or(DeltaError::Malformed("kind"))?;
        let mut against = [0; ROW_WORDS_MAX];
        track.copy_words(at, &mut against);
        let since = take_motion_age(from, kind, tick)?;
        let age = row_age(kind, tick, base, since, version.since);
        let mut row = [0; ROW_WORDS_MAX];
        let cx = RowContext {
            tables: &tables,
            kind_at: usize::from(track.kind.0),
            kind,
            level,
            known,
            rare,
        };
        code_row(&mut RowReader(from), cx, &against, age, &mut row)?;
        let newest = track.add(
            Version {
                tick,
                since,
                level,
                known,
            },
            &row,
        );
        track.prune(base);
        let id = track.id;
        if newest {
            self.changes.push(Change::Updated(id));
        }
        Ok(id)
    }

    pub(super) fn read_entered(
        &mut self,
        from: &mut BitReader<'_>,
        tick: Tick,
        id: EntityId,
        kind_id: KindId,
        owner: Option<PlayerId>,
        in_group: bool,
    ) -> Result<(), DeltaError> {
        let schema = Arc::clone(&self.schema);
        let kind = schema
            .entity(kind_id)
            .ok_or(DeltaError::Malformed("kind"))?;
        let since = take_motion_age(from, kind, tick)?;
        let (level, known) = if in_group {
            (Level::Exact, Audience::Owner)
        } else {
            (Level::Full, Audience::All)
        };
        let mut row = [0; ROW_WORDS_MAX];
        let cx = RowContext {
            tables: &self.tables,
            kind_at: usize::from(kind_id.0),
            kind,
            level,
            known,
            rare: true,
        };
        code_plain(&mut RowReader(from), cx, &mut row)?;
        self.enter(id, kind_id, owner, tick, in_group, kind.owner_words);
        let track = self
            .tracks
            .get_mut(id.slot as usize)
            .and_then(Option::as_deref_mut);
        let Some(track) = track.filter(|track| track.id == id) else {
            return Ok(());
        };
        if track.kind != kind_id {
            return Err(DeltaError::Malformed("kind of a known entity"));
        }
        if track.add(
            Version {
                tick,
                since,
                level,
                known,
            },
            &row,
        ) && track.entered != tick
        {
            self.changes.push(Change::Updated(id));
        }
        Ok(())
    }

    /// Makes room for an entity, unless a newer packet said that it left: by name, or by a group
    /// without it.
    pub(super) fn enter(
        &mut self,
        id: EntityId,
        kind: KindId,
        owner: Option<PlayerId>,
        tick: Tick,
        in_group: bool,
        stride: usize,
    ) {
        let slot = id.slot as usize;
        self.make_room(slot);
        let newest = self.tracks[slot].as_ref().and_then(|track| track.newest());
        let overtaken = newest.is_some_and(|(_, version)| version.tick > tick);
        if let Some(track) = self.tracks[slot]
            .as_deref_mut()
            .filter(|track| track.id == id)
        {
            if !overtaken {
                (track.in_group, track.owner) = (in_group, owner);
            }
            return;
        }
        let missing = in_group && tick < self.group.tick && !self.group.has(id);
        if overtaken || missing || self.left[slot] >= tick {
            return;
        }
        self.forget(id.slot, tick.minus(1));
        let mut track = Track::new(id, kind, owner, tick, stride);
        track.in_group = in_group;
        self.tracks[slot] = Some(Box::new(track));
        self.changes.push(Change::Entered(id));
    }

    pub(super) fn forget(&mut self, slot: u32, tick: Tick) {
        self.note_left(slot, tick);
        if let Some(track) = self.tracks.get_mut(slot as usize).and_then(Option::take) {
            self.changes.push(Change::Left(track.id));
        }
    }

    /// Remembers that whoever was in this slot is gone, also when this client never heard of it:
    /// the packet that lets it enter may still be on its way.
    pub(super) fn note_left(&mut self, slot: u32, tick: Tick) {
        let slot = slot as usize;
        self.make_room(slot);
        self.left[slot] = self.left[slot].max(tick);
    }

    /// Slots come from packets, whose reader takes none of
    /// [`ENTITIES_MAX`](crate::limits::ENTITIES_MAX) and beyond.
    pub(super) fn make_room(&mut self, slot: usize) {
        if self.tracks.len() <= slot {
            self.tracks.resize_with(slot + 1, || None);
            self.left.resize(slot + 1, Tick::ZERO);
        }
    }
}
