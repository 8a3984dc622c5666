//! Real clients against the real engine over the matrix of networks, judged by every oracle.
//!
//! `SIM_SEEDS` sets the number of seeds of the matrix, and of the other tests in proportion;
//! `SIM_SECONDS` sets the virtual seconds of each, and `SEED=n` replays one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use tickwire_server::engine::replication::Sabotage as ReplicationSabotage;
use tickwire_server::engine::room::Sabotage as RoomSabotage;
use tickwire_shared::client::Sabotage as ClientSabotage;
use tickwire_shared::conditioner::Network;
use tickwire_tests::games::SimGame;
use tickwire_tests::games::sandbox::Sandbox;
use tickwire_tests::games::squares::{BevySquares, HecsSquares, PlainSquares};
use tickwire_tests::scenario::Scenario;
use tickwire_tests::seeds::{for_each_seed, number_from_env, reason, thread_cpu_s};
use tickwire_tests::sim::{Options, Outcome, Plan, Sim};
use tickwire_tests::yardstick;

const PEERS: usize = 8;

/// The least a run must be faster than the time it simulates, in processor time of a machine as
/// fast as that of the yardstick.
const FASTER_THAN_REAL: f64 = 50.0;

/// Held by each run, and by the test that measures for itself alone: threads that share a core
/// take longer for the same, by the processor's clock too.
static RUNS: RwLock<()> = RwLock::new(());

fn seconds() -> Duration {
    Duration::from_secs(number_from_env("SIM_SECONDS").unwrap_or(60))
}

/// Seeds of the matrix, unless `SIM_SEEDS` says otherwise.
const OF_THE_MATRIX: u64 = if cfg!(debug_assertions) { 4 } else { 200 };

/// The seeds of a test that takes `many` of them when the matrix takes 200.
fn seeds(many: u64) -> u64 {
    let of_the_matrix = number_from_env("SIM_SEEDS").unwrap_or(OF_THE_MATRIX);
    (many * of_the_matrix).div_ceil(200)
}

fn run<G: SimGame>(scenario: Scenario, options: Options) -> Outcome {
    let _shared = RUNS.read().unwrap_or_else(PoisonError::into_inner);
    Sim::<G>::new(scenario, options).run()
}

fn short<G: SimGame>(seed: u64, options: Options) -> Outcome {
    run::<G>(
        Scenario::matrix(seed, PEERS, Duration::from_secs(20)),
        options,
    )
}

#[test]
fn nothing_breaks_over_the_matrix() {
    let totals = Mutex::new((0u64, 0u64));
    for_each_seed(1, seeds(200), |seed| {
        let outcome = run::<Sandbox>(Scenario::matrix(seed, PEERS, seconds()), Options::default());
        let (checked, span) = (outcome.checked, outcome.seconds);
        assert!(checked.rows as f64 > span * 1_000.0, "{checked:?}");
        assert!(checked.own_rows as f64 > span * 100.0, "{checked:?}");
        assert!(checked.inputs as f64 > span * 400.0, "{checked:?}");
        assert!(checked.chat > 50 && checked.events > 8, "{checked:?}");
        println!("seed {seed}: {} ppm of inputs in time", outcome.in_time_ppm);
        let mut totals = totals.lock().expect("no run holds it");
        totals.0 += checked.rows;
        totals.1 += checked.inputs;
    });
    let (rows, inputs) = totals.into_inner().expect("threads are done");
    println!("{rows} rows and {inputs} inputs compared, 0 violations");
}

#[test]
fn a_run_takes_a_fiftieth_of_the_time_it_simulates() {
    let _alone = RUNS.write().unwrap_or_else(PoisonError::into_inner);
    let (mut span, mut cpu, mut slow) = (0.0, 0.0, Vec::new());
    for seed in 1..=seeds(200).min(10) {
        let scenario = Scenario::matrix(seed, PEERS, seconds());
        slow.extend(yardstick::slowness());
        let before = thread_cpu_s();
        let outcome = Sim::<Sandbox>::new(scenario, Options::default()).run();
        let spent = (thread_cpu_s().zip(before)).map_or(0.0, |(after, before)| after - before);
        println!("seed {seed}: {:.0} x real time", outcome.seconds / spent);
        span += outcome.seconds;
        cpu += spent;
    }
    let faster = span / cpu;
    println!("{span:.0} virtual s in {cpu:.1} s of processor time: {faster:.0} x real time");
    // A faster machine does not excuse slower code, a slower one does not make the code worse.
    let slow = (slow.iter().sum::<f64>() / slow.len().max(1) as f64).max(1.0);
    println!("this machine takes {slow:.2} times as long as usual just now");
    let measured = cpu > 0.0 && !cfg!(debug_assertions);
    assert!(
        !measured || faster * slow >= FASTER_THAN_REAL,
        "only {faster:.0} x real time on a machine {slow:.2} times as slow as usual"
    );
}

