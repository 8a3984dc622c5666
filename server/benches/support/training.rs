//! Trains code tables on workload W with seeds that are never measured.

use std::sync::Arc;

use tickwire_shared::delta::confirmed::row_age;
use tickwire_shared::delta::row::{RowContext, RowCounter, code_row, degrade_row};
use tickwire_shared::delta::tables::{Counts, Tables};
use tickwire_shared::id::Tick;
use tickwire_shared::limits::ROW_WORDS_MAX;
use tickwire_shared::schema::{Audience, Level, Schema};
use tickwire_shared::snapshot::{Mirror, slots_of};

use super::workload::{Shape, Workload};

const TRAINING_SEEDS: [u64; 3] = [11, 12, 13];

/// Baseline ages that occur.
const AGES: [u32; 18] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 20, 26, 32,
];

/// Tables that fit the residuals of workload W.
pub fn trained_tables(schema: &Arc<Schema>) -> Tables {
    let tables = Tables::default_for(schema);
    let mut counts = Counts::new(schema);
    for seed in TRAINING_SEEDS {
        let shape = Shape {
            bodies: 96,
            idle: 0,
            shots_per_second: 24,
            seed,
        };
        let mut mirror = Mirror::new(Arc::clone(schema));
        let mut work = Workload::new(shape, schema);
        for tick in (1..900).map(Tick) {
            work.tick(&mut mirror, tick);
            mirror.release_departed(|_| false);
            if tick.0 > 64 && tick.0 % 4 == 0 {
                AGES.iter()
                    .for_each(|&age| count(&mirror, schema, &tables, age, &mut counts));
            }
        }
    }
    Tables::trained(schema, &counts)
}

fn count(mirror: &Mirror, schema: &Schema, tables: &Tables, age: u32, counts: &mut Counts) {
    let base = mirror.tick().minus(age);
    for at in 0..mirror.blocks() {
        let (now, Some(then)) = (mirror.block(at), mirror.block_at(at, base)) else {
            continue;
        };
        for bit in slots_of(now.alive & then.alive & now.changed_since(base)) {
            if now.generations[bit] != then.generations[bit] {
                continue;
            }
            let kind_at = usize::from(now.kinds[bit].0);
            let kind = &schema.entities[kind_at];
            let (mut row, mut against) = ([0; ROW_WORDS_MAX], [0; ROW_WORDS_MAX]);
            degrade_row(kind, Level::Full, now.row(bit), &mut row);
            degrade_row(kind, Level::Full, then.row(bit), &mut against);
            let age = row_age(kind, mirror.tick(), base, now.since[bit], then.since[bit]);
            let cx = RowContext {
                tables,
                kind_at,
                kind,
                level: Level::Full,
                known: Audience::All,
                rare: true,
            };
            let coded = code_row(&mut RowCounter(counts), cx, &against, age, &mut row);
            assert!(coded.is_ok(), "counting cannot fail");
        }
    }
}
