//! What a player is told wherever they look.
//!
//! Never about a line the player is looking at, nor of somebody they blocked.

use serde::Serialize;

use super::Place;

/// Why it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Somebody whispered.
    Whisper,
    /// Somebody named the player.
    Mention,
    /// Whispers waited for the player to come.
    Waiting,
    /// Somebody invites the player.
    Invited,
    /// What became of a wish, where places are not shown.
    Answer,
}

/// Something to tell the player.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// Why.
    pub kind: NoticeKind,
    /// In a few words.
    pub title: String,
    /// What was said; may be empty.
    pub text: String,
    /// Where to look; `None` for an invitation and for what became of a wish.
    #[serde(serialize_with = "super::state::place_text")]
    pub place: Option<Place>,
}
