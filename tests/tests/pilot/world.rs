//! Pilots and a server in one program: links are two queues, dialing is a plan.
//!
//! It adds nothing to what either side does.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use tickwire_arena::Arena;
use tickwire_client_demo::pilot::{Pilot, PilotState};
use tickwire_link::{
    Attempt, DialOrder, Dialed, Dialer, LinkEnd, NotDialed, PolledLink, SendError, Traffic,
};
use tickwire_shared::client::{Client, ClientConfig, ClientEvent};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{Lane, LinkId};
use tickwire_shared::time::Instant;
use tickwire_shared::transport::Transport;
use tickwire_tests::sim::{Plan, Sent, Server};

const FRAME: Duration = Duration::from_micros(16_667);

/// One link: two queues.
#[derive(Default)]
struct Wire {
    up: VecDeque<(Lane, Vec<u8>)>,
    down: VecDeque<(Lane, Vec<u8>)>,
    /// Why it ended, as the client sees it.
    end: Option<LinkEnd>,
    closed_here: bool,
    /// Nothing passes, and nobody says so.
    silent: bool,
    told_server: bool,
    bytes_in: u64,
}

/// What dialing comes to.
#[derive(Default)]
struct DialPlan {
    refuse: Option<String>,
    takes: Duration,
    orders: Vec<DialOrder>,
    wires: Vec<Rc<RefCell<Wire>>>,
    now: Instant,
}

struct PlannedDialer {
    plan: Rc<RefCell<DialPlan>>,
    began: Option<(Instant, DialOrder)>,
}

struct WireLink {
    wire: Rc<RefCell<Wire>>,
    transport: Transport,
}

/// Pilots, their links and the server.
pub struct World {
    pub pilots: Vec<Pilot>,
    plans: Vec<Rc<RefCell<DialPlan>>>,
    heard: Vec<Vec<String>>,
    server: Server<Arena>,
    /// The server's names of links, with their pilot and wire.
    links: Vec<(LinkId, Rc<RefCell<Wire>>)>,
    opened: u64,
    now: Instant,
}

impl World {
    pub fn new(pilots: usize) -> World {
        let now = Instant(0);
        let plans: Vec<Rc<RefCell<DialPlan>>> = (0..pilots).map(|_| Rc::default()).collect();
        let pilot = |(at, plan): (usize, &Rc<RefCell<DialPlan>>)| {
            let name = format!("pilot{at}");
            let client = Pilot::client_for(&name, None, now).expect("fair declarations");
            let dialer = Box::new(PlannedDialer::of(plan));
            Pilot::new(client, dialer, DialOrder::default(), now)
        };
        World {
            pilots: plans.iter().enumerate().map(pilot).collect(),
            heard: vec![Vec::new(); pilots],
            plans,
            server: Server::new(1, Plan::default()),
            links: Vec::new(),
            opened: 0,
            now,
        }
    }

    /// One program ends, another begins in its place, and all it has of the first is `kept`.
    pub fn reload(&mut self, at: usize, kept: &str) {
        let config = ClientConfig {
            name: format!("pilot{at}"),
            resume: Some(kept.parse().expect("a token")),
            ..ClientConfig::default()
        };
        let client = Client::new(config, self.now).expect("fair declarations");
        self.plans[at].borrow_mut().now = self.now;
        let dialer = Box::new(PlannedDialer::of(&self.plans[at]));
        self.pilots[at] = Pilot::new(client, dialer, DialOrder::default(), self.now);
        self.heard[at].clear();
    }

    pub fn now(&self) -> Instant {
        self.now
    }

    pub fn state(&self, at: usize) -> PilotState {
        self.pilots[at].state(self.now)
    }

    pub fn own(&self, at: usize) -> (f32, f32) {
        let own = self.state(at).own.expect("it has a fighter");
        (own.x, own.y)
    }

    /// Lines of chat that this pilot heard, others' and its own.
    pub fn heard(&self, at: usize) -> Vec<&str> {
        self.heard[at].iter().map(String::as_str).collect()
    }

    pub fn dials(&self, at: usize) -> Vec<DialOrder> {
        self.plans[at].borrow().orders.clone()
    }

