//! A game on a canvas of the page, and the hook by which its script steers and asks it.
//!
//! Never touches the join screen.

use std::cell::RefMut;

use eframe::{WebOptions, WebRunner};
use serde::Deserialize;
use tickwire_arena::kinds::Input;
use tickwire_link::{DialOrder, WebDialer};
use tickwire_shared::client::{Client, ClientConfig};
use tickwire_shared::conditioner::Network;
use tickwire_shared::wire::{BoundedStr, Credential, Token};
use wasm_bindgen::prelude::*;
use web_sys::HtmlCanvasElement;

use super::app::{PageApp, kept_settings};
use super::time::now;
use crate::pilot::Pilot;
use crate::window::{Outside, WindowApp};

/// The full push of a stick.
const PUSH: f32 = 127.0;

/// A game in progress.
#[wasm_bindgen]
pub struct Game {
    runner: WebRunner,
}

/// What a script holds in the player's place.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Hold {
    /// Where to, -1 to 1 in each direction.
    r#move: [f32; 2],
    /// Where the weapon points, in radians.
    aim: f32,
    /// Whether the trigger is held.
    fire: bool,
    /// Whether to dash, once.
    dash: bool,
}

/// Starts a game on `canvas`; an empty room is any, an empty transport whichever answers first.
/// `resume` is what [`Game::resume_token`] gave to a page that is gone, `admission` what the server
/// gave to a player who logged in, `key` what [`Game::guest_key`] gave to a guest who comes back.
///
/// # Errors
/// Why the picture cannot be drawn, in words for a player.
#[wasm_bindgen]
pub async fn play(
    canvas: HtmlCanvasElement,
    name: String,
    room: String,
    transport: String,
    resume: Option<String>,
    admission: Option<String>,
    key: Option<String>,
) -> Result<Game, JsValue> {
    let config = ClientConfig {
        name,
        room: Some(room).filter(|room| !room.is_empty()),
        // What cannot be read is as good as nothing: the player joins anew.
        resume: resume.and_then(|text| text.parse().ok()),
        who: credential(admission, key),
        ..ClientConfig::default()
    };
    let order = DialOrder {
        only: transport.parse().ok(),
        first: None,
    };
    let client =
        Client::new(config, now()).map_err(|error| JsValue::from_str(&error.to_string()))?;
    let pilot = Pilot::new(client, Box::new(WebDialer::new()), order, now());
    let runner = WebRunner::new();
    let make = move |_: &eframe::CreationContext<'_>| {
        let mut app = WindowApp::new(pilot, kept_settings(), Box::new(now));
        if let Some(play) = app.play_mut() {
            play.talk.outside = Some(Outside::default());
        }
        Ok(Box::new(PageApp::new(app)) as Box<dyn eframe::App>)
    };
    runner
        .start(canvas, WebOptions::default(), Box::new(make))
        .await?;
    Ok(Game { runner })
}

/// Who comes in. What cannot be read is as good as nothing here too.
fn credential(admission: Option<String>, key: Option<String>) -> Credential {
    let token = admission.and_then(|token| BoundedStr::new(&token).ok());
    let key = key.and_then(|key| u128::from_str_radix(&key, 16).ok());
    match (token, key) {
        (Some(token), _) => Credential::Admission { token },
        (None, Some(key)) => Credential::Return {
            key: Token(key.to_be_bytes()),
        },
        (None, None) => Credential::New,
    }
}

#[wasm_bindgen]
impl Game {
    /// Everything there is to know about the game now, as JSON.
    #[must_use]
    pub fn state(&self) -> String {
        let state = self.page().map(|page| page.state());
        state.map_or_else(String::new, |state| {
            serde_json::to_string(&state).unwrap_or_default()
        })
    }

    /// Holds an input in the player's place, from JSON; without one the hands are given back.
    ///
    /// # Errors
    /// What does not fit in the JSON.
    pub fn hold(&self, json: Option<String>) -> Result<(), JsValue> {
        let hold: Option<Hold> = json
            .map(|json| serde_json::from_str(&json))
            .transpose()
            .map_err(|error| JsValue::from_str(&error.to_string()))?;
        if let Some(mut page) = self.page() {
            page.window().hold(hold.map(Input::from));
        }
        Ok(())
    }

    /// Says a line to the room; false when that is not possible now.
    pub fn chat(&self, text: &str) -> bool {
        self.page().is_some_and(|mut page| page.window().chat(text))
    }

    /// Moves the session to another transport; an empty name tries all.
    pub fn switch_transport(&self, name: &str) {
        if let Some(mut page) = self.page() {
            page.window().switch_transport(name.parse().ok());
        }
    }

    /// Simulates a network by the name of its preset; an empty name ends that.
    ///
    /// # Errors
    /// When there is no such preset.
    pub fn conditioner(&self, preset: &str) -> Result<(), JsValue> {
        let network = match preset {
            "" => None,
            name => Some(
                name.parse::<Network>()
                    .map_err(|_| "there is no such preset")?,
            ),
        };
        if let Some(mut page) = self.page() {
            page.window().set_network(network);
        }
        Ok(())
    }

    /// One turn without a picture, for a tab that is hidden.
    pub fn turn(&self) {
        if let Some(mut page) = self.page() {
            page.window().turn();
        }
    }

    /// Tells the server whether somebody looks at this tab.
    pub fn set_away(&self, away: bool) {
        if let Some(mut page) = self.page() {
            page.window().set_away(away);
        }
    }

    /// The browser has a network again, perhaps another one.
    pub fn network_changed(&self) {
        if let Some(mut page) = self.page() {
            page.window().network_changed();
        }
    }

    /// Whether the player left by the game's own menu.
    #[must_use]
    pub fn has_left(&self) -> bool {
        self.page().is_some_and(|mut page| page.window().has_left())
    }

    /// Whether the program broke: it draws nothing any more.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.runner.has_panicked()
    }

    /// Takes the game off the canvas.
    pub fn end(&self) {
        self.runner.destroy();
    }

    /// What takes this session up again in a later page; `None` where there is none.
    #[must_use]
    pub fn resume_token(&self) -> Option<String> {
        let mut page = self.page()?;
        let resume = page.window().play()?.pilot.resume_token();
        resume.map(|resume| resume.to_string())
    }

    /// Gives up the link, not the session: this page goes, and a later one may come back.
    pub fn let_go(&self) {
        if let Some(mut page) = self.page() {
            page.window().let_go();
        }
    }

    /// `None` while a picture is being drawn, and after a panic.
    pub(super) fn page(&self) -> Option<RefMut<'_, PageApp>> {
        self.runner.app_mut::<PageApp>()
    }
}

impl From<Hold> for Input {
    fn from(hold: Hold) -> Input {
        let push = |part: f32| (part.clamp(-1.0, 1.0) * PUSH) as i8;
        let [x, y] = hold.r#move;
        Input {
            move_x: push(x),
            move_y: push(y),
            aim: hold.aim,
            fire: hold.fire,
            dash: hold.dash,
        }
    }
}
