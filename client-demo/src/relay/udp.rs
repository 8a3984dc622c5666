//! The datagrams of a relay: one socket for clients, one towards the server for each of them.
//!
//! Never waits for a socket to take a datagram: one that it does not take is lost, as in a router.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tickwire_shared::time::Instant;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::Options;
use super::knobs::Knobs;
use super::mappings::{Mappings, Parcel};
use crate::clock::Clock;

/// Longest datagram there is.
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// Datagrams of the server that wait for the relay; further ones are lost.
const WAITING_MAX: usize = 4_096;

/// Time between two looks for silent clients.
const SWEEP: Duration = Duration::from_secs(5);

/// A socket towards the server, and the task that reads from it.
struct Outward {
    socket: Arc<UdpSocket>,
    reader: AbortHandle,
}

impl Drop for Outward {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// A datagram of the server, and the mapping it is for.
type Answer = (u64, Vec<u8>);

/// Relays until nobody turns the knobs any more.
pub(super) async fn relay(
    inward: UdpSocket,
    options: Options,
    clock: Clock,
    mut knobs: watch::Receiver<Knobs>,
) {
    let mut mappings = Mappings::new(options.knobs, options.seed);
    let mut outward: BTreeMap<u64, Outward> = BTreeMap::new();
    let (answers, mut answered) = mpsc::channel(WAITING_MAX);
    // A new socket does not know yet that it can send.
    let _ = inward.writable().await;
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    let mut sweep = interval(SWEEP);
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let wake = mappings.next_wake();
        tokio::select! {
            received = inward.recv_from(&mut buffer) => {
                // A client that is gone makes the next call fail, and that is all.
                let Ok((length, client)) = received else { continue };
                let bytes = buffer[..length].to_vec();
                if let Some(number) = mappings.from_client(clock.now(), client, bytes)
                    && let Some(socket) = open(options.to, number, &answers).await
                {
                    outward.insert(number, socket);
                }
            }
            Some((number, bytes)) = answered.recv() => {
                mappings.from_server(clock.now(), number, bytes);
            }
            () = clock.sleep_until(wake.unwrap_or_default()), if wake.is_some() => {}
            changed = knobs.changed() => match changed {
                Ok(()) => {
                    let now = *knobs.borrow_and_update();
                    mappings.set_knobs(clock.now(), now);
                }
                Err(_) => return,
            },
            _ = sweep.tick() => {
                for number in mappings.forget_idle(clock.now()) {
                    outward.remove(&number);
                }
            }
        }
        deliver(&mut mappings, clock.now(), &inward, &outward);
    }
}

fn deliver(
    mappings: &mut Mappings,
    now: Instant,
    inward: &UdpSocket,
    outward: &BTreeMap<u64, Outward>,
) {
    while let Some(parcel) = mappings.poll(now) {
        let _ = match parcel {
            Parcel::Down(client, bytes) => inward.try_send_to(&bytes, client),
            Parcel::Up(number, bytes) => match outward.get(&number) {
                Some(outward) => outward.socket.try_send(&bytes),
                None => Ok(0),
            },
        };
    }
}

/// A socket towards the server whose datagrams go to `answers`; `None` when the system has none.
async fn open(to: SocketAddr, number: u64, answers: &mpsc::Sender<Answer>) -> Option<Outward> {
    let any: SocketAddr = match to {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await.ok()?;
    socket.connect(to).await.ok()?;
    // A new socket does not know yet that it can send, and would lose its first datagram.
    socket.writable().await.ok()?;
    let socket = Arc::new(socket);
    let (reading, answers) = (Arc::clone(&socket), answers.clone());
    let reader = tokio::spawn(async move {
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        loop {
            match reading.recv(&mut buffer).await {
                // A full queue loses the datagram.
                Ok(length) => drop(answers.try_send((number, buffer[..length].to_vec()))),
                // The server is not there now; it may come back.
                Err(_) => tokio::task::yield_now().await,
            }
        }
    });
    Some(Outward {
        socket,
        reader: reader.abort_handle(),
    })
}
