//! One player: a whole client, and what it tells the books.
//!
//! Never moves a packet: whoever owns it has the link.

use tickwire_shared::client::{Client, ClientConfig, ClientEvent, TalkEvent};
use tickwire_shared::glam::Vec2;
use tickwire_shared::id::Lane;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{Address, Manner, Scope};

use crate::ledger::{Ledger, quantile};
use crate::moving_square::{Push, Squares};
use crate::speech::Said;

/// Where a player is and what it does there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the room where people talk. They look elsewhere, so that their links carry chat alone.
    Hall,
    /// In a room that is played in, whose ticks and snapshots are watched.
    Pit,
}

impl Place {
    pub fn name(self) -> &'static str {
        match self {
            Place::Hall => "hall",
            Place::Pit => "pit",
        }
    }

    pub fn parse(name: &str) -> Option<Place> {
        [Place::Hall, Place::Pit]
            .into_iter()
            .find(|place| place.name() == name)
    }
}

/// What all players of one process note.
#[derive(Debug)]
pub struct Books {
    pub ledger: Ledger,
    /// Players who read their room's log.
    pub ready: usize,
    /// Times between two snapshots of one player, in µs, since they were taken last.
    gaps_us: Vec<u32>,
}

/// Times between two snapshots of one player.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gaps {
    pub p50_us: f64,
    pub p99_us: f64,
    pub max_us: f64,
}

/// A player.
pub struct Peer {
    pub client: Client<Squares>,
    number: usize,
    place: Place,
    /// When the last snapshot came.
    snapshot: Option<Instant>,
}

impl Books {
    pub fn new(receivers: usize) -> Books {
        Books {
            ledger: Ledger::new(receivers),
            ready: 0,
            gaps_us: Vec::new(),
        }
    }

    /// The gaps since the last call.
    pub fn take_gaps(&mut self) -> Gaps {
        let mut gaps = std::mem::take(&mut self.gaps_us);
        gaps.sort_unstable();
        Gaps {
            p50_us: quantile(&gaps, 0.5),
            p99_us: quantile(&gaps, 0.99),
            max_us: quantile(&gaps, 1.0),
        }
    }
}

impl Peer {
    pub fn new(number: usize, place: Place, now: Instant) -> Peer {
        let config = ClientConfig {
            name: format!("{}{number}", place.name()),
            room: Some(place.name().to_owned()),
            ..ClientConfig::default()
        };
        Peer {
            client: Client::new(config, now).expect("fair declarations"),
            number,
            place,
            snapshot: None,
        }
    }

    /// A packet came.
    pub fn receive(&mut self, now: Instant, lane: Lane, bytes: &[u8], books: &mut Books) {
        self.client.receive(now, lane, bytes);
        if lane == Lane::Snapshot
            && self.place == Place::Pit
            && let Some(last) = self.snapshot.replace(now)
        {
            let gap = u32::try_from(now.0 - last.0).unwrap_or(u32::MAX);
            books.gaps_us.push(gap);
        }
        self.note(now, books);
    }

    /// Time went on.
    pub fn frame(&mut self, now: Instant, books: &mut Books) {
        if self.place == Place::Pit {
            self.client.set_input(&self.wish(now));
        }
        self.client.frame(now);
        self.note(now, books);
    }

    /// Says this line now.
    pub fn say(&mut self, now: Instant, number: u64) {
        let said = Said { number, at: now };
        let id = self.client.say(Address::Room, Manner::Said, &said.text());
        assert!(id.is_some(), "a player could not speak");
    }

    /// Around a square, another side each half a second, so that there is something to send.
    fn wish(&self, now: Instant) -> Push {
        let side = (now.0 / 500_000 + self.number as u64) % 4;
        let direction = match side {
            0 => Vec2::X,
            1 => Vec2::Y,
            2 => Vec2::NEG_X,
            _ => Vec2::NEG_Y,
        };
        Push { direction }
    }

    fn note(&mut self, now: Instant, books: &mut Books) {
        while let Some(event) = self.client.poll_event() {
            match event {
                ClientEvent::Joined { .. } if self.place == Place::Hall => {
                    self.client.set_away(now, true);
                }
                ClientEvent::Talk(TalkEvent::Opened {
                    scope: Scope::Room { .. },
                    ..
                }) => books.ready += 1,
                ClientEvent::Talk(TalkEvent::Line { line, .. }) => {
                    books.ledger.hear(self.number, &line, now);
                }
                ClientEvent::Talk(TalkEvent::Refused { .. }) => books.ledger.refuse(),
                ClientEvent::Closed { text, .. } => panic!("a player is out: {text}"),
                _ => {}
            }
        }
    }
}
