//! The server's side of a run: the lobby and its rooms on one thread.
//!
//! It adds nothing of its own: it carries effects from the lobby to rooms and links, as the
//! server's shell does, and ticks rooms when they are due.

use std::sync::Arc;

use tickwire_server::engine::account::GuestSecret;
use tickwire_server::engine::lobby::{Lobby, LobbyConfig, LobbyCounts};
use tickwire_server::engine::port::RoomOrder;
use tickwire_server::engine::replication::{ReplicationConfig, Sabotage as ReplicationSabotage};
use tickwire_server::engine::room::Sabotage as RoomSabotage;
use tickwire_server::engine::storage::Millis;
use tickwire_server::engine::{Effect, Inbound, Outbound, Outbox, Room, RoomConfig, RoomTask};
use tickwire_server::store::MemoryStore;
use tickwire_server::store::at_once::serve;
use tickwire_shared::close::CloseReason;
use tickwire_shared::delta::Tables;
use tickwire_shared::id::{Lane, LinkId, RoomId};
use tickwire_shared::rng::Rng;
use tickwire_shared::schema::Schema;
use tickwire_shared::snapshot::Mirror;
use tickwire_shared::time::Instant;

use crate::games::SimGame;
use crate::stage::schema;

/// Bugs to plant in the server, and other figures than the usual ones.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plan {
    /// A bug in the room.
    pub room: RoomSabotage,
    /// A bug in replication.
    pub replication: ReplicationSabotage,
    /// Bytes a second to each viewer, when not the usual ones.
    pub budget_bytes_per_second: Option<u32>,
}

/// What the server does to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent<'a> {
    /// It sends a packet.
    Packet(Lane, &'a [u8]),
    /// It closes the link.
    Close(CloseReason),
}

/// How often the lobby looks at its deadlines, in room ticks.
const LOBBY_EVERY_TICKS: u32 = 6;

struct Hosted<G: SimGame> {
    id: RoomId,
    room: Room<G>,
    opened: Instant,
}

/// A lobby, its rooms and what they are about to send.
pub struct Server<G: SimGame> {
    lobby: Lobby,
    store: MemoryStore,
    schema: Arc<Schema>,
    tables: Arc<Tables>,
    seed: u64,
    plan: Plan,
    entropy: Rng,
    rooms: Vec<Hosted<G>>,
    outbox: Outbox,
    /// An empty mirror to look at before there is a room.
    nothing: Mirror,
}

impl<G: SimGame> Server<G> {
    /// A server without rooms.
    ///
    /// # Panics
    /// When the game's schema breaks a rule or its tables do not fit a Welcome.
    #[must_use]
    pub fn new(seed: u64, plan: Plan) -> Server<G> {
        let schema = schema::<G>();
        let tables = Arc::new(Tables::default_for(&schema));
        let secret = GuestSecret::new(&[7; 32]);
        let config = LobbyConfig::of::<G>(Arc::clone(&schema), &tables, &G::rules(seed), secret);
        Server {
            lobby: Lobby::new(config.expect("test games are small")),
            store: MemoryStore::default(),
            nothing: Mirror::new(Arc::clone(&schema)),
            schema,
            tables,
            seed,
            plan,
            entropy: Rng::of(seed, &[0x0065_6E74]),
            rooms: Vec::new(),
            outbox: Outbox::default(),
        }
    }

