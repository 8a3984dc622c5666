//! Pictures and hands together, without a terminal.

use std::collections::BTreeMap;

use tickwire_arena::kinds::{Bullet, Entity, Fighter, Pickup, Round};
use tickwire_arena::{Hud, Map};
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{PlayerId, Tick};
use tickwire_shared::time::Instant;

use super::camera::Camera;
use super::canvas::{Canvas, Rgb};
use super::hands::{Act, Hands, Sight, Stroke, Wish};
use super::held::Key;
use super::panels::{Line, Panels};
use super::scene::{Scene, colour_of, draw};

const ME: PlayerId = PlayerId(3);
const FOE: PlayerId = PlayerId(4);
const NOW: Instant = Instant::from_millis(1_000);

fn fighter(player: PlayerId, pos: Vec2) -> Entity {
    Entity::Fighter(Fighter {
        player,
        pos,
        vel: Vec2::ZERO,
        aim: 0.0,
        health: 60,
        kills: player.0,
        deaths: 1,
        rapid_until: 0,
        safe_until: 0,
        fire_at: None,
        dash_at: None,
        respawn_at: None,
    })
}

/// A place with nothing solid within a screen's reach to the right.
fn open_place(map: &Map) -> Vec2 {
    let mut places = map.spawns().iter().copied();
    let is_open = |at: &Vec2| map.is_clear(*at, *at + Vec2::new(200.0, 0.0), 40.0);
    places.find(is_open).expect("a map has room")
}

fn world(map: &Map) -> Vec<Entity> {
    let at = open_place(map);
    vec![
        fighter(ME, at),
        fighter(FOE, at + Vec2::new(200.0, 0.0)),
        Entity::Bullet(Bullet {
            player: FOE,
            pos: at + Vec2::new(100.0, 60.0),
            vel: Vec2::new(-900.0, 0.0),
            ends_at: None,
        }),
        Entity::Pickup(Pickup {
            pos: at - Vec2::new(0.0, 140.0),
            item: 0,
            there: true,
            back_at: None,
        }),
        Entity::Round(Round {
            number: 2,
            ends_at: 60 * 75,
            leader: Some(FOE),
            best: 4,
        }),
    ]
}

fn picture(columns: usize, lines: usize) -> (Canvas, Camera) {
    let map = Map::of(0);
    let entities = world(&map);
    let camera = Camera::new(open_place(&map), columns, lines);
    let scene = Scene {
        map: &map,
        tick: Tick(60),
        me: ME,
        entities: &entities,
        blasts: &[],
    };
    let mut canvas = draw(&scene, &camera, columns, lines);
    let panels = Panels {
        names: BTreeMap::from([(FOE, "Grace\x1b[2J".to_owned())]),
        chat: vec![Line {
            player: Some(FOE),
            text: "Grace: hello there".to_owned(),
        }],
        entry: Some("hi".to_owned()),
        net: "RTT 32 ms".to_owned(),
        help: true,
        ..Panels::default()
    };
    panels.draw_names(&mut canvas, &camera, ME, &entities);
    panels.draw(&mut canvas, ME, &Hud::of(ME, Tick(60), entities.iter()));
    (canvas, camera)
}

#[test]
fn the_picture_shows_who_is_where() {
    let (canvas, camera) = picture(120, 40);
    let colour_at = |place: Vec2| {
        let pixel = camera.pixel(place);
        let cell = canvas.cell(pixel.x as usize, pixel.y as usize / 2);
        if (pixel.y as usize).is_multiple_of(2) {
            cell.ink
        } else {
            cell.paper
        }
    };
    let foe = camera.centre + Vec2::new(192.0, 0.0);
    assert_eq!(colour_at(foe), colour_of(FOE));
    let Rgb(_, green, _) = colour_at(camera.centre - Vec2::new(0.0, 140.0));
    assert!(green > 150, "a health pick-up is green");
}

