//! Training code tables: watches a game's mirror and counts the residuals it would have sent.
//!
//! Never runs a game: the caller does, with seeds that it does not measure by.

use std::sync::Arc;

use crate::delta::codecs::RowCounter;
use crate::delta::confirmed::row_age;
use crate::delta::row::{RowContext, code_row, degrade_row};
use crate::delta::tables::{Counts, Tables};
use crate::id::Tick;
use crate::limits::ROW_WORDS_MAX;
use crate::schema::{Audience, Level, Schema};
use crate::snapshot::{Block, Mirror, slots_of};

/// Ages of baselines that occur, in ticks.
const AGES: [u32; 18] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 20, 26, 32,
];

/// Residuals seen so far.
#[derive(Clone, Debug)]
pub struct Training {
    schema: Arc<Schema>,
    default: Tables,
    counts: Counts,
}

impl Training {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(schema: Arc<Schema>) -> Training {
        let (default, counts) = (Tables::default_for(&schema), Counts::new(&schema));
        Training {
            schema,
            default,
            counts,
        }
    }

    /// Counts what the mirror's tick would send against baselines of every age that occurs: to
    /// everybody, and to the owners of what has one.
    pub fn observe(&mut self, mirror: &Mirror) {
        let tick = mirror.tick();
        for base in AGES.map(|age| tick.minus(age)) {
            for at in 0..mirror.blocks() {
                if let Some(then) = mirror.block_at(at, base) {
                    self.observe_block(tick, base, mirror.block(at), then);
                }
            }
        }
    }

    /// The tables that code what was seen best.
    #[must_use]
    pub fn tables(&self) -> Tables {
        Tables::trained(&self.schema, &self.counts)
    }

    fn observe_block(&mut self, tick: Tick, base: Tick, now: &Block, then: &Block) {
        for bit in slots_of(now.alive & then.alive & now.changed_since(base)) {
            if now.generations[bit] == then.generations[bit] {
                let ticks = (tick, base);
                self.observe_row(ticks, now, then, bit, (Level::Full, Audience::All));
                if now.owners[bit].is_some() {
                    self.observe_row(ticks, now, then, bit, (Level::Exact, Audience::Owner));
                }
            }
        }
    }

    fn observe_row(
        &mut self,
        (tick, base): (Tick, Tick),
        now: &Block,
        then: &Block,
        bit: usize,
        (level, known): (Level, Audience),
    ) {
        let kind_at = usize::from(now.kinds[bit].0);
        let kind = &self.schema.entities[kind_at];
        let (mut row, mut against) = ([0; ROW_WORDS_MAX], [0; ROW_WORDS_MAX]);
        degrade_row(kind, level, now.row(bit), &mut row);
        degrade_row(kind, level, then.row(bit), &mut against);
        let age = row_age(kind, tick, base, now.since[bit], then.since[bit]);
        let cx = RowContext {
            tables: &self.default,
            kind_at,
            kind,
            level,
            known,
            rare: true,
        };
        let coded = code_row(
            &mut RowCounter(&mut self.counts),
            cx,
            &against,
            age,
            &mut row,
        );
        debug_assert!(coded.is_ok(), "counting cannot fail");
    }
}
