//! Drives one sans-IO client over links: receives, sleeps, sends, and dials again after a loss.
//!
//! Never decides what the player does: its owner sets inputs and asks for frames.

use std::pin::Pin;
use std::time::Duration;

use tickwire_link::{Dial, DialError, Link, LinkEnd, Traffic, dial};
use tickwire_shared::client::Client;
use tickwire_shared::close::CloseReason;
use tickwire_shared::conditioner::Network;
use tickwire_shared::game::Game;
use tickwire_shared::id::{Lane, Tick};
use tickwire_shared::time::Instant;

use crate::clock::Clock;
use crate::pilot::sum;
use crate::retry::{Backoff, is_final};
use crate::route::Route;

/// How long the server may take to answer a goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// How a driver reaches its server.
#[derive(Clone, Debug)]
pub struct Way {
    /// Where and how to dial.
    pub dial: Dial,
    /// The network to simulate in both directions, and its seed.
    pub network: Option<(Network, u64)>,
    /// How long to go on dialing before giving up: after a loss, or where the network takes too
    /// much.
    pub patience: Duration,
}

/// What happened while a driver waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is time for a frame, or the time to wait for is over.
    Due,
    /// The client heard something its owner may want to know at once.
    Heard,
    /// A link is there; the client says hello on it.
    Linked,
    /// The link ended; dialing goes on by itself.
    Lost(LinkEnd),
    /// There is no link and there will be none: why.
    Over(String),
}

/// A client and its links.
pub struct Driver<G: Game> {
    /// The client. Its packets are moved by this driver.
    pub client: Client<G>,
    way: Way,
    clock: Clock,
    route: Option<Route>,
    dialing: Option<Dialing>,
    /// When the first link was lost, or not opened, that has not been replaced since.
    lost_at: Option<Instant>,
    /// The wait before the next attempt.
    retry: Backoff,
    /// What links that are over carried.
    past: Traffic,
}

/// An attempt to dial that survives its owner's impatience.
type Dialing = Pin<Box<dyn Future<Output = Result<Link, DialError>>>>;

impl<G: Game> Driver<G> {
    /// A driver that begins to dial at its first [`Driver::turn`].
    #[must_use]
    pub fn new(client: Client<G>, way: Way, clock: Clock) -> Driver<G> {
        let to = way.dial.clone();
        Driver {
            client,
            way,
            clock,
            route: None,
            dialing: Some(Box::pin(async move { dial(&to).await })),
            lost_at: None,
            retry: Backoff::default(),
            past: Traffic::default(),
        }
    }

    /// Sends what the client has to say, then waits for something to happen, but not past `until`
    /// and not past the client's next frame. Call [`Client::frame`] after each turn. May be dropped
    /// at any await.
    pub async fn turn(&mut self, until: Instant) -> Turn {
        loop {
            if let Err(end) = self.transmit() {
                return self.lose(end);
            }
            let (clock, wake) = (self.clock, self.client.next_wake().min(until));
            tokio::select! {
                biased;
                () = clock.sleep_until(wake) => return Turn::Due,
                dialed = dialed(&mut self.dialing) => return self.dialed(dialed),
                packet = received(&mut self.route) => match packet {
                    Err(end) => return self.lose(end),
                    Ok((lane, bytes)) => {
                        self.client.receive(self.clock.now(), lane, &bytes);
                        if let Some(reason) = self.client.closed() {
                            return self.closed_by_client(reason);
                        }
                        // A first snapshot starts the client's clock; later ones wait for it.
                        if lane == Lane::Ordered || self.client.tick() == Tick::ZERO {
                            return Turn::Heard;
                        }
                    }
                },
            }
        }
    }

    /// Breaks the link, as a changed network does, and dials again: the session goes on on the next
    /// link. Without a link nothing happens.
    pub fn break_link(&mut self) {
        if let Some(route) = &self.route {
            route.close_now(CloseReason::LinkLost);
        }
    }

    /// Says goodbye and closes the link, if there is one. Returns what all links carried.
    pub async fn leave(mut self) -> Traffic {
        self.client.leave();
        let said = self.transmit().is_ok();
        if let Some(route) = self.route.as_mut().filter(|_| said) {
            // The server closes the link when it has read the goodbye.
            let answer = async { while route.recv().await.is_ok() {} };
            let _ = tokio::time::timeout(GOODBYE, answer).await;
        }
        let traffic = self.traffic();
        if let Some(route) = self.route.take() {
            route.close(CloseReason::Bye).await;
        }
        traffic
    }

    /// What all links so far carried.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        let now = self.route.as_ref().map(Route::traffic).unwrap_or_default();
        sum(self.past, now)
    }

    fn transmit(&mut self) -> Result<(), LinkEnd> {
        let Some(route) = &mut self.route else {
            return Ok(());
        };
        while let Some(packet) = self.client.poll_transmit() {
            let sent = route.send(packet.lane, packet.bytes);
            sent.map_err(|error| LinkEnd::Lost(error.to_string()))?;
        }
        Ok(())
    }

    fn dialed(&mut self, dialed: Result<Link, DialError>) -> Turn {
        self.dialing = None;
        match dialed {
            Ok(link) => {
                self.retry.reset();
                self.lost_at = None;
                self.route = Some(Route::new(link, self.clock, self.way.network));
                self.client.reconnect(self.clock.now());
                Turn::Linked
            }
            Err(error) if self.lost_at.is_none() && !error.may_pass() => {
                Turn::Over(error.to_string())
            }
            Err(error) => self.dial_again(error.to_string()),
        }
    }

    /// The client has read why it is out, or could not read what it got.
    fn closed_by_client(&mut self, reason: CloseReason) -> Turn {
        if let Some(route) = &self.route {
            route.close_now(reason);
        }
        let words = String::new();
        self.lose(LinkEnd::Closed { reason, words })
    }

    fn lose(&mut self, end: LinkEnd) -> Turn {
        if let Some(route) = self.route.take() {
            self.past = sum(self.past, route.traffic());
        }
        let now = self.clock.now();
        self.client.link_closed(end.reason());
        if is_final(end.reason()) {
            return Turn::Over(end.to_string());
        }
        self.lost_at.get_or_insert(now);
        match self.dial_again(end.to_string()) {
            Turn::Over(why) => Turn::Over(why),
            _ => Turn::Lost(end),
        }
    }

    fn dial_again(&mut self, why: String) -> Turn {
        let lost_at = *self.lost_at.get_or_insert(self.clock.now());
        if self.clock.now().since(lost_at) > self.way.patience {
            return Turn::Over(why);
        }
        let (to, wait) = (self.way.dial.clone(), self.retry.next_wait());
        self.dialing = Some(Box::pin(async move {
            tokio::time::sleep(wait).await;
            dial(&to).await
        }));
        Turn::Due
    }
}

/// Waits for an attempt to dial; forever when there is none.
async fn dialed(dialing: &mut Option<Dialing>) -> Result<Link, DialError> {
    match dialing {
        Some(dialing) => dialing.await,
        None => std::future::pending().await,
    }
}

/// Waits for a packet; forever when there is no link.
async fn received(route: &mut Option<Route>) -> Result<(Lane, Vec<u8>), LinkEnd> {
    match route {
        Some(route) => route.recv().await,
        None => std::future::pending().await,
    }
}
