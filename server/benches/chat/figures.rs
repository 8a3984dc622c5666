//! The figures of one measurement, what they must be, and how they are shown.

use core::fmt;

use tickwire_server::metrics::Histogram;

use crate::ledger::Outcome;

/// The most that the median from sender to receivers may be: so many times the median of the
/// commits of the same run, and so much more, in µs.
const P50_MAX: (f64, f64) = (1.5, 500.0);

/// The same of the 99th percentiles.
const P99_MAX: (f64, f64) = (2.0, 2_000.0);

/// By how much the 99th percentile of a tick, and of the time between two snapshots, may be longer
/// while people talk, in µs.
const LONGER_MAX_US: f64 = 1_000.0;

/// A median, a 99th percentile and a maximum, in µs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quantiles {
    pub p50_us: f64,
    pub p99_us: f64,
    /// The longest.
    pub max_us: f64,
}

/// What ticks and snapshots were like.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ticks {
    /// From a tick's deadline to its start.
    pub lag: Quantiles,
    /// From its start to its end.
    pub duration: Quantiles,
    /// Its CPU time.
    pub cpu: Quantiles,
    /// From one snapshot of a player to the next.
    pub gap: Quantiles,
}

/// One measurement.
#[derive(Clone, Debug)]
pub struct Row {
    pub subject: &'static str,
    pub deliveries_per_second: f64,
    /// Whether everything was heard in time.
    pub settled: bool,
    pub outcome: Outcome,
    pub commit: Quantiles,
    pub commits: u64,
    /// From handing a line to the store to its answer.
    pub write: Quantiles,
    /// Medians of the quiet halves of the turns.
    pub off: Ticks,
    /// The same of the halves with chat.
    pub on: Ticks,
    /// CPU of the network thread a delivery, everything that it does meanwhile included.
    pub network_cpu_us: f64,
}

impl Quantiles {
    pub fn of(histogram: &Histogram) -> Quantiles {
        Quantiles {
            p50_us: histogram.quantile_micros(0.5) as f64,
            p99_us: histogram.quantile_micros(0.99) as f64,
            max_us: histogram.quantile_micros(1.0) as f64,
        }
    }

    fn median(all: impl Iterator<Item = Quantiles> + Clone) -> Quantiles {
        let middle = |of: fn(Quantiles) -> f64| {
            let mut values: Vec<f64> = all.clone().map(of).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or(0.0)
        };
        Quantiles {
            p50_us: middle(|one| one.p50_us),
            p99_us: middle(|one| one.p99_us),
            max_us: middle(|one| one.max_us),
        }
    }

    fn json(self) -> String {
        format!(
            "{{\"p50_us\": {:.0}, \"p99_us\": {:.0}, \"max_us\": {:.0}}}",
            self.p50_us, self.p99_us, self.max_us
        )
    }
}

impl Ticks {
    /// The median of several.
    pub fn median(all: &[Ticks]) -> Ticks {
        Ticks {
            lag: Quantiles::median(all.iter().map(|one| one.lag)),
            duration: Quantiles::median(all.iter().map(|one| one.duration)),
            cpu: Quantiles::median(all.iter().map(|one| one.cpu)),
            gap: Quantiles::median(all.iter().map(|one| one.gap)),
        }
    }

    fn json(&self) -> String {
        format!(
            "{{\"lag\": {}, \"duration\": {}, \"cpu\": {}, \"snapshot_gap\": {}}}",
            self.lag.json(),
            self.duration.json(),
            self.cpu.json(),
            self.gap.json()
        )
    }
}

impl Row {
    /// The most that the median and the 99th percentile from sender to receivers may be, in µs.
    fn allowed(&self) -> (f64, f64) {
        let most = |(times, more): (f64, f64), commit: f64| times * commit + more;
        (
            most(P50_MAX, self.commit.p50_us),
            most(P99_MAX, self.commit.p99_us),
        )
    }

