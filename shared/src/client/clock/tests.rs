//! The clock against a server's input buffer over seeded routes, in virtual time.

use super::*;
use crate::input::{InputBatch, InputBuffer, InputShape};
use crate::rng::Rng;

/// One way of a route.
#[derive(Clone, Copy)]
struct Way {
    delay_micros: u64,
    jitter_micros: u32,
    loss: f32,
}

struct Run {
    lead_ticks: f32,
    in_time: f32,
    /// Lead, in ticks, at each second.
    leads: Vec<f32>,
}

/// A client's clock against a server's input buffer over a seeded route, in virtual time.
struct Bench {
    clock: Clock,
    batch: InputBatch,
    buffer: InputBuffer,
    sent: Vec<(Tick, Issued)>,
    up: Vec<(u64, Tick, Vec<u32>)>,
    down: Vec<(u64, Tick, InputReport)>,
    rng: Rng,
    server_tick: Tick,
    client_tick: Tick,
    judged: (u32, u32),
}

const RATE: TickRate = TickRate::hz(60);

impl Bench {
    fn new(seed: u64) -> Bench {
        let shape = InputShape::plain(vec![0], vec![false]);
        let mut clock = Clock::new(RATE, 1);
        clock.guess_rtt(Duration::from_millis(80));
        Bench {
            clock,
            batch: InputBatch::new(1),
            buffer: InputBuffer::new(shape, Tick(1_000)),
            sent: Vec::new(),
            up: Vec::new(),
            down: Vec::new(),
            rng: Rng::new(seed),
            server_tick: Tick(1_000),
            client_tick: Tick::ZERO,
            judged: (0, 0),
        }
    }

    fn delay(&mut self, way: Way) -> Option<u64> {
        let jitter = u64::from(self.rng.below(way.jitter_micros + 1));
        (!self.rng.chance(way.loss)).then_some(way.delay_micros + jitter)
    }

    /// The server's clock is 7 s off: only differences may matter.
    fn server(&mut self, now: u64, way: Way) {
        let due = |tick: Tick| RATE.micros_of(u64::from(tick.0)) - 7_000_000;
        for at in (0..self.up.len()).rev() {
            if self.up[at].0 <= now {
                let (came, newest, rows) = self.up.swap_remove(at);
                for (age, row) in rows.iter().enumerate() {
                    self.buffer.put(newest.minus(age as u32), &[*row]);
                }
                let early = due(newest) as i64 - came as i64;
                self.buffer.arrived(newest, early, RATE);
            }
        }
        while due(self.server_tick.next()) <= now {
            self.server_tick = self.server_tick.next();
            self.buffer.take(self.server_tick);
            let report = InputReport {
                newest: self.buffer.newest(),
                margin_16: self.buffer.margin_16(),
                verdicts: self.buffer.verdicts(),
            };
            if let Some(delay) = self.delay(way) {
                self.down.push((now + delay, self.server_tick, report));
            }
        }
    }

    fn client(&mut self, micros: u64, way: Way, judge: bool) {
        let now = Instant(micros);
        for at in (0..self.down.len()).rev() {
            if self.down[at].0 <= micros {
                let (_, tick, report) = self.down.swap_remove(at);
                self.clock.snapshot(now, tick, way.loss);
                let issued = self.sent.iter().find(|(tick, _)| *tick == report.newest);
                let issued = issued.map(|(_, issued)| *issued);
                for (_, verdict) in self.clock.report(now, tick, &report, issued) {
                    let in_time = verdict == Verdict::InTime;
                    self.clock.judge(in_time);
                    if judge {
                        self.judged.0 += u32::from(in_time);
                        self.judged.1 += 1;
                    }
                }
                self.batch.received(report.newest);
            }
        }
        if !self.clock.started() {
            return;
        }
        self.clock.advance(now);
        let target = self.clock.tick(now);
        if self.client_tick < target {
            self.client_tick = target;
            self.batch.push(target, &[target.0]);
            let ahead_micros = self.clock.ahead_micros();
            self.sent.push((
                target,
                Issued {
                    at: now,
                    ahead_micros,
                },
            ));
            if self.sent.len() > 256 {
                self.sent.remove(0);
            }
            let mut rows = Vec::new();
            let lead = self.clock.lead_ticks().max(1.0) as u32 + 2;
            self.batch
                .copy_newest_first(self.batch.useful(way.loss, lead), &mut rows);
            if let Some(delay) = self.delay(way) {
                self.up.push((micros + delay, target, rows));
            }
        }
    }
}

fn run(seed: u64, seconds: u64, way: impl Fn(u64) -> Way) -> Run {
    let mut bench = Bench::new(seed);
    let mut leads = Vec::new();
    let start = 12_000_000;
    for step in 0..seconds * 1_000 {
        let now = start + step * 1_000;
        let way = way(step / 1_000);
        bench.server(now, way);
        bench.client(now, way, step > 3_000);
        if step % 1_000 == 999 {
            leads.push(bench.clock.lead_ticks());
        }
    }
    Run {
        lead_ticks: bench.clock.lead_ticks(),
        in_time: bench.judged.0 as f32 / bench.judged.1.max(1) as f32,
        leads,
    }
}

