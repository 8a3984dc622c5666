//! What a client knows for certain: every row it received, by entity and tick.
//!
//! It decodes snapshot packets and answers with acks. It never predicts, interpolates or guesses:
//! an entity is confirmed at the tick of its own row, not at a tick of the room.

mod records;
mod rows;

use std::sync::Arc;

use crate::ack::{Ack, Arrivals};
use crate::bits::BitReader;
use crate::delta::DeltaError;
use crate::delta::events::{EventRow, EventWindow};
use crate::delta::header::SnapshotHeader;
use crate::delta::tables::Tables;
use crate::delta::track::Track;
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
