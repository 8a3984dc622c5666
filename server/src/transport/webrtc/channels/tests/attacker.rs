//! A client without a conscience: ICE and DTLS by the book, SCTP as it likes.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use str0m::crypto::dtls::{DtlsInstance, DtlsOutput, DtlsVersion};
use str0m::ice::{StunMessage, TransId};
use tickwire_shared::rng::Rng;

use super::super::*;
use super::sctp;
use crate::transport::webrtc::offer::tests::GOOD;

/// The tag the attacker chose for packets to it, and the number of its first chunk.
const TAG: u32 = 7;
const FIRST_TSN: u32 = 1_000;

/// The fragment in [`GOOD`].
const FRAGMENT: &str = "4Ym+";

/// Records that are kept to be damaged.
const RECORDS_KEPT: usize = 64;

pub(super) struct Attacker {
    channels: Channels,
    dtls: Box<dyn DtlsInstance>,
    crypto: CryptoProvider,
    now: Instant,
    from: SocketAddr,
    /// User and password for STUN.
    user: String,
    password: String,
    /// What the server sent, out of DTLS.
    arrived: VecDeque<Vec<u8>>,
    heard: Vec<Heard>,
    /// Records of this side.
    records: Vec<Vec<u8>>,
    connected: bool,
    fatal: bool,
    /// The server's tag.
    tag: u32,
    tsn: u32,
    /// The number of the next message of each stream.
    numbers: BTreeMap<u16, u16>,
}

impl Attacker {
    /// An attacker whose channels are open.
    pub(super) fn connect(now: Instant) -> Attacker {
        let crypto = from_feature_flags();
        let certificate = crypto.dtls_provider.generate_certificate().unwrap();
        let digest = crypto.sha256_provider.sha256(&certificate.certificate);
        let hex: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        let start = GOOD.find("sha-256 ").unwrap() + 8;
        let offer = format!("{}{}{}", &GOOD[..start], hex.join(":"), &GOOD[start + 95..]);
        let candidate = "127.0.0.1:7777".parse().unwrap();
        let identity = Identity::new().unwrap();
        let offer = Offer::parse(&offer).unwrap();
        let (channels, answer) = Channels::answer(&offer, candidate, &identity, now).unwrap();
        let value = |name: &str| {
            let line = answer.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().to_owned()
        };
        let provider = crypto.dtls_provider;
        let dtls = provider.new_dtls(&certificate, now, DtlsVersion::Dtls12, None);
        let mut attacker = Attacker {
            channels,
            dtls: dtls.unwrap(),
            now,
            from: "127.0.0.1:5555".parse().unwrap(),
            user: format!("{}:{FRAGMENT}", value("a=ice-ufrag:")),
            password: value("a=ice-pwd:"),
            arrived: VecDeque::new(),
            heard: Vec::new(),
            records: Vec::new(),
            connected: false,
            fatal: false,
            tag: 0,
            tsn: FIRST_TSN,
            numbers: BTreeMap::new(),
            crypto,
        };
        attacker.handshake();
        attacker
    }

    fn handshake(&mut self) {
        self.drain();
        let stun = self.stun(true, 1, 2_000, true);
        assert!(self.channels.proves(self.from, &stun, self.now));
        self.send_raw(&stun);
        self.dtls.set_active(true);
        self.dtls.handle_timeout(self.now).unwrap();
        let _ = self.dtls.handle_packet(&[]);
        self.settle();
        assert!(self.connected, "no DTLS: {:?}", self.heard);
        self.send_chunks(&sctp::init(TAG, FIRST_TSN));
        let ack = self.arrived.pop_back().unwrap();
        let ack = ack.get(12..).unwrap();
        self.tag = u32::from_be_bytes(ack[4..8].try_into().unwrap());
        let cookie = sctp::parameter(ack, 7).unwrap().to_vec();
        self.send_chunks(&sctp::chunk_of(10, 0, &cookie));
        self.let_time_pass(Duration::from_millis(1));
        assert_eq!(self.heard, [Heard::Opened]);
    }

    /// The number of the next chunk of data.
    pub(super) fn tsn(&self) -> u32 {
        self.tsn
    }

    pub(super) fn last_heard(&self) -> Option<&Heard> {
        self.heard.last()
    }

    pub(super) fn heard_bytes(&self) -> usize {
        let bytes = self.heard.iter().map(|heard| match heard {
            Heard::Packet(_, bytes) => bytes.len(),
            _ => 0,
        });
        bytes.sum()
    }

    /// Whether a server would have ended the link by now.
    pub(super) fn is_over(&self) -> bool {
        let ended = |heard: &Heard| matches!(heard, Heard::Ended(_) | Heard::Violation(_));
        self.fatal || self.heard.iter().any(ended)
    }

    pub(super) fn send_chunks(&mut self, chunks: &[u8]) {
        let packet = sctp::packet(self.tag, chunks);
        // Too much for one record, or closed by the other side: then it is not sent.
        let _ = self.dtls.send_application_data(&packet);
        self.settle();
    }

    /// One message in one chunk.
    pub(super) fn send_data(&mut self, stream: u16, kind: u32, bytes: &[u8]) {
        let number = self.numbers.entry(stream).or_insert(0);
        let chunk = sctp::data(self.tsn, stream, *number, kind, bytes);
        *number = number.wrapping_add(1);
        self.tsn += 1;
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
        let message = self.stun(rng.chance(0.5), breaker, priority, rng.chance(0.5));
        self.from.set_port(5_555 + rng.below(6) as u16);
        self.send_raw(&message);
    }

    pub(super) fn let_time_pass(&mut self, span: Duration) {
        let end = self.now + span;
        while self.now < end {
            self.now = end.min(self.now + Duration::from_millis(50));
            self.fatal |= !self.channels.pass_time(self.now);
            self.drain();
            let _ = self.dtls.handle_timeout(self.now);
            self.settle();
        }
    }

    fn stun(&self, controlling: bool, breaker: u64, priority: u32, nominate: bool) -> Vec<u8> {
        let id = TransId::new();
        let user = &self.user;
        let message =
            StunMessage::binding_request(user, id, controlling, breaker, priority, nominate);
        let mut bytes = vec![0; 512];
        let hmac = |key: &[u8], parts: &[&[u8]]| {
            let provider = self.crypto.sha1_hmac_provider;
            provider.sha1_hmac(key, parts)
        };
        let password = Some(self.password.as_bytes());
        let len = message.to_bytes(password, &mut bytes, hmac).unwrap();
        bytes.truncate(len);
        bytes
    }

    /// Passes datagrams both ways until nobody has any.
    fn settle(&mut self) {
        loop {
            self.drain();
            let records = self.poll_records();
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
                Polled::Transmit(_, bytes) => {
                    if matches!(bytes.first(), Some(20..=63)) {
                        let _ = self.dtls.handle_packet(&bytes);
                    }
                }
                Polled::Heard(heard) => self.heard.push(heard),
                Polled::Wait(_) => return,
            }
        }
    }

    fn poll_records(&mut self) -> Vec<Vec<u8>> {
        let mut records = Vec::new();
        let mut buffer = vec![0; 4_096];
        loop {
            match self.dtls.poll_output(&mut buffer) {
                DtlsOutput::Packet(record) => records.push(record.to_vec()),
                DtlsOutput::ApplicationData(data) => self.arrived.push_back(data.to_vec()),
                DtlsOutput::Connected => self.connected = true,
                DtlsOutput::Timeout(_) | DtlsOutput::CloseNotify => return records,
                _ => {}
            }
        }
    }
}
