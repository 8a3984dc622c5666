//! A lobby and its rooms with hand-written client bytes and virtual time.

use std::collections::BTreeMap;

use tickwire_shared::bits::BitWriter;
use tickwire_shared::input::{InputPacket, store_row};
use tickwire_shared::rng::Rng;
use tickwire_shared::wire::{
    Address, BoundedVec, ChatCommand, ChatNews, ClientControl, Credential, HandshakeReply, Hello,
    LogCursor, Manner, PROTOCOL, Refuse, Resume, RoomRequest, Welcome, decode,
};

mod absence;
mod admission;
mod desk;
mod names;
mod strangers;
mod visitors;

use super::*;
use crate::engine::account::GuestSecret;
use crate::engine::admission::AdmitOrder;
use crate::engine::port::RoomTask;
use crate::engine::room::{Room, Sabotage};
use crate::engine::storage::Millis;
use crate::engine::yard::{Yard, parts, room_config};
use crate::store::SharedMemory;
use crate::store::at_once::serve;

/// A lobby, its rooms, and everything its links were sent.
struct Bench {
    lobby: Lobby,
    store: SharedMemory,
    rooms: BTreeMap<RoomId, Room<Yard>>,
    rng: Rng,
    now: Instant,
    ordered: BTreeMap<LinkId, Vec<Vec<u8>>>,
    snapshots: BTreeMap<LinkId, u64>,
    echoes: Vec<(LinkId, Vec<u8>)>,
    closed: BTreeMap<LinkId, CloseReason>,
    asked: Vec<AdmitOrder>,
    out: Outbox,
}

impl Bench {
    fn new(change: impl FnOnce(&mut LobbyConfig)) -> Bench {
        let (schema, tables) = parts();
        let secret = GuestSecret::new(&[1; 32]);
        let mut config = LobbyConfig::of::<Yard>(schema, &tables, &(), secret).unwrap();
        change(&mut config);
        Bench {
            lobby: Lobby::new(config),
            store: SharedMemory::default(),
            rooms: BTreeMap::new(),
            rng: Rng::new(7),
            now: Instant::from_millis(1_000),
            ordered: BTreeMap::new(),
            snapshots: BTreeMap::new(),
            echoes: Vec::new(),
            closed: BTreeMap::new(),
            asked: Vec::new(),
            out: Outbox::default(),
        }
    }

    fn carry_out(&mut self) {
        while let Some(effect) = self.lobby.next_effect() {
            let (now, wall) = (self.now, Millis(self.now.0 / 1_000));
            let Some(effect) = serve(&mut self.lobby, &mut self.store, now, wall, effect) else {
                continue;
            };
            match effect {
                Effect::ToLink(Outbound::Packet { link, bytes, lane }) if lane != Lane::Ordered => {
                    assert_eq!(lane, Lane::Snapshot);
                    self.echoes.push((link, bytes.to_vec()));
                }
                Effect::ToLink(Outbound::Packet { link, bytes, .. }) => {
                    assert!(!self.closed.contains_key(&link), "nothing after a close");
                    self.ordered.entry(link).or_default().push(bytes.to_vec());
                }
                Effect::ToLink(Outbound::Close { link, reason }) => {
                    assert_eq!(self.closed.insert(link, reason), None, "closed once");
                }
                Effect::ToRoom(room, inbound) => {
                    self.rooms.get_mut(&room).unwrap().handle(inbound);
                }
                Effect::OpenRoom(order) => {
                    let room = Room::new(room_config(Sabotage::None));
                    assert!(self.rooms.insert(order.room, room).is_none());
                }
                Effect::EndRoom(room) => assert!(self.rooms.remove(&room).is_some()),
                Effect::Admit(order) => self.asked.push(*order),
                Effect::Write(..) | Effect::Find(..) => {}
            }
        }
    }

    /// Ticks every room and the lobby for so long, 20 ms a tick.
    fn pass(&mut self, millis: u64) {
        for _ in 0..millis / 20 {
            self.now = self.now + Duration::from_millis(20);
            for (&id, room) in &mut self.rooms {
                room.tick(self.now, &mut self.out);
                for (link, lane, _) in self.out.packets() {
                    assert_eq!(lane, Lane::Snapshot);
                    *self.snapshots.entry(link).or_default() += 1;
                }
                self.lobby.room_ticked(id, &self.out);
                self.out.clear();
            }
            self.lobby.tick(self.now);
            self.carry_out();
        }
    }

    fn bytes(&mut self, link: u64, lane: Lane, bytes: &[u8]) {
        let rng = &mut self.rng;
        self.lobby
            .receive(self.now, LinkId(link), lane, bytes, &mut || rng.next_u64());
        self.carry_out();
    }

