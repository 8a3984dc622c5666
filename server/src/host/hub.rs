//! Where links, lobby and rooms meet: carries out what the engine wants.
//!
//! Never decides: links report to the lobby, the lobby answers with effects, and each effect is one
//! call here. A room's batch goes straight to its links.

mod announcements;
mod figures;
mod front;
mod lobby;
mod outflow;
mod sinks;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::RoomId;
use tokio::sync::{Notify, mpsc};

use self::announcements::Announcements;
use self::figures::{REPORT_EVERY, Report};
use self::lobby::lobby_config;
use super::attendance::Attendance;
use super::game::{HostedGame, RoomSeeds};
use super::lounge::{self, Lounge};
use super::rooms::{Rooms, Told};
use crate::config::Config;
use crate::engine::account::GuestSecret;
use crate::engine::etiquette::filter::Filter;
use crate::engine::name_book::NameBook;
use crate::engine::replication::ReplicationConfig;
use crate::engine::storage::Millis;
use crate::engine::{AdmitOrder, Effect, Lobby, RoomOrder};
use crate::gateway::Webhook;
use crate::http::AdminState;
use crate::limits::SLUICE_SLICE;
use crate::metrics::Metrics;
use crate::runtime::clock::wall_millis;
use crate::runtime::{Clock, Sluice, WorkerPool, entropy};
use crate::store::{Done, StoreHandle};
use crate::transport::Links;

/// What a hub is made from.
pub(super) struct HubParts<'a> {
    pub(super) config: &'a Config,
    /// What is played.
    pub(super) game: Box<dyn HostedGame>,
    pub(super) clock: Clock,
    pub(super) workers: WorkerPool,
    pub(super) links: Rc<Links>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) admin: Arc<AdminState>,
    /// Where everything is stored.
    pub(super) store: StoreHandle,
    /// What accounts of guests follow from.
    pub(super) guest_secret: GuestSecret,
    /// Names that are not free from the start.
    pub(super) names: NameBook,
    /// Tells outside of whispers to those who are offline, where that is configured.
    pub(super) webhook: Option<Webhook>,
    /// Finds out who players are.
    pub(super) door: mpsc::Sender<AdmitOrder>,
}

/// The engine and what carries out its wishes.
pub(super) struct Hub {
    clock: Clock,
    links: Rc<Links>,
    metrics: Arc<Metrics>,
    admin: Arc<AdminState>,
    lobby: RefCell<Lobby>,
    rooms: RefCell<Rooms>,
    attendance: Attendance,
    lounge: Lounge,
    /// How often tokens of bots were revoked.
    revocations: Cell<u64>,
    store: StoreHandle,
    sluice: RefCell<Sluice>,
    /// Says that something waits there.
    dammed: Notify,
    /// Reused memory for what the store answered.
    answers: RefCell<Vec<Done>>,
    webhook: Option<Webhook>,
    announcements: Announcements,
    door: mpsc::Sender<AdmitOrder>,
    /// What is played, and how its snapshots are sent.
    game: Box<dyn HostedGame>,
    replication: ReplicationConfig,
    reported: Cell<Report>,
}

impl Hub {
    /// A hub without rooms; the first player has one made.
    pub(super) fn new(parts: HubParts<'_>) -> Result<Rc<Hub>, String> {
        let mut lobby = lobby_config(parts.config, &*parts.game, parts.guest_secret)?;
        lobby.names = parts.names;
        let replication = ReplicationConfig {
            budget_bytes_per_second: parts.config.session.budget_bytes_per_s,
            ..ReplicationConfig::default()
        };
        parts.metrics.starting.set(1);
        Ok(Rc::new(Hub {
            clock: parts.clock,
            links: parts.links,
            metrics: parts.metrics,
            admin: parts.admin,
            rooms: RefCell::new(Rooms::new(parts.workers, lobby.seats)),
            attendance: Attendance::default(),
            lounge: Lounge::default(),
            revocations: Cell::new(0),
            store: parts.store,
            sluice: RefCell::default(),
            dammed: Notify::new(),
            answers: RefCell::default(),
            webhook: parts.webhook,
            announcements: Announcements::default(),
            door: parts.door,
            lobby: RefCell::new(Lobby::new(lobby)),
            game: parts.game,
            replication,
            reported: Cell::default(),
        }))
    }
}

impl Hub {
    /// Sends what rooms have ready, and ends the rooms that failed. Call it when a worker wakes.
    pub(super) fn forward_batches(&self) {
        let mut rooms = self.rooms.borrow_mut();
        rooms.take_batches(&self.metrics.in_rooms, |room, batch| {
            self.links.begin_round();
            for (link, lane, bytes) in batch.packets() {
                self.send_of_batch(link, lane, bytes);
            }
            self.lobby.borrow_mut().room_ticked(room, batch);
        });
        let failed = rooms.failed();
        drop(rooms);
        // Where players are may open and close logs.
        self.drive(|_| {});
        for room in failed {
            self.fail(room);
        }
    }

