//! What a client knows for certain: every row it received, by entity and tick.
//!
//! It decodes snapshot packets and answers with acks. It never predicts, interpolates or guesses:
//! an entity is confirmed at the tick of its own row, not at a tick of the room.

mod records;

use std::sync::Arc;

use crate::ack::{Ack, Arrivals};
use crate::bits::BitReader;
use crate::delta::DeltaError;
use crate::delta::events::{EventRow, EventWindow};
use crate::delta::header::SnapshotHeader;
use crate::delta::record::take_motion_age;
use crate::delta::row::{RowContext, RowReader, code_plain, code_row};
use crate::delta::tables::Tables;
use crate::delta::track::{Track, Version};
use crate::id::{EntityId, KindId, Lane, PlayerId, Tick};
use crate::limits::{PACKET_BYTES_MAX, ROW_WORDS_MAX};
use crate::schema::{Audience, Kind, Level, Schema};
use crate::snapshot::SpawnKey;

/// What happened to an entity since the last [`Confirmed::take_changes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is known now.
    Entered(EntityId),
    /// It has a newer row.
    Updated(EntityId),
    /// It is no longer known.
    Left(EntityId),
}

/// What a packet was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its header.
    pub header: SnapshotHeader,
    /// Whether it is of a newer tick than every packet before.
    pub fresh: bool,
    /// Whether it carried a prediction group newer than the last one.
    pub group: bool,
}

/// One member of the prediction group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// The entity.
    pub id: EntityId,
    /// Its kind.
    pub kind: KindId,
    /// How to recognise it when this client predicted its spawn.
    pub key: Option<SpawnKey>,
}

/// The prediction group at its newest confirmed tick: exactly these entities, in force at `tick`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// The tick; [`Tick::ZERO`] when none came yet.
    pub tick: Tick,
    /// The members by slot.
    pub members: Vec<GroupMember>,
}

impl Group {
    fn has(&self, id: EntityId) -> bool {
        self.members.iter().any(|member| member.id == id)
    }
}

/// A row a client holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmedRow {
    /// Whose row.
    pub id: EntityId,
    /// Its kind.
    pub kind: KindId,
    /// Its owner.
    pub owner: Option<PlayerId>,
    /// Up to which audience it is filled.
    pub known: Audience,
    /// The tick of the packet that carried it.
    pub tick: Tick,
    /// The tick at which it became `words`; declared motion advances it from there.
    pub since: Tick,
    /// The level it was sent at.
    pub level: Level,
    /// Its words at `since`, at mirror scale; [`Kind::row_words`] of `known` of them.
    pub words: [u32; ROW_WORDS_MAX],
}

/// The client's store of confirmed rows.
#[derive(Clone, Debug)]
pub struct Confirmed {
    schema: Arc<Schema>,
    tables: Arc<Tables>,
    player: PlayerId,
    arrivals: Arrivals,
    tracks: Vec<Option<Box<Track>>>,
    left: Vec<Tick>,
    group: Group,
    changes: Vec<Change>,
    events: EventWindow,
}

impl Confirmed {
    /// Knows nothing yet.
    #[must_use]
    pub fn new(schema: Arc<Schema>, tables: Arc<Tables>, player: PlayerId) -> Confirmed {
        Confirmed {
            schema,
            tables,
            player,
            arrivals: Arrivals::default(),
            tracks: Vec::new(),
            left: Vec::new(),
            group: Group::default(),
            changes: Vec::new(),
            events: EventWindow::default(),
        }
    }

