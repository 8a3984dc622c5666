//! The program without a screen: keys in, shapes and texts out.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use eframe::egui::epaint::{ClippedShape, Shape};
use eframe::egui::{
    Color32, Context, Event, Key, Modifiers, PointerButton, Pos2, RawInput, Rect, TouchDeviceId,
    TouchId, TouchPhase, pos2, vec2,
};
use tickwire_arena::Map;
use tickwire_arena::kinds::{Bullet, Entity, Fighter, Pickup, Round, Rules};
use tickwire_link::{DialOrder, Dialed, Dialer, NotDialed};
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{EntityId, PlayerId, Tick};
use tickwire_shared::time::Instant;

use super::app::{Connect, WindowApp};
use super::palette::Colours;
use super::settings::Settings;
use super::start::Form;
use super::{people, signs};
use crate::pilot::Pilot;

mod chat;

const ME: PlayerId = PlayerId(3);
const FOE: PlayerId = PlayerId(4);

/// A dialer whose server never answers.
struct Silence;

impl Dialer for Silence {
    fn start(&mut self, _order: DialOrder) {}

    fn poll(&mut self) -> Option<Result<Dialed, NotDialed>> {
        None
    }
}

fn pilot(now: Instant) -> Pilot {
    let client = Pilot::client_for("me", None, now).expect("fair declarations");
    Pilot::new(client, Box::new(Silence), DialOrder::default(), now)
}

/// The program on a screen that is only a rectangle.
struct Stage {
    app: WindowApp,
    context: Context,
    time: Rc<RefCell<Instant>>,
    size: Rect,
}

impl Stage {
    fn new(width: f32, height: f32) -> Stage {
        let time = Rc::new(RefCell::new(Instant::from_millis(1_000)));
        let clock = Rc::clone(&time);
        let app = WindowApp::new(
            pilot(*time.borrow()),
            Settings::default(),
            Box::new(move || *clock.borrow()),
        );
        Stage::of(app, time, width, height)
    }

    fn of(app: WindowApp, time: Rc<RefCell<Instant>>, width: f32, height: f32) -> Stage {
        Stage {
            app,
            context: Context::default(),
            time,
            size: Rect::from_min_size(Pos2::ZERO, vec2(width, height)),
        }
    }

    /// A game with two fighters, a bullet and a pick-up.
    fn playing(width: f32, height: f32) -> Stage {
        let mut stage = Stage::new(width, height);
        let rules = Rules::default();
        let entities = world(&Map::of(rules.map));
        let names = BTreeMap::from([(ME, "me".to_owned()), (FOE, "Grace".to_owned())]);
        let play = stage.app.play_mut().expect("a game");
        play.scene
            .show(&rules, ME, Tick(60), entities.into_iter(), &names);
        stage
    }

    /// One picture, 16 ms later.
    fn frame(&mut self, events: Vec<Event>) -> Vec<ClippedShape> {
        let now = *self.time.borrow() + std::time::Duration::from_millis(16);
        *self.time.borrow_mut() = now;
        let mut input = RawInput {
            screen_rect: Some(self.size),
            time: Some(now.micros() as f64 / 1e6),
            events,
            ..RawInput::default()
        };
        eframe::App::raw_input_hook(&mut self.app, &self.context, &mut input);
        let app = &mut self.app;
        let output = self.context.run_ui(input, |ui| app.picture(ui));
        let shapes = output.shapes.clone();
        let meshes = self
            .context
            .tessellate(output.shapes.clone(), output.pixels_per_point);
        assert!(!meshes.is_empty());
        output.drop_without_applying_deltas();
        shapes
    }

    /// Every text of the next picture.
    fn texts(&mut self, events: Vec<Event>) -> String {
        // Areas need one picture to know their size and are invisible in it.
        self.frame(events);
        self.frame(Vec::new());
        let mut texts = Vec::new();
        for clipped in self.frame(Vec::new()) {
            collect(&clipped.shape, &mut |shape| {
                if let Shape::Text(text) = shape {
                    texts.push(text.galley.text().to_owned());
                }
            });
        }
        texts.join("\n")
    }
}

fn collect(shape: &Shape, note: &mut dyn FnMut(&Shape)) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, note)),
        shape => note(shape),
    }
}

