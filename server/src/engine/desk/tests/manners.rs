//! What moderators and owners decide, and what becomes of it when the store refuses.

use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::wire::{
    Address, Ask, BoundedStr, ChatCommand, ChatNews, ChatRefusal, Role, Sanction, Scope, Standing,
    Whom,
};

use super::scopes::{ANN, BOB, ask, group, is_whisper, let_in, texts, whisper};
use super::world::World;
use crate::engine::desk::Sabotage;
use crate::engine::etiquette::filter::Filter;
use crate::engine::storage::{Found, Query, StoreFault};
use crate::store::Store;

/// A moderator, Ann and Bob.
pub fn court() -> (World, usize, usize, usize) {
    let mut world = World::new(Sabotage::None);
    let judge = world.peer(6, "Judge", "main");
    world.peers[judge].role = Role::Moderator;
    world.enter(judge);
    let (ann, bob) = (world.join(ANN, "Ann"), world.join(BOB, "Bob"));
    (world, judge, ann, bob)
}

/// Ann is to be held to something.
pub fn sentence(sanction: Sanction, seconds: u32) -> Ask {
    Ask::Sanction {
        whom: Whom::Account(AccountId(ANN)),
        sanction,
        seconds,
        why: BoundedStr::cut("spam"),
    }
}

/// What somebody was refused last.
pub fn refused(world: &mut World, at: usize) -> Option<ChatRefusal> {
    world.peers[at].refused.pop().map(|(_, why)| why)
}

/// The last answer that somebody was given.
fn answered(world: &World, at: usize) -> Option<Option<ChatRefusal>> {
    let mut news = world.peers[at].news.iter().rev();
    news.find_map(|news| match news {
        ChatNews::Answer { refused, .. } => Some(*refused),
        _ => None,
    })
}

/// What is in the audit log, the newest entry first.
pub fn audit(world: &mut World) -> Vec<String> {
    let newest = Query::Audit {
        below: u64::MAX,
        count: 10,
    };
    match world.store.find(&newest) {
        Ok(Found::Texts(texts)) => texts.into_iter().map(|(_, text)| text).collect(),
        other => panic!("{other:?}"),
    }
}

/// It is in force, in the audit log and answered, or none of that.
#[test]
fn a_sanction_that_the_store_refuses_is_none() {
    for sanction in [Sanction::Mute, Sanction::Ban, Sanction::Kick] {
        for refuses in [true, false] {
            let (mut world, judge, ann, _) = court();
            world.prompt = false;
            let what = sentence(sanction, 60);
            world.command(judge, ChatCommand::Ask { ask: 7, what });
            if refuses {
                assert!(world.fail_write(StoreFault::Full));
            }
            world.settle();
            let expected = refuses.then_some(ChatRefusal::StoreFull);
            assert_eq!(answered(&world, judge), Some(expected));
            assert_eq!(audit(&mut world).len(), usize::from(!refuses));
            let sent_away = world.desk.take_sent_away().len();
            assert_eq!(sent_away == 1, !refuses && sanction != Sanction::Mute);
            world.say(ann, Address::Room, "hello");
            let silent = !refuses && sanction != Sanction::Kick;
            assert_eq!(refused(&mut world, ann).is_some(), silent, "{sanction:?}");
        }
    }
}

fn owners(world: &mut World, log: LogId) -> Vec<AccountId> {
    let Ok(Found::Members(members)) = world.store.find(&Query::Members(log)) else {
        panic!("of a log");
    };
    let owners = members.iter().filter(|m| m.standing == Standing::Owner);
    owners.map(|member| member.account).collect()
}

/// Whatever the store refuses, and wherever the server dies.
#[test]
fn a_group_has_one_owner_also_while_its_owner_leaves() {
    for writes in 0..3 {
        for dies in [true, false] {
            let (mut world, _, ann, bob) = court();
            let log = group(&mut world, ann);
            let_in(&mut world, ann, log, bob);
            world.prompt = false;
            let what = Ask::Leave { log };
            world.command(ann, ChatCommand::Ask { ask: 7, what });
            (0..writes).for_each(|_| world.commit_unheard());
            if dies {
                world.restart();
            } else {
                while world.fail_write(StoreFault::Full) {}
            }
            assert_eq!(owners(&mut world, log).len(), 1, "{writes} {dies}");
        }
    }
}

#[test]
fn who_cannot_leave_still_owns_and_who_can_hands_it_on() {
    let (mut world, _, ann, bob) = court();
    let log = group(&mut world, ann);
    let_in(&mut world, ann, log, bob);
    world.prompt = false;
    let what = Ask::Leave { log };
    world.command(ann, ChatCommand::Ask { ask: 7, what });
    world.fail_write(StoreFault::Full);
    world.settle();
    assert_eq!(answered(&world, ann), Some(Some(ChatRefusal::StoreFull)));
    world.say(ann, Address::Log(log), "still here");
    assert_eq!(texts(&world, bob, log), ["still here"]);
    assert_eq!(ask(&mut world, ann, Ask::Leave { log }), (log, None));
    let slow = Ask::SlowMode { log, seconds: 5 };
    assert_eq!(ask(&mut world, bob, slow), (log, None), "the owner's right");
}

/// How many signs Bob was shown under the line at this offset, at the last.
pub fn signs(world: &World, at: usize) -> Option<u32> {
    let mut news = world.peers[at].news.iter().rev();
    news.find_map(|news| match news {
        ChatNews::Reactions { reactions, .. } => Some(reactions.iter().map(|r| r.count).sum()),
        _ => None,
    })
}