    fn say(&mut self, link: u64, control: &ClientControl) {
        self.bytes(link, Lane::Ordered, &encode(control));
    }

    fn hello(&mut self, link: u64, change: impl FnOnce(&mut Hello)) {
        let mut hello = Hello {
            protocol: PROTOCOL,
            schema_hash: self.lobby.config.schema.hash,
            name: BoundedStr::cut("Ann"),
            room: RoomRequest::Any,
            resume: None,
            who: Credential::New,
            cursors: BoundedVec::default(),
        };
        change(&mut hello);
        self.lobby.opened(self.now, LinkId(link));
        self.bytes(link, Lane::Ordered, &encode(&hello));
    }

    fn join(&mut self, link: u64) -> Welcome {
        self.hello(link, |_| {});
        self.welcome(link)
    }

    fn resume(&mut self, link: u64, welcome: &Welcome) {
        self.resume_at(link, welcome, &[]);
    }

    fn resume_at(&mut self, link: u64, welcome: &Welcome, cursors: &[LogCursor]) {
        let resume = Resume {
            session: welcome.session,
            token: welcome.token,
        };
        self.hello(link, |hello| {
            hello.resume = Some(resume);
            hello.cursors = BoundedVec::of_first(cursors.iter().copied());
        });
    }

    fn welcome(&mut self, link: u64) -> Welcome {
        let first = self.ordered.get_mut(&LinkId(link)).unwrap().remove(0);
        match decode(&first).unwrap() {
            HandshakeReply::Welcome(welcome) => welcome,
            HandshakeReply::Refuse(refuse) => panic!("{refuse:?}"),
        }
    }

    fn refused(&mut self, link: u64) -> Refuse {
        let first = self.ordered.get_mut(&LinkId(link)).unwrap().remove(0);
        match decode(&first).unwrap() {
            HandshakeReply::Refuse(refuse) => {
                assert_eq!(self.closed[&LinkId(link)].number(), refuse.reason);
                refuse
            }
            HandshakeReply::Welcome(welcome) => panic!("{welcome:?}"),
        }
    }

    /// What a link was told, but for chat.
    fn heard(&mut self, link: u64) -> Vec<ServerControl> {
        let all = self.ordered.remove(&LinkId(link)).unwrap_or_default();
        let (chat, other): (Vec<_>, Vec<_>) = all.into_iter().partition(|bytes| is_chat(bytes));
        self.ordered.insert(LinkId(link), chat);
        other.iter().map(|bytes| decode(bytes).unwrap()).collect()
    }

    /// What a link was told of chat.
    fn news(&mut self, link: u64) -> Vec<ChatNews> {
        let all = self.ordered.remove(&LinkId(link)).unwrap_or_default();
        let (chat, other): (Vec<_>, Vec<_>) = all.into_iter().partition(|bytes| is_chat(bytes));
        self.ordered.insert(LinkId(link), other);
        let news = |bytes: &Vec<u8>| match decode(bytes) {
            Ok(ServerControl::Talk(news)) => news,
            other => panic!("{other:?}"),
        };
        chat.iter().map(news).collect()
    }

    /// Offsets of the chat lines a link was sent.
    fn offsets(&mut self, link: u64) -> Vec<u64> {
        let mut offsets = Vec::new();
        for news in self.news(link) {
            if let ChatNews::Lines { lines, .. } = news {
                offsets.extend(lines.iter().map(|line| line.offset));
            }
        }
        offsets
    }

    fn input(&mut self, link: u64, newest: u32) {
        let kind = self.lobby.config.schema.input.clone();
        let mut words = Vec::new();
        tickwire_shared::input::store_row(&crate::engine::yard::Walk::default(), &kind, &mut words);
        let packet = InputPacket {
            ack: Default::default(),
            shown: None,
            newest: Tick(newest),
            count: 1,
            words,
        };
        let mut writer = BitWriter::new();
        packet.encode(&kind, &mut writer);
        self.bytes(link, Lane::Input, writer.finish());
    }

    fn chat(&mut self, link: u64, client_id: u64, text: &str) {
        let line = ChatCommand::Say {
            client_id,
            to: Address::Room,
            manner: Manner::Said,
            text: BoundedStr::cut(text),
        };
        self.say(link, &ClientControl::Talk(line));
    }
}

fn is_chat(bytes: &[u8]) -> bool {
    matches!(decode(bytes), Ok(ServerControl::Talk(_)))
}

