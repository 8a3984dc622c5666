//! The report at the end of a run: a table of its steps, then one line with the totals.
//!
//! It never judges: whatever is printed here was counted by the steps.

use std::fmt::Write as _;
use std::time::Duration;

use crate::step::Outcome;

/// Prints the table and the last line; true when nothing failed.
pub fn print(outcomes: &[Outcome]) -> bool {
    print!("\n{}", table(outcomes));
    println!("{}", totals(outcomes));
    outcomes.iter().all(|outcome| outcome.failed == 0)
}

fn table(outcomes: &[Outcome]) -> String {
    let width = outcomes
        .iter()
        .map(|outcome| outcome.name.len())
        .max()
        .unwrap_or(0)
        .max(4);
    let mut text = format!(
        "{:<width$}  {:>7}  {:>7}  {:>9}\n",
        "step", "passed", "failed", "seconds"
    );
    for outcome in outcomes {
        let Outcome {
            name,
            passed,
            failed,
            elapsed,
        } = outcome;
        let seconds = elapsed.as_secs_f64();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{name:<width$}  {passed:>7}  {failed:>7}  {seconds:>9.1}"
        );
    }
    let whole: Duration = outcomes.iter().map(|outcome| outcome.elapsed).sum();
    let _ = writeln!(
        text,
        "{:<width$}  {:>7}  {:>7}  {:>9.1}",
        "all",
        "",
        "",
        whole.as_secs_f64()
    );
    text
}

fn totals(outcomes: &[Outcome]) -> String {
    let passed: u64 = outcomes.iter().map(|outcome| outcome.passed).sum();
    let failed: u64 = outcomes.iter().map(|outcome| outcome.failed).sum();
    format!("{passed} passed, {failed} failed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_adds_up_all_steps() {
        let outcome = |passed, failed| Outcome {
            name: "step".to_owned(),
            passed,
            failed,
            elapsed: Duration::from_millis(1500),
        };
        let outcomes = [outcome(3, 0), outcome(4, 2)];
        assert_eq!(totals(&outcomes), "7 passed, 2 failed");
        assert!(table(&outcomes).contains("3.0"), "{}", table(&outcomes));
        assert!(!print(&outcomes));
    }
}
