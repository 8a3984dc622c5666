//! The derive, the layout of rows and the canonical text, on one small game.

mod refused;

use glam::{Quat, Vec2, Vec3};
use proptest::prelude::*;

use super::*;
use crate::Replicate;
use crate::id::{EntityId, PlayerId};
use crate::replicate::{RowMut, RowRef};
use crate::time::TickRate;

#[derive(Clone, Debug, PartialEq, Replicate)]
struct Fighter {
    #[net(id = 1, angle, bits = 10, smooth = angle, predict, heading_of = vel)]
    facing: f32,
    #[net(id = 2, range = -1000.0..=1000.0, step = 1.0 / 64.0, smooth = linear, predict, position)]
    pos: Vec2,
    #[net(id = 0, range = -40.0..=40.0, step = 1.0 / 32.0, predict, velocity_of = pos)]
    vel: Vec2,
    #[net(id = 9, bits = 7)]
    health: u8,
    #[net(id = 5, only = owner, predict)]
    ammo: Option<u8>,
    #[net(id = 4, only = server, range = -1.0..=1.0, step = 0.01)]
    mood: Option<f32>,
    #[net(id = 6, only = owner)]
    target: Option<Option<EntityId>>,
}

#[derive(Clone, Debug, PartialEq, Replicate)]
#[net(motion = ballistic(axis = y, acceleration = -9.8))]
struct Grenade {
    #[net(id = 0, range = -1000.0..=1000.0, step = 1.0 / 64.0, smooth = reckon, position)]
    pos: Vec3,
    #[net(id = 1, range = -40.0..=40.0, step = 1.0 / 32.0, velocity_of = pos)]
    vel: Vec3,
    #[net(id = 2, bits = 9, smooth = linear)]
    turn: Quat,
    #[net(id = 3)]
    thrower: Option<PlayerId>,
    #[net(id = 4, since = 2)]
    armed: bool,
}

#[derive(Clone, Debug, PartialEq, Replicate)]
enum Thing {
    Fighter(Fighter),
    Grenade(Grenade),
}

#[derive(Clone, Debug, Default, PartialEq, Replicate)]
#[net(fine = 0)]
struct Command {
    #[net(id = 0, range = -1.0..=1.0, step = 1.0 / 127.0)]
    walk: Vec2,
    #[net(id = 1, edge)]
    jump: bool,
}

#[derive(Clone, Debug, PartialEq, Replicate)]
enum Happening {
    RoundOver,
    Hit {
        #[net(id = 0)]
        who: PlayerId,
        #[net(id = 1, range = -300..=300)]
        damage: i16,
    },
    Nested(Scored),
}

#[derive(Clone, Debug, PartialEq, Replicate)]
struct Scored {
    #[net(id = 0)]
    by: Option<PlayerId>,
}

const RATE: TickRate = TickRate::hz(60);

fn schema() -> Schema {
    Schema::compile(
        Thing::KINDS,
        Command::KINDS,
        Happening::KINDS,
        <()>::KINDS,
        RATE,
    )
    .unwrap_or_else(|error| panic!("{error}"))
}

fn fighter() -> Fighter {
    Fighter {
        facing: 1.0,
        pos: Vec2::new(12.5, -900.25),
        vel: Vec2::new(0.0, 40.0),
        health: 100,
        ammo: Some(30),
        mood: Some(-0.5),
        target: Some(Some(EntityId {
            slot: 7,
            generation: 3,
        })),
    }
}

/// Stores a value as a full row, hidden words left out by the caller's lengths.
fn row_of<E: Replicate>(kind: &Kind, value: &E) -> [Vec<u32>; 3] {
    let hidden = usize::from(kind.entity);
    let lengths = [
        kind.public_words - hidden,
        kind.owner_words - kind.public_words - hidden,
        kind.words.len() - kind.owner_words,
    ];
    let [mut public, mut owner, mut server] = lengths.map(|length| vec![0; length]);
    value.store(RowMut {
        public: &mut public,
        owner: &mut owner,
        server: &mut server,
    });
    [public, owner, server]
}

fn fetch<E: Replicate>(kind: u8, row: &[Vec<u32>; 3], known: Audience) -> Option<E> {
    let row = RowRef {
        public: &row[0],
        owner: (known >= Audience::Owner).then_some(&row[1][..]),
        server: (known == Audience::Server).then_some(&row[2][..]),
    };
    E::fetch(KindId(kind), row)
}

#[test]
fn rows_are_laid_out_by_audience_then_id() {
    let schema = schema();
    let kind = &schema.entities[0];
    let fields: Vec<_> = kind
        .words
        .iter()
        .map(|word| {
            word.field
                .map_or("-", |at| kind.def.fields[usize::from(at)].name)
        })
        .collect();
    let expected = [
        "-", "vel", "vel", "facing", "pos", "pos", "health", "-", "ammo", "target", "target",
        "mood",
    ];
    assert_eq!(fields, expected);
    assert_eq!((kind.public_words, kind.owner_words), (7, 11));
    assert_eq!(kind.shoves(), 7);
    assert_eq!((kind.words[0].bits, kind.words[7].bits), (2, 4));
    assert_eq!(kind.words[7].audience, Audience::Owner);
    assert_eq!(schema.stride, 14.max(kind.words.len()));
    assert!(!schema.input.entity && schema.input.words.len() == 3);
    assert!(schema.rules[0].words.is_empty() && schema.events.len() == 3);
}

