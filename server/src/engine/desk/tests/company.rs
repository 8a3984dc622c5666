//! Parties, groups, and what players are told of each other.

use tickwire_shared::id::AccountId;
use tickwire_shared::wire::{
    Address, Ask, BoundedStr, ChatCommand, ChatNews, ChatRefusal, Role, Sanction, Standing, Status,
    Whom,
};

use super::scopes::{ANN, BOB, EVE, ask, group, is_group, is_whisper, let_in, texts, whisper};
use super::world::World;
use crate::engine::desk::Sabotage;
use crate::engine::storage::{Account, Millis, StoreFault, Write};
use crate::limits::{GROUP_MEMBERS_MAX, PARTY_MEMBERS_MAX, STORE_TASKS_MAX};
use crate::store::Store;

#[test]
fn who_is_blocked_cannot_whisper_or_invite() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob) = (world.join(ANN, "Ann"), world.join(BOB, "Bob"));
    world.say(ann, whisper(BOB), "hi");
    let whom = Whom::Account(AccountId(ANN));
    assert_eq!(
        ask(
            &mut world,
            bob,
            Ask::Block {
                whom: whom.clone(),
                on: true
            }
        )
        .1,
        None
    );
    let log = group(&mut world, ann);
    let invite = Ask::Invite {
        log,
        whom: Whom::Account(AccountId(BOB)),
    };
    for gone in [false, true] {
        if gone {
            world.leave(bob);
        }
        world.say(ann, whisper(BOB), "hello?");
        assert_eq!(
            world.peers[ann].refused.pop().map(|(_, why)| why),
            Some(ChatRefusal::Blocked)
        );
        assert_eq!(
            ask(&mut world, ann, invite.clone()).1,
            Some(ChatRefusal::Blocked)
        );
    }
    world.enter(bob);
    ask(&mut world, bob, Ask::Block { whom, on: false });
    let id = world.say(ann, whisper(BOB), "friends");
    assert!(world.peers[ann].acked.contains_key(&id));
}

#[test]
fn a_group_is_its_members_from_when_they_came_until_they_leave() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob, eve) = (
        world.join(ANN, "Ann"),
        world.join(BOB, "Bob"),
        world.join(EVE, "Eve"),
    );
    let log = group(&mut world, ann);
    world.say(ann, Address::Log(log), "before");
    assert_eq!(
        ask(&mut world, bob, Ask::Accept { log }).1,
        Some(ChatRefusal::NotMember)
    );
    let_in(&mut world, ann, log, bob);
    world.say(ann, Address::Log(log), "both");
    assert_eq!(texts(&world, bob, log), ["both"], "not what was before");
    assert_eq!(
        world.peers[bob].logs[&log].read, 1,
        "which is not unread either"
    );
    world.command(bob, ChatCommand::Page { log, before: 1 });
    assert!(matches!(world.peers[bob].news.pop(),
        Some(ChatNews::Older { lines, .. }) if lines.is_empty()));
    assert_eq!(ask(&mut world, ann, Ask::Leave { log }), (log, None));
    assert!(!world.peers[ann].logs[&log].open);
    let is_owner = |news: &ChatNews| {
        matches!(news, ChatNews::Members { members, .. }
        if members.iter().any(|m| m.account.0 == BOB && m.standing == Standing::Owner))
    };
    assert!(
        world.peers[bob].news.iter().any(is_owner),
        "the next one owns it"
    );
    let (delivered, read) = (9, 9);
    world.command(
        bob,
        ChatCommand::Mark {
            log,
            delivered,
            read,
        },
    );
    let second = world.join(BOB, "Bob 2");
    let marks = world.peers[second].receipts.keys();
    assert!(marks.eq(&[(log, AccountId(BOB))]), "nobody's who left");
    world.leave(second);
    world.say(bob, Address::Log(log), "alone");
    assert_eq!(texts(&world, ann, log), ["before", "both"]);
    world.say(ann, Address::Log(log), "may I?");
    assert_eq!(
        world.peers[ann].refused.pop().map(|(_, why)| why),
        Some(ChatRefusal::NotMember)
    );
    assert!(!world.peers[eve].logs.contains_key(&log));
}

