//! What a run of bots found out: the JSON report, the table, and whether it went well.
//!
//! Never measures anything itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ledger::{ChatReport, ScopeReport};
use crate::histogram::Percentiles;

/// The JSON report. Times are milliseconds, sizes bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Bots that were asked for.
    pub bots: u32,
    /// Bots that played.
    pub joined: u32,
    /// Length of the run, from the first dial to the last farewell.
    pub seconds: f64,
    /// The seed of brains, chat and network.
    pub seed: u64,
    /// The network between bots and server.
    pub net: String,
    /// Bots that joined by each transport.
    pub transports: BTreeMap<String, u32>,
    /// How each transport did that bots played over.
    pub by_transport: BTreeMap<String, TransportReport>,
    /// From dialing to the first snapshot applied.
    pub join_ms: Percentiles,
    /// Snapshots that were applied.
    pub snapshots: SnapshotReport,
    /// From handing an input to the link until a snapshot that contains its tick was applied.
    pub input_to_snapshot_ms: Percentiles,
    /// Chat.
    pub chat: ChatReport,
    /// Bytes of packets received, per bot and second.
    pub bytes_down_per_bot_per_s: f64,
    /// Bytes of packets sent, per bot and second.
    pub bytes_up_per_bot_per_s: f64,
    /// As above, all bytes of UDP payload with the transport's own headers.
    pub wire_bytes_down_per_bot_per_s: f64,
    /// As above, sent.
    pub wire_bytes_up_per_bot_per_s: f64,
    /// All mispredictions.
    pub mispredictions_per_bot_per_minute: f64,
    /// Mispredictions that no late input, push or read of a shown entity explains.
    pub unexplained_mispredictions: u64,
    /// Rows whose hash the server was asked to compare.
    pub checks: u64,
    /// Answers that the hashes differ.
    pub desyncs: u64,
    /// Links that ended before their bot left, those cut on purpose aside.
    pub disconnects: u64,
    /// Links that were cut on purpose.
    pub cuts: u64,
    /// Kills by bots of this run.
    pub kills: u64,
    /// What went wrong, in words; each kind once with its count.
    pub errors: Vec<String>,
    /// The server's own figures; `null` when its admin listener could not be reached.
    pub server: Option<ServerReport>,
    /// CPU seconds of this process.
    pub cpu_s: f64,
}

/// How bots fared over one transport.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct TransportReport {
    /// Bots that played.
    pub joined: u32,
    /// Links that ended before their bot left.
    pub disconnects: u64,
    /// From dialing to the first snapshot applied.
    pub join_ms: Percentiles,
}

/// Snapshots of all bots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct SnapshotReport {
    /// Ticks whose snapshot was applied.
    pub received: u64,
    /// Ticks in between whose snapshot never came whole.
    pub lost: u64,
    /// Received, per bot and second of its presence.
    pub hz_per_bot: f64,
}

/// What the server says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerReport {
    /// CPU of the worker a tick, in µs.
    pub tick_us: TickPercentiles,
    /// Ticks that took longer than their period, during the run.
    pub overruns: u64,
    /// CPU seconds of the server process during the run.
    pub cpu_s: f64,
}

/// Percentiles of a tick's CPU time in µs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TickPercentiles {
    /// Median.
    pub p50: f64,
    /// 99th percentile.
    pub p99: f64,
}

