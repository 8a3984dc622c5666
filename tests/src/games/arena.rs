//! The demo game, played in the simulator by hands that run about at random.
//!
//! Never more than that: the brain of its bots is tested in its own crate.

use tickwire_arena::kinds::{Input, Rules};
use tickwire_arena::{Arena, tune};
use tickwire_shared::rng::Rng;

use super::SimGame;

impl SimGame for Arena {
    fn rules(seed: u64) -> Rules {
        Rules {
            map: (seed % u64::from(tune::MAPS)) as u8,
            ..Rules::default()
        }
    }

    fn intent(rng: &mut Rng, held: &Input) -> Input {
        if !rng.chance(0.05) {
            return held.clone();
        }
        Input {
            move_x: rng.below(255) as i8,
            move_y: rng.below(255) as i8,
            aim: rng.range(0.0, 6.2),
            fire: rng.chance(0.3),
            dash: rng.chance(0.1),
        }
    }
}