#[test]
fn words_are_coded_after_what_predicts_them() {
    let schema = schema();
    let kind = &schema.entities[0];
    assert_eq!(kind.order, [3, 1, 2, 4, 5, 0, 6, 7, 8, 9, 10]);
    let turned = |other, sine| Predictor::Turned {
        heading: 3,
        other,
        sine,
    };
    assert_eq!(kind.words[1].predictor, turned(2, -1));
    assert_eq!(kind.words[2].predictor, turned(1, 1));
    // 1/512 units/s for 1/60 s in steps of 1/1024 unit.
    let ratio_q32 = ((1u64 << 32) as f64 * 2.0 / 60.0).round() as i64;
    for (word, velocity) in [(4, 1), (5, 2)] {
        let carried = Predictor::Carried {
            velocity,
            ratio_q32,
        };
        assert_eq!(kind.words[word].predictor, carried);
    }
    for kind in &schema.entities {
        let place = |word: u8| kind.order.iter().position(|at| *at == word);
        for word in &kind.order {
            let spec = &kind.words[usize::from(*word)];
            assert!(
                !spec.rare || place(*word) >= place(0),
                "rare words come last"
            );
            match spec.predictor {
                Predictor::Hold => {}
                Predictor::Turned { heading, .. } => assert!(place(heading) < place(*word)),
                Predictor::Carried { velocity, .. } => assert!(place(velocity) < place(*word)),
            }
        }
    }
}

#[test]
fn a_ballistic_kind_gains_velocity() {
    let schema = schema();
    assert!(schema.entities[0].gain_q16.is_empty());
    let grenade = &schema.entities[1];
    // -9.8 units/s² for 1/60 s in steps of 1/512 units/s.
    let gain = (-9.8f64 / 60.0 * 512.0 * 65_536.0).round() as i64;
    let expected: Vec<i64> = (0..grenade.words.len())
        .map(|word| if word == 5 { gain } else { 0 })
        .collect();
    assert_eq!(grenade.gain_q16, expected);
}

#[test]
fn a_ballistic_row_of_any_age_ends_within_its_words() {
    let kind = &schema().entities[1];
    for ticks in [1, 60, 1 << 20, u32::MAX / 2, u32::MAX] {
        for edge in [0, 1] {
            let mut words: Vec<u32> = kind.words.iter().map(|word| word.max * edge).collect();
            crate::snapshot::advance(kind, &mut words, ticks);
            let within = words
                .iter()
                .zip(&kind.words)
                .all(|(&word, spec)| word <= spec.max);
            assert!(within, "{words:?} after {ticks} ticks");
        }
    }
}

#[test]
fn levels_keep_zero_and_stay_within_the_word() {
    let schema = schema();
    for kind in schema.entities.iter().chain([&schema.input]) {
        for word in &kind.words {
            assert!(word.coarse_shift < word.bits && word.full_shift <= word.coarse_shift);
            assert!(u64::from(word.max) < 1 << word.bits);
            for shift in [word.full_shift, word.coarse_shift] {
                assert!(degrade(word.max, shift) <= word.max);
            }
            if !word.rare {
                assert_eq!(degrade(word.zero, word.full_shift), word.zero);
            }
        }
    }
    let position = schema.entities[0].words[4];
    assert_eq!(
        (position.full_shift, position.coarse_shift, position.bits),
        (4, 7, 21)
    );
    assert!(schema.entities[0].words[3].wraps);
    assert!(schema.input.words.iter().all(|word| word.coarse_shift == 0));
}

#[test]
fn values_come_back_as_far_as_they_are_known() {
    let schema = schema();
    let thing = Thing::Fighter(fighter());
    assert_eq!(thing.kind(), KindId(0));
    let row = row_of(&schema.entities[0], &thing);
    let all: Thing = fetch(0, &row, Audience::Server).expect("a legal row");
    let again = row_of(&schema.entities[0], &all);
    assert_eq!(again, row, "write-back changes nothing");
    let Thing::Fighter(all) = all else {
        panic!("another kind")
    };
    assert_eq!(
        (all.pos, all.vel, all.health),
        (fighter().pos, fighter().vel, 100)
    );
    assert_eq!((all.ammo, all.target), (Some(30), fighter().target));
    let Some(Thing::Fighter(shown)) = fetch(0, &row, Audience::All) else {
        panic!("a legal row")
    };
    assert_eq!((shown.ammo, shown.mood, shown.target), (None, None, None));
    let Some(Thing::Fighter(own)) = fetch(0, &row, Audience::Owner) else {
        panic!("a legal row")
    };
    assert_eq!((own.ammo, own.mood), (Some(30), None));
}

