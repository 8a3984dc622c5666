//! What is bounded at the desk, and that nothing is lost at a bound.

use tickwire_shared::id::{AccountId, RoomId};
use tickwire_shared::wire::{
    Address, Ask, BoundedStr, ChatCommand, ChatNews, ChatRefusal, Role, Scope, Whom,
};

use super::scopes::{ANN, BOB, EVE, ask, is_whisper, texts, told, whisper};
use super::world::World;
use crate::engine::desk::Sabotage;
use crate::engine::names::skeleton_of;
use crate::engine::storage::{Account, Millis, Query, StoreFault, Write};
use crate::limits::{
    ACCOUNT_LOGS_MAX, ASKS_BURST, CHAT_IDS_REMEMBERED, MARKS_BURST, STORE_TASKS_MAX,
};
use crate::store::Store;

/// Somebody who can log in, and is not there.
pub fn register(world: &mut World, number: u64, name: &str) {
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
fn a_line_that_two_sessions_say_at_once_is_one_and_both_are_told() {
    let mut world = World::new(Sabotage::None);
    let (ann, also) = (world.join(ANN, "Ann"), world.join(ANN, "Ann"));
    world.prompt = false;
    for fails in [false, true] {
        let id = world.say(ann, Address::Room, "once");
        let line = world.peers[ann].unacked[&id].clone();
        world.peers[also].unacked.insert(id, line);
        world.send_line(also, id);
        let lines = world.writes.iter();
        let lines = lines.filter(|(_, write)| matches!(write, Write::Line(_)));
        assert_eq!(lines.count(), 1, "it is stored once");
        if fails {
            world.fail_write(StoreFault::Failed);
            let refused = (id, ChatRefusal::StoreFailed);
            let told = [ann, also].map(|at| world.peers[at].refused.last().copied());
            assert_eq!(told, [Some(refused); 2]);
        } else {
            world.answer_write();
            let told = [ann, also].map(|at| world.peers[at].acked.get(&id).copied());
            assert!(told[0].is_some() && told[0] == told[1], "{told:?}");
        }
    }
    let room = world.peers[also].room();
    assert_eq!(texts(&world, also, room), ["once"]);
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

/// Answers to pages that a peer got: how many lines, and whether there are more.
fn pages(world: &mut World, at: usize) -> Vec<(usize, bool)> {
    let news = world.peers[at].news.drain(..);
    let pages = news.filter_map(|news| match news {
        ChatNews::Older { lines, more, .. } => Some((lines.len(), more)),
        _ => None,
    });
    pages.collect()
}

#[test]
fn pages_are_counted_and_none_says_that_history_ends_where_it_does_not() {
    let mut world = World::new(Sabotage::None);
    let ann = world.join(ANN, "Ann");
    for number in 0..60 {
        world.say(ann, Address::Room, &format!("{number}"));
    }
    let log = world.peers[ann].room();
    world.pass(20_000);
    for _ in 0..=ASKS_BURST {
        world.command(ann, ChatCommand::Page { log, before: 50 });
    }
    let mut got = pages(&mut world, ann);
    assert_eq!(got.pop(), Some((0, true)), "later");
    assert_eq!(got, vec![(24, true); ASKS_BURST as usize]);
    // What an earlier link asked for is no answer to what a later one did.
    world.pass(20_000);
    world.prompt = false;
    world.command(ann, ChatCommand::Page { log, before: 50 });
    world.cut(ann);
    world.resume(ann);
    world.command(ann, ChatCommand::Page { log, before: 10 });
    world.settle();
    assert_eq!(pages(&mut world, ann), [(10, false)]);
    // The store is asked too much already.
    world.prompt = false;
    for number in 0..STORE_TASKS_MAX {
        world.say(ann, Address::Room, &format!("{number} more"));
    }
    world.command(ann, ChatCommand::Page { log, before: 50 });
    assert_eq!(pages(&mut world, ann), [(0, true)]);
}

#[test]
fn marks_and_whispers_to_strangers_are_counted() {
    let mut world = World::new(Sabotage::None);
    register(&mut world, 5, "Dora");
    let ann = world.join(ANN, "Ann");
    let lines = 2 * u64::from(MARKS_BURST);
    for number in 0..lines {
        world.say(ann, Address::Room, &format!("{number}"));
    }
    let log = world.peers[ann].room();
    world.prompt = false;
    let mut writes = 0;
    for read in 1..=lines {
        let delivered = read;
        world.command(
            ann,
            ChatCommand::Mark {
                log,
                delivered,
                read,
            },
        );
        writes += usize::from(world.answer_write());
    }
    assert_eq!(writes, MARKS_BURST as usize);
    world.prompt = true;
    world.pass(1_000);
    let read = |world: &World| world.desk.people[&AccountId(ANN)].read[&log];
    assert_eq!(read(&world), lines, "the newest was not forgotten");

    world.pass(20_000);
    world.prompt = false;
    let nobody = |number: u32| Address::Whisper(Whom::Name(BoundedStr::cut(&format!("N{number}"))));
    for number in 0..=ASKS_BURST {
        world.say(ann, nobody(number), "psst");
    }
    let of_names = |(_, query): &&_| matches!(query, Query::Skeleton(_));
    let asked = world.finds.iter().filter(of_names).count();
    assert_eq!(asked, ASKS_BURST as usize);
    while world.answer_find(0) {}
    let reasons = world.peers[ann].refused.iter().map(|&(_, why)| why);
    let too_fast = reasons.filter(|why| *why == ChatRefusal::TooFast);
    assert_eq!(too_fast.count(), 1);
}

/// Its client was told by nobody that they wait, and does not say them again.
#[test]
fn marks_that_wait_are_noted_when_the_session_ends() {
    let mut world = World::new(Sabotage::None);
    let ann = world.join(ANN, "Ann");
    let lines = 2 * u64::from(MARKS_BURST);
    for number in 0..lines {
        world.say(ann, Address::Room, &format!("{number}"));
    }
    let log = world.peers[ann].room();
    for read in 1..=lines {
        let delivered = read;
        world.command(
            ann,
            ChatCommand::Mark {
                log,
                delivered,
                read,
            },
        );
    }
    let read = |world: &World| world.desk.people[&AccountId(ANN)].read[&log];
    assert!(read(&world) < lines, "some wait");
    world.leave(ann);
    world.settle();
    world.join(ANN, "Ann");
    assert_eq!(read(&world), lines);
}

/// What an account is in and whom it knows comes from the store: who asks before would be told
/// wrongly, or get one party too many.
#[test]
fn nothing_is_asked_of_an_account_before_it_is_known() {
    let mut world = World::new(Sabotage::None);
    let ann = world.join(ANN, "Ann");
    assert_eq!(ask(&mut world, ann, Ask::Party).1, None);
    world.restart();
    world.prompt = false;
    world.enter(ann);
    let whom = Whom::Account(AccountId(BOB));
    for what in [
        Ask::Party,
        Ask::Follow {
            whom: whom.clone(),
            on: true,
        },
        Ask::Block { whom, on: true },
    ] {
        assert_eq!(ask(&mut world, ann, what).1, Some(ChatRefusal::StoreBusy));
    }
    world.settle();
    let second = ask(&mut world, ann, Ask::Party).1;
    assert_eq!(second, Some(ChatRefusal::TooMany));
}

#[test]
fn a_whisper_is_live_for_whoever_has_more_logs_than_are_opened() {
    let mut world = World::new(Sabotage::None);
    let bob = world.join(BOB, "Bob");
    let most = ACCOUNT_LOGS_MAX as u64 + 1;
    let others: Vec<usize> = (10..10 + most)
        .map(|number| world.join(AccountId::GUEST | number, &format!("P{number}")))
        .collect();
    for &other in &others {
        world.say(other, whisper(BOB), "hi");
    }
    world.restart();
    world.enter(bob);
    for _ in 0..ACCOUNT_LOGS_MAX {
        world.pass(100);
    }
    let open = |world: &World| {
        let logs = world.peers[bob].logs.values();
        logs.filter(|known| known.open && known.scope.as_ref().is_some_and(is_whisper))
            .count()
    };
    assert_eq!(open(&world), ACCOUNT_LOGS_MAX);
    for &other in &others {
        world.enter(other);
        world.say(other, whisper(BOB), "still there?");
    }
    world.pass(100);
    let told = world.peers[bob].logs.values();
    let again = told.filter(|known| {
        known
            .lines
            .iter()
            .any(|l| l.text.as_str() == "still there?")
    });
    assert_eq!(again.count(), others.len());
}

#[test]
fn a_mark_that_followed_one_that_was_not_stored_is_noted() {
    let mut world = World::new(Sabotage::None);
    let ann = world.join(ANN, "Ann");
    world.say(ann, Address::Room, "one");
    world.say(ann, Address::Room, "two");
    let log = world.peers[ann].room();
    world.prompt = false;
    for read in [1, 2] {
        world.command(
            ann,
            ChatCommand::Mark {
                log,
                delivered: read,
                read,
            },
        );
    }
    world.fail_write(StoreFault::Busy);
    world.settle();
    assert_eq!(world.desk.people[&AccountId(ANN)].read[&log], 2);
}

/// The store does not take it that a player left, who is gone; nobody but the desk can ask again.
#[test]
fn who_left_a_team_reads_nothing_of_then_though_the_store_failed() {
    for others_stay in [true, false] {
        let mut world = World::new(Sabotage::None);
        let (ann, eve) = (world.join(ANN, "Ann"), world.join(EVE, "Eve"));
        let locate = |world: &mut World, players: &[u16]| {
            let all: Vec<_> = players
                .iter()
                .map(|&player| told(player, Some(4), 0.0))
                .collect();
            world.desk.locate(RoomId(u32::from(b'm')), &all);
            world.carry_out();
        };
        locate(&mut world, &[1, 2]);
        let log = world.peers[eve].log(|scope| matches!(scope, Scope::Team { .. }));
        if !others_stay {
            world.leave(eve);
        }
        world.prompt = false;
        world.leave(ann);
        assert!(world.fail_write(StoreFault::Busy), "its going");
        world.pass(1_000);
        assert!(world.fail_write(StoreFault::Failed), "again");
        world.prompt = true;
        world.pass(1_000);
        if !others_stay {
            world.enter(eve);
            locate(&mut world, &[3]);
        }
        world.say(eve, Address::Team, "while she is gone");
        world.enter(ann);
        let player = if others_stay { 3 } else { 4 };
        locate(&mut world, &[player]);
        world.say(eve, Address::Team, "hello again");
        assert_eq!(texts(&world, ann, log), ["hello again"]);
    }
}

/// The same, while the log is opened for others: who is in it may be read before it is stored that
/// somebody left.
#[test]
fn who_left_a_team_reads_nothing_of_then_though_its_log_was_being_opened() {
    let mut world = World::new(Sabotage::None);
    let (ann, eve) = (world.join(ANN, "Ann"), world.join(EVE, "Eve"));
    let locate = |world: &mut World, player: u16| {
        let all = [told(player, Some(4), 0.0)];
        world.desk.locate(RoomId(u32::from(b'm')), &all);
        world.carry_out();
    };
    locate(&mut world, 1);
    world.say(ann, Address::Team, "mine");
    world.prompt = false;
    world.leave(ann);
    assert!(world.fail_write(StoreFault::Busy), "its going");
    locate(&mut world, 2);
    world.pass(1_000);
    while world.answer_write() {
        // Who is in the log is told at once, and whatever is written takes its time.
        while world.answer_find(0) {}
    }
    world.settle();
    world.pass(1_000);
    world.say(eve, Address::Team, "while she is gone");
    world.enter(ann);
    locate(&mut world, 3);
    world.say(eve, Address::Team, "hello again");
    let log = world.peers[ann].log(|scope| matches!(scope, Scope::Team { .. }));
    assert_eq!(texts(&world, ann, log), ["mine", "hello again"]);
}
