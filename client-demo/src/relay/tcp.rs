//! The streams of a relay: one connection towards the server for each of a client's.
//!
//! Never loses a byte: what a bad network would lose comes late, and everything behind it too.

use std::net::SocketAddr;
use std::time::Duration;

use tickwire_shared::conditioner::{Conditioner, Delivery};
use tickwire_shared::rng::Rng;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Options;
use super::knobs::Knobs;
use crate::clock::Clock;

/// Streams one relay carries at the most; a further one is closed at once.
const STREAMS_MAX: usize = 1_024;

/// Bytes read at once: what one packet of a TCP connection carries.
const CHUNK_BYTES_MAX: usize = 1_400;

/// Pause after a connection could not be accepted: the system is short of something.
const PAUSE: Duration = Duration::from_millis(50);

/// Relays until the relay is dropped.
pub(super) async fn relay(
    listener: TcpListener,
    options: Options,
    clock: Clock,
    knobs: watch::Receiver<Knobs>,
) {
    let mut streams = JoinSet::new();
    let mut number = 0_u64;
    loop {
        tokio::select! {
            Some(_) = streams.join_next(), if !streams.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((client, _)) if streams.len() < STREAMS_MAX => {
                    let seed = Rng::of(options.seed, &[number, 0x0074_6370]).next_u64();
                    number += 1;
                    streams.spawn(join(client, options.to, seed, clock, knobs.clone()));
                }
                Ok(_) => {}
                Err(_) => tokio::time::sleep(PAUSE).await,
            },
        }
    }
}

/// Carries one client's stream until both directions have ended, or either broke.
async fn join(
    client: TcpStream,
    to: SocketAddr,
    seed: u64,
    clock: Clock,
    knobs: watch::Receiver<Knobs>,
) {
    // A server that is not there closes the client's stream, as it would have refused it.
    let Ok(server) = TcpStream::connect(to).await else {
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let way = |seed| Way {
        stream: Conditioner::new(knobs.borrow().network, Delivery::Stream, seed),
        seed,
        clock,
        knobs: knobs.clone(),
    };
    let up = way(seed).carry(from_client, to_server);
    let down = way(seed.wrapping_add(1)).carry(from_server, to_client);
    let _ = tokio::try_join!(up, down);
}

/// One direction of a stream.
struct Way {
    stream: Conditioner,
    seed: u64,
    clock: Clock,
    knobs: watch::Receiver<Knobs>,
}

impl Way {
    /// Reads, delays, writes. A chunk of no bytes stands for the end of the stream and passes the
    /// network like any other.
    async fn carry(
        mut self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> std::io::Result<()> {
        self.apply();
        let mut buffer = vec![0; CHUNK_BYTES_MAX];
        // What the network had no room for: nothing more is read meanwhile.
        let mut refused: Option<Vec<u8>> = None;
        let mut has_ended = false;
        loop {
            let now = self.clock.now();
            if let Some(bytes) = refused.take() {
                refused = self.stream.send(now, bytes).err();
            }
            while let Some(bytes) = self.stream.poll(now) {
                if bytes.is_empty() {
                    return to.shutdown().await;
                }
                to.write_all(&bytes).await?;
            }
            let wake = self.stream.next_wake();
            tokio::select! {
                read = from.read(&mut buffer), if refused.is_none() && !has_ended => {
                    let length = read?;
                    has_ended = length == 0;
                    let bytes = buffer[..length].to_vec();
                    refused = self.stream.send(self.clock.now(), bytes).err();
                }
                () = self.clock.sleep_until(wake.unwrap_or_default()), if wake.is_some() => {}
                changed = self.knobs.changed() => match changed {
                    Ok(()) => self.apply(),
                    Err(_) => return Ok(()),
                },
            }
        }
    }

    fn apply(&mut self) {
        let knobs = *self.knobs.borrow_and_update();
        self.stream.set_network(knobs.network, self.seed);
        match knobs.is_blocked {
            true => self.stream.partition(),
            false => self.stream.heal(self.clock.now()),
        }
    }
}
