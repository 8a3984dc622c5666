//! A desk, its store and its clients, which send again what was not acked.

use std::collections::{BTreeMap, VecDeque};

use tickwire_shared::id::{AccountId, LinkId, RoomId, SessionId, Tick};
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{
    Address, BoundedStr, ChatCommand, ChatNews, Manner, Role, ServerControl, decode,
};

use super::peer::Peer;
use super::rights::Rights;
use crate::engine::desk::{Attention, Desk, DeskConfig, Entrant, Sabotage};
use crate::engine::port::{Effect, Outbound};
use crate::engine::storage::{Found, Millis, Query, StoreFault, Ticket, Write, Written};
use crate::store::{SharedMemory, Store};

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
    /// Which offsets of which logs who may read.
    pub rights: Rights,
    /// Writes and queries so far.
    pub asked: (usize, usize),
    /// Whether the store answers at once.
    pub prompt: bool,
    /// Lobbies that were before.
    pub lives: u64,
    sabotage: Sabotage,
    /// Whether effects are being carried out.
    carrying: bool,
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
            rights: Rights::default(),
            asked: (0, 0),
            prompt: true,
            lives: 0,
            sabotage,
            carrying: false,
        }
    }

    /// A client of this account, not in yet.
    pub fn peer(&mut self, account: u64, name: &str, room: &str) -> usize {
        self.peers.push(Peer {
            session: SessionId(0),
            link: None,
            came: LinkId(0),
            account: AccountId(account),
            name: name.to_owned(),
            role: Role::Player,
            room: room.to_owned(),
            attention: Attention::Everything,
            logs: BTreeMap::new(),
            pen: (self.peers.len() as u64 + 1) << 32,
            said: 0,
            unacked: BTreeMap::new(),
            acked: BTreeMap::new(),
            refused: Vec::new(),
            receipts: BTreeMap::new(),
            neighbours: None,
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
        (peer.session, peer.came) = (session, link);
        peer.dial(link);
        let entrant = Entrant {
            link,
            account: peer.account,
            name: BoundedStr::cut(&peer.name),
            role: peer.role,
            room: RoomId(u32::from(peer.room.as_bytes()[0])),
            room_name: BoundedStr::cut(&peer.room),
            cursors: peer.cursors(),
            attention: peer.attention.clone(),
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
        peer.dial(link);
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

    /// Carries out what the desk wants, and answers it if the store is prompt.
    pub fn carry_out(&mut self) {
        if std::mem::replace(&mut self.carrying, true) {
            return;
        }
        loop {
            let effects: Vec<Effect> = self.desk.take_effects().collect();
            let idle = effects.is_empty();
            effects.into_iter().for_each(|effect| self.take_in(effect));
            let answered = self.prompt && (self.answer_write() || self.answer_find(0));
            if idle && !answered {
                break;
            }
        }
        self.carrying = false;
    }

    fn take_in(&mut self, effect: Effect) {
        match effect {
            Effect::Write(..) => self.asked.0 += 1,
            Effect::Find(..) => self.asked.1 += 1,
            _ => {}
        }
        match effect {
            Effect::Write(ticket, write) => self.writes.push_back((ticket, write)),
            Effect::Find(ticket, query) => self.finds.push_back((ticket, query)),
            Effect::ToLink(Outbound::Packet { link, bytes, .. }) => self.arrive(link, &bytes),
            other => panic!("{other:?}"),
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
        self.rights.note(&mut self.store, write, written);
    }

    /// The store answers everything, from now on at once.
    pub fn settle(&mut self) {
        self.prompt = true;
        self.carry_out();
    }

    /// Whether the server still knows a client's session.
    pub fn is_known(&self, at: usize) -> bool {
        self.desk.readers.contains_key(&self.peers[at].session)
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

/// A desk without limits of time.
fn config(sabotage: Sabotage) -> DeskConfig {
    DeskConfig {
        lines_per_second: 0,
        earshot: 10.0,
        sabotage,
        ..DeskConfig::default()
    }
}