fn check(rtt_ms: u64, jitter_ms: u32, loss: f32, in_time: f32) {
    for seed in 0..4 {
        let way = Way {
            delay_micros: rtt_ms * 500,
            jitter_micros: jitter_ms * 1_000,
            loss,
        };
        let got = run(seed, 40, |_| way);
        let what = format!(
            "seed {seed}, rtt {rtt_ms} ms, jitter {jitter_ms} ms, loss {loss}: {} in time, lead {}",
            got.in_time, got.lead_ticks
        );
        assert!(got.in_time >= in_time, "{what}");
        let jitter_ticks = jitter_ms as f32 * 0.06;
        let half_rtt = rtt_ms as f32 / 2.0 * 0.06 + jitter_ticks / 2.0;
        assert!(got.lead_ticks <= half_rtt + jitter_ticks + 2.3, "{what}");
    }
}

#[test]
fn inputs_come_in_time_with_the_least_lead() {
    check(0, 0, 0.0, 1.0);
    check(20, 0, 0.0, 1.0);
    check(100, 20, 0.05, 0.999);
    check(100, 50, 0.20, 0.995);
    check(300, 50, 0.20, 0.995);
    check(300, 20, 0.02, 0.999);
}

#[test]
fn a_change_of_route_settles_within_two_seconds() {
    for seed in 0..4 {
        let way = |second: u64| Way {
            delay_micros: if (10..20).contains(&second) {
                60_000
            } else {
                20_000
            },
            jitter_micros: 5_000,
            loss: 0.0,
        };
        let leads = run(seed, 30, way).leads;
        let near = |second: usize, ticks: f32| {
            let off = (leads[second] - ticks).abs();
            assert!(off < 1.0, "seed {seed}, second {second}: {leads:?}");
        };
        near(9, leads[8]);
        near(12, leads[9] + 2.4);
        near(23, leads[9]);
    }
}

#[test]
fn a_clock_that_ran_away_is_caught_by_the_next_snapshot() {
    let mut clock = Clock::new(RATE, 1);
    clock.guess_rtt(Duration::from_millis(50));
    let at = |tick: u32| Instant(5_000_000 + RATE.micros_of(u64::from(tick)));
    clock.snapshot(at(600), Tick(600), 0.0);
    let ahead = |clock: &Clock, tick: u32| clock.tick(at(tick)).since(Tick(tick));
    assert!(ahead(&clock, 600) < 20);

    clock.ahead.value += 8_000_000;
    clock.ahead.target = clock.ahead.value;
    assert!(
        ahead(&clock, 601) > PREDICT_TICKS_MAX,
        "nothing can be predicted"
    );
    clock.snapshot(at(601), Tick(601), 0.0);
    clock.advance(at(602));
    assert!(
        ahead(&clock, 602) < 20,
        "{} ticks ahead",
        ahead(&clock, 602)
    );
}

#[test]
fn a_clock_whose_inputs_nobody_reports_on_guesses_anew() {
    let mut clock = Clock::new(RATE, 1);
    let at = |tick: u32| Instant(5_000_000 + RATE.micros_of(u64::from(tick)));
    clock.snapshot(at(600), Tick(600), 0.0);
    // Further ahead than the server takes, but near enough to be predicted.
    clock.ahead.value += RATE.micros_of(70) as i64;
    clock.ahead.target = clock.ahead.value;
    for tick in 601..800 {
        clock.snapshot(at(tick), Tick(tick), 0.0);
        clock.advance(at(tick));
    }
    let ahead = clock.tick(at(799)).since(Tick(799));
    assert!(ahead < 40, "{ahead} ticks ahead");
}

#[test]
fn reports_of_inputs_that_came_far_too_late_do_not_make_it_run_away() {
    let mut clock = Clock::new(RATE, 1);
    let at = |tick: u32| Instant(5_000_000 + RATE.micros_of(u64::from(tick)));
    for tick in 600..700 {
        clock.snapshot(at(tick), Tick(tick), 0.0);
        let report = InputReport {
            newest: Tick(tick),
            margin_16: -2_047,
            verdicts: [Verdict::Missing; 8],
        };
        let issued = Issued {
            at: at(tick - 1),
            ahead_micros: clock.ahead_micros(),
        };
        let _ = clock
            .report(at(tick), Tick(tick), &report, Some(issued))
            .count();
        clock.advance(at(tick));
        let ahead = clock.tick(at(tick)).since(Tick(tick));
        assert!(ahead < PREDICT_TICKS_MAX, "{ahead} ticks ahead at {tick}");
    }
}
