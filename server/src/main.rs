//! `tickwire-server`: hosts the arena, the demo game.
//!
//! Never does anything itself: it turns the outcome of the library into an exit status.

use std::process::ExitCode;

use tickwire_arena::Arena;

fn main() -> ExitCode {
    tickwire_server::main_of::<Arena>()
}
