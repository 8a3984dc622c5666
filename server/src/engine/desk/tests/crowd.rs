//! A crowd in all scopes at once: links break, the store dawdles and fails, the server dies; in the
//! end everybody has every line they may read, once and in order, and nobody has another.
//!
//! A failure names its seed.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use tickwire_shared::id::{AccountId, LogId, PlayerId, RoomId};
use tickwire_shared::rng::Rng;
use tickwire_shared::wire::{
    Address, Ask, BoundedStr, ChatCommand, ChatNews, Line, Neighbour, Scope, Whom,
};

use super::world::World;
use crate::engine::desk::Sabotage;
use crate::engine::port::Whereabouts;
use crate::engine::storage::{Found, Query, StoreFault};
use crate::store::Store;

const ACCOUNTS: u32 = 5;
const PEERS: u32 = 7;
const STEPS: u32 = 700;

/// Seeds beyond the first ones that found something once.
const RARE: [u64; 3] = [741, 1_478, 1_911];

/// How a line is called that somebody got who may not read it.
const FOREIGN: &str = "a foreign line";

struct Crowd {
    world: World,
    rng: Rng,
    group: LogId,
    said: u32,
}

impl Crowd {
    fn new(seed: u64, sabotage: Sabotage) -> Crowd {
        let mut world = World::new(sabotage);
        for peer in 0..PEERS {
            // Two accounts have two clients each.
            let account = AccountId::GUEST | u64::from(peer % ACCOUNTS + 1);
            world.join(account, &format!("P{}", peer % ACCOUNTS));
        }
        let mut crowd = Crowd {
            world,
            rng: Rng::new(seed),
            group: LogId(0),
            said: 0,
        };
        crowd.found();
        crowd.locate();
        crowd
    }

    /// A group of the first three accounts.
    fn found(&mut self) {
        let name = BoundedStr::cut("Foxes");
        self.ask(0, Ask::Group { name });
        let peer = &self.world.peers[0];
        self.group = peer.log(|scope| matches!(scope, Scope::Group { .. }));
        let log = self.group;
        for at in 1..3 {
            let whom = Whom::Account(self.world.peers[at].account);
            self.ask(0, Ask::Invite { log, whom });
            self.ask(at, Ask::Accept { log });
        }
    }

    fn ask(&mut self, at: usize, what: Ask) {
        self.world.command(at, ChatCommand::Ask { ask: 1, what });
    }

    /// Everybody is somewhere on a line, and in one of two teams.
    fn locate(&mut self) {
        let mut all = Vec::new();
        for peer in &self.world.peers {
            all.push(Whereabouts {
                player: PlayerId(peer.session.0 as u16),
                came: peer.came,
                team: Some(1 + (peer.account.0 % 2) as u8),
                position: Some([self.rng.below(25) as f32, 0.0, 0.0]),
                score: None,
            });
        }
        self.world.desk.locate(RoomId(u32::from(b'm')), &all);
        self.world.carry_out();
    }

    fn step(&mut self) {
        let at = self.rng.below(PEERS) as usize;
        match self.rng.below(100) {
            0..40 => self.say(at),
            40..60 => self.answer(),
            60..66 => self.world.cut(at),
            66..78 => self.come_back(at),
            78..80 => {
                self.world.leave(at);
            }
            80..82 => self.locate(),
            82..85 => self.fail(),
            85..89 => self.page(at),
            89 => self.meet(at),
            90..95 => self.mark(at),
            95..98 => self.world.pass(1_500),
            98 => self.move_in_or_out(),
            _ => self.restart(),
        }
    }

    fn say(&mut self, at: usize) {
        self.said += 1;
        let other = AccountId::GUEST | u64::from(self.rng.below(ACCOUNTS) + 1);
        let to = match self.rng.below(6) {
            0 => Address::Team,
            1 => Address::Near,
            2 => Address::Log(self.group),
            3 => Address::Whisper(Whom::Account(AccountId(other))),
            _ => Address::Room,
        };
        if self.world.peers[at].unacked.len() < 8 {
            let text = format!("{at}#{}", self.said);
            self.world.say(at, to, &text);
        }
    }

    /// Writes in their order, queries in any.
    fn answer(&mut self) {
        for _ in 0..self.rng.below(6) {
            if self.rng.chance(0.6) {
                self.world.answer_write();
            } else {
                let waiting = self.world.finds.len() as u32;
                let at = self.rng.below(waiting) as usize;
                self.world.answer_find(at);
            }
        }
    }

