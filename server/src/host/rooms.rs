//! The rooms that tick, seen from the network thread.
//!
//! Never looks into a room: it passes on what goes in and what comes out, and keeps the counts.

use std::collections::BTreeMap;

use tickwire_shared::id::RoomId;

use crate::engine::port::{Inbound, Outbox, RoomCounts, RoomTask};
use crate::http::RoomRow;
use crate::metrics::RoomMetrics;
use crate::runtime::{Full, RoomPort, WorkerPool};

/// Rooms by their ids, and the threads they live on.
pub(super) struct Rooms {
    workers: WorkerPool,
    open: BTreeMap<RoomId, OpenRoom>,
    seats_max: u16,
}

struct OpenRoom {
    name: String,
    port: RoomPort,
    /// As the room's last batch said.
    counts: RoomCounts,
}

/// What became of something a room was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It waits for the next tick, or the room is gone and its players know.
    Passed,
    /// The mailbox is full; it may be dropped, so it was.
    Dropped,
    /// The mailbox is full of what must not be dropped: the room has stood still for too long.
    Stuck,
}

impl Rooms {
    /// No rooms yet.
    pub(super) fn new(workers: WorkerPool, seats_max: u16) -> Rooms {
        Rooms {
            workers,
            open: BTreeMap::new(),
            seats_max,
        }
    }

    /// Lets a room tick.
    pub(super) fn open(&mut self, room: RoomId, name: String, task: Box<dyn RoomTask>) {
        let port = self.workers.add(room, task);
        let counts = RoomCounts::default();
        self.open.insert(room, OpenRoom { name, port, counts });
    }

    /// Ends a room after the tick it is in.
    pub(super) fn end(&mut self, room: RoomId) {
        self.workers.remove(room);
        self.open.remove(&room);
    }

    /// Puts something into a room's mailbox.
    pub(super) fn tell(&self, room: RoomId, inbound: Inbound) -> Told {
        let Some(open) = self.open.get(&room) else {
            return Told::Passed;
        };
        let mailbox = &open.port.mailbox;
        if inbound.may_be_dropped() {
            match mailbox.try_push(inbound) {
                Ok(()) => Told::Passed,
                Err(Full(_)) => Told::Dropped,
            }
        } else {
            match mailbox.push_control(inbound) {
                Ok(()) => Told::Passed,
                Err(Full(_)) => Told::Stuck,
            }
        }
    }

    /// Hands every batch that waits to `send` and counts what it says.
    pub(super) fn take_batches(
        &mut self,
        metrics: &RoomMetrics,
        mut send: impl FnMut(RoomId, &Outbox),
    ) {
        for (room, open) in &mut self.open {
            let Some(mut batch) = open.port.outlet.take() else {
                continue;
            };
            send(*room, &batch);
            open.count(&batch, metrics);
            batch.clear();
            open.port.outlet.give_back(batch);
        }
    }

    /// Rooms that ended by a panic and were not ended here yet.
    pub(super) fn failed(&self) -> Vec<RoomId> {
        let failed = self
            .open
            .iter()
            .filter(|(_, open)| open.port.ended().is_some());
        failed.map(|(room, _)| *room).collect()
    }

    /// Rooms that tick.
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Entities of all rooms.
    pub(super) fn entities(&self) -> u64 {
        self.open.values().map(|open| open.counts.entities).sum()
    }

    /// The rooms as operators see them.
    pub(super) fn rows(&self) -> Vec<RoomRow> {
        let rows = self.open.iter().map(|(room, open)| RoomRow {
            id: room.0,
            name: open.name.clone(),
            sessions: open.counts.seats,
            seats: self.seats_max,
            figures: open.port.figures.clone(),
        });
        rows.collect()
    }
}

impl OpenRoom {
    /// Adds what the room did since its last batch.
    fn count(&mut self, batch: &Outbox, metrics: &RoomMetrics) {
        let (old, new) = (self.counts, batch.counts());
        for (counter, old, new) in [
            (&metrics.inputs_real, old.inputs_real, new.inputs_real),
            (
                &metrics.inputs_repeated,
                old.inputs_repeated,
                new.inputs_repeated,
            ),
            (
                &metrics.inputs_missing,
                old.inputs_missing,
                new.inputs_missing,
            ),
            (
                &metrics.inputs_refused,
                old.inputs_refused,
                new.inputs_refused,
            ),
            (&metrics.checks, old.checks, new.checks),
            (&metrics.desyncs, old.desyncs, new.desyncs),
        ] {
            counter.add(new.saturating_sub(old));
        }
        metrics.outbox_dropped.add(batch.dropped());
        self.counts = new;
    }
}
