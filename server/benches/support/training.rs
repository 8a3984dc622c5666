//! Trains code tables on workload W with seeds that are never measured.

use std::sync::Arc;

use tickwire_shared::delta::tables::Tables;
use tickwire_shared::delta::training::Training;
use tickwire_shared::id::Tick;
use tickwire_shared::schema::Schema;
use tickwire_shared::snapshot::Mirror;

use super::workload::{Shape, Workload};

const TRAINING_SEEDS: [u64; 3] = [11, 12, 13];

/// Tables that fit the residuals of workload W.
pub fn trained_tables(schema: &Arc<Schema>) -> Tables {
    let mut training = Training::new(Arc::clone(schema));
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
                training.observe(&mirror);
            }
        }
    }
    training.tables()
}
