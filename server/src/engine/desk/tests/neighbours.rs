//! Whom players block and follow: what their own clients are told, and what the others are not.

use tickwire_shared::id::AccountId;
use tickwire_shared::limits::PEOPLE_BATCH_MAX;
use tickwire_shared::wire::{
    Address, Ask, BoundedStr, ChatCommand, ChatNews, ChatRefusal, Status, Whom,
};

use super::bounds::register;
use super::manners::{court, react, signs, told_of_typing};
use super::scopes::{ANN, BOB, EVE, ask, group, is_whisper, let_in, whisper};
use super::world::World;
use crate::engine::desk::{Attention, Sabotage};
use crate::engine::storage::{LogKey, Millis, StoreFault, Write};
use crate::limits::NEIGHBOURS_MAX;
use crate::store::Store;

fn account(number: u64) -> Whom {
    Whom::Account(AccountId(number))
}

fn block(whom: Whom, on: bool) -> Ask {
    Ask::Block { whom, on }
}

fn follow(whom: Whom, on: bool) -> Ask {
    Ask::Follow { whom, on }
}

/// Whom a client knows to be blocked and followed, by names.
fn told(world: &World, at: usize) -> (Vec<String>, Vec<String>) {
    let known = world.peers[at].neighbours.as_ref().expect("it was told");
    let names = |is: fn(&tickwire_shared::wire::Neighbour) -> bool| {
        let some = known.values().filter(|one| is(one));
        some.map(|one| one.name.to_string()).collect()
    };
    (names(|one| one.blocked), names(|one| one.followed))
}

fn names(blocked: &[&str], followed: &[&str]) -> (Vec<String>, Vec<String>) {
    let owned = |all: &[&str]| all.iter().map(|&name| name.to_owned()).collect();
    (owned(blocked), owned(followed))
}

/// How somebody is shown to a client, at the last.
fn shown_as(world: &World, at: usize, whom: u64) -> Option<Status> {
    let told = world.peers[at].news.iter().filter_map(|news| match news {
        ChatNews::Presence { changes } => Some(changes.iter()),
        _ => None,
    });
    let mut all = told.flatten().filter(|change| change.account.0 == whom);
    all.next_back().map(|change| change.status)
}

#[test]
fn every_client_is_told_whom_its_player_blocks_and_follows() {
    let (mut world, _, ann, bob) = court();
    let second = world.join(ANN, "Ann 2");
    let eve = world.join(EVE, "Eve");
    let visitor = world.peer(ANN, "Ann 3", "main");
    world.peers[visitor].attention = Attention::Only(LogKey::Room("main".to_owned()));
    world.enter(visitor);
    assert_eq!(told(&world, ann), names(&[], &[]));
    assert_eq!(ask(&mut world, ann, block(account(BOB), true)).1, None);
    assert_eq!(ask(&mut world, ann, follow(account(EVE), true)).1, None);
    for client in [ann, second] {
        assert_eq!(told(&world, client), names(&["Bob"], &["Eve"]));
    }
    for client in [bob, eve] {
        assert_eq!(told(&world, client), names(&[], &[]), "not who does so");
    }
    assert_eq!(world.peers[visitor].neighbours, None, "it hides nothing");
    // On another link, and after the server died, though they are gone.
    world.leave(bob);
    world.cut(ann);
    world.resume(ann);
    assert_eq!(told(&world, ann), names(&["Bob"], &["Eve"]));
    world.restart();
    world.enter(ann);
    assert_eq!(told(&world, ann), names(&["Bob"], &["Eve"]));
    let by_name = Whom::Name(BoundedStr::cut("bob"));
    assert_eq!(ask(&mut world, ann, block(by_name, false)).1, None);
    assert_eq!(ask(&mut world, ann, follow(account(EVE), false)).1, None);
    assert_eq!(told(&world, ann), names(&[], &[]));
}

/// The store may be slow: a line that came meanwhile would be seen.
#[test]
fn no_log_opens_before_the_client_knows_whom_it_hides() {
    let (mut world, _, ann, bob) = court();
    assert_eq!(ask(&mut world, ann, block(account(BOB), true)).1, None);
    world.say(bob, Address::Room, "boo");
    world.restart();
    world.prompt = false;
    world.enter(ann);
    while world.answer_write() {}
    assert!(world.peers[ann].logs.values().all(|known| !known.open));
    world.fail_find(0, StoreFault::Busy);
    world.fail_find(0, StoreFault::Busy);
    assert_eq!(world.peers[ann].neighbours, None);
    world.pass(2_000);
    world.settle();
    assert_eq!(told(&world, ann), names(&["Bob"], &[]));
    assert!(world.peers[ann].logs.values().any(|known| known.open));
}

