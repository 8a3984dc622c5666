//! Clients predict what the server computes, or can say why not.

use core::time::Duration;
use std::collections::BTreeMap;

use tickwire_shared::client::{ClientConfig, ClientStats, Sabotage};
use tickwire_shared::conditioner::Network;
use tickwire_shared::game::Frame;
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{EntityId, PlayerId};
use tickwire_tests::games::sandbox::Sandbox;
use tickwire_tests::games::squares::{PlainSquares, Square};
use tickwire_tests::rig::Rig;
use tickwire_tests::stage::schema;

fn network(rtt_ms: u64, jitter_ms: u64, loss: f32) -> Network {
    Network {
        rtt: Duration::from_millis(rtt_ms),
        jitter: Duration::from_millis(jitter_ms),
        loss,
        burst_packets: 1,
        duplicates: if loss > 0.0 { 0.02 } else { 0.0 },
        reorder: if loss > 0.0 { 0.02 } else { 0.0 },
        outages: None,
        rate: None,
    }
}

fn check(seed: u64, rtt_ms: u64, jitter_ms: u64, loss: f32) {
    let mut rig = Rig::<Sandbox>::new(seed);
    rig.run(1_500);
    for _ in 0..4 {
        rig.dial(ClientConfig::default(), network(rtt_ms, jitter_ms, loss));
        rig.run(170);
    }
    rig.run(20_000);
    for (seat, peer) in rig.peers.iter().enumerate() {
        let stats = peer.client.stats();
        let what =
            format!("seed {seed}, rtt {rtt_ms}, jitter {jitter_ms}, loss {loss}, seat {seat}");
        assert!(peer.client.is_live(), "{what}: {:?}", peer.client.closed());
        let last = peer.client.last_misprediction();
        assert_eq!(stats.unexplained_mispredictions, 0, "{what}: {last:#?}");
        assert_eq!(stats.desyncs, 0, "{what}");
        assert!(stats.desyncs_none > 50, "{what}");
        assert!(stats.snapshots_received > 800, "{what}");
        let total = stats.inputs_in_time + stats.inputs_not_in_time;
        let in_time = stats.inputs_in_time as f64 / total.max(1) as f64;
        assert!(
            total > 1_000 && in_time > 0.975,
            "{what}: {in_time} of {total}"
        );
    }
}

#[test]
fn nothing_is_mispredicted_on_a_good_link() {
    check(1, 0, 0, 0.0);
    check(2, 40, 0, 0.0);
}

#[test]
fn every_misprediction_is_explained_on_a_bad_link() {
    check(3, 100, 20, 0.05);
    check(4, 300, 50, 0.2);
}

/// Figures of one client of `count` that all have this bug, after ten seconds.
fn sabotaged(sabotage: Sabotage) -> ClientStats {
    let mut rig = Rig::<Sandbox>::new(11);
    rig.run(1_500);
    for _ in 0..8 {
        let config = ClientConfig {
            sabotage,
            ..ClientConfig::default()
        };
        rig.dial(config, network(80, 10, 0.05));
    }
    rig.run(20_000);
    let stats = rig.peers.iter().map(|peer| peer.client.stats());
    let worst = stats.max_by_key(|stats| stats.unexplained_mispredictions);
    worst.cloned().unwrap_or_default()
}

#[test]
fn a_planted_bug_is_caught() {
    assert_eq!(sabotaged(Sabotage::None).unexplained_mispredictions, 0);
    for sabotage in [Sabotage::SkipReconcile, Sabotage::ForgetReplayedInput] {
        let stats = sabotaged(sabotage);
        assert!(
            stats.unexplained_mispredictions > 0,
            "{sabotage:?}: {stats:?}"
        );
    }
    let late = sabotaged(Sabotage::LateClock);
    assert!(
        late.inputs_not_in_time * 4 > late.inputs_in_time,
        "{late:?}"
    );
}

#[test]
fn many_seeds_and_routes_leave_nothing_unexplained() {
    tickwire_tests::seeds::for_each_seed(100, 12, |seed| {
        let mut rng = tickwire_shared::rng::Rng::new(seed);
        let (rtt, jitter) = (u64::from(rng.below(301)), u64::from(rng.below(51)));
        check(seed, rtt, jitter, rng.range(0.0, 0.2));
    });
}

/// Where the squares of seat 0 truly were, by tick, and the client of seat 1 that watches them.
fn watched(seed: u64, loss: f32) -> (f32, f32, u64) {
    let mut rig = Rig::<PlainSquares>::new(seed);
    rig.run(1_500);
    for _ in 0..2 {
        rig.dial(ClientConfig::default(), network(80, 20, loss));
    }
    let mut truth = BTreeMap::new();
    let (mut worst, mut sum, mut seen) = (0.0f32, 0.0, 0);
    for millis in 0..15_000 {
        rig.run(1);
        let id = rig
            .mirror()
            .ids()
            .find(|&id| rig.mirror().owner(id) == Some(PlayerId(0)));
        let Some(id) = id else { continue };
        truth.insert(rig.mirror().tick(), place(&rig, id));
        let view = rig.peers[1].client.view();
        let drawn = view.entities().find(|drawn| drawn.id == id);
        let Some((drawn, shown)) = drawn.zip(view.shown()).filter(|_| millis > 3_000) else {
            continue;
        };
        if rig.peers[1].client.newest_snapshot() <= shown.tick {
            continue;
        }
        let ends = truth.get(&shown.tick).zip(truth.get(&shown.tick.next()));
        let Some((from, to)) = ends else { continue };
        let there = from.lerp(*to, f32::from(shown.fraction_256) / 256.0);
        let off = drawn.entity.pos.distance(there);
        worst = worst.max(off);
        sum += off;
        seen += 1;
    }
    assert!(seen > 8_000, "seed {seed}: drawn {seen} times");
    (
        worst,
        sum / seen as f32,
        rig.peers[1].client.stats().underruns,
    )
}

fn place(rig: &Rig<PlainSquares>, id: EntityId) -> Vec2 {
    let mut frame = Frame::<Square>::new(schema::<PlainSquares>());
    rig.mirror().fill(&mut frame);
    let found = frame.iter().find(|(at, _)| *at == id);
    found.map_or(Vec2::ZERO, |(_, square)| square.pos)
}

#[test]
fn others_are_drawn_where_they_were() {
    for seed in 0..3 {
        let (worst, ..) = watched(seed, 0.0);
        assert!(worst < 1.5 / 64.0, "seed {seed}: off by {worst} units");
        // A lost snapshot leaves a straight line over two ticks or three, which cuts the corner
        // of a bounce at 200 units a second.
        let (worst, mean, underruns) = watched(seed, 0.1);
        assert!(mean < 0.05, "seed {seed}: off by {mean} units on average");
        assert!(worst < 5.0, "seed {seed}: off by {worst} units with loss");
        assert!(underruns < 40, "seed {seed}: {underruns} underruns");
    }
}
