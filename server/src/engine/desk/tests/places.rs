//! Where players are, and who is told what is said there.

use tickwire_shared::id::{PlayerId, RoomId};
use tickwire_shared::wire::{Address, Scope};

use super::scopes::{ANN, BOB, EVE, texts, told};
use super::world::World;
use crate::engine::desk::Sabotage;
use crate::engine::port::Whereabouts;
use crate::engine::storage::StoreFault;

const ROOM: RoomId = RoomId(b'm' as u32);

fn locate(world: &mut World, all: &[Whereabouts]) {
    world.desk.locate(ROOM, all);
    world.carry_out();
}

/// Whether Bob hears what Ann says, near her and to her team, who came into Eve's seat before the
/// room knew: it still tells of Eve. Then it tells of Bob, who is far away.
#[test]
fn who_comes_into_a_seat_is_not_where_the_one_before_was() {
    let mut world = World::new(Sabotage::None);
    let (ann, eve) = (world.join(ANN, "Ann"), world.join(EVE, "Eve"));
    let late = [told(1, Some(1), 0.0), told(2, Some(1), 1.0)];
    locate(&mut world, &late);
    world.leave(eve);
    let bob = world.join(BOB, "Bob");
    locate(&mut world, &late);
    world.say(ann, Address::Near, "for Eve alone");
    world.say(ann, Address::Team, "for Eve's team");
    let scopes = |world: &World| -> Vec<Scope> {
        let logs = world.peers[bob].logs.values();
        logs.filter_map(|known| known.scope.clone()).collect()
    };
    let heard = [Scope::Near, Scope::Team { number: 1 }];
    assert!(scopes(&world).iter().all(|scope| !heard.contains(scope)));
    let there = Whereabouts {
        player: PlayerId(2),
        ..told(3, Some(2), 50.0)
    };
    locate(&mut world, &[late[0], there]);
    world.say(ann, Address::Near, "for nobody");
    let near = world.peers[bob].log(|scope| *scope == Scope::Near);
    assert_eq!(texts(&world, bob, near), [""; 0]);
    locate(&mut world, &[told(3, Some(1), 5.0)]);
    world.say(ann, Address::Near, "for Bob");
    assert_eq!(texts(&world, bob, near), ["for Bob"]);
}

/// What somebody hears follows from where everybody is when the server takes a line, not when it is
/// stored, nor when it comes again.
#[test]
fn who_comes_near_after_a_line_was_taken_does_not_hear_it() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob) = (world.join(ANN, "Ann"), world.join(BOB, "Bob"));
    locate(&mut world, &[told(1, None, 0.0), told(2, None, 50.0)]);
    world.prompt = false;
    let id = world.say(ann, Address::Near, "psst");
    locate(&mut world, &[told(2, None, 0.0)]);
    world.send_line(ann, id);
    world.commit_unheard();
    world.restart();
    world.settle();
    world.enter(ann);
    world.enter(bob);
    locate(&mut world, &[told(3, None, 0.0), told(4, None, 0.0)]);
    world.send_line(ann, id);
    let near = world.peers[ann].log(|scope| *scope == Scope::Near);
    assert_eq!(texts(&world, ann, near), ["psst"]);
    assert_eq!(world.peers[ann].acked[&id], (near, 0));
    let near = world.peers[bob].log(|scope| *scope == Scope::Near);
    assert_eq!(texts(&world, bob, near), [""; 0]);
}

/// A line that comes again for another place is where it was stored first.
#[test]
fn a_line_that_comes_again_for_another_place_is_acked_where_it_is() {
    let mut world = World::new(Sabotage::None);
    let ann = world.join(ANN, "Ann");
    locate(&mut world, &[told(1, None, 0.0)]);
    let near = world.peers[ann].log(|scope| *scope == Scope::Near);
    world.say(ann, Address::Room, "here");
    world.prompt = false;
    let id = world.say(ann, Address::Near, "psst");
    world.commit_unheard();
    world.restart();
    world.settle();
    let line = world.peers[ann].unacked.get_mut(&id).expect("not acked");
    line.0 = Address::Room;
    world.enter(ann);
    assert_eq!(world.peers[ann].acked[&id], (near, 0));
    let room = world.peers[ann].room();
    assert_eq!(texts(&world, ann, room), ["here"]);
}

/// What is said between a player's going and its coming again is not for it, though both are still
/// on their way into the store when it is back.
#[test]
fn who_leaves_a_team_and_comes_again_hears_nothing_of_between() {
    for fault in [false, true] {
        let mut world = World::new(Sabotage::None);
        let (ann, bob) = (world.join(ANN, "Ann"), world.join(BOB, "Bob"));
        locate(&mut world, &[told(1, Some(1), 0.0), told(2, Some(1), 0.0)]);
        let team = world.peers[ann].log(|scope| matches!(scope, Scope::Team { .. }));
        world.prompt = false;
        world.leave(ann);
        world.say(bob, Address::Team, "she is gone");
        world.enter(ann);
        locate(&mut world, &[told(3, Some(1), 0.0)]);
        while world.answer_find(0) {}
        if fault {
            assert!(world.fail_write(StoreFault::Busy), "she never went");
        }
        world.settle();
        world.say(bob, Address::Team, "welcome");
        let heard = texts(&world, ann, team);
        let between = usize::from(fault);
        assert_eq!(heard, ["she is gone", "welcome"][1 - between..]);
    }
}
