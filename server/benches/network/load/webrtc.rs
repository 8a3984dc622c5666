//! Players over WebRTC: str0m again, each with a socket of its own, all on one thread.
//!
//! Never waits for a socket: a player looks for what came when it is its turn to send, once a tick,
//! so that the players cost the machine little. Offers go out on the standard output and answers
//! come in on the standard input, one line of JSON each.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::channel::ChannelId;
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::error::TryRecvError;

use super::{Crowd, Tally, Turns};
use crate::channels::{self, Identity};
use crate::subject::UP_BYTES;

/// Players that are dialling at a time.
const DIALLING_MAX: usize = 32;

/// How long all rest when nobody has anything to do.
const REST: Duration = Duration::from_millis(1);

struct Player {
    rtc: Rtc,
    socket: UdpSocket,
    address: SocketAddr,
    channel: ChannelId,
    /// Channels that are open.
    open: u8,
    wait: Instant,
}

/// Plays until no more lines come.
pub fn play(crowd: Crowd, mut lines: UnboundedReceiver<String>) {
    let (tally, identity) = (Tally::default(), Identity::new());
    let mut players = Vec::with_capacity(crowd.count);
    let mut buffer = vec![0; 2_048];
    while players.len() < crowd.count {
        let (mut player, pending) = Player::offer(&identity);
        let answer = lines.blocking_recv().expect("an answer");
        player.accept(&answer, pending);
        players.push(player);
        while take_in(&mut players, &mut buffer, &tally) >= DIALLING_MAX {
            thread::sleep(REST);
        }
    }
    while take_in(&mut players, &mut buffer, &tally) > 0 {
        thread::sleep(REST);
    }
    let mut turns = Turns::start(crowd);
    loop {
        match lines.try_recv() {
            Ok(line) => tally.obey(&line),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => return,
        }
        match turns.take() {
            Some(player) => players[player].take_turn(&mut buffer, &tally),
            None => thread::sleep(REST),
        }
    }
}

/// Lets all take in what came; how many are not in yet.
fn take_in(players: &mut [Player], buffer: &mut [u8], tally: &Tally) -> usize {
    for player in players.iter_mut() {
        player.take_in(buffer, tally);
    }
    players.iter().filter(|player| player.open < 2).count()
}

impl Player {
    /// Binds a socket and says on the standard output that it wants in.
    fn offer(identity: &Identity) -> (Player, SdpPendingOffer) {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        socket.set_nonblocking(true).expect("a setting");
        let address = socket.local_addr().expect("an address");
        let now = Instant::now();
        let mut rtc = identity.active(now);
        rtc.add_local_candidate(Candidate::host(address, "udp").expect("a candidate"));
        let mut changes = rtc.sdp_api();
        let channel = changes.add_channel_with_config(channels::unreliable());
        changes.add_channel_with_config(channels::ordered());
        let (offer, pending) = changes.apply().expect("something to agree on");
        let line = serde_json::to_string(&offer.to_sdp_string()).expect("a line");
        println!("{line}");
        let player = Player {
            rtc,
            socket,
            address,
            channel,
            open: 0,
            wait: now,
        };
        (player, pending)
    }

    fn accept(&mut self, line: &str, pending: SdpPendingOffer) {
        let answer: String = serde_json::from_str(line).expect("a line of JSON");
        let answer = SdpAnswer::from_sdp_string(&answer).expect("an answer");
        let accepted = self.rtc.sdp_api().accept_answer(pending, answer);
        accepted.expect("it fits the offer");
    }

    /// Takes in what came and, unless all rest, sends one input.
    fn take_turn(&mut self, buffer: &mut [u8], tally: &Tally) {
        self.take_in(buffer, tally);
        if !tally.plays.get() {
            return;
        }
        let Some(mut channel) = self.rtc.channel(self.channel) else {
            return;
        };
        if matches!(channel.write(true, &[9; UP_BYTES]), Ok(true)) {
            tally.add_sent();
        }
        self.drain(tally);
    }

    fn take_in(&mut self, buffer: &mut [u8], tally: &Tally) {
        let now = Instant::now();
        while let Ok((len, from)) = self.socket.recv_from(buffer) {
            let bytes = buffer.get(..len).unwrap_or_default();
            if let Ok(received) = Receive::new(Protocol::Udp, from, self.address, bytes)
                && self.rtc.handle_input(Input::Receive(now, received)).is_ok()
            {
                self.drain(tally);
            }
        }
        if self.wait <= now && self.rtc.handle_input(Input::Timeout(now)).is_ok() {
            self.drain(tally);
        }
    }

    fn drain(&mut self, tally: &Tally) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Transmit(transmit)) => {
                    let (bytes, to) = (&transmit.contents, transmit.destination);
                    let _ = self.socket.send_to(bytes, to);
                }
                Ok(Output::Event(Event::ChannelData(_))) => tally.add_received(),
                Ok(Output::Event(Event::ChannelOpen(..))) => self.open += 1,
                Ok(Output::Event(_)) => {}
                Ok(Output::Timeout(at)) => {
                    self.wait = at;
                    return;
                }
                Err(error) => panic!("a player lost its way: {error}"),
            }
        }
    }
}