impl Report {
    /// Why the run counts as failed; empty when it went well.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        let mut fail_if = |failed: bool, words: String| {
            if failed {
                failures.push(words);
            }
        };
        fail_if(self.joined == 0, "nobody joined".to_owned());
        let (chat, missing) = (&self.chat, self.bots.saturating_sub(self.joined));
        fail_if(
            self.joined > 0 && missing > 0,
            format!("{missing} bots did not join"),
        );
        fail_if(chat.lost > 0, format!("{} chat messages lost", chat.lost));
        fail_if(
            chat.duplicated > 0,
            format!("{} chat messages duplicated", chat.duplicated),
        );
        fail_if(
            chat.reordered > 0,
            format!("{} chat messages reordered", chat.reordered),
        );
        fail_if(
            chat.gaps > 0,
            format!("{} chat messages skipped", chat.gaps),
        );
        fail_if(
            chat.denied > 0,
            format!("{} chat messages shown and refused", chat.denied),
        );
        fail_if(
            chat.leaked > 0,
            format!("{} chat messages leaked", chat.leaked),
        );
        fail_if(self.desyncs > 0, format!("{} desyncs", self.desyncs));
        failures
    }

    /// The report as JSON text, ending with a line end.
    #[must_use]
    pub fn json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        // Only numbers, texts and lists with text keys: nothing of it can fail.
        json.unwrap_or_default() + "\n"
    }

    /// The table for people.
    #[must_use]
    pub fn table(&self) -> String {
        let lines = self
            .rows()
            .into_iter()
            .map(|(what, value)| format!("{what:<22} {value}\n"));
        let mut text: String = lines.collect();
        for error in &self.errors {
            text.push_str(&format!("! {error}\n"));
        }
        text
    }

    fn rows(&self) -> Vec<(&str, String)> {
        let (chat, snapshots) = (&self.chat, &self.snapshots);
        let transports: Vec<String> = self
            .transports
            .iter()
            .map(|(name, count)| format!("{count} {name}"))
            .collect();
        let mut rows = vec![
            (
                "bots",
                format!(
                    "{} of {} joined ({}), {:.1} s, seed {}, net {}",
                    self.joined,
                    self.bots,
                    transports.join(", "),
                    self.seconds,
                    self.seed,
                    self.net
                ),
            ),
            ("join", times(self.join_ms)),
            (
                "snapshots",
                format!(
                    "{:.1} Hz a bot, {} received, {} lost",
                    snapshots.hz_per_bot, snapshots.received, snapshots.lost
                ),
            ),
            ("input to snapshot", times(self.input_to_snapshot_ms)),
            ("chat", books(chat)),
            ("chat delivery", times(chat.delivery_ms)),
            (
                "traffic a bot",
                format!(
                    "{} down, {} up (on the wire {}, {})",
                    rate(self.bytes_down_per_bot_per_s),
                    rate(self.bytes_up_per_bot_per_s),
                    rate(self.wire_bytes_down_per_bot_per_s),
                    rate(self.wire_bytes_up_per_bot_per_s)
                ),
            ),
            (
                "mispredictions",
                format!(
                    "{:.2} a bot and minute, {} unexplained",
                    self.mispredictions_per_bot_per_minute, self.unexplained_mispredictions
                ),
            ),
            (
                "state checks",
                format!("{} asked, {} desyncs", self.checks, self.desyncs),
            ),
        ];
        rows.extend(self.scope_rows());
        rows.extend(self.transport_rows());
        rows.extend(self.last_rows());
        rows
    }

    /// One row for each scope, where there were several.
    fn scope_rows(&self) -> Vec<(&str, String)> {
        let scopes = &self.chat.scopes;
        let several = scopes.iter().filter(|_| scopes.len() > 1);
        let row = |(name, one): (&&'static str, &ScopeReport)| {
            let words = format!(
                "{} sent, {} acked, {} refused, {} of {} delivered, {} leaked",
                one.sent, one.acked, one.refused, one.delivered, one.expected, one.leaked
            );
            (*name, words + &moved(one.moved))
        };
        several.map(row).collect()
    }

    /// One row for each transport, where there were several.
    fn transport_rows<'a>(&'a self) -> Vec<(&'a str, String)> {
        let several = self
            .by_transport
            .iter()
            .filter(|_| self.by_transport.len() > 1);
        let row = |(name, one): (&'a String, &'a TransportReport)| {
            let joined = format!("{} joined, join {}", one.joined, times(one.join_ms));
            (
                name.as_str(),
                format!("{joined}, {} disconnects", one.disconnects),
            )
        };
        several.map(row).collect()
    }

    fn last_rows(&self) -> Vec<(&'static str, String)> {
        let server = match self.server {
            Some(server) => format!(
                "tick {:.0} µs p50, {:.0} µs p99 of CPU, {} overruns, {:.2} s CPU",
                server.tick_us.p50, server.tick_us.p99, server.overruns, server.cpu_s
            ),
            None => "no figures".to_owned(),
        };
        vec![
            (
                "disconnects",
                format!("{}, and {} cuts", self.disconnects, self.cuts),
            ),
            ("kills", self.kills.to_string()),
            ("CPU of the bots", format!("{:.2} s", self.cpu_s)),
            ("server", server),
        ]
    }
}

