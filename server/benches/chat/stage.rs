//! A server under chat that goes on and off: what both ways of measuring have in common.
//!
//! Never says how packets travel: that is the subject's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use tickwire_server::metrics::{Histogram, Metrics};

use crate::figures::{Quantiles, Row, Ticks};
use crate::ledger::Outcome;
use crate::peer::Gaps;

/// Readers of one room, who speak there too.
pub const READERS: usize = 500;

/// Players of another room, whose ticks and snapshots are watched.
pub const PLAYERS: usize = 16;

/// How long it stays quiet before players and chat have settled.
const WARMUP: Duration = Duration::from_secs(2);

/// A server and its players.
pub trait Subject {
    fn name(&self) -> &'static str;

    fn metrics(&self) -> &Arc<Metrics>;

    /// Lets people speak for so long and waits until all of it was heard; false when it was not.
    fn speak(&mut self, lines_per_second: f64, lasts: Duration) -> Result<bool, String>;

    /// Times between snapshots since the last call.
    fn gaps(&mut self) -> Result<Gaps, String>;

    /// What was heard of everything said so far.
    fn outcome(&mut self) -> Result<Outcome, String>;

    /// CPU time of the network thread so far.
    fn network_cpu(&self) -> Duration;
}

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Deliveries a second.
    pub deliveries: f64,
    /// Turns of quiet and chat.
    pub turns: u32,
    /// How long each half of a turn is.
    pub half: Duration,
}

/// Measures a subject that has said nothing yet.
///
/// # Errors
/// When it ends.
pub fn measure(subject: &mut dyn Subject, plan: Plan) -> Result<Row, String> {
    let metrics = Arc::clone(subject.metrics());
    sleep(WARMUP);
    metrics.store.commit.reset();
    metrics.store.write.reset();
    let (mut off, mut on) = (Vec::new(), Vec::new());
    let (mut cpu, mut settled) = (Duration::ZERO, true);
    for _ in 0..plan.turns {
        off.push(half(subject, &metrics, |_| {
            sleep(plan.half);
            Ok(())
        })?);
        let before = subject.network_cpu();
        on.push(half(subject, &metrics, |subject| {
            settled &= subject.speak(plan.deliveries / READERS as f64, plan.half)?;
            Ok(())
        })?);
        cpu += subject.network_cpu() - before;
    }
    let outcome = subject.outcome()?;
    let seconds = plan.half.as_secs_f64() * f64::from(plan.turns);
    Ok(Row {
        subject: subject.name(),
        deliveries_per_second: outcome.delivered as f64 / seconds,
        settled,
        outcome,
        commit: Quantiles::of(&metrics.store.commit),
        commits: metrics.store.commit.count(),
        write: Quantiles::of(&metrics.store.write),
        off: Ticks::median(&off),
        on: Ticks::median(&on),
        network_cpu_us: cpu.as_secs_f64() * 1e6 / outcome.delivered.max(1) as f64,
    })
}

/// Half a turn: what ticks and snapshots were like meanwhile.
fn half(
    subject: &mut dyn Subject,
    metrics: &Metrics,
    lives: impl FnOnce(&mut dyn Subject) -> Result<(), String>,
) -> Result<Ticks, String> {
    let ticks = &metrics.ticks;
    let of = |histogram: &Histogram| Quantiles::of(histogram);
    subject.gaps()?;
    // Not the counts by which the server judges whether it is overloaded.
    for histogram in [&ticks.lag, &ticks.duration, &ticks.cpu_recent] {
        histogram.reset();
    }
    lives(subject)?;
    let gaps = subject.gaps()?;
    Ok(Ticks {
        lag: of(&ticks.lag),
        duration: of(&ticks.duration),
        cpu: of(&ticks.cpu_recent),
        gap: Quantiles {
            p50_us: gaps.p50_us,
            p99_us: gaps.p99_us,
            max_us: gaps.max_us,
        },
    })
}

/// CPU time of a thread of this process by its name, as the system counts it.
pub fn thread_cpu(name: &str) -> Duration {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten();
    let of = |folder: PathBuf| {
        let named = fs::read_to_string(folder.join("comm")).ok()?;
        let stat = fs::read_to_string(folder.join("schedstat")).ok()?;
        let nanos = stat.split(' ').next()?.parse().ok()?;
        (named.trim() == name).then(|| Duration::from_nanos(nanos))
    };
    tasks.flatten().filter_map(|task| of(task.path())).sum()
}

/// Lets every other thread go before this one, as if this one had a machine of its own. Where the
/// system has no `chrt` it stays like the others.
pub fn give_way() {
    let task = fs::read_link("/proc/thread-self").ok();
    let number = task.as_deref().and_then(Path::file_name);
    if let Some(number) = number {
        let chrt = Command::new("chrt")
            .args(["--idle", "--pid", "0"])
            .arg(number)
            .status();
        if !chrt.is_ok_and(|status| status.success()) {
            eprintln!("without chrt players take a core from the server: figures are worse");
        }
    }
}
