//! What is bounded at the desk, and that nothing is lost at a bound.

use tickwire_shared::id::AccountId;
use tickwire_shared::wire::{Address, BoundedStr, ChatRefusal, Role, Whom};

use super::scopes::ANN;
use super::world::World;
use crate::engine::desk::Sabotage;
use crate::engine::names::skeleton_of;
use crate::engine::storage::{Account, Millis, Write};
use crate::limits::CHAT_IDS_REMEMBERED;
use crate::store::Store;

/// Somebody who can log in, and is not there.
fn register(world: &mut World, number: u64, name: &str) {
    let account = Account {
        account: AccountId(number),
        name: name.to_owned(),
        skeleton: skeleton_of(name),
        role: Role::Player,
        password: String::new(),
        subject: String::new(),
    };
    let wrote = world.store.commit(Millis(0), &[Write::Register(account)]);
    assert!(wrote.is_ok());
}

#[test]
fn each_of_many_lines_on_their_way_is_acked_to_whoever_asked_last() {
    let mut world = World::new(Sabotage::None);
    let ann = world.join(ANN, "Ann");
    world.prompt = false;
    let lines = 2 * CHAT_IDS_REMEMBERED;
    let ids: Vec<u64> = (0..lines)
        .map(|number| world.say(ann, Address::Room, &format!("{number}")))
        .collect();
    world.leave(ann);
    world.enter(ann);
    let said = world
        .writes
        .iter()
        .filter(|(_, write)| matches!(write, Write::Line(_)));
    assert_eq!(said.count(), lines, "each is stored once");
    world.settle();
    assert!(ids.iter().all(|id| world.peers[ann].acked.contains_key(id)));
    let more = world.say(ann, Address::Room, "more");
    world.settle();
    assert!(world.peers[ann].acked.contains_key(&more));
}

#[test]
fn a_whisper_that_comes_again_while_its_reader_is_looked_up_is_one() {
    let mut world = World::new(Sabotage::None);
    register(&mut world, 5, "Dora");
    let ann = world.join(ANN, "Ann");
    world.prompt = false;
    let dora = Address::Whisper(Whom::Name(BoundedStr::cut("Dora")));
    let id = world.say(ann, dora.clone(), "psst");
    world.send_line(ann, id);
    assert_eq!(world.finds.len(), 1);
    world.settle();
    assert!(world.peers[ann].acked.contains_key(&id));
    // Its author goes meanwhile and comes back.
    world.prompt = false;
    let id = world.say(ann, dora, "are you there?");
    world.leave(ann);
    world.enter(ann);
    world.settle();
    let refused = world.peers[ann].refused.pop();
    assert_eq!(refused, Some((id, ChatRefusal::StoreBusy)));
    world.send_line(ann, id);
    assert!(world.peers[ann].acked.contains_key(&id));
}