fn key(key: Key, pressed: bool) -> Event {
    Event::Key {
        key,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: Modifiers::NONE,
    }
}

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
        safe_until: 90,
        fire_at: None,
        dash_at: None,
        respawn_at: None,
    })
}

fn world(map: &Map) -> Vec<(EntityId, Option<PlayerId>, Entity)> {
    let at = map.spawns()[0];
    let entities = [
        fighter(ME, at),
        fighter(FOE, at + Vec2::new(120.0, 0.0)),
        Entity::Bullet(Bullet {
            player: FOE,
            pos: at + Vec2::new(60.0, 20.0),
            vel: Vec2::new(-900.0, 0.0),
            ends_at: None,
        }),
        Entity::Pickup(Pickup {
            pos: at + Vec2::new(0.0, 80.0),
            item: 0,
            there: true,
            back_at: None,
        }),
        Entity::Round(Round {
            number: 2,
            ends_at: 60 * 76,
            leader: Some(FOE),
            best: 4,
        }),
    ];
    let named = |(at, entity): (u32, Entity)| {
        let owner = match &entity {
            Entity::Fighter(body) => Some(body.player),
            _ => None,
        };
        (EntityId::predicted(Tick(1), at as u8), owner, entity)
    };
    (0..).zip(entities).map(named).collect()
}

#[test]
fn the_picture_shows_fighters_in_their_colours_names_and_figures() {
    let mut stage = Stage::playing(1_280.0, 720.0);
    let texts = stage.texts(Vec::new());
    for part in [
        "Grace",
        "1:15",
        "Round 2",
        "first to 50",
        "60",
        "Dash",
        "2nd place",
        "2/2",
    ] {
        assert!(texts.contains(part), "{part:?} is missing in\n{texts}");
    }
    let mut fills: Vec<Color32> = Vec::new();
    for clipped in stage.frame(Vec::new()) {
        collect(&clipped.shape, &mut |shape| {
            if let Shape::Circle(circle) = shape {
                fills.push(circle.fill);
            }
        });
    }
    for player in [ME, FOE] {
        assert!(
            fills.contains(&Colours::ByPlayer.of(player, ME)),
            "{player}"
        );
    }
}

#[test]
fn any_size_can_be_drawn() {
    for (width, height) in [
        (320.0, 480.0),
        (390.0, 844.0),
        (844.0, 390.0),
        (3_840.0, 2_160.0),
    ] {
        let mut stage = Stage::playing(width, height);
        stage.frame(vec![key(Key::F3, true)]);
        stage.frame(vec![key(Key::Tab, true)]);
        stage.frame(vec![key(Key::Escape, true)]);
        assert!(stage.frame(Vec::new()).len() > 20, "{width} x {height}");
    }
}

#[test]
fn a_line_that_cannot_be_said_stays_written() {
    let mut stage = Stage::playing(1_280.0, 720.0);
    let texts = stage.texts(vec![key(Key::Enter, true), key(Key::Enter, false)]);
    assert!(texts.contains("Enter sends"), "{texts}");
    stage.frame(vec![Event::Text("hello h".to_owned()), key(Key::H, true)]);
    let entry = stage.app.play().and_then(|play| play.talk.entry.clone());
    assert_eq!(
        entry.as_deref(),
        Some("hello h"),
        "keys type, they open no help"
    );
    let texts = stage.texts(vec![key(Key::Enter, true)]);
    assert!(texts.contains("Wait until"), "there is no room: {texts}");
    let entry = stage.app.play().and_then(|play| play.talk.entry.clone());
    assert_eq!(entry.as_deref(), Some("hello h"), "it is still written");
    stage.frame(vec![key(Key::Enter, false)]);
    let texts = stage.texts(vec![key(Key::Escape, true)]);
    assert!(!texts.contains("Enter sends"), "Escape closes: {texts}");
}

#[test]
fn tab_shows_everybodys_score_while_it_is_held() {
    let mut stage = Stage::playing(1_280.0, 720.0);
    let texts = stage.texts(vec![key(Key::Tab, true)]);
    assert!(
        texts.contains("KILLS") && texts.contains("Foundry"),
        "{texts}"
    );
    let texts = stage.texts(vec![key(Key::Tab, false)]);
    assert!(!texts.contains("KILLS"), "{texts}");
}

