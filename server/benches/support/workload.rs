//! Workload W: bodies that steer smoothly around a square arena, seeded, without any network.
//!
//! It only moves things and writes rows; it neither measures nor replicates.

use std::sync::Arc;

use tickwire_shared::Replicate;
use tickwire_shared::game::Frame;
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{EntityId, PlayerId, Tick};
use tickwire_shared::rng::Rng;
use tickwire_shared::schema::Schema;
use tickwire_shared::snapshot::Mirror;
use tickwire_shared::time::TickRate;

/// Ticks a second.
pub const RATE: TickRate = TickRate::hz(60);

/// Side of the arena in units.
const SIDE: f32 = 4_096.0;

/// What is replicated.
#[derive(Clone, Debug, Replicate)]
pub enum Thing {
    /// A steering body.
    Body(Body),
    /// A shot that flies straight for a second.
    Shot(Shot),
}

/// A body of workload W.
#[derive(Clone, Debug, PartialEq, Replicate)]
pub struct Body {
    /// Place, 1/64 unit.
    #[net(id = 0, range = 0.0..=4096.0, step = 0.015625, position, smooth = linear)]
    pub place: Vec2,
    /// Velocity, 1/16 unit/s.
    #[net(id = 1, range = -320.0..=320.0, step = 0.0625, velocity_of = place)]
    pub velocity: Vec2,
    /// Heading, 10 bits.
    #[net(id = 2, angle, bits = 10, heading_of = velocity, smooth = angle)]
    pub heading: f32,
    /// Health, changes rarely.
    #[net(id = 3, bits = 8)]
    pub health: u8,
    /// Owner, never changes.
    #[net(id = 4)]
    pub owner: Option<PlayerId>,
}

/// A shot.
#[derive(Clone, Debug, PartialEq, Replicate)]
#[net(motion = linear)]
pub struct Shot {
    /// Place, 1/64 unit.
    #[net(id = 0, range = 0.0..=4096.0, step = 0.015625, position, smooth = linear)]
    pub place: Vec2,
    /// Velocity, 1/16 unit/s.
    #[net(id = 1, range = -640.0..=640.0, step = 0.0625, velocity_of = place)]
    pub velocity: Vec2,
}

/// What the workload does.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Steering bodies.
    pub bodies: u32,
    /// How many of them stand still.
    pub idle: u32,
    /// Shots that start each second.
    pub shots_per_second: u32,
    /// The seed.
    pub seed: u64,
}

struct Steered {
    id: EntityId,
    body: Body,
    speed: f32,
    turn: f32,
    wanted_speed: f32,
    idle: bool,
}

struct Flying {
    id: EntityId,
    shot: Shot,
    ends: Tick,
}

/// The moving things of one room.
pub struct Workload {
    shape: Shape,
    rng: Rng,
    bodies: Vec<Steered>,
    shots: Vec<Flying>,
    frame: Frame<Thing>,
}

/// The compiled schema of workload W.
pub fn schema() -> Arc<Schema> {
    let nothing = <() as Replicate>::KINDS;
    let schema = Schema::compile(Thing::KINDS, nothing, nothing, nothing, RATE);
    Arc::new(schema.expect("workload W obeys the schema's rules"))
}

impl Workload {
    /// Spawns the bodies into `mirror` for tick 1.
    pub fn new(shape: Shape, schema: &Arc<Schema>) -> Workload {
        let rng = Rng::new(shape.seed);
        let frame = Frame::new(Arc::clone(schema));
        Workload {
            shape,
            rng,
            bodies: Vec::new(),
            shots: Vec::new(),
            frame,
        }
    }

    /// How many entities move in a tick.
    pub fn moving(&self) -> usize {
        self.bodies.len() - self.shape.idle as usize + self.shots.len()
    }

