//! The metrics as Prometheus reads them: base units, `_total` for what only grows.
//!
//! Never formats anything that came from a player.

mod writer;

use tickwire_shared::transport::Transport;

use super::{
    ByDropCause, ByTransport, DropCause, GatewayMetrics, HttpMetrics, LinkMetrics, LobbyMetrics,
    Metrics, Rejection, RoomMetrics, SessionGauges, StoreMetrics, TickMetrics,
};
use crate::runtime::clock::{self, WallTime};
use writer::Text;

impl Metrics {
    /// Everything in the text format of Prometheus.
    #[must_use]
    pub fn prometheus(&self, version: &str, protocol: u16, schema: u64) -> String {
        let mut text = Text::with_capacity(8 * 1_024);
        text.head("build_info", "gauge", "What this process was built from.");
        text.sample(
            "build_info",
            &format!("{{version=\"{version}\",protocol=\"{protocol}\",schema=\"{schema:016x}\"}}"),
            1,
        );
        self.render_server(&mut text);
        render_ticks(&self.ticks, &mut text);
        render_lobby(&self.lobby, &mut text);
        render_rooms(&self.in_rooms, &mut text);
        render_store(&self.store, &mut text);
        render_gateway(&self.gateway, &mut text);
        render_links(&self.links, &mut text);
        render_http(&self.http, &mut text);
        render_drops(&self.foreign_dropped, &mut text);
        text.finish()
    }

    fn render_server(&self, text: &mut Text) {
        text.gauge("rooms", "Rooms that tick.", self.rooms.get());
        text.gauge(
            "overloaded",
            "1 while too many ticks take longer than their period.",
            self.overloaded.get(),
        );
        text.gauge("draining", "1 while nobody may join.", self.draining.get());
        text.gauge(
            "starting",
            "1 until it is known who may come, under which names.",
            self.starting.get(),
        );
        render_sessions(
            &self.sessions_by_transport,
            self.sessions_parked.get(),
            text,
        );
        text.counter(
            "rooms_failed_total",
            "Rooms that ended by an internal error.",
            self.rooms_failed.get(),
        );
        text.counter(
            "mailbox_dropped_total",
            "Packets that did not fit the mailbox of their room.",
            self.mailbox_dropped.get(),
        );
        text.head(
            "cpu_seconds_total",
            "counter",
            "Processor time of all threads.",
        );
        let cpu = clock::process_cpu().as_secs_f64();
        text.sample("cpu_seconds_total", "", cpu);
    }
}

/// The certificate in use, in the same format; an alert looks at how near its end is.
#[must_use]
pub fn certificate_text(sha256: &str, expires: WallTime) -> String {
    let mut text = Text::with_capacity(512);
    text.head("certificate_info", "gauge", "The certificate in use.");
    text.sample("certificate_info", &format!("{{sha256=\"{sha256}\"}}"), 1);
    text.gauge(
        "certificate_expiry_timestamp_seconds",
        "When the certificate ends, in seconds since 1970.",
        expires.0,
    );
    text.finish()
}

fn render_ticks(ticks: &TickMetrics, text: &mut Text) {
    text.histogram(
        "tick_lag_seconds",
        "From a tick's deadline to its start.",
        &ticks.lag,
    );
    text.histogram(
        "tick_duration_seconds",
        "From a tick's start to its end.",
        &ticks.duration,
    );
    text.histogram(
        "tick_cpu_seconds",
        "Processor time of the worker for a tick.",
        &ticks.cpu,
    );
    text.counter(
        "tick_overruns_total",
        "Ticks that took longer than their period.",
        ticks.overruns.get(),
    );
    text.counter(
        "ticks_skipped_total",
        "Ticks that were given up to get back on time.",
        ticks.skipped.get(),
    );
}

