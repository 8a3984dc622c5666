//! Where links, lobby and rooms meet: carries out what the engine wants.
//!
//! Never decides: links report to the lobby, the lobby answers with effects, and each effect is one
//! call here. A room's batch goes straight to its links.

mod front;
mod outflow;

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{AccountId, Lane, LinkId, RoomId};
use tickwire_shared::time::Instant;
use tickwire_shared::transport::Transport;
use tickwire_shared::wire::BoundedStr;
use tokio::sync::{Notify, mpsc};

use super::attendance::Attendance;
use super::door::DoorSink;
use super::game::{HostedGame, RoomSeeds};
use super::lounge::{self, Lounge};
use super::rooms::{Rooms, Told};
use crate::auth::NamesSink;
use crate::config::Config;
use crate::engine::account::GuestSecret;
use crate::engine::desk::DeskConfig;
use crate::engine::etiquette::filter::Filter;
use crate::engine::name_book::NameBook;
use crate::engine::replication::ReplicationConfig;
use crate::engine::storage::Millis;
use crate::engine::{Admission, AdmitOrder, Effect, Lobby, LobbyConfig, Refusal, RoomOrder};
use crate::gateway::Webhook;
use crate::http::AdminState;
use crate::limits::SLUICE_SLICE;
use crate::metrics::Metrics;
use crate::runtime::clock::wall_millis;
use crate::runtime::{Clock, Sluice, WorkerPool, entropy};
use crate::store::{Done, StoreHandle};
use crate::transport::{LinkSink, Links};

/// How often what operators see of rooms is brought up to date.
const REPORT_EVERY: Duration = Duration::from_millis(500);

/// The server is overloaded while more than one tick in so many takes longer than its period.
const OVERLOAD_SHARE: u64 = 4;

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
    door: mpsc::Sender<AdmitOrder>,
    /// What is played, and how its snapshots are sent.
    game: Box<dyn HostedGame>,
    replication: ReplicationConfig,
    reported: Cell<Report>,
}

/// When operators' figures were brought up to date, and what they were.
#[derive(Clone, Copy, Default)]
struct Report {
    at: Instant,
    ticks: u64,
    overruns: u64,
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
            door: parts.door,
            lobby: RefCell::new(Lobby::new(lobby)),
            game: parts.game,
            replication,
            reported: Cell::default(),
        }))
    }
}

fn lobby_config(
    config: &Config,
    game: &dyn HostedGame,
    guest_secret: GuestSecret,
) -> Result<LobbyConfig, String> {
    let usual = game
        .lobby(guest_secret)
        .map_err(|error| format!("the game's schema or rules do not fit a Welcome: {error}"))?;
    Ok(LobbyConfig {
        seats: config.rooms.seats_max,
        rooms_max: config.rooms.count_max as usize,
        create_rooms: config.rooms.create,
        default_room: BoundedStr::cut(&config.rooms.default),
        grace: config.session.grace,
        away: config.session.away,
        chat: DeskConfig {
            lines_per_second: config.chat.lines_per_s,
            notes_missed: config.webhook.url.is_some(),
            ..usual.chat
        },
        guests: config.auth.guests,
        start_known: false,
        ..usual
    })
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

    /// Tells everybody something.
    pub(super) fn announce(&self, text: &str) {
        let now = self.clock.now();
        self.drive(|lobby| lobby.announce(now, text));
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

    fn count(&self) {
        let (lobby, metrics) = (self.lobby.borrow(), &self.metrics);
        metrics.starting.set(u64::from(!lobby.has_started()));
        metrics.sessions.set(lobby.sessions() as u64);
        metrics.gateway.visitors.set(lobby.visitors() as u64);
        metrics.sessions_parked.set(lobby.parked() as u64);
        self.attendance
            .count(lobby.attendance(), &metrics.sessions_by_transport);
        let (counts, figures) = (lobby.counts(), &metrics.lobby);
        for (counter, total) in [
            (&figures.joined, counts.joined),
            (&figures.resumed, counts.resumed),
            (&figures.refused, counts.refused),
            (&figures.chat_lines, counts.chat_lines),
            (&figures.chat_refused, counts.chat_refused),
        ] {
            counter.raise_to(total);
        }
        for (reason, total) in &counts.closed {
            figures.closed.raise_to(*reason, *total);
        }
    }

    fn report(&self, now: Instant) {
        let (rooms, metrics) = (self.rooms.borrow(), &self.metrics);
        metrics.rooms.set(rooms.len() as u64);
        metrics.in_rooms.entities.set(rooms.entities());
        self.admin.set_rooms(rooms.rows());
        let (before, ticks) = (self.reported.get(), &metrics.ticks);
        let report = Report {
            at: now,
            ticks: ticks.cpu.count(),
            overruns: ticks.overruns.get(),
        };
        let overruns = report.overruns - before.overruns;
        let overloaded = overruns * OVERLOAD_SHARE > report.ticks - before.ticks;
        metrics.overloaded.set(u64::from(overloaded));
        self.reported.set(report);
    }
}

impl NamesSink for Hub {
    fn registered(&self, skeleton: &str, account: AccountId) {
        let now = self.clock.now();
        self.drive(|lobby| lobby.registered(now, skeleton, account));
    }

    fn role_changed(&self, account: AccountId, keys_dropped: bool) {
        let now = self.clock.now();
        self.revocations.set(self.revocations.get() + 1);
        self.drive(|lobby| lobby.role_changed(now, account, keys_dropped));
    }
}

impl DoorSink for Hub {
    fn admitted(&self, link: LinkId, found: Result<Admission, Refusal>) {
        if let Err(refusal) = &found {
            tracing::debug!(link = link.0, reason = %refusal.reason, "a player is not let in");
        }
        let now = self.clock.now();
        self.drive(|lobby| lobby.admitted(now, link, found, &mut entropy::number));
    }

    fn names_known(&self) {
        self.lobby.borrow_mut().names_known();
    }

    fn revoked(&self, account: AccountId) {
        self.revocations.set(self.revocations.get() + 1);
        self.drive(|lobby| lobby.turn_out(account));
    }
}

impl LinkSink for Hub {
    fn opened(&self, link: LinkId, transport: Transport, from: SocketAddr) {
        tracing::debug!(link = link.0, %transport, %from, "a link opened");
        let now = self.clock.now();
        self.attendance.opened(link, transport);
        self.drive(|lobby| lobby.opened(now, link));
    }

    fn received(&self, link: LinkId, lane: Lane, bytes: &[u8]) {
        let now = self.clock.now();
        let mut entropy = entropy::number;
        self.drive(|lobby| lobby.receive(now, link, lane, bytes, &mut entropy));
    }

    fn closed(&self, link: LinkId, reason: CloseReason) {
        tracing::debug!(link = link.0, %reason, "a link is gone");
        self.attendance.gone(link);
        let now = self.clock.now();
        self.drive(|lobby| lobby.lost(now, link));
    }
}
