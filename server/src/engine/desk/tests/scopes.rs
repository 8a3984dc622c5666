//! Whispers, teams, what is near, and the server's own words.

use tickwire_shared::id::{AccountId, LinkId, LogId, PlayerId, RoomId};
use tickwire_shared::wire::{
    Address, Ask, BoundedStr, ChatCommand, ChatNews, ChatRefusal, Role, Scope, Whom,
};

use super::manners::audit;
use super::world::World;
use crate::engine::desk::{Announced, Sabotage};
use crate::engine::port::Whereabouts;
use crate::engine::storage::{StoreFault, Write};
use crate::limits::OPENINGS_PER_TURN;

pub const ANN: u64 = AccountId::GUEST | 1;
pub const BOB: u64 = AccountId::GUEST | 2;
pub const EVE: u64 = AccountId::GUEST | 3;

pub fn whisper(whom: u64) -> Address {
    Address::Whisper(Whom::Account(AccountId(whom)))
}

pub fn is_whisper(scope: &Scope) -> bool {
    matches!(scope, Scope::Whisper { .. })
}

pub fn is_group(scope: &Scope) -> bool {
    matches!(scope, Scope::Group { .. } | Scope::Party)
}

/// Asks, and what is answered.
pub fn ask(world: &mut World, at: usize, what: Ask) -> (LogId, Option<ChatRefusal>) {
    world.pass(1_000);
    world.command(at, ChatCommand::Ask { ask: 7, what });
    let news = &mut world.peers[at].news;
    let answer = news
        .iter()
        .rposition(|news| matches!(news, ChatNews::Answer { .. }));
    match news.remove(answer.expect("an answer")) {
        ChatNews::Answer { log, refused, .. } => (log, refused),
        other => panic!("{other:?}"),
    }
}

pub fn group(world: &mut World, at: usize) -> LogId {
    let name = BoundedStr::cut("Foxes");
    let (log, refused) = ask(world, at, Ask::Group { name });
    assert_eq!(refused, None);
    log
}

pub fn let_in(world: &mut World, by: usize, log: LogId, at: usize) {
    let whom = Whom::Account(world.peers[at].account);
    assert_eq!(ask(world, by, Ask::Invite { log, whom }), (log, None));
    assert_eq!(ask(world, at, Ask::Accept { log }), (log, None));
}

pub fn texts(world: &World, at: usize, log: LogId) -> Vec<String> {
    let texts = world.peers[at].texts(log).into_iter();
    texts.map(|(_, text)| text).collect()
}

#[test]
fn a_whisper_reaches_every_client_of_two_players_and_nobody_else() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob, eve) = (
        world.join(ANN, "Ann"),
        world.join(BOB, "Bob"),
        world.join(EVE, "Eve"),
    );
    let second = world.join(BOB, "Bob 2");
    world.say(ann, whisper(BOB), "psst");
    world.say(
        ann,
        Address::Whisper(Whom::Name(BoundedStr::cut("bob"))),
        "by name",
    );
    let log = world.peers[ann].log(is_whisper);
    for peer in [ann, bob, second] {
        assert_eq!(texts(&world, peer, log), ["psst", "by name"]);
    }
    world.say(bob, Address::Log(log), "back");
    assert_eq!(texts(&world, ann, log).len(), 3);
    assert!(!world.peers[eve].logs.contains_key(&log));
    world.say(eve, Address::Log(log), "let me in");
    assert_eq!(
        world.peers[eve].refused.pop().map(|(_, why)| why),
        Some(ChatRefusal::NotMember)
    );
    for (whom, why) in [
        (ANN, ChatRefusal::NotAllowed),
        (ANN + 77, ChatRefusal::NoSuchPlayer),
    ] {
        world.say(ann, whisper(whom), "?");
        assert_eq!(
            world.peers[ann].refused.pop().map(|(_, why)| why),
            Some(why)
        );
    }
}

#[test]
fn a_whisper_waits_for_somebody_who_is_offline_also_over_a_restart() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob) = (world.join(ANN, "Ann"), world.join(BOB, "Bob"));
    world.leave(bob);
    world.say(ann, whisper(BOB), "when you are back");
    world.restart();
    world.enter(bob);
    let log = world.peers[bob].log(is_whisper);
    assert_eq!(texts(&world, bob, log), ["when you are back"]);
    let known = &world.peers[bob].logs[&log];
    assert_eq!((known.read, known.next), (0, 1), "one is unread");
    let Some(Scope::Whisper { with, name }) = &known.scope else {
        panic!("{known:?}")
    };
    assert_eq!((with.0, name.as_str()), (ANN, "Ann"));
    world.command(
        bob,
        ChatCommand::Mark {
            log,
            delivered: 1,
            read: 1,
        },
    );
    world.enter(ann);
    assert_eq!(world.peers[ann].receipts[&(log, AccountId(BOB))].read, 1);
}

