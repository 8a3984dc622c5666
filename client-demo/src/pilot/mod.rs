//! A client of the arena in a program with frames: dials, moves packets, and dials again, one call
//! a frame.
//!
//! Never waits, reads no clock and draws nothing: the time is an argument, links are asked. A
//! window and a browser drive the same [`Pilot`], and tests drive it in virtual time.
//!
//! ```text
//! links    opening, losing and changing links
//! line     one link with the simulated network in front of it
//! stage    where it stands with its server, in words
//! reserve  dialing while a link is there: a change of transport, or a link that fell silent
//! state    all of it as plain data, for tests and pages
//! ```

mod line;
mod links;
mod reserve;
mod stage;
mod state;

use std::collections::VecDeque;
use std::time::Duration;

use tickwire_arena::Arena;
use tickwire_arena::kinds::Input;
use tickwire_link::{Attempt, DialOrder, Dialer, Traffic};
use tickwire_shared::client::{Client, ClientConfig, ClientEvent, ResumeToken};
use tickwire_shared::close::CloseReason;
use tickwire_shared::conditioner::Network;
use tickwire_shared::id::Tick;
use tickwire_shared::limits::NOTICES_MAX;
use tickwire_shared::schema::SchemaError;
use tickwire_shared::time::Instant;
use tickwire_shared::transport::Transport;

use crate::retry::Backoff;

use line::Line;
pub use line::sum;
use reserve::{Purpose, Reserve};
pub use stage::Stage;
use stage::Telling;
pub use state::{AttemptState, PilotState, Place, RosterState, StatsState};

/// A longer time without a frame means that the program stood still, not the server.
const PAUSE: Duration = Duration::from_millis(500);

/// After a pause longer than this the machine may have slept, and its network may be another one.
const SLEEP: Duration = Duration::from_secs(3);

/// A client and its links, driven frame by frame.
pub struct Pilot {
    client: Client<Arena>,
    dialer: Box<dyn Dialer>,
    /// What the next link is asked for.
    order: DialOrder,
    stage: Stage,
    /// When the stage began.
    since: Instant,
    line: Option<Line>,
    reserve: Option<Reserve>,
    /// The simulated network and its seed.
    network: Option<(Network, u64)>,
    /// How often the simulated network was changed.
    networks: u64,
    backoff: Backoff,
    /// What ended the last link or attempt.
    why: String,
    /// When the room was left without wanting to.
    lost_at: Option<Instant>,
    was_in: bool,
    framed: Instant,
    /// When the client last got a packet.
    heard: Instant,
    /// The newest snapshot's tick and when it was there.
    newest: (Tick, Instant),
    attempts: Vec<Attempt>,
    notices: VecDeque<String>,
    /// What links that are over carried.
    past: Traffic,
    /// Links opened so far.
    links: u32,
}

impl Pilot {
    /// A pilot that begins to dial at once.
    #[must_use]
    pub fn new(
        client: Client<Arena>,
        mut dialer: Box<dyn Dialer>,
        order: DialOrder,
        now: Instant,
    ) -> Pilot {
        dialer.start(order);
        Pilot {
            client,
            dialer,
            order,
            stage: Stage::Dialing,
            since: now,
            line: None,
            reserve: None,
            network: None,
            networks: 0,
            backoff: Backoff::default(),
            why: String::new(),
            lost_at: None,
            was_in: false,
            framed: now,
            heard: now,
            newest: (Tick::ZERO, now),
            attempts: Vec::new(),
            notices: VecDeque::new(),
            past: Traffic::default(),
            links: 0,
        }
    }

    /// A client of the arena that wants to play as `name`, in `room` or in any with a free seat.
    ///
    /// # Errors
    /// When the game's declarations break a rule of the schema.
    pub fn client_for(
        name: &str,
        room: Option<String>,
        now: Instant,
    ) -> Result<Client<Arena>, SchemaError> {
        let config = ClientConfig {
            name: name.to_owned(),
            room,
            ..ClientConfig::default()
        };
        Client::new(config, now)
    }

    /// Everything there is to do at `now`: takes packets, steps the client, sends, dials. At most
    /// `PILOT_PACKETS_MAX` packets are taken, so that a frame ends in time however much came.
    pub fn frame(&mut self, now: Instant) {
        let paused = now.since(self.framed);
        if paused > PAUSE {
            self.heard = now;
            self.line.iter_mut().for_each(|line| line.excuse(now));
        }
        self.framed = now;
        self.poll_dialer(now);
        self.receive(now);
        if paused > SLEEP {
            // After the packets that waited: they came before the pause.
            self.doubt_link(now);
        }
        self.client.frame(now);
        self.transmit(now);
        self.note_progress(now);
        self.judge(now);
    }

