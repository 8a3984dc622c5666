//! People and signs in the chat of the window: what is drawn, and what a click on it does.

use super::*;
use crate::panel::{Act, LineState, PanelState, Part, PartKind, PersonState, Place, ReactionState};
use eframe::egui::text::LayoutJob;
use eframe::egui::{TextFormat, Ui};
use tickwire_shared::id::LogId;

const OPEN: Place = Place::Log(LogId(7));

/// A piece of the chat on a screen of its own.
struct Piece<F> {
    context: Context,
    draw: F,
}

impl<F: FnMut(&mut Ui, &mut Vec<Act>)> Piece<F> {
    fn new(draw: F) -> Piece<F> {
        let context = Context::default();
        Piece { context, draw }
    }

    /// One picture: what the player does, and every text with its middle.
    fn frame(&mut self, events: Vec<Event>) -> (Vec<Act>, Vec<(String, Pos2)>) {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(480.0, 320.0))),
            events,
            ..RawInput::default()
        };
        let (mut acts, mut texts) = (Vec::new(), Vec::new());
        let output = self.context.run_ui(input, |ui| (self.draw)(ui, &mut acts));
        for clipped in output.shapes.clone() {
            collect(&clipped.shape, &mut |shape| {
                if let Shape::Text(text) = shape {
                    let middle = text.visual_bounding_rect().center();
                    texts.push((text.galley.text().to_owned(), middle));
                }
            });
        }
        output.drop_without_applying_deltas();
        (acts, texts)
    }

    fn texts(&mut self) -> Vec<String> {
        let (_, texts) = self.frame(Vec::new());
        texts.into_iter().map(|(text, _)| text).collect()
    }

    /// Clicks on a text; what the player did by that.
    fn click(&mut self, wanted: &str) -> Vec<Act> {
        let (_, texts) = self.frame(Vec::new());
        let found = texts.iter().find(|(text, _)| text.starts_with(wanted));
        let pos = found
            .unwrap_or_else(|| panic!("no {wanted:?} in {texts:?}"))
            .1;
        let button = |pressed| Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        self.frame(vec![Event::PointerMoved(pos)]);
        let (mut acts, _) = self.frame(vec![button(true)]);
        acts.extend(self.frame(vec![button(false)]).0);
        acts.retain(|act| !matches!(act, Act::Watch { .. }));
        acts
    }
}

fn person(name: &str, status: &'static str, stands: &'static str, me: bool) -> PersonState {
    PersonState {
        account: name.len().to_string(),
        name: name.to_owned(),
        status,
        room: String::new(),
        stands,
        me,
        blocked: false,
        followed: false,
    }
}

fn line() -> LineState {
    LineState {
        offset: 5,
        from: "2".to_owned(),
        name: "Bob".to_owned(),
        role: "player",
        at: 0,
        manner: "said",
        mine: false,
        mentioned: false,
        parts: vec![Part {
            kind: PartKind::Text,
            text: "hello".to_owned(),
        }],
        reactions: vec![ReactionState {
            sign: "👎".to_owned(),
            count: 3,
            mine: true,
        }],
        state: "",
        read_by: 0,
    }
}

#[test]
fn people_are_listed_with_how_they_are_present_and_whispered_to_by_a_click() {
    let followed = PersonState {
        followed: true,
        ..person("Cecily", "offline", "friend", false)
    };
    let blocked = PersonState {
        blocked: true,
        ..person("Dorothy", "", "blocked", false)
    };
    let state = PanelState {
        people: vec![
            person("Ann", "online", "here", true),
            person("Bobby", "away", "here", false),
            followed,
            blocked,
        ],
        ..PanelState::default()
    };
    let mut piece = Piece::new(|ui, acts| people::list(ui, &state, 400.0, acts));
    let texts = piece.texts().join("|");
    let wanted = "In this room|●|Ann|you|◐|Bobby|away|Block|Follow|\
                  Elsewhere|○|Cecily|followed, offline|Block|Unfollow|\
                  Blocked|○|Dorothy|blocked|Unblock";
    assert_eq!(texts, wanted);
    let account = "6".to_owned();
    assert_eq!(piece.click("Cecily"), [Act::Whisper { account }]);
    assert_eq!(piece.click("Ann"), [], "nobody whispers to themselves");
    let (account, on) = ("6".to_owned(), false);
    assert_eq!(piece.click("Unfollow"), [Act::Follow { account, on }]);
    let account = "7".to_owned();
    assert_eq!(piece.click("Unblock"), [Act::Block { account, on }]);
}

#[test]
fn a_click_on_a_line_offers_signs_and_one_on_a_sign_puts_or_takes_it() {
    let line = line();
    let state = PanelState {
        open: Some(OPEN),
        ..PanelState::default()
    };
    let mut piece = Piece::new(|ui, acts| {
        let job = LayoutJob::single_section("hello".to_owned(), TextFormat::default());
        signs::line(ui, &state, &line, job, acts);
    });
    let react = |sign: &str, on| Act::React {
        place: OPEN.to_string(),
        offset: 5,
        sign: sign.to_owned(),
        on,
    };
    assert_eq!(piece.texts(), ["hello", "👎 3"]);
    assert_eq!(piece.click("👎 3"), [react("👎", false)]);
    assert_eq!(piece.click("hello"), []);
    assert_eq!(piece.texts().len(), 2 + 5, "one of six is there already");
    assert_eq!(piece.click("❤"), [react("❤\u{fe0f}", true)]);
    assert_eq!(piece.texts().len(), 2, "one is put at a time");
}
