//! The way in for those who are no guests, and that nothing changes before they are in.

use tickwire_shared::id::LogId;
use tickwire_shared::input::InputPacket;
use tickwire_shared::limits::ADMISSION_BYTES_MAX;
use tickwire_shared::wire::{Address, Ask, ChatCommand, Manner, Sanction, Whom, encode_probe};

use super::*;
use crate::engine::account::stored_key;
use crate::engine::admission::{Admission, Refusal};
use crate::engine::storage::{Held, Write};
use crate::store::Store;

impl Bench {
    /// A link says hello with a token.
    pub(super) fn knock(&mut self, link: u64, room: RoomRequest) {
        self.hello(link, |hello| {
            hello.room = room;
            hello.who = Credential::Admission {
                token: BoundedStr::<ADMISSION_BYTES_MAX>::cut("v4.public.token"),
            };
        });
    }

    /// Whether that lets it in.
    pub(super) fn answer(&mut self, link: u64, found: Result<Admission, Refusal>) -> bool {
        let rng = &mut self.rng;
        let is_in = self
            .lobby
            .admitted(self.now, LinkId(link), found, &mut || rng.next_u64());
        self.carry_out();
        is_in
    }

    /// The store has it that an account is banned until then.
    fn hold_out(&mut self, account: AccountId, until: u64) {
        let held = Held {
            account,
            sanction: Sanction::Ban,
            until: Millis(until),
            by: AccountId(9),
            why: String::new(),
        };
        let stored = self.store.commit(Millis(0), &[Write::Hold(held)]);
        assert!(stored.is_ok());
    }

    /// What strangers must not change: sessions, rooms and chat.
    fn state(&self) -> String {
        let lobby = &self.lobby;
        format!("{:?}{:?}{:?}", lobby.sessions, lobby.directory, lobby.desk)
    }

    pub(super) fn refused_with(&mut self, link: u64) -> (CloseReason, String) {
        let refuse = self.refused(link);
        (self.closed[&LinkId(link)], refuse.detail.to_string())
    }
}

pub(super) fn admission(account: u64, name: &str, room: Option<&str>) -> Admission {
    let mut number = account;
    Admission {
        account: AccountId(account),
        name: name.to_owned(),
        role: Role::Moderator,
        return_key: stored_key(&mut || {
            number += 1;
            number
        }),
        room: room.map(str::to_owned),
    }
}

#[test]
fn a_player_is_in_once_the_answer_came_and_not_before() {
    let mut bench = Bench::new(|_| {});
    bench.knock(1, RoomRequest::Any);
    let [order] = &bench.asked[..] else {
        panic!("{:?}", bench.asked);
    };
    assert_eq!((order.link, order.room.as_deref()), (LinkId(1), None));
    assert_eq!(bench.lobby.sessions(), 0);
    bench.bytes(1, Lane::Input, &encode_probe(7, 100));
    assert!(bench.ordered.is_empty() && bench.closed.is_empty());
    assert!(bench.answer(1, Ok(admission(5, "Ann", Some("duel")))));
    let welcome = bench.welcome(1);
    assert_eq!(
        (welcome.account, welcome.role),
        (AccountId(5), Role::Moderator)
    );
    assert_eq!((&*welcome.name, &*welcome.room), ("Ann", "duel"));
    // A second answer finds a link that is live: nothing comes of it.
    let before = bench.state();
    assert!(!bench.answer(1, Ok(admission(6, "Bob", None))));
    assert_eq!(bench.state(), before);
}

#[test]
fn a_return_key_that_is_no_guests_is_looked_up() {
    let mut bench = Bench::new(|_| {});
    let key = admission(5, "Ann", None).return_key;
    bench.hello(1, |hello| hello.who = Credential::Return { key });
    assert_eq!(bench.asked[0].who, Credential::Return { key });
    let unknown = Refusal::from(CloseReason::BadCredential);
    bench.answer(1, Err(unknown));
    assert_eq!(bench.refused_with(1).0, CloseReason::BadCredential);
}

#[test]
fn an_answer_has_five_seconds_and_nothing_else_is_said_meanwhile() {
    let mut bench = Bench::new(|_| {});
    bench.knock(1, RoomRequest::Any);
    bench.pass(4_960);
    assert!(bench.closed.is_empty());
    bench.pass(60);
    assert_eq!(bench.closed[&LinkId(1)], CloseReason::HandshakeTimeout);
    let is_in = bench.answer(1, Ok(admission(5, "Ann", None)));
    assert!(!is_in, "the answer came too late");
    assert_eq!(bench.lobby.sessions(), 0);
    bench.knock(2, RoomRequest::Any);
    bench.say(2, &ClientControl::Leave);
    assert_eq!(bench.closed[&LinkId(2)], CloseReason::OutOfPhase);
    bench.answer(2, Ok(admission(5, "Ann", None)));
    assert_eq!(bench.lobby.sessions(), 0, "the link is gone");
}

