//! Encoding rows of the mirror as a level shows them, and remembering what whole blocks cost.
//!
//! The code of a row depends on (entity, level, baseline tick) alone, never on the viewer: viewers
//! with the same baseline of a block get a copy of the same bits.

use std::sync::Arc;

use tickwire_shared::bits::BitWriter;
use tickwire_shared::delta::confirmed::row_age;
use tickwire_shared::delta::record::put_motion_age;
use tickwire_shared::delta::row::{RowContext, code_plain, code_row, degrade_row, needs_rare};
use tickwire_shared::delta::{RowWriter, Tables};
use tickwire_shared::id::Tick;
use tickwire_shared::limits::{BLOCK_SLOTS, ROW_WORDS_MAX};
use tickwire_shared::schema::{Audience, Level, Schema};
use tickwire_shared::snapshot::{Block, Mirror, slots_of};

use super::Sabotage;
use super::codes::{Codes, Key};

/// Encodes rows.
#[derive(Debug)]
pub struct RowEncoder {
    schema: Arc<Schema>,
    tables: Arc<Tables>,
    sabotage: Sabotage,
    codes: Codes,
    scratch: BitWriter,
    /// Running mean of a changed row and of an entered row, in 1/16 bit.
    changed_bits_16: usize,
    entered_bits_16: usize,
}

impl RowEncoder {
    /// An encoder for this schema and these tables.
    pub fn new(schema: Arc<Schema>, tables: Arc<Tables>, sabotage: Sabotage) -> RowEncoder {
        let (codes, scratch) = (Codes::default(), BitWriter::new());
        RowEncoder {
            codes,
            scratch,
            schema,
            tables,
            sabotage,
            changed_bits_16: 16 * 32,
            entered_bits_16: 16 * 128,
        }
    }

    /// Begins a tick: what was encoded for the one before is forgotten.
    pub fn begin_tick(&mut self) {
        self.codes.clear();
    }

    /// How many bits a block record with so many rows is likely to take.
    pub fn expected_bits(&self, changed: u32, entering: u32) -> usize {
        let changed = changed.count_ones() as usize * self.changed_bits_16;
        let entering = entering.count_ones() as usize * self.entered_bits_16;
        (changed + entering) / 16 + 48
    }

    /// Writes the changed rows of a block at level Full, by slot, behind their one `rare` bit.
    pub fn changed(
        &mut self,
        out: &mut BitWriter,
        mirror: &Mirror,
        block: usize,
        mask: u32,
        base: Tick,
    ) {
        let key = Key { block, base, mask };
        if let Some((bytes, bits)) = self.codes.get(&key) {
            out.put_all(bytes, bits);
            return;
        }
        let now = mirror.block(block);
        let Some(then) = mirror.block_at(block, base.max(mirror.oldest())) else {
            return;
        };
        let mut scratch = core::mem::take(&mut self.scratch);
        scratch.clear();
        let (rows, as_shown) = ((now, then), (Level::Full, Audience::All));
        let rare = slots_of(mask).any(|bit| self.needs_rare(rows, bit, as_shown));
        scratch.put_bool(rare);
        for bit in slots_of(mask) {
            self.write_changed(&mut scratch, mirror.tick(), rows, bit, base, as_shown, rare);
        }
        let bits = scratch.bit_len();
        let bytes = scratch.finish();
        out.put_all(bytes, bits);
        self.codes.keep(key, bytes, bits);
        self.scratch = scratch;
        if mask != 0 {
            blend(
                &mut self.changed_bits_16,
                bits * 16 / mask.count_ones() as usize,
            );
        }
    }

    /// Writes the full row of a slot of a block at level Full.
    pub fn entered(&mut self, out: &mut BitWriter, mirror: &Mirror, block: usize, bit: usize) {
        let start = out.bit_len();
        let now = mirror.block(block);
        self.write_entered(out, mirror.tick(), now, bit, (Level::Full, Audience::All));
        blend(&mut self.entered_bits_16, (out.bit_len() - start) * 16);
    }

    /// Writes the changed row of a slot as its owner gets it.
    pub fn own_changed(&mut self, out: &mut BitWriter, mirror: &Mirror, slot: u32, base: Tick) {
        let (block, bit) = (slot as usize / BLOCK_SLOTS, slot as usize % BLOCK_SLOTS);
        let now = mirror.block(block);
        if let Some(then) = mirror.block_at(block, base) {
            self.write_changed(
                out,
                mirror.tick(),
                (now, then),
                bit,
                base,
                (Level::Exact, Audience::Owner),
                true,
            );
        }
    }

    /// Writes the full row of a slot as its owner gets it.
    pub fn own_entered(&mut self, out: &mut BitWriter, mirror: &Mirror, slot: u32) {
        let (block, bit) = (slot as usize / BLOCK_SLOTS, slot as usize % BLOCK_SLOTS);
        let now = mirror.block(block);
        self.write_entered(
            out,
            mirror.tick(),
            now,
            bit,
            (Level::Exact, Audience::Owner),
        );
    }

    fn needs_rare(
        &self,
        (now, then): (&Block, &Block),
        bit: usize,
        (level, known): (Level, Audience),
    ) -> bool {
        let kind_at = usize::from(now.kinds[bit].0);
        let kind = &self.schema.entities[kind_at];
        let cx = RowContext {
            tables: &self.tables,
            kind_at,
            kind,
            level,
            known,
            rare: true,
        };
        needs_rare(cx, then.row(bit), now.row(bit))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "what a row's code depends on, nothing more"
    )]
    fn write_changed(
        &self,
        out: &mut BitWriter,
        tick: Tick,
        (now, then): (&Block, &Block),
        bit: usize,
        base: Tick,
        (level, known): (Level, Audience),
        rare: bool,
    ) {
        let kind_at = usize::from(now.kinds[bit].0);
        let kind = &self.schema.entities[kind_at];
        let (mut row, mut against) = ([0; ROW_WORDS_MAX], [0; ROW_WORDS_MAX]);
        degrade_row(kind, level, now.row(bit), &mut row);
        degrade_row(kind, level, then.row(bit), &mut against);
        let since = now.since[bit];
        put_motion_age(out, kind, tick, since);
        let mut age = row_age(kind, tick, base, since, then.since[bit]);
        if self.sabotage == Sabotage::DeltaBaseline {
            age += 1;
        }
        let cx = RowContext {
            tables: &self.tables,
            kind_at,
            kind,
            level,
            known,
            rare,
        };
        let coded = code_row(&mut RowWriter(out), cx, &against, age, &mut row);
        debug_assert!(coded.is_ok(), "what the mirror holds can be written");
    }

    fn write_entered(
        &self,
        out: &mut BitWriter,
        tick: Tick,
        now: &Block,
        bit: usize,
        (level, known): (Level, Audience),
    ) {
        let kind_at = usize::from(now.kinds[bit].0);
        let kind = &self.schema.entities[kind_at];
        let mut row = [0; ROW_WORDS_MAX];
        degrade_row(kind, level, now.row(bit), &mut row);
        put_motion_age(out, kind, tick, now.since[bit]);
        let cx = RowContext {
            tables: &self.tables,
            kind_at,
            kind,
            level,
            known,
            rare: true,
        };
        let coded = code_plain(&mut RowWriter(out), cx, &mut row);
        debug_assert!(coded.is_ok(), "what the mirror holds can be written");
    }
}

fn blend(mean: &mut usize, sample: usize) {
    *mean = (*mean * 15 + sample) / 16;
}
