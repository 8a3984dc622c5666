//! A room's log: lines, acks, catching up, and what happens while the store does not answer.

use tickwire_shared::wire::{Address, ChatCommand, ChatNews, ChatRefusal};

use super::world::World;
use crate::engine::desk::Sabotage;
use crate::engine::storage::{StoreFault, Written};
use crate::limits::{CHAT_TAIL_MAX, CHAT_WAITING_MAX, STORE_TASKS_MAX};

fn texts(world: &World, at: usize) -> Vec<String> {
    let peer = &world.peers[at];
    let texts = peer.texts(peer.room());
    texts.into_iter().map(|(_, text)| text).collect()
}

/// Says so many lines without meeting the limits of one session.
fn fill(world: &mut World, at: usize, count: u64) {
    for number in 0..count {
        world.pass(1_000);
        world.say(at, Address::Room, &format!("line {number}"));
    }
}

#[test]
fn a_line_is_stored_then_acked_then_shown_to_everybody_once() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob) = (world.join(1, "Ann"), world.join(2, "Bob"));
    world.prompt = false;
    let id = world.say(ann, Address::Room, "hi");
    assert!(world.peers[ann].acked.is_empty() && texts(&world, bob).is_empty());
    world.send_line(ann, id);
    assert!(world.answer_write());
    let log = world.peers[ann].room();
    assert_eq!(world.peers[ann].acked[&id], (log, 0));
    assert!(!world.answer_write(), "the same again is no other line");
    world.peers[ann].acked.clear();
    world.peers[ann]
        .unacked
        .insert(id, (Address::Room, "hi".to_owned()));
    world.send_line(ann, id);
    assert_eq!(
        world.peers[ann].acked[&id],
        (log, 0),
        "known without the store"
    );
    for peer in [ann, bob] {
        assert_eq!(world.peers[peer].texts(log), [(0, "hi".to_owned())]);
    }
    let line = &world.peers[bob].logs[&log].lines[0];
    assert_eq!(
        (line.from, line.name.as_str()),
        (world.peers[ann].account, "Ann")
    );
}

#[test]
fn a_fault_refuses_the_line_and_the_same_id_is_good_again() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob) = (world.join(1, "Ann"), world.join(2, "Bob"));
    world.prompt = false;
    for fault in [StoreFault::Busy, StoreFault::Full, StoreFault::Failed] {
        let id = world.say(ann, Address::Room, "once");
        world.fail_write(fault);
        assert_eq!(world.peers[ann].refused.pop(), Some((id, fault.refusal())));
        assert!(texts(&world, bob).is_empty());
        world.peers[ann].unacked.remove(&id);
    }
    let id = world.say(ann, Address::Room, "once");
    world.fail_write(StoreFault::Busy);
    world.send_line(ann, id);
    world.answer_write();
    assert_eq!(texts(&world, bob), ["once"]);
}

#[test]
fn lines_said_while_the_log_is_opened_wait_and_the_room_goes_on() {
    let mut world = World::new(Sabotage::None);
    world.prompt = false;
    let ann = world.join(1, "Ann");
    assert!(world.peers[ann].logs.is_empty(), "nothing is open yet");
    world.pass(20_000);
    for number in 0..3 {
        world.say(ann, Address::Room, &format!("{number}"));
    }
    world.prompt = true;
    while world.answer_find(0) || world.answer_write() {}
    assert_eq!(texts(&world, ann), ["0", "1", "2"]);
}

#[test]
fn a_store_that_fails_to_open_is_asked_again_and_what_waited_is_refused() {
    let mut world = World::new(Sabotage::None);
    world.prompt = false;
    let ann = world.join(1, "Ann");
    let id = world.say(ann, Address::Room, "early");
    while world.fail_write(StoreFault::Full) || world.fail_find(0, StoreFault::Full) {}
    assert_eq!(world.peers[ann].refused, [(id, ChatRefusal::StoreFull)]);
    world.prompt = true;
    world.pass(1_000);
    world.send_line(ann, id);
    assert_eq!(texts(&world, ann), ["early"]);
}

#[test]
fn what_waits_for_a_log_is_bounded() {
    let mut world = World::new(Sabotage::None);
    world.prompt = false;
    let peers: Vec<usize> = (0..10)
        .map(|n| world.join(n + 1, &format!("P{n}")))
        .collect();
    for number in 0..CHAT_WAITING_MAX + 6 {
        world.say(peers[number / 10], Address::Room, &format!("{number}"));
    }
    let refused = world.peers.iter().flat_map(|peer| &peer.refused);
    assert!(
        refused
            .clone()
            .all(|&(_, reason)| reason == ChatRefusal::StoreBusy)
    );
    assert_eq!(refused.count(), 6);
}

#[test]
fn a_newcomer_gets_the_tail_and_who_returns_gets_all_it_missed() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob) = (world.join(1, "Ann"), world.join(2, "Bob"));
    fill(&mut world, ann, 5);
    world.cut(bob);
    fill(&mut world, ann, 400);
    world.resume(bob);
    let log = world.peers[bob].room();
    let offsets: Vec<u64> = world.peers[bob]
        .texts(log)
        .iter()
        .map(|(o, _)| *o)
        .collect();
    assert_eq!(
        offsets,
        (0..405).collect::<Vec<_>>(),
        "no gap, also from the store"
    );
    assert_eq!(world.peers[bob].logs[&log].cut, 0);
    let late = world.join(3, "Late");
    let offsets: Vec<u64> = world.peers[late]
        .texts(log)
        .iter()
        .map(|(o, _)| *o)
        .collect();
    assert_eq!(offsets, (405 - CHAT_TAIL_MAX..405).collect::<Vec<_>>());
}