    pub fn refuse(&self, words: &str) {
        for plan in &self.plans {
            plan.borrow_mut().refuse = Some(words.to_owned());
        }
    }

    pub fn accept(&self) {
        for plan in &self.plans {
            plan.borrow_mut().refuse = None;
        }
    }

    pub fn dial_takes_ms(&self, millis: u64) {
        for plan in &self.plans {
            plan.borrow_mut().takes = Duration::from_millis(millis);
        }
    }

    pub fn end_link(&self, at: usize, end: LinkEnd) {
        self.newest_wire(at).borrow_mut().end = Some(end);
    }

    pub fn silence(&self, at: usize, silent: bool) {
        self.newest_wire(at).borrow_mut().silent = silent;
    }

    pub fn waiting(&self, at: usize) -> usize {
        self.newest_wire(at).borrow().down.len()
    }

    /// Runs until a snapshot waits, then repeats it.
    pub fn repeat_newest_packet(&mut self, at: usize, times: usize) {
        self.run_until_waiting(at);
        let wire = self.newest_wire(at);
        let mut wire = wire.borrow_mut();
        let packet = wire.down.back().cloned().expect("one waits");
        wire.down.extend(std::iter::repeat_n(packet, times));
    }

    fn run_until_waiting(&mut self, at: usize) {
        let snapshot = |world: &World| {
            let wire = world.newest_wire(at);
            let wire = wire.borrow();
            wire.down
                .back()
                .is_some_and(|(lane, _)| *lane == Lane::Snapshot)
        };
        for _ in 0..60 {
            if snapshot(self) {
                return;
            }
            self.run_frame();
        }
        panic!("no snapshot in a second");
    }

    pub fn server_tick(&self) -> u32 {
        self.server.mirror().tick().0
    }

    /// The server is gone, and another one is there in its place.
    pub fn restart_server(&mut self) {
        self.server = Server::new(2, Plan::default());
        for (_, wire) in self.links.drain(..) {
            wire.borrow_mut().end.get_or_insert(LinkEnd::TimedOut);
        }
    }

    pub fn run_until_playing(&mut self) {
        for _ in 0..600 {
            self.run_frame();
            if (0..self.pilots.len()).all(|at| self.state(at).own.is_some()) {
                return;
            }
        }
        panic!("after 10 s: {:?}", self.state(0));
    }

    pub fn run_ms(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        while self.now < end {
            self.run_frame();
        }
    }

    pub fn run_frame(&mut self) {
        self.run(None);
    }

    /// The others and the server go on for so long while one pilot gets no frame.
    pub fn stand_still(&mut self, at: usize, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        while self.now < end {
            self.run(Some(at));
        }
    }

    fn run(&mut self, without: Option<usize>) {
        self.now = self.now + FRAME;
        for at in (0..self.pilots.len()).filter(|at| Some(*at) != without) {
            self.plans[at].borrow_mut().now = self.now;
            let pilot = &mut self.pilots[at];
            pilot.frame(self.now);
            while let Some(event) = pilot.poll_event() {
                if let ClientEvent::Talk(talk) = event {
                    let line = talk.room_line().map(|line| line.text.to_string());
                    self.heard[at].extend(line);
                }
            }
        }
        self.open_links();
        self.serve();
    }

    fn open_links(&mut self) {
        let plans = self.plans.iter().map(|plan| plan.borrow());
        let wires: Vec<Rc<RefCell<Wire>>> = plans.flat_map(|plan| plan.wires.clone()).collect();
        for wire in wires {
            if core::mem::replace(&mut wire.borrow_mut().told_server, true) {
                continue;
            }
            self.opened += 1;
            let link = LinkId(self.opened);
            self.links.push((link, wire));
            let links = &self.links;
            self.server
                .opened(self.now, link, &mut |link, sent| carry(links, link, sent));
        }
    }

