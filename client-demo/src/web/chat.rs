//! Chat as the page around the canvas shows it: plain data out, what the player does in.
//!
//! Never calls the page by itself: its script asks whether anything has changed.

use std::cell::RefMut;

use wasm_bindgen::prelude::*;

use super::app::PageApp;
use super::game::Game;
use crate::limits::ACT_BYTES_MAX;
use crate::panel::{Act, complete};
use crate::window::Play;

#[wasm_bindgen]
impl Game {
    /// Rises whenever something that is shown of chat has changed; 0 before there is any.
    #[must_use]
    pub fn chat_revision(&self) -> f64 {
        let revision = self.with_play(|play| play.panel.revision());
        revision.unwrap_or_default() as f64
    }

    /// Everything that is shown of chat, as JSON.
    #[must_use]
    pub fn chat_state(&self) -> String {
        let state = self.with_play(|play| play.panel.state(play.pilot.client()));
        serde_json::to_string(&state.unwrap_or_default()).unwrap_or_default()
    }

    /// What is shown while the chat is closed, as JSON: `open`, `places` and `invitations`.
    #[must_use]
    pub fn chat_brief(&self) -> String {
        let brief = self.with_play(|play| play.panel.brief(play.pilot.client()));
        serde_json::to_string(&brief.unwrap_or_default()).unwrap_or_default()
    }

    /// What to tell the player wherever they look, as a JSON array; each thing once.
    #[must_use]
    pub fn chat_notices(&self) -> String {
        let notices = self.with_play(|play| {
            let next = || play.panel.take_notice();
            std::iter::from_fn(next).collect::<Vec<_>>()
        });
        serde_json::to_string(&notices.unwrap_or_default()).unwrap_or_default()
    }

    /// Does what the player wants, from JSON. What to do instead, when it cannot be done.
    #[must_use]
    pub fn chat_act(&self, json: &str) -> Option<String> {
        if json.len() > ACT_BYTES_MAX {
            return Some("That is too long.".to_owned());
        }
        let act: Act = match serde_json::from_str(json) {
            Ok(act) => act,
            Err(error) => return Some(error.to_string()),
        };
        let done = self.with_play(|play| play.panel.act(play.pilot.client_mut(), act));
        done?.err()
    }

    /// Whether the player pressed the game's key for chat since the last call.
    #[must_use]
    pub fn chat_wished(&self) -> bool {
        let wished = self.with_play(|play| {
            let outside = play.talk.outside.as_mut();
            outside.is_some_and(|outside| core::mem::take(&mut outside.wished))
        });
        wished.unwrap_or_default()
    }

    /// Tells the game whether the page shows chat: then it paints none itself.
    pub fn chat_shown(&self, shown: bool) {
        self.with_play(|play| {
            if let Some(outside) = &mut play.talk.outside {
                outside.shown = shown;
            }
        });
    }

    /// The commands that begin with what was typed, as a JSON array of pairs.
    #[must_use]
    pub fn chat_commands(&self, typed: &str) -> String {
        let role = self.with_play(|play| play.pilot.client().talk().role());
        let all = complete(typed, role.unwrap_or_default());
        serde_json::to_string(&all).unwrap_or_default()
    }

    /// What brings a guest back as the same player, a secret; `None` for everybody else.
    #[must_use]
    pub fn guest_key(&self) -> Option<String> {
        self.with_play(|play| {
            let client = play.pilot.client();
            let me = client.talk().me().filter(|me| me.is_guest());
            let token = me.and_then(|_| client.resume_token());
            token.map(|token| format!("{:032x}", u128::from_be_bytes(token.return_key.0)))
        })?
    }

    fn with_play<T>(&self, what: impl FnOnce(&mut Play) -> T) -> Option<T> {
        let mut page: RefMut<'_, PageApp> = self.page()?;
        page.window().play_mut().map(what)
    }
}