    /// A client dialled.
    pub fn opened(&mut self, now: Instant, link: LinkId, sink: &mut dyn FnMut(LinkId, Sent<'_>)) {
        self.lobby.opened(now, link);
        self.carry_out(now, sink);
    }

    /// A link broke.
    pub fn lost(&mut self, now: Instant, link: LinkId, sink: &mut dyn FnMut(LinkId, Sent<'_>)) {
        self.lobby.lost(now, link);
        self.carry_out(now, sink);
    }

    /// A packet came.
    pub fn receive(
        &mut self,
        now: Instant,
        link: LinkId,
        lane: Lane,
        bytes: &[u8],
        sink: &mut dyn FnMut(LinkId, Sent<'_>),
    ) {
        let entropy = &mut self.entropy;
        self.lobby
            .receive(now, link, lane, bytes, &mut || entropy.next_u64());
        self.carry_out(now, sink);
    }

    /// When the first room's next tick is due; `None` without a room.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        let first = self.rooms.first()?;
        let next = u64::from(first.room.mirror().tick().0) + 1;
        Some(Instant(first.opened.0 + G::TICK_RATE.micros_of(next)))
    }

    /// Ticks every room; all of them keep the first one's time.
    pub fn tick(&mut self, due: Instant, sink: &mut dyn FnMut(LinkId, Sent<'_>)) {
        for hosted in &mut self.rooms {
            hosted.room.tick(due, &mut self.outbox);
            for (link, lane, bytes) in self.outbox.packets() {
                sink(link, Sent::Packet(lane, bytes));
            }
            self.lobby.room_ticked(hosted.id, &self.outbox);
            self.outbox.clear();
        }
        let tick = self
            .rooms
            .first()
            .map_or(0, |hosted| hosted.room.mirror().tick().0);
        if tick.is_multiple_of(LOBBY_EVERY_TICKS) {
            self.lobby.tick(due);
            self.carry_out(due, sink);
        }
    }

    /// The state of the first room; an empty one before there is any.
    #[must_use]
    pub fn mirror(&self) -> &Mirror {
        self.rooms
            .first()
            .map_or(&self.nothing, |hosted| hosted.room.mirror())
    }

    /// The first room's game.
    #[must_use]
    pub fn game(&self) -> Option<&G> {
        self.rooms.first().map(|hosted| hosted.room.game())
    }

    /// The lobby's books.
    #[must_use]
    pub fn lobby(&self) -> &Lobby {
        &self.lobby
    }

    /// What the lobby counted.
    #[must_use]
    pub fn counts(&self) -> &LobbyCounts {
        self.lobby.counts()
    }

    /// Replaces every game by a new one that knows only what the mirror holds.
    pub fn forget(&mut self) {
        for hosted in &mut self.rooms {
            hosted.room.replace_game_with_loaded_copy();
        }
    }

    fn carry_out(&mut self, now: Instant, sink: &mut dyn FnMut(LinkId, Sent<'_>)) {
        while let Some(effect) = self.lobby.next_effect() {
            let wall = Millis(now.0 / 1_000);
            let Some(effect) = serve(&mut self.lobby, &mut self.store, now, wall, effect) else {
                continue;
            };
            match effect {
                Effect::ToLink(Outbound::Packet { link, lane, bytes }) => {
                    sink(link, Sent::Packet(lane, &bytes));
                }
                Effect::ToLink(Outbound::Close { link, reason }) => {
                    sink(link, Sent::Close(reason));
                }
                Effect::ToRoom(room, inbound) => self.tell_room(room, inbound),
                Effect::OpenRoom(order) => self.open_room(now, &order),
                Effect::EndRoom(room) => self.rooms.retain(|hosted| hosted.id != room),
                // Everybody here is a guest.
                Effect::Admit(order) => unreachable!("{order:?}"),
                Effect::Write(..) | Effect::Find(..) => {}
            }
        }
    }

    fn tell_room(&mut self, room: RoomId, inbound: Inbound) {
        let hosted = self.rooms.iter_mut().find(|hosted| hosted.id == room);
        hosted
            .expect("the lobby tells rooms it opened")
            .room
            .handle(inbound);
    }

    fn open_room(&mut self, now: Instant, order: &RoomOrder) {
        let usual = ReplicationConfig::default();
        let budget = self.plan.budget_bytes_per_second;
        let config = RoomConfig {
            rules: G::rules(self.seed),
            schema: Arc::clone(&self.schema),
            tables: Arc::clone(&self.tables),
            seed: order.seed,
            secret: order.secret,
            replication: ReplicationConfig {
                sabotage: self.plan.replication,
                budget_bytes_per_second: budget.unwrap_or(usual.budget_bytes_per_second),
                ..usual
            },
            sabotage: self.plan.room,
        };
        let room = Room::new(config);
        self.rooms.push(Hosted {
            id: order.room,
            room,
            opened: now,
        });
    }
}
