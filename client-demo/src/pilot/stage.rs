//! Where a client stands with its server, in words for the player.
//!
//! Never changes anything.

use std::time::Duration;

use tickwire_shared::time::Instant;

/// Where a client stands with its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// There is no link; one is being dialed.
    Dialing,
    /// A link is there; the server was asked for a seat on it.
    Joining,
    /// In a room.
    Playing,
    /// There is no link; the next attempt begins at this instant.
    Waiting {
        /// When.
        until: Instant,
    },
    /// It is over and nothing goes on by itself.
    Over,
}

/// What there is to tell besides the stage.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// Where it stands.
    pub stage: Stage,
    /// What ended the last link or the last attempt, as a sentence; empty when nothing did.
    pub why: &'a str,
    /// Whether it was in the room before.
    pub was_in: bool,
    /// How long nothing has come from the server, on a link that is there.
    pub silent: Duration,
    /// The transport a change is under way to.
    pub moving_to: Option<&'a str>,
}

/// A silence shorter than this is not worth a word.
const WORTH_A_WORD: Duration = Duration::from_millis(900);

impl Stage {
    /// Its name, for tests and pages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Stage::Dialing => "dialing",
            Stage::Joining => "joining",
            Stage::Playing => "playing",
            Stage::Waiting { .. } => "waiting",
            Stage::Over => "over",
        }
    }
}

impl Telling<'_> {
    /// A headline and a sentence for the player; `None` when all is well.
    #[must_use]
    pub fn words(&self, now: Instant) -> Option<(String, String)> {
        let why = self.why.to_owned();
        let said = match self.stage {
            Stage::Dialing if self.was_in => ("Link lost. Dialing again …".to_owned(), why),
            Stage::Dialing => ("Reaching the server …".to_owned(), why),
            Stage::Joining if self.was_in => ("Coming back …".to_owned(), why),
            Stage::Joining => ("Joining the room …".to_owned(), why),
            Stage::Waiting { until } => (waiting(until.since(now)), why),
            Stage::Over => ("This game is over for you.".to_owned(), why),
            Stage::Playing => return self.words_in_play(),
        };
        Some(said)
    }

    fn words_in_play(&self) -> Option<(String, String)> {
        if self.silent > WORTH_A_WORD {
            let seconds = self.silent.as_secs_f32();
            let head = format!("Nothing from the server for {seconds:.0} s");
            return Some((
                head,
                "Your seat is kept while the link comes back.".to_owned(),
            ));
        }
        let to = self.moving_to?;
        let rest = "The game goes on meanwhile.".to_owned();
        Some((format!("Moving to {to} …"), rest))
    }
}

fn waiting(left: Duration) -> String {
    let seconds = left.as_secs_f32().ceil().max(1.0);
    format!("No link. Trying again in {seconds:.0} s")
}
