//! Whoever watches its inbox: told of each whisper, and no load on the store.

use tickwire_shared::wire::{Address, ChatNews};

use super::bounds::register;
use super::scopes::{ANN, EVE, whisper};
use super::world::World;
use crate::engine::desk::{Attention, Sabotage};

const HERALD: u64 = 7;

/// Whispers that the account has before it comes.
const WHISPERS: u64 = 40;

/// A world in which so many have whispered to the bot, and the bot, who is not there.
fn whispered() -> (World, usize) {
    let mut world = World::new(Sabotage::None);
    register(&mut world, HERALD, "Herald");
    for number in 0..WHISPERS {
        let fan = world.join(EVE + number, &format!("Fan{number}"));
        world.say(fan, whisper(HERALD), "hello");
        world.leave(fan);
    }
    let herald = world.peer(HERALD, "Herald", "main");
    // What is asked now and then is asked before.
    (0..20).for_each(|_| world.pass(100));
    (world, herald)
}

/// What the bot's coming and going costs: writes and queries.
fn cost(attention: Attention) -> (usize, usize) {
    let (mut world, herald) = whispered();
    world.peers[herald].attention = attention;
    let before = world.asked;
    world.enter(herald);
    (0..20).for_each(|_| world.pass(100));
    world.leave(herald);
    (world.asked.0 - before.0, world.asked.1 - before.1)
}

fn heard(world: &World, at: usize) -> Vec<String> {
    let news = world.peers[at].news.iter();
    let lines = news.flat_map(|news| match news {
        ChatNews::Lines { lines, .. } => lines.iter().map(|line| line.text.to_string()).collect(),
        _ => Vec::new(),
    });
    lines.collect()
}

#[test]
fn watching_an_inbox_opens_no_log() {
    let (writes, queries) = cost(Attention::Inbox);
    assert_eq!((writes, queries), (0, 1), "the account is asked for alone");
    // Whoever reads them all opens each.
    let (writes, queries) = cost(Attention::Everything);
    let each = WHISPERS as usize;
    assert!(writes >= each && queries >= each, "{writes} {queries}");
}

#[test]
fn whoever_watches_an_inbox_hears_each_whisper_and_nothing_else() {
    let (mut world, herald) = whispered();
    world.peers[herald].attention = Attention::Inbox;
    world.enter(herald);
    assert_eq!(heard(&world, herald), Vec::<String>::new());
    let ann = world.join(ANN, "Ann");
    let eve = world.join(EVE, "Eve");
    world.say(ann, Address::Room, "to all");
    world.say(ann, whisper(EVE), "to Eve");
    world.say(ann, whisper(HERALD), "a new one");
    world.say(eve, whisper(HERALD), "one that goes on");
    assert_eq!(heard(&world, herald), ["a new one", "one that goes on"]);
    let opened = |news: &ChatNews| matches!(news, ChatNews::Opened { .. });
    assert!(!world.peers[herald].news.iter().any(opened));
    // While somebody holds the log open as well, and until it goes.
    world.say(ann, whisper(HERALD), "and more");
    world.leave(herald);
    world.say(ann, whisper(HERALD), "too late");
    assert_eq!(heard(&world, herald).len(), 3);
}
