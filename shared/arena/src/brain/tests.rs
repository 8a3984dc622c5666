//! What a bot does in scenes made by hand.

use super::*;
use crate::kinds::{Bullet, Pickup};
use crate::spawning::newborn;

const ME: PlayerId = PlayerId(1);
const FOE: PlayerId = PlayerId(2);

/// When newcomers can be hurt again.
const START: Tick = Tick(1_000);

fn scene(entities: &[Entity]) -> Vec<(EntityId, Option<PlayerId>, Entity)> {
    let slots = (0..).map(|slot| EntityId {
        slot,
        generation: 0,
    });
    slots
        .zip(entities)
        .map(|(id, entity)| (id, None, entity.clone()))
        .collect()
}

fn fighter(player: PlayerId, x: f32, y: f32) -> Fighter {
    newborn(player, Vec2::new(x, y), Tick::ZERO)
}

/// The inputs of so many ticks of an unchanging scene.
fn think(entities: &[Entity], ticks: u32) -> Vec<Input> {
    let mut brain = Brain::new(&Rules::default(), 7, Skill::default());
    let entities = scene(entities);
    (0..ticks)
        .map(|after| {
            brain.think(&View {
                tick: START.plus(after),
                me: ME,
                entities: &entities,
            })
        })
        .collect()
}

/// Mean movement over these inputs, each axis from -1 to 1.
fn mean_way(inputs: &[Input]) -> Vec2 {
    let sum: Vec2 = inputs
        .iter()
        .map(|input| Vec2::new(f32::from(input.move_x), f32::from(input.move_y)) / 127.0)
        .sum();
    sum / inputs.len() as f32
}

#[test]
fn shoots_whom_it_sees_but_not_at_once() {
    let inputs = think(
        &[
            Entity::Fighter(fighter(ME, 520.0, 60.0)),
            Entity::Fighter(fighter(FOE, 820.0, 60.0)),
        ],
        90,
    );
    let first = inputs.iter().position(|input| input.fire);
    let first = first.expect("it shoots") as u32;
    assert!(
        first >= Skill::default().reaction_ticks,
        "after {first} ticks"
    );
    let shots = inputs.iter().filter(|input| input.fire).count();
    assert!(shots > 30, "{shots} of 90 ticks");
}

#[test]
fn does_not_shoot_walls() {
    // The wall at x 448..=480 stands between them.
    let inputs = think(
        &[
            Entity::Fighter(fighter(ME, 400.0, 200.0)),
            Entity::Fighter(fighter(FOE, 530.0, 200.0)),
        ],
        90,
    );
    assert!(inputs.iter().all(|input| !input.fire));
}

#[test]
fn spares_the_dead_and_the_newborn() {
    let mut dead = fighter(FOE, 820.0, 60.0);
    dead.health = 0;
    let mut safe = fighter(FOE, 820.0, 60.0);
    safe.safe_until = START.0 + 500;
    for other in [dead, safe] {
        let me = Entity::Fighter(fighter(ME, 520.0, 60.0));
        let inputs = think(&[me, Entity::Fighter(other)], 60);
        assert!(inputs.iter().all(|input| !input.fire));
    }
}

#[test]
fn runs_for_health_when_weak() {
    let mut me = fighter(ME, 600.0, 60.0);
    me.health = 20;
    let pickup = Pickup {
        pos: Vec2::new(900.0, 60.0),
        item: Item::Health as u8,
        there: true,
        back_at: None,
    };
    let inputs = think(&[Entity::Fighter(me), Entity::Pickup(pickup)], 30);
    let way = mean_way(&inputs);
    assert!(way.x > 0.9 && way.y.abs() < 0.2, "{way}");
}

#[test]
fn steps_out_of_the_way_of_a_bullet() {
    let bullet = Bullet {
        player: FOE,
        pos: Vec2::new(700.0, 62.0),
        vel: Vec2::new(-900.0, 0.0),
        ends_at: None,
    };
    let me = Entity::Fighter(fighter(ME, 580.0, 60.0));
    let calm = mean_way(&think(core::slice::from_ref(&me), 1));
    let pressed = mean_way(&think(&[me, Entity::Bullet(bullet)], 1));
    assert!(pressed.y < calm.y - 0.3, "{calm} without, {pressed} with");
}

#[test]
fn equal_seeds_think_alike_and_nobody_thinks_without_a_body() {
    let entities = [
        Entity::Fighter(fighter(ME, 520.0, 60.0)),
        Entity::Fighter(fighter(FOE, 820.0, 160.0)),
    ];
    assert_eq!(think(&entities, 60), think(&entities, 60));
    assert_eq!(think(&entities[1..], 1), [Input::default()]);
}
