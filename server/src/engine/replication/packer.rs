//! Packing: turns what is due for a viewer into packets, each of which decodes and is acked alone.
//!
//! Never decides what is due. A packet is cut between block records; a record that is larger than
//! a whole packet is split into records of some of its slots.

use std::sync::Arc;

use tickwire_shared::bits::BitWriter;
use tickwire_shared::delta::header::patch_of;
use tickwire_shared::delta::record::{
    KIND_BITS, SEAT_BITS, SLOT_BITS, put_base, put_gamma, put_mask,
};
use tickwire_shared::delta::{InputReport, SnapshotHeader, Tables};
use tickwire_shared::id::Tick;
use tickwire_shared::limits::{PARTS_MAX, PREDICTION_GROUP_MAX};
use tickwire_shared::schema::Schema;
use tickwire_shared::snapshot::{Mirror, slots_of};

use super::events::EventLog;
use super::flight::{Part, Special};
use super::rows::RowEncoder;
use super::viewer::{Due, Viewer};
use super::{Holders, ReplicationConfig, Sabotage};

/// A still room sends this many packets a second, for clocks and acks.
const IDLE_PACKETS_PER_SECOND: u32 = 10;

/// Bits of group and events at the most, so that a block record always fits beside them.
const EVENT_BITS_MAX: usize = 1_200;

/// Packs packets; keeps its memory between ticks.
#[derive(Debug)]
pub struct Packer {
    schema: Arc<Schema>,
    config: ReplicationConfig,
    rows: RowEncoder,
    out: BitWriter,
    packets: Vec<Vec<u8>>,
    /// Packets to the viewer at hand at the most, up to [`PARTS_MAX`].
    pub parts_max: usize,
    /// The blocks due for the viewer at hand.
    pub plan: Vec<Due>,
}

/// One packet being written.
struct Open {
    tick: Tick,
    part: usize,
    /// The block and baseline of the record before.
    last: Option<(u32, Tick)>,
}

impl Packer {
    /// A packer for rooms of this schema.
    pub fn new(schema: Arc<Schema>, tables: Arc<Tables>, config: ReplicationConfig) -> Packer {
        let rows = RowEncoder::new(Arc::clone(&schema), tables, config.sabotage);
        let (out, packets, plan) = (BitWriter::new(), Vec::new(), Vec::new());
        Packer {
            schema,
            config,
            rows,
            out,
            packets,
            parts_max: config.parts_max.min(PARTS_MAX),
            plan,
        }
    }

    /// How many members a prediction group may have so that it always fits into one packet.
    pub fn group_max(&self) -> usize {
        let row_bits = |kind: &tickwire_shared::schema::Kind| -> usize {
            kind.words[..kind.owner_words]
                .iter()
                .map(|word| usize::from(word.bits))
                .sum()
        };
        let largest = self.schema.entities.iter().map(row_bits).max().unwrap_or(0) + 100;
        let room = (self.config.packet_bytes_max * 8).saturating_sub(2 * EVENT_BITS_MAX);
        (room / largest).clamp(1, PREDICTION_GROUP_MAX)
    }

    /// Forgets what was encoded for the tick before.
    pub fn begin_tick(&mut self) {
        self.rows.begin_tick();
    }

    /// Packs the plan for a viewer and hands each packet to `sink`.
    pub fn pack(
        &mut self,
        mirror: &Mirror,
        viewer: &mut Viewer,
        holders: &mut Holders,
        log: &EventLog,
        report: InputReport,
        sink: &mut dyn FnMut(&[u8]),
    ) {
        let tick = mirror.tick();
        let quiet = self.plan.is_empty()
            && !viewer.group.is_due(mirror, viewer.lost())
            && !viewer.events.is_due(viewer.lost());
        let idle_ticks = u32::from(self.schema.tick_hz) / IDLE_PACKETS_PER_SECOND;
        if quiet && viewer.last_sent != Tick::ZERO && tick.since(viewer.last_sent) < idle_ticks {
            return;
        }
        // Only now: a tick that sends nothing leaves `last_sent`, and would be paid for again.
        viewer.budget.refill(
            tick.since(viewer.last_sent)
                .min(u32::from(self.schema.tick_hz)),
        );
        let mut open = self.begin(viewer, tick, report);
        self.write_group(mirror, viewer, tick);
        self.write_events(viewer, log, tick);
        let unbudgeted = self.out.bit_len();
        self.choose(viewer.budget.bits(), viewer.squeezed_out);
        self.write_blocks(mirror, viewer, &mut open);
        self.close(&mut open);
        self.deliver(viewer, tick, open.part, unbudgeted / 8, sink);
        if self.config.sabotage == Sabotage::AckOnSend {
            let everything = tickwire_shared::ack::Ack {
                newest: tick,
                complete: 1,
                parts: [0; 4],
            };
            viewer.ack(&everything, holders);
        }
    }

