//! The moving-square game on the server's own lobby and room, with whole clients, in virtual time.
//!
//! The network is a delay and nothing else: what can go wrong here is the wiring.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tickwire_server::engine::account::GuestSecret;
use tickwire_server::engine::replication::ReplicationConfig;
use tickwire_server::engine::room::Sabotage;
use tickwire_server::engine::storage::Millis;
use tickwire_server::engine::{
    Effect, Lobby, LobbyConfig, Outbound, Outbox, Room, RoomConfig, RoomTask,
};
use tickwire_server::store::MemoryStore;
use tickwire_server::store::at_once::serve;
use tickwire_shared::client::{Client, ClientConfig, ClientEvent};
use tickwire_shared::close::CloseReason;
use tickwire_shared::delta::Tables;
use tickwire_shared::game::{Game, schema_of};
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::{Lane, LinkId, PlayerId, RoomId};
use tickwire_shared::rng::Rng;
use tickwire_shared::schema::Schema;
use tickwire_shared::time::Instant;

#[path = "../../shared/examples/moving_square.rs"]
#[allow(dead_code, reason = "the example has a main of its own")]
mod moving_square;

use moving_square::{Push, Squares};

const DELAY: Duration = Duration::from_millis(40);

/// What is under way: when it arrives, on which link, to the server or not.
struct Flying {
    at: Instant,
    link: LinkId,
    up: bool,
    lane: Lane,
    bytes: Vec<u8>,
}

struct Peer {
    client: Client<Squares>,
    link: LinkId,
    lines: Vec<(u64, String)>,
    joined: Vec<(PlayerId, bool)>,
    closed: Vec<CloseReason>,
}

/// One server and its clients.
struct World {
    now: Instant,
    schema: Arc<Schema>,
    tables: Arc<Tables>,
    lobby: Lobby,
    store: MemoryStore,
    rooms: BTreeMap<RoomId, Room<Squares>>,
    ticks: u64,
    peers: Vec<Peer>,
    links: u64,
    sky: VecDeque<Flying>,
    entropy: Rng,
    out: Outbox,
    sabotage: Sabotage,
}

impl World {
    fn new(sabotage: Sabotage) -> World {
        let schema = Arc::new(schema_of::<Squares>().expect("fair declarations"));
        let tables = Arc::new(Tables::default_for(&schema));
        let secret = GuestSecret::new(&[7; 32]);
        let config = LobbyConfig::of::<Squares>(Arc::clone(&schema), &tables, &(), secret);
        World {
            now: Instant::from_millis(500),
            schema,
            tables,
            lobby: Lobby::new(config.expect("small tables")),
            store: MemoryStore::default(),
            rooms: BTreeMap::new(),
            ticks: 0,
            peers: Vec::new(),
            links: 0,
            sky: VecDeque::new(),
            entropy: Rng::new(11),
            out: Outbox::default(),
            sabotage,
        }
    }

    fn add_peer(&mut self, name: &str) {
        let config = ClientConfig {
            name: name.to_owned(),
            ..ClientConfig::default()
        };
        let client = Client::new(config, self.now).expect("fair declarations");
        let link = self.open();
        self.peers.push(Peer {
            client,
            link,
            lines: Vec::new(),
            joined: Vec::new(),
            closed: Vec::new(),
        });
    }

    fn open(&mut self) -> LinkId {
        self.links += 1;
        let link = LinkId(self.links);
        self.lobby.opened(self.now, link);
        link
    }

    /// Cuts a peer's link and lets it dial again.
    fn cut(&mut self, peer: usize) {
        let old = self.peers[peer].link;
        self.sky.retain(|flying| flying.link != old);
        self.lobby.lost(self.now, old);
        self.peers[peer].client.link_closed(CloseReason::LinkLost);
        self.run(1_000);
        let link = self.open();
        self.peers[peer].link = link;
        self.peers[peer].client.reconnect(self.now);
    }

    fn run(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        while self.now < end {
            self.now = self.now + Duration::from_millis(1);
            self.deliver();
            self.tick_rooms();
            self.lobby.tick(self.now);
            self.carry_out();
            self.frames();
        }
    }

    fn deliver(&mut self) {
        while self.sky.front().is_some_and(|flying| flying.at <= self.now) {
            let Some(f) = self.sky.pop_front() else {
                return;
            };
            if f.up {
                let entropy = &mut self.entropy;
                let draw = &mut || entropy.next_u64();
                self.lobby.receive(self.now, f.link, f.lane, &f.bytes, draw);
                self.carry_out();
            } else if let Some(peer) = self.peers.iter_mut().find(|peer| peer.link == f.link) {
                peer.client.receive(self.now, f.lane, &f.bytes);
            }
        }
    }

    fn tick_rooms(&mut self) {
        let due = Instant(Squares::TICK_RATE.micros_of(self.ticks + 1));
        if self.now < due {
            return;
        }
        self.ticks += 1;
        for (&id, room) in &mut self.rooms {
            room.tick(due, &mut self.out);
            self.lobby.room_ticked(id, &self.out);
            for (link, lane, bytes) in self.out.packets() {
                self.sky.push_back(Flying {
                    at: self.now + DELAY,
                    link,
                    up: false,
                    lane,
                    bytes: bytes.to_vec(),
                });
            }
            self.out.clear();
        }
    }

