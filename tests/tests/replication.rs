//! Replication against a shadow client: every packet that survives a seeded bad network is decoded
//! by the client's own store, and every row it holds must equal the mirror's row of that tick.

#[allow(dead_code, reason = "the bench uses all of it, this test some")]
#[path = "../../server/benches/support/workload.rs"]
mod workload;

use std::sync::Arc;

use tickwire_server::engine::replication::{Replication, ReplicationConfig, Sabotage};
use tickwire_shared::ack::Ack;
use tickwire_shared::delta::row::degrade_row;
use tickwire_shared::delta::{Confirmed, DeltaError, InputReport, Tables};
use tickwire_shared::id::{PlayerId, Tick};
use tickwire_shared::limits::{PACKET_BYTES_MAX, ROW_WORDS_MAX};
use tickwire_shared::rng::Rng;
use tickwire_shared::schema::Schema;
use tickwire_shared::snapshot::Mirror;
use workload::{Shape, Workload, schema};

const VIEWERS: usize = 4;

struct Scene {
    schema: Arc<Schema>,
    mirror: Mirror,
    work: Workload,
    replication: Replication,
    viewers: Vec<Viewer>,
    rng: Rng,
    loss: f32,
    healed: bool,
    rotation: u32,
    flicker_ticks: u32,
    late: f32,
    checked: u64,
}

struct Viewer {
    seat: PlayerId,
    confirmed: Confirmed,
    packets: Vec<(Tick, Vec<u8>)>,
    acks: Vec<(Tick, Ack)>,
}

impl Scene {
    fn new(seed: u64, shape: Shape, loss: f32, config: ReplicationConfig) -> Scene {
        let schema = schema();
        let tables = Arc::new(Tables::default_for(&schema));
        let mut replication = Replication::new(Arc::clone(&schema), Arc::clone(&tables), config);
        let viewers = (0..VIEWERS as u16)
            .map(|seat| {
                replication.join(PlayerId(seat));
                let confirmed =
                    Confirmed::new(Arc::clone(&schema), Arc::clone(&tables), PlayerId(seat));
                Viewer {
                    seat: PlayerId(seat),
                    confirmed,
                    packets: Vec::new(),
                    acks: Vec::new(),
                }
            })
            .collect();
        let mirror = Mirror::new(Arc::clone(&schema));
        let work = Workload::new(Shape { seed, ..shape }, &schema);
        Scene {
            schema,
            mirror,
            work,
            replication,
            viewers,
            rng: Rng::new(seed),
            loss,
            healed: false,
            rotation: 0,
            flicker_ticks: 10,
            late: 0.03,
            checked: 0,
        }
    }

    fn run(&mut self, ticks: u32) -> Result<(), String> {
        for _ in 0..ticks {
            let tick = self.mirror.tick().next();
            self.work.tick(&mut self.mirror, tick);
            self.hide_some(tick);
            self.replication.begin_tick(&mut self.mirror);
            for at in 0..self.viewers.len() {
                self.exchange(at, tick)?;
            }
        }
        Ok(())
    }

    /// Viewer 1 sees a changing half of each block.
    fn hide_some(&mut self, tick: Tick) {
        if tick.0.is_multiple_of(self.flicker_ticks) && !self.healed {
            self.rotation = tick.0 / self.flicker_ticks % 8;
        }
        for block in 0..self.mirror.blocks() {
            self.replication
                .show_only(PlayerId(1), block, self.mask(block));
        }
    }

    fn mask(&self, block: usize) -> u32 {
        0x0F0F_0F0F_u32.rotate_left(self.rotation + block as u32)
    }

    fn exchange(&mut self, at: usize, tick: Tick) -> Result<(), String> {
        let Scene {
            rng,
            mirror,
            loss,
            late,
            replication,
            viewers,
            ..
        } = self;
        let viewer = &mut viewers[at];
        replication.send(mirror, viewer.seat, InputReport::default(), &mut |bytes| {
            assert!(bytes.len() <= PACKET_BYTES_MAX);
            for _ in 0..1 + u32::from(rng.chance(0.02)) {
                if !rng.chance(*loss) {
                    let more = if rng.chance(*late) { rng.below(20) } else { 0 };
                    let delay = 1 + rng.below(4) + more;
                    viewer.packets.push((tick.plus(delay), bytes.to_vec()));
                }
            }
        });
        let due: Vec<_> = viewer
            .packets
            .extract_if(.., |(when, _)| *when <= tick)
            .collect();
        for (_, bytes) in due {
            match viewer.confirmed.receive(&bytes) {
                Ok(_) | Err(DeltaError::Stale | DeltaError::Old) => {}
                Err(error) => return Err(format!("{tick}: {error:?}")),
            }
        }
        if !rng.chance(*loss) {
            viewer
                .acks
                .push((tick.plus(1 + rng.below(4)), viewer.confirmed.ack()));
        }
        for (_, ack) in viewer.acks.extract_if(.., |(when, _)| *when <= tick) {
            replication.ack(viewer.seat, &ack);
        }
        self.check(at, tick)
    }

