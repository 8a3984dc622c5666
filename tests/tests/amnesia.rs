//! A game that is replaced by `new` and `load` goes on as if nothing had happened.
//!
//! Without a network; the simulator repeats it with one.

use tickwire_shared::id::PlayerId;
use tickwire_shared::rng::Rng;
use tickwire_tests::games::SimGame;
use tickwire_tests::games::sandbox::Sandbox;
use tickwire_tests::games::squares::{BevySquares, HecsSquares, PlainSquares};
use tickwire_tests::seeds::for_each_seed;
use tickwire_tests::stage::Stage;

const TICKS: u32 = 1_200;

/// The mirror's hash after every tick of a run in which players come and go.
fn hashes<G: SimGame>(seed: u64, forget_every: Option<u32>) -> Vec<u64> {
    let mut stage = Stage::<G>::new(seed);
    let (mut intents, mut crowd) = (Rng::of(seed, &[2]), Rng::of(seed, &[3]));
    let mut seated: Vec<PlayerId> = Vec::new();
    let mut hashes = Vec::new();
    for tick in 1..=TICKS {
        let free = (0..8).map(PlayerId).find(|player| !seated.contains(player));
        let come = free.filter(|_| crowd.chance(0.02));
        let goes = seated.len() > 1 && crowd.chance(0.01);
        let go = goes.then(|| seated[crowd.below(seated.len() as u32) as usize]);
        stage.tick(come, go, &mut intents);
        stage.release();
        seated.retain(|player| Some(*player) != go);
        seated.extend(come);
        if forget_every.is_some_and(|every| tick.is_multiple_of(every)) {
            stage.forget();
        }
        hashes.push(stage.mirror().hash());
    }
    hashes
}

fn check<G: SimGame>() {
    for_each_seed(1, 12, |seed| {
        let remembered = hashes::<G>(seed, None);
        for every in [1, 7] {
            let forgotten = hashes::<G>(seed, Some(every));
            let first = remembered.iter().zip(&forgotten).position(|(a, b)| a != b);
            assert_eq!(first, None, "forgetting every {every} ticks, SEED={seed}");
        }
        assert!(
            remembered.windows(2).any(|two| two[0] != two[1]),
            "nothing happens"
        );
    });
}

#[test]
fn sandbox_keeps_everything_in_its_entities() {
    check::<Sandbox>();
}

#[test]
fn squares_keep_everything_on_every_storage() {
    check::<PlainSquares>();
    check::<HecsSquares>();
    check::<BevySquares>();
}

#[test]
fn storages_do_not_matter() {
    for seed in 1..=8 {
        let plain = hashes::<PlainSquares>(seed, None);
        assert_eq!(
            plain,
            hashes::<HecsSquares>(seed, None),
            "hecs, seed {seed}"
        );
        assert_eq!(
            plain,
            hashes::<BevySquares>(seed, None),
            "bevy_ecs, seed {seed}"
        );
    }
}

#[test]
fn runs_repeat_and_seeds_differ() {
    assert_eq!(hashes::<Sandbox>(5, None), hashes::<Sandbox>(5, None));
    assert_ne!(hashes::<Sandbox>(5, None), hashes::<Sandbox>(6, None));
}