    fn begin(&mut self, viewer: &mut Viewer, tick: Tick, report: InputReport) -> Open {
        self.out.clear();
        let previous = Some(viewer.last_sent).filter(|&last| last != Tick::ZERO);
        let header = SnapshotHeader {
            tick,
            part: 0,
            of: 1,
            previous,
            report: Some(report),
        };
        header.encode(&mut self.out);
        viewer.flights.part(tick, 0);
        Open {
            tick,
            part: 0,
            last: None,
        }
    }

    fn write_group(&mut self, mirror: &Mirror, viewer: &mut Viewer, tick: Tick) {
        // Of one that owns nothing too: a client begins to predict, send inputs and ack with the
        // first group, and one that never did would count as silent.
        self.out.put_bool(true);
        let base = usable_base(viewer.group.base, mirror);
        put_base(&mut self.out, tick, base);
        self.out.put(viewer.group.members().len() as u32, 6);
        for member in viewer.group.members() {
            let Some(row) = mirror.row_at(member.id.slot, tick) else {
                continue;
            };
            self.out.put(member.id.slot, SLOT_BITS);
            let known = base != Tick::ZERO && member.entered <= base;
            if !known {
                self.out.put(2, 2);
                self.out.put(u32::from(row.kind.0), KIND_BITS);
                self.out.put(u32::from(row.id.generation), 16);
                let key = mirror.spawn_key(member.id.slot);
                self.out.put_bool(key.is_some());
                if let Some(key) = key {
                    self.out.put(tick.since(key.tick).min(127), 7);
                    self.out.put(u32::from(key.ordinal), 8);
                }
                self.rows.own_entered(&mut self.out, mirror, member.id.slot);
            } else if row.since <= base {
                self.out.put(0, 2);
            } else {
                self.out.put(1, 2);
                self.rows
                    .own_changed(&mut self.out, mirror, member.id.slot, base);
            }
        }
        viewer.group.sent = tick;
        viewer.flights.part_mut(tick, 0).group = true;
    }

    fn write_events(&mut self, viewer: &mut Viewer, log: &EventLog, tick: Tick) {
        let lost = viewer.lost();
        let any = viewer
            .events
            .write(&mut self.out, log, &self.schema, tick, EVENT_BITS_MAX, lost);
        self.out.put_bool(false);
        viewer.flights.part_mut(tick, 0).events = any;
    }

    /// Keeps as much of the plan, most urgent first, as the budget allows, in the order of blocks
    /// that begins with block `first`.
    fn choose(&mut self, bits: usize, first: u32) {
        let mut left = bits;
        let mut keep = 0;
        for due in &self.plan {
            if left == 0 {
                break;
            }
            left = left.saturating_sub(self.rows.expected_bits(due.changed, due.entering));
            keep += 1;
        }
        self.plan.truncate(keep);
        self.plan
            .sort_unstable_by_key(|due| (due.block < first, due.block));
    }

    fn write_blocks(&mut self, mirror: &Mirror, viewer: &mut Viewer, open: &mut Open) {
        for at in 0..self.plan.len() {
            let due = self.plan[at];
            if !self.write_block(mirror, viewer, open, due) {
                // It begins the next tick, or full packets would starve the same blocks for ever.
                viewer.squeezed_out = due.block;
                return;
            }
            viewer.baselines.block_mut(due.block as usize).sent = open.tick;
        }
        viewer.squeezed_out = 0;
    }

    /// Returns false when the tick's packets are full.
    fn write_block(
        &mut self,
        mirror: &Mirror,
        viewer: &mut Viewer,
        open: &mut Open,
        due: Due,
    ) -> bool {
        let back = open.last.is_some_and(|(last, _)| last > due.block);
        // Blocks ascend within a packet.
        for fresh in [back, true] {
            if fresh && !self.next_part(viewer, open) {
                return false;
            }
            if self.try_records(mirror, viewer, open, due) {
                let part = viewer.flights.part_mut(open.tick, open.part);
                note(part, due, None);
                return true;
            }
        }
        self.write_split(mirror, viewer, open, due)
    }

    /// Splits a block that is larger than a packet: its slots go one after the other, each in a
    /// record of its own, into as many packets as it takes.
    fn write_split(
        &mut self,
        mirror: &Mirror,
        viewer: &mut Viewer,
        open: &mut Open,
        due: Due,
    ) -> bool {
        for bit in slots_of(due.changed | due.entering | due.leaving) {
            let only = 1u32 << bit;
            let piece = Due {
                changed: due.changed & only,
                entering: due.entering & only,
                leaving: due.leaving & only,
                ..due
            };
            let written = self.try_records(mirror, viewer, open, piece)
                || (self.next_part(viewer, open) && self.try_records(mirror, viewer, open, piece));
            if !written {
                return false;
            }
            note(
                viewer.flights.part_mut(open.tick, open.part),
                piece,
                Some(only),
            );
        }
        true
    }

