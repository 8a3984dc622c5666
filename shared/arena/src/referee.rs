//! What only the server decides: damage, death, new lives, pick-ups and rounds.
//!
//! Never runs on a client. Whatever it changes on a fighter it also counts as a shove of that
//! fighter, so that its owner's client knows why its prediction was wrong.

use tickwire_shared::game::Step;
use tickwire_shared::id::{EntityId, PlayerId, Tick};

use crate::kinds::{Event, Fighter, Item, Kill, Pickup, Round, RoundOver, Taken};
use crate::spawning::{revive, spot};
use crate::table::Table;
use crate::tune::{
    DAMAGE, HEAL, HEALTH_MAX, PICKUP_RADIUS, PICKUP_TICKS, RAPID_TICKS, RESPAWN_TICKS, TICK_RATE,
};
use crate::world::Arena;

/// Salt of the randomness that places new lives.
const LIFE_SALT: u64 = 0x4C49_4645;

/// The most kills and deaths that are counted in a round.
const COUNT_MAX: u16 = 1_023;

/// Puts out the pick-ups and begins the first round.
pub(crate) fn open(world: &mut Arena, cx: &mut Step<'_, Arena>) {
    for &(pos, item) in world.map.pickups() {
        let pickup = Pickup {
            pos,
            item: item as u8,
            there: true,
            back_at: Some(0),
        };
        if let Some(id) = cx.spawn(None) {
            world.pickups.put(id, pickup);
        }
    }
    if let Some(id) = cx.spawn(None) {
        let ends_at = end_of_round(world.rules.round_seconds, cx.tick());
        world.rounds.put(id, round(1, ends_at));
    }
}

/// A bullet of `shooter` struck `victim`.
pub(crate) fn hurt(
    world: &mut Arena,
    cx: &mut Step<'_, Arena>,
    victim: EntityId,
    shooter: PlayerId,
) {
    let tick = cx.tick();
    let by = world.fighter_of(shooter);
    if let Some(by) = by {
        // The shooter's client let the bullet fly on.
        cx.shove(by);
    }
    let Some(target) = world.fighters.get_mut(victim) else {
        return;
    };
    if target.health == 0 || tick.0 < target.safe_until {
        return;
    }
    cx.shove(victim);
    target.health = target.health.saturating_sub(DAMAGE);
    if target.health > 0 {
        return;
    }
    die(target, tick);
    let victim = target.player;
    if let Some(killer) = by.and_then(|by| world.fighters.get_mut(by)) {
        killer.kills = (killer.kills + 1).min(COUNT_MAX);
    }
    let killer = shooter;
    cx.emit(Event::Kill(Kill { killer, victim }), None);
}

/// Everything else of a tick.
pub(crate) fn judge(world: &mut Arena, cx: &mut Step<'_, Arena>) {
    begin_lives(world, cx);
    hand_out(world, cx);
    keep_round(world, cx);
}

fn die(fighter: &mut Fighter, tick: Tick) {
    fighter.vel = tickwire_shared::glam::Vec2::ZERO;
    fighter.deaths = (fighter.deaths + 1).min(COUNT_MAX);
    fighter.rapid_until = 0;
    fighter.respawn_at = Some(tick.plus(RESPAWN_TICKS).0);
}

fn begin_lives(world: &mut Arena, cx: &mut Step<'_, Arena>) {
    let tick = cx.tick();
    let due = world.fighters.iter().filter(|(_, fighter)| {
        fighter.health == 0 && fighter.respawn_at.is_some_and(|at| tick.0 >= at)
    });
    let due: Vec<EntityId> = due.map(|(id, _)| id).collect();
    for id in due {
        begin_life(world, cx, id);
    }
}

fn begin_life(world: &mut Arena, cx: &mut Step<'_, Arena>, id: EntityId) {
    let mut rng = cx.rand(LIFE_SALT ^ u64::from(id.slot));
    let place = spot(&world.map, &mut rng, &world.fighters);
    if let Some(fighter) = world.fighters.get_mut(id) {
        revive(fighter, place, cx.tick());
        cx.teleport(id);
        cx.shove(id);
    }
}

