//! Who is in which team and where: what chat needs to know of a running game.
//!
//! Never says who may hear whom, and never asks for a place when the game has no earshot.

use tickwire_shared::game::Game;
use tickwire_shared::glam::{Vec2, Vec3};
use tickwire_shared::id::{PlayerId, Tick};
use tickwire_shared::replicate::FieldValue;
use tickwire_shared::schema::{Kind, Shape};
use tickwire_shared::snapshot::Mirror;

use super::seat::Seat;
use crate::engine::port::{Outbox, Whereabouts};
use crate::limits::WHEREABOUTS_PER_SECOND;

/// Tells where everybody in a seat is: a few times a second, and in any tick in which a team is
/// another one than before. `words` is memory to use.
pub(super) fn tell<G: Game>(
    game: &G,
    mirror: &Mirror,
    seats: &mut [Option<Seat>],
    words: &mut Vec<u32>,
    out: &mut Outbox,
) {
    let mut due = is_due(mirror.tick(), G::TICK_RATE.get());
    for seat in seats.iter_mut().flatten() {
        let team = Some(game.team(seat.player));
        due |= seat.team != team;
        seat.team = team;
    }
    if !due {
        return;
    }
    out.tell_whereabouts(seats.iter().flatten().map(|seat| {
        Whereabouts {
            player: seat.player,
            came: seat.came,
            team: seat.team.flatten(),
            position: (G::EARSHOT > 0.0)
                .then(|| position_of(mirror, seat.player, words))
                .flatten(),
            score: game.score(seat.player),
        }
    }));
}

fn is_due(tick: Tick, tick_hz: u16) -> bool {
    tick.0
        .is_multiple_of(u32::from((tick_hz / WHEREABOUTS_PER_SECOND).max(1)))
}

/// Where the oldest entity is that the player owns and that has a place.
fn position_of(mirror: &Mirror, player: PlayerId, words: &mut Vec<u32>) -> Option<[f32; 3]> {
    mirror.owned_by(player).iter().find_map(|&slot| {
        let id = mirror.row_at(slot, mirror.tick())?.id;
        let kind = mirror.row(id, words)?;
        place_in(mirror.schema().entity(kind)?, words)
    })
}

