//! What operators see of the hub: counted in what it already knows.
//!
//! Never decides anything.

use std::time::Duration;

use tickwire_shared::time::Instant;

use super::Hub;

/// How often what operators see of rooms is brought up to date.
pub(super) const REPORT_EVERY: Duration = Duration::from_millis(500);

/// The server is overloaded while more than one tick in so many takes longer than its period.
const OVERLOAD_SHARE: u64 = 4;

/// When operators' figures were brought up to date, and what they were.
#[derive(Clone, Copy, Default)]
pub(super) struct Report {
    pub(super) at: Instant,
    ticks: u64,
    overruns: u64,
}

impl Hub {
    pub(super) fn count(&self) {
        let (lobby, metrics) = (self.lobby.borrow(), &self.metrics);
        metrics.starting.set(u64::from(!lobby.has_started()));
        metrics.sessions.set(lobby.sessions() as u64);
        metrics.gateway.visitors.set(lobby.visitors() as u64);
        metrics.sessions_parked.set(lobby.parked() as u64);
        self.attendance
            .count(lobby.attendance(), &metrics.sessions_by_transport);
        let (counts, figures) = (lobby.counts(), &metrics.lobby);
        for (counter, total) in [
            (&figures.joined, counts.joined),
            (&figures.resumed, counts.resumed),
            (&figures.refused, counts.refused),
            (&figures.chat_lines, counts.chat_lines),
            (&figures.chat_refused, counts.chat_refused),
            (&metrics.gateway.lines, counts.visitor_lines),
        ] {
            counter.raise_to(total);
        }
        for (reason, total) in &counts.closed {
            figures.closed.raise_to(*reason, *total);
        }
    }

    pub(super) fn report(&self, now: Instant) {
        let (rooms, metrics) = (self.rooms.borrow(), &self.metrics);
        metrics.rooms.set(rooms.len() as u64);
        metrics.in_rooms.entities.set(rooms.entities());
        self.admin.set_rooms(rooms.rows());
        let (before, ticks) = (self.reported.get(), &metrics.ticks);
        let report = Report {
            at: now,
            ticks: ticks.cpu.count(),
            overruns: ticks.overruns.get(),
        };
        let overruns = report.overruns - before.overruns;
        let overloaded = overruns * OVERLOAD_SHARE > report.ticks - before.ticks;
        metrics.overloaded.set(u64::from(overloaded));
        self.reported.set(report);
    }
}
