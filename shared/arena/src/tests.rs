//! Runs of whole rooms: what must hold in every tick, and that nothing but rows matters.

use std::sync::Arc;

use tickwire_shared::game::{Frame, schema_of};
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{EntityId, PlayerId, Tick};
use tickwire_shared::schema::{Kind, Level};

use crate::kinds::{Bullet, Entity, Event, Fighter, Item, Kill, Pickup, Round, Rules};
use crate::map::Map;
use crate::replay::{LocalRoom, amnesia_hash, replay_hash};
use crate::spawning::newborn;
use crate::tune::{BULLET_SPEED, FIGHTER_RADIUS, HEALTH_MAX, RESPAWN_TICKS, SPEED_MAX};
use crate::world::Arena;

fn room(rules: Rules, seed: u64, bots: u16) -> LocalRoom {
    LocalRoom::new(rules, seed, bots).expect("arena's schema compiles")
}

fn fighters(room: &LocalRoom) -> impl Iterator<Item = (EntityId, &Fighter)> {
    room.entities()
        .iter()
        .filter_map(|(id, _, entity)| match entity {
            Entity::Fighter(fighter) => Some((*id, fighter)),
            _ => None,
        })
}

fn bullets_of(room: &LocalRoom, player: PlayerId) -> usize {
    let all = room.entities().iter();
    all.filter(|(_, _, entity)| matches!(entity, Entity::Bullet(b) if b.player == player))
        .count()
}

fn kills(room: &LocalRoom) -> usize {
    let events = room.events().iter();
    events.filter(|e| matches!(e.event, Event::Kill(_))).count()
}

#[test]
fn the_schema_compiles_and_is_thrifty() {
    let schema = schema_of::<Arena>().expect("arena's schema compiles");
    let bits = |kind: &Kind| -> u32 {
        let public = kind.words.iter().take(kind.public_words);
        public
            .map(|w| u32::from(w.bits - w.shift(Level::Full)))
            .sum()
    };
    let fighter = bits(&schema.entities[0]);
    let bullet = bits(&schema.entities[1]);
    assert!(fighter <= 220, "a fighter takes {fighter} bits");
    assert!(bullet <= 100, "a bullet takes {bullet} bits");
}

#[test]
fn every_kind_survives_a_frame() {
    let schema = Arc::new(schema_of::<Arena>().expect("arena's schema compiles"));
    let place = Vec2::new(512.25, 100.5);
    let fighter = Fighter {
        vel: Vec2::new(-12.5, 260.0),
        kills: 7,
        respawn_at: Some(77),
        ..newborn(PlayerId(9), place, Tick(60))
    };
    let bullet = Bullet {
        player: PlayerId(9),
        pos: place,
        vel: Vec2::new(900.0, 0.0),
        ends_at: Some(99),
    };
    let pickup = Pickup {
        pos: place,
        item: Item::Rapid as u8,
        there: false,
        back_at: Some(1_000),
    };
    let round = Round {
        number: 3,
        ends_at: 18_000,
        leader: Some(PlayerId(127)),
        best: 12,
    };
    let all = [
        Entity::Fighter(fighter),
        Entity::Bullet(bullet),
        Entity::Pickup(pickup),
        Entity::Round(round),
    ];
    let mut frame = Frame::new(schema);
    for (slot, entity) in (0..).zip(&all) {
        let generation = 1;
        frame.put(EntityId { slot, generation }, entity);
    }
    let back: Vec<Entity> = frame.iter().map(|(_, entity)| entity).collect();
    assert_eq!(back, all);
}

#[test]
fn a_minute_of_sixteen_bots_obeys_every_rule() {
    for (number, seed) in [(0, 11), (1, 12)] {
        obeys_every_rule(number, seed);
    }
}

fn obeys_every_rule(number: u8, seed: u64) {
    let map = Map::of(number);
    let rules = Rules {
        map: number,
        kill_limit: 0,
        round_seconds: 0,
    };
    let mut room = room(rules, seed, 16);
    let mut killed = 0;
    for _ in 0..3_600 {
        room.advance();
        killed += kills(&room);
        for (id, fighter) in fighters(&room) {
            let place = format!("map {number} seed {seed} {}: {id} {fighter:?}", room.tick());
            assert!(
                map.is_free(fighter.pos, FIGHTER_RADIUS),
                "inside a wall: {place}"
            );
            assert!(fighter.vel.length() <= SPEED_MAX, "too fast: {place}");
            assert!(fighter.health <= HEALTH_MAX, "too healthy: {place}");
            assert!(
                bullets_of(&room, fighter.player) <= 8,
                "too many bullets: {place}"
            );
        }
        let all = fighters(&room);
        let (kills, deaths) = all.fold((0, 0), |(kills, deaths), (_, fighter)| {
            (
                kills + usize::from(fighter.kills),
                deaths + usize::from(fighter.deaths),
            )
        });
        assert_eq!(
            (kills, deaths),
            (killed, killed),
            "seed {seed} {}",
            room.tick()
        );
    }
    assert!(
        (20..600).contains(&killed),
        "map {number} seed {seed}: {killed} kills"
    );
}