    /// What is not as it must be.
    pub fn failures(&self) -> Vec<String> {
        let (p50, p99) = self.allowed();
        let longer = |of: fn(&Ticks) -> Quantiles| of(&self.on).p99_us - of(&self.off).p99_us;
        let checks = [
            (self.settled, "not everything was heard in time"),
            (
                self.outcome.is_whole(),
                "lines are lost, doubled or refused",
            ),
            (self.outcome.p50_us <= p50, "the median is too long"),
            (
                self.outcome.p99_us <= p99,
                "the 99th percentile is too long",
            ),
            (
                longer(|ticks| ticks.duration) <= LONGER_MAX_US,
                "ticks take longer",
            ),
            (
                longer(|ticks| ticks.gap) <= LONGER_MAX_US,
                "snapshots come later",
            ),
        ];
        let failed = checks.into_iter().filter(|(good, _)| !good);
        failed.map(|(_, what)| what.to_owned()).collect()
    }

    /// One JSON object.
    pub fn json(&self) -> String {
        let outcome = &self.outcome;
        format!(
            "{{\"subject\": \"{}\", \"deliveries_per_second\": {:.0}, \"delivered\": {}, \
             \"lost\": {}, \"doubled\": {}, \"disordered\": {}, \"refused\": {}, \"commits\": {}, \
             \"commit\": {}, \"write\": {}, \"delivery\": {{\"p50_us\": {:.0}, \
             \"p99_us\": {:.0}, \"max_us\": {:.0}}}, \"quiet\": {}, \"chat\": {}, \
             \"network_cpu_us_a_delivery\": {:.3}, \"failures\": {:?}}}",
            self.subject,
            self.deliveries_per_second,
            outcome.delivered,
            outcome.lost,
            outcome.doubled,
            outcome.disordered,
            outcome.refused,
            self.commits,
            self.commit.json(),
            self.write.json(),
            outcome.p50_us,
            outcome.p99_us,
            outcome.max_us,
            self.off.json(),
            self.on.json(),
            self.network_cpu_us,
            self.failures(),
        )
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (outcome, (p50, p99)) = (&self.outcome, self.allowed());
        let ms = |us: f64| us / 1_000.0;
        writeln!(
            f,
            "{}: {:.0} deliveries a second, {} in all; lost {}, doubled {}, disordered {}, \
             refused {}",
            self.subject,
            self.deliveries_per_second,
            outcome.delivered,
            outcome.lost,
            outcome.doubled,
            outcome.disordered,
            outcome.refused
        )?;
        writeln!(
            f,
            "  commit {:.2} / {:.2} ms, longest {:.2}; a write with its wait {:.2} / {:.2} ms; \
             {} commits",
            ms(self.commit.p50_us),
            ms(self.commit.p99_us),
            ms(self.commit.max_us),
            ms(self.write.p50_us),
            ms(self.write.p99_us),
            self.commits
        )?;
        writeln!(
            f,
            "  sender to receivers {:.2} / {:.2} ms, at most {:.2} / {:.2}; longest {:.2} ms",
            ms(outcome.p50_us),
            ms(outcome.p99_us),
            ms(p50),
            ms(p99),
            ms(outcome.max_us)
        )?;
        for (name, of) in [
            ("tick", (|ticks| ticks.duration) as fn(&Ticks) -> Quantiles),
            ("tick, CPU", |ticks| ticks.cpu),
            ("tick late by", |ticks| ticks.lag),
            ("snapshot to snapshot", |ticks| ticks.gap),
        ] {
            let (off, on) = (of(&self.off), of(&self.on));
            writeln!(
                f,
                "  {name}: {:.2} / {:.2} ms quiet, {:.2} / {:.2} with chat",
                ms(off.p50_us),
                ms(off.p99_us),
                ms(on.p50_us),
                ms(on.p99_us)
            )?;
        }
        writeln!(
            f,
            "  network thread: {:.2} us of CPU a delivery",
            self.network_cpu_us
        )?;
        match self.failures() {
            failures if failures.is_empty() => write!(f, "  as it must be"),
            failures => write!(f, "  NOT as it must be: {}", failures.join("; ")),
        }
    }
}
