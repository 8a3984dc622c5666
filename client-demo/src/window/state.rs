//! The program as plain data: what the page's test hook shows.
//!
//! Never changes anything.

use serde::Serialize;

use super::app::WindowApp;
use crate::pilot::PilotState;

/// Lines of chat that a state holds at the most: the newest.
const LINES_MAX: usize = 100;

/// Everything there is to know about the program at one picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WindowState {
    /// The client and its links; flattened into this.
    #[serde(flatten)]
    pub pilot: PilotState,
    /// The room; empty before the first join.
    pub room: String,
    /// The newest lines of chat, oldest first.
    pub chat: Vec<ChatState>,
    /// What the program itself told the player, oldest first.
    pub notices: Vec<String>,
    /// Pictures drawn so far.
    pub frames: u64,
}

/// A line of chat.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChatState {
    /// The seat that said it, while it is in the room.
    pub player: Option<u16>,
    /// Under which name.
    pub name: String,
    /// The words.
    pub text: String,
}

impl WindowApp {
    /// Everything there is to know now; only `frames` before a game begins.
    #[must_use]
    pub fn state(&self) -> WindowState {
        let frames = self.frames();
        let Some(play) = self.play() else {
            return WindowState {
                frames,
                ..WindowState::default()
            };
        };
        let said = play.talk.lines().filter_map(|line| {
            let author = line.from.clone()?;
            Some(ChatState {
                player: author.player.map(|player| player.0),
                name: author.name,
                text: line.text.clone(),
            })
        });
        let told = play.talk.lines().filter(|line| line.from.is_none());
        WindowState {
            pilot: play.pilot.state(self.now()),
            room: play.room().to_owned(),
            chat: newest(said.collect()),
            notices: newest(told.map(|line| line.text.clone()).collect()),
            frames,
        }
    }
}

fn newest<T>(mut all: Vec<T>) -> Vec<T> {
    all.split_off(all.len().saturating_sub(LINES_MAX))
}
