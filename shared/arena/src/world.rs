//! The game itself: its world, and the order in which a tick happens.
//!
//! Holds no state outside entities: what is not in a row here is a map, rules or scratch memory.
//!
//! A tick: fighters move and fire, bullets fly, new bullets appear, and on the server
//! `referee` then decides what no client can know.

use tickwire_shared::game::{Frame, Game, Step};
use tickwire_shared::id::{EntityId, PlayerId};
use tickwire_shared::time::TickRate;

use crate::bullets::{Flight, Targets, fired, fly};
use crate::kinds::{Bullet, Dash, Entity, Event, Fighter, Input, Pickup, Round, Rules};
use crate::map::Map;
use crate::movement::{Deeds, drive};
use crate::referee;
use crate::spawning::{newborn, spot};
use crate::table::Table;
use crate::tune::{self, TICK_RATE};

/// Salt of the randomness that places newcomers.
const JOIN_SALT: u64 = 0x4A4F_494E;

/// A world of arena.
#[derive(Clone, Debug)]
pub struct Arena {
    pub(crate) rules: Rules,
    pub(crate) map: Map,
    pub(crate) fighters: Table<Fighter>,
    pub(crate) bullets: Table<Bullet>,
    pub(crate) pickups: Table<Pickup>,
    pub(crate) rounds: Table<Round>,
    /// Scratch of one step.
    targets: Targets,
    deeds: Vec<(EntityId, PlayerId, Deeds)>,
    ended: Vec<(EntityId, PlayerId, Flight)>,
}

impl Arena {
    /// The map being played.
    #[must_use]
    pub fn map(&self) -> &Map {
        &self.map
    }

    /// Everything in this world, by kind and then by id.
    pub fn entities(&self) -> impl Iterator<Item = (EntityId, Entity)> + '_ {
        let fighters = self.fighters.iter();
        let bullets = self.bullets.iter();
        let pickups = self.pickups.iter();
        let rounds = self.rounds.iter();
        fighters
            .map(|(id, fighter)| (id, Entity::Fighter(fighter.clone())))
            .chain(bullets.map(|(id, bullet)| (id, Entity::Bullet(bullet.clone()))))
            .chain(pickups.map(|(id, pickup)| (id, Entity::Pickup(pickup.clone()))))
            .chain(rounds.map(|(id, round)| (id, Entity::Round(round.clone()))))
    }

    fn drive(&mut self, cx: &mut Step<'_, Arena>) {
        let (tick, dt, neutral) = (cx.tick(), cx.dt(), Input::default());
        self.deeds.clear();
        for (id, fighter) in self.fighters.iter_mut(|id, _| cx.steps(id)) {
            let input = cx.input(fighter.player).map(|seat| &seat.input);
            let deeds = drive(fighter, input.unwrap_or(&neutral), tick, dt, &self.map);
            if deeds != Deeds::default() {
                self.deeds.push((id, fighter.player, deeds));
            }
        }
    }

    fn fly(&mut self, cx: &mut Step<'_, Arena>) {
        let (tick, dt) = (cx.tick(), cx.dt());
        let targets = if cx.is_server() {
            self.targets.refresh(&self.fighters);
            Some(&self.targets)
        } else {
            None
        };
        self.ended.clear();
        for (id, bullet) in self.bullets.iter_mut(|id, _| cx.steps(id)) {
            let flight = fly(bullet, tick, dt, &self.map, targets);
            if flight != Flight::On {
                self.ended.push((id, bullet.player, flight));
            }
        }
        let ended = core::mem::take(&mut self.ended);
        for &(id, player, flight) in &ended {
            self.bullets.remove(id);
            cx.despawn(id);
            if let Flight::Struck(victim) = flight {
                referee::hurt(self, cx, victim, player);
            }
        }
        self.ended = ended;
    }

    fn release(&mut self, cx: &mut Step<'_, Arena>) {
        let list = core::mem::take(&mut self.deeds);
        for &(id, player, deeds) in &list {
            if deeds.dashed {
                cx.emit_by(player, Event::Dash(Dash { player }), Some(id));
            }
            let Some(shot) = deeds.shot else {
                continue;
            };
            if let Some(bullet) = cx.spawn(Some(player)) {
                self.bullets.put(bullet, fired(player, shot, cx.tick()));
            }
        }
        self.deeds = list;
    }

    pub(crate) fn fighter_of(&self, player: PlayerId) -> Option<EntityId> {
        let mut all = self.fighters.iter();
        all.find(|(_, fighter)| fighter.player == player)
            .map(|(id, _)| id)
    }
}

