//! T-I6: whatever a link says that is not in, the store, the world and who is there do not change.
//!
//! Each kind of message is also sent by one who is in: there each that can change something does,
//! which is what a link that is not in would do without the defence.

use std::collections::HashSet;
use std::mem::discriminant;

use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::wire::{Ask, Role, Sanction, Token, Whom};

use super::desk::room_cursor;
use super::*;

/// The link of a player who is in, of the one whom messages are about, and of the sender.
const ANN: u64 = 1;
const BOB: u64 = 2;
const SENDER: u64 = 3;

/// How far a link has come, or how it fell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    In,
    Unknown,
    Forged,
    FoundOut,
    Left,
    Replaced,
    Kicked,
}

/// Those who are not in.
const OUT: [Stands; 6] = [
    Stands::Unknown,
    Stands::Forged,
    Stands::FoundOut,
    Stands::Left,
    Stands::Replaced,
    Stands::Kicked,
];

fn text<const N: usize>(text: &str) -> BoundedStr<N> {
    BoundedStr::cut(text)
}

/// Questions of every kind, and whether one who is in changes something by it.
fn asks(log: LogId, bob: AccountId) -> Vec<(Ask, bool)> {
    let whom = || Whom::Account(bob);
    let (on, offset, sanction) = (true, 0, Sanction::Mute);
    let (name, why, seconds) = (text("club"), text("spam"), 60);
    vec![
        (Ask::Party, true),
        (Ask::Group { name }, true),
        (Ask::Block { whom: whom(), on }, true),
        (Ask::Follow { whom: whom(), on }, true),
        (Ask::Report { log, offset, why }, true),
        (
            Ask::Sanction {
                whom: whom(),
                sanction,
                seconds,
                why: text("spam"),
            },
            true,
        ),
        (Ask::SlowMode { log, seconds: 5 }, true),
        // Of a room nobody is invited into, and nobody leaves it by asking.
        (Ask::Invite { log, whom: whom() }, false),
        (Ask::Accept { log }, false),
        (Ask::Leave { log }, false),
    ]
}

/// Messages of every kind, and whether one who is in changes something by it.
fn messages(log: LogId, bob: AccountId) -> Vec<(ClientControl, bool)> {
    let (client_id, manner, sign) = (1 << 32, Manner::Said, text("👍"));
    let (offset, on, delivered, read) = (0, true, 1, 1);
    let to = Address::Room;
    let said = text("intruder");
    let say = ChatCommand::Say {
        client_id,
        to,
        manner,
        text: said,
    };
    let mark = ChatCommand::Mark {
        log,
        delivered,
        read,
    };
    let react = ChatCommand::React {
        log,
        offset,
        sign,
        on,
    };
    let talk = [
        (say, true),
        (react, true),
        (mark, true),
        (ChatCommand::Pull { log }, false),
        (ChatCommand::Page { log, before: 1 }, false),
    ];
    let asked = asks(log, bob).into_iter();
    let asked = asked.map(|(what, changes)| (ChatCommand::Ask { ask: 1, what }, changes));
    let talk = talk.into_iter().chain(asked);
    let samples = BoundedVec::default();
    let others = [
        (ClientControl::Check { samples }, false),
        (ClientControl::Ping { nonce: 1 }, false),
        (ClientControl::Away { away: true }, true),
        (ClientControl::Leave, true),
    ];
    let talk = talk.map(|(command, changes)| (ClientControl::Talk(command), changes));
    talk.chain(others).collect()
}

/// A room in which something was said, and a link that stands so.
fn scene(stands: Stands) -> (Bench, LogId, AccountId) {
    let mut bench = Bench::new(|_| {});
    bench.join(ANN);
    let log = room_cursor(&mut bench, ANN, 0).log;
    let bob = bench.join(BOB).account;
    bench.chat(BOB, 1 << 32, "before");
    match stands {
        Stands::Unknown => bench.lobby.opened(bench.now, LinkId(SENDER)),
        Stands::FoundOut => bench.hello(SENDER, |hello| {
            hello.who = Credential::Admission { token: text("t") };
        }),
        _ => seat(&mut bench, stands),
    }
    bench.pass(20);
    (bench, log, bob)
}

/// Lets the sender in, as a moderator, and takes it out again as it stands.
fn seat(bench: &mut Bench, stands: Stands) {
    let mut welcome = bench.join(SENDER);
    let session = welcome.session;
    bench.lobby.desk.promote(session, Role::Moderator);
    match stands {
        Stands::Left => bench.say(SENDER, &ClientControl::Leave),
        Stands::Replaced => bench.resume(SENDER + 1, &welcome),
        Stands::Kicked => bench.lobby.dismiss(bench.now, session, CloseReason::Kicked),
        Stands::Forged => {
            welcome.token = Token([9; 16]);
            bench.say(SENDER, &ClientControl::Leave);
            bench.closed.remove(&LinkId(SENDER));
            bench.resume(SENDER, &welcome);
        }
        Stands::In | Stands::Unknown | Stands::FoundOut => {}
    }
    bench.carry_out();
}

/// All that a link could change: what is stored, the world, and who is there.
fn state(bench: &Bench) -> String {
    let rooms = bench.rooms.values();
    let worlds: Vec<_> = rooms
        .map(|room| (room.mirror(), room.counts().seats))
        .collect();
    let sessions = bench.lobby.sessions.values();
    let there: Vec<_> = sessions.map(|s| (s.player, s.link, s.away)).collect();
    format!("{:?} {worlds:?} {there:?}", bench.store)
}

/// Whether a message of a link that stands so changes anything, against the same time without it.
fn changes(stands: Stands, number: usize) -> bool {
    let after = |says: bool| {
        let (mut bench, log, bob) = scene(stands);
        if says {
            let (message, _) = messages(log, bob).remove(number);
            bench.say(SENDER, &message);
        }
        bench.pass(100);
        state(&bench)
    };
    after(true) != after(false)
}

#[test]
fn no_kind_of_message_of_a_link_that_is_not_in_changes_anything() {
    let all = messages(LogId(1), AccountId(1));
    let talk = all.iter().filter_map(|(message, _)| match message {
        ClientControl::Talk(command) => Some(discriminant(command)),
        _ => None,
    });
    assert_eq!(talk.collect::<HashSet<_>>().len(), 6, "every command");
    for (number, (message, can_change)) in all.iter().enumerate() {
        for stands in OUT {
            assert!(!changes(stands, number), "{stands:?}: {message:?}");
        }
        if *can_change {
            assert!(changes(Stands::In, number), "{message:?}");
        }
    }
}