#[test]
fn the_picture_says_names_scores_chat_and_net() {
    let text = picture(120, 40).0.to_text();
    for part in [
        "Grace",
        "say: hi",
        "Grace: hello there",
        "RTT 32 ms",
        "round 2  1:14",
        "60",
        "dash ready",
        "place 2",
        "left button",
    ] {
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    }
    assert!(
        !text.contains('\x1b'),
        "a stranger's name cannot steer the terminal"
    );
}

#[test]
fn any_size_can_be_drawn() {
    for (columns, lines) in [(20, 8), (33, 9), (240, 80)] {
        assert_eq!(picture(columns, lines).0.to_text().lines().count(), lines);
    }
}

fn sight<'a>(map: &'a Map, entities: &'a [Entity]) -> Sight<'a> {
    Sight {
        me: ME,
        entities,
        map,
        camera: Camera::new(open_place(map), 100, 30),
    }
}

#[test]
fn hands_run_aim_and_fire() {
    let map = Map::of(0);
    let entities = world(&map);
    let sight = sight(&map, &entities);
    let mut hands = Hands::new(true);
    for stroke in [
        Stroke::Char('w'),
        Stroke::Arrow(Key::Right),
        Stroke::Char(' '),
    ] {
        assert_eq!(hands.act(NOW, Act::Down(stroke)), None);
    }
    hands.act(NOW, Act::Down(Stroke::Char('f')));
    let input = hands.input(NOW, &sight);
    assert_eq!(
        (input.move_x, input.move_y, input.fire, input.dash),
        (127, -127, true, true)
    );
    assert!(
        input.aim.abs() < 0.01,
        "aims at the foe to the right: {}",
        input.aim
    );
    hands.act(NOW, Act::Up(Stroke::Char('w')));
    hands.act(NOW, Act::Pointer(50, 29));
    let input = hands.input(NOW, &sight);
    assert_eq!((input.move_x, input.move_y, input.dash), (127, 0, false));
    let down = core::f32::consts::FRAC_PI_2;
    assert!((input.aim - down).abs() < 0.1, "points down: {}", input.aim);
    hands.act(NOW, Act::Blur);
    let input = hands.input(NOW, &sight);
    assert_eq!((input.move_x, input.fire), (0, false));
}

#[test]
fn a_typed_line_is_said_and_steers_nothing() {
    let map = Map::of(0);
    let entities = world(&map);
    let mut hands = Hands::new(false);
    let strokes = |hands: &mut Hands, text: &str| {
        for glyph in text.chars() {
            assert_eq!(hands.act(NOW, Act::Down(Stroke::Char(glyph))), None);
        }
    };
    hands.act(NOW, Act::Down(Stroke::Char('t')));
    strokes(&mut hands, " was doing qqx");
    hands.act(NOW, Act::Down(Stroke::Backspace));
    assert_eq!(hands.entry(), Some(" was doing qq"));
    let input = hands.input(NOW, &sight(&map, &entities));
    assert_eq!(
        (input.move_x, input.move_y, input.fire, input.dash),
        (0, 0, false, false)
    );
    let said = hands.act(NOW, Act::Down(Stroke::Enter));
    assert_eq!(said, Some(Wish::Say("was doing qq".to_owned())));
    assert_eq!(hands.entry(), None);
    hands.act(NOW, Act::Down(Stroke::Enter));
    assert_eq!(
        hands.act(NOW, Act::Down(Stroke::Enter)),
        None,
        "nothing was typed"
    );
    hands.act(NOW, Act::Down(Stroke::Enter));
    assert_eq!(
        hands.act(NOW, Act::Down(Stroke::Interrupt)),
        Some(Wish::Quit)
    );
}

#[test]
fn a_line_is_not_longer_than_chat_allows() {
    let mut hands = Hands::new(false);
    hands.act(NOW, Act::Down(Stroke::Enter));
    for _ in 0..600 {
        hands.act(NOW, Act::Down(Stroke::Char('ß')));
    }
    assert_eq!(hands.entry().map(str::len), Some(512));
}