impl Game for Arena {
    const TICK_RATE: TickRate = TICK_RATE;
    const EARSHOT: f32 = tune::EARSHOT;
    const TABLES: &'static [u8] = crate::training::TABLES;

    type Input = Input;
    type Entity = Entity;
    type Event = Event;
    type Rules = Rules;

    fn new(rules: &Rules, _seed: u64) -> Arena {
        Arena {
            rules: rules.clone(),
            map: Map::of(rules.map),
            fighters: Table::new(),
            bullets: Table::new(),
            pickups: Table::new(),
            rounds: Table::new(),
            targets: Targets::default(),
            deeds: Vec::new(),
            ended: Vec::new(),
        }
    }

    fn start(&mut self, cx: &mut Step<'_, Arena>) {
        referee::open(self, cx);
    }

    fn step(&mut self, cx: &mut Step<'_, Arena>) {
        self.drive(cx);
        self.fly(cx);
        self.release(cx);
        if cx.is_server() {
            referee::judge(self, cx);
        }
    }

    fn save(&self, out: &mut Frame<Entity>) {
        for (id, fighter) in self.fighters.touched() {
            out.put(id, &Entity::Fighter(fighter.clone()));
        }
        for (id, bullet) in self.bullets.touched() {
            out.put(id, &Entity::Bullet(bullet.clone()));
        }
        for (id, pickup) in self.pickups.touched() {
            out.put(id, &Entity::Pickup(pickup.clone()));
        }
        for (id, round) in self.rounds.touched() {
            out.put(id, &Entity::Round(round.clone()));
        }
    }

    fn load(&mut self, from: &Frame<Entity>) {
        for &id in from.removed() {
            self.fighters.remove(id);
            self.bullets.remove(id);
            self.pickups.remove(id);
            self.rounds.remove(id);
        }
        for (id, entity) in from.iter() {
            match entity {
                Entity::Fighter(fighter) => self.fighters.load(id, fighter),
                Entity::Bullet(bullet) => self.bullets.load(id, bullet),
                Entity::Pickup(pickup) => self.pickups.load(id, pickup),
                Entity::Round(round) => self.rounds.load(id, round),
            }
        }
    }

    fn join(&mut self, cx: &mut Step<'_, Arena>, player: PlayerId) {
        if self.fighter_of(player).is_some() {
            return;
        }
        let Some(id) = cx.spawn(Some(player)) else {
            return;
        };
        let mut rng = cx.rand(JOIN_SALT ^ u64::from(player.0));
        let place = spot(&self.map, &mut rng, &self.fighters);
        self.fighters.put(id, newborn(player, place, cx.tick()));
    }

    fn leave(&mut self, cx: &mut Step<'_, Arena>, player: PlayerId) {
        let bullets = self.bullets.iter();
        let mut gone: Vec<EntityId> = bullets
            .filter(|(_, bullet)| bullet.player == player)
            .map(|(id, _)| id)
            .collect();
        gone.extend(self.fighter_of(player));
        for id in gone {
            self.bullets.remove(id);
            self.fighters.remove(id);
            cx.despawn(id);
        }
    }

    fn team(&self, player: PlayerId) -> Option<u8> {
        Some((player.0 % u16::from(tune::TEAMS)) as u8)
    }

    fn score(&self, player: PlayerId) -> Option<i64> {
        let mut all = self.fighters.iter();
        let (_, fighter) = all.find(|(_, fighter)| fighter.player == player)?;
        Some(i64::from(fighter.kills))
    }
}
