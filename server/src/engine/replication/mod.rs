//! Replication: who is sent what, against which baseline, within which budget.
//!
//! It sees rows described by a schema, and seats; never a game type, a room, a link or a clock.
//!
//! One [`Replication`] serves a room. For each viewer it keeps, per block of 32 slots, the baseline
//! (the newest acked tick that carried the block) and which entities the viewer holds, and a record
//! of the packets in flight that turns acks into baselines.

mod baseline;
mod budget;
mod codes;
mod events;
mod flight;
mod group;
mod packer;
mod rows;
#[cfg(test)]
mod tests;
mod viewer;

use std::sync::Arc;

use tickwire_shared::ack::Ack;
use tickwire_shared::delta::{InputReport, Tables};
use tickwire_shared::id::{EntityId, KindId, PlayerId, Tick};
use tickwire_shared::limits::{BLOCK_SLOTS, PACKET_BYTES_MAX, PARTS_MAX};
use tickwire_shared::schema::Schema;
use tickwire_shared::snapshot::Mirror;

use events::EventLog;
pub use events::Happened;
use packer::Packer;
use viewer::Viewer;

/// How a room replicates.
#[derive(Clone, Copy, Debug)]
pub struct ReplicationConfig {
    /// Bytes a second a viewer may be sent; its prediction group comes on top.
    pub budget_bytes_per_second: u32,
    /// Packets a tick to one viewer at the most; what does not fit waits.
    pub parts_max: usize,
    /// Bytes of one packet at the most, up to [`PACKET_BYTES_MAX`].
    pub packet_bytes_max: usize,
    /// For tests: plants a bug that the tests must find.
    #[doc(hidden)]
    pub sabotage: Sabotage,
}

impl Default for ReplicationConfig {
    fn default() -> ReplicationConfig {
        ReplicationConfig {
            budget_bytes_per_second: 64 * 1_024,
            parts_max: 3,
            packet_bytes_max: PACKET_BYTES_MAX,
            sabotage: Sabotage::None,
        }
    }
}

/// A planted bug, to prove that tests would find it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sabotage {
    /// No bug.
    #[default]
    None,
    /// A delta is made against a baseline one tick younger than the packet says.
    DeltaBaseline,
    /// What was sent counts as acked.
    AckOnSend,
    /// A leave is sent once and forgotten.
    LeaveUnacked,
}

/// How many viewers hold each slot's entity, so that a slot is reused only when nobody does.
#[derive(Clone, Debug, Default)]
pub(super) struct Holders(Vec<u16>);

impl Holders {
    fn hold(&mut self, slot: u32) {
        let slot = slot as usize;
        if self.0.len() <= slot {
            self.0.resize(slot + 1, 0);
        }
        self.0[slot] += 1;
    }

    fn release(&mut self, slot: u32) {
        debug_assert!(self.held(slot), "a slot is released once for each hold");
        self.0[slot as usize] = self.0[slot as usize].saturating_sub(1);
    }

    fn held(&self, slot: u32) -> bool {
        self.0.get(slot as usize).is_some_and(|&count| count > 0)
    }
}

/// Everything a room knows about what its viewers hold.
#[derive(Debug)]
pub struct Replication {
    schema: Arc<Schema>,
    config: ReplicationConfig,
    viewers: Vec<Option<Box<Viewer>>>,
    holders: Holders,
    events: EventLog,
    packer: Packer,
    changed: Vec<u64>,
}

impl Replication {
    /// Replication of a room of this schema.
    #[must_use]
    pub fn new(schema: Arc<Schema>, tables: Arc<Tables>, config: ReplicationConfig) -> Replication {
        let packer = Packer::new(Arc::clone(&schema), tables, config);
        Replication {
            schema,
            config,
            viewers: Vec::new(),
            holders: Holders::default(),
            events: EventLog::default(),
            packer,
            changed: Vec::new(),
        }
    }

    /// A player starts to view the room and holds nothing.
    pub fn join(&mut self, seat: PlayerId) {
        self.leave(seat);
        let at = usize::from(seat.0);
        if self.viewers.len() <= at {
            self.viewers.resize_with(at + 1, || None);
        }
        let group_max = self.packer.group_max();
        let viewer = Viewer::new(seat, group_max, &self.config, self.schema.tick_hz);
        self.viewers[at] = Some(Box::new(viewer));
    }

    /// A player stops viewing the room.
    pub fn leave(&mut self, seat: PlayerId) {
        let at = usize::from(seat.0);
        if let Some(mut viewer) = self.viewers.get_mut(at).and_then(Option::take) {
            viewer.release_all(&mut self.holders);
        }
    }

    /// A player resumed on a new link: it holds nothing, everything enters again.
    pub fn reset(&mut self, seat: PlayerId) {
        if self.viewer(seat).is_some() {
            let visible = self
                .viewer(seat)
                .map(Viewer::take_visible)
                .unwrap_or_default();
            self.join(seat);
            if let Some(viewer) = self.viewer(seat) {
                viewer.set_visible(visible);
            }
        }
    }