#[test]
fn links_that_break_are_taken_up_again() {
    for_each_seed(1, seeds(200), |seed| {
        let scenario = Scenario::broken_links(seed, PEERS, Duration::from_secs(40));
        let outcome = run::<Sandbox>(scenario, Options::default());
        assert!(outcome.checked.rows > 10_000, "{:?}", outcome.checked);
    });
}

#[test]
fn equal_seeds_give_equal_logs() {
    for_each_seed(1, seeds(40), |seed| {
        let first = short::<Sandbox>(seed, Options::default());
        assert_eq!(first, short::<Sandbox>(seed, Options::default()), "I20");
        let other = short::<Sandbox>(seed + 1_000, Options::default());
        assert_ne!(first.log_hash, other.log_hash);
    });
}

#[test]
fn a_game_that_forgets_changes_nothing() {
    for_each_seed(1, seeds(40), |seed| {
        let remembers = short::<Sandbox>(seed, Options::default());
        let forgets = Options {
            forget_every: Some(7),
            ..Options::default()
        };
        assert_eq!(remembers, short::<Sandbox>(seed, forgets));
    });
}

#[test]
fn storages_do_not_matter() {
    for_each_seed(1, seeds(20), |seed| {
        let plain = short::<PlainSquares>(seed, Options::default());
        assert_eq!(
            plain,
            short::<HecsSquares>(seed, Options::default()),
            "hecs"
        );
        assert_eq!(
            plain,
            short::<BevySquares>(seed, Options::default()),
            "bevy_ecs"
        );
    });
}

#[test]
fn every_preset_is_playable() {
    for_each_seed(1, seeds(4 * Network::NAMES.len() as u64), |seed| {
        let name = Network::NAMES[seed as usize % Network::NAMES.len()];
        let network: Network = name.parse().expect("a listed name");
        let scenario = Scenario::calm(seed, PEERS, Duration::from_secs(30), network);
        let outcome = run::<Sandbox>(scenario, Options::default());
        println!("{name}: {} ppm of inputs in time", outcome.in_time_ppm);
        assert!(
            outcome.checked.rows > 10_000,
            "{name}: {:?}",
            outcome.checked
        );
    });
}

/// Each planted bug breaks some promise within a few seeds.
fn is_caught(name: &str, options: &Options) {
    let caught = (1..=12).find_map(|seed| {
        let run = AssertUnwindSafe(|| short::<Sandbox>(seed, options.clone()));
        catch_unwind(run)
            .err()
            .map(|cause| (seed, reason(cause.as_ref())))
    });
    let (seed, why) = caught.unwrap_or_else(|| panic!("{name} was not caught"));
    println!("{name} caught at seed {seed}: {why}");
}

#[test]
fn planted_bugs_of_replication_are_caught() {
    use ReplicationSabotage::{AckOnSend, DeltaBaseline, LeaveUnacked};
    for replication in [DeltaBaseline, AckOnSend, LeaveUnacked] {
        let plan = Plan {
            replication,
            ..Plan::default()
        };
        is_caught(
            &format!("{replication:?}"),
            &Options {
                plan,
                ..Options::default()
            },
        );
    }
}

#[test]
fn planted_bugs_of_rooms_are_caught() {
    use RoomSabotage::{ApplyLateInputs, SkipAccept, SkipWriteBack};
    for room in [ApplyLateInputs, SkipAccept, SkipWriteBack] {
        let plan = Plan {
            room,
            ..Plan::default()
        };
        is_caught(
            &format!("{room:?}"),
            &Options {
                plan,
                ..Options::default()
            },
        );
    }
}

#[test]
fn planted_bugs_of_clients_are_caught() {
    use ClientSabotage::{ForgetReplayedInput, LateClock, SkipReconcile};
    for client in [SkipReconcile, ForgetReplayedInput, LateClock] {
        is_caught(
            &format!("{client:?}"),
            &Options {
                client,
                ..Options::default()
            },
        );
    }
}