#[test]
fn whoever_is_banned_or_wants_another_room_stays_out() {
    let mut bench = Bench::new(|_| {});
    bench.hold_out(AccountId(5), 60_000);
    bench.pass(20);
    bench.knock(1, RoomRequest::Any);
    bench.answer(1, Ok(admission(5, "Ann", None)));
    assert_eq!(bench.refused_with(1).0, CloseReason::Banned);
    bench.knock(2, RoomRequest::Named(BoundedStr::cut("main")));
    assert!(!bench.answer(2, Ok(admission(6, "Bob", Some("duel")))));
    let (reason, detail) = bench.refused_with(2);
    assert_eq!(reason, CloseReason::BadCredential);
    assert!(detail.contains("another room: log in"), "{detail}");
    // Where the shell says of no room that it is the only one, nothing holds it back.
    bench.knock(4, RoomRequest::Named(BoundedStr::cut("main")));
    bench.answer(4, Ok(admission(6, "Bob", None)));
    assert_eq!(&*bench.welcome(4).room, "main");
    bench.lobby.set_wall(Millis(60_000));
    bench.knock(3, RoomRequest::Any);
    bench.answer(3, Ok(admission(5, "Ann", None)));
    assert_eq!(&*bench.welcome(3).name, "Ann", "the ban is over");
}

#[test]
fn a_ban_from_before_the_start_is_ended_at_once() {
    let mut bench = Bench::new(|_| {});
    let guest = bench.join(1);
    bench.hold_out(guest.account, 60_000);
    bench.say(1, &ClientControl::Leave);
    bench.pass(20);
    let key = guest.return_key;
    bench.hello(2, |hello| hello.who = Credential::Return { key });
    assert_eq!(bench.refused_with(2).0, CloseReason::Banned);
    bench.knock(3, RoomRequest::Any);
    bench.answer(3, Ok(admission(5, "Bob", None)));
    let pardon = Ask::Sanction {
        whom: Whom::Account(guest.account),
        sanction: Sanction::Ban,
        seconds: 0,
        why: BoundedStr::cut("sorry"),
    };
    let pardon = ChatCommand::Ask {
        ask: 1,
        what: pardon,
    };
    bench.say(3, &ClientControl::Talk(pardon));
    bench.hello(4, |hello| hello.who = Credential::Return { key });
    assert_eq!(bench.welcome(4).account, guest.account);
}

#[test]
fn nobody_comes_in_before_names_and_bans_are_known() {
    let mut bench = Bench::new(|config| config.start_known = false);
    let refused = |bench: &mut Bench, link| {
        bench.hello(link, |_| {});
        assert_eq!(bench.refused_with(link).0, CloseReason::Starting);
        bench.knock(link + 1, RoomRequest::Any);
        assert_eq!(bench.refused_with(link + 1).0, CloseReason::Starting);
        assert!(bench.asked.is_empty() && bench.lobby.sessions() == 0);
    };
    refused(&mut bench, 1);
    bench.lobby.names_known();
    refused(&mut bench, 3);
    bench.pass(20);
    bench.join(5);
    bench.knock(6, RoomRequest::Any);
    bench.answer(6, Ok(admission(5, "Bob", None)));
    assert_eq!(&*bench.welcome(6).name, "Bob");
}

/// A token is good once: nobody finds out whose it is while there is no seat for its player.
#[test]
fn a_login_is_not_used_up_for_a_room_that_is_full_or_not_there() {
    let mut bench = Bench::new(|config| (config.seats, config.rooms_max) = (1, 2));
    let named = |name| RoomRequest::Named(BoundedStr::cut(name));
    let first = bench.join(1);
    bench.knock(2, named("main"));
    assert_eq!(bench.refused_with(2).0, CloseReason::RoomFull);
    bench.lobby.config.create_rooms = false;
    bench.knock(3, named("nowhere"));
    assert_eq!(bench.refused_with(3).0, CloseReason::NoSuchRoom);
    bench.lobby.config.create_rooms = true;
    bench.knock(4, named("a\u{202E}b"));
    assert_eq!(bench.refused_with(4).0, CloseReason::BadName);
    bench.join(5);
    bench.knock(6, named("one more"));
    assert_eq!(bench.refused_with(6).0, CloseReason::ServerFull);
    assert!(bench.asked.is_empty(), "{:?}", bench.asked);
    // The seat of somebody whose link is gone may be that of whoever knocks.
    bench.lobby.lost(bench.now, LinkId(1));
    bench.carry_out();
    assert!(
        bench.lobby.sessions.contains_key(&first.session),
        "it waits"
    );
    bench.knock(7, named("main"));
    assert_eq!(bench.asked.len(), 1);
}

#[test]
fn a_server_without_guests_takes_only_whom_somebody_vouches_for() {
    let mut bench = Bench::new(|config| config.guests = false);
    bench.hello(1, |_| {});
    let (reason, detail) = bench.refused_with(1);
    assert_eq!(reason, CloseReason::BadCredential);
    assert!(detail.contains("log in"), "{detail}");
    bench.knock(2, RoomRequest::Any);
    bench.answer(2, Ok(admission(5, "Ann", None)));
    assert_eq!(&*bench.welcome(2).name, "Ann");
}

