//! Lines that are stored and whose acks got lost: they come again after a restart, when their
//! authors may not say them any more.

use tickwire_shared::id::{AccountId, LogId, RoomId};
use tickwire_shared::wire::{Address, Ask, ChatRefusal, Role, Sanction, Whom};

use super::manners::sentence;
use super::scopes::{ANN, BOB, ask, texts, told, whisper};
use super::world::World;
use crate::engine::desk::Sabotage;
use crate::engine::etiquette::conduct::Conduct;
use crate::engine::etiquette::filter::Filter;
use crate::engine::storage::{Query, StoreFault};
use crate::limits::{ACCOUNT_LINES_BURST, RECALLS_BURST, RECALLS_MAX, RECALLS_PER_SECOND};

/// More than may be said at once.
const LINES: usize = ACCOUNT_LINES_BURST as usize + 2;

const ANNS: usize = 1;
const BOBS: usize = 2;

/// A moderator, Ann and Bob, in one team and near each other.
fn court(sabotage: Sabotage) -> World {
    let mut world = World::new(sabotage);
    let judge = world.peer(6, "Judge", "main");
    world.peers[judge].role = Role::Moderator;
    world.enter(judge);
    let both = (world.join(ANN, "Ann"), world.join(BOB, "Bob"));
    assert_eq!((judge, both), (0, (ANNS, BOBS)));
    world.say(ANNS, whisper(BOB), "first");
    locate(&mut world);
    world
}

/// Everybody who is in is where they were.
fn locate(world: &mut World) {
    let here = world.peers.iter().filter(|peer| peer.link.is_some());
    let all: Vec<_> = here
        .map(|peer| told(peer.came.0 as u16, Some(1), 0.0))
        .collect();
    world.desk.locate(RoomId(u32::from(b'm')), &all);
    world.carry_out();
}

/// Ann's lines are stored and she does not learn it; then `meanwhile` happens, the server dies, and
/// `then` happens. What she is refused who comes again, and how many of her lines are acked.
fn comes_again(
    sabotage: Sabotage,
    to: &Address,
    meanwhile: impl Fn(&mut World),
    then: impl Fn(&mut World),
) -> (Vec<ChatRefusal>, usize) {
    let mut world = court(sabotage);
    world.prompt = false;
    let say = |number| world.say(ANNS, to.clone(), &format!("line {number} duck"));
    let ids: Vec<u64> = (0..LINES).map(say).collect();
    (0..LINES).for_each(|_| world.commit_unheard());
    world.settle();
    meanwhile(&mut world);
    let lost = |id| !world.peers[ANNS].acked.contains_key(id);
    assert!(ids.iter().all(lost), "nobody told her");
    world.restart();
    world.pass(1_000);
    then(&mut world);
    world.enter(ANNS);
    world.settle();
    locate(&mut world);
    let peer = &world.peers[ANNS];
    for (log, offset) in ids.iter().filter_map(|id| peer.acked.get(id)) {
        let lines = texts(&world, ANNS, *log);
        let at = lines.iter().position(|text| text.starts_with("line 0"));
        let at = at.expect("she reads what she said");
        assert!((at..at + LINES).contains(&(*offset as usize)), "{lines:?}");
        assert_eq!(lines.len(), at + LINES, "each is there once");
    }
    let acked = ids.iter().filter(|id| peer.acked.contains_key(id)).count();
    let refused = peer.refused.iter().map(|&(_, why)| why).collect();
    (refused, acked)
}

fn check(
    to: &Address,
    reason: ChatRefusal,
    meanwhile: impl Fn(&mut World) + Copy,
    then: impl Fn(&mut World) + Copy,
) {
    let (refused, acked) = comes_again(Sabotage::None, to, meanwhile, then);
    assert_eq!((refused, acked), (vec![], LINES), "{reason:?} {to:?}");
    let (refused, acked) = comes_again(Sabotage::ForgetStored, to, meanwhile, then);
    assert!(refused.contains(&reason) && acked < LINES, "{refused:?}");
}

#[test]
fn a_line_that_is_stored_is_acked_though_its_author_was_muted_since() {
    let mute = |world: &mut World| {
        assert_eq!(ask(world, 0, sentence(Sanction::Mute, 600)).1, None);
    };
    for to in [Address::Room, whisper(BOB)] {
        check(&to, ChatRefusal::Muted, mute, |_| {});
    }
}