    fn fail(&mut self) {
        let faults = [StoreFault::Busy, StoreFault::Full, StoreFault::Failed];
        let fault = faults[self.rng.below(3) as usize];
        if self.rng.chance(0.5) {
            self.world.fail_write(fault);
        } else {
            self.world.fail_find(0, fault);
        }
    }

    fn come_back(&mut self, at: usize) {
        if self.world.peers[at].link.is_some() {
            return;
        }
        match self.world.is_known(at) {
            true => self.world.resume(at),
            false => self.world.enter(at),
        }
    }

    /// T-C3: asks for a page of any log that anybody knows.
    fn page(&mut self, at: usize) {
        let logs = self.world.peers.iter().flat_map(|peer| peer.logs.keys());
        let logs: BTreeSet<LogId> = logs.copied().collect();
        let logs: Vec<LogId> = logs.into_iter().collect();
        let Some(&log) = logs.get(self.rng.below(logs.len() as u32) as usize) else {
            return;
        };
        let before = u64::from(self.rng.below(60));
        self.world.command(at, ChatCommand::Page { log, before });
    }

    fn mark(&mut self, at: usize) {
        let logs: Vec<(LogId, u64)> = {
            let logs = self.world.peers[at].logs.iter();
            logs.map(|(&log, known)| (log, known.next)).collect()
        };
        if let Some(&(log, next)) = logs.get(self.rng.below(logs.len() as u32) as usize) {
            let read = u64::from(self.rng.below(next as u32 + 2));
            self.world.command(
                at,
                ChatCommand::Mark {
                    log,
                    delivered: next,
                    read,
                },
            );
        }
    }

    /// Somebody is blocked or followed, or no more; most blocks are soon over.
    fn meet(&mut self, at: usize) {
        let other = AccountId::GUEST | u64::from(self.rng.below(ACCOUNTS) + 1);
        let whom = Whom::Account(AccountId(other));
        let what = match self.rng.below(4) {
            0 => Ask::Block { whom, on: true },
            1 => Ask::Block { whom, on: false },
            2 => Ask::Follow { whom, on: true },
            _ => Ask::Follow { whom, on: false },
        };
        self.ask(at, what);
    }

    /// The third account leaves the group, or comes again.
    fn move_in_or_out(&mut self) {
        let (log, whom) = (self.group, Whom::Account(self.world.peers[2].account));
        match self.rng.below(3) {
            0 => self.ask(2, Ask::Leave { log }),
            1 => self.ask(0, Ask::Invite { log, whom }),
            _ => self.ask(2, Ask::Accept { log }),
        }
    }

    /// Some of what waited is committed, and nobody learns it.
    fn restart(&mut self) {
        for _ in 0..self.rng.below(4) {
            self.world.commit_unheard();
        }
        self.world.restart();
    }

    /// The store works, every link is back, and refused lines are sent again a last time.
    fn heal(&mut self) {
        self.world.settle();
        for at in 0..PEERS as usize {
            self.come_back(at);
        }
        self.locate();
        for _ in 0..4 {
            self.world.pass(1_500);
        }
        for at in 0..PEERS as usize {
            let ids: Vec<u64> = self.world.peers[at].unacked.keys().copied().collect();
            ids.into_iter().for_each(|id| self.world.send_line(at, id));
        }
    }

