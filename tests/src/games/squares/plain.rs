//! Squares in a plain `Vec`.
//!
//! No rule of the game is here, only the storage.

use tickwire_shared::game::{Frame, Game, Step};
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{EntityId, PlayerId};
use tickwire_shared::rng::Rng;
use tickwire_shared::time::TickRate;

use super::{Bounced, EARSHOT, Ground, Push, Square, team_of};
use crate::games::SimGame;

/// The world as a list.
pub struct PlainSquares {
    grip: u16,
    squares: Vec<(EntityId, Square)>,
}

impl Game for PlainSquares {
    const TICK_RATE: TickRate = TickRate::hz(60);
    const EARSHOT: f32 = EARSHOT;
    type Input = Push;
    type Entity = Square;
    type Event = Bounced;
    type Rules = Ground;

    fn new(rules: &Ground, _seed: u64) -> PlainSquares {
        PlainSquares {
            grip: rules.grip,
            squares: Vec::new(),
        }
    }

    fn step(&mut self, cx: &mut Step<'_, Self>) {
        for (id, square) in &mut self.squares {
            if !cx.steps(*id) {
                continue;
            }
            let way = cx
                .input(square.who)
                .map_or(Vec2::ZERO, |seat| seat.input.way);
            if square.glide(way, self.grip, cx.dt()) {
                cx.emit(Bounced { who: square.who }, Some(*id));
            }
        }
    }

    fn save(&self, out: &mut Frame<Square>) {
        for (id, square) in &self.squares {
            out.put(*id, square);
        }
    }

    fn load(&mut self, from: &Frame<Square>) {
        for (id, square) in from.iter() {
            match self.squares.iter_mut().find(|entry| entry.0 == id) {
                Some(entry) => entry.1 = square,
                None => self.squares.push((id, square)),
            }
        }
        self.squares
            .retain(|entry| !from.removed().contains(&entry.0));
        self.squares.sort_by_key(|entry| entry.0);
    }

    fn join(&mut self, cx: &mut Step<'_, Self>, player: PlayerId) {
        if let Some(id) = cx.spawn(Some(player)) {
            self.squares.push((id, Square::new(player)));
            self.squares.sort_by_key(|entry| entry.0);
        }
    }

    fn leave(&mut self, cx: &mut Step<'_, Self>, player: PlayerId) {
        for (id, _) in self.squares.iter().filter(|entry| entry.1.who == player) {
            cx.despawn(*id);
        }
        self.squares.retain(|entry| entry.1.who != player);
    }

    fn team(&self, player: PlayerId) -> Option<u8> {
        team_of(player)
    }
}

impl SimGame for PlainSquares {
    fn rules(seed: u64) -> Ground {
        super::rules(seed)
    }

    fn intent(rng: &mut Rng, held: &Push) -> Push {
        super::intent(rng, held)
    }
}
