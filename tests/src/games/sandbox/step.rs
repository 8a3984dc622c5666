//! One tick of the sandbox.
//!
//! On a client it advances only what the client predicts.

use tickwire_shared::game::Step;
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{EntityId, PlayerId};

use super::things::{Fired, Picked};
use crate::games::witness::{self, Applied};

use super::{Bolt, Crate, Deed, HALF, Intent, Sandbox, Seat, Thing, Walker, Wisp};

const ACCELERATION: f32 = 900.0;
const DRAG: f32 = 0.92;
const BOLT_SPEED: f32 = 240.0;
const BOLT_LIFE_TICKS: u32 = 70;
const RELOAD_TICKS: u8 = 12;
const DASH_BREATH: u16 = 120;
const REACH: f32 = 24.0;
const RESTOCK_TICKS: u32 = 20;

impl Sandbox {
    pub(super) fn advance(&mut self, cx: &mut Step<'_, Sandbox>) {
        if cx.is_server() {
            witness_inputs(cx);
        }
        self.move_walkers(cx);
        self.move_bolts(cx);
        if cx.is_server() {
            self.move_wisps(cx);
            self.pick_up(cx);
            self.restock(cx);
        }
    }

    fn move_walkers(&mut self, cx: &mut Step<'_, Sandbox>) {
        let mut shots = Vec::new();
        for (id, thing) in &mut self.things {
            let Thing::Walker(walker) = thing else {
                continue;
            };
            let Some(seat) = cx.input(walker.who) else {
                continue;
            };
            if !cx.steps(*id) {
                continue;
            }
            if walk(walker, &seat.input, cx.dt()) {
                shots.push((walker.who, *id, walker.pos, walker.aim));
            }
        }
        for (who, from, pos, aim) in shots {
            self.shoot(cx, who, from, pos, aim);
        }
    }

    fn shoot(
        &mut self,
        cx: &mut Step<'_, Sandbox>,
        who: PlayerId,
        from: EntityId,
        pos: Vec2,
        aim: f32,
    ) {
        let Some(id) = cx.spawn(Some(who)) else {
            return;
        };
        let vel = Vec2::from_angle(aim) * BOLT_SPEED;
        let until = Some(cx.tick().0 + BOLT_LIFE_TICKS);
        self.insert(id, Thing::Bolt(Bolt { pos, vel, until }));
        cx.emit_by(who, Deed::Fired(Fired { who }), Some(from));
    }

    fn move_bolts(&mut self, cx: &mut Step<'_, Sandbox>) {
        let dt = cx.dt();
        let mut spent = Vec::new();
        for (id, thing) in &mut self.things {
            let Thing::Bolt(bolt) = thing else { continue };
            if !cx.steps(*id) {
                continue;
            }
            bolt.pos += bolt.vel * dt;
            let over = bolt.until.is_none_or(|until| cx.tick().0 >= until);
            if over || bolt.pos.abs().max_element() > HALF {
                spent.push(*id);
            }
        }
        for id in spent {
            self.end(cx, id);
        }
    }

    fn move_wisps(&mut self, cx: &mut Step<'_, Sandbox>) {
        let dt = cx.dt();
        let mut touches = Vec::new();
        for (id, thing) in &mut self.things {
            let Thing::Wisp(wisp) = thing else { continue };
            let mood = wisp.mood.unwrap_or(0);
            wisp.mood = Some(mood.saturating_sub(1));
            if mood == 0 {
                let mut rng = cx.rand(u64::from(id.slot));
                let still = rng.chance(0.4);
                let angle = rng.range(0.0, core::f32::consts::TAU);
                let speed = if still { 0.0 } else { rng.range(10.0, 160.0) };
                wisp.vel = Vec2::from_angle(angle) * speed;
                wisp.mood = Some(20 + rng.below(100) as u8);
            }
            wisp.pos = (wisp.pos + wisp.vel * dt).clamp(Vec2::splat(-HALF), Vec2::splat(HALF));
            touches.push(wisp.clone());
        }
        for wisp in touches {
            self.touch(cx, &wisp);
        }
    }

    /// A wisp pushes and drains the players it haunts; nobody can predict that.
    fn touch(&mut self, cx: &mut Step<'_, Sandbox>, wisp: &Wisp) {
        for (id, thing) in &mut self.things {
            let Thing::Walker(walker) = thing else {
                continue;
            };
            if !wisp.haunts(walker.who) || walker.pos.distance(wisp.pos) > REACH {
                continue;
            }
            let lucky = cx.secret_rand().is_some_and(|rng| rng.chance(0.8));
            if lucky {
                continue;
            }
            walker.vel += (walker.pos - wisp.pos).normalize_or_zero() * 60.0;
            walker.health = walker.health.saturating_sub(7);
            walker.secret = walker
                .secret
                .map(|secret| secret.wrapping_mul(31).wrapping_add(1));
            cx.shove(*id);
            if walker.health == 0 {
                walker.health = 100;
                walker.pos = -walker.pos;
                walker.vel = Vec2::ZERO;
                cx.teleport(*id);
            }
        }
    }

    fn pick_up(&mut self, cx: &mut Step<'_, Sandbox>) {
        let mut picked = Vec::new();
        for (id, thing) in &self.things {
            let Thing::Crate(found) = thing else { continue };
            let near = |thing: &Thing| match thing {
                Thing::Walker(walker) if walker.pos.distance(found.pos) < REACH => Some(walker.who),
                _ => None,
            };
            if let Some(who) = self.things.iter().find_map(|(_, thing)| near(thing)) {
                picked.push((*id, found.worth, who));
            }
        }
        for (id, worth, who) in picked {
            self.end(cx, id);
            self.reward(who, worth);
            cx.emit(Deed::Picked(Picked { who, worth }), None);
            witness::told(cx.tick());
        }
    }

