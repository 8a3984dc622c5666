//! The client's two clocks: how far ahead of the server it runs, and which instant it draws.
//!
//! Never reads a clock and never asks the server for the time. It is a control loop over what the
//! server reports with each snapshot: how early the newest input came.
//!
//! The argument. The client works on tick `n` when its local time plus `ahead` reaches the tick's
//! time, `n * period`. The server says how early that input came, its `margin`. Then
//! `ahead - margin` is the value of `ahead` at which the input would have come exactly on time,
//! whatever `ahead` was and however it was slewed: a measurement of the route alone. Its 95th
//! percentile plus a safety of one to two ticks is the target; `ahead` slews there.
//!
//! The drawn instant works the same way from the other side: a snapshot of tick `n` that arrives
//! at local time `t` measures `t - n * period`; the 95th percentile of that plus one to two
//! snapshot intervals is how far behind its own clock the client draws.

use core::time::Duration;

use super::window::Window;
use crate::delta::InputReport;
use crate::id::Tick;
use crate::input::{Shown, Verdict};
use crate::limits::PREDICT_TICKS_MAX;
use crate::time::{Instant, TickRate};

/// How far back measurements count: long enough for a quantile, short enough to follow a route.
const SPAN: Duration = Duration::from_millis(1_500);
/// Further off than this the clock jumps instead of slewing.
const JUMP_MICROS: i64 = 500_000;
/// Slew in thousandths, and when it is far off.
const SLEW_PERMILLE: i64 = 40;
const SLEW_FAR_PERMILLE: i64 = 100;
const FAR_MICROS: i64 = 40_000;
/// Safety beyond the first tick, in 1/1000 tick. The measured percentile is of packets that were
/// not overtaken, which under jitter is less than that of all, by about this much.
const EXTRA_MILLI_MAX: i64 = 1_800;
/// Further past a snapshot that has just come than this, in ticks, is too far to predict from it.
const AHEAD_TICKS_MAX: u32 = PREDICT_TICKS_MAX / 4 * 3;
/// The longest round trip a guess believes in: a slow handshake must not put the first inputs
/// further ahead than the server takes.
const GUESS_MICROS_MAX: i64 = 400_000;
/// Snapshots without a report on inputs for this long: the guess was wrong, and a new one is due.
const UNHEARD: Duration = Duration::from_secs(2);
/// Reports after which the first guess is replaced by the measurement in one jump.
const FIRST_REPORTS: u32 = 8;
/// Ticks the first guess of the lead is longer than the handshake's round trip suggests.
const FIRST_SPARE_TICKS: i64 = 4;

/// Reports before which a late input says nothing about the route: the clock is still settling.
const SETTLED_REPORTS: u32 = 90;
/// Reports within which late inputs count as one.
const BURST_REPORTS: u32 = 60;

/// One quantity that slews to a target.
#[derive(Clone, Copy, Debug, Default)]
struct Slewed {
    value: i64,
    target: i64,
}

impl Slewed {
    fn advance(&mut self, elapsed: Duration) {
        let off = self.target - self.value;
        if off.abs() > JUMP_MICROS {
            self.value = self.target;
            return;
        }
        let far = off.abs() > FAR_MICROS;
        let permille = if far {
            SLEW_FAR_PERMILLE
        } else {
            SLEW_PERMILLE
        };
        let most = elapsed.as_micros().min(1_000_000) as i64 * permille / 1_000;
        self.value += off.clamp(-most, most);
    }
}

/// What the clock must know about a tick it sent an input for.
#[derive(Clone, Copy, Debug)]
pub struct Issued {
    /// When the input was handed out.
    pub at: Instant,
    /// The clock's `ahead` at that time, from [`Clock::ahead_micros`].
    pub ahead_micros: i64,
}

/// The client's clocks.
#[derive(Clone, Debug)]
pub struct Clock {
    rate: TickRate,
    snapshot_every: u32,
    /// Local time plus this is the time of the tick the client works on.
    ahead: Slewed,
    /// Local time less this is the time of the instant the client draws.
    behind: Slewed,
    updated: Instant,
    /// When a report on inputs came last, or the clock was started.
    heard: Instant,
    /// `ahead` at which inputs would have come exactly on time.
    route_up: Window,
    /// Local arrival less the tick's time.
    route_down: Window,
    rtt: Window,
    rtt_micros: i64,
    first_rtt_micros: i64,
    reports: u32,
    measured: Tick,
    judged: Tick,
    /// Extra safety in 1/1,000,000 tick, driven by inputs that did not come in time.
    penalty_micro: i64,
    /// Reports when the penalty last rose.
    penalised: u32,
    loss_milli: i64,
    started: bool,
    planted_micros: i64,
}