/// Everything a client can say once it is in, on every lane, well formed.
fn everything(bench: &Bench) -> Vec<(Lane, Vec<u8>)> {
    let kind = bench.lobby.config.schema.input.clone();
    let mut words = Vec::new();
    store_row(&crate::engine::yard::Walk::default(), &kind, &mut words);
    let packet = InputPacket {
        ack: Default::default(),
        shown: None,
        newest: Tick(1),
        count: 1,
        words,
    };
    let mut writer = BitWriter::new();
    packet.encode(&kind, &mut writer);
    let input = writer.finish().to_vec();
    let mut all = vec![(Lane::Snapshot, input.clone()), (Lane::Input, input)];
    let controls = [
        ClientControl::Check {
            samples: BoundedVec::default(),
        },
        ClientControl::Ping { nonce: 7 },
        ClientControl::Leave,
        ClientControl::Away { away: true },
    ];
    let talk = commands().into_iter().map(ClientControl::Talk);
    let controls = controls.into_iter().chain(talk);
    all.extend(controls.map(|control| (Lane::Ordered, encode(&control))));
    all
}

fn commands() -> Vec<ChatCommand> {
    let (log, offset) = (LogId(1), 0);
    let whom = || Whom::Name(BoundedStr::cut("Ann"));
    let asks = [
        Ask::Party,
        Ask::Group {
            name: BoundedStr::cut("us"),
        },
        Ask::Invite { log, whom: whom() },
        Ask::Accept { log },
        Ask::Leave { log },
        Ask::Block {
            whom: whom(),
            on: true,
        },
        Ask::Follow {
            whom: whom(),
            on: true,
        },
        Ask::Report {
            log,
            offset,
            why: BoundedStr::cut("rude"),
        },
        Ask::Sanction {
            whom: whom(),
            sanction: Sanction::Ban,
            seconds: 60,
            why: BoundedStr::cut("rude"),
        },
        Ask::SlowMode { log, seconds: 9 },
    ];
    let asks = asks.map(|what| ChatCommand::Ask { ask: 1, what });
    let mut commands = vec![
        ChatCommand::Say {
            client_id: 1,
            to: Address::Room,
            manner: Manner::Said,
            text: BoundedStr::cut("hi"),
        },
        ChatCommand::Pull { log },
        ChatCommand::Page { log, before: 9 },
        ChatCommand::Mark {
            log,
            delivered: 1,
            read: 1,
        },
        ChatCommand::React {
            log,
            offset,
            sign: BoundedStr::cut("+"),
            on: true,
        },
    ];
    commands.extend(asks);
    commands
}

/// How a link comes to have no say.
#[derive(Clone, Copy, Debug)]
enum Stranger {
    SaidNothing,
    IsLookedUp,
    Expired,
    WrongRoom,
    Kicked,
}

impl Stranger {
    const ALL: [Stranger; 5] = [
        Stranger::SaidNothing,
        Stranger::IsLookedUp,
        Stranger::Expired,
        Stranger::WrongRoom,
        Stranger::Kicked,
    ];

    fn prepare(self, bench: &mut Bench, link: u64) {
        let main = || RoomRequest::Named(BoundedStr::cut("main"));
        match self {
            Stranger::SaidNothing => bench.lobby.opened(bench.now, LinkId(link)),
            Stranger::IsLookedUp => bench.knock(link, main()),
            Stranger::Expired => {
                bench.knock(link, main());
                bench.answer(link, Err(CloseReason::BadCredential.into()));
            }
            Stranger::WrongRoom => {
                bench.knock(link, main());
                bench.answer(link, Ok(admission(5, "Bob", Some("duel"))));
            }
            Stranger::Kicked => {
                bench.join(link);
                bench
                    .lobby
                    .close(bench.now, LinkId(link), CloseReason::Kicked);
                bench.carry_out();
            }
        }
    }
}

/// Every kind of message from every kind of stranger. The same messages from a player who is in do
/// change something, so that this would notice if one got through.
#[test]
fn strangers_change_nothing_whatever_they_say() {
    let (mut checked, mut changed_by_player) = (0, 0);
    for at in 0..everything(&Bench::new(|_| {})).len() {
        for stranger in Stranger::ALL {
            let mut bench = Bench::new(|_| {});
            bench.join(1);
            stranger.prepare(&mut bench, 2);
            let before = (bench.state(), bench.rooms.len());
            let (lane, bytes) = everything(&bench).swap_remove(at);
            bench.bytes(2, lane, &bytes);
            let after = (bench.state(), bench.rooms.len());
            assert_eq!(after, before, "{stranger:?}, message {at}");
            checked += 1;
        }
        let mut bench = Bench::new(|_| {});
        bench.join(1);
        let before = bench.state();
        let (lane, bytes) = everything(&bench).swap_remove(at);
        bench.bytes(1, lane, &bytes);
        changed_by_player += usize::from(bench.state() != before);
    }
    assert_eq!(checked, 21 * 5);
    assert!(changed_by_player >= 4, "{changed_by_player}");
}