#[test]
fn who_has_many_whispers_is_told_of_some_each_turn() {
    let mut world = World::new(Sabotage::None);
    let ann = world.join(ANN, "Ann");
    for number in 0..40 {
        let other = world.join(AccountId::GUEST | (100 + number), &format!("P{number}"));
        world.say(other, whisper(ANN), "hi");
        world.pass(100);
    }
    let open = |world: &World, at: usize| {
        let whispers = world.peers[at].logs.values();
        let open = whispers.filter(|k| k.open && k.scope.as_ref().is_some_and(is_whisper));
        open.count()
    };
    assert_eq!(open(&world, ann), 40);
    let second = world.join(ANN, "Ann 2");
    assert_eq!(open(&world, second), OPENINGS_PER_TURN);
    world.pass(100);
    world.pass(100);
    assert_eq!(open(&world, second), 40);
}

pub fn told(player: u16, team: Option<u8>, x: f32) -> Whereabouts {
    Whereabouts {
        player: PlayerId(player),
        came: LinkId(player.into()),
        team,
        position: Some([x, 0.0, 0.0]),
        score: None,
    }
}

#[test]
fn a_team_hears_its_own_from_when_a_player_is_in_it() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob, eve) = (
        world.join(ANN, "Ann"),
        world.join(BOB, "Bob"),
        world.join(EVE, "Eve"),
    );
    let room = RoomId(u32::from(b'm'));
    let is_team = |scope: &Scope| matches!(scope, Scope::Team { .. });
    let locate = |world: &mut World, teams: [Option<u8>; 3]| {
        let all = teams
            .iter()
            .zip(1..)
            .map(|(&team, player)| told(player, team, 0.0));
        world.desk.locate(room, &all.collect::<Vec<_>>());
        world.carry_out();
    };
    locate(&mut world, [Some(1), Some(2), None]);
    let log = world.peers[ann].log(is_team);
    world.say(ann, Address::Team, "red only");
    assert!(texts(&world, bob, log).is_empty());
    world.say(eve, Address::Team, "which?");
    assert_eq!(
        world.peers[eve].refused.pop().map(|(_, why)| why),
        Some(ChatRefusal::NotMember)
    );
    locate(&mut world, [Some(1), Some(1), None]);
    world.say(ann, Address::Team, "both");
    assert_eq!(
        texts(&world, bob, log),
        ["both"],
        "not what was said before"
    );
    locate(&mut world, [None, Some(1), None]);
    assert!(!world.peers[ann].logs[&log].open);
    world.say(bob, Address::Team, "gone");
    assert_eq!(texts(&world, ann, log), ["red only", "both"]);
}

/// The room tells in which teams two players are, by the links they came over.
fn in_teams(world: &mut World, players: [(u16, u8); 2]) {
    let all = players.map(|(player, team)| told(player, Some(team), 0.0));
    world.desk.locate(RoomId(u32::from(b'm')), &all);
    world.carry_out();
}

#[test]
fn who_changes_teams_over_a_restart_never_hears_what_the_other_one_said() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob) = (world.join(ANN, "Ann"), world.join(BOB, "Bob"));
    in_teams(&mut world, [(1, 1), (2, 1)]);
    let log = world.peers[ann].log(|scope| matches!(scope, Scope::Team { .. }));
    world.say(ann, Address::Team, "ours");
    world.restart();
    world.enter(ann);
    world.enter(bob);
    in_teams(&mut world, [(3, 2), (4, 1)]);
    world.pass(1_000);
    world.say(bob, Address::Team, "secret");
    in_teams(&mut world, [(3, 1), (4, 1)]);
    world.say(bob, Address::Team, "again");
    assert_eq!(texts(&world, ann, log), ["ours", "again"]);
}

/// The log of the last team is being opened for others when the player comes into the next one, and
/// the server dies before it asks the store for anything again.
#[test]
fn who_has_a_team_open_has_left_the_last_one_for_good() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob) = (world.join(ANN, "Ann"), world.join(BOB, "Bob"));
    in_teams(&mut world, [(1, 1), (2, 1)]);
    let log = world.peers[ann].log(|scope| matches!(scope, Scope::Team { .. }));
    world.say(ann, Address::Team, "ours");
    world.restart();
    world.enter(bob);
    world.enter(ann);
    in_teams(&mut world, [(3, 1), (4, 2)]);
    let other = |scope: &Scope| *scope == Scope::Team { number: 2 };
    let next = world.peers[ann].log(other);
    assert!(world.peers[ann].logs[&next].open);
    world.say(bob, Address::Team, "secret");
    world.restart();
    world.enter(bob);
    world.enter(ann);
    in_teams(&mut world, [(5, 1), (6, 1)]);
    world.say(bob, Address::Team, "again");
    assert_eq!(texts(&world, ann, log), ["ours", "again"]);
}

