//! The test library of Tickwire: a seeded simulator, its oracles, test games and fuzz targets.
//!
//! It opens no socket and never sleeps: time is virtual, so a simulated hour takes seconds. A
//! failure prints its seed, and `SEED=n` replays it.

pub mod fuzz;
pub mod games;
pub mod log;
pub mod oracles;
pub mod rig;
pub mod route;
pub mod samples;
pub mod scenario;
pub mod seeds;
pub mod shadow;
pub mod sim;
pub mod stage;
pub mod table;
pub mod yardstick;