#[test]
fn a_player_is_welcomed_seated_and_sent_snapshots() {
    let mut bench = Bench::new(|_| {});
    let welcome = bench.join(1);
    assert_eq!(
        (welcome.player, welcome.resumed, welcome.tick_hz),
        (PlayerId(0), false, 50)
    );
    assert_eq!(
        (welcome.room.as_str(), welcome.name.as_str()),
        ("main", "Ann")
    );
    assert!(
        matches!(&bench.heard(1)[..], [ServerControl::Roster { players, more: false }]
        if players.len() == 1)
    );
    bench.pass(200);
    // Nothing moves, so that little is sent after the first.
    assert!((1..10).contains(&bench.snapshots[&LinkId(1)]));
    let second = bench.join(2);
    assert_eq!(
        (second.player, second.name.as_str()),
        (PlayerId(1), "Ann 2")
    );
    assert_eq!(second.tick, Tick(10));
    assert!(matches!(&bench.heard(1)[..], [ServerControl::Joined(entry)]
        if entry.player == PlayerId(1)));
    bench.say(2, &ClientControl::Leave);
    assert_eq!(bench.closed[&LinkId(2)], CloseReason::Bye);
    assert!(matches!(
        bench.heard(1)[..],
        [ServerControl::Left {
            player: PlayerId(1)
        }]
    ));
    bench.pass(40);
    assert_eq!(bench.rooms[&RoomId(1)].counts().seats, 1);
}

#[test]
fn who_may_not_come_in_is_told_why() {
    let mut bench = Bench::new(|config| (config.seats, config.rooms_max) = (2, 1));
    let mut link = 0;
    let mut refused = |bench: &mut Bench, change: &dyn Fn(&mut Hello)| {
        link += 1;
        bench.hello(link, change);
        let refuse = bench.refused(link);
        (CloseReason::from_number(refuse.reason).unwrap(), refuse)
    };
    let (reason, refuse) = refused(&mut bench, &|hello| hello.schema_hash ^= 1);
    assert_eq!(reason, CloseReason::SchemaMismatch);
    assert_eq!(refuse.schema.as_str(), bench.lobby.config.schema.text);
    let (reason, _) = refused(&mut bench, &|hello| hello.protocol += 1);
    assert_eq!(reason, CloseReason::ProtocolVersion);
    let (reason, refuse) = refused(&mut bench, &|hello| {
        hello.name = BoundedStr::cut("a\u{202E}b")
    });
    assert_eq!(reason, CloseReason::BadName);
    assert!(refuse.detail.contains("U+202E"), "{}", refuse.detail);
    assert!(
        bench.rooms.is_empty(),
        "nobody who was refused had a room made"
    );
    bench.join(100);
    bench.join(101);
    assert_eq!(refused(&mut bench, &|_| {}).0, CloseReason::ServerFull);
    let named = |hello: &mut Hello| hello.room = RoomRequest::Named(BoundedStr::cut("main"));
    assert_eq!(refused(&mut bench, &named).0, CloseReason::RoomFull);
    bench.lobby.config.create_rooms = false;
    let other = |hello: &mut Hello| hello.room = RoomRequest::Named(BoundedStr::cut("x"));
    assert_eq!(refused(&mut bench, &other).0, CloseReason::NoSuchRoom);
    bench.lobby.drain(Duration::from_secs(9));
    assert_eq!(refused(&mut bench, &|_| {}).0, CloseReason::Draining);
    let told = bench.heard(100);
    assert!(
        told.contains(&ServerControl::Draining { millis: 9_000 }),
        "{told:?}"
    );
}

#[test]
fn any_room_fills_the_liveliest_and_then_makes_another() {
    let mut bench = Bench::new(|config| config.seats = 2);
    let rooms: Vec<String> = (1..=5)
        .map(|link| bench.join(link).room.to_string())
        .collect();
    assert_eq!(rooms, ["main", "main", "main-2", "main-2", "main-3"]);
    let named = RoomRequest::Named(BoundedStr::cut("main-3"));
    bench.hello(6, |hello| hello.room = named);
    assert_eq!(bench.welcome(6).room.as_str(), "main-3");
    for link in 1..=2 {
        bench.say(link, &ClientControl::Leave);
    }
    assert_eq!(bench.join(7).room.as_str(), "main");
    assert_eq!(
        bench
            .lobby
            .rooms()
            .map(|room| room.players)
            .collect::<Vec<_>>(),
        [1, 2, 2]
    );
}