#[test]
fn a_line_that_is_stored_is_acked_though_its_words_are_blocked_since() {
    let block = |world: &mut World| {
        let filter = Filter::of("", "duck").expect("a fair list");
        world.desk.set_filter(filter);
    };
    check(&Address::Room, ChatRefusal::Words, |_| {}, block);
}

#[test]
fn lines_that_are_stored_are_acked_though_all_of_them_come_at_once() {
    let limit = |world: &mut World| {
        world.desk.conduct = Conduct::new(1);
        world.prompt = false;
    };
    check(&Address::Room, ChatRefusal::TooFast, |_| {}, limit);
}

#[test]
fn a_whisper_that_is_stored_is_acked_though_its_author_was_blocked_since() {
    let block = |world: &mut World| {
        let whom = Whom::Account(AccountId(ANN));
        let answer = ask(world, BOBS, Ask::Block { whom, on: true }).1;
        assert_eq!(answer, None);
    };
    // He is there, so that it is known whom he blocks.
    let enter = |world: &mut World| world.enter(BOBS);
    check(&whisper(BOB), ChatRefusal::Blocked, block, enter);
}

/// After a restart it takes a while until the room says where everybody is.
#[test]
fn a_line_that_is_stored_is_acked_though_nobody_knows_yet_where_its_author_is() {
    for to in [Address::Team, Address::Near] {
        check(&to, ChatRefusal::NotMember, |_| {}, |_| {});
    }
}

/// The store does not know a line: what was said of it counts.
#[test]
fn a_line_that_is_not_stored_is_refused_as_it_was_judged() {
    let mut world = court(Sabotage::None);
    assert_eq!(ask(&mut world, 0, sentence(Sanction::Mute, 600)).1, None);
    let id = world.say(ANNS, Address::Room, "may I?");
    let refusals = |world: &mut World| std::mem::take(&mut world.peers[ANNS].refused);
    assert_eq!(refusals(&mut world), [(id, ChatRefusal::Muted)]);
    let room = world.peers[BOBS].room();
    assert!(texts(&world, BOBS, room).is_empty());
    world.prompt = false;
    world.send_line(ANNS, id);
    world.send_line(ANNS, id);
    assert!(world.peers[ANNS].refused.is_empty(), "the store is asked");
    assert_eq!((world.finds.len(), world.writes.len()), (1, 0));
    assert!(world.fail_find(0, StoreFault::Busy));
    assert_eq!(refusals(&mut world), [(id, ChatRefusal::Muted)], "once");
}

/// So many questions of one account, and no more.
#[test]
fn who_is_refused_all_the_time_asks_the_store_little() {
    let mut world = World::new(Sabotage::None);
    let ann = world.join(ANN, "Ann");
    let before = world.asked;
    let say = |world: &mut World, lines: u32| {
        for number in 0..lines {
            world.say(ann, Address::Log(LogId(77)), &format!("{number}"));
        }
        std::mem::take(&mut world.peers[ann].refused).len()
    };
    let lines = 4 * RECALLS_BURST;
    assert_eq!(say(&mut world, lines), lines as usize);
    assert_eq!(world.asked, (before.0, before.1 + RECALLS_BURST as usize));
    world.pass(5_000);
    let before = world.asked;
    assert_eq!(say(&mut world, lines), lines as usize);
    let later = 5 * RECALLS_PER_SECOND as usize;
    assert_eq!(world.asked, (before.0, before.1 + later));
}

#[test]
fn all_who_are_refused_leave_the_store_to_what_is_said() {
    let mut world = World::new(Sabotage::None);
    let accounts = RECALLS_MAX / RECALLS_BURST as usize + 2;
    let peers: Vec<usize> = (1..=accounts as u64)
        .map(|account| world.join(AccountId::GUEST | account, "P"))
        .collect();
    world.prompt = false;
    for &at in &peers {
        for number in 0..RECALLS_BURST {
            world.say(at, Address::Log(LogId(77)), &format!("{number}"));
        }
    }
    let stored = |(_, query): &&_| matches!(query, Query::Stored(..));
    assert_eq!(world.finds.iter().filter(stored).count(), RECALLS_MAX);
    let refused = |world: &World| -> usize {
        let all = peers.iter().map(|&at| world.peers[at].refused.len());
        all.sum()
    };
    let said = accounts * RECALLS_BURST as usize;
    assert_eq!(refused(&world), said - RECALLS_MAX, "at once");
    let id = world.say(peers[0], Address::Room, "hello");
    world.settle();
    assert_eq!(refused(&world), said, "none twice");
    assert!(world.peers[peers[0]].acked.contains_key(&id));
}