    /// Tells the lobby what the store answered. Call it when the store wakes.
    pub(super) fn take_answers(&self) {
        let mut answers = self.answers.take();
        self.store.take_done(&mut answers);
        let now = self.clock.now();
        for answer in answers.drain(..) {
            self.drive(|lobby| match answer {
                Done::Written(ticket, written) => lobby.written(now, ticket, written),
                Done::Found(ticket, found) => lobby.found(now, ticket, found),
            });
        }
        self.answers.replace(answers);
    }

    /// Other word lists count from now on.
    pub(super) fn set_filter(&self, filter: Filter) {
        self.lobby.borrow_mut().set_filter(filter);
    }

    /// Looks at deadlines and brings figures up to date. Call it some times a second.
    pub(super) fn turn(&self) {
        let now = self.clock.now();
        self.drive(|lobby| {
            lobby.set_wall(Millis(wall_millis()));
            lobby.tick(now);
        });
        self.count();
        if now.since(self.reported.get().at) >= REPORT_EVERY {
            self.report(now);
        }
    }

    /// Tells players that the server goes down; the lobby takes nobody in any more.
    pub(super) fn drain(&self, grace: Duration) {
        self.drive(|lobby| lobby.drain(grace));
    }

    /// Says goodbye to everybody.
    pub(super) fn close(&self) {
        self.drive(|lobby| lobby.close_all(CloseReason::Draining));
    }

    /// Sessions, those without a link included.
    pub(super) fn sessions(&self) -> usize {
        self.lobby.borrow().sessions()
    }

    /// Whether players may come in.
    pub(super) fn has_started(&self) -> bool {
        self.lobby.borrow().has_started()
    }

    /// Lets the lobby take something in, and carries out what it wants.
    fn drive(&self, take_in: impl FnOnce(&mut Lobby)) {
        let was_empty = self.sluice.borrow().is_empty();
        take_in(&mut self.lobby.borrow_mut());
        loop {
            let effect = self.lobby.borrow_mut().next_effect();
            match effect {
                Some(effect) => self.carry_out(effect),
                None => break,
            }
        }
        if was_empty && self.let_out(SLUICE_SLICE) {
            self.dammed.notify_one();
        }
        let announced = self.lobby.borrow_mut().take_announced();
        self.announcements.tell(announced);
        if let Some(webhook) = &self.webhook {
            let missed = self.lobby.borrow_mut().take_missed();
            missed.iter().for_each(|missed| webhook.tell(missed));
        }
    }

    fn carry_out(&self, effect: Effect) {
        match effect {
            Effect::ToLink(outbound) if lounge::is_visitor(outbound.link()) => {
                self.tell_visitor(outbound);
            }
            Effect::ToLink(outbound) => self.hand_over(outbound),
            Effect::ToRoom(room, inbound) => {
                let told = self.rooms.borrow().tell(room, inbound);
                match told {
                    Told::Passed => {}
                    Told::Dropped => self.metrics.mailbox_dropped.inc(),
                    Told::Stuck => self.fail(room),
                }
            }
            Effect::OpenRoom(order) => self.open_room(order),
            Effect::Write(ticket, write) => {
                if let Err(fault) = self.store.write(ticket, write) {
                    let now = self.clock.now();
                    self.lobby.borrow_mut().written(now, ticket, Err(fault));
                }
            }
            Effect::Find(ticket, query) => {
                if let Err(fault) = self.store.find(ticket, query) {
                    let now = self.clock.now();
                    self.lobby.borrow_mut().found(now, ticket, Err(fault));
                }
            }
            Effect::EndRoom(room) => {
                tracing::info!(room = room.0, "a room ends: nobody was in it for a while");
                self.rooms.borrow_mut().end(room);
            }
            Effect::Admit(order) => self.find_out(*order),
        }
    }

    /// Has the door find out who somebody is; when too many wait there, nobody is let in.
    fn find_out(&self, order: AdmitOrder) {
        let link = order.link;
        if self.door.try_send(order).is_err() {
            let full = Err(CloseReason::ServerFull.into());
            let now = self.clock.now();
            let mut lobby = self.lobby.borrow_mut();
            lobby.admitted(now, link, full, &mut entropy::number);
        }
    }

    fn open_room(&self, order: RoomOrder) {
        tracing::info!(room = order.room.0, "a room opens");
        let seeds = RoomSeeds {
            seed: order.seed,
            secret: order.secret,
        };
        let task = self.game.room(seeds, self.replication);
        self.rooms.borrow_mut().open(order.room, order.name, task);
    }

    /// A room panicked or stands still: its players are told, and it is gone.
    fn fail(&self, room: RoomId) {
        tracing::error!(room = room.0, "a room failed: its players are sent away");
        self.metrics.rooms_failed.inc();
        self.rooms.borrow_mut().end(room);
        self.lobby.borrow_mut().room_failed(room);
        self.drive(|_| {});
    }
}