    /// Moves everything by one tick and writes it to `mirror`.
    pub fn tick(&mut self, mirror: &mut Mirror, tick: Tick) {
        if self.bodies.is_empty() {
            (0..self.shape.bodies).for_each(|at| self.spawn(mirror, tick, at));
        }
        self.frame.clear();
        for at in 0..self.bodies.len() {
            steer(&mut self.bodies[at], &mut self.rng);
            let Steered { id, body, .. } = &self.bodies[at];
            self.frame.put(*id, &Thing::Body(body.clone()));
        }
        self.shoot(mirror, tick);
        mirror.apply(&mut self.frame, tick);
        let frame = core::mem::replace(&mut self.frame, Frame::new(Arc::clone(mirror.schema())));
        frame
            .iter()
            .for_each(|(id, thing)| self.take_back(id, thing));
        self.frame = frame;
    }

    /// The write-back: go on from what the mirror holds.
    fn take_back(&mut self, id: EntityId, thing: Thing) {
        match thing {
            Thing::Body(body) => {
                if let Ok(at) = self.bodies.binary_search_by_key(&id, |steered| steered.id) {
                    self.bodies[at].body = body;
                }
            }
            Thing::Shot(shot) => {
                if let Some(flying) = self.shots.iter_mut().find(|flying| flying.id == id) {
                    flying.shot = shot;
                }
            }
        }
    }

    fn spawn(&mut self, mirror: &mut Mirror, tick: Tick, at: u32) {
        let Some(id) = mirror.spawn(tick, None) else {
            return;
        };
        let rng = &mut self.rng;
        let heading = rng.range(0.0, core::f32::consts::TAU);
        let idle = at < self.shape.idle;
        let speed = if idle { 0.0 } else { rng.range(0.0, 300.0) };
        let body = Body {
            place: Vec2::new(rng.range(0.0, SIDE), rng.range(0.0, SIDE)),
            velocity: Vec2::from_angle(heading) * speed,
            heading,
            health: 100,
            owner: Some(PlayerId((at % 1_000) as u16)),
        };
        self.bodies.push(Steered {
            id,
            body,
            speed,
            turn: 0.0,
            wanted_speed: speed,
            idle,
        });
    }

    fn shoot(&mut self, mirror: &mut Mirror, tick: Tick) {
        let due = |tick: u32| u64::from(self.shape.shots_per_second) * u64::from(tick) / 60;
        for _ in due(tick.0 - 1)..due(tick.0) {
            let from = &self.bodies[self.rng.below(self.bodies.len() as u32) as usize].body;
            let velocity = Vec2::from_angle(from.heading) * 600.0;
            let shot = Shot {
                place: from.place,
                velocity,
            };
            if let Some(id) = mirror.spawn(tick, None) {
                self.shots.push(Flying {
                    id,
                    shot,
                    ends: tick.plus(60),
                });
            }
        }
        for flying in self.shots.extract_if(.., |flying| flying.ends <= tick) {
            mirror.despawn(flying.id, tick);
        }
        for Flying { id, shot, .. } in &mut self.shots {
            shot.place += shot.velocity * RATE.dt();
            self.frame.put(*id, &Thing::Shot(shot.clone()));
        }
    }
}

/// Turns and speed changes now and then, bounces at the walls.
fn steer(steered: &mut Steered, rng: &mut Rng) {
    let Steered {
        body,
        speed,
        turn,
        wanted_speed,
        idle,
        ..
    } = steered;
    if rng.chance(0.002) {
        body.health = body.health.saturating_sub(7).max(1);
    }
    if *idle {
        return;
    }
    if rng.chance(0.02) {
        *turn = if rng.chance(0.5) {
            0.0
        } else {
            rng.range(-2.5, 2.5)
        };
    }
    if rng.chance(0.01) {
        *wanted_speed = rng.range(0.0, 300.0);
    }
    *speed += (*wanted_speed - *speed) * 0.05;
    body.heading += *turn * RATE.dt();
    body.velocity = Vec2::from_angle(body.heading) * *speed;
    body.place += body.velocity * RATE.dt();
    if body.place.x < 0.0 || body.place.x > SIDE {
        body.heading = core::f32::consts::PI - body.heading;
    }
    if body.place.y < 0.0 || body.place.y > SIDE {
        body.heading = -body.heading;
    }
    body.place = body.place.clamp(Vec2::ZERO, Vec2::splat(SIDE));
    body.velocity = Vec2::from_angle(body.heading) * *speed;
}