#[test]
fn who_comes_in_reads_nothing_that_was_on_its_way_before() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob) = (world.join(ANN, "Ann"), world.join(BOB, "Bob"));
    let log = group(&mut world, ann);
    let whom = Whom::Account(AccountId(BOB));
    assert_eq!(ask(&mut world, ann, Ask::Invite { log, whom }).1, None);
    world.prompt = false;
    world.say(ann, Address::Log(log), "before");
    let what = Ask::Accept { log };
    world.command(bob, ChatCommand::Ask { ask: 7, what });
    world.settle();
    world.say(ann, Address::Log(log), "after");
    assert_eq!(texts(&world, bob, log), ["after"]);
    world.restart();
    world.enter(bob);
    world.command(bob, ChatCommand::Page { log, before: 1 });
    assert!(matches!(world.peers[bob].news.pop(),
        Some(ChatNews::Older { lines, .. }) if lines.is_empty()));
}

#[test]
fn an_invitation_waits_and_is_answered_after_a_restart() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob) = (world.join(ANN, "Ann"), world.join(BOB, "Bob"));
    world.leave(bob);
    let log = group(&mut world, ann);
    let whom = Whom::Account(AccountId(BOB));
    assert_eq!(ask(&mut world, ann, Ask::Invite { log, whom }).1, None);
    world.restart();
    world.enter(bob);
    let invited = |news: &ChatNews| {
        matches!(news, ChatNews::Invited { log: to, by, name, .. }
            if *to == log && by.0 == ANN && name.as_str() == "Ann")
    };
    assert!(world.peers[bob].news.iter().any(invited), "and by whom");
    assert_eq!(ask(&mut world, bob, Ask::Accept { log }), (log, None));
    world.enter(ann);
    world.say(ann, Address::Log(log), "welcome");
    assert_eq!(texts(&world, bob, log), ["welcome"]);
}

#[test]
fn parties_and_groups_are_bounded_and_a_player_is_in_one_party() {
    let mut world = World::new(Sabotage::None);
    let peers: Vec<usize> = (0..40)
        .map(|n| world.join(AccountId::GUEST | (n + 1), &format!("P{n}")))
        .collect();
    let (party, refused) = ask(&mut world, peers[0], Ask::Party);
    assert_eq!(refused, None);
    assert_eq!(
        ask(&mut world, peers[0], Ask::Party).1,
        Some(ChatRefusal::TooMany)
    );
    let company = group(&mut world, peers[0]);
    for (log, most) in [(party, PARTY_MEMBERS_MAX), (company, GROUP_MEMBERS_MAX)] {
        for &peer in &peers[1..most] {
            let_in(&mut world, peers[0], log, peer);
        }
        let whom = Whom::Account(world.peers[peers[most]].account);
        let refused = ask(&mut world, peers[0], Ask::Invite { log, whom }).1;
        assert_eq!(refused, Some(ChatRefusal::TooMany));
    }
    assert_eq!(
        ask(&mut world, peers[1], Ask::Party).1,
        Some(ChatRefusal::TooMany)
    );
    ask(&mut world, peers[1], Ask::Leave { log: party });
    assert_eq!(ask(&mut world, peers[1], Ask::Party).1, None);
    assert_eq!(
        world.peers[peers[2]]
            .logs
            .values()
            .filter(|known| known.open)
            .count(),
        4
    );
    assert!(
        world.peers[peers[2]]
            .logs
            .values()
            .any(|k| k.scope.as_ref().is_some_and(is_group))
    );
}

#[test]
fn receipts_and_signs_reach_the_others() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob) = (world.join(ANN, "Ann"), world.join(BOB, "Bob"));
    world.say(ann, whisper(BOB), "seen?");
    let log = world.peers[ann].log(is_whisper);
    let far = u64::MAX;
    world.command(
        bob,
        ChatCommand::Mark {
            log,
            delivered: far,
            read: 0,
        },
    );
    let receipt = world.peers[ann].receipts[&(log, AccountId(BOB))];
    assert_eq!(
        (receipt.delivered, receipt.read),
        (1, 0),
        "no further than was sent"
    );
    world.command(
        bob,
        ChatCommand::Mark {
            log,
            delivered: 0,
            read: 1,
        },
    );
    assert_eq!(world.peers[ann].receipts[&(log, AccountId(BOB))].read, 1);
    let sign = BoundedStr::cut("👍");
    world.command(
        bob,
        ChatCommand::React {
            log,
            offset: 0,
            sign,
            on: true,
        },
    );
    let shown = |world: &World, at: usize| {
        let news = world.peers[at].news.iter().rev();
        news.clone().find_map(|news| match news {
            ChatNews::Reactions { reactions, .. } => reactions
                .first()
                .map(|reaction| (reaction.count, reaction.mine)),
            _ => None,
        })
    };
    assert_eq!(
        (shown(&world, ann), shown(&world, bob)),
        (Some((1, false)), Some((1, true)))
    );
    let late = world.join(BOB, "Bob 2");
    assert_eq!(
        shown(&world, late),
        Some((1, true)),
        "with the lines from before"
    );
}

