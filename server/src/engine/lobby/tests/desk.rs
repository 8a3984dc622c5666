//! Chat through the whole lobby: Hello, links and rooms.

use tickwire_shared::wire::{Ask, ChatRefusal, Sanction, Scope, Whom};

use super::*;

/// Where a client stands that has every line of its room below `next`.
pub fn room_cursor(bench: &mut Bench, link: u64, next: u64) -> LogCursor {
    let opened = bench.news(link).into_iter().find_map(|news| match news {
        ChatNews::Opened {
            log,
            scope: Scope::Room { .. },
            epoch,
            ..
        } => Some(LogCursor { log, epoch, next }),
        _ => None,
    });
    opened.expect("the room's log was opened")
}

#[test]
fn chat_goes_round_at_once_in_order_and_once() {
    let mut bench = Bench::new(|_| {});
    bench.join(1);
    bench.join(2);
    bench.pass(100);
    bench.ordered.clear();
    bench.chat(1, 10, "hi");
    bench.chat(1, 10, "hi");
    bench.chat(2, 20, "yo");
    let heard = bench.news(2);
    let [
        ChatNews::Lines { lines, .. },
        ChatNews::Acked { offset: 1, .. },
        ChatNews::Lines { .. },
    ] = &heard[..]
    else {
        panic!("{heard:?}")
    };
    let line = &lines[0];
    assert_eq!((line.offset, line.tick), (0, Tick(5)));
    assert_eq!((line.name.as_str(), line.text.as_str()), ("Ann", "hi"));
    let acks = bench.news(1);
    let is_ack = |news: &&ChatNews| {
        matches!(
            news,
            ChatNews::Acked {
                client_id: 10,
                offset: 0,
                ..
            }
        )
    };
    assert_eq!(acks.iter().filter(is_ack).count(), 2);
    bench.chat(1, 11, "\u{1b}[2J");
    let refused = ChatNews::Refused {
        client_id: 11,
        reason: ChatRefusal::BadText,
        seconds: 0,
    };
    assert_eq!(bench.news(1), [refused]);
    assert_eq!(bench.lobby.counts().chat_lines, 2);
    assert_eq!(bench.lobby.counts().chat_refused, 1);
}

#[test]
fn a_resumed_client_gets_exactly_the_lines_it_missed() {
    let mut bench = Bench::new(|config| config.chat.lines_per_second = 0);
    let ann = bench.join(1);
    bench.join(2);
    for id in 0..3 {
        bench.chat(1, 10 + id, &format!("a{id}"));
    }
    let cursor = room_cursor(&mut bench, 1, 3);
    bench.lobby.lost(bench.now, LinkId(1));
    for id in 0..20 {
        bench.chat(2, 100 + id, &format!("b{id}"));
    }
    bench.resume_at(3, &ann, &[cursor]);
    assert!(bench.welcome(3).resumed);
    assert_eq!(bench.offsets(3), (3..23).collect::<Vec<_>>());
    bench.chat(3, 12, "a2");
    let acked = bench.news(3);
    assert!(
        matches!(
            acked[..],
            [ChatNews::Acked {
                client_id: 12,
                offset: 2,
                ..
            }]
        ),
        "{acked:?}"
    );
}

/// T-I6: a link without a session changes nothing, whatever it says of chat.
#[test]
fn a_link_that_is_not_in_reaches_no_log() {
    let mut bench = Bench::new(|_| {});
    let ann = bench.join(1);
    bench.chat(1, 10, "before");
    bench.ordered.clear();
    let say = ChatCommand::Say {
        client_id: 1,
        to: Address::Room,
        manner: Manner::Said,
        text: BoundedStr::cut("intruder"),
    };
    let say = encode(&ClientControl::Talk(say));
    // Never said hello.
    bench.lobby.opened(bench.now, LinkId(7));
    bench.bytes(7, Lane::Ordered, &say);
    assert_eq!(bench.closed[&LinkId(7)], CloseReason::OutOfPhase);
    // Said a wrong one.
    let mut forged = ann.clone();
    forged.token = Token([9; 16]);
    bench.resume(8, &forged);
    bench.bytes(8, Lane::Ordered, &say);
    // Left, or was replaced.
    bench.resume(9, &ann);
    bench.bytes(1, Lane::Ordered, &say);
    bench.say(9, &ClientControl::Leave);
    bench.bytes(9, Lane::Ordered, &say);
    bench.hello(20, |hello| {
        hello.room = RoomRequest::Named(BoundedStr::cut("main"))
    });
    let texts: Vec<String> = bench
        .news(20)
        .into_iter()
        .filter_map(|news| match news {
            ChatNews::Lines { lines, .. } => Some(lines.into_inner()),
            _ => None,
        })
        .flatten()
        .map(|line| line.text.to_string())
        .collect();
    assert_eq!(texts, ["before"]);
}

#[test]
fn a_kicked_player_is_gone_and_a_banned_one_is_told_so() {
    let mut bench = Bench::new(|_| {});
    bench.join(1);
    let second = bench.join(2);
    let moderator = bench.lobby.sessions.keys().next().copied().unwrap();
    bench.lobby.desk.promote(moderator, Role::Moderator);
    for (sanction, link) in [(Sanction::Kick, 2), (Sanction::Ban, 3)] {
        let ask = ChatCommand::Ask {
            ask: 1,
            what: Ask::Sanction {
                whom: Whom::Account(second.account),
                sanction,
                seconds: 60,
                why: BoundedStr::cut("spam"),
            },
        };
        bench.say(1, &ClientControl::Talk(ask));
        bench.pass(20);
        let reason = bench.closed[&LinkId(link)];
        match sanction {
            Sanction::Kick => assert_eq!(reason, CloseReason::Kicked),
            _ => assert_eq!(reason, CloseReason::Banned),
        }
        let key = second.return_key;
        bench.hello(link + 1, |hello| hello.who = Credential::Return { key });
    }
    assert_eq!(bench.closed[&LinkId(4)], CloseReason::Banned);
    assert_eq!(bench.lobby.sessions(), 1);
}
