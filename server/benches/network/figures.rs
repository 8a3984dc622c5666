//! What was measured, as a table and as JSON.
//!
//! Never measures anything.

use std::fmt;

use crate::subject::Kind;

/// One run of one subject.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Which subject.
    pub kind: Kind,
    /// CPU time of the network thread, in microseconds.
    pub cpu_us: f64,
    /// Seconds measured.
    pub seconds: f64,
    /// Datagrams sent and received by the subject.
    pub sent: u64,
    pub received: u64,
}

/// All runs of ours and its rival.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The transport.
    pub name: &'static str,
    /// Median of the ratios of the runs.
    pub ratio: f64,
    rows: Vec<Row>,
}

impl Row {
    /// The head of the table.
    pub const HEADER: &'static str = "subject        us/datagram  of a core  sent/s  received/s";

    /// Nothing was measured yet.
    pub fn new(kind: Kind) -> Row {
        Row {
            kind,
            cpu_us: 0.0,
            seconds: 0.0,
            sent: 0,
            received: 0,
        }
    }

    /// CPU time a datagram, both ways counted, in microseconds.
    pub fn us_per_datagram(&self) -> f64 {
        self.cpu_us / (self.sent + self.received) as f64
    }

    fn json(&self) -> String {
        format!(
            "{{\"subject\": \"{}\", \"us_per_datagram\": {:.3}, \"cpu_us\": {:.0}, \
             \"seconds\": {:.3}, \"sent\": {}, \"received\": {}}}",
            self.kind.name(),
            self.us_per_datagram(),
            self.cpu_us,
            self.seconds,
            self.sent,
            self.received,
        )
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_second = |count: u64| count as f64 / self.seconds;
        write!(
            f,
            "{:<14} {:>11.3} {:>9.1}% {:>7.0} {:>11.0}",
            self.kind.name(),
            self.us_per_datagram(),
            self.cpu_us / self.seconds / 1e4,
            per_second(self.sent),
            per_second(self.received)
        )
    }
}

impl Pair {
    /// The rows of a pair in the order of the runs: ours, bare, ours, bare ...
    pub fn of(name: &'static str, rows: Vec<Row>) -> Pair {
        let ratio = |pair: &[Row]| match pair {
            [ours, bare] => ours.us_per_datagram() / bare.us_per_datagram(),
            _ => f64::NAN,
        };
        let mut ratios: Vec<f64> = rows.chunks(2).map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        let ratio = ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN);
        Pair { name, ratio, rows }
    }

    /// The pair as a JSON object.
    pub fn json(&self) -> String {
        let rows: Vec<String> = self.rows.iter().map(Row::json).collect();
        format!(
            "{{\"transport\": \"{}\", \"ratio\": {:.4}, \"runs\": [\n    {}\n  ]}}",
            self.name,
            self.ratio,
            rows.join(",\n    ")
        )
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {:.3} times its bare rival (median)",
            self.name, self.ratio
        )
    }
}