    fn reward(&mut self, player: PlayerId, worth: u8) {
        for (_, thing) in &mut self.things {
            match thing {
                Thing::Walker(walker) if walker.who == player => {
                    walker.health = (walker.health + worth).min(100);
                }
                Thing::Seat(seat) if seat.who == player => {
                    seat.crates = seat.crates.map(|crates| crates.wrapping_add(1));
                }
                _ => {}
            }
        }
    }

    /// Crates come back, and now and then a wisp fades while another appears.
    fn restock(&mut self, cx: &mut Step<'_, Sandbox>) {
        let tick = cx.tick().0;
        if !tick.is_multiple_of(RESTOCK_TICKS) {
            return;
        }
        let crates = self
            .things
            .iter()
            .filter(|(_, t)| matches!(t, Thing::Crate(_)))
            .count();
        if crates < usize::from(self.crates) {
            self.spawn_crate(cx, 1_000);
        }
        if tick.is_multiple_of(RESTOCK_TICKS * 3) {
            let wisp = self
                .things
                .iter()
                .find(|(_, t)| matches!(t, Thing::Wisp(_)))
                .map(|w| w.0);
            if let Some(id) = wisp {
                self.end(cx, id);
                self.spawn_wisp(cx, 2_000);
            }
        }
    }

    pub(super) fn spawn_wisp(&mut self, cx: &mut Step<'_, Sandbox>, salt: u64) {
        let Some(id) = cx.spawn(None) else { return };
        let mut rng = cx.rand(salt);
        let pos = Vec2::new(rng.range(-HALF, HALF), rng.range(-HALF, HALF));
        let even = rng.chance(0.5);
        self.insert(
            id,
            Thing::Wisp(Wisp {
                pos,
                vel: Vec2::ZERO,
                even,
                mood: Some(0),
            }),
        );
    }

    pub(super) fn spawn_crate(&mut self, cx: &mut Step<'_, Sandbox>, salt: u64) {
        let Some(id) = cx.spawn(None) else { return };
        let mut rng = cx.rand(salt + 7_000);
        let pos = Vec2::new(rng.range(-HALF, HALF), rng.range(-HALF, HALF));
        self.fresh.push(id);
        self.insert(
            id,
            Thing::Crate(Crate {
                pos,
                worth: rng.below(16) as u8,
            }),
        );
    }

    pub(super) fn seat(&mut self, cx: &mut Step<'_, Sandbox>, who: PlayerId) {
        if let Some(id) = cx.spawn(None) {
            self.insert(
                id,
                Thing::Seat(Seat {
                    who,
                    crates: Some(0),
                }),
            );
        }
        let Some(id) = cx.spawn(Some(who)) else {
            return;
        };
        let mut rng = cx.rand(u64::from(who.0) + 9_000);
        let pos = Vec2::new(rng.range(-200.0, 200.0), rng.range(-200.0, 200.0));
        let walker = Walker {
            who,
            pos,
            vel: Vec2::ZERO,
            aim: 0.0,
            health: 100,
            breath: Some(600),
            reload: Some(0),
            secret: Some(rng.next_u32()),
        };
        self.insert(id, Thing::Walker(walker));
    }

    pub(super) fn unseat(&mut self, cx: &mut Step<'_, Sandbox>, who: PlayerId) {
        let of_player = |thing: &Thing| match thing {
            Thing::Seat(seat) => seat.who == who,
            Thing::Walker(walker) => walker.who == who,
            _ => false,
        };
        let gone: Vec<EntityId> = self
            .things
            .iter()
            .filter(|(_, t)| of_player(t))
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            self.end(cx, id);
        }
    }

    fn end(&mut self, cx: &mut Step<'_, Sandbox>, id: EntityId) {
        self.remove(id);
        cx.despawn(id);
    }
}

fn witness_inputs(cx: &Step<'_, Sandbox>) {
    for seat in cx.inputs() {
        let (player, source, stamp) = (seat.player, seat.source, seat.input.stamp);
        witness::applied(Applied {
            tick: cx.tick(),
            player,
            source,
            stamp,
        });
    }
}

/// Moves a walker by its input; whether it shoots.
fn walk(walker: &mut Walker, input: &Intent, dt: f32) -> bool {
    walker.aim = input.aim;
    walker.vel = (walker.vel + input.walk * (ACCELERATION * dt)) * DRAG;
    let breath = walker.breath.unwrap_or(0);
    walker.breath = Some((breath + 1).min(600));
    if input.dash && breath >= DASH_BREATH {
        walker.breath = Some(breath - DASH_BREATH);
        walker.vel += input.walk * 150.0;
    }
    walker.vel = walker.vel.clamp(Vec2::splat(-400.0), Vec2::splat(400.0));
    walker.pos = (walker.pos + walker.vel * dt).clamp(Vec2::splat(-HALF), Vec2::splat(HALF));
    let reload = walker.reload.unwrap_or(0);
    walker.reload = Some(reload.saturating_sub(1));
    let shoots = input.fire && reload == 0;
    if shoots {
        walker.reload = Some(RELOAD_TICKS);
    }
    shoots
}
