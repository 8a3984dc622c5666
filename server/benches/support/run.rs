//! Runs one plan: server side measured, client side only to prove that the packets are right.

use core::ops::RangeInclusive;
use core::time::Duration;
use std::alloc::System;
use std::collections::VecDeque;
use std::sync::Arc;

use cpu_time::ThreadTime;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tickwire_server::engine::replication::{Replication, ReplicationConfig};
use tickwire_shared::ack::Ack;
use tickwire_shared::delta::row::degrade_row;
use tickwire_shared::delta::{Change, Confirmed, InputReport, Tables};
use tickwire_shared::id::{PlayerId, Tick};
use tickwire_shared::limits::ROW_WORDS_MAX;
use tickwire_shared::rng::Rng;
use tickwire_shared::schema::Schema;
use tickwire_shared::snapshot::Mirror;

use super::training::trained_tables;
use super::workload::{Shape, Workload, schema};

pub use super::figures::Figures;

#[global_allocator]
static ALLOCATIONS: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its name.
    pub variant: &'static str,
    /// Viewers.
    pub sessions: u32,
    /// The workload.
    pub shape: Shape,
    /// Ticks from a packet to its ack; sessions are spread over them.
    pub ack_ticks: RangeInclusive<u32>,
    /// Share of the packets that are lost.
    pub loss: f32,
    /// Bytes a second and session; `None` lifts the budget.
    pub budget: Option<u32>,
    /// Ticks before measuring.
    pub warmup: u32,
    /// Ticks measured.
    pub measured: u32,
}

struct Session {
    seat: PlayerId,
    confirmed: Confirmed,
    acks: VecDeque<(Tick, Ack)>,
    packets: Vec<Vec<u8>>,
    used: usize,
    ack_ticks: u32,
    changes: Vec<Change>,
    rng: Rng,
}

#[derive(Default)]
struct Sums {
    ticks_us: Vec<f64>,
    bytes: u64,
    allocations: u64,
    moving: u64,
    entities: u64,
    packets: u64,
    rows_sent: u64,
    rows_compared: u64,
    ages: u64,
    age_samples: u64,
}

/// Runs a plan.
pub fn measure(plan: &Plan) -> Figures {
    let schema = schema();
    let tables = Arc::new(trained_tables(&schema));
    let mut replication = Replication::new(Arc::clone(&schema), Arc::clone(&tables), config(plan));
    let mut mirror = Mirror::new(Arc::clone(&schema));
    let mut work = Workload::new(plan.shape, &schema);
    let mut sessions = open_sessions(plan, &schema, &tables, &mut replication);
    let mut sums = Sums::default();
    for at in 1..=plan.warmup + plan.measured {
        let tick = Tick(at);
        work.tick(&mut mirror, tick);
        let counted = at > plan.warmup;
        serve(
            &mut mirror,
            &mut replication,
            &mut sessions,
            tick,
            counted.then_some(&mut sums),
        );
        let compared = receive(plan, &mirror, &schema, &mut sessions, tick);
        if counted {
            tally(&mut sums, &work, &mirror, &replication, &sessions, compared);
        }
    }
    table(plan, &sums)
}

fn config(plan: &Plan) -> ReplicationConfig {
    let lifted = ReplicationConfig {
        budget_bytes_per_second: 100_000_000,
        parts_max: 32,
        ..ReplicationConfig::default()
    };
    plan.budget
        .map_or(lifted, |budget_bytes_per_second| ReplicationConfig {
            budget_bytes_per_second,
            ..ReplicationConfig::default()
        })
}

fn open_sessions(
    plan: &Plan,
    schema: &Arc<Schema>,
    tables: &Arc<Tables>,
    replication: &mut Replication,
) -> Vec<Session> {
    let spread = plan.ack_ticks.end() - plan.ack_ticks.start() + 1;
    (0..plan.sessions)
        .map(|at| {
            let seat = PlayerId(at as u16);
            replication.join(seat);
            Session {
                seat,
                confirmed: Confirmed::new(Arc::clone(schema), Arc::clone(tables), seat),
                acks: VecDeque::with_capacity(64),
                packets: (0..33).map(|_| Vec::with_capacity(2_048)).collect(),
                used: 0,
                ack_ticks: plan.ack_ticks.start() + at % spread,
                changes: Vec::new(),
                rng: Rng::of(plan.shape.seed, &[7, u64::from(at)]),
            }
        })
        .collect()
}