/// Whoever has a name by now is not whom it was blocked under it.
#[test]
fn a_name_that_ends_a_block_is_the_blocked_ones() {
    let (mut world, _, ann, bob) = court();
    assert_eq!(ask(&mut world, ann, block(account(BOB), true)).1, None);
    world.leave(bob);
    let other = world.join(EVE, "Bob");
    let by_name = || Whom::Name(BoundedStr::cut("Bob"));
    assert_eq!(ask(&mut world, ann, block(by_name(), false)).1, None);
    assert_eq!(told(&world, ann), names(&[], &[]));
    assert_eq!(ask(&mut world, ann, block(by_name(), true)).1, None);
    world.say(other, whisper(ANN), "?");
    let why = world.peers[other].refused.pop().map(|(_, why)| why);
    assert_eq!(why, Some(ChatRefusal::Blocked));
}

#[test]
fn a_name_that_only_the_store_knows_is_blocked_and_told_with_its_account() {
    let (mut world, _, ann, _) = court();
    register(&mut world, 77, "Zoë");
    let by_name = Whom::Name(BoundedStr::cut("zoë"));
    assert_eq!(ask(&mut world, ann, block(by_name, true)).1, None);
    let known = world.peers[ann].neighbours.as_ref().expect("told");
    assert!(known[&AccountId(77)].blocked);
}

#[test]
fn a_block_ends_it_that_either_follows_the_other() {
    let (mut world, _, ann, bob) = court();
    assert_eq!(ask(&mut world, ann, follow(account(BOB), true)).1, None);
    assert_eq!(ask(&mut world, bob, follow(account(ANN), true)).1, None);
    world.pass(1_000);
    assert_eq!(shown_as(&world, ann, BOB), Some(Status::Online));
    assert_eq!(ask(&mut world, bob, block(account(ANN), true)).1, None);
    assert_eq!(shown_as(&world, ann, BOB), Some(Status::Offline));
    assert_eq!(told(&world, ann), names(&[], &[]));
    assert_eq!(told(&world, bob), names(&["Ann"], &[]));
    let refused = ask(&mut world, ann, follow(account(BOB), true)).1;
    assert_eq!(refused, Some(ChatRefusal::Blocked));
    let refused = ask(&mut world, bob, follow(account(ANN), true)).1;
    assert_eq!(refused, Some(ChatRefusal::NotAllowed), "and not both");
    // Neither is what was stored before taken up again.
    world.restart();
    world.enter(bob);
    world.peers[ann].news.clear();
    world.enter(ann);
    world.pass(1_000);
    assert_eq!(shown_as(&world, ann, BOB), None);
    assert_eq!(told(&world, ann), names(&[], &[]));
    assert_eq!(ask(&mut world, bob, block(account(ANN), false)).1, None);
    assert_eq!(ask(&mut world, ann, follow(account(BOB), true)).1, None);
    world.pass(1_000);
    assert_eq!(shown_as(&world, ann, BOB), Some(Status::Online));
}

#[test]
fn a_follow_that_is_asked_for_while_a_block_is_stored_does_not_outlive_it() {
    let (mut world, _, ann, bob) = court();
    world.prompt = false;
    for (at, what) in [
        (bob, block(account(ANN), true)),
        (ann, follow(account(BOB), true)),
        (bob, follow(account(ANN), true)),
    ] {
        world.command(at, ChatCommand::Ask { ask: 7, what });
    }
    world.settle();
    world.restart();
    world.enter(ann);
    world.enter(bob);
    assert_eq!(told(&world, ann), names(&[], &[]));
    assert_eq!(told(&world, bob), names(&["Ann"], &[]));
}

/// Bob comes back while his block of Ann is stored: the store was asked of both before.
#[test]
fn what_the_store_said_before_a_block_was_stored_does_not_count() {
    let (mut world, _, ann, bob) = court();
    assert_eq!(ask(&mut world, ann, follow(account(BOB), true)).1, None);
    world.prompt = false;
    let what = block(account(ANN), true);
    world.command(bob, ChatCommand::Ask { ask: 7, what });
    for client in [ann, bob] {
        world.leave(client);
        world.enter(client);
    }
    let early: Vec<_> = (world.finds.drain(..))
        .map(|(ticket, query)| (ticket, world.store.find(&query)))
        .collect();
    assert!(early.len() >= 2, "of both");
    world.answer_write();
    for (ticket, found) in early {
        world.desk.found(world.now, ticket, found);
        world.carry_out();
    }
    world.settle();
    assert_eq!(told(&world, ann), names(&[], &[]));
    assert_eq!(told(&world, bob), names(&["Ann"], &[]));
    world.pass(1_000);
    assert_eq!(shown_as(&world, ann, BOB), None);
}

