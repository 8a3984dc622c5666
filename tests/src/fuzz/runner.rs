//! Feeds a target with mutated inputs and says which bytes broke it.
//!
//! It judges nothing itself but time: the targets assert.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tickwire_shared::rng::Rng;

use super::mutate::mutate;
use crate::seeds::{number_from_env, reason, thread_cpu_s};

/// A named fuzz target with the valid packets it starts from.
pub struct Target {
    /// Its name on the command line and in reports.
    pub name: &'static str,
    /// Takes any bytes; panics when an assertion about them fails.
    pub run: fn(&[u8]),
    /// Valid inputs.
    pub corpus: fn() -> Vec<Vec<u8>>,
    /// How many times as long as usual a run takes: it runs as many times less often.
    pub cost: u64,
}

/// Processor time one input may take. Far above the goal of 1 ms, because a shared core is
/// interrupted; a loop over a claimed length takes seconds.
const SLOWEST: Duration = Duration::from_millis(250);

/// Runs a target `FUZZ_RUNS` times, or 300,000 times in an optimised build and 3,000
/// times in a plain one. `SEED=n` replaces the default seed.
///
/// # Panics
/// At the first input that breaks the target; the message has seed, run and the bytes in hex.
pub fn fuzz(target: &Target) {
    let default = if cfg!(debug_assertions) {
        3_000
    } else {
        300_000
    };
    let runs = number_from_env("FUZZ_RUNS").unwrap_or(default) / target.cost.max(1);
    let seed = number_from_env("SEED").unwrap_or(1);
    let corpus = (target.corpus)();
    for (at, bytes) in corpus.iter().enumerate() {
        check(target, bytes, &format!("corpus {at}"));
    }
    for run in 0..runs {
        let bytes = mutate(&mut Rng::of(seed, &[run]), &corpus);
        check(target, &bytes, &format!("SEED={seed} run {run}"));
    }
    println!(
        "{}: {runs} runs from {} packets, no finding",
        target.name,
        corpus.len()
    );
}

fn check(target: &Target, bytes: &[u8], which: &str) {
    let before = std::time::Instant::now();
    let result = catch_unwind(AssertUnwindSafe(|| (target.run)(bytes)));
    if let Err(cause) = result {
        let why = reason(cause.as_ref());
        panic!(
            "{} broke at {which}: {why}; bytes {}",
            target.name,
            hex(bytes)
        );
    }
    // Wall time is read first because it is cheap; only a suspect is judged by processor time.
    if before.elapsed() > SLOWEST {
        let cpu_before = thread_cpu_s();
        (target.run)(bytes);
        let cpu = thread_cpu_s()
            .zip(cpu_before)
            .map(|(after, before)| after - before);
        let slow = cpu.is_some_and(|cpu_s| cpu_s > SLOWEST.as_secs_f64());
        assert!(
            !slow,
            "{} took {cpu:?} s at {which}; bytes {}",
            target.name,
            hex(bytes)
        );
    }
}

/// Bytes as lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes from hex, white space ignored. `None` for anything else.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let pairs = digits.chunks(2).map(|pair| {
        let text: String = pair.iter().collect();
        (pair.len() == 2)
            .then(|| u8::from_str_radix(&text, 16).ok())
            .flatten()
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_target_is_reported_with_its_bytes() {
        let target = Target {
            name: "fragile",
            run: |bytes| assert!(bytes.len() < 3 || bytes[0] != 9, "nine"),
            corpus: || vec![vec![8, 0, 0]],
            cost: 1,
        };
        let said = catch_unwind(|| fuzz(&target)).expect_err("the mutator finds it");
        let said = reason(said.as_ref());
        assert!(
            said.contains("nine") && said.contains("run") && said.contains("09"),
            "{said}"
        );
    }

    #[test]
    fn hex_comes_back() {
        assert_eq!(unhex(&hex(&[0, 255, 16])), Some(vec![0, 255, 16]));
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("zz"), None);
    }
}
