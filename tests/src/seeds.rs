//! Runs many seeds on the cores at hand and says which one failed.
//!
//! The only place of the test library that starts threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// The number in this environment variable.
///
/// # Panics
/// When it is set and is not a number: a test must not run with other figures than asked for.
#[must_use]
pub fn number_from_env(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is not a number")),
    )
}

/// Calls `run` with each of `count` seeds from `first` on two threads, or only with `SEED=n`.
///
/// # Panics
/// After all seeds are done, when a run panicked; the message has every such seed and its reason.
pub fn for_each_seed(first: u64, count: u64, run: impl Fn(u64) + Sync) {
    if let Some(seed) = number_from_env("SEED") {
        return run(seed);
    }
    let next = AtomicU64::new(0);
    let failures = Mutex::new(Vec::new());
    let work = || loop {
        let offset = next.fetch_add(1, Ordering::Relaxed);
        if offset >= count {
            break;
        }
        let seed = first + offset;
        if let Err(cause) = catch_unwind(AssertUnwindSafe(|| run(seed))) {
            eprintln!("replay with SEED={seed}");
            failures
                .lock()
                .expect("no run holds it")
                .push((seed, reason(cause.as_ref())));
        }
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(work);
        work();
        other.join().expect("runs are caught");
    });
    let failures = failures.into_inner().expect("threads are done");
    assert!(
        failures.is_empty(),
        "{} of {count} seeds failed: {failures:#?}",
        failures.len()
    );
}

/// The text of a caught panic.
#[must_use]
pub fn reason(cause: &(dyn std::any::Any + Send)) -> String {
    let text = cause.downcast_ref::<String>().cloned();
    text.or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "a panic without text".to_owned())
}

/// Processor time this thread has used, in seconds. `None` where the system does not tell.
#[must_use]
pub fn thread_cpu_s() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos: f64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanos / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_seed_is_named_and_the_others_run() {
        let done = AtomicU64::new(0);
        let all = || {
            for_each_seed(10, 8, |seed| {
                done.fetch_add(1, Ordering::Relaxed);
                assert_ne!(seed, 13, "unlucky");
            });
        };
        let said = reason(
            catch_unwind(AssertUnwindSafe(all))
                .expect_err("13 fails")
                .as_ref(),
        );
        assert!(said.contains("13") && said.contains("unlucky"), "{said}");
        assert_eq!(done.into_inner(), 8);
    }
}
