//! Tries several transports and takes the first that proves itself.
//!
//! A connection that opens proves little: what counts is a probe that comes back. Never waits for a
//! transport that is slower than the winner.

use std::collections::VecDeque;
use std::time::Duration;

use tickwire_shared::id::Lane;
use tickwire_shared::limits::PACKET_BYTES_MAX;
use tickwire_shared::transport::Transport;
use tickwire_shared::wire::{decode_probe, encode_probe};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep_until, timeout};

use crate::dial::{Dial, dial};
use crate::link::Link;
use crate::polled::DialOrder;
use crate::word::Attempt;

/// How long after the one before it a transport starts. One that fails makes room at once.
const STAGGER: Duration = Duration::from_millis(400);

/// How long after the one before it WebSocket starts, which wins only where UDP does not pass.
const LAST_STAGGER: Duration = Duration::from_millis(800);

/// How long the echo of a probe may take once a link is open.
const ECHO: Duration = Duration::from_secs(2);

/// Time between two probes; the first may be lost.
const PROBE_EVERY: Duration = Duration::from_millis(100);

/// A link that has proved itself, and how it and the others did.
pub(crate) struct Won {
    pub(crate) link: Link,
    pub(crate) attempts: Vec<Attempt>,
}

/// What one transport came to: an open link and the time of its echo, or why not.
type Try = Result<(Link, Duration), String>;

/// Dials by every transport that `order` allows; gives the attempts back when none has won.
pub(crate) async fn race(to: Dial, order: DialOrder) -> Result<Won, Vec<Attempt>> {
    let mut waiting = plan(order);
    let mut running: JoinSet<(Transport, Try)> = JoinSet::new();
    let mut under_way: Vec<Transport> = Vec::new();
    let mut attempts = Vec::new();
    let mut start_at = Instant::now();
    loop {
        tokio::select! {
            () = sleep_until(start_at), if !waiting.is_empty() => {
                let Some(transport) = waiting.pop_front() else { continue };
                under_way.push(transport);
                let to = to.clone().over(transport);
                running.spawn(async move { (transport, attempt(&to).await) });
                start_at = Instant::now() + stagger(waiting.front());
            }
            Some(done) = running.join_next(), if !running.is_empty() => {
                // A task that panicked has no words; its transport stays under way.
                let Ok((transport, tried)) = done else { continue };
                under_way.retain(|&other| other != transport);
                let outcome = tried.as_ref().map(|(_, echo)| *echo).map_err(String::clone);
                attempts.push(Attempt { transport, outcome });
                if let Ok((link, _)) = tried {
                    attempts.extend(under_way.into_iter().map(|late| overtaken(late, transport)));
                    return Ok(Won { link, attempts });
                }
                if running.is_empty() {
                    start_at = Instant::now();
                }
            }
            else => return Err(attempts),
        }
    }
}

/// Which transports to try, in which order.
fn plan(order: DialOrder) -> VecDeque<Transport> {
    if let Some(only) = order.only {
        return [only].into();
    }
    let mut all = Transport::ALL;
    all.sort_by_key(|&transport| order.first != Some(transport));
    all.into()
}

fn stagger(next: Option<&Transport>) -> Duration {
    match next {
        Some(Transport::WebSocket) => LAST_STAGGER,
        _ => STAGGER,
    }
}

fn overtaken(transport: Transport, winner: Transport) -> Attempt {
    Attempt {
        transport,
        outcome: Err(format!("{winner} answered first")),
    }
}

async fn attempt(to: &Dial) -> Try {
    let mut link = dial(to).await.map_err(|error| error.to_string())?;
    let opened = Instant::now();
    match timeout(ECHO, echo(&mut link)).await {
        Ok(Ok(())) => Ok((link, opened.elapsed())),
        Ok(Err(words)) => Err(words),
        Err(_) => Err("it opened, but no packet came back within 2 s".to_owned()),
    }
}

/// Sends probes until one comes back. They are as long as packets get, so that a way that swallows
/// long ones does not win.
async fn echo(link: &mut Link) -> Result<(), String> {
    let mut probes = interval(PROBE_EVERY);
    let mut sent = 0;
    loop {
        tokio::select! {
            biased;
            received = link.recv() => match received {
                Ok((Lane::Snapshot, bytes)) => {
                    if decode_probe(&bytes).is_some_and(|number| number < sent) {
                        return Ok(());
                    }
                }
                Ok(_) => return Err("the server spoke before it was asked".to_owned()),
                Err(end) => return Err(end.to_string()),
            },
            _ = probes.tick() => {
                let sending = link.send(Lane::Input, &encode_probe(sent, PACKET_BYTES_MAX));
                sending.map_err(|error| error.to_string())?;
                sent += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_winner_goes_first_and_the_rest_keep_their_order() {
        let order = |only, first| plan(DialOrder { only, first });
        let [quic, webtransport, webrtc, websocket] = Transport::ALL;
        assert_eq!(order(None, None), Transport::ALL);
        assert_eq!(
            order(None, Some(webrtc)),
            [webrtc, quic, webtransport, websocket]
        );
        assert_eq!(order(Some(websocket), Some(quic)), [websocket]);
    }
}