    /// The player wants this from now on.
    pub fn hold(&mut self, input: &Input) {
        self.client.set_input(input);
    }

    /// The client, to say, read and ask what it can: see [`Client::talk`].
    pub fn client_mut(&mut self) -> &mut Client<Arena> {
        &mut self.client
    }

    /// Says something to the room; false when it cannot be said now.
    pub fn chat(&mut self, text: &str) -> bool {
        self.client.chat(text).is_some()
    }

    /// The next thing that happened in the room.
    pub fn poll_event(&mut self) -> Option<ClientEvent<Arena>> {
        self.client.poll_event()
    }

    /// The next thing to tell the player about links, as a sentence.
    pub fn poll_notice(&mut self) -> Option<String> {
        self.notices.pop_front()
    }

    /// From now on packets in both directions suffer these figures, on this link and on later ones.
    pub fn set_network(&mut self, network: Option<Network>) {
        // Another seed each time, so that going back and forth draws anew.
        self.networks += 1;
        self.network = network.map(|network| (network, self.networks));
        if let Some(line) = &mut self.line {
            line.set_network(self.network);
        }
    }

    /// The simulated network, if there is one.
    #[must_use]
    pub fn network(&self) -> Option<Network> {
        self.network.map(|(network, _)| network)
    }

    /// Tells the server whether the player looks elsewhere: then it sends next to nothing and keeps
    /// the session for longer. Said at once, since a tab may be stopped the next moment.
    pub fn set_away(&mut self, now: Instant, away: bool) {
        self.client.set_away(now, away);
        self.transmit(now);
    }

    /// What a later pilot takes this session up with; `None` where there is none to come back to.
    #[must_use]
    pub fn resume_token(&self) -> Option<ResumeToken> {
        (self.client.resume_token()).filter(|_| self.stage != Stage::Over)
    }

    /// Gives up the link, not the session: a later pilot has the grace period to come. Not as one
    /// who is away, whose seat would be kept for minutes though perhaps nobody comes.
    pub fn let_go(&mut self, now: Instant) {
        self.set_away(now, false);
        self.end(now, CloseReason::Bye, String::new());
    }

    /// Leaves the room for good.
    pub fn leave(&mut self, now: Instant) {
        self.client.leave();
        self.transmit(now);
        self.end(now, CloseReason::Bye, String::new());
    }

    /// The client: what it draws, counts and knows.
    #[must_use]
    pub fn client(&self) -> &Client<Arena> {
        &self.client
    }

    /// Where it stands with its server.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// What ended the last link or attempt; empty when nothing did.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.why
    }

    /// A headline and a sentence about the link for the player; `None` when all is well.
    #[must_use]
    pub fn words(&self, now: Instant) -> Option<(String, String)> {
        let moving_to = self.reserve.and_then(|reserve| match reserve.purpose {
            Purpose::Change { .. } => Some(self.order.only.map_or("the best way", |t| t.title())),
            Purpose::Silence => None,
        });
        let telling = Telling {
            stage: self.stage,
            why: &self.why,
            was_in: self.was_in,
            silent: now.since(self.heard),
            moving_to,
        };
        telling.words(now)
    }

    /// What carries the link; `None` without one.
    #[must_use]
    pub fn transport(&self) -> Option<Transport> {
        self.line.as_ref().map(Line::transport)
    }

    /// What the next link is asked for.
    #[must_use]
    pub fn order(&self) -> DialOrder {
        self.order
    }

    /// How the transports did that were tried last.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// Links opened so far.
    #[must_use]
    pub fn links(&self) -> u32 {
        self.links
    }

    /// How long ago the newest snapshot came; zero before the first.
    #[must_use]
    pub fn snapshot_age(&self, now: Instant) -> Duration {
        match self.newest {
            (Tick::ZERO, _) => Duration::ZERO,
            (_, at) => now.since(at),
        }
    }

    /// What all links so far carried.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        let now = self.line.as_ref().map(Line::traffic).unwrap_or_default();
        sum(self.past, now)
    }

    /// When [`Pilot::frame`] has something to do next, for programs that need not draw.
    #[must_use]
    pub fn next_wake(&self) -> Instant {
        self.client.next_wake()
    }

    fn note_progress(&mut self, now: Instant) {
        let tick = self.client.newest_snapshot();
        if tick != self.newest.0 {
            self.newest = (tick, now);
        }
        if self.stage == Stage::Joining && self.client.is_live() {
            self.joined(now);
        }
    }

    /// Keeps a notice; at [`NOTICES_MAX`] untaken ones the oldest goes.
    fn notify(&mut self, text: String) {
        if self.notices.len() >= NOTICES_MAX {
            self.notices.pop_front();
        }
        self.notices.push_back(text);
    }
}
