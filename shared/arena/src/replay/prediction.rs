//! A client that starts from what the server holds, has only its own inputs and computes the same,
//! until the server counts a shove of its fighter.

use super::*;
use crate::kinds::{Bullet, Fighter};
use tickwire_shared::game::{Host, Role};

const ME: PlayerId = PlayerId(3);

/// Ticks a client predicts ahead in these tests.
const AHEAD: usize = 24;

/// The host of a client's prediction: it steps only what is its own.
struct ClientHost<'a> {
    tick: Tick,
    mirror: &'a mut Mirror,
}

impl Host for ClientHost<'_> {
    fn spawn(&mut self, owner: Option<PlayerId>) -> Option<EntityId> {
        assert_eq!(owner, Some(ME), "a client spawns for itself only");
        self.mirror.spawn(self.tick, owner)
    }

    fn despawn(&mut self, id: EntityId) {
        assert_eq!(self.role(id), Role::Predicted, "a client ends its own only");
        self.mirror.despawn(id, self.tick);
    }

    fn role(&self, id: EntityId) -> Role {
        match self.mirror.owner(id) {
            Some(ME) => Role::Predicted,
            _ => Role::Shown,
        }
    }

    fn teleport(&mut self, id: EntityId) {
        panic!("a client teleported {id}");
    }

    fn shove(&mut self, id: EntityId) {
        panic!("a client shoved {id}");
    }

    fn read_shown(&mut self) {
        panic!("arena's prediction depends on nobody else");
    }

    fn secret(&mut self) -> Option<&mut Rng> {
        None
    }

    fn is_server(&self) -> bool {
        false
    }
}

/// What a client compares: what is predicted of its own fighter and bullets.
#[derive(Debug, PartialEq)]
struct Own {
    body: (Vec<u32>, Option<u32>, Option<u32>),
    bullets: Vec<Vec<u32>>,
}

fn own(game: &Arena) -> Own {
    let fighter = game
        .fighters
        .iter()
        .find(|(_, fighter)| fighter.player == ME);
    let Fighter {
        pos,
        vel,
        aim,
        fire_at,
        dash_at,
        ..
    } = fighter.expect("my fighter is there").1;
    let body = [pos.x, pos.y, vel.x, vel.y, *aim]
        .map(f32::to_bits)
        .to_vec();
    let mine = game
        .bullets
        .iter()
        .filter(|(_, bullet)| bullet.player == ME);
    let mut bullets: Vec<Vec<u32>> = mine.map(|(_, bullet)| bits_of(bullet)).collect();
    bullets.sort_unstable();
    Own {
        body: (body, *fire_at, *dash_at),
        bullets,
    }
}

fn bits_of(bullet: &Bullet) -> Vec<u32> {
    let Bullet { pos, vel, .. } = bullet;
    let floats = [pos.x, pos.y, vel.x, vel.y].map(f32::to_bits);
    floats.into_iter().chain(bullet.ends_at).collect()
}

fn shoves(room: &LocalRoom) -> u32 {
    let id = room.game.fighter_of(ME).expect("my fighter is there");
    let mut words = Vec::new();
    let kind = room.mirror.row(id, &mut words).expect("it has a row");
    let kind = room.mirror.schema().entity(kind).expect("its kind exists");
    words[kind.shoves()]
}

/// One tick on a client.
fn predict(game: &mut Arena, mirror: &mut Mirror, seed: u64, tick: Tick, mine: &SeatInput<Input>) {
    let mut events = Vec::new();
    let mut host = ClientHost { tick, mirror };
    let inputs = core::slice::from_ref(mine);
    game.step(&mut Step::new(tick, seed, inputs, &mut events, &mut host));
    let mut frame = Frame::new(Arc::clone(mirror.schema()));
    game.save(&mut frame);
    mirror.apply(&mut frame, tick);
    game.load(&frame);
}

/// Lets server and client run side by side from the server's present; ticks that were equal, and
/// whether a shove ended the comparison.
fn compare(room: &mut LocalRoom) -> (usize, bool) {
    let (mut game, mut mirror) = (room.game.clone(), room.mirror.clone());
    let before = shoves(room);
    for equal in 0..AHEAD {
        room.advance();
        let mine = room.inputs.iter().find(|seat| seat.player == ME);
        let mine = mine.expect("my bot thinks").clone();
        predict(&mut game, &mut mirror, room.seed, room.tick, &mine);
        if shoves(room) != before {
            return (equal, true);
        }
        assert_eq!(
            own(&game),
            own(&room.game),
            "seed {} {}",
            room.seed,
            room.tick
        );
    }
    (AHEAD, false)
}

#[test]
fn every_misprediction_is_explained_by_a_shove() {
    for seed in 1..=4 {
        let room = LocalRoom::new(Rules::default(), seed, 12);
        let mut room = room.expect("arena's schema compiles");
        room.advance();
        let (mut equal, mut shoved) = (0, 0);
        for _ in 0..150 {
            let (ticks, ended) = compare(&mut room);
            equal += ticks;
            shoved += usize::from(ended);
        }
        assert!(
            equal > 1_500 && shoved > 10,
            "seed {seed}: {equal} equal, {shoved} shoved"
        );
    }
}
