//! Every decoder under mutated packets.
//!
//! `FUZZ_RUNS` sets the runs a target, `SEED` the seed.

use tickwire_tests::fuzz::TARGETS;
use tickwire_tests::fuzz::runner::fuzz;

fn run(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name);
    fuzz(target.unwrap_or_else(|| panic!("no fuzz target {name}")));
}

macro_rules! targets {
    ($($name:ident)*) => {
        $(#[test] fn $name() { run(stringify!($name)); })*

        #[test]
        fn every_target_is_run() {
            let named = [$(stringify!($name)),*];
            let all: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(named.as_slice(), all);
        }
    };
}

targets! { bits control input ack snapshot events lobby schema chat talk tables words }