#[test]
fn a_session_outlives_its_link_and_goes_on_with_its_token_once() {
    let mut bench = Bench::new(|_| {});
    let first = bench.join(1);
    bench.pass(100);
    bench.lobby.lost(bench.now, LinkId(1));
    bench.pass(29_000);
    bench.resume(2, &first);
    let second = bench.welcome(2);
    assert!(second.resumed && second.player == first.player && second.session == first.session);
    assert_ne!(second.token, first.token, "the token rotates");
    bench.pass(60);
    assert!(bench.snapshots[&LinkId(2)] >= 1, "it enters again");
    // The Welcome with the new token may be lost with its link: the old one still opens.
    bench.resume(3, &first);
    let third = bench.welcome(3);
    assert_eq!(bench.closed[&LinkId(2)], CloseReason::Replaced);
    // Once the client has spoken it has the new one: the old one is worth nothing.
    bench.say(3, &ClientControl::Ping { nonce: 5 });
    bench.resume(4, &first);
    assert_eq!(
        bench.refused(4).reason,
        CloseReason::UnknownSession.number()
    );
    bench.resume(5, &third);
    assert!(bench.welcome(5).resumed);
    assert_eq!(bench.rooms[&RoomId(1)].counts().seats, 1);
    assert_eq!(bench.lobby.counts().resumed, 3);
}

#[test]
fn a_session_ends_with_its_grace_and_an_empty_room_a_minute_later() {
    let mut bench = Bench::new(|_| {});
    let welcome = bench.join(1);
    bench.lobby.lost(bench.now, LinkId(1));
    bench.pass(30_000);
    assert_eq!(bench.lobby.sessions(), 0);
    bench.resume(2, &welcome);
    assert_eq!(
        bench.refused(2).reason,
        CloseReason::UnknownSession.number()
    );
    bench.pass(59_960);
    assert_eq!(bench.rooms.len(), 1);
    bench.pass(60);
    assert_eq!(bench.rooms.len(), 0);
}

#[test]
fn silence_and_slow_handshakes_close_the_link_only() {
    let mut bench = Bench::new(|_| {});
    bench.join(1);
    bench.lobby.opened(bench.now, LinkId(2));
    bench.pass(4_980);
    assert!(bench.closed.is_empty());
    bench.input(1, 250);
    bench.pass(40);
    assert_eq!(bench.closed[&LinkId(2)], CloseReason::HandshakeTimeout);
    assert!(!bench.closed.contains_key(&LinkId(1)));
    bench.pass(5_000);
    assert_eq!(bench.closed[&LinkId(1)], CloseReason::TimedOut);
    assert_eq!((bench.lobby.sessions(), bench.lobby.links()), (1, 0));
}

#[test]
fn a_failed_room_ends_its_sessions_and_nobody_elses() {
    let mut bench = Bench::new(|config| config.seats = 1);
    bench.join(1);
    let other = bench.join(2);
    bench.lobby.room_failed(RoomId(1));
    bench.rooms.remove(&RoomId(1));
    bench.carry_out();
    assert_eq!(bench.closed[&LinkId(1)], CloseReason::RoomFailed);
    assert_eq!((bench.closed.len(), bench.lobby.sessions()), (1, 1));
    bench.lobby.close_all(CloseReason::Draining);
    bench.carry_out();
    assert_eq!(bench.closed[&LinkId(2)], CloseReason::Draining);
    bench.resume(3, &other);
    assert_eq!(
        bench.refused(3).reason,
        CloseReason::UnknownSession.number()
    );
}

#[test]
fn hostile_bytes_close_their_link_and_change_no_world() {
    let mut bench = Bench::new(|_| {});
    bench.join(1);
    bench.pass(100);
    let before = bench.rooms[&RoomId(1)].mirror().hash();
    let good = encode(&ClientControl::Ping { nonce: 1 });
    for seed in 0..3_000_u64 {
        let (mut rng, link) = (Rng::new(seed), 1_000 + seed);
        let lane = [Lane::Input, Lane::Ordered, Lane::Snapshot][rng.below(3) as usize];
        let mut bytes = vec![0; rng.below(40) as usize];
        bytes.fill_with(|| rng.below(256) as u8);
        bench.lobby.opened(bench.now, LinkId(link));
        bench.bytes(link, lane, &bytes);
        let reason = bench.closed.get(&LinkId(link));
        assert!(
            reason.is_some(),
            "seed {seed}: {bytes:?} on {lane:?} passed the handshake"
        );
    }
    assert_eq!(bench.lobby.sessions(), 1);
    bench.bytes(1, Lane::Ordered, &good[..1]);
    assert_eq!(bench.closed[&LinkId(1)], CloseReason::Malformed);
    assert_eq!(bench.rooms[&RoomId(1)].mirror().hash(), before);
    assert_eq!(
        bench.lobby.sessions(),
        1,
        "the session itself waits for its client"
    );
}
