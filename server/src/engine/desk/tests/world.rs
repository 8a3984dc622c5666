//! A desk, its store, and clients that keep every rule of the protocol and check each packet.
//!
//! A client here is a model: it takes lines, pulls, keeps its cursors over links and sends again
//! what was not acked.

use std::collections::{BTreeMap, VecDeque};

use tickwire_shared::id::{AccountId, LinkId, LogId, PlayerId, RoomId, SessionId, Tick};
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{
    Address, BoundedStr, ChatCommand, ChatNews, ChatRefusal, Line, LogCursor, Manner, Receipt,
    Role, Scope, ServerControl, decode,
};

use crate::engine::desk::{Desk, DeskConfig, Entrant, Sabotage};
use crate::engine::port::{Effect, Outbound};
use crate::engine::storage::{Found, Millis, Query, StoreFault, Ticket, Write, Written};
use crate::store::{SharedMemory, Store};

/// What a client knows of a log.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub scope: Option<Scope>,
    pub open: bool,
    pub epoch: u32,
    pub next: u64,
    pub read: u64,
    /// Every line it was sent since it was last told a first.
    pub lines: Vec<Line>,
    /// Lines it was told it will never get.
    pub cut: u64,
}

/// A client.
#[derive(Clone, Debug)]
pub struct Peer {
    pub session: SessionId,
    pub link: Option<LinkId>,
    pub account: AccountId,
    pub name: String,
    pub role: Role,
    pub room: String,
    pub logs: BTreeMap<LogId, Known>,
    pub pen: u64,
    pub said: u64,
    pub unacked: BTreeMap<u64, (Address, String)>,
    pub acked: BTreeMap<u64, (LogId, u64)>,
    pub refused: Vec<(u64, ChatRefusal)>,
    pub receipts: BTreeMap<(LogId, AccountId), Receipt>,
    /// Everything else it was told.
    pub news: Vec<ChatNews>,
    /// Whether it pulls by itself.
    pub pulls: bool,
}

/// Everything.
pub struct World {
    pub desk: Desk,
    pub store: SharedMemory,
    pub now: Instant,
    pub tick: Tick,
    pub peers: Vec<Peer>,
    sessions: u64,
    links: u64,
    pub writes: VecDeque<(Ticket, Write)>,
    pub finds: VecDeque<(Ticket, Query)>,
    /// Lines that were committed, by author and id.
    pub committed: BTreeMap<(AccountId, u64), Vec<u64>>,
    /// Whether the store answers at once.
    pub prompt: bool,
    /// Lobbies that were before.
    pub lives: u64,
    sabotage: Sabotage,
}

impl World {
    pub fn new(sabotage: Sabotage) -> World {
        World {
            desk: Desk::new(config(sabotage)),
            store: SharedMemory::default(),
            now: Instant::from_millis(1_000),
            tick: Tick(1),
            peers: Vec::new(),
            sessions: 0,
            links: 0,
            writes: VecDeque::new(),
            finds: VecDeque::new(),
            committed: BTreeMap::new(),
            prompt: true,
            lives: 0,
            sabotage,
        }
    }

    /// A client of this account, not in yet.
    pub fn peer(&mut self, account: u64, name: &str, room: &str) -> usize {
        self.peers.push(Peer {
            session: SessionId(0),
            link: None,
            account: AccountId(account),
            name: name.to_owned(),
            role: Role::Player,
            room: room.to_owned(),
            logs: BTreeMap::new(),
            pen: (self.peers.len() as u64 + 1) << 32,
            said: 0,
            unacked: BTreeMap::new(),
            acked: BTreeMap::new(),
            refused: Vec::new(),
            receipts: BTreeMap::new(),
            news: Vec::new(),
            pulls: true,
        });
        self.peers.len() - 1
    }

    /// A client of this account that is in.
    pub fn join(&mut self, account: u64, name: &str) -> usize {
        let peer = self.peer(account, name, "main");
        self.enter(peer);
        peer
    }

    /// A client comes with a new session.
    pub fn enter(&mut self, at: usize) {
        self.sessions += 1;
        self.links += 1;
        let (session, link) = (SessionId(self.sessions), LinkId(self.links));
        let peer = &mut self.peers[at];
        (peer.session, peer.link) = (session, Some(link));
        let entrant = Entrant {
            link,
            account: peer.account,
            name: BoundedStr::cut(&peer.name),
            role: peer.role,
            room: RoomId(u32::from(peer.room.as_bytes()[0])),
            room_name: BoundedStr::cut(&peer.room),
            player: PlayerId(self.sessions as u16),
            cursors: peer.cursors(),
        };
        let seed = self.sessions ^ (self.lives << 40);
        self.desk.enter(self.now, session, entrant, seed);
        self.carry_out();
        self.resend(at);
    }

