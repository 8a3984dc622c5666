//! Games that exist to test the framework.
//!
//! None of them is meant to be played.

pub mod arena;
pub mod sandbox;
pub mod squares;
pub mod witness;

use tickwire_shared::game::Game;
use tickwire_shared::rng::Rng;

/// A game that the simulator can play by itself.
pub trait SimGame: Game {
    /// The rules of a run with this seed.
    fn rules(seed: u64) -> Self::Rules;

    /// What a player does next who did `held` a tick ago.
    fn intent(rng: &mut Rng, held: &Self::Input) -> Self::Input;

    /// The number that tells this input from the one before; `None` when inputs have none.
    fn stamp(_input: &Self::Input) -> Option<u8> {
        None
    }

    /// Whether this event is one that everybody must be told.
    fn is_told(_event: &Self::Event) -> bool {
        false
    }
}