    fn carry_out(&mut self) {
        while let Some(effect) = self.lobby.next_effect() {
            let (now, wall) = (self.now, Millis(self.now.0 / 1_000));
            let Some(effect) = serve(&mut self.lobby, &mut self.store, now, wall, effect) else {
                continue;
            };
            match effect {
                Effect::ToLink(Outbound::Packet { link, lane, bytes }) => {
                    self.sky.push_back(Flying {
                        at: self.now + DELAY,
                        link,
                        up: false,
                        lane,
                        bytes: bytes.to_vec(),
                    });
                }
                Effect::ToLink(Outbound::Close { link, reason }) => {
                    if let Some(peer) = self.peers.iter_mut().find(|peer| peer.link == link) {
                        peer.closed.push(reason);
                    }
                }
                Effect::ToRoom(room, inbound) => {
                    self.rooms
                        .get_mut(&room)
                        .expect("an open room")
                        .handle(inbound);
                }
                Effect::OpenRoom(order) => {
                    let room = Room::new(RoomConfig {
                        rules: (),
                        schema: Arc::clone(&self.schema),
                        tables: Arc::clone(&self.tables),
                        seed: order.seed,
                        secret: order.secret,
                        replication: ReplicationConfig::default(),
                        sabotage: self.sabotage,
                    });
                    self.rooms.insert(order.room, room);
                }
                Effect::EndRoom(room) => {
                    self.rooms.remove(&room);
                }
                // Everybody here is a guest.
                Effect::Admit(order) => unreachable!("{order:?}"),
                Effect::Write(..) | Effect::Find(..) => {}
            }
        }
    }

    fn frames(&mut self) {
        for (at, peer) in self.peers.iter_mut().enumerate() {
            if peer.client.next_wake() <= self.now {
                // Each peer turns every half second, in its own phase.
                let angle = (self.now.0 / 500_000 + at as u64) as f32 * 1.3;
                let direction = Vec2::from_angle(angle);
                peer.client.set_input(&Push { direction });
                peer.client.frame(self.now);
            }
            while let Some(packet) = peer.client.poll_transmit() {
                self.sky.push_back(Flying {
                    at: self.now + DELAY,
                    link: peer.link,
                    up: true,
                    lane: packet.lane,
                    bytes: packet.bytes,
                });
            }
            while let Some(event) = peer.client.poll_event() {
                match event {
                    ClientEvent::Joined { me, resumed, .. } => peer.joined.push((me, resumed)),
                    ClientEvent::Talk(talk) => {
                        let line = talk.room_line();
                        let line = line.map(|line| (line.offset, line.text.to_string()));
                        peer.lines.extend(line);
                    }
                    ClientEvent::Desync { field } => panic!("{field} differs"),
                    _ => {}
                }
            }
        }
    }

    fn place(&self, player: PlayerId) -> Vec2 {
        let room = self.rooms.values().next().expect("a room");
        let mut squares = room.game().0.values();
        squares
            .find(|square| square.owner == player)
            .expect("a square")
            .place
    }
}

#[test]
fn players_join_move_and_chat_without_a_misprediction() {
    let mut world = World::new(Sabotage::None);
    (0..4).for_each(|at| world.add_peer(&format!("peer {at}")));
    world.run(2_000);
    for at in 0..4 {
        assert_eq!(world.peers[at].joined, [(PlayerId(at as u16), false)]);
        world.peers[at]
            .client
            .chat(&format!("line of {at}"))
            .expect("in a room");
    }
    world.run(8_000);
    for peer in &world.peers {
        let stats = peer.client.stats();
        assert_eq!(stats.unexplained_mispredictions, 0, "{stats:?}");
        assert_eq!((stats.desyncs, peer.closed.len()), (0, 0));
        assert!(stats.desyncs_none > 0, "rows were checked: {stats:?}");
        let offsets: Vec<u64> = peer.lines.iter().map(|(offset, _)| *offset).collect();
        assert_eq!(offsets, [0, 1, 2, 3]);
    }
    assert!(world.place(PlayerId(0)) != Vec2::ZERO);
    let counts = world.rooms.values().next().expect("a room").counts();
    assert!(counts.inputs_real > 4 * 60 * 8, "{counts:?}");
}

#[test]
fn a_cut_link_keeps_the_square_and_the_chat() {
    let mut world = World::new(Sabotage::None);
    world.add_peer("Ann");
    world.add_peer("Bob");
    world.run(2_000);
    world.peers[1].client.chat("before").expect("in a room");
    world.run(200);
    let entities = world
        .rooms
        .values()
        .next()
        .expect("a room")
        .counts()
        .entities;
    let missed = |world: &mut World| world.peers[1].client.chat("meanwhile");
    world
        .sky
        .retain(|flying| flying.link != world.peers[0].link);
    assert!(missed(&mut world).is_some());
    world.cut(0);
    world.run(3_000);
    assert_eq!(
        world.peers[0].joined,
        [(PlayerId(0), false), (PlayerId(0), true)]
    );
    let texts: Vec<&str> = world.peers[0]
        .lines
        .iter()
        .map(|(_, text)| text.as_str())
        .collect();
    assert_eq!(texts, ["before", "meanwhile"]);
    let room = world.rooms.values().next().expect("a room");
    assert_eq!((room.counts().entities, room.counts().seats), (entities, 2));
    let stats = world.peers[0].client.stats();
    assert_eq!(
        (stats.unexplained_mispredictions, stats.desyncs),
        (0, 0),
        "{stats:?}"
    );
}

#[test]
fn a_server_that_keeps_its_own_numbers_would_be_noticed() {
    let mut world = World::new(Sabotage::SkipWriteBack);
    world.add_peer("Ann");
    world.run(6_000);
    let stats = world.peers[0].client.stats();
    assert!(
        stats.unexplained_mispredictions > 0,
        "a server that keeps its own numbers: {stats:?}"
    );
}