    /// Writes the records of a block, one for each baseline its slots have. Returns false, and
    /// writes nothing, when the packet has no room.
    fn try_records(&mut self, mirror: &Mirror, viewer: &Viewer, open: &mut Open, due: Due) -> bool {
        let (start, last) = (self.out.bit_len(), open.last);
        let base = viewer.baselines.block(due.block as usize).base;
        let mut common = due;
        if viewer.baselines.any_ahead() {
            for ahead in viewer.baselines.ahead(due.block as usize) {
                let bit = 1u32 << (ahead.slot % 32);
                if common.changed & bit != 0 && ahead.base > base {
                    common.changed &= !bit;
                    let single = Due {
                        changed: bit,
                        entering: 0,
                        leaving: 0,
                        ..due
                    };
                    self.write_record(mirror, open, single, ahead.base);
                }
            }
        }
        if common.changed | common.entering | common.leaving != 0 {
            self.write_record(mirror, open, common, base);
        }
        // One bit says that no record follows.
        if self.out.bit_len() < self.config.packet_bytes_max * 8 {
            return true;
        }
        self.out.truncate(start);
        open.last = last;
        false
    }

    fn write_record(&mut self, mirror: &Mirror, open: &mut Open, due: Due, base: Tick) {
        self.out.put_bool(true);
        put_gamma(
            &mut self.out,
            due.block - open.last.map_or(0, |(block, _)| block) + 1,
        );
        let repeats = open.last.is_some_and(|(_, last)| last == base);
        self.out.put_bool(repeats);
        if !repeats {
            put_base(&mut self.out, open.tick, base);
        }
        put_mask(&mut self.out, due.changed);
        let others = due.entering | due.leaving != 0;
        self.out.put_bool(others);
        if others {
            put_mask(&mut self.out, due.entering);
            put_mask(&mut self.out, due.leaving);
        }
        self.write_rows(mirror, due, base);
        open.last = Some((due.block, base));
    }

    fn write_rows(&mut self, mirror: &Mirror, due: Due, base: Tick) {
        let block = due.block as usize;
        if due.changed != 0 {
            self.rows
                .changed(&mut self.out, mirror, block, due.changed, base);
        }
        let rows = mirror.block(block);
        for bit in slots_of(due.entering) {
            self.out.put(u32::from(rows.kinds[bit].0), KIND_BITS);
            self.out.put(u32::from(rows.generations[bit]), 16);
            self.out.put_bool(rows.owners[bit].is_some());
            if let Some(owner) = rows.owners[bit] {
                self.out.put(u32::from(owner.0), SEAT_BITS);
            }
            self.rows.entered(&mut self.out, mirror, block, bit);
        }
    }

    /// Ends the packet at hand and begins the next. Returns false when the tick has all it may.
    fn next_part(&mut self, viewer: &mut Viewer, open: &mut Open) -> bool {
        if open.part + 1 >= self.parts_max {
            return false;
        }
        self.close(open);
        open.part += 1;
        open.last = None;
        self.out.clear();
        let (tick, part) = (open.tick, open.part as u8);
        let previous = Some(viewer.last_sent).filter(|&last| last != Tick::ZERO);
        SnapshotHeader {
            tick,
            part,
            of: part + 1,
            previous,
            report: None,
        }
        .encode(&mut self.out);
        // No group, no events.
        self.out.put(0, 2);
        viewer.flights.part(tick, open.part);
        true
    }

    fn close(&mut self, open: &mut Open) {
        self.out.put_bool(false);
        if self.packets.len() <= open.part {
            self.packets.push(Vec::new());
        }
        let packet = &mut self.packets[open.part];
        packet.clear();
        packet.extend_from_slice(self.out.finish());
    }

    fn deliver(
        &mut self,
        viewer: &mut Viewer,
        tick: Tick,
        last_part: usize,
        free_bytes: usize,
        sink: &mut dyn FnMut(&[u8]),
    ) {
        let mut bytes = 0;
        for packet in &mut self.packets[..=last_part] {
            patch_of(packet, last_part as u8 + 1);
            bytes += packet.len();
            sink(packet);
        }
        viewer.budget.pay(bytes.saturating_sub(free_bytes));
        viewer.last_sent = tick;
    }
}

fn note(part: &mut Part, due: Due, partial: Option<u32>) {
    if due.entering | due.leaving == 0 && partial.is_none() {
        part.blocks.push(due.block);
        return;
    }
    let Due {
        block,
        entering: entered,
        leaving: left,
        ..
    } = due;
    part.specials.push(Special {
        block,
        entered,
        left,
        partial,
    });
}

/// The baseline tick when its rows are still in history, else none.
fn usable_base(base: Tick, mirror: &Mirror) -> Tick {
    if base >= mirror.oldest() {
        base
    } else {
        Tick::ZERO
    }
}