#[test]
fn a_player_whom_the_store_did_not_let_into_a_team_comes_in_later() {
    let mut world = World::new(Sabotage::None);
    let ann = world.join(ANN, "Ann");
    world.prompt = false;
    (world.desk).locate(RoomId(u32::from(b'm')), &[told(1, Some(1), 0.0)]);
    world.carry_out();
    while !matches!(world.writes.front(), Some((_, Write::Member { .. }))) {
        assert!(world.answer_write());
        while world.answer_find(0) {}
    }
    world.fail_write(StoreFault::Busy);
    world.settle();
    world.pass(1_000);
    world.pass(1_000);
    world.say(ann, Address::Team, "here");
    let log = world.peers[ann].log(|scope| matches!(scope, Scope::Team { .. }));
    assert_eq!(texts(&world, ann, log), ["here"]);
}

#[test]
fn what_is_said_nearby_is_heard_in_earshot_and_kept_for_each_hearer() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob, eve) = (
        world.join(ANN, "Ann"),
        world.join(BOB, "Bob"),
        world.join(EVE, "Eve"),
    );
    let room = RoomId(u32::from(b'm'));
    let all = [told(1, None, 0.0), told(2, None, 9.0), told(3, None, 18.0)];
    world.desk.locate(room, &all);
    world.carry_out();
    let near = |world: &World, at: usize| {
        let log = world.peers[at].log(|scope| *scope == Scope::Near);
        texts(world, at, log)
    };
    world.say(ann, Address::Near, "from ann");
    world.say(bob, Address::Near, "from bob");
    assert_eq!(near(&world, ann), ["from ann", "from bob"]);
    assert_eq!(near(&world, bob), ["from ann", "from bob"]);
    assert_eq!(near(&world, eve), ["from bob"]);
    let gone = Whereabouts {
        position: None,
        ..told(2, None, 0.0)
    };
    world.desk.locate(room, &[gone]);
    world.say(ann, Address::Near, "is bob dead?");
    assert_eq!(near(&world, ann).len(), 3);
    assert_eq!(near(&world, bob), ["from ann", "from bob"], "he is nowhere");
    let log = world.peers[ann].log(|scope| *scope == Scope::Near);
    world.say(ann, Address::Log(log), "to myself");
    assert_eq!(
        world.peers[ann].refused.pop().map(|(_, why)| why),
        Some(ChatRefusal::NotAllowed)
    );
}

#[test]
fn only_admins_and_the_server_announce() {
    let mut world = World::new(Sabotage::None);
    let ann = world.join(ANN, "Ann");
    let boss = world.peer(5, "Boss", "main");
    world.peers[boss].role = Role::Admin;
    world.enter(boss);
    world.say(ann, Address::Server, "free coins");
    assert_eq!(
        world.peers[ann].refused.pop().map(|(_, why)| why),
        Some(ChatRefusal::NotAllowed)
    );
    world.say(boss, Address::Server, "news");
    let number = world.desk.announce(world.now, "maintenance at noon");
    world.carry_out();
    let log = world.peers[ann].log(|scope| *scope == Scope::Server);
    assert_eq!(texts(&world, ann, log), ["news", "maintenance at noon"]);
    let outcome = Ok(());
    assert_eq!(world.desk.take_announced(), [Announced { number, outcome }]);
    let noted = audit(&mut world);
    assert!(
        noted[0].contains("announced: maintenance at noon"),
        "{noted:?}"
    );
    assert_eq!(noted.len(), 1, "players' lines are not");
    // Whoever had it said learns as well that it is not stored.
    world.prompt = false;
    let number = world.desk.announce(world.now, "to nobody");
    world.carry_out();
    assert_eq!(world.desk.take_announced(), []);
    world.fail_write(StoreFault::Full);
    let outcome = Err(ChatRefusal::StoreFull);
    assert_eq!(world.desk.take_announced(), [Announced { number, outcome }]);
    assert_eq!(audit(&mut world), noted, "nothing was announced");
}

/// How many lines somebody gets who asks for pages of every log that others read.
fn scraped(sabotage: Sabotage) -> usize {
    let mut world = World::new(sabotage);
    let (ann, bob, eve) = (
        world.join(ANN, "Ann"),
        world.join(BOB, "Bob"),
        world.join(EVE, "Eve"),
    );
    let log = group(&mut world, ann);
    let_in(&mut world, ann, log, bob);
    for number in 0..30 {
        world.say(ann, Address::Log(log), &format!("{number}"));
        world.say(bob, whisper(ANN), &format!("{number}"));
    }
    let own: Vec<LogId> = world.peers[eve].logs.keys().copied().collect();
    let logs: Vec<LogId> = world.peers[ann].logs.keys().copied().collect();
    for log in logs.into_iter().filter(|log| !own.contains(log)) {
        for before in [1, 7, 30, u64::MAX] {
            world.command(eve, ChatCommand::Page { log, before });
        }
    }
    let pages = world.peers[eve].news.iter().filter_map(|news| match news {
        ChatNews::Older { lines, .. } => Some(lines.len()),
        _ => None,
    });
    pages.sum()
}

/// T-C3.
#[test]
fn nobody_pages_through_logs_of_others() {
    assert_eq!(scraped(Sabotage::None), 0);
    assert!(
        scraped(Sabotage::OpenHistory) > 0,
        "the check is what keeps them"
    );
}
