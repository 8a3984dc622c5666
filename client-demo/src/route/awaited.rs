//! A link that is awaited, with a simulated network in front of it.
//!
//! Never looks into a packet.

use tickwire_link::{Link, LinkEnd, SendError, Traffic};
use tickwire_shared::close::CloseReason;
use tickwire_shared::conditioner::Network;
use tickwire_shared::id::Lane;
use tickwire_shared::time::Instant;

use super::simulated::{Direction, Simulated};
use crate::clock::Clock;

/// A link, with or without a simulated network.
#[derive(Debug)]
pub struct Route {
    link: Link,
    clock: Clock,
    simulated: Option<Simulated>,
    /// Why the link below ended; told when everything on its way has arrived.
    ended: Option<LinkEnd>,
}

impl Route {
    /// A route over `link`; with `network` both directions suffer its figures, drawn from `seed`.
    #[must_use]
    pub fn new(link: Link, clock: Clock, network: Option<(Network, u64)>) -> Route {
        let simulated = network.map(|(network, seed)| Simulated::new(network, seed));
        Route {
            link,
            clock,
            simulated,
            ended: None,
        }
    }

    /// Hands a packet to the network; never waits.
    ///
    /// # Errors
    /// [`SendError`] as [`Link::send`].
    pub fn send(&mut self, lane: Lane, bytes: Vec<u8>) -> Result<(), SendError> {
        let now = self.clock.now();
        match &mut self.simulated {
            None => self.link.send(lane, &bytes),
            Some(simulated) => {
                simulated.push(now, Direction::Up, lane, bytes)?;
                self.forward(now)
            }
        }
    }

    /// The next packet from the server.
    ///
    /// # Errors
    /// [`LinkEnd`] when the link is over and what was on its way down has arrived.
    pub async fn recv(&mut self) -> Result<(Lane, Vec<u8>), LinkEnd> {
        loop {
            let now = self.clock.now();
            // A link that is over takes nothing more; its end is told below.
            self.forward(now).map_err(broken)?;
            let Some(simulated) = &mut self.simulated else {
                return self.link.recv().await;
            };
            if let Some(arrived) = simulated.arrived(now, Direction::Down) {
                return Ok(arrived);
            }
            if let Some(end) = self.ended.as_ref().filter(|_| simulated.is_drained()) {
                return Err(end.clone());
            }
            let wake = simulated.next_wake();
            tokio::select! {
                packet = self.link.recv(), if self.ended.is_none() => match packet {
                    Ok((lane, bytes)) => simulated
                        .push(self.clock.now(), Direction::Down, lane, bytes)
                        .map_err(broken)?,
                    Err(end) => self.ended = Some(end),
                },
                () = self.clock.sleep_until(wake.unwrap_or_default()), if wake.is_some() => {}
            }
        }
    }

    /// Closes the link; see [`Link::close`].
    pub async fn close(self, reason: CloseReason) {
        self.link.close(reason).await;
    }

    /// Closes the link without waiting for the goodbye to leave.
    pub fn close_now(&self, reason: CloseReason) {
        self.link.close_now(reason);
    }

    /// What the link below carried.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.link.traffic()
    }

    /// Gives the link what has passed the simulated way up.
    fn forward(&mut self, now: Instant) -> Result<(), SendError> {
        let Some(simulated) = &mut self.simulated else {
            return Ok(());
        };
        while let Some((lane, bytes)) = simulated.arrived(now, Direction::Up) {
            self.link.send(lane, &bytes)?;
        }
        Ok(())
    }
}

fn broken(error: SendError) -> LinkEnd {
    LinkEnd::Lost(error.to_string())
}
