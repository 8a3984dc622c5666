//! What a line costs its author: nothing, unless somebody has it.

use tickwire_shared::id::AccountId;
use tickwire_shared::wire::{Address, Ask, BoundedStr, ChatCommand, ChatRefusal, Sanction, Whom};

use super::manners::{court, refused, sentence};
use super::scopes::{ANN, BOB, ask, group, is_whisper, let_in, texts, whisper};
use super::world::World;
use crate::engine::etiquette::conduct::Conduct;
use crate::engine::storage::{Found, Query, StoreFault};
use crate::limits::REPORTS_MAX;
use crate::store::Store;

/// The store refuses whatever waits, and works again.
fn refuse_all(world: &mut World) {
    while world.fail_write(StoreFault::Full) {}
    world.settle();
}

#[test]
fn a_line_that_the_store_refuses_may_be_said_again_at_once() {
    let (mut world, _, ann, bob) = court();
    world.desk.conduct = Conduct::new(1);
    let log = group(&mut world, ann);
    let_in(&mut world, ann, log, bob);
    let slow = Ask::SlowMode { log, seconds: 60 };
    assert_eq!(ask(&mut world, ann, slow).1, None);
    world.say(bob, whisper(ANN), "psst");
    let first = "do you read me?";
    for (to, text) in [
        (Address::Room, first),
        (Address::Log(log), "and you?"),
        (whisper(ANN), "and you alone?"),
    ] {
        world.prompt = false;
        let id = world.say(bob, to, text);
        for _ in 0..30 {
            refuse_all(&mut world);
            assert_eq!(refused(&mut world, bob), Some(ChatRefusal::StoreFull));
            world.prompt = false;
            world.send_line(bob, id);
        }
        world.settle();
        assert!(world.peers[bob].acked.contains_key(&id));
    }
    world.say(bob, Address::Log(log), "and now?");
    assert_eq!(refused(&mut world, bob), Some(ChatRefusal::SlowMode));
    world.say(bob, Address::Room, first);
    assert_eq!(refused(&mut world, bob), None);
    world.say(bob, Address::Room, first);
    assert_eq!(refused(&mut world, bob), Some(ChatRefusal::Repeated));
}

#[test]
fn a_line_that_its_log_does_not_take_costs_nothing() {
    let (mut world, _, ann, bob) = court();
    world.desk.conduct = Conduct::new(1);
    world.say(ann, whisper(BOB), "hi");
    let whom = Whom::Account(AccountId(ANN));
    let block = |on| Ask::Block {
        whom: whom.clone(),
        on,
    };
    assert_eq!(ask(&mut world, bob, block(true)).1, None);
    for _ in 0..30 {
        world.say(ann, whisper(BOB), "hello?");
        assert_eq!(refused(&mut world, ann), Some(ChatRefusal::Blocked));
    }
    assert_eq!(ask(&mut world, bob, block(false)).1, None);
    world.say(ann, whisper(BOB), "hello?");
    let log = world.peers[bob].log(is_whisper);
    assert_eq!(texts(&world, bob, log), ["hi", "hello?"]);
}

/// Owners make their group slow; it is slow for each author by itself, and ends.
#[test]
fn slow_mode_holds_everybody_in_its_log_until_it_is_ended() {
    let (mut world, judge, ann, bob) = court();
    let room = world.peers[ann].room();
    let slow = |seconds| Ask::SlowMode { log: room, seconds };
    let by_player = ask(&mut world, ann, slow(60)).1;
    assert_eq!(by_player, Some(ChatRefusal::NotAllowed));
    assert_eq!(ask(&mut world, judge, slow(60)).1, None);
    for peer in [ann, bob] {
        world.say(peer, Address::Room, "once");
        assert_eq!(refused(&mut world, peer), None);
        world.say(peer, Address::Room, "twice");
        assert_eq!(refused(&mut world, peer), Some(ChatRefusal::SlowMode));
    }
    world.say(judge, Address::Room, "once");
    world.say(judge, Address::Room, "twice");
    assert_eq!(refused(&mut world, judge), None, "moderators are not held");
    world.pass(60_000);
    world.say(ann, Address::Room, "again");
    assert_eq!(refused(&mut world, ann), None);
    assert_eq!(ask(&mut world, judge, slow(0)).1, None);
    world.say(ann, Address::Room, "as often as I like");
    assert_eq!(refused(&mut world, ann), None);
}

/// A log that nothing was said in would be kept all the same.
#[test]
fn a_whisper_that_is_refused_opens_no_log() {
    let (mut world, judge, ann, _) = court();
    let logs = world.desk.load().0;
    assert_eq!(ask(&mut world, judge, sentence(Sanction::Mute, 60)).1, None);
    world.prompt = false;
    world.say(ann, whisper(BOB), "psst");
    assert!(world.writes.is_empty());
    let asked: Vec<&Query> = world.finds.iter().map(|(_, query)| query).collect();
    assert!(matches!(asked[..], [Query::Stored(..)]), "{asked:?}");
    world.settle();
    assert_eq!(refused(&mut world, ann), Some(ChatRefusal::Muted));
    assert_eq!(world.desk.load(), (logs, 0));
    assert_eq!(ask(&mut world, judge, sentence(Sanction::Mute, 0)).1, None);
    world.say(ann, whisper(BOB), "psst");
    assert_eq!(world.desk.load(), (logs + 1, 0));
}

fn reports(world: &mut World) -> Vec<String> {
    let newest = Query::Reports {
        below: u64::MAX,
        count: 1_000,
    };
    match world.store.find(&newest) {
        Ok(Found::Texts(texts)) => texts.into_iter().map(|(_, text)| text).collect(),
        other => panic!("{other:?}"),
    }
}

/// One account must not push out what others reported.
#[test]
fn a_line_is_reported_once_by_each_and_so_many_an_hour() {
    let (mut world, _, ann, bob) = court();
    for number in 0..40 {
        world.say(bob, Address::Room, &format!("line {number}"));
    }
    let log = world.peers[ann].room();
    let report = |offset| Ask::Report {
        log,
        offset,
        why: BoundedStr::cut("rude"),
    };
    world.prompt = false;
    let what = report(0);
    world.command(ann, ChatCommand::Ask { ask: 7, what });
    refuse_all(&mut world);
    assert!(reports(&mut world).is_empty(), "the store refused it");
    for _ in 0..3 {
        assert_eq!(ask(&mut world, ann, report(0)).1, None);
    }
    assert_eq!(reports(&mut world).len(), 1);
    let mut taken = 1;
    for offset in 1..40 {
        taken += usize::from(ask(&mut world, ann, report(offset)).1.is_none());
    }
    assert_eq!(
        (taken, reports(&mut world).len()),
        (REPORTS_MAX, REPORTS_MAX)
    );
    assert_eq!(ask(&mut world, bob, report(0)).1, None, "another one's");
    world.pass(3_600_000);
    assert_eq!(ask(&mut world, ann, report(39)).1, None);
    let beyond = ask(&mut world, ann, report(40)).1;
    assert_eq!(beyond, Some(ChatRefusal::NotMember), "no such line");
    assert_eq!(reports(&mut world).len(), REPORTS_MAX + 2);
}