impl Clock {
    /// A clock that waits for its first snapshot.
    #[must_use]
    pub fn new(rate: TickRate, snapshot_every: u32) -> Clock {
        Clock {
            rate,
            snapshot_every: snapshot_every.max(1),
            ahead: Slewed::default(),
            behind: Slewed::default(),
            updated: Instant::default(),
            heard: Instant::default(),
            route_up: Window::new(SPAN),
            route_down: Window::new(SPAN),
            rtt: Window::new(SPAN),
            rtt_micros: 0,
            first_rtt_micros: 100_000,
            reports: 0,
            measured: Tick::ZERO,
            judged: Tick::ZERO,
            penalty_micro: 0,
            penalised: 0,
            loss_milli: 0,
            started: false,
            planted_micros: 0,
        }
    }

    /// A first guess of the round trip, from the handshake.
    pub fn guess_rtt(&mut self, rtt: Duration) {
        self.first_rtt_micros = (rtt.as_micros() as i64).min(GUESS_MICROS_MAX);
        self.rtt_micros = self.first_rtt_micros;
    }

    /// Plants a bug: inputs seem to come earlier than they do.
    pub fn believe_early(&mut self) {
        self.planted_micros = 45_000;
    }

    /// Whether a first snapshot set the clock.
    #[must_use]
    pub fn started(&self) -> bool {
        self.started
    }

    /// A snapshot of `tick` arrived; `loss` (0.0 to 1.0) is how many of the last ones did not.
    pub fn snapshot(&mut self, now: Instant, tick: Tick, loss: f32) {
        let behind = now.micros() as i64 - self.time_of(tick);
        self.route_down.add(now, behind);
        self.loss_milli = (loss.clamp(0.0, 1.0) * 1_000.0) as i64;
        // A tick that the server has already computed cannot be the one to work on. Nor can one so
        // far ahead that it cannot be predicted, or that the server drops: then no report comes
        // back that would say how early an input came, and nothing else would ever mend this.
        let lead = self.ahead.value + behind;
        let overtaken = lead < 0;
        let too_far = lead > self.ahead_max();
        let unheard = now.since(self.heard) > UNHEARD;
        if !self.started || overtaken || too_far || unheard {
            self.start(now, behind);
        }
        self.aim_behind(now);
    }

    /// The server's report on inputs came with the snapshot of `tick`. `issued` is what the client
    /// noted for the report's newest input, when it still knows. Returns the verdicts of ticks not
    /// judged before, oldest first, as (tick, verdict).
    pub fn report(
        &mut self,
        now: Instant,
        tick: Tick,
        report: &InputReport,
        issued: Option<Issued>,
    ) -> impl Iterator<Item = (Tick, Verdict)> + use<> {
        if let Some(issued) = issued.filter(|_| report.newest > self.measured) {
            self.measured = report.newest;
            self.measure(now, tick, report, issued);
        }
        let first = self.judged.next().max(tick.minus(7)).max(Tick(1));
        self.judged = self.judged.max(tick);
        let verdicts = report.verdicts;
        let ages = (0..=tick.since(first)).rev().filter(move |_| first <= tick);
        ages.filter_map(move |age| Some((tick.minus(age), *verdicts.get(age as usize)?)))
    }

    /// An input of the client's own did or did not come in time.
    pub fn judge(&mut self, in_time: bool) {
        if self.reports < SETTLED_REPORTS {
            return;
        }
        // In balance at one late input in 2,500. A burst, as at a change of route, counts once.
        self.penalty_micro = match in_time {
            true => (self.penalty_micro - 100).max(0),
            false if self.reports < self.penalised.saturating_add(BURST_REPORTS) => return,
            false => (self.penalty_micro + 250_000).min(EXTRA_MILLI_MAX * 1_000),
        };
        if !in_time {
            self.penalised = self.reports;
        }
    }

    /// Slews to `now`. Call before asking for ticks.
    pub fn advance(&mut self, now: Instant) {
        let elapsed = now.since(self.updated);
        self.updated = self.updated.max(now);
        self.ahead.advance(elapsed);
        self.behind.advance(elapsed);
    }

    /// The tick the client should have worked on by `now`.
    #[must_use]
    pub fn tick(&self, now: Instant) -> Tick {
        let micros = (now.micros() as i64 + self.ahead.value).max(0);
        Tick(u32::try_from(micros * i64::from(self.rate.get()) / 1_000_000).unwrap_or(u32::MAX))
    }

    /// How far `now` is past the deadline of `tick`, in 1/256 ticks, at most one tick.
    #[must_use]
    pub fn fraction_256(&self, now: Instant, tick: Tick) -> u32 {
        let micros = now.micros() as i64 + self.ahead.value - self.time_of(tick);
        (micros.max(0) * 256 / self.period()).min(256) as u32
    }

    /// The local instant at which the client should work on `tick`.
    #[must_use]
    pub fn due(&self, tick: Tick) -> Instant {
        // One microsecond more: tick() rounds down.
        let micros = self.time_of(tick) - self.ahead.value + 1;
        Instant(micros.max(0) as u64)
    }