#[test]
fn presence_is_told_to_whoever_shares_a_log_or_follows() {
    let mut world = World::new(Sabotage::None);
    let (ann, bob) = (world.join(ANN, "Ann"), world.join(BOB, "Bob"));
    let status = |world: &World, at: usize, of: u64| {
        let changes = world.peers[at].news.iter().filter_map(|news| match news {
            ChatNews::Presence { changes } => Some(changes.iter().cloned().collect::<Vec<_>>()),
            _ => None,
        });
        let all: Vec<_> = changes
            .flatten()
            .filter(|change| change.account.0 == of)
            .collect();
        all.last().map(|change| change.status)
    };
    let whom = Whom::Account(AccountId(BOB));
    ask(&mut world, ann, Ask::Follow { whom, on: true });
    world.pass(1_000);
    assert_eq!(status(&world, ann, BOB), Some(Status::Online));
    assert_eq!(
        status(&world, bob, ANN),
        None,
        "that is nobody's who does not follow"
    );
    world.cut(bob);
    for _ in 0..12 {
        world.pass(500);
    }
    assert_eq!(status(&world, ann, BOB), Some(Status::Offline));
    world.say(ann, whisper(BOB), "are you there?");
    world.resume(bob);
    world.pass(1_000);
    assert_eq!(
        status(&world, bob, ANN),
        Some(Status::Online),
        "they whisper"
    );
}

#[test]
fn who_founds_a_group_and_leaves_before_it_is_made_leaves_nothing_behind() {
    let mut world = World::new(Sabotage::None);
    let ann = world.join(ANN, "Ann");
    world.prompt = false;
    let name = BoundedStr::cut("Foxes");
    for what in [Ask::Group { name }, Ask::Party] {
        world.command(ann, ChatCommand::Ask { ask: 7, what });
    }
    world.leave(ann);
    world.settle();
    assert_eq!(world.desk.load(), (0, 0));
}

#[test]
fn a_group_that_the_store_has_no_time_for_is_not_founded_without_its_name() {
    let mut world = World::new(Sabotage::None);
    let ann = world.join(ANN, "Ann");
    world.prompt = false;
    while world.desk.load().1 < STORE_TASKS_MAX {
        world.say(ann, Address::Room, "busy");
    }
    let name = BoundedStr::cut("Foxes");
    let refused = ask(&mut world, ann, Ask::Group { name }).1;
    assert_eq!(refused, Some(ChatRefusal::StoreBusy));
    world.settle();
    world.pass(2_000);
    let mut known = world.peers[ann].logs.values();
    assert!(!known.any(|known| known.scope.as_ref().is_some_and(is_group)));
}

#[test]
fn whoever_founds_a_party_that_cannot_be_stored_may_found_another() {
    let mut world = World::new(Sabotage::None);
    let ann = world.join(ANN, "Ann");
    for later in [false, true] {
        world.prompt = false;
        let what = Ask::Party;
        world.command(ann, ChatCommand::Ask { ask: 7, what });
        if later {
            world.answer_write();
            world.answer_find(0);
        }
        world.fail_write(StoreFault::Full);
        world.prompt = true;
    }
    assert_eq!(ask(&mut world, ann, Ask::Party).1, None);
}

#[test]
fn a_moderator_never_bans_an_admin_who_is_offline_and_was_whispered_with() {
    let mut world = World::new(Sabotage::None);
    let boss = AccountId(5);
    let account = Account {
        account: boss,
        name: "Boss".to_owned(),
        skeleton: "boss".to_owned(),
        role: Role::Admin,
        password: String::new(),
        subject: String::new(),
    };
    let wrote = world.store.commit(Millis(0), &[Write::Register(account)]);
    assert!(wrote.is_ok());
    let judge = world.peer(6, "Judge", "main");
    world.peers[judge].role = Role::Moderator;
    world.enter(judge);
    let whom = Whom::Account(boss);
    world.say(judge, whisper(5), "hello");
    let what = Ask::Sanction {
        whom,
        sanction: Sanction::Ban,
        seconds: 60,
        why: BoundedStr::cut("spite"),
    };
    assert_eq!(
        ask(&mut world, judge, what).1,
        Some(ChatRefusal::NotAllowed)
    );
    assert!(!world.desk.is_banned(boss));
}