    /// A client's link breaks.
    pub fn cut(&mut self, at: usize) {
        if self.peers[at].link.take().is_some() {
            self.desk.detach(self.now, self.peers[at].session);
            self.carry_out();
        }
    }

    /// A client's session goes on over another link.
    pub fn resume(&mut self, at: usize) {
        self.links += 1;
        let link = LinkId(self.links);
        let peer = &mut self.peers[at];
        peer.link = Some(link);
        self.desk
            .attach(self.now, peer.session, link, peer.cursors());
        self.carry_out();
        self.resend(at);
    }

    /// A client's session ends.
    pub fn leave(&mut self, at: usize) {
        self.peers[at].link = None;
        self.desk.leave(self.peers[at].session);
        self.carry_out();
    }

    /// The server dies with all that the store has not answered, and comes back.
    pub fn restart(&mut self) {
        self.lives += 1;
        self.writes.clear();
        self.finds.clear();
        self.desk = Desk::new(config(self.sabotage));
        self.peers.iter_mut().for_each(|peer| peer.link = None);
    }

    /// A client says something; its id.
    pub fn say(&mut self, at: usize, to: Address, text: &str) -> u64 {
        let peer = &mut self.peers[at];
        peer.said += 1;
        let client_id = peer.pen | peer.said;
        peer.unacked.insert(client_id, (to, text.to_owned()));
        self.send_line(at, client_id);
        client_id
    }

    /// Sends a line, again or not.
    pub fn send_line(&mut self, at: usize, client_id: u64) {
        let Some((to, text)) = self.peers[at].unacked.get(&client_id).cloned() else {
            return;
        };
        self.command(
            at,
            ChatCommand::Say {
                client_id,
                to,
                manner: Manner::Said,
                text: BoundedStr::cut(&text),
            },
        );
    }

    fn resend(&mut self, at: usize) {
        let ids: Vec<u64> = self.peers[at].unacked.keys().copied().collect();
        ids.into_iter().for_each(|id| self.send_line(at, id));
    }

    /// A client asks for something, if it has a link.
    pub fn command(&mut self, at: usize, command: ChatCommand) {
        if self.peers[at].link.is_some() {
            let session = self.peers[at].session;
            self.desk.command(self.now, session, self.tick, command);
            self.carry_out();
        }
    }

    /// Time passes.
    pub fn pass(&mut self, millis: u64) {
        self.now = self.now + std::time::Duration::from_millis(millis);
        self.desk.turn(self.now);
        self.carry_out();
    }

    pub fn carry_out(&mut self) {
        loop {
            let effects: Vec<Effect> = self.desk.take_effects().collect();
            if effects.is_empty() {
                return;
            }
            for effect in effects {
                match effect {
                    Effect::Write(ticket, write) => self.writes.push_back((ticket, write)),
                    Effect::Find(ticket, query) => self.finds.push_back((ticket, query)),
                    Effect::ToLink(Outbound::Packet { link, bytes, .. }) => {
                        self.arrive(link, &bytes);
                    }
                    other => panic!("{other:?}"),
                }
            }
            if self.prompt {
                while self.answer_write() || self.answer_find(0) {}
            }
        }
    }

    /// The store answers the oldest write; false when none waits.
    pub fn answer_write(&mut self) -> bool {
        let Some((ticket, write)) = self.writes.pop_front() else {
            return false;
        };
        let now = Millis(self.now.0 / 1_000);
        let written = self.store.commit(now, std::slice::from_ref(&write));
        let written = written.expect("memory").remove(0);
        self.note(&write, &written);
        self.desk.written(self.now, ticket, Ok(written));
        self.carry_out();
        true
    }

    /// The store commits the oldest write, and nobody learns that.
    pub fn commit_unheard(&mut self) {
        if let Some((_, write)) = self.writes.pop_front() {
            let now = Millis(self.now.0 / 1_000);
            let written = self.store.commit(now, std::slice::from_ref(&write));
            self.note(&write, &written.expect("memory")[0]);
        }
    }

    fn note(&mut self, write: &Write, written: &Written) {
        if let (Write::Line(line), Written::Line { offsets, .. }) = (write, written) {
            let id = (line.from, line.client_id);
            self.committed.insert(id, offsets.clone());
        }
    }

    /// The store refuses the oldest write.
    pub fn fail_write(&mut self, fault: StoreFault) -> bool {
        let Some((ticket, _)) = self.writes.pop_front() else {
            return false;
        };
        self.desk.written(self.now, ticket, Err(fault));
        self.carry_out();
        true
    }

