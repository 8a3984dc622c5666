//! One viewer: what it holds, what it may see, what is on its way to it.
//!
//! Decides which blocks are due and in which order; never encodes.

use tickwire_shared::ack::Ack;
use tickwire_shared::id::{EntityId, PlayerId, Tick};
use tickwire_shared::schema::Schema;
use tickwire_shared::snapshot::{Block, Mirror};

use super::baseline::Baselines;
use super::budget::Budget;
use super::events::{EventLog, EventQueue};
use super::flight::Flights;
use super::group::Group;
use super::{Holders, ReplicationConfig, Sabotage, place};

/// A packet is lost when one sent so many ticks later has arrived.
const REORDER_TICKS: u32 = 2;

/// A block that is due, with what the packer needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// Ticks since it was sent last: the priority.
    pub age: u32,
    /// The block.
    pub block: u32,
    /// Known slots that changed.
    pub changed: u32,
    /// Slots that enter.
    pub entering: u32,
    /// Slots that leave.
    pub leaving: u32,
}

/// One viewer of a room.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Its seat.
    pub player: PlayerId,
    /// What it holds of each block.
    pub baselines: Baselines,
    /// Its prediction group.
    pub group: Group,
    /// Its packets in flight.
    pub flights: Flights,
    /// Its events.
    pub events: EventQueue,
    /// Its byte budget.
    pub budget: Budget,
    /// The block that last found no room in a tick's packets: the next tick begins with it.
    pub squeezed_out: u32,
    /// The last tick it was sent anything.
    pub last_sent: Tick,
    visible: Vec<u32>,
    dirty: Vec<u64>,
    newest_ack: Tick,
    sabotage: Sabotage,
}

impl Viewer {
    /// A viewer that holds nothing.
    pub fn new(
        player: PlayerId,
        group_max: usize,
        config: &ReplicationConfig,
        tick_hz: u16,
    ) -> Viewer {
        Viewer {
            player,
            baselines: Baselines::default(),
            group: Group::new(player, group_max),
            flights: Flights::default(),
            events: EventQueue::new(player),
            budget: Budget::new(config.budget_bytes_per_second, tick_hz),
            squeezed_out: 0,
            last_sent: Tick::ZERO,
            visible: Vec::new(),
            dirty: Vec::new(),
            newest_ack: Tick::ZERO,
            sabotage: config.sabotage,
        }
    }

    /// Uses an ack.
    pub fn ack(&mut self, ack: &Ack, holders: &mut Holders) {
        if !self.flights.was_sent(ack.newest) {
            return;
        }
        self.newest_ack = self.newest_ack.max(ack.newest);
        let Viewer {
            baselines,
            group,
            flights,
            events,
            ..
        } = self;
        flights.ack(ack, |tick, at, part| {
            baselines.acked(tick, part, holders);
            if at == 0 && part.group {
                group.acked(tick, holders);
            }
            if part.events {
                events.acked(tick);
            }
        });
    }

    /// Whether a packet of `sent` that was not acked is lost.
    pub fn lost(&self) -> impl Fn(Tick) -> bool + use<> {
        let newest = self.newest_ack;
        move |sent| newest >= sent.plus(REORDER_TICKS)
    }

    /// Says which slots of a block this viewer may see.
    pub fn show_only(&mut self, block: usize, mask: u32) {
        if self.visible.len() <= block {
            self.visible.resize(block + 1, u32::MAX);
        }
        if self.visible[block] != mask {
            self.visible[block] = mask;
            self.mark(block);
        }
    }

    /// The masks of [`Viewer::show_only`], taken away.
    pub fn take_visible(&mut self) -> Vec<u32> {
        core::mem::take(&mut self.visible)
    }

    /// The masks of [`Viewer::show_only`], given back.
    pub fn set_visible(&mut self, visible: Vec<u32>) {
        self.visible = visible;
    }

    /// Whether this viewer may know of an entity.
    pub fn may_see(&self, id: EntityId, owner: Option<PlayerId>) -> bool {
        let (block, bit) = place(id.slot);
        owner == Some(self.player)
            || self
                .visible
                .get(block)
                .is_none_or(|mask| mask & 1 << bit != 0)
    }

    /// Notes which blocks changed in this tick. Blocks it has never seen count as changed.
    pub fn mark_dirty(&mut self, blocks: usize, changed: &[u64]) {
        self.dirty.resize(changed.len(), u64::MAX);
        self.baselines.grow(blocks);
        for (dirty, changed) in self.dirty.iter_mut().zip(changed) {
            *dirty |= changed;
        }
    }

