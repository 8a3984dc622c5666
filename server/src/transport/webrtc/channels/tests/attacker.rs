//! A client without a conscience: ICE and DTLS by the book, SCTP as it likes.

use std::time::{Duration, Instant};

use tickwire_shared::rng::Rng;

use super::super::*;
use super::client::Client;

/// Records that are kept to be damaged.
const RECORDS_KEPT: usize = 64;

pub(super) struct Attacker {
    channels: Channels,
    client: Client,
    now: Instant,
    from: SocketAddr,
    heard: Vec<Heard>,
    /// Records of this side.
    records: Vec<Vec<u8>>,
    fatal: bool,
}

impl Attacker {
    /// An attacker whose channels are open.
    pub(super) fn connect(now: Instant) -> Attacker {
        let mut client = Client::new(now);
        let candidate = "127.0.0.1:7777".parse().unwrap();
        let identity = Identity::new().unwrap();
        let offer = Offer::parse(&client.offer).unwrap();
        let (channels, answer) = Channels::answer(&offer, candidate, &identity, now).unwrap();
        client.take_answer(&answer);
        let mut attacker = Attacker {
            channels,
            client,
            now,
            from: "127.0.0.1:5555".parse().unwrap(),
            heard: Vec::new(),
            records: Vec::new(),
            fatal: false,
        };
        attacker.handshake();
        attacker
    }

    fn handshake(&mut self) {
        self.drain();
        let stun = self.client.stun(true, 1, 2_000, true);
        assert!(self.channels.proves(self.from, &stun, self.now));
        self.send_raw(&stun);
        self.client.begin(self.now);
        self.settle();
        assert!(self.client.is_connected(), "no DTLS: {:?}", self.heard);
        self.send_chunks(&Client::init());
        let ack = self.client.last_arrived().unwrap();
        let echo = self.client.echo(&ack);
        self.send_chunks(&echo);
        self.let_time_pass(Duration::from_millis(1));
        assert_eq!(self.heard, [Heard::Opened]);
    }

    /// The number of the next chunk of data.
    pub(super) fn tsn(&self) -> u32 {
        self.client.tsn()
    }

    pub(super) fn last_heard(&self) -> Option<&Heard> {
        self.heard.last()
    }

    /// Whether a server would have ended the link by now.
    pub(super) fn is_over(&self) -> bool {
        let ended = |heard: &Heard| matches!(heard, Heard::Ended(_) | Heard::Violation(_));
        self.fatal || self.heard.iter().any(ended)
    }

    pub(super) fn send_chunks(&mut self, chunks: &[u8]) {
        self.client.push_chunks(chunks);
        self.settle();
    }

    /// One message in one chunk.
    pub(super) fn send_data(&mut self, stream: u16, kind: u32, bytes: &[u8]) {
        let chunk = self.client.data(stream, kind, bytes);
        self.send_chunks(&chunk);
    }

    /// A record this side sent.
    pub(super) fn any_record(&self, rng: &mut Rng) -> Vec<u8> {
        let index = rng.below(self.records.len() as u32) as usize;
        self.records[index].clone()
    }

    /// A datagram as it is.
    pub(super) fn send_raw(&mut self, bytes: &[u8]) {
        let received = self.channels.receive(self.from, bytes, self.now);
        self.fatal |= received == Err(Unusable::Fatal);
        self.drain();
    }

    /// STUN that proves itself and is odd otherwise.
    pub(super) fn send_odd_stun(&mut self, rng: &mut Rng) {
        let priority = [0, 1, u32::MAX, rng.next_u32()][rng.below(4) as usize];
        let breaker = [0, u64::MAX, rng.next_u64()][rng.below(3) as usize];
        let (controlling, nominate) = (rng.chance(0.5), rng.chance(0.5));
        let message = self.client.stun(controlling, breaker, priority, nominate);
        self.from.set_port(5_555 + rng.below(6) as u16);
        self.send_raw(&message);
    }

    pub(super) fn let_time_pass(&mut self, span: Duration) {
        let end = self.now + span;
        while self.now < end {
            self.now = end.min(self.now + Duration::from_millis(50));
            self.fatal |= !self.channels.pass_time(self.now);
            self.drain();
            self.client.let_time_pass(self.now);
            self.settle();
        }
    }

    /// Passes datagrams both ways until nobody has any.
    fn settle(&mut self) {
        loop {
            self.drain();
            let records = self.client.poll_records();
            if records.is_empty() {
                return;
            }
            for record in records {
                self.send_raw(&record);
                if self.records.len() < RECORDS_KEPT {
                    self.records.push(record);
                }
            }
        }
    }

    fn drain(&mut self) {
        loop {
            match self.channels.poll() {
                Polled::Transmit(_, bytes) => self.client.take(&bytes),
                Polled::Heard(heard) => self.heard.push(heard),
                Polled::Wait(_) => return,
            }
        }
    }
}
