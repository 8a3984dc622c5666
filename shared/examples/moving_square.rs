//! A whole game: squares that players push around. Predicted, reconciled and ready for bots.
//!
//! It never knows that there is a network.

use std::collections::BTreeMap;

use tickwire_shared::Replicate;
use tickwire_shared::game::{Frame, Game, Step};
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{EntityId, PlayerId};
use tickwire_shared::time::TickRate;

/// What a player wants in one tick.
#[derive(Clone, Debug, Default, PartialEq, Replicate)]
#[net(fine = 0)]
pub struct Push {
    /// Where to, at most 1 in each direction.
    #[net(id = 0, range = -1.0..=1.0, step = 1.0 / 64.0)]
    pub direction: Vec2,
}

/// One player's square.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Square {
    /// Whose it is.
    #[net(id = 0)]
    pub owner: PlayerId,
    /// Where it is.
    #[net(id = 1, range = -100.0..=100.0, step = 1.0 / 64.0, position, smooth = linear, predict)]
    pub place: Vec2,
    /// Units per second.
    #[net(id = 2, range = -16.0..=16.0, step = 1.0 / 64.0, velocity_of = place, predict)]
    pub velocity: Vec2,
}

/// The world: any container will do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Squares(pub BTreeMap<EntityId, Square>);

impl Game for Squares {
    const TICK_RATE: TickRate = TickRate::hz(60);
    type Input = Push;
    type Entity = Square;
    type Event = ();
    type Rules = ();

    fn new(_rules: &(), _seed: u64) -> Squares {
        Squares::default()
    }

    fn join(&mut self, cx: &mut Step<'_, Squares>, owner: PlayerId) {
        if let Some(id) = cx.spawn(Some(owner)) {
            let (place, velocity) = (Vec2::ZERO, Vec2::ZERO);
            self.0.insert(
                id,
                Square {
                    owner,
                    place,
                    velocity,
                },
            );
        }
    }

    fn leave(&mut self, cx: &mut Step<'_, Squares>, player: PlayerId) {
        for (id, _) in self.0.extract_if(.., |_, square| square.owner == player) {
            cx.despawn(id);
        }
    }

    fn step(&mut self, cx: &mut Step<'_, Squares>) {
        for (id, square) in &mut self.0 {
            if cx.steps(*id)
                && let Some(seat) = cx.input(square.owner)
            {
                square.velocity += (seat.input.direction * 8.0 - square.velocity) * 0.2;
                square.place += square.velocity * cx.dt();
            }
        }
    }

    fn save(&self, out: &mut Frame<Square>) {
        for (id, square) in &self.0 {
            out.put(*id, square);
        }
    }

    fn load(&mut self, from: &Frame<Square>) {
        self.0.extend(from.iter());
        for id in from.removed() {
            self.0.remove(id);
        }
    }
}

/// Steps the game alone, without a network, and prints where the square goes.
///
/// # Errors
/// When the schema breaks a rule.
pub fn main() -> Result<(), tickwire_shared::schema::SchemaError> {
    let schema = std::sync::Arc::new(tickwire_shared::game::schema_of::<Squares>()?);
    print!("{}", schema.text);
    let (mut game, mut host, player) = (Squares::new(&(), 1), alone::Alone::default(), PlayerId(0));
    let direction = Vec2::new(1.0, 0.5);
    let seats = [alone::seat(player, Push { direction })];
    for tick in 1..=60 {
        let mut events = Vec::new();
        let mut cx = Step::new(
            tickwire_shared::id::Tick(tick),
            1,
            &seats,
            &mut events,
            &mut host,
        );
        if tick == 1 {
            game.join(&mut cx, player);
        }
        game.step(&mut cx);
        // The world continues from what the mirror holds, here as on a server.
        let mut frame = Frame::new(schema.clone());
        game.save(&mut frame);
        game.load(&frame);
        if tick % 10 == 0 {
            println!(
                "tick {tick}: {:?}",
                game.0.values().map(|s| s.place).collect::<Vec<_>>()
            );
        }
    }
    Ok(())
}

/// A host without a network.
mod alone {
    use tickwire_shared::game::{Host, Role, SeatInput, Source};
    use tickwire_shared::id::{EntityId, PlayerId};
    use tickwire_shared::rng::Rng;

    /// Counts the entities it has named.
    #[derive(Debug, Default)]
    pub struct Alone(u32);

    /// A player's own input.
    pub fn seat<I>(player: PlayerId, input: I) -> SeatInput<I> {
        let source = Source::Real;
        SeatInput {
            player,
            input,
            source,
        }
    }

    impl Host for Alone {
        fn spawn(&mut self, _owner: Option<PlayerId>) -> Option<EntityId> {
            let slot = self.0;
            self.0 += 1;
            Some(EntityId {
                slot,
                generation: 0,
            })
        }
        fn despawn(&mut self, _id: EntityId) {}
        fn role(&self, _id: EntityId) -> Role {
            Role::Authority
        }
        fn teleport(&mut self, _id: EntityId) {}
        fn shove(&mut self, _id: EntityId) {}
        fn read_shown(&mut self) {}
        fn secret(&mut self) -> Option<&mut Rng> {
            None
        }
        fn is_server(&self) -> bool {
            true
        }
    }
}