    /// The store answers one of the queries that wait; false when none does.
    pub fn answer_find(&mut self, at: usize) -> bool {
        let Some((ticket, query)) = self.finds.remove(at) else {
            return false;
        };
        let found = self.store.find(&query);
        self.desk.found(self.now, ticket, found);
        self.carry_out();
        true
    }

    /// The store fails one of the queries that wait.
    pub fn fail_find(&mut self, at: usize, fault: StoreFault) -> bool {
        let Some((ticket, _)) = self.finds.remove(at) else {
            return false;
        };
        self.desk.found(self.now, ticket, Err::<Found, _>(fault));
        self.carry_out();
        true
    }

    fn arrive(&mut self, link: LinkId, bytes: &[u8]) {
        let Ok(ServerControl::Talk(news)) = decode(bytes) else {
            panic!("not of chat");
        };
        let Some(at) = self.peers.iter().position(|peer| peer.link == Some(link)) else {
            return;
        };
        if let ChatNews::Acked { client_id, .. } = &news {
            let id = (self.peers[at].account, *client_id);
            assert!(
                self.committed.contains_key(&id),
                "acked before it was stored"
            );
        }
        if let Some(pull) = self.peers[at].take(news) {
            let session = self.peers[at].session;
            self.desk.command(self.now, session, self.tick, pull);
        }
    }
}

impl Peer {
    pub fn cursors(&self) -> Vec<LogCursor> {
        let logs = self.logs.iter();
        let cursors = logs.map(|(&log, known)| LogCursor {
            log,
            epoch: known.epoch,
            next: known.next,
        });
        cursors.collect()
    }

    /// The log of the room.
    pub fn room(&self) -> LogId {
        self.log(|scope| matches!(scope, Scope::Room { .. }))
    }

    /// The open log of such a scope.
    pub fn log(&self, is: impl Fn(&Scope) -> bool) -> LogId {
        let open = self.logs.iter().filter(|(_, known)| known.open);
        let mut logs = open.filter(|(_, known)| known.scope.as_ref().is_some_and(&is));
        logs.next().map(|(&log, _)| log).expect("an open log")
    }

    /// Offsets and texts it was sent of a log.
    pub fn texts(&self, log: LogId) -> Vec<(u64, String)> {
        let lines = self
            .logs
            .get(&log)
            .into_iter()
            .flat_map(|known| &known.lines);
        lines
            .map(|line| (line.offset, line.text.to_string()))
            .collect()
    }

    /// Takes in what it is told; what it asks for next.
    fn take(&mut self, news: ChatNews) -> Option<ChatCommand> {
        match news {
            ChatNews::Opened {
                log,
                scope,
                epoch,
                first,
                next,
                read,
            } => {
                assert!(first <= next && read <= next, "{first} {next} {read}");
                let known = self.logs.entry(log).or_default();
                if known.scope.is_some() && known.epoch == epoch {
                    assert!(first >= known.next, "sent again: {first} < {}", known.next);
                    known.cut += first - known.next;
                } else {
                    known.lines.clear();
                }
                known.scope = Some(scope);
                (known.epoch, known.next, known.open, known.read) = (epoch, first, true, read);
            }
            ChatNews::Closed { log } => {
                let known = self.logs.get_mut(&log).expect("open before");
                known.open = false;
            }
            ChatNews::Lines { log, lines, more } => {
                let known = self.logs.get_mut(&log).expect("opened first");
                assert!(known.open, "a line of a closed log");
                for line in lines.into_inner() {
                    assert_eq!(line.offset, known.next, "once and in order");
                    known.next += 1;
                    known.lines.push(line);
                }
                return (more && self.pulls).then_some(ChatCommand::Pull { log });
            }
            ChatNews::Acked {
                client_id,
                log,
                offset,
            } => {
                self.unacked.remove(&client_id);
                let before = self.acked.insert(client_id, (log, offset));
                assert!(before.is_none_or(|before| before == (log, offset)));
            }
            ChatNews::Refused {
                client_id, reason, ..
            } => self.refused.push((client_id, reason)),
            ChatNews::Receipts { log, receipts } => self.note(log, &receipts),
            other => self.news.push(other),
        }
        None
    }

    fn note(&mut self, log: LogId, receipts: &[Receipt]) {
        for &receipt in receipts {
            let before = self.receipts.insert((log, receipt.account), receipt);
            let (delivered, read) = before.map_or((0, 0), |r| (r.delivered, r.read));
            let rises = receipt.delivered >= delivered && receipt.read >= read;
            assert!(rises && receipt.read <= receipt.delivered, "{receipt:?}");
        }
    }
}

/// A desk without limits of time.
fn config(sabotage: Sabotage) -> DeskConfig {
    DeskConfig {
        lines_per_second: 0,
        earshot: 10.0,
        sabotage,
    }
}
