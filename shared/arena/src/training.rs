//! Code tables that fit arena's own residuals, trained on bots.
//!
//! Never needed at run time: the outcome is a file of the crate, and a test compares the two.

use std::sync::Arc;

use tickwire_shared::delta::training::Training;
use tickwire_shared::game::schema_of;
use tickwire_shared::schema::SchemaError;

use crate::kinds::Rules;
use crate::replay::LocalRoom;

/// What [`train`] gave when the tables were trained last.
pub const TABLES: &[u8] = include_bytes!("tables.bin");

/// Seeds that no test and no bench measures by.
const TRAINING_SEEDS: [u64; 2] = [90_001, 90_002];

const BOTS: u16 = 24;

const TICKS: u32 = 1_200;

/// Trains the tables anew; `cargo run --release -p tickwire-arena --example train` keeps them.
///
/// # Errors
/// [`SchemaError`] when arena's own declarations break a rule of schemas.
pub fn train() -> Result<Vec<u8>, SchemaError> {
    let mut training = Training::new(Arc::new(schema_of::<crate::Arena>()?));
    for (map, seed) in TRAINING_SEEDS.into_iter().enumerate() {
        let rules = Rules {
            map: map as u8,
            ..Rules::default()
        };
        let mut room = LocalRoom::new(rules, seed, BOTS)?;
        for tick in 0..TICKS {
            room.advance();
            if tick > 64 && tick % 5 == 0 {
                training.observe(room.mirror());
            }
        }
    }
    Ok(training.tables().to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_in_use_are_those_of_this_game() {
        let trained = train().expect("arena's schema compiles");
        let how = "cargo run --release -p tickwire-arena --example train";
        assert!(
            TABLES == trained,
            "arena changed: train its tables anew with `{how}`"
        );
    }
}