pub fn react(world: &mut World, at: usize, log: LogId, sign: &str) {
    let sign = BoundedStr::cut(sign);
    let (offset, on) = (0, true);
    let command = ChatCommand::React {
        log,
        offset,
        sign,
        on,
    };
    world.pass(1_000);
    world.command(at, command);
}

/// How many are told that somebody types in a log.
pub fn told_of_typing(world: &mut World, at: usize, log: LogId) -> usize {
    world.pass(3_000);
    let session = world.peers[at].session;
    world.desk.typing(world.now, session, log);
    world.desk.take_effects().count()
}

/// One that is silent by a sanction is so with signs and with typing, until it ends.
#[test]
fn who_is_muted_or_shadowed_neither_reacts_nor_types_for_others() {
    for sanction in [Sanction::Mute, Sanction::Shadow] {
        let (mut world, judge, ann, bob) = court();
        world.say(bob, Address::Room, "what do you say?");
        let log = world.peers[bob].room();
        assert_eq!(told_of_typing(&mut world, ann, log), 2);
        assert_eq!(ask(&mut world, judge, sentence(sanction, 60)).1, None);
        react(&mut world, ann, log, "👎");
        assert_eq!(signs(&world, bob), None, "{sanction:?}");
        assert_eq!(told_of_typing(&mut world, ann, log), 0, "{sanction:?}");
        assert_eq!(ask(&mut world, judge, sentence(sanction, 0)).1, None);
        react(&mut world, ann, log, "👍");
        assert_eq!(signs(&world, bob), Some(1));
        assert_eq!(told_of_typing(&mut world, ann, log), 2);
    }
}

#[test]
fn who_is_blocked_neither_reacts_nor_types_for_the_blocker() {
    let (mut world, _, ann, bob) = court();
    world.say(bob, whisper(ANN), "hi");
    let log = world.peers[ann].log(is_whisper);
    for (on, told) in [(false, 1), (true, 0), (false, 1)] {
        let whom = Whom::Account(AccountId(ANN));
        assert_eq!(ask(&mut world, bob, Ask::Block { whom, on }).1, None);
        assert_eq!(told_of_typing(&mut world, ann, log), told);
        let before = world.peers[bob].news.len();
        react(&mut world, ann, log, if on { "👎" } else { "👍" });
        assert_eq!(world.peers[bob].news.len() - before, told, "a sign");
    }
}

fn invitations(world: &World, at: usize) -> usize {
    let news = world.peers[at].news.iter();
    news.filter(|news| matches!(news, ChatNews::Invited { .. }))
        .count()
}

#[test]
fn names_of_groups_pass_the_word_filter() {
    let (mut world, _, ann, bob) = court();
    let filter = Filter::of("duck", "slit").expect("the lists are fair");
    world.desk.set_filter(filter);
    let named = |name: &str| Ask::Group {
        name: BoundedStr::cut(name),
    };
    let blocked = ask(&mut world, ann, named("the slit")).1;
    assert_eq!(blocked, Some(ChatRefusal::Words));
    let (log, taken) = ask(&mut world, ann, named("the duck"));
    assert_eq!(taken, None);
    let whom = Whom::Account(AccountId(BOB));
    ask(&mut world, ann, Ask::Invite { log, whom });
    let shown = |news: &ChatNews| match news {
        ChatNews::Invited {
            scope: Scope::Group { name },
            ..
        } => Some(name.to_string()),
        _ => None,
    };
    let shown = world.peers[bob].news.iter().find_map(shown);
    assert_eq!(shown.as_deref(), Some("the ****"));
}

/// Their names would be said to everybody all the same.
#[test]
fn who_is_muted_or_shadowed_founds_and_invites_nobody_hears_of() {
    for (sanction, told) in [
        (Sanction::Mute, Some(ChatRefusal::Muted)),
        (Sanction::Shadow, None),
    ] {
        let (mut world, judge, ann, bob) = court();
        let before = group(&mut world, ann);
        assert_eq!(ask(&mut world, judge, sentence(sanction, 60)).1, None);
        let name = BoundedStr::cut("listen");
        let (log, refused) = ask(&mut world, ann, Ask::Group { name });
        assert_eq!(refused, told);
        let whom = || Whom::Account(AccountId(BOB));
        for log in [before, log] {
            let whom = whom();
            ask(&mut world, ann, Ask::Invite { log, whom });
        }
        assert_eq!(invitations(&world, bob), 0, "{sanction:?}");
        assert_eq!(ask(&mut world, judge, sentence(sanction, 0)).1, None);
        let invite = Ask::Invite {
            log: before,
            whom: whom(),
        };
        assert_eq!(ask(&mut world, ann, invite).1, None);
        assert_eq!(invitations(&world, bob), 1);
    }
}

/// The heir's membership was asked for with the marks from before.
#[test]
fn marks_never_fall_when_a_membership_is_answered() {
    let (mut world, _, ann, bob) = court();
    let log = group(&mut world, ann);
    let_in(&mut world, ann, log, bob);
    world.say(ann, Address::Log(log), "bye");
    world.prompt = false;
    let (delivered, read) = (1, 1);
    let mark = ChatCommand::Mark {
        log,
        delivered,
        read,
    };
    world.command(bob, mark);
    let what = Ask::Leave { log };
    world.command(ann, ChatCommand::Ask { ask: 7, what });
    world.settle();
    assert_eq!(owners(&mut world, log), [AccountId(BOB)]);
    let second = world.join(BOB, "Bob 2");
    assert_eq!(world.peers[second].logs[&log].read, 1);
}