/// The place that a row holds; what it has no axis for is 0.
fn place_in(kind: &Kind, words: &[u32]) -> Option<[f32; 3]> {
    let at = kind.def.fields.iter().position(|field| field.position)?;
    let words = words.get(usize::from(*kind.field_words.get(at)?)..)?;
    let shape = &kind.def.fields[at].shape;
    Some(match shape {
        Shape::Vec3(_) => Vec3::get(shape, words).to_array(),
        Shape::Vec2(_) => Vec2::get(shape, words).extend(0.0).to_array(),
        _ => [f32::get(shape, words), 0.0, 0.0],
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tickwire_arena::{Arena, Entity, Rules};
    use tickwire_shared::Replicate;
    use tickwire_shared::delta::Tables;
    use tickwire_shared::game::{Frame, schema_of};
    use tickwire_shared::id::{EntityId, LinkId};
    use tickwire_shared::schema::Schema;
    use tickwire_shared::time::{Instant, TickRate};

    use super::*;
    use crate::engine::port::{Inbound, RoomTask as _};
    use crate::engine::replication::ReplicationConfig;
    use crate::engine::room::{Room, RoomConfig, Sabotage};

    #[derive(Clone, Debug, PartialEq, Replicate)]
    struct Score {
        #[net(id = 0, range = 0..=9)]
        points: u8,
    }

    #[derive(Clone, Debug, PartialEq, Replicate)]
    struct Bead {
        #[net(id = 0, range = -8.0..=8.0, step = 1.0 / 64.0, position)]
        along: f32,
    }

    #[derive(Clone, Debug, PartialEq, Replicate)]
    #[net(motion = linear)]
    struct Disc {
        #[net(id = 0, range = 0..=9)]
        colour: u8,
        #[net(id = 1, range = -64.0..=64.0, step = 1.0 / 64.0, position)]
        place: Vec2,
        #[net(id = 2, range = -64.0..=64.0, step = 1.0 / 64.0, velocity_of = place)]
        speed: Vec2,
    }

    #[derive(Clone, Debug, PartialEq, Replicate)]
    struct Ball {
        #[net(id = 0, range = -8.0..=8.0, step = 1.0 / 64.0, position)]
        place: Vec3,
    }

    #[derive(Clone, Debug, PartialEq, Replicate)]
    enum Thing {
        Score(Score),
        Bead(Bead),
        Disc(Disc),
        Ball(Ball),
    }

    fn place_of(things: &[Thing], ticks: u32) -> Option<[f32; 3]> {
        let none = <() as tickwire_shared::replicate::Replicate>::KINDS;
        let schema =
            Schema::compile(Thing::KINDS, none, none, none, TickRate::hz(60)).expect("it is fair");
        let schema = Arc::new(schema);
        let (mut mirror, player) = (Mirror::new(Arc::clone(&schema)), PlayerId(3));
        let mut frame = Frame::new(schema);
        for thing in things {
            let id = mirror.spawn(Tick(1), Some(player)).expect("there is room");
            frame.put(id, thing);
        }
        mirror.apply(&mut frame, Tick(1));
        for tick in 2..=ticks {
            frame.clear();
            mirror.apply(&mut frame, Tick(tick));
        }
        assert_eq!(position_of(&mirror, PlayerId(2), &mut Vec::new()), None);
        position_of(&mirror, player, &mut Vec::new())
    }

    #[test]
    fn a_player_is_where_its_first_entity_with_a_place_is() {
        let score = || Thing::Score(Score { points: 5 });
        let bead = || Thing::Bead(Bead { along: 2.5 });
        let place = Vec3::new(1.0, -2.0, 3.0);
        let ball = || Thing::Ball(Ball { place });
        assert_eq!(place_of(&[], 1), None);
        assert_eq!(place_of(&[score()], 1), None);
        assert_eq!(
            place_of(&[score(), bead(), ball()], 1),
            Some([2.5, 0.0, 0.0])
        );
        assert_eq!(
            place_of(&[score(), ball(), bead()], 1),
            Some([1.0, -2.0, 3.0])
        );
    }

    #[test]
    fn what_moves_by_itself_is_where_it_is_by_now() {
        let disc = Thing::Disc(Disc {
            colour: 7,
            place: Vec2::new(-4.0, 8.0),
            speed: Vec2::new(30.0, 0.0),
        });
        assert_eq!(
            place_of(std::slice::from_ref(&disc), 1),
            Some([-4.0, 8.0, 0.0])
        );
        let [x, y, _] = place_of(&[disc], 61).expect("it is there");
        assert!((x - 26.0).abs() < 0.01 && y == 8.0, "{x} {y}");
    }

    #[test]
    fn a_room_tells_where_its_fighters_are() {
        let schema = Arc::new(schema_of::<Arena>().expect("it is fair"));
        let mut room = Room::<Arena>::new(RoomConfig {
            rules: Rules::default(),
            tables: Arc::new(Tables::default_for(&schema)),
            schema,
            seed: 1,
            secret: 2,
            replication: ReplicationConfig::default(),
            sabotage: Sabotage::None,
        });
        for player in 0..5 {
            let (player, link) = (PlayerId(player), LinkId(player.into()));
            room.handle(Inbound::Join { player, link });
        }
        let (player, link) = (PlayerId(2), LinkId(70));
        room.handle(Inbound::Attach { player, link });
        let mut out = Outbox::default();
        room.tick(Instant(0), &mut out);
        let told = out.whereabouts().expect("everybody is new");
        assert_eq!(told.len(), 5);
        let entities: Vec<(EntityId, Entity)> = room.game().entities().collect();
        for one in told {
            let place = entities.iter().find_map(|(_, entity)| match entity {
                Entity::Fighter(fighter) if fighter.player == one.player => Some(fighter.pos),
                _ => None,
            });
            let place = place.map(|place| place.extend(0.0).to_array());
            assert_eq!((one.position, place.is_some()), (place, true));
            assert_eq!(one.team, Some((one.player.0 % 2) as u8));
            assert_eq!(one.came, LinkId(one.player.0.into()), "not the newest link");
        }
    }
}
