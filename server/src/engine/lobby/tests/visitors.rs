//! Visitors at the lobby: who may come, what they are told, and what they may not.

use tickwire_shared::wire::{ChatRefusal, Sanction};

use super::*;
use crate::engine::storage::{Held, Write};
use crate::limits::{VISITORS_MAX, VISITORS_PER_ACCOUNT_MAX};
use crate::store::Store;

const FIRST: u64 = 1 << 63;

fn visit(bench: &mut Bench, number: u64, account: u64, goal: Goal) -> Result<(), NotLetIn> {
    let visit = Visit {
        link: LinkId(FIRST | number),
        account: AccountId(account),
        name: "Herald".to_owned(),
        role: Role::Bot,
        goal,
        cursor: None,
    };
    let entered = bench.lobby.visit(bench.now, visit, number);
    bench.carry_out();
    entered
}

fn room() -> Goal {
    Goal::Room("main".to_owned())
}

fn says(bench: &mut Bench, number: u64, to: Address, text: &str) -> ChatNews {
    let link = LinkId(FIRST | number);
    let say = ChatCommand::Say {
        client_id: number,
        to,
        manner: Manner::Said,
        text: BoundedStr::cut(text),
    };
    bench.lobby.visitor_says(bench.now, link, say);
    bench.carry_out();
    let mut news = bench.news(FIRST | number).into_iter();
    let outcome =
        |news: &ChatNews| matches!(news, ChatNews::Acked { .. } | ChatNews::Refused { .. });
    news.find(outcome).expect("an answer")
}

#[test]
fn a_visitor_reads_writes_and_sees_who_comes_without_a_seat() {
    let mut bench = Bench::new(|_| {});
    bench.join(1);
    assert_eq!(visit(&mut bench, 7, 100, room()), Ok(()));
    let heard = bench.heard(FIRST | 7);
    let [
        ServerControl::Roster {
            players,
            more: false,
        },
    ] = &heard[..]
    else {
        panic!("{heard:?}");
    };
    assert_eq!((players.len(), players[0].name.as_str()), (1, "Ann"));
    bench.join(2);
    let heard = bench.heard(FIRST | 7);
    assert!(
        matches!(&heard[..], [ServerControl::Joined(_)]),
        "{heard:?}"
    );
    assert_eq!((bench.lobby.sessions(), bench.lobby.visitors()), (2, 1));
    assert_eq!(
        bench.lobby.room_view("main").map(|room| room.players.len()),
        Some(2)
    );
    let acked = says(&mut bench, 7, Address::Room, "hear me");
    assert!(matches!(acked, ChatNews::Acked { .. }), "{acked:?}");
    let news = bench.news(1);
    let line = news.iter().find_map(|news| match news {
        ChatNews::Lines { lines, .. } => lines.first(),
        _ => None,
    });
    let line = line.map(|line| (line.text.as_str(), line.role));
    assert_eq!(line, Some(("hear me", Role::Bot)));
    bench.lobby.depart(bench.now, LinkId(FIRST | 7));
    bench.carry_out();
    bench.chat(1, 5, "is it gone?");
    assert_eq!(bench.news(FIRST | 7), []);
}

#[test]
fn a_visitor_has_no_more_rights_than_its_role() {
    let mut bench = Bench::new(|_| {});
    bench.join(1);
    for (number, goal) in [(1, room()), (2, Goal::Server), (3, Goal::Inbox)] {
        assert_eq!(visit(&mut bench, number, 100, goal), Ok(()));
        for to in [Address::Server, Address::Team, Address::Near] {
            let refused = says(&mut bench, number, to, "no");
            let ChatNews::Refused { reason, .. } = refused else {
                panic!("{refused:?}");
            };
            let fits = [ChatRefusal::NotMember, ChatRefusal::NotAllowed];
            assert!(fits.contains(&reason), "{reason:?}");
        }
    }
    // Whoever came for something else does not read the room.
    bench.chat(1, 5, "a secret");
    let told = |news: Vec<ChatNews>| {
        let mut lines = news
            .iter()
            .filter(|news| matches!(news, ChatNews::Lines { .. }));
        lines.next().is_some()
    };
    assert!(told(bench.news(FIRST | 1)));
    assert!(!told(bench.news(FIRST | 2)) && !told(bench.news(FIRST | 3)));
}