    /// The instant to draw at `now`; never before the first tick.
    #[must_use]
    pub fn shown(&self, now: Instant) -> Shown {
        let micros = (now.micros() as i64 - self.behind.value).max(0);
        let parts = micros * i64::from(self.rate.get()) * 256 / 1_000_000;
        Shown {
            tick: Tick(u32::try_from(parts / 256).unwrap_or(u32::MAX)),
            fraction_256: (parts % 256) as u8,
        }
    }

    /// The present `ahead`, to be noted with each input; see [`Issued`].
    #[must_use]
    pub fn ahead_micros(&self) -> i64 {
        self.ahead.value
    }

    /// Round trip of the network, without waiting for ticks.
    #[must_use]
    pub fn rtt(&self) -> Duration {
        Duration::from_micros(self.rtt_micros.max(0) as u64)
    }

    /// Jitter of the way down: the 95th percentile less the quickest.
    #[must_use]
    pub fn jitter(&self) -> Duration {
        let spread = self
            .route_down
            .quantile(95)
            .zip(self.route_down.quantile(0));
        Duration::from_micros(spread.map_or(0, |(p95, min)| p95 - min) as u64)
    }

    /// How many ticks the client runs ahead of the server's present tick.
    #[must_use]
    pub fn lead_ticks(&self) -> f32 {
        let down = self.route_down.quantile(50).unwrap_or(0);
        let lead = self.ahead.value + down - self.rtt_micros / 2;
        lead as f32 / self.period() as f32
    }

    /// How far behind a typical fresh snapshot the client draws.
    #[must_use]
    pub fn interpolation_delay(&self) -> Duration {
        let typical = self.route_down.quantile(50).unwrap_or(self.behind.value);
        Duration::from_micros((self.behind.value - typical).max(0) as u64)
    }

    /// Guesses the lead from the round trip, at first and whenever the server's time moved away.
    fn start(&mut self, now: Instant, behind: i64) {
        self.updated = if self.started { self.updated } else { now };
        self.started = true;
        self.route_up.clear();
        self.reports = 0;
        self.heard = now;
        let rtt = self.rtt_micros.max(self.first_rtt_micros);
        let rtt = rtt.min(GUESS_MICROS_MAX);
        self.ahead.value = rtt - behind + FIRST_SPARE_TICKS * self.period();
        self.ahead.target = self.ahead.value;
    }

    fn measure(&mut self, now: Instant, tick: Tick, report: &InputReport, issued: Issued) {
        let margin = i64::from(report.margin_16) * self.period() / 16 + self.planted_micros;
        self.route_up.add(now, issued.ahead_micros - margin);
        let waited = self.time_of(tick) - self.time_of(report.newest) + margin;
        let rtt = now.since(issued.at).as_micros() as i64 - waited;
        self.rtt.add(now, rtt.max(0));
        self.heard = self.heard.max(now);
        self.reports = self.reports.saturating_add(1);
        self.rtt.settle(now);
        self.rtt_micros = self.rtt.quantile(50).unwrap_or(self.rtt_micros);
        self.aim_ahead(now);
    }

    fn aim_ahead(&mut self, now: Instant) {
        self.route_up.settle(now);
        let Some(on_time) = self.route_up.quantile(95) else {
            return;
        };
        // A few samples know little of the route's worst: rather early than late at first.
        let settling = if self.reports < SETTLED_REPORTS {
            1_000
        } else {
            0
        };
        let seen = (self.loss_milli * 20).max(self.penalty_micro / 1_000);
        let extra = seen.max(settling).min(EXTRA_MILLI_MAX);
        let down = self.route_down.quantile(50).unwrap_or(0);
        let target = on_time + self.period() * (1_000 + extra) / 1_000;
        let target = target.min(self.ahead_max() - down);
        let first = self.reports < FIRST_REPORTS;
        if first && target <= self.ahead.value {
            return;
        }
        self.ahead.target = target;
        if first || self.reports == FIRST_REPORTS {
            self.ahead.value = target;
        }
    }

    fn aim_behind(&mut self, now: Instant) {
        let samples = self.route_down.settle(now);
        let Some(late) = self.route_down.quantile(95) else {
            return;
        };
        let extra = (self.loss_milli * 5).min(1_000);
        let interval = self.period() * i64::from(self.snapshot_every);
        self.behind.target = late + interval * (1_000 + extra) / 1_000;
        if samples == 1 {
            self.behind.value = self.behind.target;
        }
    }

    /// How far the tick to work on may be past a snapshot that has just come.
    fn ahead_max(&self) -> i64 {
        self.time_of(Tick(AHEAD_TICKS_MAX))
    }

    fn time_of(&self, tick: Tick) -> i64 {
        self.rate.micros_of(u64::from(tick.0)) as i64
    }

    fn period(&self) -> i64 {
        self.rate.micros_of(1) as i64
    }
}

#[cfg(test)]
mod tests;