fn render_lobby(lobby: &LobbyMetrics, text: &mut Text) {
    text.head("joins_total", "counter", "Handshakes by how they ended.");
    for (result, counter) in [
        ("joined", &lobby.joined),
        ("resumed", &lobby.resumed),
        ("refused", &lobby.refused),
    ] {
        let labels = format!("{{result=\"{result}\"}}");
        text.sample("joins_total", &labels, counter.get());
    }
    text.head("chat_messages_total", "counter", "Chat messages by result.");
    for (result, counter) in [
        ("taken", &lobby.chat_lines),
        ("refused", &lobby.chat_refused),
    ] {
        let labels = format!("{{result=\"{result}\"}}");
        text.sample("chat_messages_total", &labels, counter.get());
    }
    text.head("links_closed_total", "counter", "Links this side closed.");
    for (reason, count) in lobby.closed.iter() {
        let labels = format!("{{reason=\"{reason:?}\"}}");
        text.sample("links_closed_total", &labels, count);
    }
}

fn render_rooms(rooms: &RoomMetrics, text: &mut Text) {
    text.gauge("entities", "Entities alive.", rooms.entities.get());
    text.head(
        "inputs_total",
        "counter",
        "Input ticks by what was applied.",
    );
    for (verdict, counter) in [
        ("real", &rooms.inputs_real),
        ("repeated", &rooms.inputs_repeated),
        ("missing", &rooms.inputs_missing),
        ("refused", &rooms.inputs_refused),
    ] {
        let labels = format!("{{verdict=\"{verdict}\"}}");
        text.sample("inputs_total", &labels, counter.get());
    }
    text.counter(
        "desync_checks_total",
        "Rows that clients asked about.",
        rooms.checks.get(),
    );
    text.counter("desyncs_total", "Rows that differed.", rooms.desyncs.get());
    text.counter(
        "outbox_dropped_total",
        "Packets that did not fit the batch of a tick.",
        rooms.outbox_dropped.get(),
    );
}

fn render_store(store: &StoreMetrics, text: &mut Text) {
    text.histogram(
        "store_commit_seconds",
        "From the start of a commit to its end on the disk.",
        &store.commit,
    );
    text.histogram(
        "store_write_seconds",
        "From handing a write to the store to its answer.",
        &store.write,
    );
    text.histogram(
        "store_query_seconds",
        "From handing a query to the store to its answer.",
        &store.query,
    );
    text.sizes("store_commit_writes", "Writes in one commit.", &store.batch);
    text.head("store_waiting", "gauge", "What waits for the store.");
    for (kind, gauge) in [
        ("write", &store.writes_waiting),
        ("query", &store.queries_waiting),
    ] {
        text.sample(
            "store_waiting",
            &format!("{{kind=\"{kind}\"}}"),
            gauge.get(),
        );
    }
    text.head(
        "store_refused_total",
        "counter",
        "Writes and queries that the store did not carry out.",
    );
    for (fault, label) in StoreMetrics::FAULTS {
        let labels = format!("{{fault=\"{label}\"}}");
        text.sample("store_refused_total", &labels, store.refused(fault).get());
    }
    text.gauge(
        "store_degraded",
        "1 while nothing can be stored.",
        u64::from(store.degraded().is_some()),
    );
}

fn render_gateway(gateway: &GatewayMetrics, text: &mut Text) {
    text.gauge(
        "gateway_visitors",
        "Streams, long polls and lines of bots under way.",
        gateway.visitors.get(),
    );
    text.counter(
        "gateway_unknown_total",
        "Requests of bots without a good token.",
        gateway.unknown.get(),
    );
    text.counter(
        "gateway_lines_total",
        "Lines of bots that were stored, each once.",
        gateway.lines.get(),
    );
    text.counter(
        "gateway_slow_total",
        "Streams of bots that did not take what was said.",
        gateway.slow.get(),
    );
    text.gauge(
        "webhook_waiting",
        "Messages that wait for the webhook.",
        gateway.webhook_waiting.get(),
    );
    text.head(
        "webhook_messages_total",
        "counter",
        "Messages to the webhook, by what became of them.",
    );
    for (label, counter) in [
        ("told", &gateway.webhook_told),
        ("retried", &gateway.webhook_retried),
        ("failed", &gateway.webhook_failed),
        ("dropped", &gateway.webhook_dropped),
    ] {
        let labels = format!("{{outcome=\"{label}\"}}");
        text.sample("webhook_messages_total", &labels, counter.get());
    }
}

