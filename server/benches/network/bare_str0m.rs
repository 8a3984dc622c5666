//! Bare str0m with the same settings, driven in the shortest way there is.
//!
//! One thread, one UDP socket, one [`Rtc`] a player. A datagram finds its player by the address it
//! came from; only one from an unknown address is offered to each in turn. All datagrams that wait
//! are taken before anything else is done. A write is followed by as many polls as str0m asks for,
//! and by nothing else. Deadlines are looked through every 10 ms, which costs less than keeping
//! them in order. Never checks, names or counts more than the measurement needs.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc as std_mpsc};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use socket2::{Domain, Protocol as SocketProtocol, Socket, Type};
use str0m::change::SdpOffer;
use str0m::channel::ChannelId;
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc};
use tickwire_server::limits::UDP_SOCKET_BUFFER_BYTES;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use crate::channels::{self, Identity};
use crate::subject::{Ask, Counts, DOWN_BYTES, Subject};

/// How often deadlines are looked through.
const WAKE_PERIOD: Duration = Duration::from_millis(10);

struct Server {
    socket: UdpSocket,
    address: SocketAddr,
    identity: Identity,
    peers: Vec<Peer>,
    by_address: HashMap<SocketAddr, usize>,
    counts: Arc<Counts>,
}

struct Peer {
    rtc: Rtc,
    channel: ChannelId,
    /// Channels that are open.
    open: u8,
    wait: Instant,
}

/// Starts a server on a thread of its own.
pub fn start() -> Result<Subject, String> {
    let counts = Arc::new(Counts::default());
    let (asks, inbox) = mpsc::unbounded_channel();
    // As in ours, a batch that is not taken in time makes no queue.
    let (batches, waiting) = mpsc::channel::<Vec<Bytes>>(1);
    let (tell, told) = std_mpsc::channel();
    let theirs = Arc::clone(&counts);
    let thread = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.expect("a runtime starts");
        runtime.block_on(serve(theirs, waiting, inbox, tell));
    });
    let address = told
        .recv()
        .map_err(|_| "the network thread ended".to_owned())??;
    let open = Arc::clone(&counts);
    let tick = Box::new(move || {
        let players = open.open.load(Ordering::Relaxed);
        let packet = |_| Bytes::copy_from_slice(&[7; DOWN_BYTES]);
        let _ = batches.try_send((0..players).map(packet).collect());
    });
    Ok(Subject {
        address,
        counts,
        asks,
        tick,
        thread,
    })
}

async fn serve(
    counts: Arc<Counts>,
    mut batches: mpsc::Receiver<Vec<Bytes>>,
    mut inbox: mpsc::UnboundedReceiver<Ask>,
    tell: std_mpsc::Sender<Result<SocketAddr, String>>,
) {
    let mut server = match Server::bind(counts) {
        Ok(server) => server,
        Err(error) => {
            let _ = tell.send(Err(format!("bare str0m does not start: {error}")));
            return;
        }
    };
    let _ = tell.send(Ok(server.address));
    let mut wake = interval(WAKE_PERIOD);
    wake.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = server.socket.readable() => server.take_all(),
            batch = batches.recv() => server.send_all(batch.unwrap_or_default()),
            _ = wake.tick() => server.wake_all(),
            ask = inbox.recv() => match ask {
                Some(Ask::Mark(reply)) => {
                    let _ = reply.send(server.counts.mark());
                }
                Some(Ask::Answer(offer, reply)) => {
                    let _ = reply.send(server.answer(&offer));
                }
                Some(Ask::Stop) | None => return,
            },
        }
    }
}

impl Server {
    fn bind(counts: Arc<Counts>) -> std::io::Result<Server> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(SocketProtocol::UDP))?;
        let _ = socket.set_recv_buffer_size(UDP_SOCKET_BUFFER_BYTES);
        let _ = socket.set_send_buffer_size(UDP_SOCKET_BUFFER_BYTES);
        socket.set_nonblocking(true)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        let socket = UdpSocket::from_std(socket.into())?;
        Ok(Server {
            address: socket.local_addr()?,
            socket,
            identity: Identity::new(),
            peers: Vec::new(),
            by_address: HashMap::new(),
            counts,
        })
    }

    fn answer(&mut self, offer: &str) -> Result<String, String> {
        let now = Instant::now();
        let mut rtc = self.identity.passive(now);
        let host = Candidate::host(self.address, "udp").map_err(|error| error.to_string())?;
        rtc.add_local_candidate(host);
        let offer = SdpOffer::from_sdp_string(offer).map_err(|error| error.to_string())?;
        let answer = rtc.sdp_api().accept_offer(offer);
        let answer = answer.map_err(|error| error.to_string())?.to_sdp_string();
        let channel = channels::create(&mut rtc);
        self.peers.push(Peer {
            rtc,
            channel,
            open: 0,
            wait: now,
        });
        Ok(answer)
    }

    fn take_all(&mut self) {
        let mut buffer = [0; 2_048];
        while let Ok((len, from)) = self.socket.try_recv_from(&mut buffer) {
            let bytes = buffer.get(..len).unwrap_or_default();
            let Ok(received) = Receive::new(Protocol::Udp, from, self.address, bytes) else {
                continue;
            };
            let input = Input::Receive(Instant::now(), received);
            let known = self.by_address.get(&from).copied();
            let Some(at) = known.or_else(|| self.whose(from, &input)) else {
                continue;
            };
            if self.peers[at].rtc.handle_input(input).is_ok() {
                self.drain(at);
            }
        }
    }

    /// Whose an address is that was not seen before.
    fn whose(&mut self, from: SocketAddr, input: &Input<'_>) -> Option<usize> {
        let at = (self.peers.iter()).position(|peer| peer.rtc.accepts(input))?;
        self.by_address.insert(from, at);
        Some(at)
    }

    fn send_all(&mut self, packets: Vec<Bytes>) {
        let mut sent = 0;
        for (at, packet) in packets.iter().enumerate() {
            let peer = &mut self.peers[at];
            let channel = peer.rtc.channel(peer.channel);
            let written = channel.map(|mut channel| channel.write(true, packet));
            sent += u64::from(matches!(written, Some(Ok(true))));
            self.drain(at);
        }
        self.counts.sent.fetch_add(sent, Ordering::Relaxed);
    }

    fn wake_all(&mut self) {
        let now = Instant::now();
        for at in 0..self.peers.len() {
            let peer = &mut self.peers[at];
            if peer.wait <= now && peer.rtc.handle_input(Input::Timeout(now)).is_ok() {
                self.drain(at);
            }
        }
    }

    fn drain(&mut self, at: usize) {
        let peer = &mut self.peers[at];
        loop {
            match peer.rtc.poll_output() {
                Ok(Output::Transmit(transmit)) => {
                    let (bytes, to) = (&transmit.contents, transmit.destination);
                    let _ = self.socket.try_send_to(bytes, to);
                }
                Ok(Output::Event(Event::ChannelData(data))) => {
                    let some = u64::from(!data.data.is_empty());
                    self.counts.received.fetch_add(some, Ordering::Relaxed);
                }
                Ok(Output::Event(Event::ChannelOpen(..))) => {
                    peer.open += 1;
                    if peer.open == 2 {
                        self.counts.open.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Ok(Output::Event(_)) => {}
                Ok(Output::Timeout(at)) => {
                    peer.wait = at;
                    return;
                }
                Err(_) => return,
            }
        }
    }
}
