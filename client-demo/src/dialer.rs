//! Dials over QUIC on a thread of its own, for programs with frames.
//!
//! Never races transports: it knows one. The thread ends with its link.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tickwire_link::{
    Address, Attempt, Dial, DialOrder, Dialed, Dialer, Link, LinkEnd, NotDialed, PolledLink,
    SendError, Traffic, Trust, dial_quic,
};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::limits::{CONDITIONER_PACKETS_MAX, PILOT_PACKETS_MAX};
use tickwire_shared::transport::Transport;
use tokio::sync::mpsc;

/// Packets on their way to the thread at the most; at the bound the link counts as broken.
const OUTBOX_PACKETS_MAX: usize = CONDITIONER_PACKETS_MAX;

/// Dials one server over QUIC.
pub struct QuicDialer {
    server: Address,
    trust: Trust,
    outcome: Option<Receiver<Result<Opened, NotDialed>>>,
}

/// What the thread hands out when a link is open.
struct Opened {
    outbox: mpsc::Sender<Order>,
    inbox: Arc<Mutex<Inbox>>,
    took: Duration,
}

/// What a link is told.
enum Order {
    Send(Lane, Vec<u8>),
    Close(CloseReason),
}

/// What came; of the Snapshot lane the oldest go at [`PILOT_PACKETS_MAX`].
#[derive(Default)]
struct Inbox {
    packets: VecDeque<(Lane, Vec<u8>)>,
    snapshots: usize,
    end: Option<LinkEnd>,
    traffic: Traffic,
}

/// A link on its thread.
struct ThreadLink {
    outbox: mpsc::Sender<Order>,
    inbox: Arc<Mutex<Inbox>>,
}

impl QuicDialer {
    /// A dialer for `server`.
    #[must_use]
    pub fn new(server: Address, trust: Trust) -> QuicDialer {
        QuicDialer {
            server,
            trust,
            outcome: None,
        }
    }
}

impl Dialer for QuicDialer {
    fn start(&mut self, _order: DialOrder) {
        let (told, outcome) = channel();
        self.outcome = Some(outcome);
        let dial = Dial {
            trust: self.trust,
            ..Dial::to(&self.server.to_string())
        };
        std::thread::spawn(move || run(&dial, &told));
    }

    fn poll(&mut self) -> Option<Result<Dialed, NotDialed>> {
        let told = match self.outcome.as_ref()?.try_recv() {
            Ok(told) => told,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Err(failed("the dialing thread ended".to_owned())),
        };
        self.outcome = None;
        Some(told.map(|opened| Dialed {
            attempts: vec![Attempt {
                transport: Transport::Quic,
                outcome: Ok(opened.took),
            }],
            link: Box::new(ThreadLink {
                outbox: opened.outbox,
                inbox: opened.inbox,
            }),
        }))
    }
}

fn failed(words: String) -> NotDialed {
    NotDialed {
        attempts: vec![Attempt {
            transport: Transport::Quic,
            outcome: Err(words.clone()),
        }],
        words,
    }
}

fn run(dial: &Dial, told: &Sender<Result<Opened, NotDialed>>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = told.send(Err(failed(format!("no event loop: {error}"))));
            return;
        }
    };
    runtime.block_on(async {
        let began = Instant::now();
        match dial_quic(dial).await {
            Err(error) => {
                let _ = told.send(Err(failed(error.to_string())));
            }
            Ok(link) => {
                let (outbox, orders) = mpsc::channel(OUTBOX_PACKETS_MAX);
                let inbox = Arc::default();
                let opened = Opened {
                    outbox,
                    inbox: Arc::clone(&inbox),
                    took: began.elapsed(),
                };
                if told.send(Ok(opened)).is_ok() {
                    carry(link, orders, &inbox).await;
                }
            }
        }
    });
}

/// Moves packets until either side ends the link.
async fn carry(mut link: Link, mut orders: mpsc::Receiver<Order>, inbox: &Mutex<Inbox>) {
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Send(lane, bytes)) => if let Err(error) = link.send(lane, &bytes) {
                    return lock(inbox).end(LinkEnd::Lost(error.to_string()));
                },
                Some(Order::Close(reason)) => return link.close(reason).await,
                None => return link.close(CloseReason::Bye).await,
            },
            packet = link.recv() => {
                let mut inbox = lock(inbox);
                inbox.traffic = link.traffic();
                match packet {
                    Ok((lane, bytes)) => inbox.push(lane, bytes),
                    Err(end) => return inbox.end(end),
                }
            }
        }
    }
}

fn lock(inbox: &Mutex<Inbox>) -> std::sync::MutexGuard<'_, Inbox> {
    inbox.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inbox {
    fn push(&mut self, lane: Lane, bytes: Vec<u8>) {
        if lane == Lane::Snapshot && self.snapshots >= PILOT_PACKETS_MAX {
            let oldest = self.packets.iter().position(|one| one.0 == Lane::Snapshot);
            oldest.and_then(|at| self.packets.remove(at));
        } else if lane == Lane::Snapshot {
            self.snapshots += 1;
        }
        self.packets.push_back((lane, bytes));
    }

    fn end(&mut self, end: LinkEnd) {
        self.end.get_or_insert(end);
    }
}

impl PolledLink for ThreadLink {
    fn send(&mut self, lane: Lane, bytes: &[u8]) -> Result<(), SendError> {
        match self.outbox.try_send(Order::Send(lane, bytes.to_vec())) {
            Err(mpsc::error::TrySendError::Full(_)) => Err(SendError::QueueFull),
            // A link that ended says so when it is asked.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
        }
    }

    fn try_recv(&mut self) -> Option<Result<(Lane, Vec<u8>), LinkEnd>> {
        let mut inbox = lock(&self.inbox);
        match inbox.packets.pop_front() {
            Some((lane, bytes)) => {
                inbox.snapshots -= usize::from(lane == Lane::Snapshot);
                Some(Ok((lane, bytes)))
            }
            None => inbox.end.clone().map(Err),
        }
    }

    fn transport(&self) -> Transport {
        Transport::Quic
    }

    fn traffic(&self) -> Traffic {
        lock(&self.inbox).traffic
    }

    fn close(&mut self, reason: CloseReason) {
        let _ = self.outbox.try_send(Order::Close(reason));
    }
}
