//! The room as this client sees it: for drawing and for bots.
//!
//! Never changes anything.

use super::live::Live;
use crate::game::{Game, Role};
use crate::id::{EntityId, PlayerId, Tick};
use crate::input::Shown;
use crate::time::Instant;

/// One entity as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn<E> {
    /// Its name.
    pub id: EntityId,
    /// Its owner, when it has one.
    pub owner: Option<PlayerId>,
    /// Whether this client predicts it or merely shows it.
    pub role: Role,
    /// The entity, own ones at the predicted present, others at the drawn instant.
    pub entity: E,
}

/// The room at the client's last frame.
pub struct View<'a, G: Game> {
    pub(super) live: Option<&'a Live<G>>,
    pub(super) now: Instant,
}

impl<'a, G: Game> View<'a, G> {
    /// This client's seat; `None` before it joined.
    #[must_use]
    pub fn me(&self) -> Option<PlayerId> {
        self.live.map(Live::me)
    }

    /// The room's rules; `None` before it joined.
    #[must_use]
    pub fn rules(&self) -> Option<&'a G::Rules> {
        self.live.map(Live::rules)
    }

    /// The newest predicted tick; [`Tick::ZERO`] before the first snapshot.
    #[must_use]
    pub fn tick(&self) -> Tick {
        self.live.map_or(Tick::ZERO, Live::tick)
    }

    /// The instant at which shown entities are drawn; `None` before the first snapshot.
    #[must_use]
    pub fn shown(&self) -> Option<Shown> {
        self.live.and_then(Live::shown)
    }

    /// Every entity there is to draw: own ones first, then the others by slot.
    pub fn entities(&self) -> impl Iterator<Item = Drawn<G::Entity>> + use<'a, G> {
        let now = self.now;
        let rows = self.live.into_iter().flat_map(move |live| {
            live.drawn_rows(now)
                .filter_map(move |row| Some((row.fetch(live.schema())?, row)))
        });
        rows.map(|(entity, row)| Drawn {
            id: row.id,
            owner: row.owner,
            role: row.role,
            entity,
        })
    }

    /// The own entities, at the predicted present.
    pub fn own(&self) -> impl Iterator<Item = Drawn<G::Entity>> + use<'a, G> {
        self.entities()
            .take_while(|drawn| drawn.role == Role::Predicted)
    }
}