#[test]
fn who_may_not_come_is_told_why() {
    let mut bench = Bench::new(|_| {});
    let nowhere = Goal::Room("nowhere".to_owned());
    assert_eq!(
        visit(&mut bench, 1, 100, nowhere),
        Err(CloseReason::NoSuchRoom.into())
    );
    assert_eq!(
        visit(&mut bench, 1, 100, room()),
        Ok(()),
        "it is the first one's"
    );
    for number in 2..=VISITORS_PER_ACCOUNT_MAX as u64 {
        assert_eq!(visit(&mut bench, number, 100, room()), Ok(()));
    }
    let many = visit(&mut bench, 999, 100, room());
    assert_eq!(many, Err(NotLetIn::TooManyOfAccount));
    let rest = (VISITORS_MAX - VISITORS_PER_ACCOUNT_MAX) as u64;
    for number in 0..rest {
        let account = 200 + number / 8;
        assert_eq!(visit(&mut bench, 1_000 + number, account, room()), Ok(()));
    }
    assert_eq!(
        visit(&mut bench, 9_999, 999, room()),
        Err(NotLetIn::TooMany)
    );
    bench.lobby.turn_out(AccountId(100));
    bench.carry_out();
    assert_eq!(bench.closed.len(), VISITORS_PER_ACCOUNT_MAX);
    let reason = CloseReason::BadCredential;
    assert!(bench.closed.values().all(|closed| *closed == reason));
    bench.lobby.close_all(CloseReason::Draining);
    bench.carry_out();
    assert_eq!(
        (bench.lobby.visitors(), bench.closed.len()),
        (0, VISITORS_MAX)
    );
}

#[test]
fn as_many_visitors_come_as_the_lobby_is_made_for() {
    let mut bench = Bench::new(|config| config.visitors_max = 3);
    for number in 0..3 {
        assert_eq!(visit(&mut bench, number, 100 + number, room()), Ok(()));
    }
    let many = visit(&mut bench, 3, 103, room());
    assert_eq!(many, Err(NotLetIn::TooMany));
    bench.lobby.depart(bench.now, LinkId(FIRST));
    assert_eq!(visit(&mut bench, 4, 104, room()), Ok(()));
}

#[test]
fn a_banned_bot_does_not_come() {
    let mut bench = Bench::new(|_| {});
    let held = Held {
        account: AccountId(100),
        sanction: Sanction::Ban,
        until: Millis(u64::MAX),
        by: AccountId(1),
        why: String::new(),
    };
    let written = bench.store.commit(Millis(1), &[Write::Hold(held)]);
    assert!(written.is_ok());
    bench.pass(1_100);
    assert_eq!(
        visit(&mut bench, 1, 100, room()),
        Err(CloseReason::Banned.into())
    );
    assert_eq!(visit(&mut bench, 2, 101, room()), Ok(()));
}

#[test]
fn a_visitor_whose_role_changes_has_to_come_again() {
    let mut bench = Bench::new(|_| {});
    for (number, account) in [(7, 100), (8, 101)] {
        assert_eq!(visit(&mut bench, number, account, Goal::Server), Ok(()));
    }
    bench.lobby.role_changed(bench.now, AccountId(100), false);
    bench.carry_out();
    assert_eq!(bench.lobby.visitors(), 1);
    assert!(bench.closed.contains_key(&LinkId(FIRST | 7)));
}

#[test]
fn visitors_of_a_room_that_fails_are_told_and_those_of_others_are_not() {
    let mut bench = Bench::new(|_| {});
    let welcome = bench.join(1);
    visit(&mut bench, 7, 100, room()).expect("welcome");
    visit(&mut bench, 8, 100, Goal::Inbox).expect("welcome");
    let room = bench.lobby.sessions[&welcome.session].room;
    bench.lobby.room_failed(room);
    bench.rooms.clear();
    bench.carry_out();
    let ended = |number: u64| bench.closed.get(&LinkId(FIRST | number)).copied();
    assert_eq!(ended(7), Some(CloseReason::RoomFailed));
    assert_eq!((ended(8), bench.lobby.visitors()), (None, 1));
}

#[test]
fn visitors_of_a_room_that_ends_for_being_empty_are_told() {
    let mut bench = Bench::new(|_| {});
    for (link, name) in [(1, "main"), (2, "duel")] {
        bench.hello(link, |hello| {
            hello.room = RoomRequest::Named(BoundedStr::cut(name));
        });
        let goal = Goal::Room(name.to_owned());
        visit(&mut bench, link, 100, goal).expect("welcome");
        bench.say(link, &ClientControl::Leave);
    }
    let longest = bench.lobby.config.room_empty;
    bench.pass(longest.as_millis() as u64 + 40);
    assert!(bench.rooms.is_empty(), "they ended");
    let ended = |number: u64| bench.closed.get(&LinkId(FIRST | number)).copied();
    assert_eq!(ended(2), Some(CloseReason::NoSuchRoom));
    // The first player opens it again.
    assert_eq!((ended(1), bench.lobby.visitors()), (None, 1));
}

#[test]
fn the_roster_of_an_empty_room_is_empty() {
    let mut bench = Bench::new(|_| {});
    bench.join(1);
    bench.say(1, &ClientControl::Leave);
    visit(&mut bench, 7, 100, room()).expect("welcome");
    let heard = bench.heard(FIRST | 7);
    assert!(
        matches!(&heard[..], [ServerControl::Roster { players, more: false }]
        if players.is_empty()),
        "{heard:?}"
    );
}
