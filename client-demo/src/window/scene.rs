//! What there is to draw: the room as the client knew it last.
//!
//! Never predicts and never interpolates: the client did both. While a session moves from one link
//! to another the last picture stays, so that nothing blinks.

use std::collections::BTreeMap;

use tickwire_arena::kinds::{Entity, Fighter, Rules};
use tickwire_arena::tune::MAP_SIZE;
use tickwire_arena::{Arena, Hud, Map};
use tickwire_shared::client::Client;
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{EntityId, PlayerId, Tick};

/// The room as it is drawn.
pub struct Scene {
    /// The rules and their map; `None` before the first join.
    ground: Option<(Rules, Map)>,
    /// Whose picture it is.
    pub me: PlayerId,
    /// The predicted present.
    pub tick: Tick,
    /// Everything the client knows, owners included where it knows them.
    pub entities: Vec<(EntityId, Option<PlayerId>, Entity)>,
    /// The names of the players.
    pub names: BTreeMap<PlayerId, String>,
    /// Leaderboard, clock and vitals.
    pub hud: Hud,
}

impl Default for Scene {
    fn default() -> Scene {
        Scene {
            ground: None,
            me: PlayerId(u16::MAX),
            tick: Tick::ZERO,
            entities: Vec::new(),
            names: BTreeMap::new(),
            hud: Hud::default(),
        }
    }
}

impl Scene {
    /// Takes over what the client knows now; keeps the last picture while it knows nothing.
    pub fn look(&mut self, client: &Client<Arena>) {
        let view = client.view();
        let (Some(me), Some(rules)) = (view.me(), view.rules()) else {
            return;
        };
        if view.shown().is_none() {
            return;
        }
        let entities = view.entities().map(|one| (one.id, one.owner, one.entity));
        let names = client.roster();
        self.show(rules, me, view.tick(), entities, names);
    }

    /// Shows this from now on.
    pub fn show(
        &mut self,
        rules: &Rules,
        me: PlayerId,
        tick: Tick,
        entities: impl Iterator<Item = (EntityId, Option<PlayerId>, Entity)>,
        names: &BTreeMap<PlayerId, String>,
    ) {
        (self.me, self.tick) = (me, tick);
        self.entities.clear();
        self.entities.extend(entities);
        if self.ground.as_ref().is_none_or(|(had, _)| had != rules) {
            self.ground = Some((rules.clone(), Map::of(rules.map)));
        }
        self.names.clone_from(names);
        let entities = self.entities.iter().map(|(_, _, entity)| entity);
        self.hud = Hud::of(me, tick, entities);
    }

    /// The map; `None` before the first join.
    #[must_use]
    pub fn map(&self) -> Option<&Map> {
        self.ground.as_ref().map(|(_, map)| map)
    }

    /// The rules; `None` before the first join.
    #[must_use]
    pub fn rules(&self) -> Option<&Rules> {
        self.ground.as_ref().map(|(rules, _)| rules)
    }

    /// The fighters.
    pub fn fighters(&self) -> impl Iterator<Item = &Fighter> {
        self.entities
            .iter()
            .filter_map(|(_, _, entity)| match entity {
                Entity::Fighter(body) => Some(body),
                _ => None,
            })
    }

    /// The own fighter; `None` when there is none.
    #[must_use]
    pub fn own(&self) -> Option<&Fighter> {
        self.fighters().find(|body| body.player == self.me)
    }

    /// A player's name; the seat when no name is known.
    #[must_use]
    pub fn name(&self, player: PlayerId) -> String {
        let known = self.names.get(&player).cloned();
        known.unwrap_or_else(|| player.to_string())
    }

    /// The middle of the map.
    #[must_use]
    pub fn middle() -> Vec2 {
        Vec2::splat(MAP_SIZE / 2.0)
    }
}