#[test]
fn help_menu_and_graph_open_and_close() {
    let mut stage = Stage::playing(1_280.0, 720.0);
    let texts = stage.texts(vec![key(Key::H, true)]);
    assert!(texts.contains("dash where you run"), "{texts}");
    let texts = stage.texts(vec![key(Key::Escape, true), key(Key::Escape, false)]);
    assert!(!texts.contains("dash where you run"), "{texts}");
    let texts = stage.texts(vec![key(Key::F3, true), key(Key::F3, false)]);
    for figure in [
        "RTT",
        "Jitter",
        "Loss",
        "Snapshot age",
        "Interpolation",
        "Lead",
        "Down",
        "Up",
        "Prediction error",
    ] {
        assert!(texts.contains(figure), "{figure} is missing in\n{texts}");
    }
    let texts = stage.texts(vec![key(Key::Escape, true)]);
    assert!(texts.contains("Pictures a second"), "{texts}");
}

#[test]
fn what_happens_with_the_link_is_said() {
    let mut stage = Stage::playing(1_280.0, 720.0);
    let texts = stage.texts(Vec::new());
    assert!(texts.contains("Reaching the server"), "{texts}");
    let state = stage.app.state();
    assert_eq!((state.pilot.phase, state.frames > 0), ("dialing", true));
    let json = serde_json::to_value(&state).expect("plain data");
    assert_eq!(json["phase"], "dialing");
    assert!(json["stats"]["rtt_ms"].is_number() && json["chat"].is_array());
}

#[test]
fn buttons_and_sticks_come_with_the_first_finger() {
    let mut stage = Stage::playing(844.0, 390.0);
    assert!(!stage.texts(Vec::new()).contains("Scores"));
    let finger = |phase, pos| Event::Touch {
        device_id: TouchDeviceId(1),
        id: TouchId(1),
        phase,
        pos,
        force: None,
    };
    // A browser makes a pointer of a finger too.
    stage.frame(vec![Event::PointerButton {
        pos: pos2(150.0, 250.0),
        button: PointerButton::Primary,
        pressed: true,
        modifiers: Modifiers::NONE,
    }]);
    let down = finger(TouchPhase::Start, pos2(150.0, 250.0));
    let texts = stage.texts(vec![down, finger(TouchPhase::Move, pos2(206.0, 250.0))]);
    assert!(
        texts.contains("Scores") && texts.contains("Chat"),
        "{texts}"
    );
    let play = stage.app.play_mut().expect("a game");
    assert_eq!(play.hands.touch.thumbs().run, Vec2::X);
    assert_eq!(play.hands.crosshair(), None, "no mouse aims");
}

#[test]
fn the_start_screen_hands_over_what_was_filled_in() {
    struct Note(Rc<RefCell<Vec<Form>>>);
    impl Connect for Note {
        fn connect(&mut self, form: &Form, now: Instant) -> Result<Pilot, String> {
            self.0.borrow_mut().push(form.clone());
            match form.name.as_str() {
                "" => Err("a name is missing".to_owned()),
                _ => Ok(pilot(now)),
            }
        }
    }
    let asked = Rc::new(RefCell::new(Vec::new()));
    let form = Form {
        server: "127.0.0.1:7777".to_owned(),
        ..Form::default()
    };
    let time = Rc::new(RefCell::new(Instant::from_millis(1_000)));
    let clock = Rc::clone(&time);
    let app = WindowApp::asking(
        form,
        Box::new(Note(Rc::clone(&asked))),
        Settings::default(),
        Box::new(move || *clock.borrow()),
    );
    let mut stage = Stage::of(app, time, 1_280.0, 720.0);
    let texts = stage.texts(Vec::new());
    assert!(
        texts.contains("Tickwire") && texts.contains("Your name"),
        "{texts}"
    );
    let texts = stage.texts(vec![key(Key::Enter, true), key(Key::Enter, false)]);
    assert!(texts.contains("a name is missing"), "{texts}");
    // Tab goes from the server's field to the name's.
    for event in [
        key(Key::Tab, true),
        key(Key::Tab, false),
        Event::Text("ada".to_owned()),
    ] {
        stage.frame(vec![event]);
    }
    stage.texts(vec![key(Key::Enter, true)]);
    assert_eq!(
        asked.borrow().last().map(|form| form.name.clone()),
        Some("ada".to_owned())
    );
    assert!(stage.app.play().is_some());
}