#[test]
fn unknown_kinds_and_short_rows_are_none() {
    let schema = schema();
    let row = row_of(&schema.entities[0], &Thing::Fighter(fighter()));
    assert_eq!(fetch::<Thing>(2, &row, Audience::All), None);
    assert_eq!(fetch::<Fighter>(1, &row, Audience::All), None);
    let cut = [row[0][..5].to_vec(), row[1].clone(), row[2].clone()];
    assert_eq!(fetch::<Thing>(0, &cut, Audience::All), None);
    assert_eq!(fetch::<()>(1, &row, Audience::All), None);
}

#[test]
fn events_may_be_variants_of_any_form() {
    let schema = schema();
    let hit = Happening::Hit {
        who: PlayerId(4),
        damage: -300,
    };
    let scored = Happening::Nested(Scored { by: None });
    for (kind, event) in [(0, Happening::RoundOver), (1, hit), (2, scored)] {
        assert_eq!(event.kind(), KindId(kind));
        let row = row_of(&schema.events[usize::from(kind)], &event);
        assert_eq!(fetch(kind, &row, Audience::All), Some(event));
    }
}

#[test]
fn the_text_is_canonical() {
    let schema = schema();
    let mut lines = schema.text.lines();
    let head = ["tickwire schema 1", "rate hz=60", "section entity"];
    assert_eq!(lines.by_ref().take(3).collect::<Vec<_>>(), head);
    let contains = |line: &str| assert!(schema.text.lines().any(|l| l == line), "{}", schema.text);
    contains("Fighter number=0 motion=free");
    contains("Grenade number=1 motion=ballistic,1,-9.800000~c02399999999999a");
    contains(
        "Fighter.pos id=2 shape=vec2 min=-1000 max=1000 step=1/64 fine=4 smooth=linear \
         predict=yes position=yes",
    );
    contains("Fighter.ammo id=5 shape=int min=0 max=255 only=owner predict=yes");
    contains("Command.jump id=1 shape=bool edge=yes");
    contains("Nothing number=0 motion=free");
    assert_eq!(
        super::text::hash("a"),
        0xAF63_DC4C_8601_EC8C,
        "FNV-1a's own test vector"
    );
    assert_eq!(schema, self::schema());
}

#[test]
fn differences_are_said_in_words() {
    let ours = schema().text;
    let differs = |from: &str, to: &str| first_difference(&ours, &ours.replace(from, to));
    assert_eq!(differs("x", "x"), None);
    let step = differs(
        "step=1/64 fine=4 smooth=linear",
        "step=1/32 fine=4 smooth=linear",
    );
    assert_eq!(
        step.as_deref(),
        Some("entity Fighter.pos: step is 1/64 here, 1/32 there")
    );
    let rate = differs("hz=60", "hz=30");
    assert_eq!(rate.as_deref(), Some("rate: hz is 60 here, 30 there"));
    let line = "Command.jump id=1 shape=bool edge=yes\n";
    let gone = differs(line, "");
    assert_eq!(gone.as_deref(), Some("input Command.jump exists only here"));
    let less = differs(" edge=yes", "");
    assert_eq!(
        less.as_deref(),
        Some("input Command.jump: edge=yes stands only here")
    );
    let more = first_difference(&ours.replace(line, ""), &ours);
    assert_eq!(
        more.as_deref(),
        Some("input Command.jump exists only there")
    );
    let flag = first_difference(&ours.replace(" edge=yes", ""), &ours);
    assert_eq!(
        flag.as_deref(),
        Some("input Command.jump: edge=yes stands only there")
    );
}

proptest! {
    #[test]
    fn foreign_texts_never_fail(theirs in "(section|Fighter\\.pos|\u{7}|é|=| |\n|step){0,60}") {
        let ours = schema().text;
        let said = first_difference(&ours, &theirs).expect("they differ");
        prop_assert!(said.chars().count() < 400 && !said.contains(char::is_control));
        prop_assert!(first_difference(&theirs, &ours).is_some());
    }

    #[test]
    fn quantised_things_do_not_change_again(
        x in any::<f32>(), y in any::<f32>(), angle in any::<f32>(), health in any::<u8>(),
    ) {
        let schema = schema();
        let thing = Thing::Fighter(Fighter {
            facing: angle, pos: Vec2::new(x, y), vel: Vec2::new(y, x), health, ..fighter()
        });
        let row = row_of(&schema.entities[0], &thing);
        let specs = schema.entities[0].words.iter().filter(|word| word.field.is_some());
        for (word, spec) in row.iter().flatten().zip(specs) {
            prop_assert!(*word <= spec.max);
        }
        let back: Thing = fetch(0, &row, Audience::Server).expect("a legal row");
        prop_assert_eq!(row_of(&schema.entities[0], &back), row);
    }
}