#[test]
fn bullets_keep_their_speed() {
    let mut room = room(Rules::default(), 5, 8);
    let mut seen = 0;
    for _ in 0..900 {
        room.advance();
        for (id, owner, entity) in room.entities() {
            if let Entity::Bullet(bullet) = entity {
                seen += 1;
                let speed = bullet.vel.length();
                assert!((speed - BULLET_SPEED).abs() < 0.1, "{id} flies at {speed}");
                assert_eq!(*owner, Some(bullet.player));
            }
        }
    }
    assert!(seen > 500, "only {seen} rows of bullets");
}

#[test]
fn the_dead_come_back_whole_somewhere_free() {
    let mut room = room(Rules::default(), 21, 16);
    let mut died: Vec<(PlayerId, Tick)> = Vec::new();
    let mut lives = 0;
    for _ in 0..2_400 {
        room.advance();
        let tick = room.tick();
        died.retain(|&(player, at)| {
            let fighter = fighters(&room).find(|(_, fighter)| fighter.player == player);
            let fighter = fighter.expect("nobody left").1;
            let due = tick >= at.plus(RESPAWN_TICKS);
            assert_eq!(
                fighter.health == 0,
                !due,
                "{player} died at {at}, now {tick}"
            );
            lives += usize::from(due);
            !due
        });
        died.extend(room.events().iter().filter_map(|e| match e.event {
            Event::Kill(Kill { victim, .. }) => Some((victim, tick)),
            _ => None,
        }));
    }
    assert!(lives > 5, "only {lives} lives began");
}

#[test]
fn the_wounded_find_pickups_and_pickups_come_back() {
    let mut room = room(Rules::default(), 33, 16);
    let (mut taken, mut missing_most) = (0, 0);
    for _ in 0..3_600 {
        room.advance();
        taken += room
            .events()
            .iter()
            .filter(|e| matches!(e.event, Event::Taken(_)))
            .count();
        let missing = room
            .entities()
            .iter()
            .filter(|(_, _, entity)| matches!(entity, Entity::Pickup(pickup) if !pickup.there));
        missing_most = missing_most.max(missing.count());
    }
    let all = Map::of(0).pickups().len();
    assert!(taken > all, "{taken} taken of {all}: none came back");
    assert!(missing_most > 0);
}

#[test]
fn a_round_ends_by_kills_or_time_and_scores_start_anew() {
    let by_kills = Rules {
        map: 0,
        kill_limit: 3,
        round_seconds: 0,
    };
    let by_time = Rules {
        map: 0,
        kill_limit: 0,
        round_seconds: 10,
    };
    for rules in [by_kills, by_time] {
        let mut room = room(rules.clone(), 4, 8);
        let over = (0..7_200).any(|_| {
            room.advance();
            let mut events = room.events().iter();
            events.any(|e| matches!(e.event, Event::RoundOver(_)))
        });
        assert!(over, "no round ended with {rules:?}");
        assert!(fighters(&room).all(|(_, f)| f.kills == 0 && f.health == HEALTH_MAX));
        let number = room
            .entities()
            .iter()
            .find_map(|(_, _, entity)| match entity {
                Entity::Round(round) => Some(round.number),
                _ => None,
            });
        assert_eq!(number, Some(2));
    }
}

#[test]
fn who_leaves_takes_everything_along() {
    let mut room = room(Rules::default(), 8, 6);
    for _ in 0..600 {
        room.advance();
    }
    room.leave(PlayerId(2));
    room.join(PlayerId(40));
    room.advance();
    assert!(!fighters(&room).any(|(_, fighter)| fighter.player == PlayerId(2)));
    assert!(fighters(&room).any(|(_, fighter)| fighter.player == PlayerId(40)));
    assert_eq!(bullets_of(&room, PlayerId(2)), 0);
    assert!(room.mirror().owned_by(PlayerId(2)).is_empty());
}

#[test]
fn equal_seeds_give_equal_worlds_and_other_seeds_others() {
    let first = replay_hash(1, 300);
    assert_eq!(first, replay_hash(1, 300));
    assert_ne!(first, replay_hash(2, 300));
}

#[test]
fn amnesia_changes_nothing() {
    assert_eq!(replay_hash(3, 2_000), amnesia_hash(3, 2_000, 7));
}

#[test]
fn a_few_bots_find_each_other_within_twenty_seconds() {
    for seed in 1..=8 {
        let mut room = room(Rules::default(), seed, 6);
        let mut killed = 0;
        for _ in 0..1_200 {
            room.advance();
            killed += kills(&room);
        }
        assert!(killed > 0, "seed {seed}: nobody died");
    }
}