    fn serve(&mut self) {
        let (links, now) = (&self.links, self.now);
        for (link, wire) in links {
            let packets: Vec<_> = if silent(wire) {
                Vec::new()
            } else {
                wire.borrow_mut().up.drain(..).collect()
            };
            for (lane, bytes) in packets {
                let sink = &mut |link, sent: Sent<'_>| carry(links, link, sent);
                self.server.receive(now, *link, lane, &bytes, sink);
            }
        }
        for (link, wire) in links {
            let over = wire.borrow().closed_here || wire.borrow().end.is_some();
            if over && !silent(wire) {
                let sink = &mut |link, sent: Sent<'_>| carry(links, link, sent);
                self.server.lost(now, *link, sink);
            }
        }
        while let Some(due) = self.server.due().filter(|due| *due <= now) {
            self.server
                .tick(due, &mut |link, sent| carry(links, link, sent));
        }
        self.links.retain(|(_, wire)| {
            let wire = wire.borrow();
            wire.silent || !(wire.closed_here || wire.end.is_some())
        });
    }

    fn newest_wire(&self, at: usize) -> Rc<RefCell<Wire>> {
        let plan = self.plans[at].borrow();
        Rc::clone(plan.wires.last().expect("it dialed"))
    }
}

fn silent(wire: &RefCell<Wire>) -> bool {
    wire.borrow().silent
}

/// Hands what the server sends to its wire.
fn carry(links: &[(LinkId, Rc<RefCell<Wire>>)], link: LinkId, sent: Sent<'_>) {
    let Some((_, wire)) = links.iter().find(|(name, _)| *name == link) else {
        return;
    };
    let mut wire = wire.borrow_mut();
    match sent {
        _ if wire.silent => {}
        Sent::Packet(lane, bytes) => wire.down.push_back((lane, bytes.to_vec())),
        Sent::Close(reason) => {
            let words = String::new();
            wire.end.get_or_insert(LinkEnd::Closed { reason, words });
        }
    }
}

impl PlannedDialer {
    fn of(plan: &Rc<RefCell<DialPlan>>) -> PlannedDialer {
        PlannedDialer {
            plan: Rc::clone(plan),
            began: None,
        }
    }
}

impl Dialer for PlannedDialer {
    fn start(&mut self, order: DialOrder) {
        let mut plan = self.plan.borrow_mut();
        plan.orders.push(order);
        self.began = Some((plan.now, order));
    }

    fn poll(&mut self) -> Option<Result<Dialed, NotDialed>> {
        let (began, order) = self.began?;
        let mut plan = self.plan.borrow_mut();
        if plan.now.since(began) < plan.takes {
            return None;
        }
        self.began = None;
        let transport = order.only.unwrap_or(Transport::Quic);
        let outcome = match &plan.refuse {
            Some(words) => Err(words.clone()),
            None => Ok(plan.takes),
        };
        let attempts = vec![Attempt {
            transport,
            outcome: outcome.clone(),
        }];
        if let Err(words) = outcome {
            return Some(Err(NotDialed { attempts, words }));
        }
        let wire = Rc::new(RefCell::new(Wire::default()));
        plan.wires.push(Rc::clone(&wire));
        let link = Box::new(WireLink { wire, transport });
        Some(Ok(Dialed { link, attempts }))
    }
}

impl PolledLink for WireLink {
    fn send(&mut self, lane: Lane, bytes: &[u8]) -> Result<(), SendError> {
        let mut wire = self.wire.borrow_mut();
        // What is sent into a dead network is lost.
        if !wire.silent {
            wire.up.push_back((lane, bytes.to_vec()));
        }
        Ok(())
    }

    fn try_recv(&mut self) -> Option<Result<(Lane, Vec<u8>), LinkEnd>> {
        let mut wire = self.wire.borrow_mut();
        match wire.down.pop_front() {
            Some((lane, bytes)) => {
                wire.bytes_in += bytes.len() as u64;
                Some(Ok((lane, bytes)))
            }
            None => wire.end.clone().map(Err),
        }
    }

    fn transport(&self) -> Transport {
        self.transport
    }

    fn traffic(&self) -> Traffic {
        Traffic {
            bytes_in: self.wire.borrow().bytes_in,
            ..Traffic::default()
        }
    }

    fn close(&mut self, _reason: CloseReason) {
        self.wire.borrow_mut().closed_here = true;
    }
}

impl Drop for WireLink {
    fn drop(&mut self) {
        self.wire.borrow_mut().closed_here = true;
    }
}