    /// Uses one snapshot packet.
    ///
    /// # Errors
    /// [`DeltaError::Old`] and [`DeltaError::Stale`] are harmless: the packet was overtaken and is
    /// not acked. [`DeltaError::Short`] and [`DeltaError::Malformed`] mean a broken server.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<Received, DeltaError> {
        if bytes.len() > PACKET_BYTES_MAX {
            return Err(DeltaError::Malformed("packet too long"));
        }
        let mut from = BitReader::new(bytes);
        let header = SnapshotHeader::decode(&mut from)?;
        if !self.arrivals.is_news(header.tick, header.part, header.of) {
            return Err(DeltaError::Old);
        }
        let group = from.take_bool()? && self.read_group(&mut from, header.tick)?;
        while from.take_bool()? {
            self.events
                .read(&mut from, &self.schema, header.tick, Lane::Snapshot)?;
        }
        self.read_blocks(&mut from, header.tick)?;
        if !from.at_end() {
            return Err(DeltaError::Malformed("trailing bits"));
        }
        let fresh = header.tick > self.arrivals.ack().newest;
        self.arrivals.note(header.tick, header.part, header.of);
        Ok(Received {
            header,
            fresh,
            group,
        })
    }

    /// Uses events that came over the Ordered lane.
    ///
    /// # Errors
    /// When the bytes break the format.
    pub fn receive_events(&mut self, bytes: &[u8]) -> Result<(), DeltaError> {
        let mut from = BitReader::new(bytes);
        let tick = Tick(from.take(32)?);
        while from.take_bool()? {
            self.events
                .read(&mut from, &self.schema, tick, Lane::Ordered)?;
        }
        if from.at_end() {
            Ok(())
        } else {
            Err(DeltaError::Malformed("trailing bits"))
        }
    }

    /// Forgets everything: the session resumed on a new link and starts from a full snapshot.
    pub fn reset(&mut self) {
        *self = Confirmed::new(
            Arc::clone(&self.schema),
            Arc::clone(&self.tables),
            self.player,
        );
    }

    /// What to tell the server.
    #[must_use]
    pub fn ack(&self) -> Ack {
        self.arrivals.ack()
    }

    /// The newest complete prediction group.
    #[must_use]
    pub fn group(&self) -> &Group {
        &self.group
    }

    /// Moves what happened since the last call to the end of `out`.
    pub fn take_changes(&mut self, out: &mut Vec<Change>) {
        out.append(&mut self.changes);
    }

    /// Moves the events that came since the last call to the end of `out`; each comes once.
    pub fn take_events(&mut self, out: &mut Vec<EventRow>) {
        self.events.take(out);
    }

    /// Everything known, by slot.
    pub fn ids(&self) -> impl Iterator<Item = EntityId> + '_ {
        self.tracks.iter().flatten().map(|track| track.id)
    }

    /// The newest row of an entity.
    #[must_use]
    pub fn row(&self, id: EntityId) -> Option<ConfirmedRow> {
        let track = self.track(id)?;
        let (at, _) = track.newest()?;
        row_of(track, at)
    }

    /// The row of an entity that was in force at `tick`.
    #[must_use]
    pub fn row_at(&self, id: EntityId, tick: Tick) -> Option<ConfirmedRow> {
        let track = self.track(id)?;
        let (at, _) = track.in_force(tick)?;
        row_of(track, at)
    }

    /// The oldest row held of an entity that is newer than `tick`.
    #[must_use]
    pub fn row_after(&self, id: EntityId, tick: Tick) -> Option<ConfirmedRow> {
        let track = self.track(id)?;
        row_of(track, track.in_force(tick).map_or(0, |(at, _)| at + 1))
    }

    /// The rows held of an entity, oldest first.
    pub fn versions(&self, id: EntityId) -> impl Iterator<Item = ConfirmedRow> + '_ {
        let track = self.track(id);
        let count = track.map_or(0, Track::len);
        (0..count).filter_map(move |at| row_of(track?, at))
    }

    fn track(&self, id: EntityId) -> Option<&Track> {
        let track = self.tracks.get(id.slot as usize)?.as_deref()?;
        (track.id == id).then_some(track)
    }

    fn read_changed(
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

    fn read_entered(
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
    fn enter(
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

    fn forget(&mut self, slot: u32, tick: Tick) {
        self.note_left(slot, tick);
        if let Some(track) = self.tracks.get_mut(slot as usize).and_then(Option::take) {
            self.changes.push(Change::Left(track.id));
        }
    }

    /// Remembers that whoever was in this slot is gone, also when this client never heard of it:
    /// the packet that lets it enter may still be on its way.
    fn note_left(&mut self, slot: u32, tick: Tick) {
        let slot = slot as usize;
        self.make_room(slot);
        self.left[slot] = self.left[slot].max(tick);
    }

    /// Slots come from packets, whose reader takes none of
    /// [`ENTITIES_MAX`](crate::limits::ENTITIES_MAX) and beyond.
    fn make_room(&mut self, slot: usize) {
        if self.tracks.len() <= slot {
            self.tracks.resize_with(slot + 1, || None);
            self.left.resize(slot + 1, Tick::ZERO);
        }
    }
}

/// The ticks a row is coded over: from the baseline tick to the packet's, or for declared motion
/// between the ticks at which both rows became what they are.
#[must_use]
pub fn row_age(kind: &Kind, tick: Tick, base: Tick, since: Tick, base_since: Tick) -> u32 {
    match kind.def.motion {
        crate::schema::Motion::Free => tick.since(base),
        _ => since.since(base_since),
    }
}

fn row_of(track: &Track, at: usize) -> Option<ConfirmedRow> {
    let version = track.version(at)?;
    let mut words = [0; ROW_WORDS_MAX];
    track.copy_words(at, &mut words);
    Some(ConfirmedRow {
        id: track.id,
        kind: track.kind,
        owner: track.owner,
        known: version.known,
        tick: version.tick,
        since: version.since,
        level: version.level,
        words,
    })
}