    /// Uses an ack. Ticks that were never sent to this player are ignored.
    pub fn ack(&mut self, seat: PlayerId, ack: &Ack) {
        let at = usize::from(seat.0);
        if let Some(viewer) = self.viewers.get_mut(at).and_then(Option::as_deref_mut) {
            viewer.ack(ack, &mut self.holders);
        }
    }

    /// Says which slots of a block a player may see; all, until told otherwise.
    pub fn show_only(&mut self, seat: PlayerId, block: usize, mask: u32) {
        if let Some(viewer) = self.viewer(seat) {
            viewer.show_only(block, mask);
        }
    }

    /// Begins sending the mirror's tick: call once after [`Mirror::apply`], before any
    /// [`Replication::send`] of that tick.
    pub fn begin_tick(&mut self, mirror: &mut Mirror) {
        mirror.release_departed(|slot| self.holders.held(slot));
        self.packer.begin_tick();
        self.changed.clear();
        self.changed.resize(mirror.blocks().div_ceil(64), 0);
        for block in 0..mirror.blocks() {
            if mirror.block_written(block) == mirror.tick() {
                self.changed[block / 64] |= 1 << (block % 64);
            }
        }
        for viewer in self.viewers.iter_mut().flatten() {
            viewer.mark_dirty(mirror.blocks(), &self.changed);
        }
        self.events.forget(
            self.viewers
                .iter()
                .flatten()
                .filter_map(|v| v.oldest_event())
                .min(),
        );
    }

    /// Queues an event of `tick` for everybody who may see the entity it happened at.
    pub fn emit(&mut self, tick: Tick, kind: KindId, words: &[u32], happened: Happened) {
        let number = self.events.push(tick, kind, words, happened.by);
        for viewer in self.viewers.iter_mut().flatten() {
            if happened
                .at
                .is_none_or(|at| viewer.may_see(at, happened.owner))
            {
                viewer.queue_event(number);
            }
        }
    }

    /// Packs what `seat` is sent of the mirror's tick and hands each packet to `sink`.
    pub fn send(
        &mut self,
        mirror: &Mirror,
        seat: PlayerId,
        report: InputReport,
        sink: &mut dyn FnMut(&[u8]),
    ) {
        self.send_parts(mirror, seat, report, self.config.parts_max, sink);
    }

    /// As [`Replication::send`], in `parts_max` packets at the most; what does not fit waits.
    pub fn send_parts(
        &mut self,
        mirror: &Mirror,
        seat: PlayerId,
        report: InputReport,
        parts_max: usize,
        sink: &mut dyn FnMut(&[u8]),
    ) {
        let at = usize::from(seat.0);
        let Some(viewer) = self.viewers.get_mut(at).and_then(Option::as_deref_mut) else {
            return;
        };
        viewer.prepare(mirror, &mut self.holders, &mut self.packer.plan);
        self.packer.parts_max = parts_max.min(PARTS_MAX);
        self.packer.pack(
            mirror,
            viewer,
            &mut self.holders,
            &self.events,
            report,
            sink,
        );
    }

    /// Events of `seat` that no longer fit on the Snapshot lane, as one packet for the Ordered lane
    /// (see [`tickwire_shared::delta::Confirmed::receive_events`]); `None` when all fit.
    pub fn take_overflow_events(&mut self, seat: PlayerId, tick: Tick) -> Option<Vec<u8>> {
        let at = usize::from(seat.0);
        let viewer = self.viewers.get_mut(at).and_then(Option::as_deref_mut)?;
        viewer.take_overflow_events(&self.events, &self.schema, tick)
    }

    /// The baseline a viewer's block stands on; for tests and dashboards.
    #[must_use]
    pub fn baseline(&self, seat: PlayerId, block: usize) -> Option<Tick> {
        self.viewers
            .get(usize::from(seat.0))?
            .as_ref()?
            .baseline(block)
    }

    /// Whether a viewer holds an entity, or may hold it; for tests and dashboards.
    #[must_use]
    pub fn may_hold(&self, seat: PlayerId, id: EntityId) -> bool {
        let viewer = self
            .viewers
            .get(usize::from(seat.0))
            .and_then(Option::as_deref);
        viewer.is_some_and(|viewer| viewer.may_hold(id.slot))
    }

    fn viewer(&mut self, seat: PlayerId) -> Option<&mut Viewer> {
        self.viewers
            .get_mut(usize::from(seat.0))
            .and_then(Option::as_deref_mut)
    }
}

/// Block and bit of a slot.
fn place(slot: u32) -> (usize, usize) {
    (slot as usize / BLOCK_SLOTS, slot as usize % BLOCK_SLOTS)
}