    /// Queues an event.
    pub fn queue_event(&mut self, number: u64) {
        self.events.push(number);
    }

    /// The oldest event number still needed.
    pub fn oldest_event(&self) -> Option<u64> {
        self.events.oldest()
    }

    /// See [`super::Replication::take_overflow_events`].
    pub fn take_overflow_events(
        &mut self,
        log: &EventLog,
        schema: &Schema,
        tick: Tick,
    ) -> Option<Vec<u8>> {
        self.events.take_overflow(log, schema, tick)
    }

    /// Brings group and masks in line with the mirror and lists the blocks that are due, most
    /// urgent first.
    pub fn prepare(&mut self, mirror: &Mirror, holders: &mut Holders, due: &mut Vec<Due>) {
        due.clear();
        self.group.follow(mirror, holders);
        for at in 0..self.group.touched().len() {
            self.mark(self.group.touched()[at]);
        }
        for word in 0..self.dirty.len() {
            let mut left = self.dirty[word];
            while left != 0 {
                let block = word * 64 + left.trailing_zeros() as usize;
                left &= left - 1;
                if block >= mirror.blocks() || !self.look_at(mirror, block, holders, due) {
                    self.dirty[word] &= !(1 << (block % 64));
                }
            }
        }
        due.sort_unstable_by_key(|due| (core::cmp::Reverse(due.age), due.block));
    }

    /// Whether the viewer holds a slot's entity, or may hold it.
    pub fn may_hold(&self, slot: u32) -> bool {
        let (block, bit) = place(slot);
        let state = self.baselines.block(block);
        (state.known | state.entering | state.leaving) & 1 << bit != 0 || self.group.may_hold(slot)
    }

    /// The baseline of a block.
    pub fn baseline(&self, block: usize) -> Option<Tick> {
        Some(self.baselines.block(block).base).filter(|&base| base != Tick::ZERO)
    }

    /// Gives up every hold.
    pub fn release_all(&mut self, holders: &mut Holders) {
        self.baselines.release_all(holders);
        self.group.release_all(holders);
    }

    /// Lists a block when it is due. Returns whether it is to be looked at again next tick.
    fn look_at(
        &mut self,
        mirror: &Mirror,
        block: usize,
        holders: &mut Holders,
        due: &mut Vec<Due>,
    ) -> bool {
        let rows = mirror.block(block);
        let visible = self.visible.get(block).copied().unwrap_or(u32::MAX);
        let desired = rows.alive & visible & !self.group.mask(block);
        let moved = self
            .baselines
            .follow(block, desired, holders, &mut self.flights);
        if self.sabotage == Sabotage::LeaveUnacked {
            self.baselines
                .forget_sent_leaves(block, mirror.tick(), holders);
        }
        let changed = self.changed(mirror, rows, block);
        let state = self.baselines.block_mut(block);
        if moved {
            state.moved = mirror.tick();
        }
        if changed | state.entering | state.leaving == 0 {
            return false;
        }
        let (sent, newest_ack) = (state.sent, self.newest_ack);
        let lost = sent > state.base && newest_ack >= sent.plus(REORDER_TICKS);
        if mirror.block_written(block).max(state.moved) > sent || lost {
            due.push(Due {
                age: mirror.tick().since(sent),
                block: block as u32,
                changed,
                entering: state.entering,
                leaving: state.leaving,
            });
        }
        true
    }

    /// The known slots whose rows changed since the viewer's baseline. A slot whose baseline row is
    /// out of history enters again.
    fn changed(&mut self, mirror: &Mirror, rows: &Block, block: usize) -> u32 {
        let state = self.baselines.block(block);
        let mut changed = rows.changed_since(state.base) & state.known;
        for ahead in self.baselines.ahead(block) {
            let bit = place(ahead.slot).1;
            if rows.since[bit] <= ahead.base {
                changed &= !(1 << bit);
            }
        }
        let oldest = mirror.oldest();
        if changed == 0 || state.base >= oldest {
            return changed;
        }
        let mut forgotten = match mirror.block_at(block, oldest) {
            Some(then) => then.changed_since(state.base) & changed,
            None => changed,
        };
        for ahead in self
            .baselines
            .ahead(block)
            .filter(|ahead| ahead.base >= oldest)
        {
            forgotten &= !(1 << place(ahead.slot).1);
        }
        let state = self.baselines.block_mut(block);
        state.known &= !forgotten;
        state.entering |= forgotten;
        changed & !forgotten
    }

    fn mark(&mut self, block: usize) {
        if let Some(word) = self.dirty.get_mut(block / 64) {
            *word |= 1 << (block % 64);
        }
    }
}