fn hand_out(world: &mut Arena, cx: &mut Step<'_, Arena>) {
    let tick = cx.tick();
    let fighters = &mut world.fighters;
    let due = |_: EntityId, pickup: &Pickup| {
        pickup.there || pickup.back_at.is_some_and(|at| tick.0 >= at)
    };
    for (_, pickup) in world.pickups.iter_mut(due) {
        pickup.there = true;
        let Some(id) = first_taker(fighters, pickup) else {
            continue;
        };
        if let Some(fighter) = fighters.get_mut(id) {
            pickup.there = false;
            pickup.back_at = Some(tick.plus(PICKUP_TICKS).0);
            take(fighter, pickup.item(), tick);
            cx.shove(id);
            let (player, item) = (fighter.player, pickup.item);
            cx.emit(Event::Taken(Taken { player, item }), Some(id));
        }
    }
}

fn first_taker(fighters: &Table<Fighter>, pickup: &Pickup) -> Option<EntityId> {
    let mut all = fighters.iter();
    all.find(|(_, fighter)| can_take(fighter, pickup))
        .map(|(id, _)| id)
}

fn can_take(fighter: &Fighter, pickup: &Pickup) -> bool {
    let near = fighter.pos.distance_squared(pickup.pos) < PICKUP_RADIUS * PICKUP_RADIUS;
    let useful = match pickup.item() {
        Item::Health => fighter.health < HEALTH_MAX,
        Item::Rapid => true,
    };
    near && useful && fighter.health > 0
}

fn take(fighter: &mut Fighter, item: Item, tick: Tick) {
    match item {
        Item::Health => fighter.health = fighter.health.saturating_add(HEAL).min(HEALTH_MAX),
        Item::Rapid => fighter.rapid_until = tick.plus(RAPID_TICKS).0,
    }
}

fn round(number: u16, ends_at: u32) -> Round {
    Round {
        number,
        ends_at,
        leader: None,
        best: 0,
    }
}

fn end_of_round(seconds: u16, tick: Tick) -> u32 {
    match seconds {
        0 => 0,
        _ => tick.plus(u32::from(seconds) * u32::from(TICK_RATE.get())).0,
    }
}

fn keep_round(world: &mut Arena, cx: &mut Step<'_, Arena>) {
    let Some((id, now)) = world.rounds.iter().next() else {
        return;
    };
    let mut next = now.clone();
    (next.leader, next.best) = leader(world, now.leader);
    let limit = world.rules.kill_limit;
    let won = limit > 0 && next.best >= limit;
    if won || (next.ends_at > 0 && cx.tick().0 >= next.ends_at) {
        next = begin_round(world, cx, &next);
    } else if next == *now {
        return;
    }
    if let Some(held) = world.rounds.get_mut(id) {
        *held = next;
    }
}

/// Who has most kills; who leads keeps the lead until somebody has more.
fn leader(world: &Arena, held_by: Option<PlayerId>) -> (Option<PlayerId>, u16) {
    let scored = world
        .fighters
        .iter()
        .filter(|(_, fighter)| fighter.kills > 0);
    let rank = |fighter: &Fighter| (fighter.kills, Some(fighter.player) == held_by);
    scored
        .map(|(_, fighter)| fighter)
        .reduce(|best, next| if rank(next) > rank(best) { next } else { best })
        .map_or((None, 0), |best| (Some(best.player), best.kills))
}

fn begin_round(world: &mut Arena, cx: &mut Step<'_, Arena>, over: &Round) -> Round {
    cx.emit(
        Event::RoundOver(RoundOver {
            number: over.number,
            winner: over.leader,
            kills: over.best,
        }),
        None,
    );
    let everybody: Vec<EntityId> = world.fighters.iter().map(|(id, _)| id).collect();
    for id in everybody {
        if let Some(fighter) = world.fighters.get_mut(id) {
            (fighter.kills, fighter.deaths) = (0, 0);
        }
        begin_life(world, cx, id);
    }
    let ends_at = end_of_round(world.rules.round_seconds, cx.tick());
    round(over.number.wrapping_add(1).max(1), ends_at)
}