    fn check(&mut self, at: usize, tick: Tick) -> Result<(), String> {
        let confirmed = &self.viewers[at].confirmed;
        for id in confirmed.ids() {
            let row = confirmed.row(id).ok_or("an entity without a row")?;
            if row.tick < self.mirror.oldest() {
                continue;
            }
            let there = self
                .mirror
                .row_at(id.slot, row.tick)
                .filter(|there| there.id == id);
            let there = there.ok_or(format!("{tick}: {id} was not there at {}", row.tick))?;
            let kind = &self.schema.entities[usize::from(row.kind.0)];
            let mut expected = [0; ROW_WORDS_MAX];
            degrade_row(kind, row.level, there.words, &mut expected);
            let known = kind.row_words(row.known);
            if row.words[..known] != expected[..known]
                || row.since != there.since && row.tick != row.since
            {
                let words = (&row.words[..known], &expected[..known]);
                return Err(format!(
                    "{tick}: viewer {at}, {id} of {}: {words:?}",
                    row.tick
                ));
            }
            self.checked += 1;
        }
        Ok(())
    }

    /// After the network healed every viewer holds exactly what it may see.
    fn converged(&mut self) -> Result<(), String> {
        (self.loss, self.healed) = (0.0, true);
        self.run(40)?;
        for viewer in [0, 2, 3].map(|at| &self.viewers[at]) {
            let held: Vec<_> = viewer.confirmed.ids().collect();
            let gone = held.iter().filter(|&&id| !self.mirror.is_alive(id)).count();
            if gone > 12 {
                return Err(format!("{gone} entities never left"));
            }
            let missing = self.mirror.ids().filter(|id| !held.contains(id)).count();
            if missing > 12 {
                return Err(format!("{missing} entities never entered"));
            }
        }
        let shown = |slot: u32| self.mask(slot as usize / 32) & 1 << (slot % 32) != 0;
        match self.viewers[1].confirmed.ids().find(|id| !shown(id.slot)) {
            Some(id) => Err(format!("{id} is hidden and still held")),
            None => Ok(()),
        }
    }
}

fn shape(bodies: u32, shots_per_second: u32) -> Shape {
    Shape {
        bodies,
        idle: bodies / 4,
        shots_per_second,
        seed: 0,
    }
}

fn lifted(sabotage: Sabotage) -> ReplicationConfig {
    ReplicationConfig {
        budget_bytes_per_second: 10_000_000,
        parts_max: 32,
        sabotage,
        ..Default::default()
    }
}

fn run(seed: u64, loss: f32, config: ReplicationConfig) -> Result<u64, String> {
    let mut scene = Scene::new(seed, shape(100, 60), loss, config);
    scene.run(400)?;
    scene.converged()?;
    Ok(scene.checked)
}

#[test]
fn every_row_held_equals_the_mirror_under_loss_and_reorder() {
    for seed in 0..12 {
        let loss = [0.0, 0.05, 0.2, 0.4][seed as usize % 4];
        match run(seed, loss, lifted(Sabotage::None)) {
            Ok(checked) => assert!(checked > 50_000, "SEED={seed}: {checked}"),
            Err(why) => panic!("SEED={seed}: {why}"),
        }
    }
}

#[test]
fn a_binding_budget_delays_but_never_lies() {
    for seed in 100..106 {
        let config = ReplicationConfig {
            budget_bytes_per_second: 9_000,
            ..Default::default()
        };
        if let Err(why) = run(seed, 0.1, config) {
            panic!("SEED={seed}: {why}");
        }
    }
}

#[test]
fn tiny_packets_split_blocks_and_still_tell_the_truth() {
    for seed in 200..206 {
        let config = ReplicationConfig {
            packet_bytes_max: 420,
            ..lifted(Sabotage::None)
        };
        if let Err(why) = run(seed, 0.1, config) {
            panic!("SEED={seed}: {why}");
        }
    }
}

#[test]
fn sight_that_flickers_faster_than_acks_return_leaves_nothing_behind() {
    for seed in 300..330 {
        let mut scene = Scene::new(seed, shape(100, 30), 0.2, lifted(Sabotage::None));
        scene.flicker_ticks = 3 + (seed % 5) as u32;
        scene.late = 0.4;
        if let Err(why) = scene.run(300).and_then(|()| scene.converged()) {
            panic!("SEED={seed}: {why}");
        }
    }
}

#[test]
fn planted_bugs_are_found() {
    for sabotage in [
        Sabotage::DeltaBaseline,
        Sabotage::AckOnSend,
        Sabotage::LeaveUnacked,
    ] {
        let found = (0..8).any(|seed| run(seed, 0.2, lifted(sabotage)).is_err());
        assert!(found, "{sabotage:?} was not found");
    }
}