fn render_sessions(by_transport: &ByTransport<SessionGauges>, parked: u64, text: &mut Text) {
    text.head(
        "sessions",
        "gauge",
        "Sessions by transport and whether the player is there.",
    );
    for transport in Transport::ALL {
        let (name, of) = (transport.name(), by_transport.of(transport));
        for (state, gauge) in [("linked", &of.here), ("away", &of.away)] {
            let labels = format!("{{transport=\"{name}\",state=\"{state}\"}}");
            text.sample("sessions", &labels, gauge.get());
        }
    }
    text.sample("sessions", "{transport=\"none\",state=\"parked\"}", parked);
}

fn render_links(links: &LinkMetrics, text: &mut Text) {
    text.head("links", "gauge", "Links that are open.");
    for transport in Transport::ALL {
        let labels = format!("{{transport=\"{}\"}}", transport.name());
        text.sample("links", &labels, links.open.of(transport).get());
    }
    text.head("connects_total", "counter", "Attempts to open a link.");
    for transport in Transport::ALL {
        for (result, counters) in [("opened", &links.opened), ("failed", &links.failed)] {
            let name = transport.name();
            let labels = format!("{{transport=\"{name}\",result=\"{result}\"}}");
            text.sample("connects_total", &labels, counters.of(transport).get());
        }
    }
    let labels = "{transport=\"quic\",result=\"retried\"}";
    text.sample("connects_total", labels, links.retried.get());
    text.by_lane("received_bytes_total", &links.received_bytes);
    text.by_lane("received_packets_total", &links.received_packets);
    text.by_lane("sent_bytes_total", &links.sent_bytes);
    text.by_lane("sent_packets_total", &links.sent_packets);
    text.counter(
        "datagrams_dropped_total",
        "Datagrams that did not fit a burst or a path, or that a newer one replaced.",
        links.datagrams_dropped.get(),
    );
    text.counter(
        "slow_consumers_total",
        "Links closed because their client did not read.",
        links.slow_consumers.get(),
    );
}

fn render_drops(drops: &ByDropCause, text: &mut Text) {
    text.head(
        "port_dropped_total",
        "counter",
        "Datagrams at the shared port that went nowhere, by cause.",
    );
    for (cause, label) in DropCause::ALL {
        let labels = format!("{{cause=\"{label}\"}}");
        text.sample("port_dropped_total", &labels, drops.get(cause));
    }
}

fn render_http(http: &HttpMetrics, text: &mut Text) {
    text.head(
        "http_responses_total",
        "counter",
        "Answers of the public listener.",
    );
    for (class, label) in HttpMetrics::CLASSES {
        let labels = format!("{{class=\"{label}\"}}");
        text.sample("http_responses_total", &labels, http.of_class(class).get());
    }
    text.head(
        "http_rejected_total",
        "counter",
        "Connections and requests of the public listener that got nothing.",
    );
    for (cause, label) in Rejection::ALL {
        let labels = format!("{{cause=\"{label}\"}}");
        text.sample("http_rejected_total", &labels, http.rejected(cause).get());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_comment_or_a_sample() {
        let metrics = Metrics::default();
        metrics.ticks.cpu.record(1_500);
        metrics.links.opened.of(Transport::Quic).add(3);
        let webrtc = metrics.sessions_by_transport.of(Transport::WebRtc);
        webrtc.away.set(1);
        let text = metrics.prometheus("0.1.0", 1, 0xABC);
        for line in text.lines() {
            let sample = line.split(' ').next_back().unwrap().parse::<f64>();
            assert!(line.starts_with("# ") || sample.is_ok(), "{line}");
        }
        for line in [
            "tickwire_build_info{version=\"0.1.0\",protocol=\"1\",schema=\"0000000000000abc\"} 1",
            "tickwire_tick_cpu_seconds_bucket{le=\"0.001\"} 0",
            "tickwire_tick_cpu_seconds_bucket{le=\"0.002\"} 1",
            "tickwire_tick_cpu_seconds_sum 0.0015",
            "tickwire_connects_total{transport=\"quic\",result=\"opened\"} 3",
            "tickwire_sessions{transport=\"webrtc\",state=\"away\"} 1",
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "{line} in:\n{text}"
            );
        }
    }
}