/// The measured part: acks in, packets out.
fn serve(
    mirror: &mut Mirror,
    replication: &mut Replication,
    sessions: &mut [Session],
    tick: Tick,
    sums: Option<&mut Sums>,
) {
    sessions.iter_mut().for_each(|session| session.used = 0);
    let allocations = ALLOCATIONS.stats();
    let started = ThreadTime::now();
    replication.begin_tick(mirror);
    for session in sessions.iter_mut() {
        while session.acks.front().is_some_and(|(due, _)| *due <= tick) {
            if let Some((_, ack)) = session.acks.pop_front() {
                replication.ack(session.seat, &ack);
            }
        }
        let (packets, used) = (&mut session.packets, &mut session.used);
        replication.send(mirror, session.seat, InputReport::default(), &mut |bytes| {
            packets[*used].clear();
            packets[*used].extend_from_slice(bytes);
            *used += 1;
        });
    }
    let spent: Duration = started.elapsed();
    let since = ALLOCATIONS.stats() - allocations;
    if let Some(sums) = sums {
        sums.ticks_us.push(spent.as_secs_f64() * 1e6);
        sums.allocations += (since.allocations + since.reallocations) as u64;
    }
}

/// Decodes every packet that is not lost and compares every row it brought, on two threads.
fn receive(
    plan: &Plan,
    mirror: &Mirror,
    schema: &Schema,
    sessions: &mut [Session],
    tick: Tick,
) -> u64 {
    let half = sessions.len() / 2;
    let (left, right) = sessions.split_at_mut(half);
    let all = |sessions: &mut [Session]| -> u64 {
        let each = sessions.iter_mut();
        each.map(|session| session.receive(plan.loss, mirror, schema, tick))
            .sum()
    };
    std::thread::scope(|scope| {
        let left = scope.spawn(|| all(left));
        all(right) + left.join().expect("a difference was printed above")
    })
}

impl Session {
    fn receive(&mut self, loss: f32, mirror: &Mirror, schema: &Schema, tick: Tick) -> u64 {
        for packet in &self.packets[..self.used] {
            if !self.rng.chance(loss) {
                let received = self.confirmed.receive(packet);
                assert!(received.is_ok(), "a packet in order decodes: {received:?}");
            }
        }
        self.changes.clear();
        self.confirmed.take_changes(&mut self.changes);
        let mut compared = 0;
        for change in &self.changes {
            let (Change::Entered(id) | Change::Updated(id)) = *change else {
                continue;
            };
            let Some(row) = self.confirmed.row(id) else {
                continue;
            };
            let there = mirror.row_at(id.slot, tick).expect("it is alive");
            let kind = &schema.entities[usize::from(row.kind.0)];
            let mut expected = [0; ROW_WORDS_MAX];
            degrade_row(kind, row.level, there.words, &mut expected);
            let known = kind.row_words(row.known);
            assert_eq!(row.words[..known], expected[..known], "{id} at {tick}");
            compared += 1;
        }
        self.acks
            .push_back((tick.plus(self.ack_ticks), self.confirmed.ack()));
        compared
    }
}

fn tally(
    sums: &mut Sums,
    work: &Workload,
    mirror: &Mirror,
    replication: &Replication,
    sessions: &[Session],
    compared: u64,
) {
    sums.moving += work.moving() as u64;
    sums.entities += mirror.ids().count() as u64;
    sums.rows_compared += compared;
    for session in sessions {
        sums.rows_sent += session.changes.len() as u64;
        for packet in &session.packets[..session.used] {
            sums.bytes += packet.len() as u64;
            sums.packets += 1;
        }
    }
    for session in sessions.iter().step_by(7) {
        for block in 0..mirror.blocks() {
            if let Some(base) = replication.baseline(session.seat, block) {
                sums.ages += u64::from(mirror.tick().since(base));
                sums.age_samples += 1;
            }
        }
    }
}

fn table(plan: &Plan, sums: &Sums) -> Figures {
    let ticks = f64::from(plan.measured);
    let sessions = f64::from(plan.sessions);
    let mut sorted = sums.ticks_us.clone();
    sorted.sort_by(f64::total_cmp);
    let tick_us = sorted.iter().sum::<f64>() / ticks;
    let entities = sums.entities as f64 / ticks;
    let rows = match plan.budget {
        Some(_) => sums.rows_sent as f64,
        None => sums.moving as f64 * sessions,
    };
    assert!(
        sums.rows_compared > 0 && sums.age_samples > 0,
        "acks flow and entities move"
    );
    Figures {
        variant: plan.variant,
        sessions: plan.sessions,
        entities,
        ns_per_pair: tick_us * 1e3 / (sessions * entities),
        tick_us,
        tick_us_p99: sorted[(sorted.len() * 99).div_ceil(100).saturating_sub(1)],
        bits_per_moving_entity: sums.bytes as f64 * 8.0 / rows,
        bytes_per_session_per_tick: sums.bytes as f64 / (ticks * sessions),
        allocations_per_tick: sums.allocations as f64 / ticks,
        packets_decoded: sums.packets,
        rows_compared: sums.rows_compared,
        baseline_age_ticks: sums.ages as f64 / sums.age_samples as f64,
        rows_sent_share: sums.rows_sent as f64 / (sessions * sums.entities as f64),
        seed: plan.shape.seed,
    }
}