#[test]
fn a_reader_that_does_not_pull_is_sent_one_packet_and_later_the_rest() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob) = (world.join(1, "Ann"), world.join(2, "Bob"));
    world.cut(bob);
    fill(&mut world, ann, 60);
    world.peers[bob].pulls = false;
    world.resume(bob);
    fill(&mut world, ann, 3);
    let log = world.peers[bob].room();
    assert_eq!(world.peers[bob].texts(log).len(), 24);
    world.peers[bob].pulls = true;
    world.command(bob, ChatCommand::Pull { log });
    assert_eq!(world.peers[bob].texts(log).len(), 63);
    fill(&mut world, ann, 1);
    assert_eq!(world.peers[bob].texts(log).len(), 64, "live again");
}

#[test]
fn a_restart_keeps_log_and_ids() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob) = (world.join(1, "Ann"), world.join(2, "Bob"));
    fill(&mut world, ann, 3);
    world.prompt = false;
    let id = world.say(ann, Address::Room, "last");
    world.commit_unheard();
    let lost = world.say(ann, Address::Room, "lost");
    world.restart();
    world.prompt = true;
    world.enter(bob);
    world.enter(ann);
    let log = world.peers[bob].room();
    assert_eq!(
        world.peers[ann].acked[&id],
        (log, 3),
        "it was stored before"
    );
    assert_eq!(world.peers[ann].acked[&lost], (log, 4));
    assert_eq!(
        texts(&world, bob),
        ["line 0", "line 1", "line 2", "last", "lost"]
    );
    assert_eq!(texts(&world, ann), texts(&world, bob));
}

#[test]
fn older_lines_come_by_pages_and_end() {
    let mut world = World::new(Sabotage::None);
    let ann = world.join(1, "Ann");
    fill(&mut world, ann, 100);
    let bob = world.join(2, "Bob");
    let log = world.peers[bob].room();
    let (mut before, mut got) = (68, Vec::new());
    loop {
        world.command(bob, ChatCommand::Page { log, before });
        let Some(ChatNews::Older { lines, more, .. }) = world.peers[bob].news.pop() else {
            panic!("no answer")
        };
        got.extend(lines.iter().rev().map(|line| line.offset));
        before = got.last().copied().unwrap_or(0);
        if !more {
            break;
        }
    }
    assert_eq!(got, (0..68).rev().collect::<Vec<_>>());
}

#[test]
fn a_session_that_left_is_told_nothing_and_the_last_one_closes_the_log() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob) = (world.join(1, "Ann"), world.join(2, "Bob"));
    world.leave(bob);
    fill(&mut world, ann, 1);
    assert!(texts(&world, bob).is_empty());
    world.leave(ann);
    assert_eq!(world.desk.load(), (0, 0));
}

/// T-C4: a reader that takes nothing loses its link, and later gets every line. What it costs until
/// then does not grow with what is said.
#[test]
fn a_slow_reader_loses_its_link_and_no_line() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob) = (world.join(1, "Ann"), world.join(2, "Bob"));
    world.peers[bob].pulls = false;
    world.cut(bob);
    fill(&mut world, ann, 30);
    world.resume(bob);
    let before = world.desk.load();
    fill(&mut world, ann, 600);
    assert_eq!(world.desk.load(), before, "one reader, one log");
    world.cut(bob);
    world.peers[bob].pulls = true;
    world.resume(bob);
    let log = world.peers[bob].room();
    assert_eq!(world.peers[bob].texts(log).len(), 630);
    assert_eq!(world.peers[bob].logs[&log].cut, 0);
}

#[test]
fn a_store_that_is_silent_is_asked_so_much_and_no_more() {
    let mut world = World::new(Sabotage::None);
    let ann = world.join(1, "Ann");
    world.prompt = false;
    for number in 0..STORE_TASKS_MAX + 10 {
        world.say(ann, Address::Room, &format!("{number}"));
    }
    assert_eq!(world.writes.len(), STORE_TASKS_MAX);
    let refused = &world.peers[ann].refused;
    assert!(
        refused
            .iter()
            .all(|&(_, why)| why == ChatRefusal::StoreBusy)
    );
    assert_eq!(refused.len(), 10);
    world.settle();
    assert_eq!(texts(&world, ann).len(), STORE_TASKS_MAX);
}

/// Its number is another one then, and the one from before is nobody's.
#[test]
fn a_log_that_the_store_forgot_is_closed_and_opened_anew() {
    let mut world = World::new(Sabotage::None);
    let ann = world.join(1, "Ann");
    let log = world.peers[ann].room();
    world.prompt = false;
    let id = world.say(ann, Address::Room, "hello");
    let (ticket, _) = world.writes.pop_front().expect("a line");
    let missing = Ok(Written::Missing);
    world.desk.written(world.now, ticket, missing);
    world.carry_out();
    assert!(!world.peers[ann].logs[&log].open);
    world.settle();
    assert!(world.peers[ann].logs[&log].open);
    world.send_line(ann, id);
    assert!(world.peers[ann].acked.contains_key(&id));
}
