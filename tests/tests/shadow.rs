//! Replication against real confirmed stores over bad networks, without sessions and rooms.
//!
//! Every planted bug of replication must be found here.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tickwire_server::engine::replication::{ReplicationConfig, Sabotage};
use tickwire_shared::conditioner::Network;
use tickwire_shared::delta::Tables;
use tickwire_shared::id::Tick;
use tickwire_tests::games::SimGame;
use tickwire_tests::games::sandbox::Sandbox;
use tickwire_tests::games::squares::PlainSquares;
use tickwire_tests::oracles::Checked;
use tickwire_tests::scenario::Scenario;
use tickwire_tests::seeds::{for_each_seed, reason};
use tickwire_tests::shadow::Shadow;
use tickwire_tests::stage::schema;

const PEERS: usize = 6;

fn with(sabotage: Sabotage) -> ReplicationConfig {
    ReplicationConfig {
        sabotage,
        ..ReplicationConfig::default()
    }
}

/// Twenty seconds over the matrix, then five of a good network.
fn run<G: SimGame>(seed: u64, config: ReplicationConfig) -> (u64, Checked) {
    let networks = Scenario::matrix(seed, PEERS, Duration::from_secs(20)).networks;
    let mut shadow = Shadow::<G>::new(seed, &networks, config);
    shadow.run(1_200);
    shadow.heal();
    shadow.run(300);
    shadow.check_converged();
    (shadow.log_hash(), shadow.checked())
}

#[test]
fn every_row_equals_the_servers_row_of_its_tick() {
    for_each_seed(1, 24, |seed| {
        let (_, checked) = run::<Sandbox>(seed, ReplicationConfig::default());
        assert!(
            checked.rows > 10_000 && checked.own_rows > 1_000,
            "{checked:?}"
        );
        assert!(checked.events > 10, "{checked:?}");
        run::<PlainSquares>(seed, ReplicationConfig::default());
    });
}

#[test]
fn a_tight_budget_changes_nothing_but_the_pace() {
    for_each_seed(1, 12, |seed| {
        let config = ReplicationConfig {
            budget_bytes_per_second: 4 * 1_024,
            packet_bytes_max: 300,
            ..ReplicationConfig::default()
        };
        let (_, checked) = run::<Sandbox>(seed, config);
        assert!(checked.rows > 2_000, "{checked:?}");
    });
}

#[test]
fn equal_seeds_send_equal_bytes() {
    for seed in 1..=3 {
        let first = run::<Sandbox>(seed, ReplicationConfig::default());
        assert_eq!(
            first,
            run::<Sandbox>(seed, ReplicationConfig::default()),
            "seed {seed}"
        );
        assert_ne!(
            first.0,
            run::<Sandbox>(seed + 50, ReplicationConfig::default()).0
        );
    }
}

/// Every set of losses over twelve ticks: bit `n` of the pattern loses tick `20 + n`.
#[test]
fn every_pattern_of_losses_decodes() {
    let drops: fn(u64, Tick) -> bool =
        |pattern: u64, tick: Tick| (20..32).contains(&tick.0) && pattern & 1 << (tick.0 - 20) != 0;
    let schema = schema::<Sandbox>();
    let tables = Arc::new(Tables::default_for(&schema));
    for_each_seed(0, 1 << 12, |pattern| {
        let (schema, tables) = (Arc::clone(&schema), Arc::clone(&tables));
        let network = Network {
            rtt: Duration::from_millis(40),
            ..Network::PERFECT
        };
        let mut shadow =
            Shadow::<Sandbox>::with(schema, tables, 7, &[network], ReplicationConfig::default());
        (shadow.drops, shadow.pattern) = (Some(drops), pattern);
        shadow.run(75);
        shadow.check_converged();
    });
}

#[test]
fn planted_bugs_are_caught() {
    for sabotage in [
        Sabotage::DeltaBaseline,
        Sabotage::AckOnSend,
        Sabotage::LeaveUnacked,
    ] {
        let caught = (1..=8).find_map(|seed| {
            let result = catch_unwind(AssertUnwindSafe(|| run::<Sandbox>(seed, with(sabotage))));
            result.err().map(|cause| (seed, reason(cause.as_ref())))
        });
        let (seed, why) = caught.unwrap_or_else(|| panic!("{sabotage:?} was not caught"));
        println!("{sabotage:?} caught at seed {seed}: {why}");
    }
}
