//! A few clients at a real server in virtual time, any of which may stand still or lose its link.
//!
//! No oracle looks on here: a test says what it expects. A client that stands still is not called
//! at all, while what it is sent piles up on its route.

use core::time::Duration;

use tickwire_shared::client::{Client, ClientConfig, ClientEvent, Sabotage};
use tickwire_shared::close::CloseReason;
use tickwire_shared::conditioner::Network;
use tickwire_shared::id::{Lane, LinkId};
use tickwire_shared::rng::Rng;
use tickwire_shared::time::Instant;

use crate::games::SimGame;
use crate::route::Route;
use crate::sim::{Plan, Sent, Server};

/// How often a client is called.
const FRAME: Duration = Duration::from_micros(16_667);

/// One player at the table.
pub struct Guest<G: SimGame> {
    /// The client.
    pub client: Client<G>,
    /// What it told so far.
    pub events: Vec<ClientEvent<G>>,
    /// Whether it is not called.
    pub still: bool,
    /// Whether snapshots do not reach it.
    pub deaf: bool,
    /// Why the server closed its links, in order.
    pub closed: Vec<CloseReason>,
    /// Bytes of snapshots its links were sent.
    pub snapshot_bytes: u64,
    /// Packets of snapshots its links were sent.
    pub snapshot_packets: u64,
    route: Route,
    link: Option<LinkId>,
    held: G::Input,
    brain: Rng,
    frame_at: Instant,
}

/// The server and its guests.
pub struct Table<G: SimGame> {
    /// Now.
    pub now: Instant,
    /// The guests in the order in which they came.
    pub guests: Vec<Guest<G>>,
    /// The server.
    pub server: Server<G>,
    network: Network,
    plan: Plan,
    links: u64,
}

impl<G: SimGame> Table<G> {
    /// A server with `count` guests who reach it through `network` and play.
    ///
    /// # Panics
    /// When the game's schema breaks a rule.
    #[must_use]
    pub fn new(count: usize, network: Network, plan: Plan, sabotage: Sabotage) -> Table<G> {
        let mut table = Table {
            now: Instant(0),
            guests: Vec::new(),
            server: Server::new(1, plan),
            network,
            plan,
            links: 0,
        };
        for at in 0..count {
            let config = ClientConfig {
                name: format!("guest{at}"),
                sabotage,
                ..ClientConfig::default()
            };
            let client = Client::new(config, table.now);
            table.guests.push(Guest {
                client: client.unwrap_or_else(|why| panic!("{}: {}", why.at, why.why)),
                events: Vec::new(),
                still: false,
                deaf: false,
                closed: Vec::new(),
                snapshot_bytes: 0,
                snapshot_packets: 0,
                route: Route::new(network, at as u64),
                link: None,
                held: G::Input::default(),
                brain: Rng::of(7, &[at as u64]),
                frame_at: table.now,
            });
            table.redial(at);
        }
        table.run(Duration::from_secs(3));
        table
    }

    /// The client dials: over its first link, or over another one. One that it still has goes on
    /// until the server closes it.
    pub fn redial(&mut self, at: usize) {
        self.links += 1;
        let (link, now) = (LinkId(self.links), self.now);
        let guest = &mut self.guests[at];
        guest.route = Route::new(self.network, self.links);
        guest.link = Some(link);
        if self.links > at as u64 + 1 {
            guest.client.reconnect(now);
        }
        let guests = &mut self.guests;
        self.server
            .opened(now, link, &mut |to, sent| carry(guests, now, to, sent));
    }

    /// The server notices that the guest's link is gone; the guest does not, if it stands still.
    pub fn lose_link(&mut self, at: usize) {
        let (now, guest) = (self.now, &mut self.guests[at]);
        guest.route.cut();
        let Some(link) = guest.link.take() else {
            return;
        };
        if !guest.still {
            guest.client.link_closed(CloseReason::LinkLost);
        }
        let guests = &mut self.guests;
        self.server
            .lost(now, link, &mut |to, sent| carry(guests, now, to, sent));
    }

    /// The server dies, and another one is there that knows nothing of anybody.
    pub fn restart_server(&mut self, seed: u64) {
        self.server = Server::new(seed, self.plan);
        for guest in &mut self.guests {
            guest.route.cut();
            guest.link = None;
            guest.client.link_closed(CloseReason::LinkLost);
        }
    }

    /// Lets so much time pass.
    pub fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while self.now < end {
            self.now = self.now + Duration::from_millis(1);
            for at in 0..self.guests.len() {
                self.carry_up(at);
                self.guests[at].play(self.now);
            }
            while let Some(due) = self.server.due().filter(|due| *due <= self.now) {
                let (guests, now) = (&mut self.guests, self.now);
                self.server
                    .tick(due, &mut |to, sent| carry(guests, now, to, sent));
            }
        }
    }

    fn carry_up(&mut self, at: usize) {
        let now = self.now;
        while let Some((lane, bytes)) = self.guests[at].route.poll_up(now) {
            let Some(link) = self.guests[at].link else {
                continue;
            };
            let guests = &mut self.guests;
            self.server
                .receive(now, link, lane, &bytes, &mut |to, sent| {
                    carry(guests, now, to, sent);
                });
        }
    }
}

impl<G: SimGame> Guest<G> {
    /// The lines of chat it was shown, in order.
    pub fn lines(&self) -> Vec<String> {
        let line = |event: &ClientEvent<G>| match event {
            ClientEvent::Talk(talk) => talk.room_line().map(|line| line.text.to_string()),
            _ => None,
        };
        self.events.iter().filter_map(line).collect()
    }

    fn play(&mut self, now: Instant) {
        if self.still {
            return;
        }
        while let Some((lane, bytes)) = self.route.poll_down(now) {
            if !(self.deaf && lane == Lane::Snapshot) {
                self.client.receive(now, lane, &bytes);
            }
        }
        if now >= self.frame_at.max(self.wake()) {
            self.frame_at = now + FRAME;
            self.held = G::intent(&mut self.brain, &self.held);
            self.client.set_input(&self.held);
            self.client.frame(now);
        }
        while let Some(packet) = self.client.poll_transmit() {
            self.route.send_up(now, packet.lane, packet.bytes);
        }
        while let Some(event) = self.client.poll_event() {
            self.events.push(event);
        }
    }

    /// A hidden tab is called as seldom as the client asks for.
    fn wake(&self) -> Instant {
        match self.client.is_away() {
            true => self.client.next_wake(),
            false => Instant::default(),
        }
    }
}

/// Hands what the server sends to the guest's link; what a link that is gone was sent is lost.
fn carry<G: SimGame>(guests: &mut [Guest<G>], now: Instant, link: LinkId, sent: Sent<'_>) {
    let Some(guest) = guests.iter_mut().find(|guest| guest.link == Some(link)) else {
        return;
    };
    match sent {
        Sent::Packet(lane, bytes) => {
            if lane == Lane::Snapshot {
                guest.snapshot_bytes += bytes.len() as u64;
                guest.snapshot_packets += 1;
            }
            guest.route.send_down(now, lane, bytes.to_vec());
        }
        Sent::Close(reason) => {
            guest.closed.push(reason);
            guest.link = None;
        }
    }
}
