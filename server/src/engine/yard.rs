//! A tiny game for the engine's tests: posts on a line, hidden from others when left of zero.
//!
//! Never used outside tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use tickwire_shared::Replicate;
use tickwire_shared::delta::Tables;
use tickwire_shared::game::{Frame, Game, Step, Visible, schema_of};
use tickwire_shared::id::{EntityId, PlayerId};
use tickwire_shared::schema::Schema;
use tickwire_shared::time::TickRate;

use super::replication::ReplicationConfig;
use super::room::{RoomConfig, Sabotage};

/// A step to the left or right, and a shout.
#[derive(Clone, Debug, Default, PartialEq, Replicate)]
pub struct Walk {
    /// Which way; 3 is a cheat that the game refuses.
    #[net(id = 0, range = -3..=3)]
    pub way: i8,
    /// Shouts once.
    #[net(id = 1, edge)]
    pub shout: bool,
}

/// A player's post.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Post {
    /// Whose.
    #[net(id = 0)]
    pub who: PlayerId,
    /// Where.
    #[net(id = 1, range = -1000..=1000, predict)]
    pub x: i16,
    /// Steps it walked, for its owner.
    #[net(id = 2, range = 0..=100000, only = owner, predict)]
    pub steps: Option<u32>,
}

/// Somebody shouted.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Shout {
    /// Who.
    #[net(id = 0)]
    pub who: PlayerId,
}

/// Posts by id.
#[derive(Clone, Debug, Default)]
pub struct Yard(pub BTreeMap<EntityId, Post>);

impl Game for Yard {
    const TICK_RATE: TickRate = TickRate::hz(50);
    const HIDES: bool = true;
    type Input = Walk;
    type Entity = Post;
    type Event = Shout;
    type Rules = ();

    fn new(_rules: &(), _seed: u64) -> Yard {
        Yard::default()
    }

    fn join(&mut self, cx: &mut Step<'_, Yard>, who: PlayerId) {
        if let Some(id) = cx.spawn(Some(who)) {
            let steps = Some(0);
            self.0.insert(id, Post { who, x: 0, steps });
        }
    }

    fn leave(&mut self, cx: &mut Step<'_, Yard>, player: PlayerId) {
        for (id, _) in self.0.extract_if(.., |_, post| post.who == player) {
            cx.despawn(id);
        }
    }

    fn step(&mut self, cx: &mut Step<'_, Yard>) {
        for (&id, post) in &mut self.0 {
            let Some(seat) = cx.input(post.who).filter(|_| cx.steps(id)) else {
                continue;
            };
            post.x = (post.x + i16::from(seat.input.way)).clamp(-1_000, 1_000);
            post.steps = post
                .steps
                .map(|steps| steps + u32::from(seat.input.way != 0));
            if seat.input.shout {
                cx.emit_by(post.who, Shout { who: post.who }, Some(id));
            }
        }
    }

    fn save(&self, out: &mut Frame<Post>) {
        self.0.iter().for_each(|(&id, post)| out.put(id, post));
    }

    fn load(&mut self, from: &Frame<Post>) {
        self.0.extend(from.iter());
        from.removed().iter().for_each(|id| {
            self.0.remove(id);
        });
    }

    fn accept(&self, _player: PlayerId, input: &mut Walk) -> bool {
        input.way.abs() < 3
    }

    fn visible(&self, _viewer: PlayerId, _id: EntityId, post: &Post) -> Visible {
        if post.x < 0 {
            Visible::Hidden
        } else {
            Visible::Full
        }
    }

    fn team(&self, player: PlayerId) -> Option<u8> {
        let post = self.0.values().find(|post| post.who == player)?;
        Some(u8::from(post.x < 0))
    }
}

/// The game's schema and tables.
pub fn parts() -> (Arc<Schema>, Arc<Tables>) {
    let schema = Arc::new(schema_of::<Yard>().expect("the yard's declarations are fair"));
    let tables = Arc::new(Tables::default_for(&schema));
    (schema, tables)
}

/// A room of it.
pub fn room_config(sabotage: Sabotage) -> RoomConfig<Yard> {
    let (schema, tables) = parts();
    RoomConfig {
        rules: (),
        schema,
        tables,
        seed: 1,
        secret: 2,
        replication: ReplicationConfig::default(),
        sabotage,
    }
}
