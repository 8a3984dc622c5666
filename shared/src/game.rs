//! The contract of a game: a pure step over state, inputs and tick.
//!
//! A game gets no clock, no socket and no global randomness. The same implementation is the
//! server's simulation, the client's prediction, the bots, the replays and the tests.

mod authority;
mod frame;
mod step;

pub use authority::Authority;
pub use frame::{Frame, FrameRow};
pub use step::{Emitted, Host, Role, SeatInput, Source, Step};

use crate::id::{EntityId, PlayerId};
use crate::replicate::Replicate;
use crate::schema::{Schema, SchemaError};
use crate::time::TickRate;

/// Who may see an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visible {
    /// This player must not learn that it exists.
    Hidden,
    /// This player sees it.
    Full,
}

/// The rules of a game as a pure step.
///
/// All state that a later step reads must be in entities (fields `only = server` for what nobody
/// may know): `new` followed by `load` of everything must go on exactly as if nothing had happened.
pub trait Game: Sized + Send + 'static {
    /// Ticks a second.
    const TICK_RATE: TickRate;

    /// Snapshots are sent every so many ticks.
    const SNAPSHOT_EVERY: u32 = 1;

    /// Whether [`Game::visible`] is asked at all; leave it off when everybody sees everything.
    const HIDES: bool = false;

    /// How far a player's words carry in proximity chat, in the units of the field that is an
    /// entity's `position`. 0 for a game without proximity chat.
    const EARSHOT: f32 = 0.0;

    /// Code tables trained for this game ([`crate::delta::training`]); they travel at the join. No
    /// bytes stand for tables that fit any game, with larger snapshots.
    const TABLES: &'static [u8] = &[];

    /// One player's intent for one tick; the default is "hands off". Must be a struct (one kind).
    type Input: Replicate + Default + PartialEq;
    /// Everything that is replicated: an enum with one variant a kind, or a struct.
    type Entity: Replicate;
    /// One-shot facts: a hit, a sound, a line of the kill feed.
    type Event: Replicate;
    /// Map, mode: sent at join, pinned in replays.
    type Rules: Replicate;

    /// An empty world. What `new` spawns comes from [`Game::start`].
    fn new(rules: &Self::Rules, seed: u64) -> Self;

    /// Spawns what stands at the start; called once, on the server only, at the first tick.
    fn start(&mut self, _cx: &mut Step<'_, Self>) {}

    /// Advances the world by one tick.
    ///
    /// On a client only entities whose [`Step::role`] is [`Role::Predicted`] may be advanced;
    /// shown ones are there to be read.
    fn step(&mut self, cx: &mut Step<'_, Self>);

    /// Puts every entity that may have changed into `out`; what is not put is kept.
    fn save(&self, out: &mut Frame<Self::Entity>);

    /// Takes over every entity of `from.iter()` and forgets those of `from.removed()`.
    ///
    /// Equal sets of rows must lead to equal worlds, in whatever order they come.
    fn load(&mut self, from: &Frame<Self::Entity>);

    /// A player took a seat; runs on the server before the step of that tick.
    fn join(&mut self, _cx: &mut Step<'_, Self>, _player: PlayerId) {}

    /// A player's session ended; runs on the server before the step of that tick.
    fn leave(&mut self, _cx: &mut Step<'_, Self>, _player: PlayerId) {}

    /// The cheat gate: may change the input, or refuse it (then it counts as missing). Ranges are
    /// already enforced by the schema. A client asks it too before it predicts, so it may look
    /// only at what the player's client knows.
    fn accept(&self, _player: PlayerId, _input: &mut Self::Input) -> bool {
        true
    }

    /// Whether `viewer` may see this entity. Owners always see their own.
    fn visible(&self, _viewer: PlayerId, _id: EntityId, _entity: &Self::Entity) -> Visible {
        Visible::Full
    }

    /// The team a player is in, for team chat; asked on the server after each step, so it should
    /// not search for long. Like everything else it must follow from entities and rules.
    fn team(&self, _player: PlayerId) -> Option<u8> {
        None
    }

    /// What a player has scored, for lists outside the game; asked on the server a few times a
    /// second. `None` for a game that keeps no score.
    fn score(&self, _player: PlayerId) -> Option<i64> {
        None
    }
}

/// The compiled schema of a game.
///
/// # Errors
/// [`SchemaError`] names the kind and field that break a rule.
pub fn schema_of<G: Game>() -> Result<Schema, SchemaError> {
    Schema::compile(
        G::Entity::KINDS,
        G::Input::KINDS,
        G::Event::KINDS,
        G::Rules::KINDS,
        G::TICK_RATE,
    )
}