    fn lines(&mut self, log: LogId) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        loop {
            let from = lines.last().map_or(0, |line| line.offset + 1);
            let query = Query::Lines {
                log,
                from,
                below: u64::MAX,
                count: 24,
                newest: false,
            };
            match self.world.store.find(&query) {
                Ok(Found::Lines(more)) if more.is_empty() => return lines,
                Ok(Found::Lines(more)) => lines.extend(more),
                other => panic!("{other:?}"),
            }
        }
    }

    fn check(&mut self) {
        let logs = self.world.peers.iter().flat_map(|peer| peer.logs.keys());
        let logs: BTreeSet<LogId> = logs.copied().collect();
        let mut stored = BTreeMap::new();
        for log in logs {
            stored.insert(log, self.lines(log));
        }
        for lines in stored.values() {
            let texts: BTreeSet<&str> = lines.iter().map(|line| line.text.as_str()).collect();
            assert_eq!(texts.len(), lines.len(), "a line is in a log once");
        }
        for at in 0..PEERS as usize {
            self.check_peer(at, &stored);
            self.check_neighbours(at);
        }
        let checked = self
            .world
            .peers
            .iter()
            .map(|peer| peer.acked.len())
            .sum::<usize>();
        assert!(checked > 60, "only {checked} lines were acked");
    }

    /// A client knows whom the store says that its account blocks and follows.
    fn check_neighbours(&mut self, at: usize) {
        let peer = &self.world.peers[at];
        let Ok(Found::Desk {
            blocked, followed, ..
        }) = self.world.store.find(&Query::Desk(peer.account))
        else {
            panic!("of an account");
        };
        let stored = |all: Vec<(AccountId, String)>| -> BTreeSet<AccountId> {
            all.into_iter().map(|(account, _)| account).collect()
        };
        let known = peer.neighbours.as_ref().expect("it was told").values();
        let known: Vec<_> = known.collect();
        let of = |is: fn(&Neighbour) -> bool| -> BTreeSet<AccountId> {
            let some = known.iter().filter(|one| is(one));
            some.map(|one| one.account).collect()
        };
        assert_eq!(of(|one| one.blocked), stored(blocked), "{}", peer.name);
        assert_eq!(of(|one| one.followed), stored(followed), "{}", peer.name);
    }

    fn check_peer(&mut self, at: usize, stored: &BTreeMap<LogId, Vec<Line>>) {
        let peer = self.world.peers[at].clone();
        for (log, known) in &peer.logs {
            let lines = &stored[log];
            for line in &known.lines {
                assert_eq!(
                    lines.get(line.offset as usize),
                    Some(line),
                    "as it is stored"
                );
            }
            if known.open {
                let end = lines.len() as u64;
                assert_eq!(
                    known.next, end,
                    "{} lacks lines of {:?}",
                    peer.name, known.scope
                );
            }
            self.check_rights(at, *log, &known.lines);
        }
        for &log in stored.keys() {
            let open = peer.logs.get(&log).is_some_and(|known| known.open);
            let is_in = self.world.rights.is_in(peer.account, log);
            assert!(open || !is_in, "{} is not shown {log:?}", peer.name);
        }
        for (&id, &(log, offset)) in &peer.acked {
            let line = &stored[&log][offset as usize];
            assert_eq!(line.from, peer.account, "line {id} is there");
        }
        for news in &peer.news {
            if let ChatNews::Older { log, lines, .. } = news {
                self.check_rights(at, *log, lines);
            }
        }
    }

    /// T-I, T-C3: nobody is sent a line it may not read, live or in a page.
    fn check_rights(&self, at: usize, log: LogId, lines: &[Line]) {
        let peer = &self.world.peers[at];
        for line in lines {
            let allowed = self.world.rights.allow(peer.account, log, line.offset);
            let (name, offset) = (&peer.name, line.offset);
            assert!(allowed, "{FOREIGN} {offset} of {log:?} for {name}");
        }
    }
}

fn run(seed: u64, sabotage: Sabotage) {
    let mut crowd = Crowd::new(seed, sabotage);
    crowd.world.prompt = false;
    for _ in 0..STEPS {
        crowd.step();
    }
    crowd.heal();
    crowd.check();
}

fn caught(sabotage: Sabotage) -> bool {
    (0..20).any(|seed| catch_unwind(AssertUnwindSafe(|| run(seed, sabotage))).is_err())
}

/// Whether the crowd notices it by a line that somebody may not read.
fn leaks(sabotage: Sabotage) -> bool {
    (0..20).any(|seed| {
        let ran = catch_unwind(AssertUnwindSafe(|| run(seed, sabotage)));
        let why = ran.err().and_then(|why| why.downcast::<String>().ok());
        why.is_some_and(|why| why.starts_with(FOREIGN))
    })
}

#[test]
fn everybody_has_every_line_they_may_read_once_and_in_order() {
    for seed in (0..60).chain(RARE) {
        let run = catch_unwind(AssertUnwindSafe(|| run(seed, Sabotage::None)));
        assert!(run.is_ok(), "seed {seed}");
    }
}

#[test]
fn an_ack_before_the_commit_would_be_noticed() {
    assert!(caught(Sabotage::AckBeforeCommit));
}

#[test]
fn history_that_is_open_to_all_would_be_noticed() {
    assert!(leaks(Sabotage::OpenHistory));
}

#[test]
fn lines_from_before_somebody_came_would_be_noticed() {
    assert!(leaks(Sabotage::ReadBefore));
}

#[test]
fn what_others_heard_nearby_would_be_noticed() {
    assert!(leaks(Sabotage::SharedEars));
}

#[test]
fn a_line_that_is_shown_again_would_be_noticed() {
    assert!(caught(Sabotage::ShowKnown));
}

#[test]
fn live_lines_before_those_that_were_missed_would_be_noticed() {
    assert!(caught(Sabotage::SkipCatchUp));
}