/// What either of a whisper hears of the other, past a block by Bob.
fn leaks(sabotage: Sabotage, again: bool) -> Vec<&'static str> {
    let mut world = World::new(sabotage);
    let (ann, bob) = (world.join(ANN, "Ann"), world.join(BOB, "Bob"));
    world.say(bob, whisper(ANN), "one");
    world.say(ann, whisper(BOB), "two");
    assert_eq!(ask(&mut world, bob, block(account(ANN), true)).1, None);
    world.pass(1_000);
    if again {
        world.restart();
        world.enter(ann);
        world.enter(bob);
        world.pass(1_000);
    }
    let log = world.peers[ann].log(is_whisper);
    let mut heard = Vec::new();
    for (at, other, number) in [(ann, bob, BOB), (bob, ann, ANN)] {
        world.peers[at].receipts.clear();
        world.peers[at].news.clear();
        let (delivered, read) = (2, 2);
        let mark = ChatCommand::Mark {
            log,
            delivered,
            read,
        };
        world.command(other, mark);
        let receipts = |world: &World| {
            let mut known = world.peers[at].receipts.keys();
            known.any(|(_, whose)| whose.0 == number)
        };
        if told_of_typing(&mut world, other, log) > 0 {
            heard.push("typing");
        }
        react(&mut world, other, log, "👍");
        if signs(&world, at).is_some() {
            heard.push("a sign");
        }
        world.cut(other);
        world.pass(9_000);
        world.resume(other);
        world.pass(1_000);
        if shown_as(&world, at, number).is_some() {
            heard.push("presence");
        }
        let before = receipts(&world);
        world.cut(at);
        world.resume(at);
        if before || receipts(&world) {
            heard.push("a receipt");
        }
        if shown_as(&world, at, number) == Some(Status::Online) {
            heard.push("presence on a new link");
        }
    }
    heard
}

#[test]
fn neither_of_a_whisper_hears_of_the_other_past_a_block() {
    for again in [false, true] {
        assert_eq!(leaks(Sabotage::None, again), Vec::<&str>::new());
        let all = leaks(Sabotage::TellPastBlock, again);
        for one in ["typing", "a sign", "presence", "a receipt"] {
            assert!(all.contains(&one), "{one} would not be noticed: {all:?}");
        }
    }
}

#[test]
fn both_of_a_whisper_hear_of_each_other_again_after_the_last_block() {
    let (mut world, _, ann, bob) = court();
    world.say(bob, whisper(ANN), "one");
    let log = world.peers[ann].log(is_whisper);
    assert_eq!(ask(&mut world, bob, block(account(ANN), true)).1, None);
    assert_eq!(ask(&mut world, ann, block(account(BOB), true)).1, None);
    let (delivered, read) = (1, 1);
    let mark = ChatCommand::Mark {
        log,
        delivered,
        read,
    };
    world.command(bob, mark.clone());
    world.command(ann, mark);
    let own = |at: usize| world.peers[at].receipts.len();
    assert_eq!((own(ann), own(bob)), (1, 1), "their own, for other clients");
    assert_eq!(ask(&mut world, bob, block(account(ANN), false)).1, None);
    world.pass(1_000);
    assert_eq!(shown_as(&world, ann, BOB), Some(Status::Offline));
    assert_eq!(ask(&mut world, ann, block(account(BOB), false)).1, None);
    world.pass(1_000);
    for (at, other) in [(ann, BOB), (bob, ANN)] {
        assert_eq!(shown_as(&world, at, other), Some(Status::Online));
        let known = &world.peers[at].receipts[&(log, AccountId(other))];
        assert_eq!(known.read, 1);
    }
}

#[test]
fn signs_of_whoever_is_blocked_are_not_counted() {
    let (mut world, _, ann, bob) = court();
    let log = group(&mut world, ann);
    let_in(&mut world, ann, log, bob);
    world.say(ann, Address::Log(log), "look");
    react(&mut world, bob, log, "👍");
    assert_eq!(signs(&world, ann), Some(1));
    assert_eq!(ask(&mut world, ann, block(account(BOB), true)).1, None);
    react(&mut world, bob, log, "👎");
    assert_eq!(signs(&world, ann), Some(0));
    react(&mut world, ann, log, "👎");
    assert_eq!((signs(&world, ann), signs(&world, bob)), (Some(1), Some(3)));
}

/// As many as one may block and follow, and a store that knows of more.
#[test]
fn a_long_list_comes_in_packets_and_has_a_bound() {
    let mut world = World::new(Sabotage::None);
    let most = NEIGHBOURS_MAX as u64;
    for number in 0..most {
        let (account, name) = (AccountId(ANN), format!("N{number}"));
        let blocks = Write::Block {
            account,
            other: AccountId(1_000 + number),
            name: name.clone(),
            on: true,
        };
        let follows = Write::Follow {
            account,
            other: AccountId(5_000 + number),
            name,
            on: true,
        };
        let both = [blocks, follows];
        world.store.commit(Millis(1), &both).expect("memory");
    }
    let ann = world.join(ANN, "Ann");
    let bob = world.join(BOB, "Bob");
    let known = world.peers[ann].neighbours.as_ref().expect("told").len();
    assert_eq!(known, 2 * NEIGHBOURS_MAX);
    assert!(known > 3 * PEOPLE_BATCH_MAX, "more than one packet");
    for what in [block(account(BOB), true), follow(account(BOB), true)] {
        let refused = ask(&mut world, ann, what).1;
        assert_eq!(refused, Some(ChatRefusal::TooMany));
    }
    assert_eq!(told(&world, bob), names(&[], &[]));
}
