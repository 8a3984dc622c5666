//! Links for a native program with frames: a thread of their own dials and carries them.
//!
//! Never makes the program wait: it asks once a frame, and packets wait in queues with a bound.

use std::thread;

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::limits::DIAL_ORDERS_MAX;
use tickwire_shared::transport::Transport;
use tickwire_shared::wire::decode_probe;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinError, JoinHandle, JoinSet};

use crate::address::Address;
use crate::dial::Dial;
use crate::link::Link;
use crate::pipe::{Far, Near, Wish, pipe};
use crate::polled::{DialOrder, Dialed, Dialer, NotDialed, PolledLink};
use crate::race::{Won, race};
use crate::trust::Trust;
use crate::word::{Attempt, LinkEnd, SendError, Traffic};

/// Dials a server over the transports a native program has, QUIC first.
///
/// Its thread starts with the first [`Dialer::start`] and ends when the dialer and every link from
/// it are gone.
#[derive(Debug)]
pub struct NativeDialer {
    dial: Dial,
    thread: Option<mpsc::Sender<Order>>,
    outcome: Option<oneshot::Receiver<Outcome>>,
    /// Why there is no thread.
    fault: Option<String>,
}

/// What the thread is asked for. There is one at a time: the next one gives up the one before.
#[derive(Debug)]
struct Order {
    order: DialOrder,
    reply: oneshot::Sender<Outcome>,
}

type Outcome = Result<(NativeLink, Vec<Attempt>), Vec<Attempt>>;

impl NativeDialer {
    /// A dialer for this server. Opens nothing yet.
    #[must_use]
    pub fn new(server: Address, trust: Trust) -> NativeDialer {
        NativeDialer {
            dial: Dial {
                trust,
                ..Dial::to(&server.to_string())
            },
            thread: None,
            outcome: None,
            fault: None,
        }
    }

    /// Gives the thread an order, and starts one if there is none.
    fn order(&mut self, order: Order) -> Result<(), String> {
        let order = match &self.thread {
            Some(thread) => match thread.try_send(order) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(_)) => return Err("it takes no more orders".to_owned()),
                Err(TrySendError::Closed(order)) => order,
            },
            None => order,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let (orders, inbox) = mpsc::channel(DIAL_ORDERS_MAX);
        let dial = self.dial.clone();
        thread::Builder::new()
            .name("links".to_owned())
            .spawn(move || runtime.block_on(serve(inbox, dial)))
            .map_err(|error| error.to_string())?;
        let sent = orders.try_send(order);
        self.thread = Some(orders);
        sent.map_err(|_| "its thread is gone".to_owned())
    }
}

impl Dialer for NativeDialer {
    fn start(&mut self, order: DialOrder) {
        let (reply, outcome) = oneshot::channel();
        self.outcome = Some(outcome);
        self.fault = self.order(Order { order, reply }).err();
    }

    fn poll(&mut self) -> Option<Result<Dialed, NotDialed>> {
        use oneshot::error::TryRecvError;
        let outcome = match self.outcome.as_mut()?.try_recv() {
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Closed) => Err(Vec::new()),
            Ok(outcome) => outcome,
        };
        self.outcome = None;
        Some(match outcome {
            Ok((link, attempts)) => Ok(Dialed {
                link: Box::new(link),
                attempts,
            }),
            Err(attempts) => Err(NotDialed {
                words: self.words(&attempts),
                attempts,
            }),
        })
    }
}

impl NativeDialer {
    /// Why nothing came of it, in one sentence: what the first transport met says the most.
    fn words(&mut self, attempts: &[Attempt]) -> String {
        if let Some(fault) = self.fault.take() {
            return format!("no thread carries links: {fault}");
        }
        let first = attempts
            .first()
            .and_then(|tried| tried.outcome.clone().err());
        first.unwrap_or_else(|| "no transport could be tried".to_owned())
    }
}

/// Dials as ordered and carries the links, until nobody can order or use anything any more.
async fn serve(mut orders: mpsc::Receiver<Order>, dial: Dial) {
    let mut links = JoinSet::new();
    let mut race: Option<Racing> = None;
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                None => break,
                Some(order) => race = Some(Racing::begin(order, dial.clone())),
            },
            ended = ended(&mut race) => {
                let Some(racing) = race.take() else { continue };
                racing.tell(ended, &mut links);
            }
            Some(_) = links.join_next(), if !links.is_empty() => {}
        }
    }
    drop(race);
    while links.join_next().await.is_some() {}
}

/// A race under way; dropping it gives it up.
struct Racing {
    running: JoinHandle<Result<Won, Vec<Attempt>>>,
    reply: Option<oneshot::Sender<Outcome>>,
}

impl Racing {
    fn begin(order: Order, dial: Dial) -> Racing {
        Racing {
            running: tokio::spawn(race(dial, order.order)),
            reply: Some(order.reply),
        }
    }

    fn tell(
        mut self,
        ended: Result<Result<Won, Vec<Attempt>>, JoinError>,
        links: &mut JoinSet<()>,
    ) {
        let outcome = match ended {
            Ok(Ok(Won { link, attempts })) => {
                let transport = link.transport();
                let (near, far) = pipe();
                links.spawn(carry(link, far));
                Ok((NativeLink { near, transport }, attempts))
            }
            Ok(Err(attempts)) => Err(attempts),
            Err(_) => Err(Vec::new()),
        };
        if let Some(reply) = self.reply.take() {
            // Nobody waits any more: the link is dropped, and so closed.
            let _ = reply.send(outcome);
        }
    }
}

impl Drop for Racing {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn ended(race: &mut Option<Racing>) -> Result<Result<Won, Vec<Attempt>>, JoinError> {
    match race {
        Some(race) => (&mut race.running).await,
        None => std::future::pending().await,
    }
}

/// Moves packets between a link and its owner until either ends it.
async fn carry(mut link: Link, far: Far) {
    let end = loop {
        tokio::select! {
            wish = far.wish() => match wish {
                Wish::Send(lane, packet) => {
                    if let Err(error) = link.send(lane, &packet) {
                        break LinkEnd::Lost(error.to_string());
                    }
                }
                Wish::Close(reason) => {
                    far.end(LinkEnd::Here);
                    return link.close(reason).await;
                }
            },
            received = link.recv() => {
                let delivered = received.and_then(|(lane, packet)| deliver(&far, lane, packet));
                if let Err(end) = delivered {
                    break end;
                }
            }
        }
        far.set_below(link.traffic());
    };
    let reason = end.reason();
    far.end(end);
    link.close(reason).await;
}

/// Echoes of the race that come late are no packets.
fn deliver(far: &Far, lane: Lane, packet: Vec<u8>) -> Result<(), LinkEnd> {
    if lane == Lane::Snapshot && decode_probe(&packet).is_some() {
        return Ok(());
    }
    far.deliver(lane, packet)
}

/// A link that the thread carries.
#[derive(Debug)]
struct NativeLink {
    near: Near,
    transport: Transport,
}

impl PolledLink for NativeLink {
    fn send(&mut self, lane: Lane, bytes: &[u8]) -> Result<(), SendError> {
        self.near.send(lane, bytes)
    }

    fn try_recv(&mut self) -> Option<Result<(Lane, Vec<u8>), LinkEnd>> {
        self.near.try_recv()
    }

    fn transport(&self) -> Transport {
        self.transport
    }

    fn traffic(&self) -> Traffic {
        self.near.traffic()
    }

    fn close(&mut self, reason: CloseReason) {
        self.near.close(reason);
    }
}