fn books(chat: &ChatReport) -> String {
    format!(
        "{} sent, {} acked, {} of {} delivered, {} lost, {} duplicated, {} reordered, \
         {} skipped, {} leaked",
        chat.sent,
        chat.acked,
        chat.delivered,
        chat.expected,
        chat.lost,
        chat.duplicated,
        chat.reordered,
        chat.gaps,
        chat.leaked
    )
}

/// Nothing where it does not happen: without a restart nobody is dealt another team.
fn moved(lines: u64) -> String {
    match lines {
        0 => String::new(),
        _ => format!(", {lines} to a team that was left"),
    }
}

fn times(percentiles: Percentiles) -> String {
    match (percentiles.p50, percentiles.p99) {
        (Some(p50), Some(p99)) => format!("{p50:.1} ms p50, {p99:.1} ms p99"),
        _ => "not measured".to_owned(),
    }
}

fn rate(bytes_per_s: f64) -> String {
    format!("{:.1} kB/s", bytes_per_s / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Report {
        Report {
            bots: 64,
            joined: 64,
            ..Report::default()
        }
    }

    #[test]
    fn only_what_breaks_a_promise_fails_the_run() {
        assert_eq!(good().failures(), Vec::<String>::new());
        let mut unexplained = good();
        unexplained.unexplained_mispredictions = 3;
        assert!(unexplained.failures().is_empty(), "reported, not failed");
        let broken: [fn(&mut Report); 9] = [
            |r| r.joined = 0,
            |r| r.joined = 63,
            |r| r.chat.lost = 1,
            |r| r.chat.duplicated = 1,
            |r| r.chat.reordered = 1,
            |r| r.chat.gaps = 1,
            |r| r.chat.leaked = 1,
            |r| r.chat.denied = 1,
            |r| r.desyncs = 1,
        ];
        for (index, breaks) in broken.iter().enumerate() {
            let mut report = good();
            breaks(&mut report);
            assert_eq!(report.failures().len(), 1, "case {index}");
        }
    }

    #[test]
    fn the_json_has_the_promised_names() {
        let json = serde_json::to_value(Report {
            server: Some(ServerReport::default()),
            ..good()
        })
        .expect("plain data");
        let promised = "/bots /joined /seconds /transports /join_ms/p50 /join_ms/p99 \
            /snapshots/received /snapshots/lost /snapshots/hz_per_bot /input_to_snapshot_ms/p50 \
            /input_to_snapshot_ms/p99 /chat/sent /chat/acked /chat/delivered /chat/expected \
            /chat/lost /chat/duplicated /chat/reordered /chat/delivery_ms/p50 \
            /chat/delivery_ms/p99 /bytes_down_per_bot_per_s /bytes_up_per_bot_per_s \
            /mispredictions_per_bot_per_minute /unexplained_mispredictions /desyncs \
            /chat/moved /chat/team_changes /chat/leaked /chat/denied /chat/gaps /chat/scopes \
            /cuts /disconnects /errors \
            /server/tick_us/p50 /server/tick_us/p99 /server/overruns /server/cpu_s /kills";
        for pointer in promised.split_whitespace() {
            assert!(
                json.pointer(pointer).is_some(),
                "{pointer} is missing: {json}"
            );
        }
    }

    #[test]
    fn the_table_tells_errors() {
        let mut report = good();
        report.errors.push("2 x the link broke".to_owned());
        let table = report.table();
        assert!(table.contains("64 of 64 joined"), "{table}");
        assert!(table.contains("! 2 x the link broke"), "{table}");
    }
}
