//! One step of a run: a child process whose output streams through while its test results are
//! counted.
//!
//! It never stops a run: a step that fails is a number in its [`Outcome`], so that the report is
//! whole.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a step came to.
#[derive(Debug)]
pub struct Outcome {
    /// The heading it ran under.
    pub name: String,
    /// Tests or checks that passed.
    pub passed: u64,
    /// Tests or checks that failed.
    pub failed: u64,
    /// Wall time it took.
    pub elapsed: Duration,
}

/// Test results seen in the output of a child.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
}

/// Runs a command under a heading. A step whose output has no test results counts as one check.
pub fn run(name: &str, command: &mut Command) -> Outcome {
    heading(name);
    let start = Instant::now();
    let (counts, succeeded) = match stream(command) {
        Ok(result) => result,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            (Counts::default(), false)
        }
    };
    finish(name, start, counts, succeeded)
}

/// Runs a check of this program itself under a heading; it counts as one.
pub fn check(name: &str, body: impl FnOnce() -> Result<String, String>) -> Outcome {
    heading(name);
    let start = Instant::now();
    let succeeded = match body() {
        Ok(said) => {
            println!("{said}");
            true
        }
        Err(problem) => {
            eprintln!("xtask: {problem}");
            false
        }
    };
    finish(name, start, Counts::default(), succeeded)
}

fn heading(name: &str) {
    println!("\n==> {name}");
}

fn finish(name: &str, start: Instant, counts: Counts, succeeded: bool) -> Outcome {
    let counts = settle(counts, succeeded);
    let elapsed = start.elapsed();
    let verdict = if counts.failed == 0 { "ok" } else { "FAILED" };
    println!("==> {name}: {verdict}, {:.1} s", elapsed.as_secs_f64());
    Outcome {
        name: name.to_owned(),
        passed: counts.passed,
        failed: counts.failed,
        elapsed,
    }
}

/// Makes the numbers agree with the exit status: a child that failed without a failing test (it did
/// not compile, or a test binary died) is one failure, and one that ran no tests is one check.
fn settle(mut counts: Counts, succeeded: bool) -> Counts {
    if !succeeded && counts.failed == 0 {
        counts.failed = 1;
    } else if succeeded && counts == Counts::default() {
        counts.passed = 1;
    }
    counts
}

fn stream(command: &mut Command) -> Result<(Counts, bool), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdout(Stdio::piped())
        .stdin(Stdio::null())
        .spawn()
        .map_err(|error| format!("`{program}` cannot be started: {error}"))?;
    let output = child
        .stdout
        .take()
        .ok_or_else(|| format!("`{program}` has no output"))?;
    let counts = pass_through(output, std::io::stdout());
    let status = child
        .wait()
        .map_err(|error| format!("`{program}` was lost: {error}"))?;
    Ok((counts, status.success()))
}

/// Copies a child's output to the screen line by line and adds up the results in it.
fn pass_through(output: impl Read, mut screen: impl Write) -> Counts {
    let (mut reader, mut line, mut counts) =
        (BufReader::new(output), Vec::new(), Counts::default());
    while reader
        .read_until(b'\n', &mut line)
        .is_ok_and(|read| read > 0)
    {
        // A screen that went away is no reason to stop counting.
        let _ = screen.write_all(&line).and_then(|()| screen.flush());
        if let Some(result) = test_result(&String::from_utf8_lossy(&line)) {
            counts.passed += result.passed;
            counts.failed += result.failed;
        }
        line.clear();
    }
    counts
}

/// Reads `test result: ok. 12 passed; 0 failed; ...`.
fn test_result(line: &str) -> Option<Counts> {
    let (_, figures) = line
        .trim()
        .strip_prefix("test result: ")?
        .split_once(". ")?;
    let figure = |unit: &str| {
        let text = figures
            .split(';')
            .find_map(|part| part.trim().strip_suffix(unit))?;
        text.trim().parse().ok()
    };
    Some(Counts {
        passed: figure("passed")?,
        failed: figure("failed")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_results_and_ignores_other_lines() {
        let output = "running 2 tests\n\
            test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
            test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n\
            the test result: is fine\n";
        // Not the real screen: there these lines would be counted by whoever runs this test.
        let mut screen = Vec::new();
        assert_eq!(
            pass_through(output.as_bytes(), &mut screen),
            Counts {
                passed: 15,
                failed: 2
            }
        );
    }

    #[test]
    fn a_child_that_fails_without_results_is_one_failure() {
        let ten = || Counts {
            passed: 10,
            failed: 0,
        };
        assert_eq!(settle(Counts::default(), false).failed, 1);
        assert_eq!(
            settle(ten(), false),
            Counts {
                passed: 10,
                failed: 1
            }
        );
        assert_eq!(
            settle(Counts::default(), true),
            Counts {
                passed: 1,
                failed: 0
            }
        );
        assert_eq!(settle(ten(), true), ten());
    }

    #[test]
    fn a_program_that_is_not_there_fails_the_step() {
        let outcome = run("nothing", &mut Command::new("tickwire-no-such-program"));
        assert_eq!((outcome.passed, outcome.failed), (0, 1));
    }
}
